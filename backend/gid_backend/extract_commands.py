# SPDX-License-Identifier: GPL-3.0-or-later
"""`gid extract`: motion measured in a video instead of predicted from a picture."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from . import command_options as option
from .terminal import progress_bar, say

__all__ = ["extract"]


def extract(
    video: Annotated[
        Path,
        typer.Argument(
            help="Any video; a still camera is best. Or numbered pictures: their folder, or tree_####.png.",
            show_default=False,
        ),
    ],
    output: option.NpzOutput,
    image: Annotated[
        Path | None, typer.Option("--image", help="Write the start frame too (.png): the picture for “gid render”.")
    ] = None,
    start: Annotated[int, typer.Option(min=1, help="The frame that becomes the picture; 1 is the first.")] = 1,
    seconds: Annotated[
        float | None,
        typer.Option(min=0.1, help="How much of it. All of a video of up to 10 s, 5 s of a longer one.", metavar="S"),
    ] = None,
    frames: Annotated[int | None, typer.Option(min=2, help="How many frames instead of seconds.")] = None,
    loop: Annotated[
        bool | None, typer.Option("--loop/--no-loop", help="Whether it is a seamless loop; it is looked at otherwise.")
    ] = None,
    fps: Annotated[
        float | None, typer.Option(min=1, max=1000, help="Of pictures, which have no times of their own. 24.")
    ] = None,
    keep_camera: Annotated[
        bool, typer.Option("--keep-camera", help="Do not look for shake of the camera, and take none off.")
    ] = False,
    width: Annotated[int, typer.Option(min=64, max=2048, help="Working size: pixels of the longer side.")] = 512,
    raw: Annotated[bool, typer.Option("--raw", help="Keep motion where nothing can be seen moving.")] = False,
) -> None:
    """Measure the motion in a real video, relative to its start frame.

    Shake of the camera is taken off, or refused with its amount when it is too strong.

    Examples:
    - `gid extract tree.mp4 -o tree.npz --image tree.png`, then `gid render tree.png tree.npz --offset -o again.mp4`
    - `gid extract tree.mp4 -o tree.npz --start 48 --seconds 5`
    - `gid extract renders/tree_####.exr -o tree.npz --fps 25`
    """
    from gid_blender.motion import files

    from .atomic import replacing
    from .encode import encode_image
    from .flow import Span, measure_motion
    from .picture_sequence import find_sequence

    for path, suffix in ((output, ".npz"), (image, ".png")):
        if path is not None and path.suffix.lower() != suffix:
            raise typer.BadParameter(f"“{path}” must end in {suffix}.")
    pictures = find_sequence(video, fps)
    if pictures is None and fps is not None:
        raise typer.BadParameter("A video has a frame rate of its own; --fps is about pictures.")
    with progress_bar() as progress:
        measured = measure_motion(
            video if pictures is None else pictures,
            Span(start=start, seconds=seconds, frames=frames, loop=loop),
            width=width,
            clean=not raw,
            camera="keep" if keep_camera else "remove",
            progress=progress,
        )
    if image is not None:
        with replacing(image) as temporary:
            temporary.write_bytes(encode_image(measured.still, "png"))
    with replacing(output) as temporary:
        files.save(measured.volume, temporary)
    volume = measured.volume
    say(
        f"{output}: {volume.bands} bands of {volume.width}×{volume.height}, {volume.duration:.4g} s, "
        f"{'a loop' if measured.loop else 'made a loop'}, {measured.followed:.0%} of the texture followed"
    )
    if pictures is not None:
        say(f"{len(pictures.pictures)} pictures, {pictures.fps:g} a second")
    for sentence in measured.sentences:
        say(sentence)
