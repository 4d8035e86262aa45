# SPDX-License-Identifier: GPL-3.0-or-later
"""Spectral volumes to test with: any that are valid (for hypothesis), and a smooth one that looks like real motion."""

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from gid_blender.motion import SpectralVolume

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
# “format” is the file's own word.
META = st.dictionaries(st.text().filter(lambda key: key != "format"), JSON, max_size=4)


@st.composite
def spectra(draw: st.DrawFn, bands: int | None = None, max_side: int = 7) -> np.ndarray:
    """(K, 2, H, W) complex64 with every part within ±1."""
    shape = (bands or draw(st.integers(1, 5)), 2, draw(st.integers(1, max_side)), draw(st.integers(1, max_side)))
    parts = hnp.arrays(np.float32, (*shape, 2), elements=st.floats(-1, 1, width=32))
    return draw(parts).view(np.complex64)[..., 0]


@st.composite
def volumes(draw: st.DrawFn, meta: st.SearchStrategy = st.just({})) -> SpectralVolume:  # noqa: B008
    """Any valid volume of a small size."""
    spectrum = draw(spectra())
    return SpectralVolume(
        spectrum,
        fps=draw(st.floats(1, 240)),
        frames=draw(st.integers(2 * len(spectrum) - 1, 400)),
        meta=draw(meta),
    )


def smooth_volume(
    bands: int = 16, height: int = 20, width: int = 32, frames: int = 150, seed: int = 0
) -> SpectralVolume:
    """Like a predicted one: neighbours move alike, and amplitudes fall off with the frequency."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    waves = np.stack([np.cos(np.pi * (a * x + b * y)) for a in range(3) for b in range(3)])
    weights = rng.normal(size=(bands, 2, 9)) + 1j * rng.normal(size=(bands, 2, 9))
    fall_off = 0.003 / (1 + np.arange(bands))
    return SpectralVolume(np.einsum("kcn,nhw,k->kchw", weights, waves, fall_off), frames=frames)
