# SPDX-License-Identifier: GPL-3.0-or-later
"""`gid page`: a picture and its motion as a web page that answers to the hand."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gid_blender.motion import DAMPINGS, preset_gains

from . import command_options as option
from .masks import read_mask, vertex_weights
from .render_commands import load_volume, read_picture
from .terminal import say

if TYPE_CHECKING:
    from gid_blender.motion.web_page import PagePicture

    from .colour import Picture

__all__ = ["page"]

HtmlOutput = Annotated[Path, typer.Option("-o", "--output", help="The .html to write.", show_default=False)]


def page(
    image: option.Image,
    volume: option.VolumeFile,
    output: HtmlOutput,
    mask: option.Pinned = None,
    title: Annotated[str | None, typer.Option(help="Of the page. The picture's file name otherwise.")] = None,
    amplitude: Annotated[float, typer.Option(min=0, max=10, help="Of the loop at the start, 1 as predicted.")] = 1.0,
    offset: option.Offset = False,
    speed: Annotated[float, typer.Option(min=0.05, max=20, help="Of time at the start; 2 is twice as fast.")] = 1.0,
    still: Annotated[bool, typer.Option("--still", help="It does not sway before it is touched.")] = False,
    equaliser: option.Equaliser = "neutral",
    damping: Annotated[str, typer.Option(help=f"How it rings: {', '.join(DAMPINGS)}.")] = "paper",
    largest: Annotated[
        int, typer.Option("--size", min=16, max=8192, help="Longer side of the picture in pixels, at most.")
    ] = 1600,
) -> None:
    """Write one web page, to be opened from disk or put on any server: it sways, and can be pulled.

    Picture and motion are inside; it loads nothing and sends nothing. About a megabyte.

    Examples:
    - `gid page rose.jpg rose.npz -o rose.html`
    - `gid page rose.jpg rose.npz -o rose.html --title "A rose" --damping lively --still`
    """
    from gid_blender.motion.web_page import PROMISED_BYTES, PageSettings, web_page

    from .atomic import replacing

    if output.suffix.lower() not in (".html", ".htm"):
        raise typer.BadParameter(f"“{output}” must end in .html.")
    if damping not in DAMPINGS:
        raise typer.BadParameter(f"“{damping}” is none of {', '.join(DAMPINGS)}.", param_hint="--damping")
    picture, linear = read_picture(image)
    motion = load_volume(volume)
    height, width = picture.shape[:2]
    gains = preset_gains(equaliser, motion.bands, motion.duration)
    weights = None if mask is None else vertex_weights(read_mask(mask), motion, height, width, amplitude, gains)
    settings = PageSettings(
        title=image.stem if title is None else title,
        amplitude=amplitude,
        gains=tuple(gains.tolist()),
        offset=offset,
        speed=speed,
        loop=not still,
        damping=DAMPINGS[damping],
    )
    with replacing(output) as temporary:
        text = web_page(motion, page_picture(picture, linear, largest), settings, weights)
        temporary.write_text(text, encoding="utf-8")
    size = len(text.encode())
    say(f"{output}: {size / 1e6:.2f} MB")
    if size > PROMISED_BYTES:
        say(f"That is more than {PROMISED_BYTES / 1e6:.0f} MB; a smaller --size than {largest} makes it lighter.")


def page_picture(picture: Picture, linear: bool, largest: int) -> PagePicture:
    """The picture as WebP, which every browser with WebGL 2 shows, alpha included; at most `largest` pixels a side."""
    import cv2
    import numpy as np

    from gid_blender.motion.web_page import PagePicture

    from .colour import unit_range
    from .encode import encode_image

    height, width = picture.shape[:2]
    share = largest / max(width, height)
    if share < 1:
        height, width = max(1, round(height * share)), max(1, round(width * share))
        values = unit_range(picture)
        if picture.shape[2] == 4 and picture.dtype.kind != "f":
            # The colour of what is invisible must not be mixed into what can be seen.
            values = np.concatenate([values[..., :3] * values[..., 3:], values[..., 3:]], axis=2)
        picture = cv2.resize(values, (width, height), interpolation=cv2.INTER_AREA).reshape(height, width, -1)
    return PagePicture(encode_image(picture, "webp", linear=linear), width, height)
