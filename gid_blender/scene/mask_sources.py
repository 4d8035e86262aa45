# SPDX-License-Identifier: GPL-3.0-or-later
"""What a mask is made of, read and multiplied: an image, curves, the picture's alpha, a vertex group."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import bpy
import numpy as np

from ..motion import masking
from .errors import SceneError
from .mesh import grid_of
from .pixels import MIN_SIDE, read_pixels
from .sources import Source, as_still
from .spline_masks import draw_mask
from .vertex_weights import read_weights

__all__ = [
    "ALPHA",
    "FEATHER",
    "IMAGE",
    "INVERT",
    "SOURCE_GROUP",
    "SPLINES",
    "Composed",
    "composed",
    "has_grid",
    "mask_image",
    "mask_size",
    "mask_splines",
    "own_picture",
    "stilled",
]

IMAGE, ALPHA, SOURCE_GROUP, SPLINES = "gid_mask", "gid_mask_alpha", "gid_mask_group", "gid_mask_splines"
INVERT, FEATHER = "gid_mask_invert", "gid_mask_feather"
# Finer than any mesh can follow, and painted on without delay.
LONGEST_SIDE = 2048


def has_grid(obj: bpy.types.Object) -> bool:
    """Whether it is the plane of a picture, and no other mesh that was moved through a camera."""
    return "gid_columns" in obj.data


def mask_image(obj: bpy.types.Object) -> bpy.types.Image | None:
    """The image that says what may move; None without one, and when it was deleted."""
    image = obj.get(IMAGE)
    return image if isinstance(image, bpy.types.Image) else None


def mask_splines(obj: bpy.types.Object) -> bpy.types.Mask | None:
    """Blender's own mask that says what may move, inside its curves; None without one, and when it was deleted."""
    splines = obj.get(SPLINES)
    return splines if isinstance(splines, bpy.types.Mask) else None


@contextmanager
def stilled(obj: bpy.types.Object) -> Iterator[str]:
    """Put one frame of it in the place of a film that the mask is to be made of; gives a remark about it, or "".

    Weights do not change over time, and a mask that was another one at each update, wherever the playhead is by then,
    would be worse. The frame is that of the scene. When the block fails, the film is back.

    Raises:
        SceneError: when the film has no such frame, or it cannot be read.
    """
    film = mask_image(obj)
    if film is None or not _is_film(film):
        yield ""
        return
    frame = _film_frame(obj, film)
    still = as_still(Source(film, frame), read_pixels(film, frame=frame))
    obj[IMAGE] = still
    try:
        yield f"“{film.name}” is a film, so the mask is made of its frame {frame}, kept as “{still.name}”."
    except BaseException:
        obj[IMAGE] = film
        bpy.data.images.remove(still)
        raise


@dataclass(frozen=True)
class Composed:
    """All that a mask is made of, multiplied.

    Attributes:
        values: (H, W) in 0..1, row 0 at the top.
        at_vertices: each is the weight of a vertex already; otherwise they are pixels.
        remark: about the mask's shape, or "".
    """

    values: np.ndarray
    at_vertices: bool
    remark: str


def composed(obj: bpy.types.Object) -> Composed | None:
    """What the mask is made of; None where that is nothing. Raises SceneError when something of it is gone."""
    if not has_grid(obj) and (IMAGE in obj or SPLINES in obj or obj.get(ALPHA)):
        raise SceneError(
            f"“{obj.name}” is a mesh of its own, over which no picture can be laid.",
            "Make its mask from a vertex group, or paint the weights of one.",
        )
    masks: list[np.ndarray] = []
    remark = ""
    if IMAGE in obj:
        image = mask_image(obj)
        if image is None:
            raise SceneError(
                f"The mask image of “{obj.name}” was deleted; what was pinned stays so.",
                "Undo the deletion, choose another image, or remove the mask.",
            )
        pixels = read_pixels(image, frame=_film_frame(obj, image) if _is_film(image) else None).straight
        masks.append(_brightness(pixels))
        remark = _shape_remark(image, own_picture(obj))
    if obj.get(ALPHA):
        pixels = read_pixels(own_picture(obj)).array
        if pixels.shape[2] < 4:
            raise SceneError(
                f"“{own_picture(obj).name}” has no transparency that could be a mask.",
                "Paint a mask, or choose an image.",
            )
        masks.append(_unit(pixels[..., 3]))
    if SPLINES in obj:
        masks.append(_drawn(obj, masks[0].shape if masks else None))
    name = obj.get(SOURCE_GROUP, "")
    if name:
        weights = read_weights(obj, name)
        if weights is None:
            raise SceneError(
                f"“{obj.name}” has no vertex group “{name}” any more; what was pinned stays so.",
                "Choose another one, or remove the mask.",
            )
        # A mesh of any shape has its vertices in a row.
        columns, rows = grid_of(obj.data) if has_grid(obj) else (1, len(weights))
        weights = weights.reshape(rows, columns)
        masks.append(masking.at_pixels(weights, *masks[0].shape) if masks else weights)
    if not masks:
        return None
    return Composed(masking.combined(*masks, invert=bool(obj.get(INVERT))), len(masks) == 1 and bool(name), remark)


def _drawn(obj: bpy.types.Object, shape: tuple[int, int] | None) -> np.ndarray:
    """(H, W) 0..1: Blender's own mask over the picture; of its shape up to 2048 a side, where none is given."""
    splines = mask_splines(obj)
    if splines is None:
        raise SceneError(
            f"The mask that holds back “{obj.name}” was deleted; what was pinned stays so.",
            "Undo the deletion, choose another mask, or remove this one.",
        )
    return draw_mask(splines, *(shape or mask_size(obj)[::-1]))


def _brightness(pixels: np.ndarray) -> np.ndarray:
    """(H, W) 0..1 of (H, W, 3 or 4), straight; white is 1 exactly, and what is transparent is black."""
    bright = masking.brightness(_unit(pixels[..., :3]))
    return bright * _unit(pixels[..., 3]) if pixels.shape[2] == 4 else bright


def _unit(values: np.ndarray) -> np.ndarray:
    return values.astype(np.float32) / (np.float32(255) if values.dtype == np.uint8 else np.float32(1))


def mask_size(obj: bpy.types.Object) -> tuple[int, int]:
    """Width and height of a mask for an object's picture."""
    width, height = own_picture(obj).size
    share = min(1.0, LONGEST_SIDE / max(width, height, 1))
    return max(MIN_SIDE, round(width * share)), max(MIN_SIDE, round(height * share))


def _shape_remark(mask: bpy.types.Image, picture: bpy.types.Image) -> str:
    (width, height), (wide, high) = mask.size, picture.size
    # Half a pixel of rounding, either way.
    if high == 0 or abs(width * high - height * wide) <= max(wide, high):
        return ""
    return f"The mask is {width}×{height} pixels, the picture {wide}×{high}: it is stretched over the picture."


def own_picture(obj: bpy.types.Object) -> bpy.types.Image:
    image = obj.get("gid_image")
    if not isinstance(image, bpy.types.Image):
        raise SceneError(f"The picture of “{obj.name}” was deleted.", "Undo the deletion, or generate anew.")
    return image


def _is_film(image: bpy.types.Image) -> bool:
    return image.source in {"MOVIE", "SEQUENCE"}


def _film_frame(obj: bpy.types.Object, film: bpy.types.Image) -> int:
    """The frame that the film shows where the scene is, as `pixels.read_pixels` wants it."""
    frame = max(obj.users_scene[0].frame_current if obj.users_scene else 1, 1)
    return min(frame, max(film.frame_duration, 1)) if film.source == "MOVIE" else frame
