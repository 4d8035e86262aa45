# SPDX-License-Identifier: GPL-3.0-or-later
"""`gid batch`: all pictures of a folder."""

from __future__ import annotations

import io
import os
from contextlib import redirect_stdout
from pathlib import Path
from typing import Annotated

import typer

from .. import command_options as option
from ..errors import WeightsError
from ..prediction_settings import DEFAULTS, LARGEST_SEED, PredictionSettings
from ..shutter import DEFAULT_SAMPLES
from ..terminal import console, say
from .errors import BatchError, Interrupted
from .pool import LocalPool, Pool, SingleProcess
from .recipe import KINDS, Recipe

__all__ = ["batch", "parse_seeds"]

MOST_SEEDS = 10_000

Make = Annotated[
    list[str] | None,
    typer.Option("--make", help=f"Besides each volume: {', '.join(KINDS)}. May be given several times."),
]
Patterns = Annotated[
    list[str] | None, typer.Option("--pattern", help="Only these, such as “*.jpg”. May be given several times.")
]


def batch(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder of pictures.", show_default=False)],
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder of the results.", show_default=False)],
    recursive: Annotated[bool, typer.Option("-r", "--recursive", help="Search the folders in it too.")] = False,
    pattern: Patterns = None,
    masks: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Of what may move, called as the pictures are; without, lamp.mask.png beside lamp.jpg is taken.",
            show_default=False,
        ),
    ] = None,
    seeds: Annotated[
        str, typer.Option(metavar="N|LIST", help="So many motions of each picture, or which: 3,7,8.")
    ] = "1",
    seed: Annotated[
        int, typer.Option(min=0, max=LARGEST_SEED - MOST_SEEDS, help="The first seed, where --seeds is a number.")
    ] = 0,
    make: Make = None,
    sheet: Annotated[
        bool, typer.Option("--sheet", help="A contact sheet of each picture: a row for each seed.")
    ] = False,
    looping_sheet: Annotated[
        bool, typer.Option("--looping-sheet", help="The same as an animated WebP, all seeds side by side.")
    ] = False,
    steps: option.Steps = DEFAULTS.steps,
    guidance: option.Guidance = DEFAULTS.guidance,
    strength: option.Strength = None,
    weights: option.Weights = None,
    frames: option.Frames = None,
    fps: option.Fps = None,
    amplitude: option.Amplitude = 1.0,
    offset: option.Offset = False,
    format: option.Format = None,
    depth: option.Depth = None,
    background: option.Background = None,
    shutter: option.Shutter = 0.0,
    shutter_samples: option.ShutterSamples = DEFAULT_SAMPLES,
    report: Annotated[
        Path | None, typer.Option(help="Lines of JSON about each motion. OUT/report.jsonl.", show_default=False)
    ] = None,
    jobs: Annotated[
        int | None,
        typer.Option(min=1, max=256, help="Processes. One for each GPU; without any, one, which uses all cores."),
    ] = None,
    ray: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="Spread over a Ray cluster: host:port of its head, “auto” or “local”."),
    ] = None,
    device: option.Device = None,
) -> None:
    """Predict the motions of all pictures of a folder, and make films, frames or pages of them.

    Run it again to go on after an interruption, or when pictures were added: what is there is kept. A picture that
    fails does not stop the others; the exit status is 1 then, and the report says why.

    Examples:
    - `gid batch photos -o out --make mp4`
    - `gid batch photos -o out --recursive --seeds 6 --sheet`
    - `gid batch photos -o out --make mp4 --masks white-moves`
    - `gid batch photos -o out --seeds 3,7 --make frames --format exr --ray head.local:6379`
    """
    from .display import Display
    from .masks import with_masks
    from .outputs import check_writable
    from .pictures import find_pictures
    from .report import REPORT, Report
    from .run import Batch

    chosen = parse_seeds(seeds, seed)
    recipe = Recipe(
        prediction=PredictionSettings(steps=steps, guidance=guidance, strength=strength),
        model=_model(weights),
        make=_checked(make or [], format, depth, background),
        sheet="webp" if looping_sheet else "png" if sheet else None,
        frames=frames,
        fps=fps,
        amplitude=amplitude,
        offset=offset,
        shutter=shutter,
        shutter_samples=shutter_samples,
        format=format,
        depth=depth,
        background=background,
    )
    if ray is not None and (jobs is not None or device is not None):
        raise typer.BadParameter("--jobs and --device are about this machine; with --ray the cluster says who works.")
    found = find_pictures(folder, recursive=recursive, patterns=pattern or [], leave_out=output, masks=masks)
    pictures = with_masks(found, masks)
    if masked := sum(picture.mask is not None for picture in pictures):
        say(f"{masked} of {len(pictures)} pictures have a mask")
    check_writable(output)
    with Report(report or output / REPORT) as entered, Display() as display:
        try:
            # Of a machine that dies Ray prints the last page of its log; what became of the work is in the report.
            with redirect_stdout(io.StringIO()):
                pool = _pool(ray, jobs, weights, device)
                Batch(pictures, output, recipe, chosen, pool, entered, display).run()
        except KeyboardInterrupt:
            raise Interrupted(
                f"Interrupted; {entered.summary()}. What is done stays.", "The same command goes on with it."
            ) from None
    console.print(entered.table())
    say(f"{output}: {entered.summary()}; {entered.path} has all of it")
    if entered.count("failed"):
        raise typer.Exit(1)


def parse_seeds(text: str, first: int = 0) -> list[int]:
    """The seeds of “4” (four from the first on) or of “3,7,8”.

    Raises:
        typer.BadParameter: when the text says neither.
    """
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not parts or not all(part.isascii() and part.isdigit() and len(part) < 11 for part in parts):
        raise typer.BadParameter(f"--seeds is a number or a list such as 3,7,8, not “{text}”.")
    numbers = [int(part) for part in parts]
    count = len(numbers) if "," in text else numbers[0]
    if not 1 <= count <= MOST_SEEDS:
        raise typer.BadParameter(f"There are 1 to {MOST_SEEDS} motions of a picture, not {count}.")
    return list(dict.fromkeys(numbers)) if "," in text else list(range(first, first + count))


def _model(weights: Path | None) -> dict[str, str]:
    from ..model_info import chosen_weights, describe_model

    path = weights or chosen_weights()
    model = describe_model(path)
    if model is None:
        raise WeightsError(f"The weights “{path}” cannot be read.", "Name others with --weights, or none.")
    return model


def _checked(make: list[str], format: str | None, depth: int | None, background: str | None) -> tuple[str, ...]:
    """What is to be made, after a look at whether it can be."""
    from ..encode import check_depth
    from ..movies import MOVIES
    from ..transparency import parse_colour
    from ..video_encoders import require_encoder

    for kind in make:
        if kind not in KINDS:
            raise typer.BadParameter(f"“{kind}” is none of {', '.join(KINDS)}.", param_hint="--make")
        film = MOVIES.get(f".{kind}")
        if film is not None and film.encoder is not None:
            require_encoder(film.encoder, f".{kind}")
    if (format or depth) and "frames" not in make:
        raise typer.BadParameter("--format and --depth are about --make frames.")
    if format is not None:
        check_depth(format, depth)
    if background is not None:
        parse_colour(background)
    return tuple(dict.fromkeys(make))


def _pool(ray: str | None, jobs: int | None, weights: Path | None, device: str | None) -> Pool:
    if ray is not None:
        from .ray_pool import RayPool

        return RayPool(ray, weights)
    import torch

    from ..device import usable_device

    gpus = [f"cuda:{index}" for index in range(torch.cuda.device_count())] if device in (None, "cuda") else []
    if os.environ.get("GID_DEVICE", "cuda") != "cuda" and device is None:
        gpus = []
    if device is not None and not gpus:
        usable_device(device)
    if gpus and len(gpus) * (jobs or 1) > 1:
        if jobs is not None and jobs < len(gpus):
            gpus = gpus[:jobs]
        return LocalPool(weights, [gpus[index % len(gpus)] for index in range(jobs or len(gpus))])
    if jobs is None or jobs == 1:
        name = device or (gpus[0] if gpus else None)
        return SingleProcess(weights, name, on_gpu=bool(name) and name != "cpu")
    cores = os.cpu_count() or 1
    if device not in (None, "cpu"):
        raise BatchError(f"{jobs} processes on one “{device}” would only wait for each other.", "Leave --jobs out.")
    return LocalPool(weights, [device] * jobs, threads=max(1, cores // jobs))
