# SPDX-License-Identifier: GPL-3.0-or-later
"""The masked part of a picture, filled: nothing else changes, the plain goes on plain, and texture as texture."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gid_backend.errors import Cancelled, ImageError
from gid_backend.filling import fill
from gid_backend.filling.membrane import membrane

PEAKS = {"uint8": 255, "uint16": 65535, "float32": 1}


def disc(height, width, x=0.5, y=0.5, radius=0.2):
    v, u = np.mgrid[0:height, 0:width]
    inside = np.hypot(u + 0.5 - x * width, v + 0.5 - y * height) < radius * height
    return np.where(inside, 255, 0).astype(np.uint8)


def stripes(height, width, dtype="uint8", channels=3):
    """Oblique stripes under noise: something that only texture continues."""
    v, u = np.mgrid[0:height, 0:width]
    wave = 0.5 + 0.35 * np.sin(2 * np.pi * (u + v) / 12)[..., None] * np.linspace(1, 0.6, channels)
    wave = wave + np.random.default_rng(1).normal(size=wave.shape) * 0.02
    if channels == 4:
        wave[..., 3] = 1
    return (wave.clip(0, 1) * PEAKS[dtype]).astype(dtype)


@settings(max_examples=10)
@given(
    height=st.integers(16, 60),
    width=st.integers(16, 90),
    channels=st.sampled_from([1, 3, 4]),
    dtype=st.sampled_from(sorted(PEAKS)),
    seed=st.integers(0, 99),
)
def test_outside_the_mask_everything_stays_bit_for_bit(height, width, channels, dtype, seed):
    random = np.random.default_rng(seed)
    picture = (random.uniform(size=(height, width, channels)) * PEAKS[dtype]).astype(dtype)
    mask = disc(height, width, *random.uniform(0, 1, 2), random.uniform(0.05, 0.6))
    mask[0, 0] = 0
    filled = fill(picture, mask)
    assert (filled.shape, filled.dtype) == (picture.shape, picture.dtype)
    assert np.array_equal(filled[mask == 0], picture[mask == 0])
    assert np.isfinite(filled.astype(np.float64)).all()


@pytest.mark.parametrize(
    ("dtype", "size"), [("uint8", (48, 64)), ("uint16", (48, 64)), ("float32", (48, 64)), ("uint16", (500, 600))]
)
def test_a_plain_picture_stays_plain(dtype, size):
    picture = np.full((*size, 3), PEAKS[dtype] * 0.4, dtype)
    picture[..., 1] = PEAKS[dtype] * 0.7
    filled = fill(picture, disc(*size))
    # Rounding of single precision, a few times over.
    assert np.abs(filled.astype(np.float64) - picture).max() <= 2e-5 * PEAKS[dtype]


@pytest.mark.parametrize("size", [(96, 128), (400, 500)])
def test_a_gradient_goes_on(size):
    ramp = np.linspace(0.1, 0.9, size[1], dtype=np.float32)
    picture = np.broadcast_to(ramp[None, :, None], (*size, 3)).copy()
    mask = disc(*size)
    error = np.abs(fill(picture, mask) - picture)[mask > 0]
    # A ramp is no texture: patches of other tones are averaged. 0.8 from side to side, 0.3 across the hole.
    assert error.mean() < 0.02
    assert error.max() < 0.08


def test_the_smooth_surface_continues_a_gradient_to_a_hundredth():
    ramp = np.broadcast_to(np.linspace(0, 1, 128, dtype=np.float32)[None, :, None], (96, 128, 1))
    mask = disc(96, 128) > 0
    assert np.abs(membrane(np.where(mask[..., None], 0, ramp), ~mask) - ramp).max() < 0.01


@pytest.mark.parametrize("size", [(96, 128), (480, 640)])
def test_texture_is_continued_and_not_smeared(size):
    picture, mask = stripes(*size), disc(*size)
    hole = mask > 0
    filled = fill(picture, mask)
    # Smeared, a hole has no contrast; the contrast of the stripes is what texture brings back.
    assert filled[hole].std() > 0.6 * picture[hole].std()
    if size[1] < 200:
        # Even in step with what surrounds them.
        assert np.corrcoef(filled[hole].ravel(), picture[hole].ravel())[0, 1] > 0.8


def test_what_is_invisible_colours_nothing():
    """A cut-out in front of nothing: the hole is as transparent as what surrounds it, and keeps no fringe."""
    picture = np.zeros((64, 96, 4), np.uint8)
    picture[..., 0] = 255
    picture[:, 48:] = (0, 200, 0, 255)
    mask = disc(64, 96, x=0.75, radius=0.15)
    filled = fill(picture, mask)
    assert np.array_equal(filled[mask > 0][:, 3], np.full((mask > 0).sum(), 255))
    assert filled[mask > 0][:, 0].max() == 0
    mask = disc(64, 96, x=0.25, radius=0.15)
    assert fill(picture, mask)[mask > 0][:, 3].max() == 0


def test_light_brighter_than_white_stays_so():
    picture = np.full((64, 64, 3), 20.0, np.float32)
    filled = fill(picture, disc(64, 64))
    assert filled == pytest.approx(picture, rel=1e-4)


def test_the_same_picture_is_filled_the_same():
    picture, mask = stripes(64, 96), disc(64, 96)
    assert np.array_equal(fill(picture, mask), fill(picture, mask))


def test_specks_of_a_compressed_mask_are_no_mask():
    picture = stripes(48, 64)
    mask = np.full((48, 64), 20, np.uint8)
    assert np.array_equal(fill(picture, mask), picture)


def test_a_photograph_of_16_megapixels_is_told_about_and_stops_when_asked():
    picture = np.broadcast_to(stripes(332, 664), (9, 332, 664, 3)).reshape(2988, 664, 3)
    picture = np.tile(picture, (1, 8, 1))
    mask = disc(2988, 5312)
    told = []

    def cancel():
        return bool(told) and told[-1] >= 5

    with pytest.raises(Cancelled):
        fill(picture, mask, progress=lambda _, done, total: told.append(100 * done / total), cancel=cancel)
    assert told == sorted(told)
    assert told[-1] < 20


@pytest.mark.parametrize(
    ("mask", "sentence"),
    [
        (np.zeros((10, 20), np.uint8), "The mask is 20×10 pixels, the picture 64×48"),
        (np.full((48, 64), 255, np.uint8), "covers the whole picture"),
    ],
)
def test_a_mask_that_cannot_be_used_is_refused_in_a_sentence(mask, sentence):
    with pytest.raises(ImageError, match=sentence):
        fill(stripes(48, 64), mask)
