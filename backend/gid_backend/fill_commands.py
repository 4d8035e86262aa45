# SPDX-License-Identifier: GPL-3.0-or-later
"""`gid fill`: what lies behind a cut-out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from . import command_options as option
from .terminal import progress_bar, say

__all__ = ["fill"]

_SUFFIXES = (".png", ".exr")


def fill(
    image: option.Image,
    mask: Annotated[
        Path,
        typer.Argument(help="A grey picture of the same size: white is filled.", show_default=False),
    ],
    output: Annotated[Path, typer.Option("-o", "--output", help="The .png or .exr to write.", show_default=False)],
    grow: Annotated[
        int, typer.Option(min=0, max=1000, help="Pixels by which the mask is widened: fringes of what is cut out.")
    ] = 0,
) -> None:
    """Fill the masked part of a picture with what plausibly lies behind; the rest stays bit for bit the same.

    Examples:
    - `gid fill street.jpg lantern-mask.png -o street-without.png --grow 3`
    """
    import cv2
    import numpy as np

    from .atomic import replacing
    from .colour import unit_range
    from .encode import encode_image
    from .filling import THRESHOLD
    from .filling import fill as filled
    from .images import is_linear, read_image

    if output.suffix.lower() not in _SUFFIXES:
        raise typer.BadParameter(f"“{output}” must end in {' or '.join(_SUFFIXES)}.")
    picture = read_image(image)
    # Masks are grey, whatever they are stored as.
    region = np.asarray(np.rint(unit_range(read_image(mask)[..., 0]).clip(0, 1) * 255), np.uint8)
    if grow:
        side = 2 * grow + 1
        region = np.asarray(cv2.dilate(region, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))), np.uint8)
    with progress_bar() as progress:
        result = filled(picture, region, progress=progress)
    kind = output.suffix.lower()[1:]
    with replacing(output) as temporary:
        temporary.write_bytes(encode_image(result, kind, linear=is_linear(image)))
    say(f"{output}: {picture.shape[1]}×{picture.shape[0]}, {(region >= THRESHOLD).mean():.1%} filled")
