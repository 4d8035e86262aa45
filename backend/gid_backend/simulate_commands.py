# SPDX-License-Identifier: GPL-3.0-or-later
"""`gid simulate`: a picture that is pulled, poked and blown on, rendered like a loop."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
import numpy.typing as npt
import typer

from gid_blender.motion import (
    DAMPINGS,
    Ambient,
    Damping,
    Excitation,
    ExcitationError,
    GustSpectrum,
    ModalBasis,
    Oscillators,
    Turbulence,
    Wind,
    preset_gains,
)
from gid_blender.motion import simulate as simulated
from gid_blender.motion.masking import at_pixels

from . import command_options as option
from . import excitation_options as excitation
from .excitation_options import Timeline, UnusableInput
from .masks import read_mask, vertex_weights
from .render_commands import Look, Settings, load_volume, read_picture, render_shot
from .render_settings import DEPTH
from .shutter import DEFAULT_SAMPLES, shutter_times

if TYPE_CHECKING:
    from gid_blender.motion import SpectralVolume

    from .shot import Shot

__all__ = ["simulate"]


def simulate(
    image: option.Image,
    volume: option.VolumeFile,
    output: option.FramesOutput,
    mask: option.Pinned = None,
    pull: Annotated[
        list[str] | None,
        typer.Option(
            metavar="X,Y,DX,DY@FRAME",
            help="Take the picture at pixel X,Y, draw it aside by DX,DY pixels and let go at a frame; "
            "@FROM-TO says when it is taken, too. Any number of times, like the others.",
        ),
    ] = None,
    poke: Annotated[
        list[str] | None,
        typer.Option(metavar="X,Y,VX,VY@FRAME", help="Tap it: it gets a speed of VX,VY pixels a second."),
    ] = None,
    load: Annotated[
        list[str] | None,
        typer.Option(metavar="X,Y,DX,DY@FROM-TO", help="A weight that would displace it by DX,DY pixels if it stayed."),
    ] = None,
    gust: Annotated[
        list[str] | None,
        typer.Option(
            metavar="DX,DY@FROM-TO",
            help="Wind that makes things lean by DX,DY pixels on average; all the time without @.",
        ),
    ] = None,
    reach: Annotated[float, typer.Option(min=0, help="Pixels around a point that hands and taps take hold of.")] = 4.0,
    gust_intensity: Annotated[
        float, typer.Option(min=0, max=2, help="How uneven the wind blows: 0 is steady, 0.3 among houses.")
    ] = 0.3,
    gust_seconds: Annotated[float, typer.Option(min=0.05, max=60, help="How long a gust lasts, about.")] = 1.5,
    gust_seed: Annotated[int, typer.Option(min=0, help="Another seed is another wind.")] = 0,
    gust_mask: Annotated[
        Path | None, typer.Option(help="A picture of where the wind blows: white, and nowhere that is black.")
    ] = None,
    ambient: Annotated[
        float, typer.Option(min=0, max=100, help="Amplitude of the loop beneath: 1 as predicted, 0 none.")
    ] = 0.0,
    equaliser: option.Equaliser = "neutral",
    damping: Annotated[
        str, typer.Option(metavar="NAME|ALPHA,BETA", help=f"{', '.join(DAMPINGS)}, or two numbers.")
    ] = "paper",
    stiffness: Annotated[float, typer.Option(min=0.01, max=100, help="4 swings twice as fast as predicted.")] = 1.0,
    speed: Annotated[float, typer.Option(min=0.01, max=100, help="0.25 is slow motion, four times as long.")] = 1.0,
    frames: Annotated[int | None, typer.Option(min=2, max=100000, help="Length. As long as the volume's loop.")] = None,
    fps: option.Fps = None,
    pre_roll: Annotated[
        int, typer.Option(min=0, max=100000, help="Frames that are simulated before the first, for wind to settle.")
    ] = 0,
    cycle: Annotated[
        bool, typer.Option("--cycle", help="A seamless loop: the end rings on into the beginning.")
    ] = False,
    ring_out: Annotated[
        int, typer.Option(min=0, max=100000, help="Over so many frames at the end, lead it back to the ambient loop.")
    ] = 0,
    offset: option.Offset = False,
    format: option.Format = None,
    depth: option.Depth = None,
    background: option.Background = None,
    shutter: option.Shutter = 0.0,
    shutter_samples: option.ShutterSamples = DEFAULT_SAMPLES,
    motion_vectors: option.MotionVectors = None,
    coverage: option.Coverage = None,
    repair: option.Repair = True,
    order: option.Order = DEPTH,
    renderer_weights: option.RendererWeights = None,
    device: option.Device = None,
) -> None:
    """Pull, poke and blow on a picture, and render how it answers.

    Frames count from 1. Everything may be given several times, and adds up.

    Examples:
    - `gid simulate rose.jpg rose.npz --pull 332,248,40,0@30 -o rose.mp4`
    - `gid simulate rose.jpg rose.npz --gust 12,0 --gust-intensity 0.5 --pre-roll 60 --ambient 0.5 -o windy.mp4`
    """
    picture, linear = read_picture(image, output)
    area = None if gust_mask is None else read_picture(gust_mask)[0][..., 0].astype(np.float64)
    allowed = None if mask is None else read_mask(mask)
    rates = _damping(damping)
    if cycle and (ring_out or pre_roll):
        raise typer.BadParameter("A cycle needs neither --pre-roll nor --ring-out.", param_hint="--cycle")
    look = Look(repair, order, renderer_weights)
    settings = Settings(
        output, fps, format, depth, background, shutter, shutter_samples, motion_vectors, coverage, look, device
    )

    def compose(motion: SpectralVolume) -> Shot:
        if motion.bands < 2 or not motion.spectrum[1:].any():
            raise UnusableInput(
                f"“{volume.name}” has no motion that could swing: all its harmonics are zero.",
                "Predict it anew, with a greater --strength or another --mask.",
            )
        height, width = picture.shape[:2]
        gains = preset_gains(equaliser, motion.bands, motion.duration)
        weights = None if allowed is None else vertex_weights(allowed, motion, height, width, ambient, gains)
        rate = fps or motion.fps
        count = frames or max(2, round(motion.duration / speed * rate))
        if ring_out >= count:
            raise UnusableInput(f"--ring-out takes less than the {count} frames that there are.", "Or choose --frames.")
        timeline = Timeline(width, height, count, rate, speed, pre_roll)
        near = reach / width
        seconds = count / rate * speed
        turbulence = Turbulence(GustSpectrum(gust_intensity, gust_seconds), gust_seed, seconds if cycle else None)
        winds = [excitation.parsed("--gust", text, "DX,DY, DX,DY@FROM or DX,DY@FROM-TO", 2) for text in gust or []]
        excitations: list[Excitation] = [
            *(excitation.pull(text, timeline, near) for text in pull or []),
            *(excitation.poke(text, timeline, near) for text in poke or []),
            *(excitation.load(text, timeline, near) for text in load or []),
            *(
                Wind(excitation.during(each, timeline, timeline.widths(*each.numbers)), turbulence, area)
                for each in winds
            ),
        ]
        if not excitations and ambient == 0:
            raise UnusableInput("Nothing moves the picture.", "Give --pull, --poke, --load, --gust or --ambient.")
        # What is pinned gives way to nothing: a pull takes hold of what can move.
        held = 1.0 if weights is None else at_pixels(weights, motion.height, motion.width)
        if weights is not None and not (motion.spectrum[1:] * held).any():
            raise UnusableInput(f"“{mask}” pins everything that moves in “{volume.name}”.", "Leave some of it white.")
        basis = ModalBasis(np.asarray(motion.spectrum * held, np.complex64), height / width).equalised(gains)
        # A loop beneath a cycle goes round in it a whole number of times.
        period = seconds / max(1, round(seconds / motion.duration)) if cycle else motion.duration
        loop = Ambient(ambient, period, offset=offset)
        oscillators = Oscillators.of(motion, rates).tuned(stiffness)
        fading = (timeline.seconds(count - ring_out), timeline.seconds(count)) if ring_out else None

        def coefficients(shown: npt.NDArray[np.float64]) -> npt.NDArray[np.complex128]:
            times = timeline.seconds(shown).ravel()
            try:
                q = simulated(
                    basis,
                    oscillators,
                    excitations,
                    times,
                    start=0.0,
                    pre_roll=pre_roll / rate * speed,
                    cycle=seconds if cycle else None,
                    ring_out=fading,
                )
            except ExcitationError as error:
                raise UnusableInput(str(error)) from error
            return (q + loop.at(times, basis)).reshape(*shown.shape, motion.bands)

        from .shot import Shot

        shown = np.arange(1, count + 1, dtype=np.float64)
        around = np.arange(0, count + 2, dtype=np.float64)
        rows = coefficients(shutter_times(shown, shutter, shutter_samples))
        full = None if weights is None else at_pixels(weights, height, width)
        return Shot(picture, linear, motion, rows, coefficients(around), full)

    render_shot(picture, linear, lambda: load_volume(volume), compose, settings)


def _damping(text: str) -> Damping:
    if text in DAMPINGS:
        return DAMPINGS[text]
    try:
        alpha, beta = (float(part) for part in text.split(","))
        return Damping(alpha, beta)
    except ValueError:
        names = ", ".join(DAMPINGS)
        raise typer.BadParameter(
            f"“{text}” is neither {names} nor two numbers of 0 or more such as 0.4,0.08.", param_hint="--damping"
        ) from None
