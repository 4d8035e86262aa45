# SPDX-License-Identifier: GPL-3.0-or-later
"""How far a picture's content may go, found out for a whole shot before its first frame."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from gid_blender.motion import SpectralVolume, SpectralVolumeError

__all__ = ["MAX_DISPLACEMENT", "require_in_view", "too_far"]

# Fractions of the width; beyond it the content has left the picture.
MAX_DISPLACEMENT = 1.0
# Rows that are looked at in one go: 8 MB on the grid that is predicted.
_ROWS = 64


def require_in_view(volume: SpectralVolume, rows: npt.NDArray[np.complexfloating]) -> None:
    """Refuse coefficients that would be refused in the middle of a render, when hours may have gone into it.

    Args:
        volume: what they play.
        rows: (N, K).

    Raises:
        SpectralVolumeError: when one of them moves something by more than `MAX_DISPLACEMENT`, which says by how much
            the motion has to be weaker; or when they are not finite or too few for the volume's bands.
    """
    if rows.shape[1] == volume.bands:
        # No row can move a place farther than all bands together if they pulled the same way: ten minutes with motion
        # blur are 144,000 rows, of which nearly always none has to be played for this.
        farthest = np.abs(volume.spectrum).max(axis=(1, 2, 3)).astype(np.float64)
        reach = np.abs(rows) @ farthest
        # Not “>”: what is not a number has to be looked at too. A little less, as single precision may round up.
        rows = rows[~(reach <= 0.999 * MAX_DISPLACEMENT)]
    peak = 0.0
    for first in range(0, len(rows), _ROWS):
        peak = max(peak, float(np.abs(volume.synthesize(rows[first : first + _ROWS])).max()))
    if peak > MAX_DISPLACEMENT:
        raise too_far(peak)


def too_far(peak: float) -> SpectralVolumeError:
    """The error for a motion that reaches `peak`, in fractions of the width."""
    share = 100 * MAX_DISPLACEMENT / peak
    # Rounded down, so that whoever does as it says is not refused again.
    digit = 10.0 ** (math.floor(math.log10(share)) - 1)
    return SpectralVolumeError(
        f"The displacement reaches {peak:.3g} picture widths; {MAX_DISPLACEMENT:g} is the limit, as nothing would be"
        f" left in view. Lower the amplitude to {math.floor(share / digit) * digit:.2g} % of what it is."
    )
