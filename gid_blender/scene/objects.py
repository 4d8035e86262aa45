# SPDX-License-Identifier: GPL-3.0-or-later
"""Motion objects: a picture's plane with the spectral volume that moves it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np

from ..motion import SpectralVolume
from ..motion.grid import at_vertices
from ..motion.regularize import pin_border, spread_edges
from .controls import add_controls, control_value
from .errors import SceneError
from .masks import refresh_mask
from .material import Shader, picture_material
from .mesh import build_plane, grid_for, grid_of, plane_width
from .pixels import read_pixels
from .playback import has_drivers, require_editable, require_unlocked_keys, to_drivers, to_keyframes
from .shape_keys import bands_of, read_spectrum, write_shape_keys
from .sources import Source, as_still
from .timing import period_in_frames

__all__ = [
    "PlaneSettings",
    "create_motion_object",
    "find_motion_object",
    "home_of",
    "is_motion_object",
    "motion_image",
    "plane_settings",
    "provenance",
    "replace_motion",
    "set_in_motion",
]

_PROVENANCE = ("model", "seed", "image_sha256", "settings")


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
        depth: how far the strongest motion is lifted towards the viewer, as a fraction of the height, so that what
            moves more is drawn in front; 0 is flat.
    """

    columns: int = 0
    height: float = 1.0
    shader: Shader = "SHADELESS"
    spread_edges: bool = True
    pin_border: float = 0.0
    depth: float = 0.001


DEFAULT_SETTINGS = PlaneSettings()


def create_motion_object(
    scene: bpy.types.Scene,
    image: bpy.types.Image,
    volume: SpectralVolume,
    *,
    settings: PlaneSettings = DEFAULT_SETTINGS,
    period: float | None = None,
    start: float | None = None,
    frame: int | None = None,
    collection: bpy.types.Collection | None = None,
) -> bpy.types.Object:
    """A new plane with the picture's aspect, material, shape keys, controls and drivers.

    Args:
        scene: gives the frame rate and the first frame.
        image: the picture. Of a movie or image sequence the object shows one frame, packed as an image of its own.
        volume: its motion.
        settings: how it becomes a mesh.
        period: frames of one loop; None takes the volume's duration at the scene's frame rate.
        start: frame at which the loop begins; None takes the scene's first.
        frame: of a movie or sequence, as in `Source.frame`; None takes that of the scene's current frame.
        collection: to link it to; the scene's own by default.

    Returns:
        the object, neither selected nor made active.

    Raises:
        SceneError: for a deleted or empty picture, an impossible grid, a linked collection; nothing is left then.
    """
    try:
        moving = image.source in {"MOVIE", "SEQUENCE"}
    except ReferenceError:
        raise SceneError("The picture was deleted.", "Choose another picture.") from None
    home = collection or scene.collection
    if home.library is not None:
        raise SceneError(f"The collection “{home.name}” is linked and takes no objects.", "Choose a local collection.")
    source = image
    if moving:
        frame = max(scene.frame_current, 1) if frame is None else frame
        image = as_still(Source(source, frame), read_pixels(source, frame=frame))
    width, height = image.size
    if min(width, height) < 1:
        raise SceneError(f"“{image.name}” has no pixels.", "Choose another picture.")
    columns, rows = grid_for(width, height, settings.columns)
    mesh = build_plane(image.name, aspect=width / height, columns=columns, rows=rows, height=settings.height)
    mesh.materials.append(picture_material(image, shader=settings.shader))
    obj = bpy.data.objects.new(image.name, mesh)
    set_in_motion(scene, obj, image, volume, settings=settings, period=period, start=start)
    home.objects.link(obj)
    if moving:
        obj["gid_source"], obj["gid_frame"] = source, frame
    return obj


def set_in_motion(
    scene: bpy.types.Scene,
    obj: bpy.types.Object,
    image: bpy.types.Image,
    volume: SpectralVolume,
    *,
    settings: PlaneSettings = DEFAULT_SETTINGS,
    period: float | None = None,
    start: float | None = None,
) -> None:
    """Make a motion object of a plane on a grid that has no motion yet: shape keys, controls, drivers.

    Args:
        scene, volume, settings, period, start: as for `create_motion_object`; the grid and the material are there.
        obj: with a mesh of `mesh.build_plane`.
        image: the still that moves.

    Raises:
        SceneError: when vertices were added or removed since the grid was made, or the object is in Edit Mode.
    """
    _write_motion(obj, volume, settings)
    add_controls(
        obj,
        bands=volume.bands,
        period=period_in_frames(scene, volume.duration) if period is None else period,
        start=scene.frame_start if start is None else start,
    )
    to_drivers(obj)
    obj["gid_image"] = image


def replace_motion(obj: bpy.types.Object, volume: SpectralVolume, *, settings: PlaneSettings | None = None) -> None:
    """Give an existing motion object another volume, in place: the same object and mesh with new shape keys.

    Transform, materials, modifiers, the controls' values and all their animation, and the mask stay, and the rest
    position too if it was sculpted; the playback stays live or keyed as it was.

    Args:
        obj: the motion object.
        volume: its new motion.
        settings: columns, height and shader of it are left aside, for they belong to the existing mesh; None keeps
            all settings it was made with.

    Raises:
        SceneError: for a deleted, linked or edited object, or no motion object at all; nothing is changed then.
    """
    require_editable(obj)
    grid_of(obj.data)
    keyed, bands = not has_drivers(obj), bands_of(obj)
    if keyed and volume.bands != bands:
        require_unlocked_keys(obj)
    period, start = control_value(obj, "gid_period"), control_value(obj, "gid_start")
    _write_motion(obj, volume, settings or plane_settings(obj))
    add_controls(obj, bands=volume.bands, period=period, start=start)
    refresh_mask(obj)
    if not keyed or volume.bands != bands:
        to_drivers(obj)
    if keyed and volume.bands != bands and obj.users_scene:
        to_keyframes(obj, obj.users_scene[0])


def home_of(scene: bpy.types.Scene, obj: bpy.types.Object) -> bpy.types.Collection:
    """The first collection of the scene that holds the object: where what is made for it belongs.

    An object may be in several scenes, and what goes into the collection of another one is not seen in this.
    """
    here = {scene.collection, *scene.collection.children_recursive}
    return next((collection for collection in obj.users_collection if collection in here), scene.collection)


def is_motion_object(obj: bpy.types.Object | None) -> bool:
    """Whether the object was made by `create_motion_object` and still has its keys. Cheap enough for `poll`."""
    return obj is not None and obj.type == "MESH" and "gid_amplitude" in obj and bands_of(obj) > 0


def find_motion_object(
    scene: bpy.types.Scene, image: bpy.types.Image, *, frame: int | None = None
) -> bpy.types.Object | None:
    """The motion object of that picture in the scene, or None; of several a selected one.

    Args:
        scene: where to look.
        image: the picture, or the movie or sequence that it is a frame of.
        frame: of a movie or sequence; None finds that of the scene's current frame.
    """
    frame = max(scene.frame_current, 1) if frame is None else frame

    def shows(obj: bpy.types.Object) -> bool:
        return motion_image(obj) == image or (obj.get("gid_source") == image and obj.get("gid_frame") == frame)

    found = [obj for obj in scene.objects if is_motion_object(obj) and shows(obj)]
    layer = scene.view_layers[0]
    return next((obj for obj in found if obj.select_get(view_layer=layer)), found[0] if found else None)


def motion_image(obj: bpy.types.Object) -> bpy.types.Image | None:
    """The picture of a motion object; None when it was deleted."""
    image = obj.get("gid_image")
    return image if isinstance(image, bpy.types.Image) else None


def provenance(obj: bpy.types.Object) -> dict[str, Any]:
    """Where the motion came from: `model`, `seed`, `image_sha256`, `settings`, as far as they are known."""
    known = {name: obj.get(f"gid_{name}") for name in _PROVENANCE}
    found = {name: value for name, value in known.items() if value is not None}
    return {name: json.loads(value) if name in ("seed", "settings") else value for name, value in found.items()}


def plane_settings(obj: bpy.types.Object) -> PlaneSettings:
    """The settings a motion object was made with; defaults where it does not say."""
    mesh, default = obj.data, DEFAULT_SETTINGS
    return PlaneSettings(
        columns=int(mesh.get("gid_columns", default.columns)),
        height=float(mesh.get("gid_height", default.height)),
        shader=mesh.get("gid_shader", default.shader),
        spread_edges=bool(mesh.get("gid_spread_edges", default.spread_edges)),
        pin_border=float(mesh.get("gid_pin_border", default.pin_border)),
        depth=float(mesh.get("gid_depth", default.depth)),
    )


def _write_motion(obj: bpy.types.Object, volume: SpectralVolume, settings: PlaneSettings) -> None:
    mesh = obj.data
    columns, rows = grid_of(mesh)
    width, height = plane_width(mesh), float(mesh.get("gid_height", settings.height))
    spacing = (1 / (columns - 1), height / width / (rows - 1))
    spectrum = at_vertices(volume, rows, columns)
    if settings.spread_edges:
        spectrum = spread_edges(spectrum, spacing)
    spectrum = pin_border(spectrum, spacing, settings.pin_border)

    lift = _lift(spectrum, settings.depth * height)
    if bands_of(obj):
        # Only the difference to the lift that is in there: what was sculpted into the rest position stays.
        lift -= _lift(read_spectrum(obj, masked=False), float(mesh.get("gid_depth", 0.0)) * height)
    write_shape_keys(obj, spectrum, width=width, lift=lift)

    mesh["gid_height"], mesh["gid_shader"] = height, mesh.get("gid_shader", settings.shader)
    mesh["gid_spread_edges"], mesh["gid_pin_border"] = settings.spread_edges, settings.pin_border
    mesh["gid_depth"] = settings.depth
    for name in _PROVENANCE:
        value = volume.meta.get(name)
        if value is None:
            obj.pop(f"gid_{name}", None)
        else:
            # A seed may exceed the 32 bits of an integer property, and settings are a dictionary: text holds all.
            obj[f"gid_{name}"] = json.dumps(value, default=dict) if name in ("seed", "settings") else str(value)


def _lift(spectrum: np.ndarray, height: float) -> np.ndarray:
    """(rows, columns) metres towards the viewer: the demo's depth test, which draws the stronger motion in front."""
    power = (np.abs(spectrum[1:]) ** 2).sum(axis=(0, 1))
    return np.sqrt(power / max(float(power.max(initial=0)), 1e-20)) * height
