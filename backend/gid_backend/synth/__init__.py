# SPDX-License-Identifier: GPL-3.0-or-later
"""Training pictures with exactly known motion: drawn scenes whose parts are damped oscillators in a turbulent wind."""

from .motion import spectral_volume
from .scene import Parts, Scene, load_scenes, save_scenes

__all__ = ["Parts", "Scene", "load_scenes", "save_scenes", "spectral_volume"]
