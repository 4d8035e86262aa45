# SPDX-License-Identifier: GPL-3.0-or-later
"""Scenes that Cycles renders, in the format and with the physics of the drawn ones.

Blender's Python builds and renders (`child`); the worker's Python finishes and packs (`generate`). Training needs
neither.
"""
