# SPDX-License-Identifier: GPL-3.0-or-later
"""The searches for dense flow that can be chosen, by name; which of them is taken was measured (docs/dataset.md)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["DEFAULT_METHOD", "METHODS", "Search"]

Grey = npt.NDArray[np.uint8]
Field = npt.NDArray[np.float32]


class Search(Protocol):
    """Finds where everything in one picture is in another."""

    def calc(self, first: Grey, second: Grey, start: Field | None) -> Field:
        """(H, W, 2) float32 in pixels with second(p + flow) = first(p); `start` is a guess, and may be written to."""


class _Dis:
    """Dense inverse search of patches, from coarse to fine, each level refined variationally; then once more."""

    def __init__(self, preset: int, *, finest: int | None = None, sweeps: int | None = None, polish: int = 0) -> None:
        self._search = cv2.DISOpticalFlow_create(preset)
        if finest is not None:
            self._search.setFinestScale(finest)
        if sweeps is not None:
            self._search.setVariationalRefinementIterations(sweeps)
        self._polish = _refinement() if polish else None
        self._warps = polish

    def calc(self, first: Grey, second: Grey, start: Field | None) -> Field:
        flow: Field = self._search.calc(first, second, start)
        for _ in range(self._warps):
            assert self._polish is not None
            # Every call warps the second picture anew, so its linearisation is about the flow found so far.
            flow = self._polish.calc(first, second, flow)
        return flow


class _Farneback:
    """Polynomial expansion, from coarse to fine."""

    def calc(self, first: Grey, second: Grey, start: Field | None) -> Field:
        flags = 0 if start is None else cv2.OPTFLOW_USE_INITIAL_FLOW
        found = cv2.calcOpticalFlowFarneback(first, second, start, 0.5, 5, 15, 5, 7, 1.5, flags)
        return np.asarray(found, np.float32)


class _Pyramid:
    """Coarse to fine as Brox (2004) and Liu (2009) do it: brightness and gradient constancy, robust, with warps.

    With a start only the finest levels are gone through, with fewer warps, since what is left to find is small.
    """

    RATIO, SMALLEST = 0.75, 20
    WARPS, WARPS_FROM_START, LEVELS_FROM_START = 4, 2, 3

    def calc(self, first: Grey, second: Grey, start: Field | None) -> Field:
        rows, columns = first.shape
        levels = max(1, int(np.log(self.SMALLEST / min(rows, columns)) / np.log(self.RATIO)))
        if start is not None:
            levels = min(levels, self.LEVELS_FROM_START)
        warps = self.WARPS if start is None else self.WARPS_FROM_START
        flow: Field | None = start
        refinement = _refinement()
        for level in reversed(range(levels)):
            scale = self.RATIO**level
            size = (max(self.SMALLEST, round(columns * scale)), max(self.SMALLEST, round(rows * scale)))
            a, b = _smaller(first, size, scale), _smaller(second, size, scale)
            if flow is None:
                flow = np.zeros((size[1], size[0], 2), np.float32)
            elif flow.shape[1::-1] != size:
                grown = np.array([size[0] / flow.shape[1], size[1] / flow.shape[0]], np.float32)
                flow = cv2.resize(flow, size, interpolation=cv2.INTER_LINEAR) * grown
            for _ in range(warps):
                flow = refinement.calc(a, b, np.ascontiguousarray(flow, np.float32))
        assert flow is not None
        return flow


def _refinement() -> cv2.VariationalRefinement:
    return cv2.VariationalRefinement_create()


def _smaller(grey: Grey, size: tuple[int, int], scale: float) -> Grey:
    if scale == 1.0:
        return grey
    # Blurred first: INTER_AREA alone aliases at ratios near one.
    blurred = cv2.GaussianBlur(grey, (0, 0), 0.6 * np.sqrt(1.0 / scale**2 - 1.0))
    return np.asarray(cv2.resize(blurred, size, interpolation=cv2.INTER_LINEAR), np.uint8)


_MEDIUM, _FAST, _ULTRAFAST = (
    cv2.DISOPTICAL_FLOW_PRESET_MEDIUM,
    cv2.DISOPTICAL_FLOW_PRESET_FAST,
    cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST,
)
METHODS: Mapping[str, Callable[[], Search]] = {
    "dis-ultrafast": lambda: _Dis(_ULTRAFAST),
    "dis-fast": lambda: _Dis(_FAST),
    "dis-medium": lambda: _Dis(_MEDIUM),
    "dis-medium-plain": lambda: _Dis(_MEDIUM, sweeps=0),
    "dis-fine": lambda: _Dis(_MEDIUM, finest=0),
    "dis-fast-polished": lambda: _Dis(_FAST, polish=1),
    "dis-medium-polished": lambda: _Dis(_MEDIUM, polish=1),
    "dis-medium-polished-twice": lambda: _Dis(_MEDIUM, polish=2),
    "farneback": _Farneback,
    "pyramid": _Pyramid,
}
# A third less error than the next best, and a sixth of it where nothing moves, for four times the work.
DEFAULT_METHOD = "pyramid"
