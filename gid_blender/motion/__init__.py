# SPDX-License-Identifier: GPL-3.0-or-later
"""Spectral volumes and what plays them. numpy only: Blender and the worker share this one definition."""

from .errors import SpectralVolumeError
from .files import dumps, load, loads, save
from .loop import loop_coefficients
from .spectral_volume import SpectralVolume

__all__ = ["SpectralVolume", "SpectralVolumeError", "dumps", "load", "loads", "loop_coefficients", "save"]
