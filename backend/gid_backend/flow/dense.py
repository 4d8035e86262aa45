# SPDX-License-Identifier: GPL-3.0-or-later
"""Dense optical flow from one reference frame to every other frame of a clip."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from .methods import DEFAULT_METHOD, METHODS

__all__ = ["FlowFromFirst"]

# Grey levels (of 255) per pixel below which a gradient is compression noise and holds no motion.
NOISE_GRADIENT = 1.5
# Pixels of disagreement between the way there and the way back at which a vector counts half.
TOLERANCE = 1.0
# The way back only tells whether the way there can be trusted. Quicker ones were tried: they condemn what is right.
CHECK_METHOD = "dis-medium"
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
        method: a name from `METHODS`.
        check_every: frames from one forward-backward check to the next; its outcome holds for those between, since
            what is hidden or lost mostly stays so for a while.

    Attributes:
        confidence: (H, W) float32 in 0..1, how far the last flow was measured and not filled in; ones without `clean`.
        texture: (H, W) float32 in 0..1, where the reference has anything to follow.
    """

    def __init__(
        self,
        reference: npt.NDArray[np.uint8],
        *,
        clean: bool = True,
        method: str = DEFAULT_METHOD,
        check_every: int = 1,
    ) -> None:
        self._reference = _grey(reference)
        self._clean = clean
        self._forward = METHODS[method]()
        self._backward = METHODS[CHECK_METHOD]()
        self._check_every, self._count = check_every, 0
        self._flow: npt.NDArray[np.float32] | None = None
        self._back: npt.NDArray[np.float32] | None = None
        self.texture = _texture_confidence(self._reference)
        self.confidence = self.texture if clean else np.ones_like(self.texture)
        rows, columns = np.indices(self._reference.shape, np.float32)
        self._rows, self._columns = rows, columns

    def to(self, frame: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """(2, H, W) float32 flow in pixels, x right and y down, to `frame` (of the reference's size)."""
        grey = _grey(frame)
        if grey.shape != self._reference.shape:
            raise ValueError(f"A frame of {grey.shape[1]}×{grey.shape[0]} does not fit its reference.")
        if np.array_equal(grey, self._reference):
            # The search finds tiny motion even between equal pictures; equal pictures are still.
            self.confidence = self.texture if self._clean else np.ones_like(self.texture)
            return np.zeros((2, *grey.shape), np.float32)
        # A copy: the search writes into the array that it is given.
        start = None if self._flow is None else self._flow.copy()
        self._flow = self._forward.calc(self._reference, grey, start)
        flow: npt.NDArray[np.float32] = self._flow
        if self._clean:
            if self._count % self._check_every == 0:
                start = None if self._back is None else self._back.copy()
                self._back = self._backward.calc(grey, self._reference, start)
                self.confidence = self.texture * self._agreement(flow, self._back)
            self._count += 1
            flow = _fill(flow, self.confidence)
        return np.ascontiguousarray(np.moveaxis(flow, 2, 0))

    def _agreement(self, flow: npt.NDArray[np.float32], back: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """(H, W) in 0..1: 1 where going to the frame and back ends at the start."""
        there_x, there_y = self._columns + flow[..., 0], self._rows + flow[..., 1]
        returned = cv2.remap(back, there_x, there_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        x, y = flow[..., 0] + returned[..., 0], flow[..., 1] + returned[..., 1]
        # Large motion is never closed to the same precision, so the tolerance grows a little with it.
        allowed = TOLERANCE**2 + 0.01 * (flow[..., 0] ** 2 + flow[..., 1] ** 2)
        ratio = (x * x + y * y) / allowed
        return np.asarray(1.0 / (1.0 + ratio * ratio), np.float32)


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
    rows, columns = confidence.shape
    # At a quarter of the size: what is smooth over `REACH` pixels loses nothing, and the blur is what costs.
    small = (max(columns // 4, 1), max(rows // 4, 1))
    known = np.dstack([flow * confidence[..., None], confidence])
    known = cv2.GaussianBlur(cv2.resize(known, small, interpolation=cv2.INTER_AREA), (0, 0), REACH * small[0] / columns)
    # The constant pulls places with no trustworthy neighbour at all towards stillness.
    around = cv2.resize(known[..., :2] / (known[..., 2:] + 0.02), (columns, rows), interpolation=cv2.INTER_LINEAR)
    keep = np.minimum(2.0 * confidence, 1.0)[..., None]
    return np.asarray(around + keep * (flow - around), np.float32)
