# SPDX-License-Identifier: GPL-3.0-or-later
"""A name for what makes the frames, so that those of another renderer are never taken for this one's."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from gid_blender.motion import files

if TYPE_CHECKING:
    from .renderer import MotionRenderer

__all__ = ["identity_of", "renderer_identity"]

_PACKAGE = Path(__file__).resolve().parent
# Not the version alone: between two versions the code changes, and so do weights that somebody trained.
_SOURCES = (
    "renderer.py",
    "rendering/*.py",
    "encode.py",
    "exr.py",
    "shutter.py",
    "motion_vectors.py",
    "shot.py",
    "colour.py",
    "transparency.py",
    "weights/*renderer*",
)


def renderer_identity(renderer: MotionRenderer) -> str:
    """A hash over its code, weights and settings and the kind of device, on which the last bit may depend."""
    return identity_of(f"{renderer.settings} {renderer.weights_sha256} {renderer.device.type}")


def identity_of(described: str) -> str:
    """A hash over the renderer's code and weights, and over what is said of the rest."""
    digest = hashlib.sha256(described.encode())
    sources = [path for pattern in _SOURCES for path in _PACKAGE.glob(pattern)]
    for path in [*sorted(sources), *sorted(Path(files.__file__).parent.glob("*.py"))]:
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
