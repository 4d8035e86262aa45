# SPDX-License-Identifier: GPL-3.0-or-later
"""Dense optical flow from one reference frame to every other frame of a clip."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["FlowFromFirst"]

# Grey levels (of 255) per pixel below which a gradient is compression noise and holds no motion.
NOISE_GRADIENT = 1.5
# Pixels of disagreement between the way there and the way back at which a vector counts half.
TOLERANCE = 1.0
# Pixels over which trustworthy motion reaches into its untrustworthy surroundings.
REACH = 9.0


class FlowFromFirst:
    """Tracks every pixel of a reference frame, so that frame(p + flow(p)) shows what reference(p) showed.

    Flow is measured from the reference each time, never summed from frame to frame, so errors do not
    add up; each frame starts the search from the one before, which carries it through large motion.

    Args:
        reference: (H, W, 3) or (H, W) uint8.
        clean: replace vectors that fail the forward-backward check, or that lie where the picture has
            no texture, by those of trustworthy neighbours, and by stillness where there are none.
    """

    def __init__(self, reference: npt.NDArray[np.uint8], *, clean: bool = True) -> None:
        self._reference = _grey(reference)
        self._clean = clean
        self._forward = _search()
        self._backward = _search()
        self._flow: npt.NDArray[np.float32] | None = None
        self._back: npt.NDArray[np.float32] | None = None
        self._texture = _texture_confidence(self._reference)
        rows, columns = np.indices(self._reference.shape, np.float32)
        self._rows, self._columns = rows, columns

    def to(self, frame: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """(2, H, W) float32 flow in pixels, x right and y down, to `frame` (of the reference's size)."""
        grey = _grey(frame)
        if grey.shape != self._reference.shape:
            raise ValueError(f"A frame of {grey.shape[1]}×{grey.shape[0]} does not fit its reference.")
        if np.array_equal(grey, self._reference):
            # The search finds tiny motion even between equal pictures; equal pictures are still.
            return np.zeros((2, *grey.shape), np.float32)
        # A copy: the search writes into the array that it is given.
        start = None if self._flow is None else self._flow.copy()
        self._flow = self._forward.calc(self._reference, grey, start)
        flow: npt.NDArray[np.float32] = self._flow
        if self._clean:
            start = None if self._back is None else self._back.copy()
            back = self._backward.calc(grey, self._reference, start)
            self._back = back
            flow = _fill(flow, self._texture * self._agreement(flow, back))
        return np.ascontiguousarray(np.moveaxis(flow, 2, 0))

    def _agreement(self, flow: npt.NDArray[np.float32], back: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """(H, W) in 0..1: 1 where going to the frame and back ends at the start."""
        there_x, there_y = self._columns + flow[..., 0], self._rows + flow[..., 1]
        returned = cv2.remap(back, there_x, there_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        error = ((flow + returned) ** 2).sum(axis=2)
        # Large motion is never closed to the same precision, so the tolerance grows a little with it.
        allowed = TOLERANCE**2 + 0.01 * (flow**2).sum(axis=2)
        return np.asarray(1.0 / (1.0 + (error / allowed) ** 2), np.float32)


def _search() -> cv2.DISOpticalFlow:
    search = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    search.setVariationalRefinementIterations(5)
    return search


def _grey(frame: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    return np.asarray(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) if frame.ndim == 3 else frame, np.uint8)


def _texture_confidence(grey: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """(H, W) in 0..1: how far the local gradients stand out of the noise (their mean square over 15 pixels)."""
    smooth = cv2.GaussianBlur(grey.astype(np.float32), (0, 0), 1.0)
    power = cv2.Sobel(smooth, -1, 1, 0, scale=0.125) ** 2 + cv2.Sobel(smooth, -1, 0, 1, scale=0.125) ** 2
    # Squared, so that gradients at half the noise level count next to nothing.
    power = (cv2.boxFilter(power, -1, (15, 15)) / NOISE_GRADIENT**2) ** 2
    return np.asarray(power / (power + 1.0), np.float32)


def _fill(flow: npt.NDArray[np.float32], confidence: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Normalised convolution: trustworthy vectors stay, the others take the mean of trustworthy neighbours."""
    weight = cv2.GaussianBlur(confidence, (0, 0), REACH)
    around = cv2.GaussianBlur(flow * confidence[..., None], (0, 0), REACH)
    # The constant pulls places with no trustworthy neighbour at all towards stillness.
    around /= (weight + 0.02)[..., None]
    keep = np.clip(2.0 * confidence, 0.0, 1.0)[..., None]
    return np.asarray(flow * keep + around * (1.0 - keep), np.float32)
