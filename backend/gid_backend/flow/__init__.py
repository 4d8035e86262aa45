# SPDX-License-Identifier: GPL-3.0-or-later
"""Motion read out of real video: dense flow from the first frame, then a Fourier transform along time."""

from .dense import FlowFromFirst
from .extract import extract_motion

__all__ = ["FlowFromFirst", "extract_motion"]
