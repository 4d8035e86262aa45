# SPDX-License-Identifier: GPL-3.0-or-later
"""How near the best of several draws comes to the reference, and how much draws differ."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .reading import Field, Spectrum

__all__ = ["diversity", "spectral_error"]


def spectral_error(predicted: Field, reference: Field, where: npt.NDArray[np.bool_]) -> float:
    """‖|S| - |S_ref|‖ / ‖S_ref‖ over bands k ≥ 1, both axes and the chosen places.

    Amplitudes only: a loop may start at any moment, so phases of two draws have nothing in common. The static
    baseline has exactly 1.

    Args:
        predicted: (n, 2, h, w) modulus; bands that it lacks count as still.
        reference: (m, 2, h, w) modulus.
        where: (h, w).

    Returns:
        0 is perfect; NaN when the reference does not move.
    """
    r = reference[1:][:, :, where].astype(np.float64)
    p = np.zeros_like(r)
    given = predicted[1 : len(reference)][:, :, where]
    p[: len(given)] = given
    size = np.linalg.norm(r)
    return float(np.linalg.norm(p - r) / size) if size > 0 else float("nan")


def diversity(spectra: Spectrum) -> tuple[float, float]:
    """Mean distance of two draws over their root-mean-square size: of the motions, and of their amplitudes alone.

    Args:
        spectra: (n, K, 2, h, w), n ≥ 2 draws; band 0 is left out.

    Returns:
        (motion, amplitude): √2 for motions that have nothing in common, 0 for collapsed ones. NaN for fewer than two
        draws or when nothing moves.
    """
    flat = spectra[:, 1:].reshape(len(spectra), -1)
    return _spread(flat), _spread(np.abs(flat))


def _spread(flat: npt.NDArray[np.complexfloating] | npt.NDArray[np.floating]) -> float:
    n = len(flat)
    products = (flat @ flat.conj().T).real.astype(np.float64)
    power = np.diag(products)
    if n < 2 or power.mean() <= 0:
        return float("nan")
    square = np.maximum(power[:, None] + power[None, :] - 2.0 * products, 0.0)
    return float(np.sqrt(square[np.triu_indices(n, 1)]).mean() / np.sqrt(power.mean()))
