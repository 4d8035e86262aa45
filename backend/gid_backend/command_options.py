# SPDX-License-Identifier: GPL-3.0-or-later
"""The arguments and options that several subcommands of `gid` share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gid_blender.motion import PRESETS

from .prediction_settings import LARGEST_GUIDANCE, LARGEST_SEED, LARGEST_STRENGTH, MOST_STEPS
from .render_settings import MAX_DEPTH

__all__ = [
    "Amplitude",
    "Background",
    "Coverage",
    "Depth",
    "Device",
    "Equaliser",
    "Format",
    "Fps",
    "Frames",
    "FramesOutput",
    "Guidance",
    "Image",
    "MaskFile",
    "MotionVectors",
    "NpzOutput",
    "Offset",
    "Order",
    "Pinned",
    "Repair",
    "RendererWeights",
    "Seed",
    "Shutter",
    "ShutterSamples",
    "Steps",
    "Strength",
    "VolumeFile",
    "Weights",
]


def _preset(name: str) -> str:
    if name not in PRESETS:
        raise typer.BadParameter(f"“{name}” is none of {', '.join(PRESETS)}.")
    return name


def _frame_format(name: str | None) -> str | None:
    if name is not None:
        # Not above: it brings OpenCV along, for which no other option has a use.
        from .encode import FORMATS

        if name not in FORMATS:
            raise typer.BadParameter(f"“{name}” is no frame format; choose from {', '.join(FORMATS)}.")
    return name


OUTPUT_HELP = "*.mp4, *.mov (ProRes 4444), *.webp, *.gif, or a folder for single frames, which can be gone on with."
Image = Annotated[Path, typer.Argument(help="PNG, JPEG, WebP, TIFF, OpenEXR, …", show_default=False)]
VolumeFile = Annotated[Path, typer.Argument(metavar="V.npz", help="A spectral volume.", show_default=False)]
NpzOutput = Annotated[Path, typer.Option("-o", "--output", help="The .npz to write.", show_default=False)]
FramesOutput = Annotated[Path, typer.Option("-o", "--output", help=OUTPUT_HELP, show_default=False)]
Seed = Annotated[
    int,
    typer.Option(min=0, max=LARGEST_SEED, help="Another seed gives another motion; the same one the same motion."),
]
Steps = Annotated[int, typer.Option(min=1, max=MOST_STEPS, help="Steps of the diffusion model.")]
Guidance = Annotated[
    float, typer.Option(min=0, max=LARGEST_GUIDANCE, help="How closely the motion keeps to the picture.")
]
Strength = Annotated[
    float | None,
    typer.Option(
        min=1e-5,
        max=LARGEST_STRENGTH,
        help="Mean swing asked for, as a share of the width: 0.002 is a breeze, 0.006 strong.",
    ),
]
MaskFile = Annotated[
    Path | None, typer.Option("--mask", help="A picture of what may move: white moves, black stays exactly still.")
]
Pinned = Annotated[
    Path | None,
    typer.Option("--mask", help="A picture of what may move: white moves, grey less, what is black stays bit for bit."),
]
Weights = Annotated[Path | None, typer.Option(help="Weights of your own, from “gid train”.")]
Frames = Annotated[
    int | None, typer.Option(min=2, max=100000, help="Length of the loop; fewer are a faster one. As the volume says.")
]
Fps = Annotated[float | None, typer.Option(min=1, max=240, help="Frames per second. As the volume says.")]
Amplitude = Annotated[float, typer.Option(min=0, max=100, help="0 is still, 1 as predicted, 3 three times as much.")]
Offset = Annotated[
    bool, typer.Option(help="Keep the mean offset, as of a measured clip; things swing about their place otherwise.")
]
Equaliser = Annotated[str, typer.Option(callback=_preset, help=f"Of the harmonics: {', '.join(PRESETS)}.")]
Format = Annotated[
    str | None, typer.Option(callback=_frame_format, help="Of frames in a folder: png, jpeg, webp or exr.")
]
Depth = Annotated[
    int | None,
    typer.Option(help="Bits of a channel: 8 or 16 for png, 16 (half) or 32 (float) for exr. As the picture has."),
]
Background = Annotated[
    str | None,
    typer.Option(metavar="COLOUR", help="What a transparent picture is laid on: white, #ff8800. None keeps it so."),
]
Shutter = Annotated[
    float, typer.Option(min=0, max=720, help="Motion blur: degrees that the shutter is open, 180 as in films. 0: none.")
]
ShutterSamples = Annotated[int, typer.Option(min=2, max=64, help="Moments of each blurred frame; each is rendered.")]
MotionVectors = Annotated[
    Path | None,
    typer.Option(metavar="FOLDER", help="OpenEXR frames of motion vectors too, as Blender's Vector pass has them."),
]
Coverage = Annotated[
    Path | None, typer.Option(metavar="FOLDER", help="OpenEXR frames too of what the picture shows (1) or not (0).")
]
Repair = Annotated[
    bool,
    typer.Option(help="Whether the network repairs uncovered places and moving edges. Without it: six times as fast."),
]
Order = Annotated[
    float, typer.Option(min=0, max=MAX_DEPTH, help="How strictly what moves more covers what moves less; 0 not at all.")
]
RendererWeights = Annotated[
    Path | None, typer.Option(help="Weights of your own for the repairs, from “gid train renderer”.")
]
Device = Annotated[str | None, typer.Option(help="cpu, cuda, …; the fastest one found.")]
