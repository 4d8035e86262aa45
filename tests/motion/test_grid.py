# SPDX-License-Identifier: GPL-3.0-or-later
"""A volume at the vertices of a mesh."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gid_blender.motion import SpectralVolume, SpectralVolumeError
from gid_blender.motion.grid import at_vertices, on_grid
from tests.motion.volumes import smooth_volume, volumes


@given(volumes(), st.integers(2, 9), st.integers(2, 9))
def test_no_vertex_moves_more_than_the_cells_around_it(volume, rows, columns):
    at = at_vertices(volume, rows, columns)
    assert at.shape == (volume.bands, 2, rows, columns)
    for part, source in ((at.real, volume.spectrum.real), (at.imag, volume.spectrum.imag)):
        # Interpolation stays within its inputs but for the rounding of one product and sum.
        assert part.max() <= source.max() + 1e-6
        assert part.min() >= source.min() - 1e-6


def test_one_motion_everywhere_stays_one_motion():
    volume = SpectralVolume(np.full((3, 2, 4, 5), 0.25 - 0.5j), frames=30)
    assert np.all(at_vertices(volume, 7, 11) == np.complex64(0.25 - 0.5j))


def test_vertices_lie_on_the_border_and_cells_have_centres():
    ramp = np.broadcast_to((np.arange(8) + 0.5) / 100, (1, 2, 6, 8))
    at = at_vertices(SpectralVolume(ramp, frames=10), 5, 17)[0, 0]
    # Position in cells, held over the outer halves.
    assert at == pytest.approx(np.broadcast_to(np.clip(np.linspace(0, 8, 17), 0.5, 7.5) / 100, (5, 17)), abs=1e-7)


def test_the_grid_s_density_does_not_matter_to_smooth_motion():
    volume = smooth_volume(height=60, width=96)
    fine, coarse = at_vertices(volume, 121, 193), at_vertices(volume, 13, 17)
    # The coarse grid averages over a twelfth of the height, where the shortest wave is as long as the height.
    assert np.abs(fine[..., ::10, ::12] - coarse).max() < 0.1 * np.abs(fine).max()


def test_a_coarse_grid_averages_instead_of_picking():
    checkers = (np.indices((64, 64)).sum(axis=0) % 2 * 2.0 - 1) * np.ones((1, 2, 1, 1))
    at = at_vertices(SpectralVolume(checkers, frames=10), 8, 8)
    # The border is held, so the outermost cells see a little more of one colour.
    assert np.abs(at).max() < 0.2


def test_a_line_is_no_grid():
    with pytest.raises(SpectralVolumeError, match="2×2"):
        at_vertices(smooth_volume(), 1, 5)


class TestOnGrid:
    def test_the_same_grid_gives_the_same_numbers(self):
        values = np.random.default_rng(0).normal(size=(5, 7, 3)).astype(np.float32)
        assert np.array_equal(on_grid(values, 5, 7), values)

    def test_planes_stay_planes_and_corners_corners(self):
        y, x = np.mgrid[0:5, 0:7].astype(np.float64)
        found = on_grid(np.stack([x / 6, y / 4], axis=2), 9, 4)
        y, x = np.mgrid[0:9, 0:4]
        assert found == pytest.approx(np.stack([x / 3, y / 8], axis=2), abs=1e-7)
