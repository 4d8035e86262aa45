# SPDX-License-Identifier: GPL-3.0-or-later
"""Excitations without a picture, as dropped out of the asset browser: which picture they come by, and how they lie."""

import bpy
import numpy as np
import pytest
from mathutils import Matrix, Vector

from gid_blender.scene import SceneError, add_empty, bake, is_loose, picture_for, stick
from gid_blender.scene.empties import arrow_on, on_picture, on_plane
from tests.blender.scene.baking import VOLUME, responses
from tests.blender.scene.helpers import saved, swaying
from tests.blender.scene.through import move, new_camera, new_sheet


@pytest.fixture
def turned(scene, picture):
    """The picture somewhere in space."""
    picture.location, picture.rotation_euler, picture.scale = (3.0, -1.0, 2.0), (1.2, 0.3, -0.4), (2.0, 2.0, 2.0)
    update(scene)
    return picture


def update(scene):
    scene.view_layers[0].update()


def dropped(scene, picture=None, point=(0.3, 0.2), kind="WIND", turn=None):
    """An Empty as Blender drops it there: no parent, +Z along the picture's normal; in the world without a picture."""
    empty = bpy.data.objects.new(kind.capitalize(), None)
    empty.empty_display_type = "SINGLE_ARROW"
    empty.gid.excitation.kind = kind
    scene.collection.objects.link(empty)
    if picture is not None:
        place = picture.matrix_world @ on_plane(picture, *point)
        rotation = picture.matrix_world.to_quaternion()
        empty.matrix_world = Matrix.LocRotScale(place, rotation @ turn if turn else rotation, None)
    update(scene)
    return empty


def relative(picture, empty):
    return picture.matrix_world.inverted() @ empty.matrix_world


class TestWhatIsLoose:
    def test_one_that_nothing_carries(self, scene, picture):
        assert is_loose(scene, dropped(scene))
        empty = add_empty(scene, picture, "POKE")
        assert not is_loose(scene, empty)
        empty.parent = None
        assert is_loose(scene, empty)
        empty.gid.excitation.picture = picture
        assert not is_loose(scene, empty)
        empty.gid.excitation.kind = "NONE"
        assert not is_loose(scene, empty)
        assert not is_loose(scene, None)

    def test_not_one_that_a_hand_carries(self, scene):
        hand, empty = bpy.data.objects.new("hand", None), dropped(scene)
        scene.collection.objects.link(hand)
        empty.parent = hand
        assert not is_loose(scene, empty)

    def test_one_whose_picture_was_deleted_and_lives_on_in_its_name(self, scene, picture):
        empty = dropped(scene)
        empty.gid.excitation.picture = picture
        scene.collection.objects.unlink(picture)
        assert is_loose(scene, empty)
        other = swaying(VOLUME)
        stick(scene, other, empty)
        assert not is_loose(scene, empty)
        assert empty.gid.excitation.picture is None


class TestWhichPicture:
    def test_none(self, scene):
        with pytest.raises(SceneError, match="no picture that “Wind” could act on"):
            picture_for(scene.view_layers[0], dropped(scene))

    def test_the_only_one_wherever_it_is(self, scene, picture):
        empty = dropped(scene)
        empty.location = (40.0, 0.0, 0.0)
        update(scene)
        assert picture_for(scene.view_layers[0], empty) == picture

    def test_the_nearest_of_those_that_it_lies_on(self, scene, picture):
        layer, behind, aside = scene.view_layers[0], swaying(VOLUME), swaying(VOLUME)
        behind.location, aside.location = (0.0, 0.0, -0.5), (5.0, 0.0, 0.1)
        update(scene)
        for each in (picture, behind, aside):
            empty = dropped(scene, each)
            empty.location.z += 0.01
            update(scene)
            assert picture_for(layer, empty) == each
            # Chosen by hand, another one is meant.
            assert picture_for(layer, empty, [aside]) == aside

    def test_beside_several_it_is_asked(self, scene, picture):
        layer, empty = scene.view_layers[0], dropped(scene)
        other = swaying(VOLUME)
        other.location.x = empty.location.x = 5.0
        empty.location.y = 3.0
        update(scene)
        with pytest.raises(SceneError, match="“Wind” lies on no picture, and several could be meant"):
            picture_for(layer, empty)
        # What nobody sees is not meant.
        other.hide_set(True)
        assert picture_for(layer, empty) == picture


class TestHowItLies:
    @pytest.mark.parametrize(("kind", "way"), [("WIND", (1.0, 0.0)), ("POKE", (1.0, 0.0)), ("LOAD", (0.0, 1.0))])
    def test_as_if_it_had_been_added_there(self, scene, turned, kind, way):
        empty = dropped(scene, turned, (0.3, 0.2), kind)
        wanted = add_empty(scene, turned, kind, (0.3, 0.2), direction=way)
        assert not stick(scene, turned, empty)
        update(scene)
        assert empty.parent == turned
        np.testing.assert_allclose(empty.matrix_world, wanted.matrix_world, atol=1e-5)
        assert empty.empty_display_size == pytest.approx(wanted.empty_display_size)

    def test_an_arrow_that_lies_already_keeps_its_way(self, scene, turned):
        # Half a turn beyond a quarter: along the picture, to the left and up.
        turn = Vector((-0.6, 0.8, 0.0)).to_track_quat("Z", "Y")
        empty = dropped(scene, turned, turn=turn)
        stick(scene, turned, empty)
        update(scene)
        assert arrow_on(turned, relative(turned, empty)) == pytest.approx((-0.6, -0.8), abs=1e-5)

    def test_an_arrow_on_a_bump_is_no_way(self, scene, turned):
        """What moves is lifted towards the viewer, and a normal there leans anywhere."""
        empty = dropped(scene, turned, turn=Vector((-0.2, 0.1, 1.0)).to_track_quat("Z", "Y"))
        stick(scene, turned, empty)
        update(scene)
        assert arrow_on(turned, relative(turned, empty)) == pytest.approx((1.0, 0.0), abs=1e-5)

    def test_beside_the_picture_it_comes_into_the_middle(self, scene, turned):
        empty = dropped(scene, turned, (1.4, 0.2), "POKE")
        assert stick(scene, turned, empty)
        update(scene)
        aspect = turned.data["gid_height"] / turned.data["gid_width"]
        x, y = on_picture(turned, relative(turned, empty).translation)
        assert (x, y) == pytest.approx((0.5, aspect / 2), abs=1e-5)

    def test_a_rotation_of_another_mode(self, scene, turned):
        empty = dropped(scene, turned)
        empty.rotation_mode = "QUATERNION"
        stick(scene, turned, empty)
        update(scene)
        assert empty.rotation_mode == "QUATERNION"
        assert arrow_on(turned, relative(turned, empty)) == pytest.approx((1.0, 0.0), abs=1e-5)

    def test_a_shape_of_ones_own_keeps_its_size(self, scene, turned):
        empty = dropped(scene, turned)
        empty.empty_display_type, empty.empty_display_size = "CUBE", 0.7
        stick(scene, turned, empty)
        assert empty.empty_display_size == pytest.approx(0.7)

    def test_on_a_mesh_that_moves_through_the_camera(self, scene):
        scene.render.resolution_x, scene.render.resolution_y = 640, 400
        new_camera(scene)
        sheet = new_sheet(scene, side=33, location=(0.2, 0.3, 0.4))
        move(scene, [sheet], VOLUME)
        # On the sheet, along its normal, which is towards the camera.
        empty = dropped(scene, kind="LOAD")
        place, facing = sheet.matrix_world @ Vector((0.3, 0.0, -0.2)), Vector((0.0, -1.0, 0.0))
        empty.matrix_world = Matrix.LocRotScale(place, facing.to_track_quat("Z", "Y"), None)
        update(scene)
        assert picture_for(scene.view_layers[0], empty) == sheet
        assert not stick(scene, sheet, empty)
        update(scene)
        assert (empty.matrix_world.translation - place).length < 0.02
        assert arrow_on(sheet, relative(sheet, empty)) == pytest.approx((0.0, 1.0), abs=1e-3)


class TestWhen:
    def test_one_that_says_nothing_begins_now(self, scene, picture):
        scene.frame_set(17)
        empty = dropped(scene, picture, kind="LOAD")
        settings = empty.gid.excitation
        length = settings.end - settings.start
        stick(scene, picture, empty)
        assert (settings.start, settings.end) == (17, 17 + length)

    def test_one_that_was_in_use_keeps_its_frames(self, scene, picture):
        empty = add_empty(scene, picture, "POKE", (0.3, 0.2))
        empty.gid.excitation.start, empty.gid.excitation.end = 5, 9
        empty.parent = None
        scene.frame_set(17)
        stick(scene, picture, empty)
        assert (empty.gid.excitation.start, empty.gid.excitation.end) == (5, 9)

    def test_it_is_baked(self, scene, picture):
        empty = dropped(scene, picture, kind="LOAD")
        empty.gid.excitation.strength = 0.03
        stick(scene, picture, empty)
        update(scene)
        assert bake(scene, picture).excitations
        assert np.abs(responses(picture, [30])).max() > 0.01


class TestWhatMovesIt:
    def test_a_keyed_way_stays_where_it_was_in_the_world(self, scene, turned):
        empty = dropped(scene, turned, kind="PULL")
        start = empty.location.copy()
        for frame, step in ((5, 0.0), (15, 0.3)):
            empty.location = start + Vector((step, 0.0, 0.0))
            empty.keyframe_insert("location", frame=frame)

        def seen():
            found = []
            for frame in (5, 10, 15):
                scene.frame_set(frame)
                found.append(empty.matrix_world.copy())
            return found

        before = seen()
        assert (before[2].translation - before[0].translation).length == pytest.approx(0.3, abs=1e-5)
        stick(scene, turned, empty)
        assert empty.parent == turned
        np.testing.assert_allclose(seen(), before, atol=1e-5)

    def test_a_keyed_strength_does_not_keep_it_from_lying_down(self, scene, turned):
        empty = dropped(scene, turned)
        empty.keyframe_insert("gid.excitation.strength", frame=5)
        stick(scene, turned, empty)
        update(scene)
        assert arrow_on(turned, relative(turned, empty)) == pytest.approx((1.0, 0.0), abs=1e-5)

    def test_a_constraint_goes_on(self, scene, turned):
        hand, empty = bpy.data.objects.new("hand", None), dropped(scene, turned)
        scene.collection.objects.link(hand)
        hand.location = turned.matrix_world @ on_plane(turned, 0.6, 0.3)
        empty.constraints.new("COPY_LOCATION").target = hand
        update(scene)
        stick(scene, turned, empty)
        update(scene)
        np.testing.assert_allclose(empty.matrix_world.translation, hand.location, atol=1e-5)


class TestWhatCannotBeStuck:
    def test_a_picture_that_it_carries_itself(self, scene, picture):
        empty = dropped(scene)
        picture.parent = empty
        with pytest.raises(SceneError, match=r"“meadow” is parented to “Wind”\. Clear the picture's parent"):
            stick(scene, picture, empty)
        assert empty.parent is None

    @pytest.fixture
    def linked(self, scene, tmp_path):
        empty = dropped(scene)
        path = tmp_path / "library.blend"
        bpy.data.libraries.write(str(path), {empty})
        bpy.data.objects.remove(empty)
        with bpy.data.libraries.load(str(path), link=True) as (_, here):
            here.objects = ["Wind"]
        scene.collection.objects.link(here.objects[0])
        update(scene)
        return here.objects[0]

    def test_a_linked_one(self, scene, picture, linked):
        with pytest.raises(SceneError, match=r"“Wind” is linked from .*Make a library override"):
            stick(scene, picture, linked)
        assert linked.parent is None

    def test_its_override_can_and_stays_so(self, scene, picture, linked, tmp_path):
        empty = linked.override_create(remap_local_usages=True)
        update(scene)
        scene.frame_set(17)
        stick(scene, picture, empty)
        bpy.ops.wm.open_mainfile(filepath=str(saved(tmp_path / "shot.blend")))
        picture = bpy.data.objects["meadow"]
        (empty,) = picture.children
        assert empty.override_library is not None
        assert empty.gid.excitation.start == 17
        assert arrow_on(picture, relative(picture, empty)) == pytest.approx((1.0, 0.0), abs=1e-5)
