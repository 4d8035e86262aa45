# SPDX-License-Identifier: GPL-3.0-or-later
"""How many layers Cycles looks through: after as many transparent surfaces as the scene allows, it shows black."""

from __future__ import annotations

import bpy

from .layers import is_layer

__all__ = ["look_through_layers"]


def look_through_layers(scene: bpy.types.Scene) -> list[str]:
    """Let Cycles look through all layers of a scene and what lies behind them, if it is not allowed to already.

    Returns:
        a remark, when the scene's setting had to be raised.
    """
    cycles = getattr(scene, "cycles", None)
    if cycles is None or scene.library is not None:
        return []
    # One more than there are now: a background is filled later.
    needed = sum(is_layer(obj) for obj in scene.objects) + 1
    allowed = cycles.transparent_max_bounces
    if needed <= allowed:
        return []
    cycles.transparent_max_bounces = needed
    return [
        f"Behind {allowed} transparent surfaces Cycles shows black: Light Paths > Max Bounces > Transparent is "
        f"{needed} now."
    ]
