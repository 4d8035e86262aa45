# SPDX-License-Identifier: GPL-3.0-or-later
"""Training pictures with exactly known motion: scenes whose parts are damped oscillators in a turbulent wind."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .motion import spectral_volume
    from .scene import Parts, Scene, load_scenes, save_scenes

__all__ = ["Parts", "Scene", "load_scenes", "save_scenes", "spectral_volume"]


# Imported on first use: Blender's Python, which makes the rendered scenes, has no OpenCV.
def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from . import motion, scene

    return getattr(motion if name == "spectral_volume" else scene, name)
