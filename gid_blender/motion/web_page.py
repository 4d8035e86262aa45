# SPDX-License-Identifier: GPL-3.0-or-later
"""A picture and its motion as one web page that needs nothing else: no network, no server, no library.

The sources of the page lie in `web/`. docs/web-page.md describes what it does and how a script drives it.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from .errors import SpectralVolumeError
from .grid import at_vertices
from .hand import HAND
from .masking import at_vertices as at_mesh
from .modal_basis import GROUND, SLIP, ModalBasis
from .oscillators import PAPER, Damping
from .regularize import pin_border, spread_edges
from .spectral_volume import SpectralVolume
from .web_volume import PackedVolume, pack, unpack

__all__ = ["PROMISED_BYTES", "PageSettings", "PagePicture", "at_sheet", "sheet_of", "web_page"]

# What a page of 512×288 with 16 bands stays below; a larger picture may not.
PROMISED_BYTES = 3_000_000
MAX_VERTEX_SIDE = 2048

_SOURCES = Path(__file__).parent / "web"
_SCRIPTS = ("oscillators.js", "volume.js", "grip.js", "motion.js", "sheet.js", "hands.js", "controls.js", "main.js")
_MEDIA = ((b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG\r\n\x1a\n", "image/png"), (b"RIFF", "image/webp"))


@dataclass(frozen=True)
class PagePicture:
    """A picture that browsers can show.

    Attributes:
        data: a JPEG, PNG or WebP file.
        width: in pixels.
        height: in pixels.
    """

    data: bytes
    width: int
    height: int


@dataclass(frozen=True)
class PageSettings:
    """How the page starts, and what it is called.

    Attributes:
        title: of the page; any text.
        period: seconds of one loop; None takes the volume's.
        amplitude: of the loop, 0 or more; 1 as predicted.
        phase: where in the loop it starts, in turns.
        gains: of the bands, band 0 first; None for 1 each.
        offset: whether the loop has its mean offset, as of a measured clip; otherwise it is about the picture's pose.
        speed: of time at the start; 1 is as the period says.
        loop: whether it sways before it is touched.
        damping: of what has been let go.
        stiffness: of what has been let go; 4 swings twice as fast.
        spread: whether hard motion edges are spread, as on the plane in Blender, so that nothing folds.
        pin: width of the band along the border in which the motion fades to none, in picture widths; 0 for none.
        vertices: about how many the moving sheet has; as many as the plane in Blender.
    """

    title: str = "Image Dynamics"
    period: float | None = None
    amplitude: float = 1.0
    phase: float = 0.0
    gains: tuple[float, ...] | None = None
    offset: bool = False
    speed: float = 1.0
    loop: bool = True
    damping: Damping = PAPER
    stiffness: float = 1.0
    spread: bool = True
    pin: float = 0.0
    vertices: int = 40960

    def __post_init__(self) -> None:
        if not 0 <= self.amplitude < np.inf:
            raise ValueError(f"An amplitude is 0 or more, not {self.amplitude}.")
        for number, what in (
            (self.period, "A loop lasts"),
            (self.speed, "A speed is"),
            (self.stiffness, "Stiffness is"),
        ):
            if number is not None and not 0 < number < np.inf:
                raise ValueError(f"{what} more than 0, not {number}.")


def web_page(
    volume: SpectralVolume,
    picture: PagePicture,
    settings: PageSettings = PageSettings(),
    weights: npt.ArrayLike | None = None,
) -> str:
    """The page's HTML.

    Args:
        volume, picture, settings: what moves, and how.
        weights: (rows, columns) of a mask, at vertices that span the picture: 1 moves, 0 is pinned; None is all free.

    Raises:
        SpectralVolumeError: when nothing moves, or the volume is of another aspect than the picture.
        ValueError: when the picture is no JPEG, PNG or WebP.
    """
    packed = sheet_of(volume, picture, settings, weights)
    facts = _facts(packed, volume, picture, settings)
    style = _read("page.css")
    script = "(() => {\n'use strict';\n" + "".join(map(_read, _SCRIPTS)) + "})();\n"
    parts = {
        "policy": _policy(style, script),
        "title": html.escape(settings.title.strip() or PageSettings.title),
        "style": style,
        # “<” may not stand in a script element as it is: “</script>” in a title would end it.
        "facts": json.dumps(facts, ensure_ascii=True).replace("<", "\\u003c"),
        "volume": base64.b64encode(packed.data).decode(),
        "media": _media_type(picture.data),
        "picture": base64.b64encode(picture.data).decode(),
        "width": str(picture.width),
        "height": str(picture.height),
        "script": script,
    }
    page = _read("page.html")
    pieces = page.split("{{")
    # Filled in one pass: what is put in is never looked through for more.
    return pieces[0] + "".join(parts[name] + rest for name, rest in (piece.split("}}", 1) for piece in pieces[1:]))


def sheet_of(
    volume: SpectralVolume,
    picture: PagePicture,
    settings: PageSettings = PageSettings(),
    weights: npt.ArrayLike | None = None,
) -> PackedVolume:
    """The volume at the vertices of the page's mesh, packed; raises `SpectralVolumeError` as `web_page` does."""
    return pack(at_sheet(volume, picture, settings, weights))


def at_sheet(
    volume: SpectralVolume,
    picture: PagePicture,
    settings: PageSettings = PageSettings(),
    weights: npt.ArrayLike | None = None,
) -> npt.NDArray[np.complex64]:
    """(K, 2, rows, columns) of `sheet_of` before it is rounded to the page's steps."""
    gains = np.ones(volume.bands) if settings.gains is None else np.asarray(settings.gains)
    if gains.shape != (volume.bands,):
        raise SpectralVolumeError(f"Expected {volume.bands} band gains, got {len(gains)}.")
    if not (np.abs(volume.spectrum).max(axis=(1, 2, 3)) * gains)[1:].any():
        raise SpectralVolumeError(
            "Nothing in this motion swings: a page needs a band above the mean offset that is not zero."
        )
    aspect = picture.height / picture.width
    stretch = (volume.height / volume.width) / aspect
    # A coarse grid cannot have the picture's aspect exactly.
    if abs(np.log(stretch)) > 0.05 + 1 / min(volume.height, volume.width):
        raise SpectralVolumeError(
            f"The motion ({volume.width}×{volume.height}) and the picture ({picture.width}×{picture.height}) differ in"
            " aspect: they do not belong together; choose the picture that the motion was made for."
        )
    columns = int(np.clip(round((settings.vertices / aspect) ** 0.5), 2, MAX_VERTEX_SIDE))
    rows = int(np.clip(round((columns - 1) * aspect) + 1, 2, MAX_VERTEX_SIDE))
    spacing = (1 / (columns - 1), aspect / (rows - 1))
    spectrum = at_vertices(volume, rows, columns)
    if not settings.offset:
        spectrum[0] = 0
    if settings.spread:
        spectrum = spread_edges(spectrum, spacing)
    # After the edges are spread, as the drivers of the plane in Blender do: silent bands reach as far as they did.
    gained = pin_border(spectrum, spacing, settings.pin) * gains.astype(np.float32)[:, None, None, None]
    if weights is not None:
        # After them too: what is pinned must not be moved again by a neighbour's edge.
        gained = gained * at_mesh(weights, rows, columns)
        if not gained[1:].any():
            raise SpectralVolumeError("The mask pins everything that swings in this motion.")
    return np.asarray(gained, np.complex64)


def _facts(
    packed: PackedVolume, volume: SpectralVolume, picture: PagePicture, settings: PageSettings
) -> dict[str, Any]:
    basis = ModalBasis.at_vertices(unpack(packed), picture.height / picture.width)
    return {
        "picture": [picture.width, picture.height],
        "shape": list(packed.shape),
        "step": packed.step,
        "hand": HAND,
        "slip": SLIP,
        "ground": GROUND * basis.liveliness,
        "period": settings.period or volume.duration,
        "damping": [settings.damping.alpha, settings.damping.beta],
        "amplitude": settings.amplitude,
        "phase": settings.phase % 1.0,
        "offset": settings.offset,
        "speed": settings.speed,
        "stiffness": settings.stiffness,
        "loop": settings.loop,
    }


def _policy(style: str, script: str) -> str:
    """Nothing may be loaded or sent; only this style and this script, known by their hashes, take part."""
    return (
        f"default-src 'none'; img-src data:; style-src {_hash(style)}; script-src {_hash(script)};"
        " base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _media_type(data: bytes) -> str:
    for start, name in _MEDIA:
        if data.startswith(start):
            return name
    raise ValueError("A page's picture is a JPEG, PNG or WebP file.")


def _read(name: str) -> str:
    return (_SOURCES / name).read_text(encoding="utf-8")
