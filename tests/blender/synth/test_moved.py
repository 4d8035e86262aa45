# SPDX-License-Identifier: GPL-3.0-or-later
"""Pairs of frames from the real renderer: what they say of motion and disocclusion is what the pictures show."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

BACKEND = Path(__file__).resolve().parents[3] / "backend"
# (family, number, how far things go in pixels of a picture 512 wide). 128 × 80 pixels or alike: half of the usual.
WANTED = {
    "leaves": ("leaves", 3, 24.0),
    "cloth": ("laundry", 5, 12.0),
    "again": ("leaves", 3, 24.0),
    "calm": ("leaves", 3, 0.0),
}
PROGRAM = """
import os, sys
import numpy as np
from gid_backend.synth.rendered.moved import make_pair
for name, (family, number, reach) in {wanted!r}.items():
    np.savez(f"{{sys.argv[1]}}/{{name}}.npz", **make_pair(number, family, 0.5, reach))
sys.stderr.flush()
# Blender can hang while Python ends.
os._exit(0)
"""


@pytest.fixture(scope="module")
def pairs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pairs")
    environment = dict(os.environ, PYTHONPATH=str(BACKEND), OMP_NUM_THREADS="1")
    command = [sys.executable, "-W", "ignore", "-c", PROGRAM.format(wanted=WANTED), str(folder)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=170)
    made = {}
    for file in folder.glob("*.npz"):
        with np.load(file, allow_pickle=False) as z:
            made[file.stem] = {n: z[n] for n in z.files}
    assert set(made) == set(WANTED), done.stderr[-2000:]
    return made


@pytest.fixture(params=["leaves", "cloth"])
def pair(pairs, request):
    return pairs[request.param]


def shown(light):
    """As an eye compares: so that a lamp's glare does not outweigh the rest."""
    return np.sqrt(np.clip(light, 0, 4 * np.median(light) + 0.1))


def fetched(field, offsets):
    """(…, H, W) bilinear values of a field at every pixel's place plus its offset (2, H, W)."""
    h, w = field.shape[-2:]
    y, x = np.indices((h, w))
    x, y = np.clip(x + offsets[0], 0, w - 1.001), np.clip(y + offsets[1], 0, h - 1.001)
    i, j = x.astype(int), y.astype(int)
    a, b = x - i, y - j
    top = field[..., j, i] * (1 - a) + field[..., j, i + 1] * a
    low = field[..., j + 1, i] * (1 - a) + field[..., j + 1, i + 1] * a
    return top * (1 - b) + low * b


def inside(field):
    """(H, W) where all neighbours within two pixels move alike: no edge of anything is near."""
    calm = np.ones(field.shape[1:], bool)
    for axis in (1, 2):
        for step in (-2, -1, 1, 2):
            calm &= np.hypot(*(field - np.roll(field, step, axis))) < 0.35
    calm[:2], calm[-2:], calm[:, :2], calm[:, -2:] = False, False, False, False
    return calm


def test_without_wind_nothing_moves_and_both_pictures_are_one(pairs):
    calm = pairs["calm"]
    assert not calm["flow"].any()
    assert not calm["origin"].any()
    assert not calm["uncovered"].any()
    # The denoiser's sums depend on what the processor offers at the time; a thousandth is not seen.
    assert np.allclose(calm["source"], calm["target"], rtol=1e-3, atol=1e-3)


def test_the_source_fetched_along_the_way_is_the_target_wherever_that_was_visible(pair):
    """But for edges, which fetching between pixels softens, and light, which changes on what turns."""
    source, target = (np.moveaxis(shown(pair[name]), 2, 0) for name in ("source", "target"))
    moving = ~pair["uncovered"] & (np.hypot(*pair["origin"]) > 1.0)

    def error(offsets):
        return np.sqrt((np.abs(fetched(source, offsets) - target).mean(0)[moving] ** 2).mean())

    exact = error(pair["origin"])
    assert moving.sum() > 300
    assert exact < 0.45 * error(0 * pair["origin"])
    # A pixel beside it is worse, on every side, so it is not half a pixel off.
    for aside in ((1, 0), (-1, 0), (0, 1), (0, -1)):
        assert error(pair["origin"] + np.array(aside)[:, None, None]) > 1.15 * exact


def test_going_there_and_back_ends_at_the_start(pair):
    """To what interpolating between pixels costs: a tenth of a pixel, where no edge is near at either end."""
    flow, origin = pair["flow"], pair["origin"]
    sure = inside(flow) & (fetched(inside(origin).astype(float), flow) > 0.999) & (np.hypot(*flow) > 1.0)
    y, x = np.indices(sure.shape)
    sure &= (
        (x + flow[0] > 2) & (x + flow[0] < sure.shape[1] - 3) & (y + flow[1] > 2) & (y + flow[1] < sure.shape[0] - 3)
    )
    back = np.hypot(*(flow + fetched(origin, flow)))[sure]
    assert sure.sum() > 80
    # Some of it went behind something else that stands still or moves otherwise.
    assert np.median(back) < 0.05
    assert (back < 0.1).mean() > 0.8


def test_what_came_to_light_was_hidden_by_something_that_moved_or_was_outside(pair):
    uncovered, origin = pair["uncovered"], pair["origin"]
    assert 0.002 < uncovered.mean() < 0.3
    still = uncovered & ~origin.any(0)
    assert still.any()
    # What stands still was hidden at the very same pixel, by a part that can move.
    assert (pair["part_index"][still] > 0).all()
    # And what is in view at both times, standing still, is not said to be new.
    same = ~pair["flow"].any(0) & ~origin.any(0) & (pair["part_index"] == 0)
    assert not uncovered[same].any()


def test_what_comes_from_outside_is_new(pair):
    h, w = pair["uncovered"].shape
    y, x = np.indices((h, w)) + 0.5
    x, y = x + pair["origin"][0], y + pair["origin"][1]
    outside = (x < 0) | (x > w) | (y < 0) | (y > h)
    assert pair["uncovered"][outside].all()


def test_things_go_as_far_as_was_asked(pairs):
    for name in ("leaves", "cloth"):
        size = np.hypot(*pairs[name]["flow"])
        reach = WANTED[name][2] * size.shape[1] / 512
        # Found by six steps of a search that at large angles has a bent road to go.
        assert np.isclose(np.percentile(size[size > 0], 99), reach, rtol=0.03)


def test_the_same_number_gives_the_same_pair(pairs):
    for name, value in pairs["leaves"].items():
        if name in ("source", "target"):
            assert np.allclose(value, pairs["again"][name], rtol=1e-3, atol=1e-3)
        else:
            assert np.array_equal(value, pairs["again"][name]), name
