# SPDX-License-Identifier: GPL-3.0-or-later
"""A touch moves the mesh as the hand says, on top of whatever moves it anyway, and leaves nothing behind."""

import bpy
import numpy as np
import pytest

from gid_blender.motion import SpectralVolume
from gid_blender.motion.take import Take
from gid_blender.ops.touch_live import LiveTouch, Phase
from gid_blender.scene import PlaneSettings, SceneError, bake, is_baked, properties, replace_motion
from gid_blender.scene import touch as scene_touch
from gid_blender.scene.touch_recording import record_takes
from tests.motion.volumes import smooth_volume

from .helpers import evaluated, rest, saved, swaying

POINT = (0.45, 0.3)
# Pictures are 1.5 m wide, vertices float32, and the place under the hand lies between vertices.
NEAR = 1e-4


class Clock:
    """Seconds that pass when the test says so."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture(scope="module", autouse=True)
def _properties():
    properties.register()
    yield
    properties.unregister()


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def picture():
    obj = swaying(settings=PlaneSettings(columns=65, spread_edges=False, depth=0.0))
    bpy.context.view_layer.update()
    return obj


def touching(obj, clock, **options):
    return LiveTouch(obj, bpy.context.scene, bpy.context.view_layer, give=0.05, clock=clock, **options)


def held(obj, clock, dx=0.03, dy=-0.02, **options):
    """A touch whose hand has drawn the point aside and rests."""
    live = touching(obj, clock, **options)
    live.press(*POINT)
    live.drag(POINT[0] + dx, POINT[1] + dy)
    clock.now += 0.1
    live.step()
    bpy.context.view_layer.update()
    return live


def state_of(obj):
    """All that a touch could change."""
    curves = [c.mute for c in scene_touch._response_curves(obj)]
    return list(obj["gid_response"]), curves, [d.driver.expression for d in obj.data.shape_keys.animation_data.drivers]


class TestTouching:
    def test_the_touched_place_of_the_mesh_follows_the_hand(self, picture, clock):
        still = evaluated(picture)
        live = held(picture, clock)
        moved = (evaluated(picture) - still)[:, :2] / picture.data["gid_width"]
        width, height = 1.0, picture.data["gid_height"] / picture.data["gid_width"]
        at = rest(picture)[:, :2] / picture.data["gid_width"]
        place = np.array([live.place[0] - width / 2, height / 2 - live.place[1]])
        nearest = np.argmin(np.linalg.norm(at - place, axis=1))
        pulled = np.array(live._hand.pulled) * (1, -1)
        # The nearest vertex is up to half a cell away from the place.
        np.testing.assert_allclose(moved[nearest], pulled, atol=0.1 * np.linalg.norm(pulled))

    def test_what_is_seen_under_the_pointer_is_taken(self, picture, clock):
        """The loop has moved the picture: the place that is held is the one that is seen at the press."""
        bpy.context.scene.frame_set(13)
        live = touching(picture, clock)
        live.press(*POINT)
        assert live.place != POINT
        np.testing.assert_allclose(live.seen_at(), POINT, atol=NEAR)

    def test_the_loop_goes_on_beneath(self, picture, clock):
        scene = bpy.context.scene
        loop = {frame: evaluated(picture, frame) for frame in (3, 17)}
        live = held(picture, clock)
        moved = {}
        for frame in (3, 17):
            scene.frame_set(frame)
            live.step()
            moved[frame] = evaluated(picture) - loop[frame]
        np.testing.assert_allclose(moved[3], moved[17], atol=NEAR)
        assert np.abs(moved[3]).max() > 0.01

    def test_it_rings_out_to_exactly_where_it_was(self, picture, clock):
        before, still = state_of(picture), evaluated(picture)
        live = held(picture, clock)
        live.release()
        assert live.phase is Phase.RINGING
        while live.step():
            clock.now += 0.1
            assert clock.now < 300
        live.end()
        assert state_of(picture) == before
        np.testing.assert_array_equal(evaluated(picture), still)

    @pytest.mark.parametrize("stop", ["held", "ringing"])
    def test_ending_it_puts_everything_back(self, picture, clock, stop):
        picture["gid_response"][3] = 0.25
        picture.update_tag()
        before, still = state_of(picture), evaluated(picture)
        live = held(picture, clock)
        if stop == "ringing":
            live.release()
            clock.now += 0.05
            live.step()
        assert not np.array_equal(evaluated(picture), still)
        live.end()
        live.end()
        assert state_of(picture) == before
        np.testing.assert_array_equal(evaluated(picture), still)

    def test_slow_motion_rings_slowly(self, picture, clock):
        responses = []
        for speed, seconds in ((1.0, 0.05), (0.25, 0.2)):
            picture["gid_speed"] = speed
            bpy.context.view_layer.update()
            clock.now = 0.0
            live = held(picture, clock)
            clock.now += 10.0
            live.release()
            clock.now += seconds
            live.step()
            responses.append(live.q)
            live.end()
        np.testing.assert_allclose(responses[0], responses[1], atol=1e-12)

    def test_the_equaliser_shapes_the_answer_and_the_place_still_follows(self, picture, clock):
        for band in range(1, 5):
            picture[f"gid_gain_{band:02d}"] = 0.0
        picture.update_tag()
        bpy.context.view_layer.update()
        live = held(picture, clock)
        assert not live.q[1:5].any()
        np.testing.assert_allclose(live.seen_at(), np.add(live.place, live._hand.pulled), atol=0.003)

    def test_over_a_still_picture_the_loop_is_left_aside(self, picture, clock):
        bpy.context.scene.frame_set(13)
        live = touching(picture, clock, alone=True)
        live.press(*POINT)
        assert live.place == POINT


class TestOverABake:
    @pytest.fixture
    def baked(self, picture):
        take = Take((0.6, 0.3), [2.0, 10.0], [(0.0, 0.0), (0.02, 0.01)])
        record_takes(bpy.context.scene, picture, [take])
        bpy.context.scene.frame_end = 40
        bake(bpy.context.scene, picture)
        return picture

    def test_the_bake_goes_on_beneath_and_plays_on_afterwards(self, baked, clock):
        scene = bpy.context.scene
        alone = {frame: evaluated(baked, frame) for frame in (8, 15)}
        scene.frame_set(8)
        before = state_of(baked)
        live = held(baked, clock)
        moved = {}
        for frame in (8, 15):
            scene.frame_set(frame)
            live.step()
            moved[frame] = evaluated(baked) - alone[frame]
        # The hand took hold in frame 8: what it adds is the same in both.
        np.testing.assert_allclose(moved[8], moved[15], atol=NEAR)
        live.end()
        scene.frame_set(8)
        assert state_of(baked) == before
        for frame, vertices in alone.items():
            np.testing.assert_array_equal(evaluated(baked, frame), vertices)

    @pytest.mark.parametrize("layer", ["whole", "later and slower", "half", "on top of another"])
    def test_so_does_one_that_was_pushed_down_to_the_nla(self, baked, clock, layer):
        """Whatever the strip does with it: Blender itself says what is beneath the touch."""
        scene, animation = bpy.context.scene, baked.animation_data
        action, track = animation.action, animation.nla_tracks.new()
        animation.action = None
        if layer == "on top of another":
            track.strips.new("below", 1, action)
            track = animation.nla_tracks.new()
        strip = track.strips.new("bake", 3 if layer == "later and slower" else 1, action)
        if layer == "later and slower":
            strip.scale = 1.3
        if layer == "half":
            strip.use_animated_influence = True
            strip.influence = 0.5
        if layer == "on top of another":
            strip.blend_type = "ADD"
        frames = (8, 15, 90, 9)
        alone = {frame: evaluated(baked, frame) for frame in frames}
        assert np.abs(alone[8] - alone[15]).max() > 1e-3
        scene.frame_set(8)
        before, scenes = state_of(baked), len(bpy.data.scenes)
        live = held(baked, clock)
        moved = {}
        for frame in frames:
            scene.frame_set(frame)
            live.step()
            moved[frame] = evaluated(baked) - alone[frame]
        # What the hand adds is the same in each of them, before and after what was looked at first.
        for frame in frames[1:]:
            np.testing.assert_allclose(moved[8], moved[frame], atol=NEAR)
        assert np.abs(moved[8]).max() > 1e-2
        # Between two frames, as playback with subframes has it.
        scene.frame_set(10, subframe=0.5)
        live.step()
        bpy.context.view_layer.update()
        half = np.array(baked["gid_response"])
        scene.frame_set(10)
        live.step()
        low = np.array(baked["gid_response"])
        scene.frame_set(11)
        live.step()
        np.testing.assert_allclose(half, (low + np.array(baked["gid_response"])) / 2, atol=1e-6)
        live.end()
        scene.frame_set(8)
        assert (state_of(baked), len(bpy.data.scenes)) == (before, scenes)
        for frame, vertices in alone.items():
            np.testing.assert_array_equal(evaluated(baked, frame), vertices)

    def test_an_f_curve_that_was_muted_stays_so(self, baked, clock):
        curve = scene_touch._response_curves(baked)[4]
        curve.mute = True
        held(baked, clock).end()
        assert [c.mute for c in scene_touch._response_curves(baked)].count(True) == 1
        assert scene_touch._response_curves(baked)[4].mute


class TestRecording:
    def test_what_was_recorded_is_baked_as_the_hand_did_it(self, picture, clock):
        scene = bpy.context.scene
        scene.frame_start, scene.frame_end = 1, 60
        picture["gid_amplitude"] = 0.0
        live = touching(picture, clock, recorded=True)
        seen = {}
        for frame in range(5, 20):
            scene.frame_set(frame)
            if frame == 5:
                live.press(*POINT)
            live.drag(POINT[0] + 0.002 * (frame - 5), POINT[1] - 0.001 * (frame - 5))
            clock.now += 1 / 24
            live.step(playing=True)
            bpy.context.view_layer.update()
            seen[frame] = evaluated(picture)
        takes = live.release()
        live.end()
        (empty,) = record_takes(scene, picture, takes)
        assert empty.parent == picture
        assert [take.keys()[0][[0, -1]].tolist() for take in takes] == [[5, 19]]
        bake(scene, picture)
        # At the last frame the hand lets go: the bake has it free by then.
        for frame in range(5, 19):
            np.testing.assert_allclose(evaluated(picture, frame), seen[frame], atol=NEAR)

    def test_without_playback_nothing_is_kept(self, picture, clock):
        live = held(picture, clock, recorded=True)
        assert live.release() == []
        assert live.unplayed

    def test_of_that_only_who_wanted_it_and_pulled_is_told(self, picture, clock):
        live = held(picture, clock)
        live.release()
        assert not live.unplayed
        live = held(picture, clock, dx=0.0, dy=0.0, recorded=True)
        live.release()
        assert not live.unplayed
        live = held(picture, clock, recorded=True)
        live.step(playing=True)
        live.release()
        assert not live.unplayed


class TestRefusals:
    def refused(self, obj, clock, match):
        with pytest.raises(SceneError, match=match):
            touching(obj, clock)

    def test_without_motion(self, clock):
        cube = bpy.data.objects.new("Cube", bpy.data.meshes.new("Cube"))
        bpy.context.scene.collection.objects.link(cube)
        self.refused(cube, clock, "has no motion")

    def test_hidden(self, picture, clock):
        picture.hide_set(True)
        self.refused(picture, clock, "is hidden")

    def test_locked(self, picture, clock):
        picture.hide_select = True
        self.refused(picture, clock, "is locked")

    def test_in_edit_mode(self, picture, clock):
        bpy.context.view_layer.objects.active = picture
        picture.select_set(True)
        bpy.ops.object.mode_set(mode="EDIT")
        self.refused(picture, clock, "is being edited")

    def test_with_other_vertices(self, picture, clock):
        picture.data.vertices.add(1)
        self.refused(picture, clock, "grid of .* was changed")

    def test_with_motion_that_is_none(self, clock):
        obj = swaying(SpectralVolume(np.zeros((4, 2, 8, 12), np.complex64)))
        self.refused(obj, clock, "Nothing moves in")

    def test_without_harmonics(self, clock):
        self.refused(swaying(SpectralVolume(np.ones((1, 2, 8, 12), np.complex64))), clock, "no harmonics")

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            *((f"gid_{each}", None) for each in ("speed", "stiffness", "damping", "period", "gain_03")),
            *((f"gid_{each}", "fast") for each in ("speed", "stiffness", "damping", "period", "gain_03")),
            ("gid_period", 0.0),
        ],
    )
    def test_a_control_that_is_gone_or_is_none(self, picture, clock, name, value):
        """What was begun is put back: the F-curves of a bake play on, and the next touch works again."""
        self.baked(picture)
        # A property keeps its type for as long as it lives.
        before, was = state_of(picture), picture.pop(name)
        if value is not None:
            picture[name] = value
        self.refused(picture, clock, f"“{name}”" if value != 0 else "lasts 0 frames")
        assert state_of(picture)[:2] == before[:2]
        picture.pop(name, None)
        picture[name] = was
        held(picture, clock).end()
        assert state_of(picture)[:2] == before[:2]

    def test_a_control_that_goes_while_it_rings(self, picture, clock):
        self.baked(picture)
        before = state_of(picture)
        live = held(picture, clock)
        del picture["gid_damping"]
        with pytest.raises(SceneError, match="“gid_damping”"):
            live.step()
        live.end()
        assert state_of(picture)[:2] == before[:2]

    def baked(self, picture):
        scene = bpy.context.scene
        record_takes(scene, picture, [Take((0.6, 0.3), [2.0, 10.0], [(0.0, 0.0), (0.02, 0.01)])])
        bake(scene, picture)
        scene.frame_set(8)

    def test_moved_by_keyframes(self, picture, clock):
        from gid_blender.scene import to_keyframes

        to_keyframes(picture, bpy.context.scene)
        self.refused(picture, clock, "Restore Live Controls")

    def test_linked(self, picture, tmp_path, clock):
        file, name = saved(tmp_path / "library.blend"), picture.name
        bpy.ops.wm.read_homefile(app_template="", use_factory_startup=True, use_empty=True)
        with bpy.data.libraries.load(str(file), link=True) as (_, wanted):
            wanted.objects = [name]
        bpy.context.scene.collection.objects.link(bpy.data.objects[name])
        self.refused(bpy.data.objects[name], clock, "is linked")


class TestWhatHappensMeanwhile:
    def test_a_deleted_picture_ends_the_touch_with_a_sentence(self, picture, clock):
        live = held(picture, clock)
        bpy.data.objects.remove(picture)
        with pytest.raises(SceneError, match="was deleted"):
            live.step()
        live.end()

    def test_undo_in_the_middle_neither_crashes_nor_leaves_motion(self, picture, clock):
        bpy.ops.ed.undo_push(message="Before")
        name, before = picture.name, list(picture["gid_response"])
        live = held(picture, clock)
        live.release()
        bpy.ops.ed.undo_push(message="Something else")
        bpy.ops.ed.undo()
        clock.now += 0.05
        live.step()
        live.end()
        assert list(bpy.data.objects[name]["gid_response"]) == before

    def test_new_motion_is_touched_as_it_is(self, picture, clock):
        first = held(picture, clock)
        first.end()
        volume = smooth_volume()
        replace_motion(picture, SpectralVolume(volume.spectrum[::-1] * 0.5, fps=volume.fps, frames=volume.frames))
        second = held(picture, clock)
        assert second.body.peak == pytest.approx(0.5 * np.abs(volume.spectrum[:-1]).max(), rel=0.2)
        assert second.body is not first.body

    def test_two_pictures_do_not_disturb_each_other(self, picture, clock):
        other = swaying()
        other.location.x = 5
        bpy.context.view_layer.update()
        first, second = held(picture, clock), held(other, clock, dx=-0.02)
        first.release()
        clock.now += 0.1
        first.step()
        second.step()
        responses = [list(obj["gid_response"]) for obj in (picture, other)]
        first.end()
        assert list(other["gid_response"]) == responses[1]
        assert not any(picture["gid_response"])
        second.end()
        assert not any(other["gid_response"])
        assert not is_baked(picture)
