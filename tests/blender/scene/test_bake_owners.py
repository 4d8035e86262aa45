# SPDX-License-Identifier: GPL-3.0-or-later
"""A bake moves the object it is for and no other, and what keeps it from being seen is said."""

import bpy
import numpy as np
import pytest

from gid_blender.compat import action_curve_owners
from gid_blender.scene import SceneError, bake, clear_bake
from gid_blender.scene.curves import own_keys
from tests.blender.scene.baking import pull, responses
from tests.blender.scene.helpers import saved

FRAMES = range(1, 61)


@pytest.fixture
def baked(scene, picture):
    """A picture with a bake, and the bake."""
    pull(scene, picture)
    bake(scene, picture)
    return picture, responses(picture, FRAMES)


def copy_of(scene, picture):
    """As Alt D and Make Single User › Object & Data leave it: a mesh of its own, keys that both play."""
    copy = picture.copy()
    copy.data = picture.data.copy()
    scene.collection.objects.link(copy)
    return copy


def into_strip(picture, name="bake", start=1):
    animation = picture.animation_data
    track = animation.nla_tracks.new()
    strip = track.strips.new(name, start, animation.action)
    animation.action = None
    return track, strip


class TestCopies:
    def test_baking_the_one_leaves_the_other(self, scene, baked, tmp_path):
        picture, first = baked
        copy = copy_of(scene, picture)
        assert copy.animation_data.action == picture.animation_data.action
        pull(scene, copy, frames=(30, 40))
        bake(scene, copy)
        assert np.array_equal(responses(picture, FRAMES), first)
        other = responses(copy, FRAMES)
        assert not other[:30].any()
        assert other[35].any()
        # The original has its action to itself now, and takes nothing of the copy's.
        action = picture.animation_data.action
        bake(scene, picture)
        assert picture.animation_data.action == action
        assert np.array_equal(responses(copy, FRAMES), other)
        names = picture.name, copy.name
        bpy.ops.wm.open_mainfile(filepath=str(saved(tmp_path / "two.blend")))
        for name, wanted in zip(names, (first, other), strict=True):
            assert np.array_equal(responses(bpy.data.objects[name], FRAMES), wanted)

    def test_clearing_the_one_leaves_the_other(self, scene, baked):
        picture, first = baked
        copy = copy_of(scene, picture)
        before = set(bpy.data.actions.keys())
        assert clear_bake(copy)
        assert not responses(copy, FRAMES).any()
        assert np.array_equal(responses(picture, FRAMES), first)
        # The copy of the action was the bake alone, and is gone with it.
        assert set(bpy.data.actions.keys()) == before

    def test_other_keys_of_a_shared_action_are_kept(self, scene, picture):
        for frame, amplitude in ((1, 1.0), (60, 0.2)):
            picture["gid_amplitude"] = amplitude
            picture.keyframe_insert('["gid_amplitude"]', frame=frame)
        copy = copy_of(scene, picture)
        pull(scene, copy)
        bake(scene, copy)
        assert not responses(picture, FRAMES).any()
        assert responses(copy, FRAMES).any()
        for obj in (picture, copy):
            scene.frame_set(60)
            assert obj["gid_amplitude"] == pytest.approx(0.2)

    def test_in_strips_too(self, scene, baked):
        picture, first = baked
        into_strip(picture)
        copy = copy_of(scene, picture)
        strip = copy.animation_data.nla_tracks[0].strips[0]
        assert strip.action == picture.animation_data.nla_tracks[0].strips[0].action
        pull(scene, copy, frames=(30, 40))
        bake(scene, copy)
        assert np.array_equal(responses(picture, FRAMES), first)
        assert not responses(copy, range(1, 31)).any()
        assert copy.animation_data.action is None
        clear_bake(copy)
        assert np.array_equal(responses(picture, FRAMES), first)

    def test_in_tweak_mode_nothing_is_changed_and_it_is_said_to_leave_it(self, scene, baked):
        """There an action cannot be replaced, and one that a copy plays too would have to be."""
        picture, first = baked
        track, strip = into_strip(picture)
        copy = copy_of(scene, picture)
        track.select = strip.select = True
        picture.animation_data.nla_tracks.active = track
        picture.animation_data.use_tweak_mode = True
        pull(scene, picture, frames=(30, 40))
        for change in (lambda: bake(scene, picture), lambda: clear_bake(picture), lambda: own_keys(picture)):
            with pytest.raises(SceneError, match="is in tweak mode of the NLA"):
                change()
        assert np.array_equal(responses(copy, FRAMES), first)
        picture.animation_data.use_tweak_mode = False
        assert np.array_equal(responses(picture, FRAMES), first)
        bake(scene, picture)
        assert not np.array_equal(responses(picture, FRAMES), first)
        assert np.array_equal(responses(copy, FRAMES), first)

    def test_in_tweak_mode_a_bake_of_ones_own_is_written(self, scene, baked):
        picture, first = baked
        track, strip = into_strip(picture)
        track.select = strip.select = True
        picture.animation_data.nla_tracks.active = track
        picture.animation_data.use_tweak_mode = True
        pull(scene, picture, frames=(30, 40))
        bake(scene, picture)
        picture.animation_data.use_tweak_mode = False
        assert not np.array_equal(responses(picture, FRAMES), first)

    def test_an_action_with_a_slot_for_each_stays_in_one(self, scene, baked):
        """As Blender makes it for several objects that are keyed together."""
        picture, first = baked
        copy = copy_of(scene, picture)
        action = picture.animation_data.action
        copy.animation_data.action_slot = action.slots.new("OBJECT", "other")
        pull(scene, copy, frames=(30, 40))
        bake(scene, copy)
        assert copy.animation_data.action == action
        assert np.array_equal(responses(picture, FRAMES), first)
        assert not responses(copy, range(1, 31)).any()


class TestUnseen:
    def test_muted_curves(self, scene, baked):
        picture, _ = baked
        for curves in action_curve_owners(picture):
            for curve in curves:
                curve.mute = True
        (remark,) = bake(scene, picture).remarks
        assert f"F-curves of the bake of “{picture.name}” are muted" in remark

    @pytest.mark.parametrize("what", ["track", "strip"])
    def test_a_muted_strip(self, scene, baked, what):
        picture, first = baked
        track, strip = into_strip(picture)
        assert bake(scene, picture).remarks == ()
        (track if what == "track" else strip).mute = True
        (remark,) = bake(scene, picture).remarks
        assert f"The NLA strip “{strip.name}” or its track is muted" in remark
        assert not responses(picture, FRAMES).any()
        (track if what == "track" else strip).mute = False
        # A track that a script unmutes is evaluated when Blender looks anew at what depends on what; this has it look.
        picture.animation_data_create()
        picture.update_tag()
        assert np.array_equal(responses(picture, FRAMES), first)

    @pytest.mark.parametrize("where", ["action", "strip"])
    def test_another_track_on_solo(self, scene, baked, where):
        picture, _ = baked
        if where == "strip":
            into_strip(picture)
        track = picture.animation_data.nla_tracks.new()
        track.is_solo = True
        (remark,) = bake(scene, picture).remarks
        assert f"The NLA track “{track.name}” is on solo" in remark
        assert not responses(picture, FRAMES).any()

    def test_an_action_without_influence(self, scene, baked):
        picture, _ = baked
        picture.animation_data.nla_tracks.new()
        picture.animation_data.action_influence = 0.0
        (remark,) = bake(scene, picture).remarks
        assert "has no influence" in remark


class TestStrips:
    def test_grow_with_the_bake(self, scene, baked):
        picture, _ = baked
        _, strip = into_strip(picture, start=11)
        scene.frame_end = 80
        assert bake(scene, picture).remarks == ()
        assert (strip.frame_start, strip.frame_end) == (11, 90)
        assert (strip.action_frame_start, strip.action_frame_end) == (1, 80)
        # Forth too: what is at frame 1 of the bake stays where it is.
        before = responses(picture, range(11, 91))
        picture.gid.bake.use_range, picture.gid.bake.first, picture.gid.bake.last = True, -4, 80
        assert bake(scene, picture).remarks == ()
        assert (strip.frame_start, strip.frame_end, strip.action_frame_start) == (6, 90, -4)
        assert responses(picture, range(11, 91)) == pytest.approx(before, abs=1e-5)

    def test_of_twice_the_length_grow_twice_as_much(self, scene, baked):
        picture, _ = baked
        _, strip = into_strip(picture, start=11)
        strip.scale = 2.0
        scene.frame_end = 80
        assert bake(scene, picture).remarks == ()
        assert (strip.frame_end, strip.scale, strip.action_frame_end) == (11 + 2 * 79, 2.0, 80)

    def test_up_to_the_next_one(self, scene, baked):
        picture, _ = baked
        track, strip = into_strip(picture)
        other = track.strips.new("other", 71, strip.action)
        scene.frame_end = 80
        (remark,) = bake(scene, picture).remarks
        assert (strip.frame_end, other.frame_start) == (71, 71)
        assert f"The NLA strip “{strip.name}” plays only frames 1 to 71 of the bake" in remark

    def test_that_somebody_cut_stay_cut(self, scene, baked):
        picture, _ = baked
        _, strip = into_strip(picture)
        strip.action_frame_end = 40
        (remark,) = bake(scene, picture).remarks
        assert "plays only frames 1 to 40" in remark
        scene.frame_end = 80
        bake(scene, picture)
        assert strip.action_frame_end == 40
