# SPDX-License-Identifier: GPL-3.0-or-later
"""A motion that leaves the view is refused before the first frame, in a sentence that says how to mend it."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gid_backend.in_view import require_in_view
from gid_backend.shot import Shot
from gid_blender.motion import SpectralVolume, SpectralVolumeError, loop_coefficients

from .clips import smooth_volume, textured_picture

PICTURE = textured_picture(48, 64)
VOLUME = smooth_volume(12, 16, amplitude=0.02)


def from_rest(volume):
    """The same motion, at rest at frame 0."""
    return SpectralVolume(1j * volume.spectrum.imag)


def test_it_is_found_wherever_in_the_loop_it_is():
    volume = from_rest(VOLUME)
    assert not volume.displacement(0).any()
    with pytest.raises(SpectralVolumeError, match="picture widths"):
        Shot.loop(PICTURE, volume, 40, amplitude=100)


@pytest.mark.parametrize("amplitude", [60, 71.7, 100, 5000])
def test_whoever_does_as_it_says_is_not_refused_again_and_loses_little(amplitude):
    with pytest.raises(SpectralVolumeError) as caught:
        Shot.loop(PICTURE, VOLUME, 40, amplitude=amplitude)
    share = float(re.search(r"to ([\d.]+) % of what it is", str(caught.value))[1])
    Shot.loop(PICTURE, VOLUME, 40, amplitude=amplitude * share / 100)
    # Two digits are said, rounded down: a tenth at most is lost.
    with pytest.raises(SpectralVolumeError):
        Shot.loop(PICTURE, VOLUME, 40, amplitude=amplitude * share / 100 * 1.12)


@given(st.floats(1, 60), st.integers(0, 5))
def test_it_agrees_with_playing_every_row(amplitude, seed):
    """The short cut for what can never go that far changes nothing."""
    volume = smooth_volume(6, 8, amplitude=0.03, bands=4, seed=seed)
    rows = amplitude * loop_coefficients(np.arange(30), harmonics=4, period=30)
    peak = np.abs(volume.synthesize(rows)).max()
    if peak > 1:
        with pytest.raises(SpectralVolumeError):
            require_in_view(volume, rows)
    else:
        require_in_view(volume, rows)


@pytest.mark.parametrize(
    ("rows", "sentence"), [(np.full((2, 16), np.nan + 0j), "not finite"), (np.zeros((2, 5), complex), "coefficients")]
)
def test_what_cannot_be_played_is_refused_too(rows, sentence):
    with pytest.raises(SpectralVolumeError, match=sentence):
        Shot.given(PICTURE, VOLUME, rows)
