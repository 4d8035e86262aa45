# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the picture turns, the vectors turn with it: checked by moving the picture, not the formula."""

import cv2
import numpy as np
import pytest

from gid_backend.training.augment import rest_at_first_frame, view


def blob(centre: tuple[float, float], rows: int = 120, columns: int = 200) -> np.ndarray:
    y, x = np.mgrid[:rows, :columns] + 0.5
    value = 255 * np.exp(-((x - centre[0]) ** 2 + (y - centre[1]) ** 2) / (2 * 6.0**2))
    return np.repeat(value[..., None], 3, axis=2).astype(np.uint8)


def middle(image: np.ndarray) -> np.ndarray:
    # Brightness and contrast of a view vary; only what stands out above its ground counts.
    grey = image.astype(float).mean(axis=2)
    weight = np.maximum(grey - np.median(grey) - 3, 0) ** 2
    y, x = np.mgrid[: image.shape[0], : image.shape[1]] + 0.5
    return np.array([(weight * x).sum(), (weight * y).sum()]) / weight.sum()


@pytest.mark.parametrize("seed", range(12))
def test_the_motion_of_a_view_is_the_view_of_the_motion(seed: int) -> None:
    """A picture and the same picture moved by d, each seen through the same view, differ by the view's own d."""
    columns = 200
    shift = np.array([9.0, 5.0])
    # A constant field stored in band 1 at another grid than the picture's, as volumes are.
    spectrum = np.zeros((2, 2, 30, 50), np.complex64)
    spectrum[1] = (shift / columns)[:, None, None]
    still, motion = view(blob((100, 60)), spectrum, np.random.default_rng(seed), height=96, width=160, smallest=0.9)
    moved, _ = view(
        blob((100 + shift[0], 60 + shift[1])), spectrum, np.random.default_rng(seed), height=96, width=160, smallest=0.9
    )
    seen = (middle(moved) - middle(still)) / 160
    # The random phase turns the complex number, not the vector's direction or length.
    vector = motion[1, :, 48, 80]
    length = np.linalg.norm(vector)
    direction = (vector / np.exp(1j * np.angle(vector[np.argmax(np.abs(vector))]))).real / length
    assert length == pytest.approx(
        np.linalg.norm(seen), rel=0.08
    )  # the blob's centre is known to a fraction of a pixel
    assert abs(direction @ seen) / np.linalg.norm(seen) > 0.99


def test_a_view_starts_at_rest() -> None:
    rng = np.random.default_rng(0)
    spectrum = (rng.normal(size=(5, 2, 20, 32)) + 1j * rng.normal(size=(5, 2, 20, 32))).astype(np.complex64)
    _, motion = view(np.zeros((40, 64, 3), np.uint8), spectrum, rng, height=16, width=24)
    np.testing.assert_allclose(motion.sum(axis=0).real, 0, atol=1e-5)  # float32 sums of five terms of order 1


def test_rest_changes_nothing_but_the_mean() -> None:
    spectrum = np.ones((3, 2, 4, 4), np.complex64) * (1 + 1j)
    rested = rest_at_first_frame(spectrum)
    assert (rested[1:] == spectrum[1:]).all()
    assert (rested[0] == -2).all()


def test_mirroring_happens_and_flips_x_only() -> None:
    picture = np.zeros((40, 64, 3), np.uint8)
    cv2.circle(picture, (16, 20), 6, (255, 255, 255), -1)
    sides = set()
    for seed in range(20):
        seen, _ = view(
            picture, np.zeros((2, 2, 10, 16), np.complex64), np.random.default_rng(seed), height=40, width=64,
            smallest=0.999, rotation=0.0,
        )  # fmt: skip
        sides.add(bool(middle(seen)[0] < 32))
    assert sides == {True, False}


def test_a_window_keeps_its_wrap_where_it_is() -> None:
    """A jump between the last frame and the first stays there, forwards or backwards."""
    frames, bands = 150, 16
    t = np.arange(frames) / frames
    # A ramp, which jumps back at the wrap.
    ramp = 2.0 / frames * np.fft.fft(0.01 * t)[:bands].astype(np.complex64)
    spectrum = np.broadcast_to(ramp[:, None, None, None], (bands, 2, 24, 40)).copy()
    image = np.zeros((24, 40, 3), np.uint8)
    for seed in range(8):
        _, motion = view(image, spectrum, np.random.default_rng(seed), height=24, width=40, anytime=False)
        path = np.real(motion[:, 0, 12, 20] @ np.exp(2j * np.pi * np.arange(bands)[:, None] * t))
        steps = np.abs(np.roll(path, -1) - path)
        # Sixteen harmonics smear a jump over some frames.
        assert min(steps.argmax(), frames - steps.argmax()) <= 6
