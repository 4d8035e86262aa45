# SPDX-License-Identifier: GPL-3.0-or-later
"""Places that give way to a hand, and the wind's hold on a picture."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gid_blender.motion import ExcitationError, ModalBasis, SpectralVolume, Spot

from .volumes import smooth_volume

VOLUME = smooth_volume()
BASIS = ModalBasis.of(VOLUME)
ANGLES = st.floats(0, 2 * np.pi)


def spot(samples, liveliness=0.0):
    return Spot(np.array([np.zeros(2), *samples], np.complex128), liveliness)


class TestPlaces:
    def test_the_motion_at_a_place_is_that_between_the_cells(self):
        rows, columns = VOLUME.height, VOLUME.width
        x, y = (5.5 + 0.25) / columns, (7.5 + 0.5) / columns
        s = VOLUME.spectrum[:, :, 7:9, 5:7]
        expected = (0.75 * s[..., 0] + 0.25 * s[..., 1]).mean(axis=2)
        np.testing.assert_allclose(BASIS.spot(x, y).samples, expected, atol=1e-9)
        assert BASIS.aspect == rows / columns

    def test_vertices_reach_from_border_to_border_and_cells_do_not(self):
        ramp = np.broadcast_to(np.linspace(0, 1, 5), (2, 2, 3, 5)).astype(np.complex64)
        on_border = ModalBasis.at_vertices(ramp, 0.5)
        inside = ModalBasis(ramp, 0.5)
        assert on_border.spot(0.5, 0.2).samples[1, 0] == pytest.approx(0.5)
        assert on_border.spot(0.125, 0.2).samples[1, 0] == pytest.approx(0.125)
        # Half a cell inside the border stands the first; beyond it is held.
        assert inside.spot(0.1, 0.2).samples[1, 0] == inside.spot(0.0, 0.0).samples[1, 0] == 0
        assert inside.spot(0.3, 0.2).samples[1, 0] == pytest.approx(0.25)

    def test_a_wide_hand_averages_around_the_place(self):
        sharp = np.zeros((2, 2, 101, 101), np.complex64)
        sharp[1, :, 50, 50] = 1
        basis = ModalBasis(sharp, 1.0)
        narrow, wide = (abs(basis.spot(0.5, 0.5, reach).samples[1, 0]) for reach in (0.02, 0.04))
        # Of a Gaussian: 1/(2π·σ²) of what lies in the middle, with σ in cells.
        assert narrow == pytest.approx(1 / (2 * np.pi * 2.02**2), rel=1e-3)
        assert wide == pytest.approx(1 / (2 * np.pi * 4.04**2), rel=1e-3)
        assert abs(basis.spot(0.5, 0.6, 0.02).samples[1, 0]) < 1e-5

    @pytest.mark.parametrize("place", [(-0.01, 0.1), (1.01, 0.1), (0.5, -0.01), (0.5, 0.7), (np.nan, 0.1)])
    def test_outside_the_picture_there_is_no_place(self, place):
        with pytest.raises(ExcitationError, match="outside the picture"):
            BASIS.spot(*place)

    def test_a_reach_below_nothing_is_refused(self):
        with pytest.raises(ExcitationError, match="reach"):
            BASIS.spot(0.5, 0.3, -1)


class TestGrip:
    @given(x=st.floats(0, 1), y=st.floats(0, 0.6), angle=ANGLES)
    def test_a_lively_place_follows_the_hand(self, x, y, angle):
        """Along it (cosine), and nearly as far: what it lacks is the resistance."""
        place = BASIS.spot(x, y)
        if (np.abs(place.samples[1:]) ** 2).sum() / 2 < 0.05 * BASIS.liveliness:
            return
        hand = np.array([np.cos(angle), np.sin(angle)])
        moved = place.displacement(place.grip() @ hand)
        assert moved @ hand / np.linalg.norm(moved) > 0.9
        assert np.linalg.norm(moved) <= 1.0 + 1e-9

    def test_both_directions_are_met_with_one_complex_coordinate_each(self):
        """Where x and y swing out of phase, as on an ellipse, any pull is met exactly but for the slip of 1 %."""
        place = spot([[0.3, 0.3j], [0.1, 0.2]])
        for hand in ((1, 0), (0, 1), (-0.6, 0.8)):
            np.testing.assert_allclose(place.displacement(place.grip() @ hand), hand, atol=0.03)

    def test_it_is_the_cheapest_way_to_get_there(self):
        rng = np.random.default_rng(0)
        place = spot(rng.normal(size=(7, 2)) + 1j * rng.normal(size=(7, 2)))
        q = place.grip() @ [0.3, -0.1]
        target = place.displacement(q)
        for _ in range(20):
            other = rng.normal(size=8) + 1j * rng.normal(size=8)
            other[0] = 0
            # Whatever is added that does not move the place only costs.
            off = other - place.grip() @ np.linalg.solve(
                place.displacement(place.grip().T).T, place.displacement(other)
            )
            assert np.abs(place.displacement(off)).max() < 1e-12
            np.testing.assert_allclose(place.displacement(q + off), target, atol=1e-12)
            assert (np.abs(q + off) ** 2).sum() >= (np.abs(q) ** 2).sum()

    def test_along_a_stem_the_hand_slips(self):
        stem = spot([[1.0, 1e-4], [0.5j, 1e-4]])
        across, along = (stem.displacement(stem.grip() @ hand) for hand in ((1, 0), (0, 1)))
        assert across[0] > 0.98
        assert np.hypot(*along) < 0.02
        # Otherwise a small pull along it would throw it about: it would take ten thousand times the amplitude.
        assert np.abs(stem.grip()).max() < 100 * np.abs(stem.grip()[:, 0]).max()

    def test_ground_stays_where_it_is_and_takes_nothing_along(self):
        lively = spot([[1.0, 0.2], [0.3j, 0.8]], liveliness=0.8)
        ground = spot([[1e-4, 1e-5], [1e-5j, 1e-4]], liveliness=0.8)
        assert np.abs(ground.displacement(ground.grip() @ [1, 0])).max() < 1e-4
        assert np.abs(ground.grip()).max() < np.abs(lively.grip()).max()

    def test_where_nothing_ever_moves_nothing_can_be_pulled(self):
        assert not spot([[0, 0], [0, 0]], 0.5).grip().any()

    def test_harmonics_take_part_as_they_are_told_and_the_offset_never(self):
        place = Spot(np.ones((4, 2)) * [1, 0.5j], 0.0)
        grip = place.grip([5.0, 0.0, 1.0, 3.0])
        assert not grip[:2].any()
        np.testing.assert_allclose(grip[3], 3 * grip[2])
        np.testing.assert_allclose(place.displacement(grip @ [1, 0]), [1, 0], atol=0.02)


class TestEqualiser:
    def test_a_pull_is_met_through_the_equaliser(self):
        """q for the equalised motion, times the gains, puts the place of the plain spectrum where the hand is."""
        gains = np.linspace(2, 0.1, VOLUME.bands)
        equalised = BASIS.equalised(gains).spot(0.4, 0.3)
        plain = BASIS.spot(0.4, 0.3)
        q = equalised.grip() @ [0.02, 0.01]
        np.testing.assert_allclose(plain.displacement(gains * q), equalised.displacement(q), atol=1e-12)

    def test_it_has_a_gain_for_each_band(self):
        with pytest.raises(ExcitationError, match="16 bands"):
            BASIS.equalised([1.0, 2.0])


class TestWindOnAPicture:
    def leaning(self, basis, q):
        spectrum = basis.spectrum * basis.gains[:, None, None, None]
        return np.real(np.tensordot(q, spectrum, 1))

    def test_what_moves_leans_by_the_strength_of_the_wind(self):
        grip = BASIS.lean()
        lively = np.sqrt((np.abs(VOLUME.spectrum[1:]) ** 2).sum(axis=(0, 1)))
        leans = []
        for direction in np.eye(2):
            moved = self.leaning(BASIS, grip @ direction)
            leans.append(np.sqrt(((moved**2).sum(axis=0) * lively).sum() / lively.sum()))
            # On the whole with the wind.
            assert ((moved * direction[:, None, None]).sum(axis=0) * lively).sum() > 0
        assert max(leans) == pytest.approx(1.0, rel=1e-4)

    def test_a_painted_area_is_what_leans(self):
        """Two things that move by themselves: wind on one leaves the other where it is."""
        spectrum = np.zeros((3, 2, 10, 20), np.complex64)
        spectrum[1, 0, :, :8] = 0.01
        spectrum[2, 0, :, 12:] = 0.01j
        basis = ModalBasis(spectrum, 0.5)
        area = np.zeros((5, 10))
        area[:, :4] = 1
        moved = self.leaning(basis, basis.lean(area) @ [0.02, 0])
        np.testing.assert_allclose(moved[0, :, :8], 0.02, rtol=1e-5)
        assert np.abs(moved[:, :, 12:]).max() < 1e-9

    def test_a_fine_grid_leans_as_a_coarse_one_does(self):
        fine = ModalBasis.of(VOLUME.resampled(200, 320))
        np.testing.assert_allclose(fine.lean(), BASIS.lean(), rtol=0.1, atol=0.03 * np.abs(BASIS.lean()).max())

    def test_a_picture_without_motion_does_not_lean(self):
        still = ModalBasis.of(SpectralVolume(np.zeros((3, 2, 4, 4)), frames=10))
        assert not still.lean().any()

    @pytest.mark.parametrize("area", [np.zeros((2, 2)), -np.ones((2, 2)), np.ones(3), np.full((2, 2), np.nan)])
    def test_an_area_that_is_none_is_refused(self, area):
        with pytest.raises(ExcitationError, match="wind blows"):
            BASIS.lean(area)
