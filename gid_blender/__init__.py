# SPDX-License-Identifier: GPL-3.0-or-later
"""Generative Image Dynamics inside Blender. Importing this package needs no bpy; `register` does."""

__version__ = "0.1.0"
