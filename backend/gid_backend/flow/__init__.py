# SPDX-License-Identifier: GPL-3.0-or-later
"""Motion read out of real video: dense flow from the start frame, then a Fourier transform along time."""

from .dense import FlowFromFirst
from .extract import Measured, extract_motion, measure_motion
from .window import Span

__all__ = ["FlowFromFirst", "Measured", "Span", "extract_motion", "measure_motion"]
