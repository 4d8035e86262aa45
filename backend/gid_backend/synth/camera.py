# SPDX-License-Identifier: GPL-3.0-or-later
"""From a drawing to what a camera would have taken: exposure, colour, lens and grain."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from .shapes import noise
from .stage import Stage

__all__ = ["load_worlds", "photograph"]


def photograph(st: Stage) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint16]]:
    """The picture and its part map at the final size (half the canvas)."""
    c, rng = st.canvas, st.rng
    h, w = c.height // 2, c.width // 2
    image = cv2.resize(c.image, (w, h), interpolation=cv2.INTER_AREA).astype(np.float32) / 255.0
    # Of the four samples of a pixel, the lower right one: nearest to its centre with the three others equally near.
    index = np.ascontiguousarray(c.index[1::2, 1::2])
    if st.chance(0.35):
        # Light and shade that fall across everything, as under trees.
        field = noise(rng, 40, 64, st.u(8, 40), 3)
        image *= cv2.resize(np.exp(st.u(0.05, 0.25) * field), (w, h))[..., None]
    if st.chance(0.3):
        a = st.u(0, 6.28)
        y, x = np.mgrid[-1 : 1 : h * 1j, -1 : 1 : w * 1j].astype(np.float32)
        haze = np.clip(0.5 + 0.5 * (np.cos(a) * x + np.sin(a) * y), 0, 1)[..., None] * st.u(0.05, 0.35)
        image = image * (1 - haze) + haze * np.array([1.0, st.u(0.85, 0.97), st.u(0.65, 0.95)], np.float32)
    image = np.clip(image, 0, 1) ** st.spread(1.0, 1.15) * st.spread(1.0, 1.15)
    image *= np.exp(rng.normal(0, 0.05, 3)).astype(np.float32)
    grey = image.mean(2, keepdims=True)
    image = grey + (image - grey) * np.float32(0.0 if st.chance(0.02) else st.spread(0.95, 1.2))
    contrast = st.u(0.85, 1.25)
    image = (image - 0.45) * contrast + 0.45
    if st.chance(0.6):
        y, x = np.mgrid[-1 : 1 : h * 1j, -1 : 1 : w * 1j].astype(np.float32)
        image *= 1 - st.u(0.05, 0.4) * np.clip((x * x + y * y) / 2, 0, 1)[..., None]
    if st.chance(0.4):
        image = cv2.GaussianBlur(image, (0, 0), st.u(0.3, 0.7))
    image += rng.standard_normal((h, w, 3), np.float32) * st.u(0.002, 0.02)
    return (np.clip(image, 0, 1) * 255 + 0.5).astype(np.uint8), index


def load_worlds(folder: Path | str) -> list[npt.NDArray[np.uint8]]:
    """Panoramas of a folder (.hdr, .jpg, .png), tone-mapped; OpenCV's wheels do not read .exr."""
    worlds = []
    for path in sorted(Path(folder).iterdir()):
        if path.suffix.lower() not in (".hdr", ".jpg", ".jpeg", ".png"):
            continue
        image = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
        if image is None or image.ndim != 3:
            continue
        if image.dtype == np.float32:
            lit = np.maximum(image[..., :3], 0)
            lit = lit * (0.18 / max(float(np.exp(np.log(lit.mean(2) + 1e-4).mean())), 1e-6))
            image = (255 * (lit / (1 + lit)) ** (1 / 2.2)).astype(np.uint8)
        worlds.append(np.ascontiguousarray(image[..., 2::-1]))
    return worlds
