# SPDX-License-Identifier: GPL-3.0-or-later
"""One random view of a picture together with its motion: where the picture turns, the vectors turn with it."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["rest_at_first_frame", "view"]


def view(
    image: npt.NDArray[np.uint8],
    spectrum: npt.NDArray[np.complex64],
    rng: np.random.Generator,
    *,
    height: int,
    width: int,
    smallest: float = 0.6,
    rotation: float = 5.0,
    anytime: bool = True,
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.complex64]]:
    """Random crop, flip, rotation and colour of a picture, and its motion seen in that view.

    The ranges are the paper's (supplement §4.1): colour jitter, horizontal flip, random scale,
    rotation by up to 5°, random crop. The motion also gets a random direction of time and a random phase: a
    wind that blows backwards, or the same way a moment later, is as likely.

    Args:
        image: (H, W, 3) uint8.
        spectrum: (K, 2, h, w) complex64 of the whole picture, in fractions of its width.
        rng: source of all choices.
        height, width: of the view, for picture and motion alike.
        smallest: the least share of the picture's side that the view may show.
        rotation: the largest angle, in degrees.
        anytime: whether it gets the phase. A window out of motion that does not repeat has its jump at the wrap, where
            it must stay.

    Returns:
        (height, width, 3) uint8 and (K, 2, height, width) complex64 in fractions of the *view's* width,
        at rest in the first frame.
    """
    rows, columns = image.shape[:2]
    aspect = width / height
    share = rng.uniform(smallest, 1.0)
    crop_w = min(columns, rows * aspect) * share
    centre = (
        rng.uniform(crop_w / 2, columns - crop_w / 2),
        rng.uniform(crop_w / aspect / 2, rows - crop_w / aspect / 2),
    )
    angle = np.deg2rad(rng.uniform(-rotation, rotation))
    mirror = -1.0 if rng.random() < 0.5 else 1.0
    c, s = np.cos(angle), np.sin(angle)
    # Columns are where a step right and a step down in the view lead in the picture.
    turn = np.array([[c * mirror, -s], [s * mirror, c]])
    step = crop_w / width

    def affine(scale: float) -> npt.NDArray[np.float64]:
        matrix = turn * step * scale
        middle = np.array([(width - 1) / 2, (height - 1) / 2])
        at = (np.array(centre)) * scale - 0.5
        return np.hstack([matrix, (at - matrix @ middle)[:, None]])

    inverse = cv2.WARP_INVERSE_MAP
    picture = cv2.warpAffine(
        image, affine(1.0), (width, height), flags=cv2.INTER_AREA | inverse, borderMode=cv2.BORDER_REFLECT_101
    )
    scale = spectrum.shape[3] / columns
    channels = np.ascontiguousarray(spectrum.reshape(-1, *spectrum.shape[2:])).view(np.float32)
    planes = channels.reshape(len(channels), *spectrum.shape[2:], 2)
    seen = np.stack(
        [
            cv2.warpAffine(
                plane,
                affine(scale),
                (width, height),
                flags=cv2.INTER_LINEAR | inverse,
                borderMode=cv2.BORDER_REFLECT_101,
            )
            for plane in planes
        ]
    )
    motion = seen.view(np.complex64)[..., 0].reshape(spectrum.shape[0], 2, height, width)
    # Vectors go the opposite way of coordinates, and a closer view shows the same swing larger.
    motion = np.einsum("ij,kjhw->kihw", np.linalg.inv(turn).astype(np.float32), motion) * (columns / crop_w)

    if rng.random() < 0.5:
        motion = motion.conj()
    phase = rng.uniform(0, 2 * np.pi) * np.arange(spectrum.shape[0]) * anytime
    motion = motion * np.exp(1j * phase)[:, None, None, None]
    return _recolour(picture, rng), rest_at_first_frame(motion.astype(np.complex64))


def rest_at_first_frame(spectrum: npt.NDArray[np.complex64]) -> npt.NDArray[np.complex64]:
    """The same swing with a mean offset such that frame 0 is the picture itself: S_0 = -Re Σ_{k≥1} S_k."""
    out = spectrum.copy()
    out[0] = -spectrum[1:].real.sum(axis=0)
    return out


def _recolour(image: npt.NDArray[np.uint8], rng: np.random.Generator) -> npt.NDArray[np.uint8]:
    x = image.astype(np.float32) / 255.0
    x = x ** np.exp(rng.normal(0, 0.2)) * np.exp(rng.normal(0, 0.15, 3)) ** 0.5
    grey = x.mean(axis=2, keepdims=True)
    x = grey + (x - grey) * rng.uniform(0.7, 1.3)
    x = (x - 0.5) * rng.uniform(0.8, 1.2) + 0.5 + rng.uniform(-0.08, 0.08)
    if rng.random() < 0.3:
        x = cv2.GaussianBlur(x, (0, 0), rng.uniform(0.3, 1.0))
    return np.asarray(np.clip(x * 255.0, 0, 255), np.uint8)
