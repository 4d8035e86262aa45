# SPDX-License-Identifier: GPL-3.0-or-later
"""Which vertices the camera sees."""

import bpy
import numpy as np
import pytest

from gid_blender import scene as scenes
from gid_blender.scene import SceneError
from tests.blender.scene.through import looked_at, new_camera, new_mesh, new_sheet


def sphere(scene, radius=1.0, **transform) -> bpy.types.Object:
    bpy.ops.mesh.primitive_uv_sphere_add(radius=radius, segments=48, ring_count=24)
    obj = bpy.context.object
    for field, value in transform.items():
        setattr(obj, field, value)
    return obj


@pytest.mark.parametrize("kind", ["PERSP", "ORTHO"])
def test_of_a_sphere_the_near_half_is_seen(scene, kind):
    camera = new_camera(scene, location=(0, -5, 0), rotation=(np.pi / 2, 0, 0), type=kind)
    # Turned a little, so that no ray goes exactly through a vertex of the near side.
    obj = sphere(scene, rotation_euler=(0.02, 0.01, 0.03))
    looked = looked_at(scene, [obj])
    to_camera = np.array(camera.location) - looked.points if kind == "PERSP" else np.array([0.0, -1.0, 0.0])
    facing = (looked.points * to_camera).sum(axis=-1) / np.linalg.norm(to_camera, axis=-1)
    # Of the vertices right at the outline either may be said.
    clear = np.abs(facing) > 0.1
    assert (looked.seen[clear] == (facing > 0)[clear]).all()


def test_what_stands_before_hides_and_what_stands_behind_does_not(scene):
    new_camera(scene, location=(0, -6, 0), rotation=(np.pi / 2, 0, 0))
    sheet = new_sheet(scene)
    new_sheet(scene, name="Behind", location=(0, 1, 0))
    wall = new_mesh(scene, [(-9, -1, -9), (0, -1, -9), (0, -1, 9), (-9, -1, 9)], [(0, 1, 2, 3)], "Wall")
    left = np.array([v.co.x < -1e-3 for v in sheet.data.vertices])
    right = np.array([v.co.x > 1e-3 for v in sheet.data.vertices])
    seen = looked_at(scene, [sheet]).seen
    assert not seen[left].any()
    assert seen[right].all()
    wall.hide_render = True
    assert looked_at(scene, [sheet]).seen.all()
    wall.hide_render, wall.display_type = False, "WIRE"
    assert looked_at(scene, [sheet]).seen.all()


def test_an_instance_of_a_collection_hides_too(scene):
    new_camera(scene, location=(0, -6, 0), rotation=(np.pi / 2, 0, 0))
    sheet = new_sheet(scene)
    inside = bpy.data.collections.new("Walls")
    wall = new_mesh(scene, [(-9, 0, -9), (9, 0, -9), (9, 0, 9), (-9, 0, 9)], [(0, 1, 2, 3)], "Wall")
    scene.collection.objects.unlink(wall)
    inside.objects.link(wall)
    instance = bpy.data.objects.new("Instance", None)
    instance.instance_type, instance.instance_collection, instance.location = "COLLECTION", inside, (9.05, -1, 0)
    scene.collection.objects.link(instance)
    x = np.array([v.co.x for v in sheet.data.vertices])
    seen = looked_at(scene, [sheet]).seen
    assert not seen[x > 0.2].any()
    assert seen[x < -0.1].all()


def test_vertices_beside_the_frame_are_not_seen(scene):
    new_camera(scene, location=(1.05, -2.02, 0), rotation=(np.pi / 2, 0, 0), sensor_width=36, lens=36)
    sheet = new_sheet(scene)
    x = np.array([v.co.x for v in sheet.data.vertices])
    scene.render.resolution_x = scene.render.resolution_y = 100
    assert (looked_at(scene, [sheet]).seen == (x > 0.1)).all()


class TestRefusals:
    def test_all_behind_the_camera(self, scene):
        new_camera(scene, location=(0, 5, 0), rotation=(np.pi / 2, 0, np.pi))
        sheet = new_sheet(scene, location=(0, 9, 0))
        with pytest.raises(SceneError, match="behind it"):
            looked_at(scene, [sheet])

    def test_all_beside_the_frame(self, scene):
        new_camera(scene, location=(0, -5, 0), rotation=(np.pi / 2, 0, 0))
        sheet = new_sheet(scene, location=(40, 0, 0))
        with pytest.raises(SceneError, match="in the camera's frame"):
            looked_at(scene, [sheet])

    def test_all_behind_something(self, scene):
        new_camera(scene, location=(0, -5, 0), rotation=(np.pi / 2, 0, 0))
        sheet = new_sheet(scene)
        new_sheet(scene, name="Wall", location=(0, -1, 0), scale=(5, 1, 5))
        with pytest.raises(SceneError, match="behind other things"):
            looked_at(scene, [sheet])


def test_a_hundred_thousand_vertices(scene):
    """Sizes of a scanned plant; that it takes seconds is in docs/any-mesh.md."""
    new_camera(scene, location=(0, -6, 0), rotation=(np.pi / 2, 0, 0))
    sheet = new_sheet(scene, side=320)
    stages = []
    layer = scene.view_layers[0]
    layer.update()
    view = scenes.projection.view_through(scene, layer.depsgraph)
    looked = scenes.look(scene, layer, [sheet], view, progress=lambda *said: stages.append(said))
    assert looked.seen.all()
    assert {stage for stage, _, _ in stages} == {"Looking at meshes", "Casting rays"}
    assert all(done <= total for _, done, total in stages)
