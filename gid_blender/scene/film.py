# SPDX-License-Identifier: GPL-3.0-or-later
"""An object frame by frame, as Blender evaluates it: shape keys, masks, modifiers, parents and all.

A copy of it stands in a scene of its own, whose playhead may run wherever it likes: nobody's selection, mode, frame or
scene is touched, and an object that is hidden is seen as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import bpy
import numpy as np
import numpy.typing as npt
from mathutils import Matrix

from ..motion.grid import on_grid
from .errors import SceneError
from .mesh import build_plane, grid_for, grid_of, plane_width
from .mesh_arrays import coordinates

__all__ = ["Film", "film", "own_scene", "place_on_grid"]

Points = npt.NDArray[np.float32]


@dataclass
class Film:
    """What an object does.

    Attributes:
        frames: of the scene, in order.
        mesh: faces, picture coordinates and materials as they are at the first frame; removed with the film.
        matrices: of the object in the world, of the frames that were played so far.
    """

    obj: bpy.types.Object
    frames: Sequence[float]
    mesh: bpy.types.Mesh
    matrices: list[Matrix] = field(default_factory=list)
    _scene: bpy.types.Scene = None
    _copy: bpy.types.Object = None
    _columns: int = 0

    @property
    def points(self) -> int:
        """Vertices of a sample."""
        return len(self.mesh.vertices)

    def samples(self) -> Iterator[Points]:
        """(points, 3) metres in the object's own coordinates, frame after frame; may be played again.

        Raises:
            SceneError: when a modifier changes the number of vertices in between.
        """
        self.matrices.clear()
        for frame in self.frames:
            self.matrices.append(self._evaluate(frame).matrix_world.copy())
            yield self.at(frame)

    def at(self, frame: float) -> Points:
        """(points, 3) at one frame."""
        evaluated = self._evaluate(frame)
        try:
            mesh = evaluated.to_mesh()
            shape = _shape(mesh)
            if shape != self._wanted:
                raise SceneError(
                    f"“{self.obj.name}” has {shape[0]} vertices at frame {frame:g} and {self._wanted[0]} at frame "
                    f"{self.frames[0]:g}.",
                    "A file of its motion needs the same mesh all the time: switch the modifier off that changes it.",
                )
            values = coordinates(mesh.vertices)
        finally:
            evaluated.to_mesh_clear()
        return place_on_grid(self.obj, values, self._columns) if self._columns else values

    def _evaluate(self, frame: float) -> bpy.types.Object:
        return _go_to(self._scene, self._copy, frame)


@contextmanager
def film(scene: bpy.types.Scene, obj: bpy.types.Object, frames: Sequence[float], *, columns: int = 0) -> Iterator[Film]:
    """Play an object and leave nothing behind.

    Args:
        scene: gives the frame rate and the time remapping.
        obj: a mesh object.
        frames: which, at least one.
        columns: vertices along the width of another grid to see it on; 0 takes all its vertices.

    Raises:
        SceneError: in Edit Mode, without frames or vertices, or when `columns` cannot be had.
    """
    if obj.mode == "EDIT":
        raise SceneError(f"“{obj.name}” is in Edit Mode.", "Leave Edit Mode (Tab) and try again.")
    if len(frames) == 0:
        raise SceneError("There are no frames to export.", "Set the last frame behind the first.")
    with own_scene(scene) as stage, _copied(obj, stage) as copy:
        evaluated = _go_to(stage, copy, frames[0])
        graph = stage.view_layers[0].depsgraph
        mesh = bpy.data.meshes.new_from_object(evaluated, preserve_all_data_layers=True, depsgraph=graph)
        try:
            wanted = _shape(mesh)
            if wanted[0] == 0:
                raise SceneError(f"“{obj.name}” has no vertices at frame {frames[0]:g}.", "Choose other frames.")
            if columns:
                full, mesh = mesh, _coarser(obj, mesh, columns)
                bpy.data.meshes.remove(full)
            made = Film(obj, frames, mesh, _scene=stage, _copy=copy, _columns=columns)
            made._wanted = wanted
            yield made
        finally:
            bpy.data.meshes.remove(mesh)


@contextmanager
def own_scene(scene: bpy.types.Scene) -> Iterator[bpy.types.Scene]:
    """An empty scene that plays as `scene` does. It and all objects that are in it then are removed afterwards."""
    stage = bpy.data.scenes.new("gid film")
    try:
        for name in ("fps", "fps_base", "frame_map_old", "frame_map_new"):
            setattr(stage.render, name, getattr(scene.render, name))
        stage.unit_settings.scale_length = scene.unit_settings.scale_length
        yield stage
    finally:
        for obj in list(stage.collection.objects):
            bpy.data.objects.remove(obj)
        bpy.data.scenes.remove(stage)


@contextmanager
def _copied(obj: bpy.types.Object, stage: bpy.types.Scene) -> Iterator[bpy.types.Object]:
    # It shares the mesh, and with it the keys and their drivers, which listen to the original's controls.
    copy = obj.copy()
    copy.hide_viewport = copy.hide_render = False
    copy.show_only_shape_key = False
    stage.collection.objects.link(copy)
    yield copy


def place_on_grid(obj: bpy.types.Object, values: npt.NDArray[np.floating], columns: int) -> Points:
    """(V', 3): what stands at the vertices of a picture's plane, at those of a plane with so many columns."""
    old_columns, old_rows = grid_of(obj.data)
    new_columns, new_rows = _grid(obj, columns)
    return on_grid(values.reshape(old_rows, old_columns, -1), new_rows, new_columns).reshape(-1, values.shape[-1])


def _coarser(obj: bpy.types.Object, mesh: bpy.types.Mesh, columns: int) -> bpy.types.Mesh:
    if "gid_columns" not in obj.data:
        raise SceneError(f"“{obj.name}” is no picture's plane.", "Export it with all its vertices: set Grid to 0.")
    old_columns, old_rows = grid_of(obj.data)
    if len(mesh.vertices) != old_columns * old_rows:
        raise SceneError(
            f"Modifiers give “{obj.name}” {len(mesh.vertices)} vertices, and its grid has {old_columns * old_rows}.",
            "Export it with all its vertices: set Grid to 0.",
        )
    new_columns, new_rows = _grid(obj, columns)
    aspect = plane_width(obj.data) / float(obj.data["gid_height"])
    plane = build_plane(
        obj.data.name, aspect=aspect, columns=new_columns, rows=new_rows, height=float(obj.data["gid_height"])
    )
    plane.vertices.foreach_set("co", place_on_grid(obj, coordinates(mesh.vertices), columns).ravel())
    for material in mesh.materials:
        plane.materials.append(material)
    plane.update()
    return plane


def _grid(obj: bpy.types.Object, columns: int) -> tuple[int, int]:
    return grid_for(plane_width(obj.data), float(obj.data["gid_height"]), columns)


def _go_to(stage: bpy.types.Scene, copy: bpy.types.Object, frame: float) -> bpy.types.Object:
    whole = int(frame // 1)
    stage.frame_set(whole, subframe=float(frame) - whole)
    return copy.evaluated_get(stage.view_layers[0].depsgraph)


def _shape(mesh: bpy.types.Mesh) -> tuple[int, int, int]:
    return len(mesh.vertices), len(mesh.loops), len(mesh.polygons)
