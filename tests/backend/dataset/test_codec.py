# SPDX-License-Identifier: GPL-3.0-or-later
import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gid_backend.dataset.codec import decode_fields, encode_fields

STEP = 0.06


def fields(seed: int, count: int = 3, height: int = 40, width: int = 64, size: float = 1.0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    noise = rng.standard_normal((count, height, width)).astype(np.float32)
    return np.stack([cv2.GaussianBlur(plane, (0, 0), 3.0) * 10 * size for plane in noise])


@given(
    seed=st.integers(0, 1000),
    height=st.integers(4, 40).map(lambda n: 2 * n),
    width=st.integers(4, 40).map(lambda n: 2 * n),
    size=st.floats(0, 100),
)
def test_what_is_read_is_what_was_written_to_a_part_of_a_step(seed, height, width, size):
    f = fields(seed, 2, height, width, size)
    back = decode_fields(encode_fields(f, STEP), f.shape, STEP)
    # Orthonormal, so the error is that of the coefficients: a rounding up to 0.65 of a step, where the dead zone ends.
    # At the largest amplitudes, beyond what two bytes hold, float32 adds its own.
    assert np.sqrt(((back - f) ** 2).mean()) <= 0.65 * STEP + 1e-5 * np.abs(f).max()


def test_smooth_fields_take_a_fraction_of_their_bytes():
    f = fields(0, 32, 144, 256)
    assert len(encode_fields(f, STEP)) < f.nbytes / 30


def test_still_fields_take_nothing_and_come_back_still():
    f = np.zeros((16, 144, 256), np.float32)
    packed = encode_fields(f, STEP)
    assert len(packed) < 1000
    assert not decode_fields(packed, f.shape, STEP).any()


@given(st.data())
def test_damage_is_told(data):
    f = fields(1)
    packed = bytearray(encode_fields(f, STEP))
    cut = data.draw(st.integers(0, len(packed) - 1))
    with pytest.raises(ValueError, match="packed motion"):
        decode_fields(bytes(packed[:cut]), f.shape, STEP)


@pytest.mark.parametrize("shape", [(3, 40, 66), (2, 40, 64), (4, 40, 64), (1, 20, 16)])
def test_another_shape_is_refused(shape):
    with pytest.raises(ValueError, match="another size"):
        decode_fields(encode_fields(fields(2), STEP), shape, STEP)
