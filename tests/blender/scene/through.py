# SPDX-License-Identifier: GPL-3.0-or-later
"""What tests of meshes through the camera share: a camera, meshes before it, and the whole way in one call."""

import bpy
import numpy as np
from bpy_extras.object_utils import world_to_camera_view
from mathutils import Vector

from gid_blender import scene as scenes
from gid_blender.motion import SpectralVolume
from gid_blender.scene.projection import view_through

# What is seen moves exactly as the picture says, and nothing else is done to it.
EXACT = scenes.MeshSettings(hold_together=False, spread_edges=False, pin_base=0.0)


def new_camera(scene: bpy.types.Scene, location=(0.0, -6.0, 0.5), rotation=(1.5, 0.05, 0.02), **settings):
    """A camera that the scene looks through; settings are those of its data."""
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    camera.location, camera.rotation_euler = location, rotation
    for name, value in settings.items():
        setattr(camera.data, name, value)
    scene.collection.objects.link(camera)
    scene.camera = camera
    return camera


def new_mesh(scene: bpy.types.Scene, vertices, faces, name="Mesh", **transform) -> bpy.types.Object:
    """An object of these vertices and faces in the scene."""
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata([tuple(v) for v in vertices], [], [tuple(f) for f in faces])
    mesh.update()
    obj = bpy.data.objects.new(name, mesh)
    for field, value in transform.items():
        setattr(obj, field, value)
    scene.collection.objects.link(obj)
    return obj


def new_sheet(scene: bpy.types.Scene, side: int = 9, name="Sheet", **transform) -> bpy.types.Object:
    """An upright sheet of 2 by 2 metres in the XZ plane, facing -Y, with so many vertices along a side."""
    z, x = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j]
    vertices = np.stack([x, 0 * x, z], axis=-1).reshape(-1, 3)
    i = np.arange(side * side).reshape(side, side)
    faces = np.stack([i[:-1, :-1], i[:-1, 1:], i[1:, 1:], i[1:, :-1]], axis=-1).reshape(-1, 4)
    return new_mesh(scene, vertices, faces, name, **transform)


def move(scene: bpy.types.Scene, objects, volume: SpectralVolume, settings=EXACT, **options) -> bpy.types.Object:
    """Look at meshes through the scene's camera and move them; returns the one with the controls."""
    layer = scene.view_layers[0]
    with scenes.at_rest(scene, layer):
        looked = scenes.look(scene, layer, objects, view_through(scene, layer.depsgraph), settings=settings)
    return scenes.move(scene, objects, looked, volume, settings=settings, **{"period": 40.0, "start": 1.0} | options)


def looked_at(scene: bpy.types.Scene, objects, settings=EXACT) -> scenes.Looked:
    """What the camera sees of meshes."""
    layer = scene.view_layers[0]
    layer.update()
    return scenes.look(scene, layer, objects, view_through(scene, layer.depsgraph), settings=settings)


def world(obj: bpy.types.Object, frame: float | None = None) -> np.ndarray:
    """(V, 3) evaluated vertices in the world at a frame or subframe."""
    if frame is not None:
        bpy.context.scene.frame_set(int(frame // 1), subframe=frame % 1)
    graph = bpy.context.evaluated_depsgraph_get()
    evaluated = obj.evaluated_get(graph)
    co = np.empty(len(evaluated.data.vertices) * 3, np.float32)
    evaluated.data.vertices.foreach_get("co", co)
    matrix = np.array(evaluated.matrix_world, np.float64)
    return co.reshape(-1, 3).astype(np.float64) @ matrix[:3, :3].T + matrix[:3, 3]


def in_picture(scene: bpy.types.Scene, points: np.ndarray) -> np.ndarray:
    """(V, 2) where Blender itself says that the scene's camera sees points: picture widths, y down."""
    aspect = scene.render.resolution_y / scene.render.resolution_x
    found = [world_to_camera_view(scene, scene.camera, Vector(point)) for point in points]
    return np.array([(p.x, (1 - p.y) * aspect) for p in found])
