# SPDX-License-Identifier: GPL-3.0-or-later
"""The picture, laid half transparent over the mask that is painted in an Image Editor."""

from __future__ import annotations

from typing import Any

import bpy
import gpu
from gpu_extras.batch import batch_for_shader

from ..scene import masks
from .touch_views import corners

__all__ = ["hide", "hide_all", "show"]

# As much picture as leaves black and white apart.
_SHARE = 0.6

# Objects whose masks are painted in an Image Editor, by session_uid.
_shown: set[int] = set()
_handler: Any = None


def show(obj: bpy.types.Object) -> None:
    """Draw the object's picture over its mask, wherever an Image Editor shows the mask."""
    global _handler
    _shown.add(obj.session_uid)
    if _handler is None:
        _handler = bpy.types.SpaceImageEditor.draw_handler_add(_draw, (), "WINDOW", "POST_PIXEL")


def hide(obj: bpy.types.Object) -> None:
    """Draw it no more."""
    _shown.discard(obj.session_uid)
    if not _shown:
        hide_all()


def hide_all() -> None:
    """Draw nothing any more."""
    global _handler
    _shown.clear()
    if _handler is not None:
        bpy.types.SpaceImageEditor.draw_handler_remove(_handler, "WINDOW")
        _handler = None


def _draw() -> None:
    context = bpy.context
    space = context.space_data
    if space.image is None or space.mode != "PAINT":
        return
    for obj in bpy.data.objects:
        if obj.session_uid in _shown and masks.mask_image(obj) == space.image:
            picture = obj.get("gid_image")
            if isinstance(picture, bpy.types.Image):
                draw_picture(picture, *corners(context.region))
            return


def draw_picture(picture: bpy.types.Image, low: tuple[float, float], high: tuple[float, float]) -> None:
    """Lay a picture half transparent over a rectangle of the region."""
    shader = gpu.shader.from_builtin("IMAGE_COLOR")
    places = [(low[0], low[1]), (high[0], low[1]), (high[0], high[1]), (low[0], high[1])]
    batch = batch_for_shader(
        shader, "TRI_FAN", {"pos": [(x, y, 0.0) for x, y in places], "texCoord": [(0, 0), (1, 0), (1, 1), (0, 1)]}
    )
    gpu.state.blend_set("ALPHA")
    shader.bind()
    shader.uniform_sampler("image", gpu.texture.from_image(picture))
    shader.uniform_float("color", (1.0, 1.0, 1.0, _SHARE))
    batch.draw(shader)
    gpu.state.blend_set("NONE")
