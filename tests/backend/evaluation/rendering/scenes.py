# SPDX-License-Identifier: GPL-3.0-or-later
"""A textured disc before a textured wall, moved by a known flow: every pixel of the second frame is known."""

from __future__ import annotations

import numpy as np

from gid_backend.rendering.frame_pair import FramePair

from ...clips import textured_picture

ROWS, COLUMNS, RADIUS = 96, 128, 20


def sprite_pair(dx: int = 6, dy: int = 0, name: str = "disc_001", seed: int = 0) -> FramePair:
    """The disc has gone (dx, dy) whole pixels; the wall stands still and shows where the disc was."""
    wall, disc = textured_picture(ROWS, COLUMNS, seed), textured_picture(ROWS, COLUMNS, seed + 1)
    y, x = np.indices((ROWS, COLUMNS))
    here = np.hypot(y - 48, x - 56) < RADIUS
    there = np.hypot(y - dy - 48, x - dx - 56) < RADIUS
    source = np.where(here[..., None], disc, wall)
    target = np.where(there[..., None], np.roll(disc, (dy, dx), (0, 1)), wall)
    flow = np.where(here, np.array([dx, dy]).reshape(2, 1, 1), 0).astype(np.float32)
    strength = np.where(here, float(np.hypot(dx, dy)), 0).astype(np.float32)
    return FramePair(name, source, target, flow, strength, uncovered=here & ~there)
