# SPDX-License-Identifier: GPL-3.0-or-later
"""Picture planes that wait for their motion: on the grid already, so that Generate moves exactly these planes.

A plane that waits keeps its transform, parent, material and collections when its motion comes. Several planes may wait
with one picture, such as its layers; one prediction is for all of them.
"""

from __future__ import annotations

import bpy
from mathutils import Matrix

from ..compat import enable_nodes
from ..motion import SpectralVolume
from .errors import SceneError
from .masks import set_mask
from .material import has_alpha
from .mesh import build_plane, grid_for
from .objects import PlaneSettings, is_motion_object, set_in_motion
from .picture_files import PictureFile
from .pixels import read_pixels
from .shading import Shading, build_surface
from .sources import Source, as_still

__all__ = [
    "LAYER_PICTURE",
    "PINNED",
    "add_waiting_plane",
    "find_waiting",
    "is_waiting",
    "set_waiting_in_motion",
    "waiting_image",
]

_PICTURE = "gid_waiting"
# Of a layer that waits: what it shows instead of the picture whose motion it gets, and what of it shall not move.
LAYER_PICTURE, PINNED = "gid_layer_picture", "gid_layer_pinned"


def add_waiting_plane(
    picture: PictureFile,
    matrix: Matrix,
    size: tuple[float, float],
    *,
    collection: bpy.types.Collection,
    shading: Shading | None = None,
    columns: int = 0,
    name: str = "",
    material: bpy.types.Material | None = None,
    start: int = 1,
) -> bpy.types.Object:
    """A picture's plane on the grid of a motion object.

    Args:
        picture: what it shows.
        matrix: where it stands.
        size: (width, height) in Blender units.
        collection: where it goes.
        shading: how it takes light.
        columns: as `PlaneSettings.columns`.
        name: of the object, mesh and material; the image's by default.
        material: to use again instead of a new one; its nodes are made anew.
        start: frame at which a sequence or movie begins.

    Raises:
        SceneError: for an impossible grid, or a collection that is linked; nothing is left then.
    """
    if collection.library is not None:
        raise SceneError(
            f"The collection “{collection.name}” is linked and takes no objects.", "Choose a local collection."
        )
    name = name or bpy.path.display_name_from_filepath(picture.image.filepath) or picture.image.name
    grid = grid_for(*picture.size, columns)
    mesh = build_plane(name, aspect=size[0] / size[1], columns=grid[0], rows=grid[1], height=size[1])
    shading = shading or Shading(use_transparency=has_alpha(picture.image))
    if material is None:
        material = bpy.data.materials.new(name)
        enable_nodes(material).nodes.clear()
    texture = build_surface(material, picture.image, shading)
    if picture.frames > 1:
        user = texture.image_user
        user.frame_duration, user.frame_start, user.frame_offset = picture.frames, start, picture.offset
        user.use_auto_refresh = True
    mesh.materials.append(material)
    mesh["gid_height"], mesh["gid_shader"] = size[1], shading.shader
    obj = bpy.data.objects.new(name, mesh)
    obj.matrix_world = matrix
    obj.visible_shadow = shading.shadow
    obj[_PICTURE] = picture.image
    collection.objects.link(obj)
    return obj


def is_waiting(obj: bpy.types.Object | None) -> bool:
    """Whether the object is a picture's plane that has no motion yet. Cheap enough for `poll`."""
    return obj is not None and obj.type == "MESH" and waiting_image(obj) is not None and not is_motion_object(obj)


def waiting_image(obj: bpy.types.Object) -> bpy.types.Image | None:
    """The picture whose motion a plane waits for; None when there is none, or it was deleted."""
    image = obj.get(_PICTURE)
    return image if isinstance(image, bpy.types.Image) else None


def find_waiting(scene: bpy.types.Scene, image: bpy.types.Image) -> list[bpy.types.Object]:
    """The planes that wait for the motion of that picture: those that are selected, or else all."""
    found = [obj for obj in scene.objects if is_waiting(obj) and waiting_image(obj) == image]
    layer = scene.view_layers[0]
    return [obj for obj in found if obj.select_get(view_layer=layer)] or found


def set_waiting_in_motion(
    scene: bpy.types.Scene,
    obj: bpy.types.Object,
    volume: SpectralVolume,
    *,
    settings: PlaneSettings | None = None,
    period: float | None = None,
    frame: int | None = None,
) -> None:
    """Give a plane that waits its motion, in place: same object, transform, parent, material.

    Args:
        scene, volume, period: as for `objects.create_motion_object`.
        obj: the plane.
        settings: all but columns, height and shader, which the plane has.
        frame: of a movie or sequence, the frame whose motion it is; the material goes on showing all of them.

    Raises:
        SceneError: when it is linked, in Edit Mode, or its grid was changed.
    """
    if obj.library is not None or obj.data.library is not None:
        raise SceneError(f"“{obj.name}” is linked and takes no motion.", "Choose Make Local > All first.")
    image = waiting_image(obj)
    if image is None:
        raise SceneError(f"“{obj.name}” waits for no motion.", "Select a plane that Picture with Motion made.")
    moving = image.source in {"MOVIE", "SEQUENCE"}
    still = image
    if moving:
        frame = max(scene.frame_current, 1) if frame is None else frame
        still = as_still(Source(image, frame), read_pixels(image, frame=frame))
    set_in_motion(scene, obj, still, volume, settings=settings or PlaneSettings(), period=period)
    if moving:
        obj["gid_source"], obj["gid_frame"] = image, frame
    del obj[_PICTURE]
    if LAYER_PICTURE in obj:
        obj["gid_image"] = obj.pop(LAYER_PICTURE)
    if PINNED in obj:
        set_mask(obj, image=obj.pop(PINNED), invert=True)
