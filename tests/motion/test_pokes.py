# SPDX-License-Identifier: GPL-3.0-or-later
"""Photographs that are dragged where somebody would drag them: the point under the hand goes along with it.

The cases lie beside the checkout (`shared/data/pokes`, points counted from the bottom left corner, angles
counter-clockwise); the motion is predicted from the still with the weights that are shipped.
"""

import csv
import math
from pathlib import Path

import numpy as np
import pytest

from gid_blender.motion import DAMPINGS, Curve, ModalBasis, Oscillators, Poke, Pull, simulate

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
# Of the picture's width, for a force of 1.
FARTHEST = 0.08


def cases():
    for path in sorted((DATA / "pokes").glob("*.csv")):
        for row in csv.DictReader(path.read_text(encoding="utf-8").splitlines()):
            # Files of several cases repeat their first line.
            if row["angle"] != "angle":
                width, height = float(row["width"]), float(row["height"])
                point = (float(row["coordx"]) / width, (height - float(row["coordy"])) / width)
                yield path.stem, point, math.radians(float(row["angle"])), float(row["force"])


CASES = list(cases())
NAMES = [f"{name} {math.degrees(angle):.0f}° {force:g}" for name, _, angle, force in CASES]

pytestmark = [
    pytest.mark.skipif(not CASES, reason="needs the photographs beside the checkout"),
    pytest.mark.slow,
]


@pytest.fixture(scope="session")
def bases():
    """The motion of each still, predicted when it is first asked for."""
    prediction = pytest.importorskip("gid_backend.predictor", reason="needs the worker's environment")
    from gid_backend.images import read_image

    predictor = prediction.MotionPredictor.load(device="cpu")
    known = {}

    def basis(name):
        if name not in known:
            known[name] = predictor.predict(read_image(DATA / "stills" / f"{name}.png"), seed=0)
        return known[name], ModalBasis.of(known[name])

    return basis


@pytest.mark.parametrize(("name", "point", "angle", "force"), CASES, ids=NAMES)
def test_the_touched_point_follows_the_hand(bases, name, point, angle, force):
    volume, basis = bases(name)
    oscillators = Oscillators.of(volume)
    direction = np.array([math.cos(angle), -math.sin(angle)])
    spot = basis.spot(*point, 0.01)
    path = Curve.drawn(0.0, 0.5, FARTHEST * force * direction)
    times = np.linspace(0.0, 0.5, 16)[1:]
    moved = spot.displacement(simulate(basis, oscillators, [Pull(point, path, 0.01)], times, start=0.0))
    cosine = moved @ direction / np.linalg.norm(moved, axis=1)
    assert cosine.min() > 0.9
    # Nearly as far as the hand goes, too, and so does the mesh or the frame that shows the volume.
    assert moved[-1] @ direction > 0.8 * FARTHEST * force
    shown = volume.synthesize(simulate(basis, oscillators, [Pull(point, path, 0.01)], [0.49], start=0.0)[0])
    x, y = int(point[0] * volume.width), int(point[1] * volume.width)
    assert shown[:, y, x] @ direction > 0.9 * np.linalg.norm(shown[:, y, x])


@pytest.mark.parametrize("damping", DAMPINGS)
@pytest.mark.parametrize(("name", "point", "angle", "force"), CASES, ids=NAMES)
def test_a_tap_moves_it_the_way_it_goes_and_it_comes_to_rest(bases, name, point, angle, force, damping):
    volume, basis = bases(name)
    direction = np.array([math.cos(angle), -math.sin(angle)])
    spot = basis.spot(*point, 0.01)
    velocity = (0.4 * force * direction).tolist()
    poke = Poke(point, (velocity[0], velocity[1]), 0.0, 0.01)
    times = np.append(np.arange(7) / 60, 90.0)
    moved = spot.displacement(simulate(basis, Oscillators.of(volume, DAMPINGS[damping]), [poke], times))
    # For the first tenth of a second: later the harmonics, which are of different directions, are apart.
    cosine = moved[1:7] @ direction / np.linalg.norm(moved[1:7], axis=1)
    assert cosine.min() > 0.9
    assert np.linalg.norm(moved[-1]) < 1e-4 * np.linalg.norm(moved, axis=1).max()
