# SPDX-License-Identifier: GPL-3.0-or-later
"""What is made of every picture, and what it is called: a name says all that a result depends on.

    OUT/street/lamp-1a2b3c4d/seed3.npz                 1a2b3c4d: bytes of picture and mask, the model, how it predicts
                             seed3-5e6f7a8b.webp       5e6f7a8b: how it is rendered
                             seed3-0c1d2e3f/frame_0001.png
                             sheet-9a8b7c6d.png        9a8b7c6d: which seeds, and how they are shown

So two runs with other settings, or of other pictures with the same names, never write to the same place.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from .. import __version__
from ..prediction_settings import DEFAULTS, PredictionSettings
from ..renderer_identity import identity_of
from ..shutter import DEFAULT_SAMPLES

__all__ = ["KINDS", "Recipe"]

# What can be made of a motion, and the settings that each of them depends on.
_FILM = ("frames", "fps", "amplitude", "offset", "shutter", "shutter_samples", "background")
KINDS: Mapping[str, tuple[str, ...]] = {
    "mp4": _FILM,
    "mov": _FILM,
    "webp": _FILM,
    "gif": _FILM,
    "frames": ("frames", "amplitude", "offset", "shutter", "shutter_samples", "background", "format", "depth"),
    "page": ("amplitude", "offset"),
}
# A name may have 255 bytes, in which a letter can take four.
_STEM = 40


@dataclass(frozen=True)
class Recipe:
    """All that decides what comes out, the picture and the seed apart. It travels to whoever does the work.

    Attributes:
        prediction: see `PredictionSettings`.
        model: `id` and `sha256` of the weights.
        make: of `KINDS`, besides the volume.
        sheet: “png” or “webp” for a contact sheet of each picture.
        others: as the options of `gid animate` are called.
    """

    prediction: PredictionSettings = DEFAULTS
    model: Mapping[str, str] = field(default_factory=dict)
    make: tuple[str, ...] = ()
    sheet: str | None = None
    frames: int | None = None
    fps: float | None = None
    amplitude: float = 1.0
    offset: bool = False
    shutter: float = 0.0
    shutter_samples: int = DEFAULT_SAMPLES
    format: str | None = None
    depth: int | None = None
    background: str | None = None

    def folder(self, name: str, data: bytes, mask: bytes = b"") -> Path:
        """Where the results of a picture lie, below the output folder.

        Args:
            name: of the picture, see `PictureFile`.
            data: its file's bytes.
            mask: those of its mask; none for a picture without.
        """
        path = PurePosixPath(name)
        made_of = {"model": self.model.get("sha256"), "prediction": self.prediction.as_dict(), "version": __version__}
        # Without a mask it is called as it was before there were any.
        if mask:
            made_of["mask"] = hashlib.sha256(mask).hexdigest()
        key = _key(made_of, hashlib.sha256(data).hexdigest())
        return Path(*path.parent.parts, f"{path.stem[:_STEM]}-{key}")

    def volume(self, seed: int) -> str:
        """Name of the file that holds the motion of a seed."""
        return f"seed{seed}.npz"

    def result(self, seed: int, kind: str) -> str:
        """Name of a film, a page, or a folder of frames."""
        suffix = {"frames": "", "page": ".html"}.get(kind, f".{kind}")
        return f"seed{seed}-{self.render(kind)[:8]}{suffix}"

    def sheet_of(self, seeds: Sequence[int]) -> str:
        """Name of the contact sheet."""
        key = _key({"seeds": list(seeds), "amplitude": self.amplitude, "offset": self.offset}, _renderer())
        return f"sheet-{key}.{self.sheet}"

    def frame_format(self, linear: bool) -> str:
        """Format of single frames of a picture, which keep what scene-linear ones hold."""
        return self.format or ("exr" if linear else "png")

    def render(self, kind: str) -> str:
        """Fingerprint of how one of `KINDS` is rendered."""
        settings: dict[str, Any] = {name: getattr(self, name) for name in KINDS[kind]}
        return hashlib.sha256(
            json.dumps({"kind": kind, **settings}, sort_keys=True).encode() + _renderer().encode()
        ).hexdigest()


def _renderer() -> str:
    global _known_renderer
    _known_renderer = _known_renderer or identity_of(__version__)
    return _known_renderer


_known_renderer = ""


def _key(settings: Mapping[str, Any], digest: str) -> str:
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode() + digest.encode()).hexdigest()[:8]
