# SPDX-License-Identifier: GPL-3.0-or-later
"""Motion objects: a picture's plane with the spectral volume that moves it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import bpy

from ..motion import SpectralVolume
from .material import Shader

__all__ = [
    "PlaneSettings",
    "create_motion_object",
    "find_motion_object",
    "is_motion_object",
    "motion_image",
    "provenance",
    "replace_motion",
]


@dataclass(frozen=True)
class PlaneSettings:
    """How a picture becomes a mesh.

    Attributes:
        columns: vertices along the width; 0 chooses about 41,000 in all.
        height: of the plane in metres.
        shader: see `material.picture_material`.
        spread_edges: keep hard motion edges from folding and smearing (docs/mesh.md).
        pin_border: width of the band over which motion falls off to none at the border, as a fraction of the
            picture's width; 0 leaves the border free.
        depth: how far the strongest motion is lifted towards the viewer, as a fraction of the height, so that what moves
            more is drawn in front; 0 is flat.
    """

    columns: int = 0
    height: float = 1.0
    shader: Shader = "SHADELESS"
    spread_edges: bool = True
    pin_border: float = 0.0
    depth: float = 0.001


def create_motion_object(
    scene: bpy.types.Scene,
    image: bpy.types.Image,
    volume: SpectralVolume,
    *,
    settings: PlaneSettings = PlaneSettings(),
    period: float | None = None,
    start: float | None = None,
    collection: bpy.types.Collection | None = None,
) -> bpy.types.Object:
    """A new plane with the picture's aspect, material, shape keys, controls and drivers.

    Args:
        period: frames of one loop; None takes the volume's duration at the scene's frame rate.
        start: frame at which the loop begins; None takes the scene's first.
        collection: to link it to; the scene's own by default.

    Returns:
        the object, neither selected nor made active.
    """
    raise NotImplementedError


def replace_motion(obj: bpy.types.Object, volume: SpectralVolume, *, settings: PlaneSettings | None = None) -> None:
    """Give an existing motion object another volume, in place: the same object and mesh with new shape keys.

    Transform, materials, modifiers, the controls' values and all their animation stay; the playback stays live or
    keyed as it was (keyframes scale the new bands just as they did the old). Columns, height and shader of `settings`
    are those of the existing mesh; None keeps all settings it was made with.

    Raises:
        SceneError: for a deleted, linked or edited object, or no motion object at all; nothing is changed then.
    """
    raise NotImplementedError


def is_motion_object(obj: bpy.types.Object | None) -> bool:
    """Whether the object was made by `create_motion_object` and still has its keys. Cheap enough for `poll`."""
    raise NotImplementedError


def find_motion_object(scene: bpy.types.Scene, image: bpy.types.Image) -> bpy.types.Object | None:
    """The motion object of that picture in the scene (the active one first if there are several), or None."""
    raise NotImplementedError


def motion_image(obj: bpy.types.Object) -> bpy.types.Image | None:
    """The picture of a motion object; None when it was deleted."""
    raise NotImplementedError


def provenance(obj: bpy.types.Object) -> dict[str, Any]:
    """Where the motion came from: `model`, `seed`, `image_sha256`, `settings`, as far as they are known."""
    raise NotImplementedError
