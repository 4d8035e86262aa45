# SPDX-License-Identifier: GPL-3.0-or-later
"""How good a motion is, in numbers that need no other network."""
