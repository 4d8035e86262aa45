# SPDX-License-Identifier: GPL-3.0-or-later
"""The volume that a web page carries: what rounding costs, and how few bytes it takes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from gid_blender.motion import loop_coefficients
from gid_blender.motion.web_volume import FINEST, pack, unpack

from .volumes import smooth_volume


def error(spectrum):
    """The largest distance, in picture widths, between what the page and the volume itself show over a loop."""
    q = loop_coefficients(np.arange(0, 150, 7), harmonics=len(spectrum), period=150)
    off = np.einsum("tk,kcij->tcij", q, unpack(pack(spectrum)) - spectrum).real
    return np.sqrt((off**2).sum(axis=1)).max()


class TestRounding:
    def test_no_place_is_off_by_a_tenth_of_a_pixel(self):
        """512 wide; 16 bands of which each is off by half a step in each of four parts."""
        assert error(smooth_volume(height=60, width=80).scaled(10).spectrum) < 0.1 / 512

    def test_weak_motion_is_rounded_finer(self):
        """A page magnifies it, and a hand grips it: what counts is the share of the motion that is lost."""
        spectrum = smooth_volume().scaled(1e-3).spectrum
        packed = pack(spectrum)
        assert packed.step < FINEST
        assert np.abs(unpack(packed) - spectrum).max() < np.abs(spectrum).max() / 1000

    @given(
        arrays.arrays(np.float32, (2, 2, 5, 7), elements=st.floats(-16, 16, width=32)),
        st.sampled_from([1.0, 1e-3, 1e-6]),
    )
    @settings(deadline=None)
    def test_any_motion_comes_back_to_half_a_step(self, values, scale):
        """Residuals may wrap around 16 bits; sums wrap back."""
        spectrum = (values + 1j * values[..., ::-1]) * np.float32(scale)
        packed = pack(spectrum.astype(np.complex64))
        off = unpack(packed) - spectrum
        # A float32 division may fall to the other side of a half.
        assert max(np.abs(off.real).max(), np.abs(off.imag).max()) <= packed.step * 0.501

    def test_codes_stand_for_numbers_that_every_computer_has(self):
        """A power of two times an integer of 16 bits is exact in float32."""
        assert np.log2(pack(smooth_volume().spectrum).step) % 1 == 0


class TestBytes:
    def test_the_same_motion_gives_the_same_bytes(self):
        spectrum = smooth_volume().spectrum
        assert pack(spectrum).data == pack(spectrum.copy()).data

    def test_smooth_motion_takes_less_than_two_bytes_for_a_complex_number(self):
        """The demo of the paper's authors takes two, and eight bits a band."""
        spectrum = smooth_volume(height=90, width=160).scaled(3).spectrum
        assert len(pack(spectrum).data) < 2 * spectrum.size

    @pytest.mark.parametrize("peak", [1e-30, 1e-12, 16.0])
    def test_extremes_survive(self, peak):
        spectrum = np.zeros((2, 2, 3, 4), np.complex64)
        spectrum[1, 0, 1, 2] = peak * 1j
        assert unpack(pack(spectrum))[1, 0, 1, 2] == pytest.approx(peak * 1j, rel=1e-3)
