# SPDX-License-Identifier: GPL-3.0-or-later
"""What is keyed about an excitation is read frame by frame, wherever the playhead stands; the rest cannot be keyed."""

import bpy
import numpy as np
import pytest

from gid_blender.compat import action_curve_owners
from gid_blender.motion import Curve, Force, Poke, Pull, Turbulence, Wind
from gid_blender.scene import SceneError, add_empty, bake
from gid_blender.scene.empties import on_plane
from gid_blender.scene.properties import GID_PG_bake, GID_PG_excitation
from tests.blender.scene.baking import END, POINT, pull, responses, simulated, straight

FRAMES = range(1, 61)
# Places are single-precision numbers of metres.
NEARLY = 2e-5


def key(empty, name, *keys, interpolation="LINEAR"):
    """Key a property of an excitation at (frame, value)."""
    for frame, value in keys:
        setattr(empty.gid.excitation, name, value)
        assert empty.keyframe_insert(f"gid.excitation.{name}", frame=frame)
    interpolate(empty, f"gid.excitation.{name}", interpolation)


def place(scene, picture, empty, *keys):
    """Key where an empty is on the picture at (frame, place)."""
    for frame, at in keys:
        empty.location = on_plane(picture, *at)
        empty.keyframe_insert("location", frame=frame)
    interpolate(empty, "location", "LINEAR")
    scene.view_layers[0].update()


def interpolate(empty, path, interpolation):
    for curves in action_curve_owners(empty):
        for curve in curves:
            for point in curve.keyframe_points if curve.data_path == path else ():
                point.interpolation = interpolation


def load(scene, picture, **options):
    empty = add_empty(scene, picture, "LOAD", POINT)
    for name, value in options.items():
        setattr(empty.gid.excitation, name, value)
    return empty


def baked(scene, picture):
    bake(scene, picture)
    return responses(picture, FRAMES)


class TestThePlayhead:
    @pytest.mark.parametrize(
        ("kind", "name", "values"),
        [
            ("PULL", "strength", (0.2, 1.0)),
            ("PULL", "reach", (0.0, 0.2)),
            ("PULL", "high", (0.7, 2.0)),
            ("PULL", "end", (12.0, 50.0)),
            ("POKE", "start", (30.0, 20.0)),
            ("LOAD", "reach", (0.0, 0.2)),
            ("LOAD", "low", (0.0, 2.0)),
            ("LOAD", "high", (0.7, 0.0)),
            ("LOAD", "attack", (0.0, 20.0)),
            ("LOAD", "fade", (0.0, 20.0)),
            ("LOAD", "start", (2.0, 40.0)),
            ("LOAD", "end", (20.0, 50.0)),
            ("WIND", "low", (0.0, 2.0)),
            ("WIND", "strength", (0.0, 0.1)),
        ],
    )
    def test_decides_nothing(self, scene, picture, kind, name, values):
        empty = pull(scene, picture) if kind == "PULL" else add_empty(scene, picture, kind, POINT)
        settings = empty.gid.excitation
        settings.use_range, settings.start, settings.end = kind != "POKE", 4, 50
        still = baked(scene, picture)
        key(empty, name, (1, values[0]), (60, values[1]))
        found = []
        for frame in (1, 33, 60):
            scene.frame_set(frame)
            bake(scene, picture)
            found.append(responses(picture, FRAMES))
        assert found[0].any()
        assert np.array_equal(found[0], found[1])
        assert np.array_equal(found[0], found[2])
        # And it acts.
        assert np.abs(found[0] - still).max() > 1e-3

    def test_what_a_bake_reads_once_cannot_be_keyed(self, scene, picture):
        empty = add_empty(scene, picture, "WIND")
        keyed = {"strength", "reach", "start", "end", "attack", "fade", "low", "high"}
        for name in set(GID_PG_excitation.__annotations__) - keyed - {"picture", "area"}:
            with pytest.raises(TypeError, match="not animatable"):
                empty.keyframe_insert(f"gid.excitation.{name}", frame=1)
        for name in keyed:
            assert empty.keyframe_insert(f"gid.excitation.{name}", frame=1)
        for name in set(GID_PG_bake.__annotations__) - {"active", "fingerprint"}:
            with pytest.raises(TypeError, match="not animatable"):
                picture.keyframe_insert(f"gid.bake.{name}", frame=1)


class TestALoadThatMoves:
    def test_acts_where_it_is(self, scene, picture):
        """A bird that hops: still, over in one frame, still."""
        here, there = POINT, (0.7, 0.35)
        empty = load(scene, picture, strength=0.02)
        place(scene, picture, empty, (20, here), (21, there))
        seconds = np.array([0, 20, 21, 60]) / 24
        parts = [
            Force(at, Curve(seconds, np.outer(share, (0.02, 0.0))), reach=0.02)
            for at, share in ((here, (1, 1, 0, 0)), (there, (0, 0, 1, 1)))
        ]
        assert baked(scene, picture) == pytest.approx(simulated(picture, parts, FRAMES), abs=NEARLY)

    def test_on_its_way_it_acts_in_between(self, scene, picture):
        here, there = np.array(POINT), np.array((0.7, 0.35))
        empty = load(scene, picture, strength=0.02)
        place(scene, picture, empty, (1, here), (60, there))
        frames = np.arange(1.0, 62.0)
        parts = []
        for frame in frames[:-1]:
            near = frames[(np.abs(frames - frame) <= 1)]
            at = here + (there - here) * (frame - 1) / 59
            parts.append(Force(tuple(at), Curve(near / 24, np.outer(near == frame, (0.02, 0.0))), reach=0.02))
        assert baked(scene, picture) == pytest.approx(simulated(picture, parts, FRAMES), abs=5 * NEARLY)

    def test_off_the_picture_it_does_nothing_and_says_so(self, scene, picture):
        empty = load(scene, picture, strength=0.02)
        place(scene, picture, empty, (20, POINT), (21, (1.3, 0.3)))
        (remark,) = bake(scene, picture).remarks
        assert f"“{empty.name}” is outside “{picture.name}” at frame 21" in remark
        assert "It does nothing at 40 of its frames" in remark
        fell = Force(POINT, Curve(np.array([20, 21]) / 24, [[0.02, 0.0], [0.0, 0.0]]), reach=0.02)
        assert responses(picture, FRAMES) == pytest.approx(simulated(picture, [fell], FRAMES), abs=NEARLY)

    def test_without_strength_it_may_be_anywhere(self, scene, picture):
        empty = load(scene, picture, strength=0.02)
        place(scene, picture, empty, (20, POINT), (21, (1.3, 0.3)))
        key(empty, "strength", (20, 0.02), (21, 0.0))
        assert bake(scene, picture).remarks == ()

    def test_what_is_nowhere_on_it_says_where_it_should_be(self, scene, picture):
        empty = load(scene, picture)
        place(scene, picture, empty, (1, (1.2, 0.3)), (60, (1.4, 0.3)))
        with pytest.raises(SceneError, match="is outside"):
            bake(scene, picture)

    def test_a_standing_one_is_one_force_however_it_is_carried(self, scene, picture):
        """Rounding that differs from frame to frame is no way."""
        load(scene, picture)
        still = baked(scene, picture)
        for frame, x in ((1, 0.0), (60, 50.0)):
            picture.location.x = x
            picture.rotation_euler.z = x / 20
            picture.keyframe_insert("location", frame=frame)
            picture.keyframe_insert("rotation_euler", frame=frame)
        # 50 m off, metres are known to 4 µm.
        assert baked(scene, picture) == pytest.approx(still, abs=1e-3)


class TestKeyedReachAndHarmonics:
    def test_of_a_load_are_those_of_the_moment(self, scene, picture):
        empty = load(scene, picture, strength=0.02)
        key(empty, "reach", (20, 0.0), (21, 0.1), interpolation="CONSTANT")
        key(empty, "high", (30, 0.7), (31, 0.0), interpolation="CONSTANT")
        frames = np.array([0, 20, 21, 30, 31, 60]) / 24
        slow = np.array([0.0, 1.0] + [0.0] * 14)
        parts = [
            Force(POINT, Curve(frames, np.outer(share, (0.02, 0.0))), reach, weights)
            for share, reach, weights in (
                ((1, 1, 0, 0, 0, 0), 0.0, slow),
                ((0, 0, 1, 1, 0, 0), 0.1, slow),
                ((0, 0, 0, 0, 1, 1), 0.1, None),
            )
        ]
        assert baked(scene, picture) == pytest.approx(simulated(picture, parts, FRAMES), abs=NEARLY)

    def test_of_a_wind_too(self, scene, picture):
        empty = add_empty(scene, picture, "WIND")
        strength = empty.gid.excitation.strength
        key(empty, "low", (30, 0.0), (31, 1.5), interpolation="CONSTANT")
        frames = np.array([0, 30, 31, 60]) / 24
        fast = np.where(np.arange(16) * 24 / 40 >= 1.5, 1.0, 0.0)
        parts = [
            Wind(Curve(frames, np.outer(share, (strength, 0.0))), Turbulence(), None, weights)
            for share, weights in (((1, 1, 0, 0), None), ((0, 0, 1, 1), fast))
        ]
        assert baked(scene, picture) == pytest.approx(simulated(picture, parts, FRAMES), abs=NEARLY)

    def test_of_a_pull_and_a_poke_are_those_when_it_takes_hold(self, scene, picture):
        empty = pull(scene, picture)
        key(empty, "reach", (5, 0.1), (6, 0.0))
        held = straight()
        wanted = simulated(picture, [Pull(held.point, held.path, 0.1)], FRAMES)
        assert baked(scene, picture) == pytest.approx(wanted, abs=NEARLY)
        bpy.data.objects.remove(empty)
        empty = add_empty(scene, picture, "POKE", POINT)
        empty.gid.excitation.start = 20
        key(empty, "reach", (19, 0.0), (20, 0.1), (21, 0.0))
        poke = Poke(POINT, (empty.gid.excitation.strength, 0.0), 20 / 24, 0.1)
        assert baked(scene, picture) == pytest.approx(simulated(picture, [poke], FRAMES), abs=NEARLY)

    def test_frames_without_a_harmonic_are_still(self, scene, picture):
        empty = load(scene, picture, strength=0.002, high=0.1)
        with pytest.raises(SceneError, match="No harmonic lies within"):
            bake(scene, picture)
        key(empty, "high", (30, 0.1), (31, 0.7), interpolation="CONSTANT")
        (remark,) = bake(scene, picture).remarks
        assert "No harmonic lies within" in remark
        assert "nothing at 30 of its frames" in remark
        assert not responses(picture, range(1, 31)).any()
        assert responses(picture, [40]).any()


class TestAKeyedEnvelope:
    def test_a_driven_one_is_met_between_frames(self, scene, picture):
        """Frames that something else says, and that stand still, are as good as typed ones."""
        empty = load(scene, picture, use_range=True, start=10.5, end=40.25, attack=5.0, fade=3.0)
        wanted = baked(scene, picture)
        for name, value in (("start", 10.5), ("end", 40.25), ("attack", 5.0), ("fade", 3.0)):
            empty.driver_add(f"gid.excitation.{name}").driver.expression = str(value)
            setattr(empty.gid.excitation, name, 0.0)
        scene.view_layers[0].update()
        assert baked(scene, picture) == pytest.approx(wanted, abs=NEARLY)

    def test_a_fade_that_gets_longer(self, scene, picture):
        empty = load(scene, picture, use_range=True, start=1.0, end=40.0, attack=0.0, strength=0.02)
        key(empty, "fade", (1, 0.0), (30, 0.0), (31, 20.0), interpolation="CONSTANT")
        frames = np.arange(1.0, 61.0)
        left = np.clip((40 - frames) / 20, 0, 1)
        level = np.where(frames < 31, 1.0, left * left * (3 - 2 * left))
        push = Force(POINT, Curve(frames / 24, np.outer(level, (0.02, 0.0))), reach=0.02)
        assert baked(scene, picture) == pytest.approx(simulated(picture, [push], FRAMES), abs=NEARLY)

    def test_a_poke_strikes_as_often_as_the_playhead_passes_its_frame(self, scene, picture):
        empty = add_empty(scene, picture, "POKE", POINT)
        key(empty, "start", (1, 10.0), (20, 35.5), interpolation="CONSTANT")
        pokes = [Poke(POINT, (empty.gid.excitation.strength, 0.0), at / 24, 0.02) for at in (10, 35.5)]
        assert baked(scene, picture) == pytest.approx(simulated(picture, pokes, FRAMES), abs=NEARLY)

    def test_a_pull_holds_on_while_the_playhead_is_in_its_range(self, scene, picture):
        empty = pull(scene, picture, use_range=True, start=5.0, end=9.0)
        key(empty, "end", (1, 9.0), (8, 15.0), interpolation="CONSTANT")
        assert baked(scene, picture) == pytest.approx(simulated(picture, [straight()], FRAMES), abs=NEARLY)


class TestAPullThatStands:
    def test_goes_along_its_arrow_by_its_keyed_strength(self, scene, picture):
        empty = add_empty(scene, picture, "PULL", POINT, direction=(0.6, -0.8))
        key(empty, "strength", (5, 0.0), (15, 0.05))
        drawn = Pull(POINT, Curve(np.array([5, 15]) / 24, [[0, 0], [0.03, -0.04]]), reach=0.02)
        wanted = simulated(picture, [drawn], FRAMES)
        # Without a range, its keys say when.
        bake(scene, picture)
        assert responses(picture, FRAMES) == pytest.approx(wanted, abs=NEARLY)
        settings = empty.gid.excitation
        settings.use_range, settings.start, settings.end = True, 5, 15
        assert baked(scene, picture) == pytest.approx(wanted, abs=NEARLY)
        # A single key of its location says where it stands.
        settings.use_range = False
        empty.keyframe_insert("location", frame=30)
        assert baked(scene, picture) == pytest.approx(wanted, abs=NEARLY)

    def test_says_what_it_lacks(self, scene, picture):
        empty = add_empty(scene, picture, "PULL", POINT)
        settings = empty.gid.excitation
        settings.use_range, settings.start, settings.end = True, 5, 15
        (remark,) = bake(scene, picture).remarks
        assert f"“{empty.name}” does not move while it pulls" in remark
        assert not responses(picture, FRAMES).any()

    def test_with_a_way_its_strength_is_a_share_of_it(self, scene, picture):
        empty = pull(scene, picture)
        key(empty, "strength", (5, 0.0), (15, 1.0))
        share = np.linspace(0, 1, 11)
        way = Curve(np.arange(5, 16) / 24, np.outer(share * share, np.subtract(END, POINT)))
        assert baked(scene, picture) == pytest.approx(simulated(picture, [Pull(POINT, way, 0.02)], FRAMES), abs=NEARLY)


class TestNothing:
    """What does nothing in all of the range is no error, wherever the range begins."""

    @pytest.mark.parametrize("kind", ["LOAD", "WIND", "POKE"])
    def test_a_strength_of_0(self, scene, picture, kind):
        empty = add_empty(scene, picture, kind, POINT)
        empty.gid.excitation.strength, empty.gid.excitation.start = 0.0, 20
        done = bake(scene, picture)
        (remark,) = done.remarks
        assert f"“{empty.name}” does nothing at any of the baked frames" in remark
        assert not responses(picture, FRAMES).any()

    @pytest.mark.parametrize("kind", ["LOAD", "WIND"])
    def test_a_range_without_length(self, scene, picture, kind):
        empty = add_empty(scene, picture, kind, POINT)
        settings = empty.gid.excitation
        settings.use_range, settings.start, settings.end = True, 20, 20
        assert "does nothing at any" in bake(scene, picture).remarks[0]

    def test_a_strength_that_begins_behind_the_range(self, scene, picture):
        empty = load(scene, picture)
        key(empty, "strength", (100, 0.0), (120, 0.05))
        assert "does nothing at any" in bake(scene, picture).remarks[0]

    def test_what_else_there_is_is_baked(self, scene, picture):
        pull(scene, picture)
        alone = baked(scene, picture)
        load(scene, picture, strength=0.0)
        assert np.array_equal(baked(scene, picture), alone)
