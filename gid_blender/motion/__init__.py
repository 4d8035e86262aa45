# SPDX-License-Identifier: GPL-3.0-or-later
"""Spectral volumes and what plays them. numpy only: Blender and the worker share this one definition."""

from .curves import Curve
from .equaliser import PRESETS, preset_gains
from .errors import ExcitationError, SpectralVolumeError
from .excitations import Excitation, Force, Poke, Pull, Wind
from .files import dumps, load, loads, save
from .loop import loop_coefficients
from .modal_basis import ModalBasis, Spot
from .oscillators import DAMPINGS, DEMO, LIVELY, PAPER, Damping, Oscillators
from .simulation import Ambient, Tuning, simulate
from .spectral_volume import SpectralVolume
from .touch import Ringing, Touch, resisted
from .wind import GustSpectrum, Turbulence

__all__ = [
    "DAMPINGS",
    "DEMO",
    "LIVELY",
    "PAPER",
    "PRESETS",
    "Ambient",
    "Curve",
    "Damping",
    "Excitation",
    "ExcitationError",
    "Force",
    "GustSpectrum",
    "ModalBasis",
    "Oscillators",
    "Poke",
    "Pull",
    "Ringing",
    "SpectralVolume",
    "SpectralVolumeError",
    "Spot",
    "Touch",
    "Tuning",
    "Turbulence",
    "Wind",
    "dumps",
    "load",
    "loads",
    "loop_coefficients",
    "preset_gains",
    "resisted",
    "save",
    "simulate",
]
