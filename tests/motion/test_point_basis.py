# SPDX-License-Identifier: GPL-3.0-or-later
"""Pulls, pokes and winds on points instead of a grid: the same answers where the points are those of the grid."""

import numpy as np
import pytest

from gid_blender.motion import ExcitationError, ModalBasis
from gid_blender.motion.grid import at_points, at_vertices
from gid_blender.motion.point_basis import PointBasis
from tests.motion.volumes import smooth_volume

VOLUME = smooth_volume()
ROWS, COLUMNS, ASPECT = 41, 65, 0.625
SPECTRUM = at_vertices(VOLUME, ROWS, COLUMNS)
GRID = ModalBasis.at_vertices(SPECTRUM, ASPECT)
Y, X = np.mgrid[0 : ASPECT : ROWS * 1j, 0 : 1 : COLUMNS * 1j]
PLACES = np.stack([X.ravel(), Y.ravel()], axis=1)
POINTS = PointBasis(SPECTRUM.reshape(16, 2, 1, -1), ASPECT, places=PLACES)


@pytest.mark.parametrize("place", [(0.25, 0.3), (0.5, 0.5), (0.81, 0.11)])
def test_a_spot_of_some_reach_is_the_grids(place):
    on_grid, on_points = GRID.spot(*place, 0.05), POINTS.spot(*place, 0.05)
    # The grid's Gaussian is one along each axis with linear cells, the points' is round.
    assert np.abs(on_points.samples - on_grid.samples).max() < 0.02 * np.abs(on_grid.samples).max()
    assert on_points.liveliness == pytest.approx(on_grid.liveliness)


def test_a_wind_leans_alike():
    # The grid is thinned along both axes and the points along one, so other ones are looked at.
    assert np.abs(POINTS.lean() - GRID.lean()).max() < 0.05 * np.abs(GRID.lean()).max()


def test_what_is_hidden_is_not_taken_hold_of():
    seen = PLACES[:, 0] > 0.5
    hidden = PointBasis(POINTS.spectrum, ASPECT, places=PLACES, seen=seen)
    near = hidden.spot(0.48, 0.3)
    at = np.flatnonzero(seen)[np.hypot(*(PLACES[seen] - (0.48, 0.3)).T).argmin()]
    assert np.abs(near.samples - POINTS.spectrum[:, :, 0, at]).max() < 1e-7


@pytest.mark.parametrize(("place", "reach"), [((1.4, 0.3), 0.0), ((-0.2, -0.3), 0.02)])
def test_beside_the_mesh_nothing_is_pulled(place, reach):
    with pytest.raises(ExcitationError, match="beside the mesh"):
        POINTS.spot(*place, reach)


def test_points_anywhere_read_what_vertices_read():
    found = at_points(VOLUME.spectrum, PLACES[:, 0], PLACES[:, 1] / ASPECT)
    assert np.abs(found.reshape(SPECTRUM.shape) - SPECTRUM).max() < 1e-8
