# SPDX-License-Identifier: GPL-3.0-or-later
"""What cannot be moved through a camera: one sentence that says why, and nothing is changed."""

import struct

import bpy
import numpy as np
import pytest

from gid_blender import scene as scenes
from gid_blender.scene import MeshSettings, SceneError
from gid_blender.scene.mesh_targets import MOST_VERTICES, shown_otherwise
from tests.blender.scene.helpers import swaying
from tests.blender.scene.through import looked_at, move, new_camera, new_mesh, new_sheet, world
from tests.motion.volumes import smooth_volume


@pytest.fixture
def shot(scene):
    new_camera(scene)
    return scene


def cached(obj, folder):
    """A point cache of the mesh as it is, which overwrites what is below it."""
    co = np.empty(len(obj.data.vertices) * 3, np.float32)
    obj.data.vertices.foreach_get("co", co)
    head = struct.pack("<12siiffi", b"POINTCACHE2\0", 1, len(obj.data.vertices), 1.0, 1.0, 2)
    (folder / "cache.pc2").write_bytes(head + np.concatenate([co, co]).tobytes())
    cache = obj.modifiers.new("Cache", "MESH_CACHE")
    cache.cache_format, cache.filepath = "PC2", str(folder / "cache.pc2")
    cache.forward_axis, cache.up_axis = "POS_Y", "POS_Z"


def refused(scene, obj, said: str, settings=None) -> SceneError:
    """The error; nothing was added to the file, and nothing to the object."""
    before = {name: len(getattr(bpy.data, name)) for name in ("objects", "meshes", "shape_keys", "scenes", "images")}
    properties = list(obj.keys())
    with pytest.raises(SceneError, match=said) as caught:
        looked_at(scene, [obj], settings or MeshSettings())
    assert {name: len(getattr(bpy.data, name)) for name in before} == before
    assert list(obj.keys()) == properties
    assert caught.value.hint
    return caught.value


class TestMeshes:
    @pytest.mark.parametrize(("count", "said"), [(0, "no vertices"), (1, "one vertex"), (2, "two vertices")])
    def test_with_too_few_vertices(self, shot, count, said):
        refused(shot, new_mesh(shot, [(0, 0, i) for i in range(count)], []), said)

    def test_whose_modifiers_make_what_is_seen(self, shot):
        point = new_mesh(shot, [(0, 0, 0)], [])
        point.modifiers.new("Skin", "SKIN")
        refused(shot, point, "apply them first")

    def test_with_two_million_vertices(self, shot):
        mesh = bpy.data.meshes.new("Scan")
        mesh.vertices.add(2_000_000)
        obj = bpy.data.objects.new("Scan", mesh)
        shot.collection.objects.link(obj)
        assert MOST_VERTICES < 2_000_000
        mesh.vertices[1].co = (1, 1, 1)
        mesh.update()
        error = refused(shot, obj, "2,000,000 vertices")
        assert "Surface Deform" in error.hint

    def test_in_edit_mode(self, shot):
        obj = new_sheet(shot)
        bpy.context.view_layer.objects.active = obj
        bpy.ops.object.mode_set(mode="EDIT")
        refused(shot, obj, "being edited")
        bpy.ops.object.mode_set(mode="OBJECT")

    def test_without_any_size(self, shot):
        refused(shot, new_mesh(shot, [(1, 1, 1)] * 4, [(0, 1, 2, 3)]), "no size")

    def test_scaled_to_nothing(self, shot):
        refused(shot, new_sheet(shot, scale=(0, 0, 0)), "no size")
        refused(shot, new_sheet(shot, scale=(0, 1, 1)), "scaled to nothing")

    def test_with_vertices_that_are_nowhere(self, shot):
        obj = new_sheet(shot)
        obj.data.vertices[3].co.x = float("nan")
        refused(shot, obj, "nowhere|no size")

    def test_with_absolute_shape_keys(self, shot):
        obj = new_sheet(shot)
        obj.shape_key_add(name="Basis")
        obj.data.shape_keys.use_relative = False
        refused(shot, obj, "absolute")

    def test_whose_modifier_has_lost_its_object(self, shot):
        obj = new_sheet(shot)
        obj.modifiers.new("Rig", "ARMATURE")
        refused(shot, obj, "“Rig” of “Sheet” has lost its object")

    @pytest.mark.parametrize(
        ("kind", "settings", "said"),
        [
            ("MESH_CACHE", {}, "The file of the modifier “Lost” of “Sheet” is missing: “”"),
            ("MESH_CACHE", {"filepath": "//gone.pc2"}, "is missing: “//gone.pc2”"),
            ("MESH_SEQUENCE_CACHE", {}, "has lost its cache"),
            ("NODES", {}, "has lost its nodes"),
            ("SURFACE_DEFORM", {"target": "Twin"}, "is not bound"),
            ("MESH_DEFORM", {"object": "Twin"}, "is not bound"),
            ("LAPLACIANDEFORM", {}, "is not bound"),
            ("CORRECTIVE_SMOOTH", {"rest_source": "BIND"}, "is not bound"),
            ("LATTICE", {}, "has lost its object"),
            ("SHRINKWRAP", {}, "has lost its object"),
        ],
    )
    def test_whose_modifier_lacks_its_data(self, shot, kind, settings, said):
        obj = new_sheet(shot)
        new_sheet(shot, name="Twin", location=(0, 1, 0))
        modifier = obj.modifiers.new("Lost", kind)
        for name, value in settings.items():
            setattr(modifier, name, bpy.data.objects[value] if value == "Twin" else value)
        refused(shot, obj, said)
        # What is switched off is nobody's business, nor what needs no such data.
        modifier.show_viewport = False
        assert looked_at(shot, [obj]).seen.any()

    def test_whose_modifiers_have_their_data(self, shot):
        obj, twin = new_sheet(shot), new_sheet(shot, name="Twin", location=(0, 1, 0), scale=(2, 2, 2))
        obj.modifiers.new("Even", "CORRECTIVE_SMOOTH")
        assert looked_at(shot, [obj]).remarks == ()
        deform = obj.modifiers.new("Follow", "SURFACE_DEFORM")
        deform.target = twin
        bpy.context.view_layer.objects.active = obj
        bpy.context.view_layer.update()
        bpy.ops.object.surfacedeform_bind(modifier="Follow")
        assert deform.is_bound
        # Bound, it takes all of its vertices' places from the other mesh.
        refused(shot, obj, "“Follow” of “Sheet” says where its vertices are")

    def test_whose_cache_file_is_gone(self, shot, tmp_path):
        """The datablock is there, its file is not."""
        obj = new_sheet(shot)
        (tmp_path / "wind.abc").write_bytes(b"no archive")
        bpy.ops.cachefile.open(filepath=str(tmp_path / "wind.abc"))
        modifier = obj.modifiers.new("Lost", "MESH_SEQUENCE_CACHE")
        modifier.cache_file = bpy.data.cache_files[0]
        (tmp_path / "wind.abc").unlink()
        refused(shot, obj, "wind.abc")

    @pytest.mark.parametrize("shown", [{"show_viewport": False}, {"show_render": False}])
    def test_that_a_render_shows_otherwise_is_remarked(self, shot, shown):
        obj = new_sheet(shot)
        obj.modifiers.new("Fine", "SUBSURF").show_viewport = False
        obj.modifiers.new("Soft", "SMOOTH")
        assert shown_otherwise([obj]) == []
        push = obj.modifiers.new("Push", "DISPLACE")
        for name, value in shown.items():
            setattr(push, name, value)
        (remark,) = shown_otherwise([obj])
        assert "“Push” of “Sheet” is on in" in remark
        assert ("renders" in remark) == ("show_viewport" in shown)

    def test_whose_vertices_a_cache_sets(self, shot, tmp_path):
        """Keys below a point cache that overwrites are there and nothing moves: the worst kind of success."""
        obj = new_sheet(shot)
        cached(obj, tmp_path)
        obj.modifiers.new("Soft Look", "SMOOTH")
        error = refused(shot, obj, "“Cache” of “Sheet” says where its vertices are")
        assert "Switch it off" in error.hint
        obj.modifiers["Cache"].show_viewport = obj.modifiers["Cache"].show_render = False
        assert looked_at(shot, [obj]).remarks == ()

    def test_whose_vertices_are_drawn_onto_those_of_another(self, shot):
        """A step below does nothing or a leap from vertex to vertex; measured, it is what rounding makes of nothing."""
        obj = new_sheet(shot)
        obj.modifiers.new("Onto", "SHRINKWRAP").target = new_sheet(shot, name="Twin", location=(0, 1, 0))
        obj.modifiers["Onto"].wrap_method = "NEAREST_VERTEX"
        refused(shot, obj, "“Onto” of “Sheet” says where its vertices are")

    def test_some_of_whose_vertices_a_cache_sets_say_so_and_the_others_move(self, shot, tmp_path):
        obj = new_sheet(shot)
        cached(obj, tmp_path)
        group = obj.vertex_groups.new(name="held")
        group.add(range(18), 1.0, "REPLACE")
        obj.modifiers["Cache"].vertex_group = "held"
        (remark,) = looked_at(shot, [obj]).remarks
        assert "“Cache” of “Sheet” keeps 18 of 81 seen vertices" in remark
        move(shot, [obj], smooth_volume())
        way = np.linalg.norm(world(obj, 15) - world(obj, 1), axis=1)
        assert (way[:18] == 0).all()
        assert (way[18:] > 1e-3).all()

    def test_that_share_their_mesh_when_that_is_not_allowed(self, shot):
        obj = new_sheet(shot)
        shot.collection.objects.link(bpy.data.objects.new("Other", obj.data))
        refused(shot, obj, "shares its mesh", MeshSettings(single_user=False))

    def test_that_are_planes_of_pictures(self, shot):
        obj = swaying()
        refused(shot, obj, "plane of a picture")

    def test_that_are_linked(self, shot, tmp_path):
        path = tmp_path / "library.blend"
        obj = new_sheet(shot, name="Linked")
        bpy.data.libraries.write(str(path), {obj})
        bpy.data.objects.remove(obj)
        with bpy.data.libraries.load(str(path), link=True) as (there, here):
            here.objects = list(there.objects)
        linked = here.objects[0]
        shot.collection.objects.link(linked)
        refused(shot, linked, "is linked from")
        with pytest.raises(SceneError):
            scenes.remove_mesh_motion(linked)


class TestWhatIsNoMesh:
    def test_nothing(self):
        with pytest.raises(SceneError, match="No object is selected"):
            scenes.meshes_of([])

    def test_a_curve(self, shot):
        obj = bpy.data.objects.new("Vine", bpy.data.curves.new("Vine", "CURVE"))
        with pytest.raises(SceneError, match=r"“Vine” is no mesh but of the kind curve\. Convert"):
            scenes.meshes_of([obj])

    def test_an_instance_of_a_collection(self, shot):
        obj = bpy.data.objects.new("Wood", None)
        obj.instance_type, obj.instance_collection = "COLLECTION", bpy.data.collections.new("Trees")
        with pytest.raises(SceneError, match="instance of a collection"):
            scenes.meshes_of([obj])

    def test_a_collection_without_meshes(self, shot):
        with pytest.raises(SceneError, match="has no mesh"):
            scenes.meshes_in(shot, bpy.data.collections.new("Empty"))

    def test_a_collection_that_is_only_instanced(self, shot):
        collection = bpy.data.collections.new("Trees")
        obj = new_sheet(shot)
        shot.collection.objects.unlink(obj)
        collection.objects.link(obj)
        with pytest.raises(SceneError, match="only there as an instance"):
            scenes.meshes_in(shot, collection)


class TestMeanwhile:
    def test_vertices_were_added(self, shot):
        obj = new_sheet(shot)
        looked = looked_at(shot, [obj])
        obj.data.vertices.add(1)
        with pytest.raises(SceneError, match="added or removed"):
            scenes.move(shot, [obj], looked, smooth_volume())
        assert obj.data.shape_keys is None

    def test_the_mesh_was_deleted(self, shot):
        obj = new_sheet(shot)
        looked = looked_at(shot, [obj])
        bpy.data.objects.remove(obj)
        with pytest.raises(SceneError, match="deleted"):
            scenes.move(shot, [obj], looked, smooth_volume())

    def test_what_was_kept_about_the_motion_is_gone(self, shot):
        obj = new_sheet(shot)
        move(shot, [obj], smooth_volume())
        obj.data.attributes.remove(obj.data.attributes[".gid_place"])
        with pytest.raises(SceneError, match="kept about its motion is gone"):
            scenes.mesh_view.point_basis(obj)


def test_looking_changes_nothing_even_when_it_fails_half_way(shot):
    good, bad = new_sheet(shot), new_sheet(shot, name="Flat", scale=(0, 1, 1))
    good.shape_key_add(name="Basis")
    co = np.array([v.co[:] for v in good.data.vertices])
    with pytest.raises(SceneError):
        looked_at(shot, [good, bad])
    assert (np.array([v.co[:] for v in good.data.vertices]) == co).all()
    assert len(shot.objects) == 3
