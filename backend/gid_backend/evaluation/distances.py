# SPDX-License-Identifier: GPL-3.0-or-later
"""Distances between two sets of feature vectors."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["frechet_distance", "kernel_distance"]

Features = npt.NDArray[np.floating]


def frechet_distance(a: Features, b: Features) -> float:
    """‖μ_a - μ_b‖² + tr(C_a + C_b - 2 (C_a C_b)^½): the Fréchet distance of two Gaussians (Heusel et al. 2017, eq. 6).

    Biased upwards where there are few vectors for their length; compare only figures from sets of one size.

    Args:
        a: (n, D), n ≥ 2.
        b: (m, D), m ≥ 2.
    """
    x, y = np.asarray(a, np.float64), np.asarray(b, np.float64)
    means = float(np.square(x.mean(axis=0) - y.mean(axis=0)).sum())
    # tr (C_a C_b)^½ is the sum of the singular values of X Yᵀ for centred X, Y: no square root of a singular matrix.
    x, y = (_root(v - v.mean(axis=0)) / np.sqrt(len(v) - 1) for v in (x, y))
    cross = float(np.linalg.svd(x @ y.T, compute_uv=False).sum())
    return max(means + float(np.square(x).sum() + np.square(y).sum()) - 2.0 * cross, 0.0)


def kernel_distance(
    a: Features, b: Features, of_a: npt.ArrayLike | None = None, of_b: npt.ArrayLike | None = None
) -> float:
    """Unbiased squared maximum mean discrepancy with the kernel (x·y/D + 1)³ (Bińkowski et al. 2018, §4).

    Zero on average for two sets from one distribution, whatever their size; so it may be slightly negative.
    Frames of one clip are no independent draws: with `of_a` and `of_b`, pairs from the same clip are left out of all
    three means, which are unbiased then, too, and exactly zero for a set and itself.

    Args:
        a: (n, D), n ≥ 2.
        b: (m, D), m ≥ 2.
        of_a: (n,) what each vector is of; at least two kinds.
        of_b: (m,) likewise.
    """
    x, y = np.asarray(a, np.float64), np.asarray(b, np.float64)
    if of_a is None or of_b is None:
        # Numbers that do not meet: every vector is of its own.
        of_a, of_b = np.arange(len(x)), -1 - np.arange(len(y))
    i, j = np.asarray(of_a), np.asarray(of_b)

    def mean(u: Features, v: Features, p: npt.NDArray[Any], q: npt.NDArray[Any]) -> float:
        apart = p[:, None] != q[None, :]
        return float(((u @ v.T / u.shape[1] + 1.0) ** 3)[apart].mean())

    return mean(x, x, i, i) + mean(y, y, j, j) - 2.0 * mean(x, y, i, j)


def _root(x: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """R with RᵀR = xᵀx that has no more rows than columns."""
    return np.asarray(np.linalg.qr(x, mode="r")) if len(x) > x.shape[1] else x
