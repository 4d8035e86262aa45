# SPDX-License-Identifier: GPL-3.0-or-later
"""Texture for a hole: each of its patches is made to look like a patch somewhere else in the picture.

The scheme of Wexler, Shechtman and Irani (2007) with the search of PatchMatch (Barnes et al., 2009), all patches at
once: from a coarse picture to a fine one, find for each patch that touches the hole the most similar one outside, and
let the patches vote for the pixels that they cover.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from .membrane import membrane

__all__ = ["RADIUS", "Offsets", "complete"]

Floats = npt.NDArray[np.float32]
Hole = npt.NDArray[np.bool_]
# (H, W, 2) int32: from a pixel to the one that it is like, y and x.
Offsets = npt.NDArray[np.int32]

# Patches of 7×7 pixels.
RADIUS = 3
# Rounds of searching and voting at each size; the coarsest settles what goes where, the finest only details.
_ROUNDS_COARSE, _ROUNDS_FINE = 12, 4
_SMALLEST = 24
_TRIES = 5
# Neighbours that are asked for their finds, in this order.
_HOPS = ((0, 4), (4, 0), (0, -4), (-4, 0), (0, 1), (1, 0), (0, -1), (-1, 0))


def complete(
    guide: Floats,
    hole: Hole,
    source: Hole,
    *,
    check: Callable[[float], None] = lambda _: None,
    seed: int = 0,
) -> tuple[Floats, Offsets]:
    """Fill a hole with texture.

    Args:
        guide: (H, W, C) about 0..1.
        hole: (H, W) what is to be filled.
        source: (H, W) what may be taken; nothing of the hole.
        check: called with the share that is done; may raise to stop.
        seed: of the random search; the same one gives the same result.

    Returns:
        the filled (H, W, C), and for each pixel of the hole and near it where what it shows was taken from.
    """
    random = np.random.default_rng(seed)
    levels = _pyramid(guide, hole, source)
    costs = np.array([level[1].sum() + 1.0 for level in levels])
    shares = np.cumsum(costs) / costs.sum()
    offsets: Offsets | None = None
    filled = guide
    for number, (picture, holes, sources) in enumerate(levels):
        level = _Level(picture, holes, sources, random)
        if number == 0:
            filled = membrane(picture, ~holes)
        else:
            assert offsets is not None
            size = (picture.shape[1], picture.shape[0])
            ratio = np.array([size[1], size[0]]) / offsets.shape[:2]
            grown = cv2.resize(offsets.astype(np.float32), size, interpolation=cv2.INTER_NEAREST) * ratio
            level.start(np.rint(grown).astype(np.int32))
            filled = level.vote(np.where(holes[..., None], membrane(picture, ~holes), picture))
        rounds = _ROUNDS_COARSE if number == 0 else max(_ROUNDS_FINE, _ROUNDS_COARSE - 3 * number)
        for step in range(rounds):
            done = shares[number - 1] if number else 0.0
            check(float(done + (shares[number] - done) * step / rounds))
            level.search(filled)
            filled = level.vote(filled)
        offsets = level.offsets()
    assert offsets is not None
    return level.settle(filled), offsets


def _pyramid(guide: Floats, hole: Hole, source: Hole) -> list[tuple[Floats, Hole, Hole]]:
    """Coarse to fine. A coarse pixel belongs to the hole when any of its pixels does."""
    levels = [(guide, hole, source)]
    while min(levels[0][0].shape[:2]) > 2 * _SMALLEST:
        picture, holes, _ = levels[0]
        size = ((picture.shape[1] + 1) // 2, (picture.shape[0] + 1) // 2)
        known = (~holes).astype(np.float32)[..., None]
        share = cv2.resize(known, size, interpolation=cv2.INTER_AREA)[..., None]
        smaller = cv2.resize(picture * known, size, interpolation=cv2.INTER_AREA).reshape(*share.shape[:2], -1)
        smaller = np.asarray(smaller / np.maximum(share, 1e-6), np.float32)
        sources = cv2.resize(levels[0][2].astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0.999
        # Where a coarse copy has nothing left to take from, the finer ones have to do by themselves.
        if _centres(sources, share[..., 0] < 0.999).sum() < 64:
            break
        levels.insert(0, (smaller, share[..., 0] < 0.999, sources))
    return levels


def _centres(source: Hole, hole: Hole) -> Hole:
    """Pixels whose whole patch may be taken and lies in the picture."""
    whole = np.zeros(hole.shape, np.uint8)
    whole[RADIUS:-RADIUS, RADIUS:-RADIUS] = 1
    whole &= (source & ~hole).astype(np.uint8)
    kernel = np.ones((2 * RADIUS + 1, 2 * RADIUS + 1), np.uint8)
    return np.asarray(cv2.erode(whole, kernel, borderType=cv2.BORDER_CONSTANT, borderValue=1) > 0)


def _mean_over(picture: Floats, where: Hole) -> Floats:
    side = (2 * RADIUS + 1, 2 * RADIUS + 1)
    weight = where.astype(np.float32)[..., None]
    total = cv2.blur(picture * weight, side).reshape(picture.shape)
    return np.asarray(total / np.maximum(cv2.blur(weight, side)[..., None], 1e-6), np.float32)


class _Level:
    """One size of the picture: the patches that touch the hole, and what each is most like."""

    def __init__(self, picture: Floats, hole: Hole, source: Hole, random: np.random.Generator) -> None:
        self.random = random
        self.hole = hole
        self.shape = hole.shape
        self.valid = _centres(source, hole)
        if not self.valid.any():
            # Nothing but scraps to take from: then a patch may hang over, as long as its centre is sound.
            self.valid = source & ~hole
        kernel = np.ones((2 * RADIUS + 1, 2 * RADIUS + 1), np.uint8)
        self.query = cv2.dilate(hole.astype(np.uint8), kernel) > 0
        self.ys, self.xs = np.nonzero(self.query)
        self.rows = np.full(self.shape, -1, np.int32)
        self.rows[self.ys, self.xs] = np.arange(len(self.ys))
        self.centres = np.stack(np.nonzero(self.valid), axis=1).astype(np.int32)
        reach = np.arange(-RADIUS, RADIUS + 1)
        self.padded_width = self.shape[1] + 2 * RADIUS
        self.window = (reach[:, None] * self.padded_width + reach[None, :]).ravel()
        # The nearer the rim, the more is known about a pixel, and the more its patch has to say.
        inside = cv2.distanceTransform(hole.astype(np.uint8), cv2.DIST_L2, 3)
        self.trust = np.asarray(1.3 ** -np.minimum(inside, 30), np.float32)
        self.targets = self.centres[self.random.integers(len(self.centres), size=len(self.ys))]
        self._snap(np.stack([self.ys, self.xs], axis=1))

    def start(self, offsets: Offsets) -> None:
        """Begin with what a coarser size has found."""
        here = np.stack([self.ys, self.xs], axis=1)
        self._snap(here + offsets[self.ys, self.xs])

    def offsets(self) -> Offsets:
        found = np.zeros((*self.shape, 2), np.int32)
        found[self.ys, self.xs] = self.targets - np.stack([self.ys, self.xs], axis=1)
        # Beyond, as the nearest patch has it: a finer size asks for pixels that lie between.
        return found

    def search(self, picture: Floats) -> None:
        """Let each patch look at what its neighbours have found, and at some places by chance."""
        flat = self._flat(picture)
        own = flat[self._index(self.ys, self.xs)[:, None] + self.window]
        best = self._distance(flat, own, self.targets)
        for dy, dx in _HOPS:
            ny, nx = self.ys + dy, self.xs + dx
            inside = (ny >= 0) & (ny < self.shape[0]) & (nx >= 0) & (nx < self.shape[1])
            neighbour = np.where(inside, self.rows[ny.clip(0, self.shape[0] - 1), nx.clip(0, self.shape[1] - 1)], -1)
            found = self.targets[neighbour] - (dy, dx)
            best = self._try(flat, own, best, found, neighbour >= 0)
        radius = max(self.shape) / 2
        for _ in range(_TRIES):
            jump = self.random.uniform(-radius, radius, (len(self.ys), 2))
            best = self._try(flat, own, best, self.targets + np.rint(jump).astype(np.int32), None)
            radius = max(radius / 3, 1.5)
        self.cost = best

    def vote(self, picture: Floats) -> Floats:
        """Each pixel of the hole becomes the mean of what the patches over it would put there."""
        hy, hx = np.nonzero(self.hole)
        result = picture.copy()
        result[hy, hx] = self._votes(picture, hy, hx)
        return result

    def settle(self, picture: Floats) -> Floats:
        """Take the step off the rim: what is too dark there is made lighter, and less so the further inside."""
        cross = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], np.uint8)
        hole = self.hole.astype(np.uint8)
        outside = (cv2.dilate(hole, cross) - hole).astype(bool)
        inside = (hole - cv2.erode(hole, cross, borderValue=1)).astype(bool)
        # Along the rim, over a patch: one pixel's difference is texture, that of many a wrong tone.
        step = _mean_over(picture, outside) - _mean_over(picture, inside)
        wrong = membrane(np.where(outside[..., None], step, 0), ~self.hole)
        return np.asarray(np.where(self.hole[..., None], picture + wrong, picture), np.float32)

    def _votes(self, picture: Floats, hy: npt.NDArray[np.intp], hx: npt.NDArray[np.intp]) -> Floats:
        cost = getattr(self, "cost", np.zeros(len(self.ys), np.float32))
        scale = max(float(np.quantile(cost, 0.75)), 1e-6)
        weight = np.exp(-cost / (2 * scale)) * self.trust[self.ys, self.xs] + 1e-8
        flat = self._flat(picture)
        targets = self._index(self.targets[:, 0], self.targets[:, 1])
        total = np.zeros((len(hy), picture.shape[2]), np.float32)
        sums = np.zeros((len(hy), 1), np.float32)
        for dy in range(-RADIUS, RADIUS + 1):
            for dx in range(-RADIUS, RADIUS + 1):
                py, px = hy - dy, hx - dx
                inside = (py >= 0) & (py < self.shape[0]) & (px >= 0) & (px < self.shape[1])
                patch = self.rows[py.clip(0, self.shape[0] - 1), px.clip(0, self.shape[1] - 1)]
                share = np.where(inside & (patch >= 0), weight[patch], 0)[:, None]
                total += share * flat[targets[patch] + dy * self.padded_width + dx]
                sums += share
        return np.asarray(total / sums, np.float32)

    def _try(
        self,
        flat: Floats,
        own: Floats,
        best: Floats,
        found: npt.NDArray[np.int32],
        asked: Hole | None,
    ) -> Floats:
        fy, fx = found[:, 0], found[:, 1]
        sound = (fy >= 0) & (fy < self.shape[0]) & (fx >= 0) & (fx < self.shape[1])
        if asked is not None:
            sound &= asked
        sound[sound] = self.valid[fy[sound], fx[sound]]
        which = np.nonzero(sound)[0]
        if not len(which):
            return best
        distance = self._distance(flat, own[which], found[which])
        better = distance < best[which]
        self.targets[which[better]] = found[which[better]]
        best[which[better]] = distance[better]
        return best

    def _distance(self, flat: Floats, own: Floats, targets: npt.NDArray[np.int32]) -> Floats:
        other = flat[self._index(targets[:, 0], targets[:, 1])[:, None] + self.window]
        np.subtract(other, own, out=other)
        return np.asarray(np.einsum("nkc,nkc->n", other, other), np.float32)

    def _flat(self, picture: Floats) -> Floats:
        """Rows of pixels, mirrored beyond the border, so that every patch is whole."""
        padded = np.pad(picture, ((RADIUS, RADIUS), (RADIUS, RADIUS), (0, 0)), mode="reflect")
        return padded.reshape(-1, picture.shape[2])

    def _index(self, y: npt.NDArray[Any], x: npt.NDArray[Any]) -> npt.NDArray[np.intp]:
        return np.asarray((y + RADIUS) * self.padded_width + x + RADIUS, np.intp)

    def _snap(self, wanted: npt.NDArray[np.integer]) -> None:
        """Take the sound centre that lies nearest to each wanted place."""
        _, labels = cv2.distanceTransformWithLabels(
            (~self.valid).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
        )
        place = np.zeros((labels.max() + 1, 2), np.int32)
        place[labels[self.valid]] = self.centres
        y = wanted[:, 0].clip(0, self.shape[0] - 1)
        x = wanted[:, 1].clip(0, self.shape[1] - 1)
        self.targets = place[labels[y, x]]
