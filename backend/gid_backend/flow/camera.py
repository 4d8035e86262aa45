# SPDX-License-Identifier: GPL-3.0-or-later
"""The motion of the camera in a clip, told from that of the things in it, and taken off.

What a camera does to a picture is the same rule everywhere: a shift, a roll, a zoom, and the bend that turning a lens
adds towards the corners. What stands still in the scene follows that rule in all frames; what sways does not. Which
places stand still is not known beforehand, so rule and places are found together, from a robust start.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["Camera", "find_camera", "sample"]

Array = npt.NDArray[np.float64]
Verdict = Literal["still", "shake", "unknown"]

# Working pixels by which flow is off where nothing moves, at the most; what stays within them stands still.
NOISE = 0.35
# A place counts by its larger distances from the rule, but a leaf that passes in front of it once is forgiven.
PERCENTILE = 75
# A camera is believed to move when so much of the texture follows its rule, so many times as much as stands still
# without one, and in so many parts of the picture (docs/from-video.md has what was measured).
LEAST_SHARE, TIMES, LEAST_SPREAD = 0.2, 2.5, 0.6
PARTS = 4
# One place for each so many pixels, either way: flow is smooth, and a thousand places tell as much as all.
EVERY = 8
ROUNDS = 12
# Curvatures tried, of lenses from a telephoto to a wide angle: (picture width / focal length)².
BENDS = (0.0, 0.25, 0.5, 1.0, 1.6, 2.4)


@dataclass(frozen=True, eq=False)
class Camera:
    """What the camera does in each frame, relative to the first.

    Attributes:
        verdict: "still"; "shake", when it moves by `rule`; "unknown", when too little stands still to tell.
        rule: (n, 4) shift right and down, roll and zoom, in pixels at the picture's centre and half a width from it.
        bend: see `BENDS`.
        share: of the texture that follows the rule (or stands still, where there is none).
        width, height: of the flows, in pixels.
    """

    verdict: Verdict
    rule: Array
    bend: float
    share: float
    width: int
    height: int

    @property
    def amount(self) -> float:
        """Largest displacement of any corner or of the centre in any frame, as a fraction of the width."""
        if self.verdict != "shake":
            return 0.0
        x = np.array([-0.5, 0.5, -0.5, 0.5, 0.0])
        y = np.array([-0.5, -0.5, 0.5, 0.5, 0.0]) * self.height / self.width
        moved = np.einsum("apk,nk->nap", _terms(x, y, self.bend), self.rule)
        return float(np.hypot(moved[:, 0], moved[:, 1]).max()) / self.width

    def removed(self, flow: npt.NDArray[np.float32], frame: int) -> npt.NDArray[np.float32]:
        """(2, h, w) pixels that things have moved by themselves, from the flow of a frame and its camera.

        A place p is seen at p + flow; the camera took it there from p + own motion, so that is where to look back to.
        """
        if self.verdict != "shake":
            return flow
        rows, columns = np.indices(flow.shape[1:], np.float64)
        x0, y0 = (columns + 0.5) / self.width - 0.5, (rows + 0.5 - self.height / 2) / self.width
        seen_x, seen_y = x0 + flow[0] / self.width, y0 + flow[1] / self.width
        a, b, roll, zoom = self.rule[frame] / self.width
        x, y = seen_x, seen_y
        # The rule says where a place goes; where it came from converges at once, as the motion is small.
        for _ in range(4):
            turn = self.bend * (a * x + b * y)
            x, y = (
                seen_x - (a - 2 * roll * y + 2 * zoom * x + turn * x),
                seen_y - (b + 2 * roll * x + 2 * zoom * y + turn * y),
            )
        return np.stack([x - x0, y - y0]).astype(np.float32) * np.float32(self.width)


def sample(field: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """The places of a (…, h, w) field that `find_camera` looks at."""
    return np.ascontiguousarray(field[..., EVERY // 2 :: EVERY, EVERY // 2 :: EVERY])


def find_camera(
    flows: Sequence[npt.NDArray[np.float32]], trust: npt.NDArray[np.float32], width: int, height: int
) -> Camera:
    """Tell how the camera moves in a clip.

    Args:
        flows: for each frame `sample` of its (2, height, width) flow in pixels; the first frame's is zero.
        trust: `sample` of where flow was measured and not filled in, 0..1; the rest is not looked at.
        width: of the flows.
        height: of the flows.
    """
    nothing = np.zeros((len(flows), 4))
    rows, columns = trust.shape
    y, x = np.mgrid[0:rows, 0:columns].astype(np.float64) * EVERY + EVERY // 2 + 0.5
    x, y = x / width - 0.5, (y - height / 2) / width
    known = trust > 0.5
    share_known = float(known.mean())
    moved = np.stack(flows).astype(np.float64)[:, :, known]
    if share_known < 0.02 or known.sum() < 16:
        return Camera("unknown", nothing, 0.0, 0.0, width, height)
    px, py = x[known], y[known]
    still = float((_distance(moved) < NOISE).mean())
    rule, bend, residual = _fitted(moved, px, py, width)
    follows = residual < NOISE
    share = float(follows.mean())
    if share >= LEAST_SHARE and share >= TIMES * still and _spread(known, follows) >= LEAST_SPREAD:
        return Camera("shake", rule, bend, share, width, height)
    # Enough of the picture stands where it stood; whatever else moves, the camera does not.
    verdict: Verdict = "still" if still >= LEAST_SHARE / TIMES else "unknown"
    return Camera(verdict, nothing, 0.0, still, width, height)


def _terms(x: Array, y: Array, bend: float) -> Array:
    """(2, P, 4) displacement of each place for one pixel of shift, roll and zoom; x and y in widths from the centre."""
    one, zero = np.ones_like(x), np.zeros_like(x)
    across = np.stack([one + bend * x * x, bend * x * y, -2 * y, 2 * x], axis=-1)
    down = np.stack([zero + bend * x * y, one + bend * y * y, 2 * x, 2 * y], axis=-1)
    return np.stack([across, down])


def _fitted(moved: Array, x: Array, y: Array, width: int) -> tuple[Array, float, Array]:
    """The rule of all frames, its bend, and how far each place is from it."""
    start = np.array([_first_guess(frame, x, y, width) for frame in moved])
    best = None
    for bend in BENDS:
        terms = _terms(x, y, bend)
        rule = start
        distance = _distance(moved - _motion(terms, rule))
        scale = max(float(np.median(distance)), NOISE)
        for _ in range(ROUNDS):
            # What is far from the rule loses its say, ever more strictly (graduated non-convexity).
            rule = _least_squares(moved, terms, 1.0 / (1.0 + (distance / scale) ** 2) ** 2)
            distance = _distance(moved - _motion(terms, rule))
            scale = max(NOISE, 0.75 * scale)
        score = float((1.0 / (1.0 + (distance / NOISE) ** 2) ** 2).sum())
        # A bend has to earn its place: without perspective to see, any value fits as well as none.
        if best is None or score > 1.01 * best[0]:
            best = (score, rule, bend, distance)
    assert best is not None
    return best[1:]


def _first_guess(moved: Array, x: Array, y: Array, width: int) -> Array:
    """The similarity that most places of one frame agree on."""
    there = (np.stack([x, y], axis=-1) * width).astype(np.float32)
    matrix, _ = cv2.estimateAffinePartial2D(
        there, there + moved.T.astype(np.float32), method=cv2.RANSAC, ransacReprojThreshold=2 * NOISE, maxIters=500
    )
    if matrix is None:
        return np.zeros(4)
    return np.array([matrix[0, 2], matrix[1, 2], matrix[1, 0] * width / 2, (matrix[0, 0] - 1) * width / 2])


def _least_squares(moved: Array, terms: Array, weight: Array) -> Array:
    weighted = terms * weight[:, None]
    normal = np.einsum("apk,apl->kl", weighted, terms) + 1e-9 * np.eye(4)
    right = np.einsum("apk,nap->nk", weighted, moved)
    return np.asarray(np.linalg.solve(normal, right.T).T)


def _motion(terms: Array, rule: Array) -> Array:
    return np.asarray(np.einsum("apk,nk->nap", terms, rule))


def _distance(moved: Array) -> Array:
    return np.asarray(np.percentile(np.hypot(moved[:, 0], moved[:, 1]), PERCENTILE, axis=0))


def _spread(known: npt.NDArray[np.bool_], follows: npt.NDArray[np.bool_]) -> float:
    """Share of the parts of the picture that have something to follow in which some of it follows the rule."""
    where = np.zeros(known.shape)
    where[known] = follows
    found = []
    for row in np.array_split(np.arange(known.shape[0]), PARTS):
        for column in np.array_split(np.arange(known.shape[1]), PARTS):
            part = np.ix_(row, column)
            if known[part].mean() >= 0.1:
                found.append(where[part].sum() >= 0.15 * known[part].sum())
    return float(np.mean(found)) if found else 0.0
