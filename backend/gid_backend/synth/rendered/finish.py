# SPDX-License-Identifier: GPL-3.0-or-later
"""From rendered light to what a camera would have stored: exposure, film, colour, lens, grain, sharpening."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from ..scene import Parts, Scene

__all__ = ["develop", "develop_alike", "finished"]

Array = npt.NDArray[Any]


def finished(raw: dict[str, Array]) -> Scene:
    """A scene from what the renderer wrote."""
    seed = int(raw["seed"])
    parts = Parts(**{name.removeprefix("parts_"): raw[name] for name in raw if name.startswith("parts_")})
    rng = np.random.default_rng([30241, seed])
    return Scene(develop(raw["picture"], rng), raw["part_index"], parts, str(raw["family"]), seed)


def develop(picture: Array, rng: np.random.Generator) -> npt.NDArray[np.uint8]:
    """(H, W, 3) linear light of any scale to (H, W, 3) uint8 sRGB."""
    return np.asarray(develop_alike(picture[None], rng)[0])


def develop_alike(pictures: Array, rng: np.random.Generator, grain: float = 1.0) -> npt.NDArray[np.uint8]:
    """(N, H, W, 3) linear light to (N, H, W, 3) uint8 sRGB: one roll of film, exposed for the first picture.

    What is drawn at random and what is measured hold for all; the grain is multiplied by `grain`.
    """
    h, w = pictures.shape[1:3]
    light = np.nan_to_num(np.maximum(pictures, 0.0).astype(np.float32), posinf=1e3)
    light = _exposed(light, rng)
    # White balance, never quite right.
    light *= np.exp(rng.normal(0, 0.05, 3) + np.array([1.0, 0.0, -1.0]) * rng.normal(0, 0.06)).astype(np.float32)
    if rng.random() < 0.4:
        # Light that spreads in the lens.
        glow = _blurred(np.minimum(light, 4.0), rng.uniform(2, 8))
        light += np.float32(rng.uniform(0.01, 0.06)) * (glow - light)
    if rng.random() < 0.2:
        light = light + np.float32(rng.uniform(0.005, 0.06)) * np.array([1.0, 0.97, rng.uniform(0.8, 1.1)], np.float32)
    image = _film(light, rng)
    grey = image.mean(3, keepdims=True)
    colourful = 0.0 if rng.random() < 0.015 else float(np.exp(rng.normal(0.17, 0.25)))
    image = grey + (image - grey) * np.float32(colourful)
    contrast = np.float32(rng.uniform(1.0, 1.45))
    middle = np.float32(np.clip(image[0].mean(), 0.3, 0.55))
    image = middle + (image - middle) * contrast
    if rng.random() < 0.25:
        image = _graded(np.clip(image, 0, 1), rng)
    if rng.random() < 0.6:
        y, x = np.mgrid[-1 : 1 : h * 1j, -1 : 1 : w * 1j].astype(np.float32)
        image *= 1 - np.float32(rng.uniform(0.03, 0.35)) * np.clip((x * x + y * y) / 2, 0, 1)[..., None]
    style = rng.random()
    if style < 0.4:
        soft = _blurred(image, 0.8)
        image = image + np.float32(rng.uniform(0.2, 0.9)) * (image - soft)
    elif style < 0.6:
        image = _blurred(image, rng.uniform(0.3, 0.7))
    noise = rng.standard_normal(image.shape, np.float32)
    if rng.random() < 0.5:
        noise = noise.mean(3, keepdims=True) * np.float32(1.7)
    image = image + np.float32(grain) * noise * np.float32(rng.uniform(0.001, 0.018)) * (1.2 - np.clip(image, 0, 1))
    return np.asarray(np.clip(image, 0, 1) * 255 + 0.5, np.uint8)


def _blurred(images: Array, sigma: float) -> Array:
    return np.stack([cv2.GaussianBlur(image, (0, 0), sigma) for image in images])


def _exposed(light: Array, rng: np.random.Generator) -> Array:
    """Scaled as an automatic exposure does, with its errors; a night stays dark, a candle does not blind it."""
    luma = light[0] @ np.array([0.2126, 0.7152, 0.0722], np.float32)
    h, w = luma.shape
    y, x = np.mgrid[-1 : 1 : h * 1j, -1 : 1 : w * 1j]
    weight = np.exp(-(x * x + y * y))
    mean = float(np.exp((np.log(np.clip(luma, 1e-3, 20.0)) * weight).sum() / weight.sum()))
    bright = float(np.percentile(luma, 96))
    # Photographers let the sky burn out rather than the tree go black, mostly.
    gain = min(0.13 / max(mean, 1e-4), float(rng.uniform(1.5, 6.0)) / max(bright, 1e-4))
    # Where there is little light, cameras leave it darker.
    gain = min(gain, 60.0) * float(np.exp(rng.normal(-0.05, 0.4)))
    return light * np.float32(gain)


def _film(light: Array, rng: np.random.Generator) -> Array:
    """One of three responses, to 0..1 as stored."""
    kind = rng.random()
    if kind < 0.35:
        # Plain sRGB, its highlights rolled off late.
        knee = np.float32(0.8)
        over = np.maximum(light - knee, 0)
        light = np.minimum(light, knee) + (1 - knee) * (1 - np.exp(-over / (1 - knee) * 0.6))
        return np.asarray(
            np.where(light <= 0.0031308, 12.92 * light, 1.055 * np.maximum(light, 1e-6) ** (1 / 2.4) - 0.055)
        )
    if kind < 0.75:
        # The filmic curve by Narkowicz.
        x = light * np.float32(rng.uniform(0.75, 1.0))
        return np.asarray(np.clip((x * (2.51 * x + 0.03)) / (x * (2.43 * x + 0.59) + 0.14), 0, 1) ** (1 / 2.2))
    x = 1 - np.exp(-light * np.float32(rng.uniform(1.2, 1.8)))
    contrast = np.float32(rng.uniform(1.0, 1.35))
    return np.asarray(np.clip((x ** (1 / 2.2) - 0.5) * contrast + 0.5, 0, 1))


def _graded(image: Array, rng: np.random.Generator) -> Array:
    """Shadows of one colour and lights of another, or lifted blacks."""
    t = np.clip(image.mean(3, keepdims=True), 0, 1)
    cool = rng.normal(0, 0.04, 3).astype(np.float32)
    image = image + (1 - t) * cool - t * cool * 0.7
    lift = np.float32(rng.uniform(0, 0.07))
    return np.asarray(lift + image * (1 - lift))
