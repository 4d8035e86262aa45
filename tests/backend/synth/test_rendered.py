# SPDX-License-Identifier: GPL-3.0-or-later
"""What of rendered scenes needs no Blender: camera, parts in space, what is seen of them, the film, the generator."""

import os
import signal
import stat
import sys
import time
from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from gid_backend.rendering.pair_files import load_pairs
from gid_backend.synth.commands import app
from gid_backend.synth.motion import spectral_volume
from gid_backend.synth.rendered import generate as module
from gid_backend.synth.rendered.camera import Camera
from gid_backend.synth.rendered.compact import compact
from gid_backend.synth.rendered.finish import develop, develop_alike, finished
from gid_backend.synth.rendered.mesh import Mesh, frames
from gid_backend.synth.rendered.pairs import finished_pair
from gid_backend.synth.rendered.rig import Rig, branch_frequency, leaf_frequency, pendulum_frequency
from gid_backend.synth.scene import Parts, SceneError, load_scenes

AHEAD = Camera((0.0, -10.0, 1.6), (0.0, 0.0, 1.6), 1.2, 0.625)
places = st.tuples(st.floats(-3, 3), st.floats(-3, 30), st.floats(-1, 4))


def test_the_middle_of_the_picture_is_what_the_camera_looks_at():
    for camera in (AHEAD, Camera((3.0, -4.0, 5.0), (0.5, 2.0, 0.1), 0.9, 1.6, roll=0.2)):
        xy, distance = camera.project(np.array([camera.target]))
        assert np.allclose(xy, [[0.5, camera.aspect / 2]])
        assert np.isclose(distance[0], camera.distance)


def test_right_is_right_up_is_up_and_near_things_are_larger():
    xy, _ = AHEAD.project(np.array([[1.0, 0, 1.6], [0, 0, 2.6], [1.0, -5, 1.6]]))
    assert np.isclose(xy[0, 0] - 0.5, 1.2 / 10)
    assert xy[1, 1] < AHEAD.aspect / 2
    assert np.isclose(xy[2, 0] - 0.5, 2 * (xy[0, 0] - 0.5))


@given(places, st.tuples(*[st.floats(-1, 1)] * 3))
def test_a_small_step_in_space_is_as_long_in_the_picture_as_the_scale_says(place, step):
    small = 1e-4 * np.array(step)
    a, distance = AHEAD.project(np.array([place]))
    b, _ = AHEAD.project(np.array([place]) + small)
    # Steps along the view move things towards the middle besides: at most by the step times the distance from it.
    expected = AHEAD.directions(small)[:2] * AHEAD.scale(distance[0])
    radial = abs(small[1]) * np.abs(a[0] - [0.5, AHEAD.aspect / 2]).max() / distance[0]
    assert np.allclose(b[0] - a[0], expected, atol=1.1 * radial + 1e-7)


def test_the_ground_in_view_is_in_view():
    at = AHEAD.ground(np.random.default_rng(0), 500, 6.0, 60.0, margin=1.0)
    xy, distance = AHEAD.project(at)
    assert (at[:, 2] == 0).all()
    assert ((xy[:, 0] > -0.03) & (xy[:, 0] < 1.03)).all()
    assert distance.min() > 5.9
    # As dense in the lower half of the picture's ground as in the upper.
    assert 0.4 < (xy[:, 1] > np.median([xy[:, 1].min(), xy[:, 1].max()])).mean() < 0.6


def rig() -> tuple[Rig, list[int]]:
    made = Rig()
    trunk = made.chain(0, np.array([[0, 0, 0], [0, 0, 1.0], [0.2, 0, 2.0]]), frequency=0.8, drag=0.1)
    leaf = made.add(trunk[-1], (0.2, 0, 2.0), (0.4, 0, 2.0), frequency=3.0, drag=0.2, flutter=0.1)
    toward = made.add(0, (1.0, 0, 1.6), (1.0, -1.0, 1.6), frequency=1.0, drag=0.1)
    return made, [*trunk, leaf, toward]


def test_parts_in_space_become_parts_of_the_picture():
    made, ids = rig()
    parts = Parts(**made.table(AHEAD))
    assert [f.name for f in fields(Parts)] == list(made.table(AHEAD))
    assert len(parts) == 1 + len(ids)
    assert list(parts.parent) == [0, 0, 1, 2, 0]
    assert np.allclose(parts.lever[1], [0, -1], atol=1e-6)
    assert np.allclose(parts.lever[3], [1, 0], atol=1e-6)
    assert parts.drag[0] == 0
    assert not parts.sway[0].any()
    assert np.isclose(parts.drag[3], 0.2)


def test_what_points_at_the_viewer_shifts_instead_of_turning():
    made, ids = rig()
    parts = Parts(**made.table(AHEAD))
    toward = ids[-1]
    assert parts.drag[toward] < 0.02
    # The middle of a metre, turned by 0.1, at the scale of the pivot: 1.2 / 10 of the width for a metre.
    assert np.isclose(np.linalg.norm(parts.sway[toward]), 0.1 * 0.6 * 0.12, rtol=0.02)
    assert not parts.sway[ids[0]].any()


def test_the_same_thing_moves_more_in_the_picture_when_it_is_near():
    def reach(y: float) -> float:
        made = Rig()
        part = made.add(0, (0, y, 1.0), (0, y, 2.0), frequency=1.0, drag=0.1, sway=(0.02, 0, 0))
        return float(np.linalg.norm(Parts(**made.table(AHEAD)).sway[part]))

    assert np.isclose(reach(-5.0), 2 * reach(0.0), rtol=1e-5)


def test_many_parts_at_once_are_the_same_as_one_by_one():
    one, many = Rig(), Rig()
    pivots, tips = np.random.default_rng(1).normal(size=(2, 20, 3))
    ids = [one.add(0, p, t, frequency=2.0, drag=0.1, local=0.5) for p, t in zip(pivots, tips, strict=True)]
    assert list(many.add_many(np.zeros(20), pivots, tips, frequency=2.0, drag=0.1, local=0.5)) == ids
    for name, value in one.table(AHEAD).items():
        assert np.array_equal(value, many.table(AHEAD)[name]), name


def test_a_full_table_gives_leaves_to_their_twig():
    made = Rig(budget=4)
    twig = made.add(0, (0, 0, 1), (0, 0, 2), frequency=1.0, drag=0.1)
    points = np.zeros((5, 3))
    ids = made.add_many(np.full(5, twig), points, points + 1, frequency=1.0, drag=0.1)
    assert list(ids) == [2, 3, twig, twig, twig]
    assert made.add(twig, (0, 0, 0), (0, 0, 1), frequency=1.0, drag=0.1) == twig
    assert len(Parts(**made.table(AHEAD))) == 4


@given(st.floats(0.01, 20), st.floats(1.01, 3))
def test_larger_things_are_slower(length, factor):
    for frequency in (branch_frequency, leaf_frequency, pendulum_frequency):
        assert frequency(length * factor) <= frequency(length)
        assert 0.1 < frequency(length) < 6


@st.composite
def forests(draw):
    """A table of parts and a map that shows some of them."""
    seed = draw(st.integers(0, 10_000))
    rng = np.random.default_rng(seed)
    n = draw(st.integers(1, 60))
    parent = np.array([0] + [int(rng.integers(0, i)) for i in range(1, n)], np.int32)
    parts = {"parent": parent, "drag": np.arange(n, dtype=np.float32)}
    shown = rng.integers(0, n, max(1, n // 2))
    return parts, rng.choice(shown, (12, 16)).astype(np.uint16), draw(st.integers(1, 80))


@given(forests())
@settings(max_examples=60)
def test_what_is_left_out_is_not_seen_and_carries_nothing_that_is(forest):
    parts, index, budget = forest
    small, renamed = compact(parts, index, budget)
    parent = small["parent"]
    assert parent[0] == 0
    assert small["drag"][0] == 0
    assert (parent[1:] < np.arange(1, len(parent))).all()
    assert renamed.max() < len(parent)
    # `drag` holds the old number: every pixel shows what it did, or something that carried it.
    old = small["drag"][renamed].astype(int)
    carried = index.astype(int)
    reached = old == carried
    for _ in range(60):
        carried = parts["parent"][carried]
        reached |= old == carried
    assert reached.all()
    # What was still is still, and what moved moves.
    assert np.array_equal(old == 0, index == 0)
    if len(parts["parent"]) <= budget:
        assert np.array_equal(old, index)


def test_the_film_shows_any_amount_of_light():
    rng = np.random.default_rng(0)
    scene = rng.gamma(1.0, 1.0, (64, 96, 3)).astype(np.float32)
    for scale in (1e-3, 1.0, 1e3):
        image = develop(scene * scale, np.random.default_rng(5))
        assert image.shape == (64, 96, 3)
        assert image.dtype == np.uint8
        assert 25 < image.mean() < 215
        assert image.std() > 10
    assert develop(np.zeros((16, 16, 3), np.float32), rng).max() < 60
    broken = scene.copy()
    broken[3, 3] = np.nan
    assert np.array_equal(develop(scene, np.random.default_rng(5)), develop(scene, np.random.default_rng(5)))
    assert develop(broken, np.random.default_rng(5)).mean() > 25


def test_one_roll_of_film_shows_both_pictures_of_a_pair_alike():
    rng = np.random.default_rng(0)
    scene = rng.gamma(1.0, 1.0, (64, 96, 3)).astype(np.float32)
    for seed in range(8):
        alone = develop(scene, np.random.default_rng(seed))
        brighter = scene.copy()
        brighter[:, 60:] *= 4
        first, second = develop_alike(np.stack([scene, brighter]), np.random.default_rng(seed), grain=0.0)
        same, again = develop_alike(np.stack([scene, scene]), np.random.default_rng(seed), grain=0.0)
        assert np.array_equal(first, same)
        assert np.array_equal(first, again)
        # The grain is all that it lacks; its spread is below 0.031 of white, four of them are 32 levels.
        assert np.abs(first.astype(int) - alone).max() < 45
        # The exposure is the first one's: what is as it was looks as it did, but for the lens's glare and sharpening.
        assert np.abs(first[:, :50].astype(int) - second[:, :50]).mean() < 4
        assert second[:, 65:].mean() > first[:, 65:].mean() + 15


def test_frames_are_square_and_face_where_they_should():
    rng = np.random.default_rng(2)
    along, across, normal = frames(rng.normal(size=(50, 3)), rng.normal(size=(50, 3)))
    for a, b in ((along, across), (along, normal), (across, normal)):
        assert np.abs((a * b).sum(1)).max() < 1e-9
    # Straight up, where the usual helper direction is of no use.
    along, across, normal = frames(np.array([[0.0, 0.0, 2.0]]))
    assert np.isfinite(across).all()
    assert np.isclose(np.linalg.norm(normal), 1)


def test_meshes_keep_part_and_tone_of_every_face():
    mesh = Mesh()
    assert mesh.empty
    mesh.box((0, 0, 0), (1, 1, 1), 3, (0.1, 0.2, 0.3))
    mesh.tube(np.array([[0, 0, 0], [0, 0, 1.0], [0, 0, 2.0]]), 0.1, [4, 5], (1, 1, 1), sides=5)
    mesh.tubes(np.zeros((2, 3)), np.ones((2, 3)), 0.1, 0.2, np.array([6, 7]), (1, 0, 0), sides=3)
    a = mesh.arrays()
    assert list(np.bincount(a["parts"].astype(int))[3:]) == [6, 5, 5, 3, 3]
    assert a["corners"].max() == len(a["points"]) - 1
    assert len(a["corners"]) == len(a["uv"]) == a["sides"].sum()
    assert np.allclose(np.linalg.norm(a["points"][24:30, :2], axis=1), 0.1)


# A Python "with Blender in it" that says and writes what the real one does, and dies at the numbers that it is told.
STAND_IN = """#!{python}
import os, signal, sys, time
import numpy as np
if sys.argv[1] == "-c":
    sys.exit({missing})
pairs = sys.argv[6] == "--pairs"
folder, seeds = sys.argv[5], [int(s) for s in sys.argv[8 if pairs else 6:]]
for seed in seeds:
    if seed in {deadly}:
        os.kill(os.getpid(), signal.SIGKILL)
    if seed in {slow}:
        time.sleep(600)
    if seed in {failing}:
        print("failed", seed, "ValueError: no leaf", flush=True)
        continue
    one = np.zeros(1, np.float32)
    parts = dict(parent=np.zeros(1, np.int32), pivot=np.zeros((1, 2)), lever=np.zeros((1, 2)), frequency=one + 1)
    parts |= dict(damping=one, drag=one, sway=np.zeros((1, 2)), flutter=one, axis=one, local=one, depth=one)
    parts |= dict(soft=np.zeros(1, np.int32))
    picture = np.full((16, 32, 3), 0.2, np.float32)
    index = np.zeros((16, 32), np.uint16)
    arrays = {{"parts_" + k: v for k, v in parts.items()}}
    if pairs:
        assert sys.argv[7] == "1.5"
        still, waves = np.zeros((2, 16, 32), np.float32), np.zeros((1, 15), np.complex64)
        arrays |= dict(source=picture, target=picture, flow=still + seed, uncovered=still[0] > 0)
        arrays |= dict(sway=waves, flutter=waves)
    np.savez(f"{{folder}}/{{seed}}.npz", picture=picture, part_index=index, family="still", seed=seed, **arrays)
    print("made", seed, flush=True)
"""


def stand_in(folder, *, deadly=(), failing=(), slow=(), missing=0):
    path = folder / "python"
    path.write_text(STAND_IN.format(python=sys.executable, deadly=deadly, failing=failing, slow=slow, missing=missing))
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


@pytest.mark.skipif(os.name == "nt" or not hasattr(signal, "SIGKILL"), reason="the stand-in is a script")
def test_a_crash_costs_one_scene_and_is_told(tmp_path):
    python, said = stand_in(tmp_path, deadly=(11,), failing=(13,)), []
    done = module.generate(tmp_path / "out", count=5, first=10, python=python, complain=said.append)
    assert sum(done) == 5
    assert [s.seed for s in load_scenes(tmp_path / "out")] == [10, 12, 14]
    assert len(said) == 2
    assert "Scene 11" in said[0]
    assert "left out" in said[0]
    assert "Scene 13" in said[1]
    assert "no leaf" in said[1]


@pytest.mark.skipif(os.name == "nt", reason="the stand-in is a script")
def test_shards_that_exist_are_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "SHARD", 2)
    python, out = stand_in(tmp_path), tmp_path / "out"
    assert sum(module.generate(out, count=5, first=0, python=python, jobs=2)) == 5
    shards = sorted(out.iterdir())
    assert len(shards) == 3
    kept = shards[0].stat().st_mtime_ns
    shards[2].unlink()
    assert sum(module.generate(out, count=5, first=0, python=python)) == 5
    assert shards[0].stat().st_mtime_ns == kept
    assert shards[2].exists()


@pytest.mark.skipif(os.name == "nt", reason="the stand-in is a script")
def test_pairs_come_in_shards_of_their_own(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "PAIRS_IN_A_SHARD", 2)
    python, out, said = stand_in(tmp_path, failing=(4,)), tmp_path / "out", []
    for _ in range(2):
        done = module.generate_pairs(out, count=3, first=3, python=python, width=384, complain=said.append)
        assert sum(done) == 3
    assert [p.name for p in sorted(out.iterdir())] == ["pairs-000000003-002.npz", "pairs-000000005-001.npz"]
    pairs = list(load_pairs(out))
    assert [pair.name for pair in pairs] == ["still 3", "still 5"]
    assert (pairs[1].flow == 5).all()
    assert not pairs[1].strength.any()
    assert np.array_equal(pairs[0].source, pairs[0].target)
    assert len(said) == 1


@pytest.mark.skipif(os.name == "nt", reason="the stand-in is a script")
def test_stopping_ends_blender_and_keeps_what_is_whole(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "SHARD", 1)
    # At number 1 it waits for longer than the test may take.
    python = stand_in(tmp_path, slow=(1,))
    making = module.generate(tmp_path / "out", count=3, first=0, python=python)
    assert next(making) == 1
    started = time.monotonic()
    making.close()
    assert time.monotonic() - started < 60
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["rendered-000000000-001.npz"]


@pytest.mark.skipif(os.name == "nt", reason="the stand-in is a script")
def test_what_cannot_work_is_said_in_one_sentence(tmp_path):
    with pytest.raises(SceneError, match="no bpy"):
        list(module.generate(tmp_path / "out", count=1, first=0, python=stand_in(tmp_path, missing=1)))
    with pytest.raises(SceneError, match="cannot be run"):
        list(module.generate(tmp_path / "out", count=1, first=0, python=tmp_path / "none"))
    python = stand_in(tmp_path, failing=(0, 1))
    with pytest.raises(SceneError, match="None of the scenes 0 to 1"):
        list(module.generate(tmp_path / "out", count=2, first=0, python=python, complain=lambda line: None))
    result = CliRunner().invoke(app, ["--out", str(tmp_path), "--count", "1", "--rendered"])
    assert result.exit_code == 2
    assert "--python" in result.output


def test_a_finished_pair_has_the_strength_of_its_parts():
    made, ids = rig()
    table = made.table(AHEAD)
    index = np.zeros((40, 64), np.uint16)
    index[4:20, 10:30] = ids[0]
    raw = {"parts_" + n: v for n, v in table.items()}
    picture = np.random.default_rng(1).gamma(1.0, 1.0, (40, 64, 3)).astype(np.float32)
    sway = np.zeros((len(table["parent"]), 15), np.complex64)
    sway[ids[0], 3] = 0.5
    raw |= {"source": picture, "target": picture, "flow": np.ones((2, 40, 64), np.float32), "part_index": index}
    raw |= {"uncovered": index > 0, "sway": sway, "flutter": 0 * sway}
    pair = finished_pair(raw | {"family": np.array("palm"), "seed": np.array(7)})
    assert pair.name == "palm 7"
    assert np.array_equal(pair.source, pair.target)
    assert np.array_equal(pair.uncovered, index > 0)
    assert not pair.strength[index == 0].any()
    # A sine of the amplitude 0.5 × drag 0.1 / √2, at so many widths from the pivot, in pixels.
    y, x = (10 + 0.5) / 64, (20 + 0.5) / 64
    lever = np.hypot(*(np.array([x, y]) - table["pivot"][ids[0]]))
    assert np.isclose(pair.strength[10, 20], 64 * 0.5 * table["drag"][ids[0]] * lever / np.sqrt(2), rtol=1e-4)


def test_a_finished_scene_moves_as_drawn_ones_do():
    made, ids = rig()
    index = np.zeros((32, 48), np.uint16)
    index[4:20, 10:30] = ids[2]
    parts, small = compact(made.table(AHEAD), index)
    raw = {"parts_" + n: v for n, v in parts.items()}
    raw |= {"picture": np.full((32, 48, 3), 0.3, np.float32), "part_index": small}
    scene = finished(raw | {"family": np.array("broadleaf"), "seed": np.array(4)})
    assert (scene.family, scene.seed) == ("broadleaf", 4)
    volume = spectral_volume(scene, np.random.default_rng(0), height=32, width=48)
    assert (volume[:, :, index == 0] == 0).all()
    assert (np.abs(volume[1, :, index > 0]) > 0).any()
