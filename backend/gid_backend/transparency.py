# SPDX-License-Identifier: GPL-3.0-or-later
"""Transparent pictures where results cannot be: refused in a sentence, or laid on a background."""

from __future__ import annotations

import numpy as np
from PIL import ImageColor

from .colour import Picture, to_linear
from .errors import ImageError

__all__ = ["Background", "is_transparent", "laid_on", "parse_colour", "require_alpha"]

# sRGB-encoded red, green, blue in 0..1.
Background = tuple[float, float, float]

HOLDERS = "a folder of PNG, WebP or OpenEXR frames, an animated .webp, or .mov (ProRes 4444)"


def is_transparent(picture: Picture) -> bool:
    """Whether any pixel lets something shine through; an alpha channel that is full everywhere says nothing."""
    if picture.shape[2] < 4:
        return False
    opaque = 1.0 if picture.dtype.kind == "f" else np.iinfo(picture.dtype).max
    return bool((picture[..., 3] < opaque).any())


def require_alpha(picture: Picture, kind: str, hint: str = f"Choose {HOLDERS}; or give a --background.") -> None:
    """Refuse a transparent picture for results of a kind that has no transparency.

    Args:
        picture: that is to be written.
        kind: as it is called in the sentence.
        hint: what to do.

    Raises:
        ImageError: when it is transparent anywhere.
    """
    if is_transparent(picture):
        raise ImageError(f"The picture is transparent in places, and {kind} cannot be.", hint)


def laid_on(picture: Picture, background: Background, *, linear: bool = False) -> Picture:
    """(H, W, 3) of a picture (H, W, 4) on a plain colour; one without alpha stays as it is.

    Mixed in the values that the picture has: encoded ones as in browsers and image editors, linear ones as light.
    """
    if picture.shape[2] < 4:
        return picture
    colour = np.asarray(background, np.float32)
    if picture.dtype.kind == "f":
        colour = to_linear(colour) if linear else colour
        return np.asarray(picture[..., :3] + colour * (1.0 - picture[..., 3:]), np.float32)
    peak = np.float32(np.iinfo(picture.dtype).max)
    alpha = picture[..., 3:].astype(np.float32) / peak
    mixed = picture[..., :3] * alpha + colour * peak * (1.0 - alpha)
    return np.asarray(np.rint(mixed), picture.dtype)


def parse_colour(text: str) -> Background:
    """A colour as CSS has it: white, #f80, #ff8800, rgb(255, 136, 0), hsl(32, 100%, 50%).

    Raises:
        ImageError: when it is none, or transparent itself.
    """
    try:
        values = ImageColor.getrgb(text)
    except ValueError as error:
        raise ImageError(f"“{text}” is no colour.", "Write it like white, #ff8800 or rgb(255, 136, 0).") from error
    if len(values) == 4 and values[3] < 255:
        raise ImageError(f"The background “{text}” is transparent itself.", "Leave it out to keep transparency.")
    return values[0] / 255, values[1] / 255, values[2] / 255
