# SPDX-License-Identifier: GPL-3.0-or-later
"""A picture and its part map, drawn together: anti-aliased colour, hard-edged parts, at twice the stored size."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["Canvas"]

Array = npt.NDArray[Any]
_SHIFT = 4


class Canvas:
    """Draws in fractions of the picture's width (x right, y down); later things cover earlier ones."""

    def __init__(self, height: int, width: int) -> None:
        self.height, self.width = height, width
        self.image: npt.NDArray[np.uint8] = np.zeros((height, width, 3), np.uint8)
        self.index: npt.NDArray[np.uint16] = np.zeros((height, width), np.uint16)

    @property
    def aspect(self) -> float:
        """Height over width: the largest y."""
        return self.height / self.width

    def polygons(
        self, points: Array, colours: Array, parts: Array | Sequence[int] | int | None, convex: bool = True
    ) -> None:
        """Fill (N, V, 2) outlines in order with (N, 3) colours; `parts` None paints colour alone (a highlight)."""
        fixed = np.round(points * (self.width << _SHIFT) - (1 << (_SHIFT - 1))).astype(np.int32)
        tones = np.clip(colours, 0, 255).astype(int)
        if tones.ndim == 1:
            tones = np.broadcast_to(tones, (len(fixed), 3))
        rgb = tones.tolist()
        owners: Any = None if parts is None else np.broadcast_to(np.asarray(parts), len(fixed)).tolist()
        for i, outline in enumerate(fixed):
            if convex:
                cv2.fillConvexPoly(self.image, outline, rgb[i], cv2.LINE_AA, _SHIFT)
            else:
                cv2.fillPoly(self.image, [outline], rgb[i], cv2.LINE_AA, _SHIFT)
            if owners is not None:
                if convex:
                    cv2.fillConvexPoly(self.index, outline, owners[i], cv2.LINE_8, _SHIFT)
                else:
                    cv2.fillPoly(self.index, [outline], owners[i], cv2.LINE_8, _SHIFT)

    def polygon(self, points: Array, colour: Any, part: int | None, convex: bool = False) -> None:
        """Fill one (V, 2) outline."""
        self.polygons(np.asarray(points, float)[None], np.asarray(colour), None if part is None else [part], convex)

    def ellipse(self, centre: Any, axes: Any, angle: float, colour: Any, part: int | None) -> None:
        """Fill one ellipse; `axes` are the half axes, `angle` in radians."""
        t = np.linspace(0, 2 * np.pi, 28, endpoint=False)
        c, s = np.cos(angle), np.sin(angle)
        p = np.stack([np.cos(t) * axes[0], np.sin(t) * axes[1]], 1) @ np.array([[c, s], [-s, c]])
        self.polygon(p + np.asarray(centre), colour, part, convex=True)

    def lines(
        self, starts: Array, ends: Array, colours: Array, thickness: float, parts: Array | Sequence[int] | int | None
    ) -> None:
        """Draw (N, 2) to (N, 2) lines, `thickness` in fractions of the width."""
        direction = ends - starts
        normal = np.stack([-direction[:, 1], direction[:, 0]], 1)
        normal = (
            normal
            / np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-9)
            * (max(thickness, 0.7 / self.width) / 2)
        )
        self.polygons(np.stack([starts - normal, starts + normal, ends + normal, ends - normal], 1), colours, parts)

    def tube(
        self,
        points: Array,
        widths: Array,
        colour: Any,
        parts: Sequence[int] | int | None,
        light: Any = (-0.6, -0.8),
        shine: float = 0.35,
    ) -> None:
        """A round stick along a polyline (n+1, 2) with `widths` (n+1,) and a part for each of its n segments."""
        points, widths = np.asarray(points, float), np.maximum(np.asarray(widths, float), 0.8 / self.width)
        tangent = np.gradient(points, axis=0)
        tangent /= np.maximum(np.linalg.norm(tangent, axis=1, keepdims=True), 1e-9)
        normal = np.stack([-tangent[:, 1], tangent[:, 0]], 1)
        lit = np.sign(normal @ np.asarray(light) + 1e-9)[:, None]
        tone = np.asarray(colour, float)
        strips = ((-1.0, 1.0, 1.0 - shine), (-0.45, 1.0, 1.0), (0.15, 0.8, 1.0 + shine))
        for n, (low, high, gain) in enumerate(strips):
            if n and widths.max() < 2.5 / self.width:
                break
            a = points + normal * lit * (widths[:, None] / 2) * low
            b = points + normal * lit * (widths[:, None] / 2) * high
            quads = np.stack([a[:-1], b[:-1], b[1:], a[1:]], 1)
            gain = 1.0 if widths.max() < 2.5 / self.width else gain
            self.polygons(quads, tone * gain, parts if n == 0 else None)

    def blur(self, sigma: float) -> None:
        """Blur everything drawn so far (sigma in fractions of the width): out of focus."""
        s = sigma * self.width
        if s < 0.4:
            return
        # At a quarter of the size a wide blur looks the same and costs a sixteenth.
        f = 4 if s > 8 else 2 if s > 3 else 1
        small = (
            cv2.resize(self.image, (self.width // f, self.height // f), interpolation=cv2.INTER_AREA)
            if f > 1
            else self.image
        )
        small = cv2.GaussianBlur(small, (0, 0), s / f)
        self.image = cv2.resize(small, (self.width, self.height), interpolation=cv2.INTER_CUBIC) if f > 1 else small

    def layer(self) -> Canvas:
        """A copy to draw nearer things on; put it back with `merge`."""
        other = Canvas(self.height, self.width)
        other.image = self.image.copy()
        other.index = np.full_like(self.index, 65535)
        return other

    def merge(self, layer: Canvas, sigma: float) -> None:
        """Lay a layer over this canvas, out of focus by sigma."""
        mask = (layer.index != 65535).astype(np.float32)
        s = max(sigma * self.width, 0.3)
        alpha = cv2.GaussianBlur(mask, (0, 0), s)[..., None]
        colour = cv2.GaussianBlur(layer.image.astype(np.float32) * mask[..., None], (0, 0), s)
        self.image = np.clip(self.image * (1.0 - alpha) + colour, 0, 255).astype(np.uint8)
        shown = alpha[..., 0] > 0.45
        # Blurring moves the edge outwards by less than a pixel or two; there the nearest part owns the pixel.
        index = layer.index.copy()
        grown = cv2.dilate(np.where(index == 65535, 0, index).astype(np.uint16), np.ones((5, 5), np.uint8))
        index = np.where(index == 65535, grown, index)
        self.index = np.where(shown, index, self.index)

    def shadow(self, outline: Array, offset: Any, sigma: float, strength: float) -> None:
        """Darken below a (V, 2) outline moved by `offset`, with an edge as soft as sigma (fractions of the width)."""
        f = 4
        mask = np.zeros((self.height // f, self.width // f), np.float32)
        points = np.round((outline + np.asarray(offset)) * (self.width // f)).astype(np.int32)
        cv2.fillPoly(mask, [points], 1.0)
        self.shade(1.0 - strength * cv2.GaussianBlur(mask, (0, 0), max(sigma * self.width / f, 0.5)))

    def shade(self, gain: Array) -> None:
        """Multiply the picture by a field (h, w) or (h, w, 3) of any size."""
        field = cv2.resize(np.asarray(gain, np.float32), (self.width, self.height), interpolation=cv2.INTER_LINEAR)
        if field.ndim == 2:
            field = field[..., None]
        self.image = np.clip(self.image * field, 0, 255).astype(np.uint8)

    def glow(self, centre: Any, radius: float, colour: Any) -> None:
        """Add light that falls off around a point, without a part."""
        s = 4
        y, x = np.mgrid[0 : self.height // s, 0 : self.width // s].astype(np.float32) * (s / self.width)
        d = ((x - centre[0]) ** 2 + (y - centre[1]) ** 2) / radius**2
        light = cv2.resize(np.exp(-d) + 0.35 / (1 + 4 * d), (self.width, self.height))
        self.image = np.clip(self.image + light[..., None] * np.asarray(colour, np.float32), 0, 255).astype(np.uint8)
