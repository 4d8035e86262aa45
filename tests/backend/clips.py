# SPDX-License-Identifier: GPL-3.0-or-later
"""Synthetic pictures, volumes and clips whose every displacement is known exactly."""

from __future__ import annotations

import cv2
import numpy as np

from gid_blender.motion import SpectralVolume


def textured_picture(height: int, width: int, seed: int = 0) -> np.ndarray:
    """(H, W, 3) uint8: noise at several scales, so that every place can be told from its neighbours."""
    rng = np.random.default_rng(seed)
    picture = np.zeros((height, width, 3), np.float32)
    for sigma, weight in ((1.5, 1.0), (4.0, 1.5), (12.0, 2.0)):
        octave = cv2.GaussianBlur(rng.standard_normal((height, width, 3)).astype(np.float32), (0, 0), sigma)
        picture += weight * octave / octave.std()
    picture = 128 + 45 * picture / picture.std()
    return np.clip(picture, 0, 255).astype(np.uint8)


def smooth_volume(height: int, width: int, *, amplitude: float, bands: int = 16, seed: int = 0) -> SpectralVolume:
    """A random volume, smooth in space, 1/k in band k; its largest RMS is `amplitude` fractions of the width."""
    rng = np.random.default_rng(seed)
    spectrum = np.zeros((bands, 2, height, width), np.complex64)
    for k in range(1, bands):
        for axis in range(2):
            for part in (1, 1j):
                noise = cv2.GaussianBlur(rng.standard_normal((height, width)).astype(np.float32), (0, 0), width / 8)
                spectrum[k, axis] += part * noise / noise.std() / k
    volume = SpectralVolume(spectrum)
    return volume.scaled(amplitude / float(volume.amplitude().max()))


def warped(picture: np.ndarray, displacement: np.ndarray) -> np.ndarray:
    """The frame in which p + displacement(p) shows picture(p); displacement (2, H, W) in pixels, smooth."""
    rows, columns = np.indices(picture.shape[:2], np.float32)
    x, y = columns.copy(), rows.copy()
    # Solve p = place - displacement(p); it converges where the displacement's slope is below 1.
    for _ in range(20):
        x = columns - cv2.remap(displacement[0], x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        y = rows - cv2.remap(displacement[1], x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return cv2.remap(picture, x, y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT_101)
