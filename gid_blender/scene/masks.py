# SPDX-License-Identifier: GPL-3.0-or-later
"""What of a picture may move: from a painted image, the picture's alpha or a vertex group to weights of the mesh.

All of it ends in one vertex group, by which Blender multiplies every shape key of the motion. So it can be changed
at any time without predicting again, be painted as weights, and plays where the extension is missing.
What it is made of is kept on the object in plain properties, so that it can be made again.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np

from ..motion import masking
from .errors import SceneError
from .mask_sources import (
    ALPHA,
    FEATHER,
    IMAGE,
    INVERT,
    SOURCE_GROUP,
    SPLINES,
    composed,
    has_grid,
    mask_image,
    mask_size,
    mask_splines,
    own_picture,
    stilled,
)
from .mesh import grid_of, plane_width
from .playback import require_editable
from .shape_keys import MASK_GROUP, band_keys, key_weights, read_spectrum
from .vertex_weights import read_weights, write_weights

__all__ = [
    "ALPHA",
    "FEATHER",
    "IMAGE",
    "INVERT",
    "SOURCE_GROUP",
    "SPLINES",
    "Masked",
    "has_grid",
    "has_mask",
    "mask_condition",
    "mask_image",
    "mask_splines",
    "mask_weights",
    "new_mask_image",
    "refresh_mask",
    "remove_mask",
    "set_mask",
    "require_changeable",
    "sources_changed",
    "sources_of",
    "told",
    "update_mask",
]

# What the weights were made of, how wide their feather is, and a hash of them, which the fingerprint of a bake finds.
_MADE_OF, _RADIUS, _WEIGHTS = "gid_mask_made_of", "gid_mask_radius", "gid_mask_weights"
_ALL = (IMAGE, ALPHA, SOURCE_GROUP, SPLINES, INVERT, FEATHER, _MADE_OF, _RADIUS, _WEIGHTS)

# What a model looks at is far smaller.
_CONDITION_SIDE = 1024


@dataclass(frozen=True)
class Masked:
    """What came of a mask.

    Attributes:
        free: share of the vertices that may move at all, 0..1.
        stretched: a remark that the mask is of another shape than the picture, or "".
        film: a remark which frame of a film it is made of, or "".
    """

    free: float
    stretched: str = ""
    film: str = ""

    @property
    def remarks(self) -> tuple[str, ...]:
        """A sentence for each thing that may not be as it was meant."""
        black = "The mask is black everywhere, so nothing moves." if self.free == 0 else ""
        return tuple(text for text in (black, self.stretched, self.film) if text)


def has_mask(obj: bpy.types.Object) -> bool:
    """Whether a mask holds back some of the object's motion. Cheap enough for `poll` and `draw`."""
    return MASK_GROUP in obj.vertex_groups


def new_mask_image(obj: bpy.types.Object) -> bpy.types.Image:
    """A white image for the picture of an object, of its size up to 2048 a side, packed into the file; not in use yet.

    Raises:
        SceneError: when the picture was deleted.
    """
    size = mask_size(obj)
    image = bpy.data.images.new(f"{own_picture(obj).name} Mask", *size, alpha=False, is_data=True)
    # A colour to be generated would be enough to be seen, but not to be packed.
    image.pixels.foreach_set(np.ones(size[0] * size[1] * 4, np.float32))
    image.update()
    image.pack()
    return image


def set_mask(
    obj: bpy.types.Object,
    *,
    image: bpy.types.Image | None = None,
    alpha: bool = False,
    group: str = "",
    splines: bpy.types.Mask | None = None,
    invert: bool = False,
    feather: float | None = None,
) -> Masked:
    """Say what a picture's mask is made of; all that is given is multiplied. What it was made of before is forgotten.

    Args:
        obj: the motion object.
        image: bright moves, black is pinned; stretched over the picture. Of a movie or a sequence the frame at which
            the scene is, which becomes an image of its own.
        alpha: the picture's own: what is transparent is pinned.
        group: name of a vertex group; that of the mask itself stays as it was painted.
        splines: one of Blender's own masks, as it lies at the current frame: what its curves enclose moves.
        invert: swap what moves and what is pinned.
        feather: picture widths over which black turns into white at least; None keeps what it was.

    Raises:
        SceneError: when there is nothing to make it of, or the object cannot be changed; nothing is changed then.
    """
    require_changeable(obj)
    kept = {name: obj[name] for name in _ALL if name in obj}
    group = "" if group == MASK_GROUP and MASK_GROUP in obj.vertex_groups else group
    _clear(obj, IMAGE, SOURCE_GROUP, SPLINES)
    if image is not None:
        obj[IMAGE] = image
    if group:
        obj[SOURCE_GROUP] = group
    if splines is not None:
        obj[SPLINES] = splines
    obj[ALPHA], obj[INVERT] = alpha, invert
    obj[FEATHER] = float(kept.get(FEATHER, 0.0) if feather is None else feather)
    obj.id_properties_ui(FEATHER).update(
        min=0.0, max=1.0, soft_max=0.2, step=0.1, precision=3,
        description="Width over which black turns into white, at least; wider where the motion would fold the mesh",
    )  # fmt: skip
    obj.id_properties_ui(INVERT).update(description="Swap what moves and what is pinned")
    obj.id_properties_ui(ALPHA).update(description="Pin what is transparent in the picture")
    try:
        return update_mask(obj)
    except SceneError:
        _clear(obj, *_ALL)
        for name, value in kept.items():
            obj[name] = value
        raise


def sources_of(obj: bpy.types.Object) -> dict[str, Any]:
    """What the mask is made of, as `set_mask` takes it."""
    return {
        "image": mask_image(obj),
        "alpha": bool(obj.get(ALPHA)),
        "group": str(obj.get(SOURCE_GROUP, "")),
        "splines": mask_splines(obj),
        "invert": bool(obj.get(INVERT)),
    }


def update_mask(obj: bpy.types.Object, *, quick: bool = False) -> Masked:
    """Make the weights anew from what the mask is made of; weights that were painted by hand stay as they are.

    Args:
        obj: the motion object.
        quick: take the feather of the last time, if there was one, instead of finding the least: between two strokes
            of a brush nobody waits for that.

    Raises:
        SceneError: when the mask's image or vertex group is gone or cannot be read; the weights stay as they were.
    """
    require_changeable(obj)
    with stilled(obj) as remark:
        return _updated(obj, remark, quick=quick)


def _updated(obj: bpy.types.Object, film: str, *, quick: bool) -> Masked:
    mask = composed(obj)
    if mask is None:
        weights = read_weights(obj, MASK_GROUP)
        if weights is None:
            raise SceneError(f"“{obj.name}” has no mask.", "Paint one, or choose what it is made of.")
    elif not has_grid(obj):
        weights = mask.values
        write_weights(obj, MASK_GROUP, weights)
    else:
        columns, rows = grid_of(obj.data)
        spacing = (1 / (columns - 1), float(obj.data["gid_height"]) / plane_width(obj.data) / (rows - 1))
        hard = mask.values if mask.at_vertices else masking.lowest_at_vertices(mask.values, rows, columns)
        least = float(obj.get(_RADIUS, 0.0)) if quick else 0.0
        if least <= 0:
            amplitude = max(masking.AMPLITUDE, abs(float(obj["gid_amplitude"])))
            least = masking.least_radius(hard, read_spectrum(obj, masked=False), spacing, amplitude=amplitude)
        obj[_RADIUS] = least
        weights = masking.envelope(hard, spacing, max(float(obj.get(FEATHER, 0.0)), least))
        write_weights(obj, MASK_GROUP, weights)
    for key in band_keys(obj):
        key.vertex_group = MASK_GROUP
    obj[_MADE_OF] = told(obj)
    obj[_WEIGHTS] = hashlib.sha256(np.ascontiguousarray(weights).data).hexdigest()
    obj.update_tag()
    return Masked(float((weights > 0).mean()), "" if mask is None else mask.remark, film)


def refresh_mask(obj: bpy.types.Object) -> None:
    """After another motion has come: the mask as before, feathered as that motion needs it. Without one, nothing."""
    if has_mask(obj):
        try:
            update_mask(obj)
        except SceneError:
            # What it was made of is gone; the weights are still there, and new motion is no reason to lose either.
            for key in band_keys(obj):
                key.vertex_group = MASK_GROUP


def remove_mask(obj: bpy.types.Object) -> None:
    """Let everything move again. The image that the mask was made of stays in the file.

    Raises:
        SceneError: when the object cannot be changed.
    """
    require_changeable(obj)
    for key in band_keys(obj):
        if key.vertex_group == MASK_GROUP:
            key.vertex_group = ""
    group = obj.vertex_groups.get(MASK_GROUP)
    if group is not None:
        obj.vertex_groups.remove(group)
    _clear(obj, *_ALL)
    obj.update_tag()


def sources_changed(obj: bpy.types.Object) -> bool:
    """Whether the mask was told to be made of something else since its weights were made. Cheap."""
    return _MADE_OF in obj and obj[_MADE_OF] != told(obj)


def mask_weights(obj: bpy.types.Object) -> np.ndarray | None:
    """(rows, columns) float32, what the motion of a picture's vertices is multiplied with; None where all are free.

    Raises:
        SceneError: when vertices were added or removed, or the keys are held back by several vertex groups.
    """
    found = key_weights(obj)
    if not found:
        return None
    held = {key.vertex_group if key.vertex_group in found else "" for key in band_keys(obj)}
    if len(held) > 1:
        raise SceneError(
            f"The shape keys of “{obj.name}” have different vertex groups: {', '.join(map(repr, sorted(held)))}.",
            "Update the mask, so that all have the same.",
        )
    columns, rows = grid_of(obj.data)
    return found[held.pop()].reshape(rows, columns)


def mask_condition(obj: bpy.types.Object) -> np.ndarray | None:
    """(H, W) uint8 for the worker's `predict`: 255 where anything may move, 0 where all is pinned; None without a mask.

    Greys may move here: they weaken what was predicted, and would do so twice.

    Raises:
        SceneError: when the mask's image or vertex group is gone or cannot be read.
    """
    if not has_mask(obj):
        return None
    mask = composed(obj)
    values = mask_weights(obj) if mask is None else mask.values
    if values is None:
        return None
    skip = -(-max(values.shape) // _CONDITION_SIDE)
    return np.where(values[::skip, ::skip] > 0, np.uint8(255), np.uint8(0))


def require_changeable(obj: bpy.types.Object) -> None:
    """Raise a SceneError with the reason when the mask of an object cannot be changed."""
    require_editable(obj)
    if obj.override_library is not None:
        raise SceneError(
            f"“{obj.name}” is a library override, whose vertex groups cannot be changed.",
            "Paint its mask in the file that it comes from, or choose Object > Relations > Make Local > All.",
        )
    held = obj.vertex_groups.get(MASK_GROUP)
    if held is not None and held.lock_weight:
        raise SceneError(
            f"The vertex group “{MASK_GROUP}” of “{obj.name}” is locked.",
            "Unlock it (the padlock beside it under Data > Vertex Groups), and try again.",
        )


def told(obj: bpy.types.Object) -> str:
    """What the mask is to be made of, in words that can be compared."""
    image = mask_image(obj)
    splines = mask_splines(obj)
    told: list[object] = [
        image.name if image is not None else None,
        bool(obj.get(ALPHA)),
        str(obj.get(SOURCE_GROUP, "")),
    ]
    # Only where there is one, so that masks of files from before stay up to date.
    told += [splines.name] if splines is not None else []
    return json.dumps([*told, bool(obj.get(INVERT)), round(float(obj.get(FEATHER, 0.0)), 6)])


def _clear(obj: bpy.types.Object, *names: str) -> None:
    for name in names:
        if name in obj:
            del obj[name]
