# SPDX-License-Identifier: GPL-3.0-or-later
"""Batches of crops out of pairs of frames, taken where something moves beside something that does not."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import torch
from torch import Tensor

from ..errors import GidError
from ..rendering.frame_pair import FramePair
from .stream import Stream

__all__ = ["FrameBatches"]

# Of so many places for a crop, the one with the most torn motion is taken, mostly.
PLACES = 6


class FrameBatches(Stream):
    """Batches for the renderer's network.

    Each item is {"source", "target": (B, 3, S, S) in 0..1, "flow": (B, 2, S, S) pixels, "strength": (B, 1, S, S) in
    typical strengths, "known": (B, 1, S, S) 0 where the flow may be wrong}.

    Args:
        sets: of pairs, each of which has the same share of the samples.
        batch: crops in one item.
        side: of a crop; pairs that are smaller are left out.
        seed: of the order and the places.

    Raises:
        GidError: when there is nothing to train on.
    """

    def __init__(self, sets: Sequence[Sequence[FramePair]], *, batch: int, side: int, seed: int) -> None:
        super().__init__(seed)
        self.sets = [pairs for pairs in sets if len(pairs)]
        self.batch, self.side = batch, side
        if not self.sets:
            raise GidError("There are no pairs of frames to train on.", "Make some with “gid train pairs”.")

    def draw(self, rng: np.random.Generator) -> dict[str, Tensor]:
        crops = [self._crop(rng) for _ in range(self.batch)]
        return {name: torch.stack([crop[name] for crop in crops]) for name in crops[0]}

    def _crop(self, rng: np.random.Generator) -> dict[str, Tensor]:
        pairs = self.sets[int(rng.integers(len(self.sets)))]
        pair = pairs[int(rng.integers(len(pairs)))]
        rows, columns = pair.strength.shape
        side = self.side
        known = np.ones((rows, columns), np.float32) if pair.known is None else pair.known.astype(np.float32)
        # A typical strength is the whole picture's, as the renderer's is.
        typical = float(np.sqrt(np.mean(pair.strength**2)))
        planes = [
            np.moveaxis(pair.source, 2, 0).astype(np.float32) / 255.0,
            np.moveaxis(pair.target, 2, 0).astype(np.float32) / 255.0,
            pair.flow,
            pair.strength[None] / max(typical, 1e-6),
            known[None],
        ]
        stack = np.concatenate(planes)
        # A picture that is too small is continued as a mirror continues it, motion and all.
        lack = (max(side - rows, 0), max(side - columns, 0))
        if any(lack):
            stack = np.stack([cv2.copyMakeBorder(p, 0, lack[0], 0, lack[1], cv2.BORDER_REPLICATE) for p in stack])
        torn = np.abs(np.diff(stack[6:8], axis=1))[:, :, :-1].sum(0) + np.abs(np.diff(stack[6:8], axis=2))[:, :-1].sum(
            0
        )
        tops = rng.integers(0, stack.shape[1] - side + 1, PLACES)
        lefts = rng.integers(0, stack.shape[2] - side + 1, PLACES)
        scores = [torn[t : t + side, c : c + side].sum() for t, c in zip(tops, lefts, strict=True)]
        best = int(np.argmax(scores)) if rng.random() < 0.8 else 0
        crop = stack[:, tops[best] : tops[best] + side, lefts[best] : lefts[best] + side]
        if rng.random() < 0.5:
            crop = crop[:, :, ::-1].copy()
            crop[6] *= -1.0
        x = torch.from_numpy(np.ascontiguousarray(crop, np.float32))
        # Brighter or darker, more or less of one colour; both pictures alike.
        gain = torch.from_numpy(np.exp(rng.normal(0.0, 0.15, (1, 3, 1, 1)))).float() * float(
            np.exp(rng.normal(0, 0.15))
        )
        pictures = (x[:6].view(2, 3, side, side) * gain).clamp(0.0, 1.0)
        return {"source": pictures[0], "target": pictures[1], "flow": x[6:8], "strength": x[8:9], "known": x[9:10]}
