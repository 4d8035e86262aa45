# SPDX-License-Identifier: GPL-3.0-or-later
"""What lies behind a cut-out: the masked part of a picture, filled with what surrounds it."""

from .picture import THRESHOLD, fill

__all__ = ["THRESHOLD", "fill"]
