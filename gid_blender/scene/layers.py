# SPDX-License-Identifier: GPL-3.0-or-later
"""Several planes of one picture: a stack in a collection of its own, the rearmost layer first.

Each layer is a copy of the picture's plane, with the same motion and controls of its own; its alpha is that of the
picture times a mask, or it has a picture of its own. A stack has one motion: what Generate brings is for all layers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import bpy
import numpy as np

from .errors import SceneError
from .layer_depth import set_off
from .layer_masks import LayerMask, read_masks, resized
from .objects import home_of, is_motion_object, motion_image
from .pixels import Pixels, is_linear, read_pixels
from .playback import has_drivers, to_drivers
from .shading import behind_of, build_surface, shading_of
from .waiting import LAYER_PICTURE, waiting_image

__all__ = [
    "BACKGROUND",
    "copied",
    "is_layer",
    "layer_pixels",
    "layers_of",
    "mask_of_layer",
    "move_layer",
    "picture_of_plane",
    "plane_of_stack",
    "sharing_motion",
    "split_layers",
    "stack_of",
    "stack_picture",
]

# On the objects of a stack: where they are in it, 0 the rearmost; and the image that their alpha is multiplied with.
ORDER, MASK, BACKGROUND = "gid_layer", "gid_layer_mask", "gid_background"
_STACK, _PLANE = "gid_stack", "gid_stack_plane"


def is_layer(obj: bpy.types.Object | None) -> bool:
    """Whether the object is one of a stack's layers. Cheap enough for `poll` and `draw`."""
    return obj is not None and ORDER in obj and stack_of(obj) is not None


def stack_of(obj: bpy.types.Object | None) -> bpy.types.Collection | None:
    """The collection that holds an object and the other layers of its picture."""
    if obj is None:
        return None
    return next((c for c in obj.users_collection if _STACK in c), None)


def stack_picture(stack: bpy.types.Collection) -> bpy.types.Image | None:
    """The picture that a stack was made of; None when it was deleted."""
    image = stack.get(_STACK)
    return image if isinstance(image, bpy.types.Image) else None


def plane_of_stack(stack: bpy.types.Collection) -> bpy.types.Object | None:
    """The plane of the whole picture, which is hidden; None when it was deleted."""
    plane = stack.get(_PLANE)
    return plane if isinstance(plane, bpy.types.Object) and plane.users_scene else None


def layers_of(stack: bpy.types.Collection) -> list[bpy.types.Object]:
    """The layers of a stack, the rearmost first."""
    found = [obj for obj in stack.objects if ORDER in obj]
    return sorted(found, key=lambda obj: (obj[ORDER], obj.name))


def mask_of_layer(obj: bpy.types.Object) -> bpy.types.Image | None:
    """The image that the layer's alpha is multiplied with; None for one that has its own alpha alone."""
    image = obj.get(MASK)
    return image if isinstance(image, bpy.types.Image) else None


def picture_of_plane(obj: bpy.types.Object) -> bpy.types.Image:
    """The picture of a motion object or of a plane that waits for motion.

    Raises:
        SceneError: for anything else, and when the picture was deleted.
    """
    image = motion_image(obj) if is_motion_object(obj) else waiting_image(obj)
    # A mesh that moves through the camera is a motion object, too, and shows no picture of its own.
    if image is None or "gid_columns" not in obj.data:
        raise SceneError(f"“{obj.name}” shows no picture that could be split.", "Select a picture's plane.")
    return image


def layer_pixels(obj: bpy.types.Object) -> Pixels:
    """The picture of a motion object, of a layer only what it shows.

    Its mask is in the alpha, and what its material takes out of a soft edge is not in the colours.

    Raises:
        SceneError: as `read_pixels`.
    """
    picture = picture_of_plane(obj)
    pixels = read_pixels(picture)
    image = mask_of_layer(obj)
    if image is None:
        return pixels
    height, width = pixels.array.shape[:2]
    mask = resized(read_pixels(image).array[..., 0], height, width)
    share = mask[..., None].astype(np.float32) / 255
    behind = behind_of(obj.active_material)
    values = pixels.array if behind is None else _unmixed(picture, pixels, behind, share[..., 0])
    peak = 255 if values.dtype == np.uint8 else 1
    alpha = values[..., 3:] if values.shape[2] == 4 else np.full((height, width, 1), peak, values.dtype)
    if peak == 1:
        # Associated: what is cut away has to leave the colours too.
        return Pixels(np.concatenate([values[..., :3], alpha], axis=2) * share, pixels.linear)
    alpha = np.rint(alpha * share).astype(np.uint8)
    return Pixels(np.concatenate([values[..., :3], alpha], axis=2), pixels.linear)


def sharing_motion(scene: bpy.types.Scene, image: bpy.types.Image, obj: bpy.types.Object) -> list[bpy.types.Object]:
    """A motion object of that picture, and the layers that were made of the picture."""
    shared = [
        layer
        for layer in scene.objects
        if layer != obj and is_layer(layer) and is_motion_object(layer) and stack_picture(stack_of(layer)) == image
    ]
    return [obj, *shared]


def split_layers(
    scene: bpy.types.Scene,
    obj: bpy.types.Object,
    images: Sequence[bpy.types.Image],
    *,
    spacing: float = 0.01,
    overlap: int = 2,
    kind: str = "AUTO",
) -> tuple[list[bpy.types.Object], list[str]]:
    """Make a plane of each part of a picture.

    The picture's own plane is hidden and stays as it was. All layers get its motion, or wait for it as it does.

    Args:
        scene: where it is.
        obj: the picture's plane; a motion object or one that waits.
        images: of each part, the foremost first: a mask (grey, white is the part), or the part itself with alpha, as
            paint programs export layers.
        spacing: Blender units between two layers, see `layer_depth.set_off`.
        overlap: pixels by which a layer goes on beneath those in front of it, so that no seam opens where two meet.
        kind: MASKS, PICTURES, or AUTO: what is transparent anywhere is a picture.

    Returns:
        the layers, the rearmost first, and remarks.

    Raises:
        SceneError: when there is nothing to split or to split by, or something is linked; nothing is left then.
    """
    picture = picture_of_plane(obj)
    if picture.source in {"MOVIE", "SEQUENCE"}:
        raise SceneError(f"“{picture.name}” is no still picture, and layers are of one.", "Generate its motion first.")
    home = home_of(scene, obj)
    for block in (obj, obj.data, home, obj.active_material):
        if block is not None and block.library is not None:
            raise SceneError(
                f"“{block.name}” is linked from {block.library.filepath}.",
                "Split it there, or choose Object > Relations > Make Local > All.",
            )
    if obj.mode != "OBJECT":
        raise SceneError(f"“{obj.name}” is being edited.", "Go to Object Mode and try again.")
    if obj.active_material is None:
        raise SceneError(f"“{obj.name}” has no material.", "Make a new plane from the picture.")
    if not all(picture.size):
        # Its file is missing or damaged: reading says which, in a sentence.
        read_pixels(picture)
    parts, remarks = read_masks(picture, images, overlap=overlap, kind=kind)
    stack = bpy.data.collections.new(f"{Path(picture.name).stem} Layers")
    stack[_STACK], stack[_PLANE] = picture, obj
    home.children.link(stack)
    layers = []
    for number, part in enumerate(reversed(parts), start=1):
        layer = copied(obj, part.name, stack)
        layer[ORDER] = number
        _cut(layer, picture, part)
        set_off(scene, layer, number * spacing)
        layers.append(layer)
    obj.hide_viewport = obj.hide_render = True
    return layers, remarks


def move_layer(obj: bpy.types.Object, step: int) -> None:
    """Swap places with the layer in front (step 1) or behind (-1), transforms included.

    Raises:
        SceneError: when there is none.
    """
    stack = stack_of(obj)
    layers = layers_of(stack) if stack is not None else []
    if obj not in layers:
        raise SceneError(f"“{obj.name}” is no layer.", "Select a layer of a picture.")
    place = layers.index(obj) + step
    if not 0 <= place < len(layers):
        raise SceneError(f"No layer lies {'in front of' if step > 0 else 'behind'} “{obj.name}”.")
    other = layers[place]
    if BACKGROUND in obj or BACKGROUND in other:
        raise SceneError("The background stays behind all layers.", "Move another layer.")
    if obj.library is not None or other.library is not None:
        raise SceneError(f"“{obj.name}” is linked.", "Edit it in its own file.")
    obj[ORDER], other[ORDER] = other[ORDER], obj[ORDER]
    obj.matrix_world, other.matrix_world = other.matrix_world.copy(), obj.matrix_world.copy()


def copied(obj: bpy.types.Object, name: str, home: bpy.types.Collection) -> bpy.types.Object:
    """A copy with everything of its own: mesh, keys, material, and the animation of all of them."""
    new = obj.copy()
    new.data = obj.data.copy()
    new.name = new.data.name = name
    home.objects.link(new)
    for block in (new, new.data.shape_keys):
        animation = getattr(block, "animation_data", None)
        if animation is None or animation.action is None:
            continue
        slot = animation.action_slot.identifier if animation.action_slot is not None else None
        animation.action = animation.action.copy()
        animation.action_slot = next((s for s in animation.action.slots if s.identifier == slot), None)
    if is_motion_object(new) and has_drivers(new):
        # The copy's drivers still read the original's controls.
        to_drivers(new)
    for place in new.material_slots:
        if place.material is not None:
            place.material = place.material.copy()
            place.material.name = name
    new.hide_viewport = new.hide_render = False
    return new


def _unmixed(picture: bpy.types.Image, pixels: Pixels, behind: bpy.types.Image, share: np.ndarray) -> np.ndarray:
    """The picture's array; where the mask's `share` (H, W) 0..1 is soft, of the front alone, as in the material."""
    soft = (share > 0) & (share < 1)
    part = share[soft][:, None]
    back = read_pixels(behind)
    # Of another size, a background lies over the whole picture all the same.
    rows, columns = (np.nonzero(soft)[axis] * back.array.shape[axis] // share.shape[axis] for axis in (0, 1))
    mixture = _light(pixels.straight[soft][:, :3], picture)
    front = mixture - (1 - part) * _light(back.straight[rows, columns, :3], behind)
    # As `shading.build_surface` has it: below a twentieth, nothing is seen but the noise of a division.
    front = np.maximum(front / np.maximum(part, np.float32(0.05)), 0)
    values = pixels.array.copy()
    if values.dtype == np.uint8:
        front = np.minimum(front, 1)
        if _is_encoded(picture):
            front = np.where(front <= 0.0031308, 12.92 * front, 1.055 * front ** (1 / 2.4) - 0.055)
        values[soft, :3] = np.rint(front * 255)
    else:
        values[soft, :3] = front * values[soft, 3:] if values.shape[2] == 4 else front
    return values


def _light(colours: np.ndarray, image: bpy.types.Image) -> np.ndarray:
    """Colours (N, 3) of an image as its texture node has them, float32."""
    if colours.dtype != np.uint8:
        return colours
    levels = np.arange(256, dtype=np.float32) / 255
    if _is_encoded(image):
        levels = np.where(levels <= 0.04045, levels / 12.92, ((levels + 0.055) / 1.055) ** 2.4)
    return levels[colours]


def _is_encoded(image: bpy.types.Image) -> bool:
    return not is_linear(image) and not image.colorspace_settings.is_data


def _cut(layer: bpy.types.Object, picture: bpy.types.Image, part: LayerMask) -> None:
    material = layer.active_material
    shading = shading_of(material)
    if part.image is not None:
        build_surface(material, part.image, replace(shading, use_transparency=True))
        layer["gid_image" if is_motion_object(layer) else LAYER_PICTURE] = part.image
    else:
        build_surface(material, picture, shading, mask=part.mask)
        layer[MASK] = part.mask
