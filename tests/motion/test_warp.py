# SPDX-License-Identifier: GPL-3.0-or-later
"""The rubber sheet of the Image Editor: it moves as the volume says, and what moves more lies on top."""

import numpy as np

from gid_blender.motion import SpectralVolume
from gid_blender.motion.grid import at_vertices
from gid_blender.motion.warp import Warp
from tests.motion.volumes import smooth_volume

VOLUME = smooth_volume()
ROWS, COLUMNS = 41, 61
ASPECT = (ROWS - 1) / (COLUMNS - 1)
SPECTRUM = at_vertices(VOLUME, ROWS, COLUMNS)


def some_q(seed: int = 3) -> np.ndarray:
    parts = np.random.default_rng(seed).normal(size=(2, VOLUME.bands))
    return parts[0] + 1j * parts[1]


def test_at_rest_it_is_the_picture():
    warp = Warp.of(SPECTRUM, ASPECT)
    np.testing.assert_array_equal(warp.positions(np.zeros(VOLUME.bands)), warp.rest)
    assert warp.rest.min() == 0
    assert warp.rest.max() == 1
    np.testing.assert_allclose(warp.rest[0], [0, 1])


def test_it_moves_as_the_volume_does():
    q = some_q()
    q[0] = 0.0
    moved = Warp.of(SPECTRUM, ASPECT, pinned=0.0)
    u = SpectralVolume(SPECTRUM, frames=VOLUME.frames, fps=VOLUME.fps).synthesize(q).reshape(2, -1)
    expected = moved.rest + np.stack([u[0], -u[1] / ASPECT], axis=1)
    # Sums of float32.
    np.testing.assert_allclose(moved.positions(q), expected, atol=1e-6)


def test_the_mean_offset_takes_no_part():
    q = some_q()
    warp = Warp.of(SPECTRUM, ASPECT)
    without = q.copy()
    without[0] = 0.0
    np.testing.assert_array_equal(warp.positions(q), warp.positions(without))


def test_the_border_stays_where_it_is():
    warp = Warp.of(SPECTRUM, ASPECT)
    border = ((warp.rest == 0) | (warp.rest == 1)).any(axis=1)
    np.testing.assert_array_equal(warp.positions(some_q())[border], warp.rest[border])
    assert (warp.positions(some_q()) != warp.rest).any()


def test_what_moves_more_is_painted_later():
    warp = Warp.of(SPECTRUM, ASPECT)
    power = (warp.modes.reshape(len(warp.rest), -1) ** 2).sum(axis=1)
    # Two triangles make a cell, and cells are in order.
    cells = power[warp.triangles].reshape(-1, 6)[:, [0, 1, 2, 5]].mean(axis=1)
    # Sums of float32 in another order.
    assert (np.diff(cells) >= -1e-6 * cells.max()).all()
    assert len(warp.triangles) == 2 * (ROWS - 1) * (COLUMNS - 1)
    assert sorted(set(warp.triangles.ravel())) == list(range(len(warp.rest)))


def test_a_fine_mesh_is_thinned_and_still_spans_the_picture():
    fine = np.zeros((3, 2, 300, 400), np.complex64)
    fine[1, 0] = 0.01
    warp = Warp.of(fine, 0.75)
    assert len(warp.rest) < 25_000
    assert [warp.rest.min(), warp.rest.max()] == [0.0, 1.0]
    inner = np.abs(warp.rest - 0.5).max(axis=1) < 0.4
    moved = warp.positions([0, 1, 0]) - warp.rest
    np.testing.assert_allclose(moved[inner], np.broadcast_to([0.01, 0.0], moved[inner].shape), atol=1e-7)
