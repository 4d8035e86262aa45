# SPDX-License-Identifier: GPL-3.0-or-later
"""What a spectral volume accepts, and that nothing can change it afterwards."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given

from gid_blender.motion import SpectralVolume, SpectralVolumeError
from gid_blender.motion.spectral_volume import MAX_AMPLITUDE, MAX_BANDS, MAX_SIDE
from tests.motion.volumes import smooth_volume, spectra


def still(bands=2, height=3, width=4):
    return np.zeros((bands, 2, height, width), np.complex64)


class TestWhatItSays:
    def test_the_grid_and_the_number_of_bands(self):
        volume = SpectralVolume(still(bands=5, height=3, width=4))
        assert (volume.bands, volume.height, volume.width) == (5, 3, 4)

    def test_the_default_period_is_five_seconds_at_thirty_frames(self):
        volume = SpectralVolume(still())
        assert (volume.fps, volume.frames, volume.duration) == (30.0, 150, 5.0)

    def test_types_are_plain_whatever_went_in(self):
        volume = SpectralVolume(still().astype(np.complex128), fps=np.float32(24), frames=np.int16(48))
        assert volume.spectrum.dtype == np.complex64
        assert (type(volume.fps), type(volume.frames)) == (float, int)

    def test_real_numbers_are_complex_numbers_too(self):
        assert SpectralVolume(np.ones((1, 2, 1, 1))).spectrum.dtype == np.complex64

    def test_any_memory_layout_will_do(self):
        spectrum = smooth_volume(bands=3).spectrum
        assert np.array_equal(SpectralVolume(np.asfortranarray(spectrum)).spectrum, spectrum)
        assert np.array_equal(SpectralVolume(spectrum[:, :, ::-1]).spectrum, spectrum[:, :, ::-1])


class TestImmutability:
    def test_the_spectrum_cannot_be_written(self):
        volume = SpectralVolume(still())
        with pytest.raises(ValueError, match="read-only"):
            volume.spectrum[0] = 1

    def test_the_array_it_was_made_from_is_no_back_door(self):
        original = still()
        volume = SpectralVolume(original)
        original[:] = 1
        assert not volume.spectrum.any()

    def test_attributes_cannot_be_set(self):
        with pytest.raises(dataclasses.FrozenInstanceError):
            SpectralVolume(still()).fps = 24.0

    def test_the_description_is_a_read_only_copy_at_every_depth(self):
        meta = {"settings": {"steps": 50, "sizes": [1, 2]}}
        volume = SpectralVolume(still(), meta=meta)
        meta["settings"]["steps"] = 1
        meta["settings"]["sizes"].append(3)
        assert volume.meta["settings"]["steps"] == 50
        assert list(volume.meta["settings"]["sizes"]) == [1, 2]
        with pytest.raises(TypeError):
            volume.meta["settings"]["steps"] = 2

    def test_edits_return_new_volumes(self):
        volume = smooth_volume()
        before = volume.spectrum.copy()
        volume.scaled(2), volume.with_band_gain([0.5] * 16), volume.without_mean(), volume.resampled(5, 5)
        volume.displacement(3.3)
        assert np.array_equal(volume.spectrum, before)

    def test_edits_keep_the_rest(self):
        volume = dataclasses.replace(smooth_volume(), fps=24.0, frames=99, meta={"seed": 7})
        for edited in (volume.scaled(2), volume.without_mean(), volume.resampled(5, 6)):
            assert (edited.fps, edited.frames, dict(edited.meta)) == (24.0, 99, {"seed": 7})


class TestWhatItRefuses:
    @pytest.mark.parametrize(
        "shape",
        [(), (5,), (2, 3, 4), (2, 3, 4, 5), (2, 1, 4, 5), (0, 2, 4, 5), (2, 2, 0, 5), (2, 2, 4, 0), (1, 2, 2, 4, 5)],
    )
    def test_other_shapes(self, shape):
        with pytest.raises(SpectralVolumeError, match="shape"):
            SpectralVolume(np.zeros(shape, np.complex64))

    @pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, complex(0, np.nan), complex(0, np.inf), 1e300])
    def test_values_that_are_not_finite(self, value):
        spectrum = still().astype(np.complex128)
        spectrum[1, 0, 2, 3] = value
        with pytest.raises(SpectralVolumeError, match="not finite"):
            SpectralVolume(spectrum)

    @pytest.mark.parametrize("value", [17, -17, 17j, -17j])
    def test_pixels_in_place_of_fractions_of_the_width(self, value):
        spectrum = still()
        spectrum[0, 1, 0, 0] = value
        with pytest.raises(SpectralVolumeError, match="fractions of the width, not pixels"):
            SpectralVolume(spectrum)
        assert abs(value) > MAX_AMPLITUDE

    @pytest.mark.parametrize("dtype", [object, "U4", "S4", bool, "datetime64[s]"])
    def test_anything_but_numbers(self, dtype):
        with pytest.raises(SpectralVolumeError, match="complex numbers"):
            SpectralVolume(np.zeros((1, 2, 2, 2)).astype(dtype))

    def test_more_bands_than_a_volume_has(self):
        with pytest.raises(SpectralVolumeError, match="oversized"):
            SpectralVolume(np.broadcast_to(np.complex64(0), (MAX_BANDS + 1, 2, 1, 1)), frames=10_000)

    def test_an_oversized_grid_before_it_is_copied(self):
        # A broadcast zero: 16 bands of it would take 4 TB, so a copy would be noticed.
        with pytest.raises(SpectralVolumeError, match="oversized"):
            SpectralVolume(np.broadcast_to(np.complex64(0), (16, 2, MAX_SIDE + 1, MAX_SIDE)))

    @pytest.mark.parametrize("fps", [0, -1, np.nan, np.inf, "30", None, [30], 1j, 10**400])
    def test_frame_rates_that_are_none(self, fps):
        with pytest.raises(SpectralVolumeError, match="frame rate"):
            SpectralVolume(still(), fps=fps)

    @pytest.mark.parametrize("frames", [0, -150, 2, 10.5, np.nan, np.inf, "150", None, 10**400])
    def test_periods_that_are_none(self, frames):
        with pytest.raises(SpectralVolumeError, match="whole frames"):
            SpectralVolume(still(bands=2), frames=frames)

    def test_a_period_too_short_for_its_highest_band(self):
        # K bands need 2K-1 samples: one for the mean, two (cosine and sine) for each harmonic.
        assert SpectralVolume(still(bands=16), frames=31).frames == 31
        with pytest.raises(SpectralVolumeError, match="at least 31"):
            SpectralVolume(still(bands=16), frames=30)

    @pytest.mark.parametrize("meta", [[1], "text", None, {"a": object()}, {"a": float("nan")}, {"a": b"bytes"}])
    def test_descriptions_that_json_cannot_hold(self, meta):
        with pytest.raises(SpectralVolumeError, match="JSON"):
            SpectralVolume(still(), meta=meta)

    def test_a_description_that_contains_itself(self):
        meta = {}
        meta["self"] = meta
        with pytest.raises(SpectralVolumeError, match="JSON"):
            SpectralVolume(still(), meta=meta)

    def test_every_refusal_is_a_value_error_too(self):
        assert issubclass(SpectralVolumeError, ValueError)


@given(spectra())
def test_every_finite_spectrum_of_the_right_shape_and_size_is_accepted_as_it_is(spectrum):
    volume = SpectralVolume(spectrum)
    assert volume.spectrum.tobytes() == spectrum.tobytes()
