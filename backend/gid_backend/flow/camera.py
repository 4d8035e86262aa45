# SPDX-License-Identifier: GPL-3.0-or-later
"""The motion of the camera in a clip, told from that of the things in it, and taken off.

What a camera does to a picture is the same rule everywhere: a shift, a roll, a zoom, and the bend that turning a lens
adds towards the corners. What stands still in the scene follows that rule in all frames; what sways does not. Which
places stand still is not known beforehand, so rule and places are found together, from a robust start.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt

from ..errors import Cancelled

__all__ = ["Camera", "find_camera", "sample"]

Array = npt.NDArray[np.float64]
Verdict = Literal["still", "shake", "unknown"]

# Working pixels, of 512, by which flow is off where nothing moves, at the most; what stays within them stands still.
# Fewer in a smaller picture, where what sways a little is not to pass for still, but not below what flow can tell.
NOISE, LEAST_NOISE = 0.35, 0.15
# Where a camera shakes, what stands still is met a little less well: fractions of the shake that are allowed for it.
NOISE_OF_SHAKE = 0.06
# A place counts by its larger distances from the rule, but a leaf that passes in front of it once is forgiven.
PERCENTILE = 75
# Things stand in the middle of a picture and reach its border here and there; what is behind them is all around it. So
# it is the border that tells a camera from a large thing that sways as a whole: so much of its texture has to follow
# the rule, at least about as much as of the whole picture, more than follows any other such rule, and so many times as
# much as stands still without any.
# What was measured is in docs/from-video.md.
BORDER, LEAST_BORDER, LEAST_RATIO, RIVAL_RATIO, LEAST_LEAD, TIMES = 0.12, 0.25, 0.9, 0.8, 1.5, 2.5
# A camera that stands still leaves so much of the texture where it is, or nothing can be told from it.
LEAST_STILL = 0.08
# The largest group of places may be a thing; so many groups are looked at.
GROUPS = 3
# One place for each so many pixels, either way: flow is smooth, and a thousand places tell as much as all.
EVERY = 8
ROUNDS = 12
# So many frames decide; the rule is then found in all of them.
ENOUGH_FRAMES = 75
# Fewer places than this tell nothing.
FEWEST = 30
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
        behind: at sampled places, how surely what is there follows the rule, 0..1.
    """

    verdict: Verdict
    rule: Array
    bend: float
    share: float
    width: int
    height: int
    behind: Array

    @property
    def amount(self) -> float:
        """Largest displacement of any corner or of the centre in any frame, as a fraction of the width."""
        if self.verdict != "shake":
            return 0.0
        x = np.array([-0.5, 0.5, -0.5, 0.5, 0.0])
        y = np.array([-0.5, -0.5, 0.5, 0.5, 0.0]) * self.height / self.width
        moved = np.einsum("apk,nk->nap", _terms(x, y, self.bend), self.rule)
        return float(np.hypot(moved[:, 0], moved[:, 1]).max()) / self.width

    def rest(self, sampled: Sequence[npt.NDArray[np.float32]]) -> Array:
        """(n, 4) what is left of the rule in flows of steadied frames, as flow falls a little short of large motion.

        Args:
            sampled: of each frame, as `find_camera` takes them.
        """
        there = self.behind > 0
        terms = _terms(*_positions(self.behind.shape, self.width, self.height, there), self.bend)
        return _least_squares(np.stack(sampled).astype(np.float64)[:, :, there], terms, self.behind[there])

    def field(self, rule: Array) -> npt.NDArray[np.float32]:
        """(2, height, width) pixels by which one row of a rule moves everything."""
        rows, columns = np.indices((self.height, self.width), np.float64)
        x, y = (columns + 0.5) / self.width - 0.5, (rows + 0.5 - self.height / 2) / self.width
        moved = _terms(x.ravel(), y.ravel(), self.bend) @ rule
        return moved.reshape(2, self.height, self.width).astype(np.float32)

    def steadied(self, frame: npt.NDArray[np.uint8], index: int) -> npt.NDArray[np.uint8]:
        """The frame of that number as the camera would have seen it from where it stood at first.

        What lies beyond the border is not known; the border is drawn out, and flow does not follow what it finds there.
        """
        rows, columns = np.indices(frame.shape[:2], np.float32)
        there = np.stack([columns, rows]) + self.field(self.rule[index])
        mapped = cv2.remap(frame, *there, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(mapped, np.uint8)


def sample(field: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """The places of a (…, h, w) field that `find_camera` looks at."""
    return np.ascontiguousarray(field[..., EVERY // 2 :: EVERY, EVERY // 2 :: EVERY])


def find_camera(
    flows: Sequence[npt.NDArray[np.float32]],
    trust: npt.NDArray[np.float32],
    width: int,
    height: int,
    cancel: Callable[[], bool] | None = None,
) -> Camera:
    """Tell how the camera moves in a clip.

    Args:
        flows: for each frame `sample` of its (2, height, width) flow in pixels; the first frame's is zero.
        trust: `sample` of where flow was measured and not filled in, 0..1; the rest is not looked at.
        width: of the flows.
        height: of the flows.
        cancel: asked now and then.

    Raises:
        Cancelled: when `cancel()` says so.
    """
    nothing = np.zeros((len(flows), 4))
    nobody = np.zeros(trust.shape)
    known = trust > 0.5
    x, y = _positions(trust.shape, width, height, known)
    share_known = float(known.mean())
    moved = np.stack(flows).astype(np.float64)[:, :, known]
    if share_known < 0.02 or known.sum() < FEWEST:
        return Camera("unknown", nothing, 0.0, 0.0, width, height, nobody)
    every = -(-len(flows) // ENOUGH_FRAMES)
    noise = max(LEAST_NOISE, NOISE * max(width, height) / 512)
    places = _Places(moved[::every], x, y, _is_border(*trust.shape)[known], width, noise)
    still = float((_distance(moved) < places.noise).mean())
    if TIMES * still > 1.0:
        return Camera("still", nothing, 0.0, still, width, height, nobody)
    groups = list(_groups(places, cancel))
    best = max((g for g in groups if g.border >= LEAST_RATIO * g.share), key=lambda g: g.border, default=None)
    if best is not None and best.border >= LEAST_BORDER and best.share >= TIMES * still:
        # Another that is nearly as much all around: one of them is things, and nobody can tell which.
        rivals = [g for g in groups if g is not best and g.border >= RIVAL_RATIO * g.share]
        if all(best.border >= LEAST_LEAD * rival.border for rival in rivals):
            terms = _terms(places.x, places.y, best.bend)
            rule = _least_squares(moved, terms, best.say)
            behind = np.zeros(trust.shape)
            behind[known] = best.say
            return Camera("shake", rule, best.bend, best.share, width, height, behind)
    # Enough of the picture stands where it stood; whatever else moves, the camera does not.
    return Camera("still" if still >= LEAST_STILL else "unknown", nothing, 0.0, still, width, height, nobody)


@dataclass(frozen=True, eq=False)
class _Places:
    """(n, 2, P) motion in pixels of P places at x, y (widths from the centre), and which of them are at the border."""

    moved: Array
    x: Array
    y: Array
    border: npt.NDArray[np.bool_]
    width: int
    noise: float

    def only(self, chosen: npt.NDArray[np.bool_]) -> _Places:
        return _Places(
            self.moved[:, :, chosen], self.x[chosen], self.y[chosen], self.border[chosen], self.width, self.noise
        )


@dataclass(frozen=True, eq=False)
class _Group:
    """Places that move by one rule: their say in it, and their share of all places and of those at the border."""

    say: Array
    bend: float
    share: float
    border: float


def _groups(places: _Places, cancel: Callable[[], bool] | None) -> Iterator[_Group]:
    left = np.ones(len(places.x), bool)
    for _ in range(GROUPS):
        if left.sum() < FEWEST:
            return
        rule, bend = _fitted(places.only(left), cancel)
        distance = _distance(places.moved - _motion(_terms(places.x, places.y, bend), rule))
        reach = places.noise + NOISE_OF_SHAKE * float(np.sqrt((rule[:, :2] ** 2).sum(axis=1).mean()))
        follows = distance < reach
        border = float(follows[places.border].mean()) if places.border.sum() >= FEWEST else 0.0
        yield _Group(_say(distance, reach), bend, float(follows.mean()), border)
        left &= distance > 2 * reach


def _is_border(rows: int, columns: int) -> npt.NDArray[np.bool_]:
    """(rows, columns), within `BORDER` of a side."""
    depth = max(1, round(BORDER * max(rows, columns)))
    border = np.ones((rows, columns), bool)
    border[depth : rows - depth, depth : columns - depth] = False
    return border


def _positions(shape: tuple[int, ...], width: int, height: int, chosen: npt.NDArray[np.bool_]) -> tuple[Array, Array]:
    """x and y of chosen places of a sampled grid, in widths from the picture's centre."""
    y, x = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float64) * EVERY + EVERY // 2 + 0.5
    return (x / width - 0.5)[chosen], ((y - height / 2) / width)[chosen]


def _terms(x: Array, y: Array, bend: float) -> Array:
    """(2, P, 4) displacement of each place for one pixel of shift, roll and zoom; x and y in widths from the centre."""
    one, zero = np.ones_like(x), np.zeros_like(x)
    across = np.stack([one + bend * x * x, bend * x * y, -2 * y, 2 * x], axis=-1)
    down = np.stack([zero + bend * x * y, one + bend * y * y, 2 * x, 2 * y], axis=-1)
    return np.stack([across, down])


def _fitted(places: _Places, cancel: Callable[[], bool] | None) -> tuple[Array, float]:
    """The rule that most places follow in all frames, and its bend."""
    rule = np.array([_first_guess(frame, places) for frame in places.moved])
    best = None
    for bend in BENDS:
        if cancel is not None and cancel():
            raise Cancelled
        terms = _terms(places.x, places.y, bend)
        distance = _distance(places.moved - _motion(terms, rule))
        # The rule of the bend before is a good start.
        scale = 3 * places.noise if best is not None else max(float(np.median(distance)), places.noise)
        for _ in range(ROUNDS if best is None else ROUNDS // 2):
            # What is far from the rule loses its say, ever more strictly (graduated non-convexity).
            rule = _least_squares(places.moved, terms, _say(distance, scale))
            distance = _distance(places.moved - _motion(terms, rule))
            scale = max(places.noise, 0.75 * scale)
        score = float(_say(distance, places.noise).sum())
        # A bend has to earn its place: without perspective to see, any value fits as well as none.
        if best is None or score > 1.01 * best[0]:
            best = (score, rule, bend)
    assert best is not None
    return best[1:]


def _say(distance: Array, scale: float) -> Array:
    return np.asarray(1.0 / (1.0 + (distance / scale) ** 2) ** 2)


def _first_guess(moved: Array, places: _Places) -> Array:
    """The similarity that most places of one frame agree on."""
    there = (np.stack([places.x, places.y], axis=-1) * places.width).astype(np.float32)
    matrix, _ = cv2.estimateAffinePartial2D(
        there,
        there + moved.T.astype(np.float32),
        method=cv2.RANSAC,
        ransacReprojThreshold=2 * places.noise,
        maxIters=500,
    )
    if matrix is None:
        return np.zeros(4)
    return np.array(
        [matrix[0, 2], matrix[1, 2], matrix[1, 0] * places.width / 2, (matrix[0, 0] - 1) * places.width / 2]
    )


def _least_squares(moved: Array, terms: Array, weight: Array) -> Array:
    weighted = terms * weight[:, None]
    normal = np.einsum("apk,apl->kl", weighted, terms) + 1e-9 * np.eye(4)
    right = np.einsum("apk,nap->nk", weighted, moved)
    return np.asarray(np.linalg.solve(normal, right.T).T)


def _motion(terms: Array, rule: Array) -> Array:
    return np.asarray(np.einsum("apk,nk->nap", terms, rule))


def _distance(moved: Array) -> Array:
    rank = (len(moved) - 1) * PERCENTILE // 100
    return np.asarray(np.partition(np.hypot(moved[:, 0], moved[:, 1]), rank, axis=0)[rank])
