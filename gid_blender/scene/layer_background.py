# SPDX-License-Identifier: GPL-3.0-or-later
"""The layer behind all others of a picture: the picture itself, filled where something else is in front."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import bpy
import numpy as np

from .errors import SceneError
from .layer_depth import set_off
from .layer_masks import covered, grown
from .layers import BACKGROUND, MASK, ORDER, copied, layers_of, mask_of_layer, plane_of_stack, stack_picture
from .masks import set_mask
from .objects import is_motion_object, motion_image
from .pixels import MIN_SIDE, Pixels, image_from_pixels
from .shading import build_surface, clean_edge, shading_of
from .shape_keys import MASK_GROUP
from .waiting import LAYER_PICTURE, PINNED

__all__ = ["add_background", "hidden_region"]

# What pins a mesh of a few hundred columns need not be finer.
_PIN_SIDE = 1024


def hidden_region(stack: bpy.types.Collection, *, grow: int = 3) -> np.ndarray:
    """(H, W) uint8 at the size of the picture, 255 where a layer hides what the background is to show.

    Args:
        stack: the layers.
        grow: pixels to widen it by: the fringe of what is cut out belongs to it, not to what lies behind.

    Raises:
        SceneError: when the picture was deleted, or the layers leave nothing to fill from.
    """
    picture = stack_picture(stack)
    if picture is None:
        raise SceneError("The picture of these layers was deleted.", "Undo the deletion.")
    width, height = picture.size
    layers = [layer for layer in layers_of(stack) if BACKGROUND not in layer]
    # Layers that share the whole picture out: the rearmost is what lies behind the others.
    for front in (layers, layers[1:]):
        shown = [mask_of_layer(layer) or _own_picture(layer) for layer in front]
        region = covered([image for image in shown if image is not None], height, width, grow)
        if 0 < (region > 0).mean() < 0.99:
            return region
    raise SceneError(
        f"The layers cover all of “{picture.name}”, so nothing is left to fill a background from.",
        "Leave some of the picture out of the masks.",
    )


def add_background(
    scene: bpy.types.Scene,
    stack: bpy.types.Collection,
    pixels: Pixels,
    region: np.ndarray,
    *,
    spacing: float = 0.01,
) -> bpy.types.Object:
    """The background of a stack, in place of the one it had.

    It moves as the picture does, but not where it was filled: what moves there is in front of it.

    Args:
        scene: where it is.
        stack: the layers.
        pixels: the filled picture.
        region: what was filled, see `hidden_region`.
        spacing: Blender units behind the rearmost layer, where the plane of the whole picture is gone.

    Raises:
        SceneError: when there are no layers any more, or they are linked.
    """
    picture = stack_picture(stack)
    layers = layers_of(stack)
    if not layers or picture is None or stack.library is not None:
        raise SceneError(f"“{stack.name}” has no layers that a background could be put behind.", "Split a picture.")
    rear, front = layers[0], [layer for layer in layers if BACKGROUND not in layer]
    name = f"{Path(picture.name).stem} Background"
    image = image_from_pixels(name, pixels, like=picture)
    background = copied(rear, name, stack)
    if BACKGROUND in rear:
        called = rear.name
        bpy.data.objects.remove(rear)
        # It takes the place, and so the name; Blender counts on while both are there.
        background.name = called
    elif (plane := plane_of_stack(stack)) is not None:
        # Where the whole picture was, all layers are in front.
        background.matrix_world = plane.matrix_world
    else:
        set_off(scene, background, -spacing)
    if MASK in background:
        del background[MASK]
    background[BACKGROUND], background[ORDER] = True, 0
    shading = shading_of(background.active_material)
    build_surface(background.active_material, image, replace(shading, use_transparency=pixels.array.shape[2] == 4))
    for layer in _free_standing(front, region.shape):
        if layer.active_material is not None and layer.active_material.library is None:
            clean_edge(layer.active_material, image)
    pinned = _pinned(name, region)
    if is_motion_object(background):
        background["gid_image"] = image
        if (held := background.vertex_groups.get(MASK_GROUP)) is not None:
            # It was locked on the layer that this is a copy of.
            held.lock_weight = False
        set_mask(background, image=pinned, invert=True)
    else:
        background[LAYER_PICTURE], background[PINNED] = image, pinned
    return background


def _free_standing(layers: list[bpy.types.Object], shape: tuple[int, int]) -> list[bpy.types.Object]:
    """Layers cut out by a mask whose edge lies on the background, not on other layers."""
    masks = {layer: mask for layer in layers if (mask := mask_of_layer(layer)) is not None}
    found = []
    for layer, mask in masks.items():
        solid = covered([mask], *shape, 0)
        edge = (grown(solid, 2) > 0) & (solid == 0)
        others = [m for other, m in masks.items() if other != layer]
        if not others or (edge & (covered(others, *shape, 0) > 0)).sum() < 0.05 * edge.sum():
            found.append(layer)
    return found


def _own_picture(layer: bpy.types.Object) -> bpy.types.Image | None:
    image = motion_image(layer) if is_motion_object(layer) else layer.get(LAYER_PICTURE)
    return image if isinstance(image, bpy.types.Image) else None


def _pinned(name: str, region: np.ndarray) -> bpy.types.Image:
    skip = max(1, min(max(region.shape) // _PIN_SIDE, min(region.shape) // MIN_SIDE))
    grey = np.repeat(region[::skip, ::skip, None], 3, axis=2)
    image = image_from_pixels(f"{name} Mask", Pixels(np.ascontiguousarray(grey), linear=False))
    image.colorspace_settings.name = "Non-Color"
    return image
