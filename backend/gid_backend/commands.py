# SPDX-License-Identifier: GPL-3.0-or-later
"""The subcommands of `gid`. Each is a thin shell around one call of the library."""

from __future__ import annotations

import contextlib
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from . import __version__
from .prediction_settings import DEFAULTS, LARGEST_GUIDANCE, LARGEST_STRENGTH, MOST_STEPS, PredictionSettings

if TYPE_CHECKING:
    from gid_blender.motion import SpectralVolume

    from .colour import Picture

__all__ = ["app", "progress_bar", "run"]

INTERRUPTED = 130

console = Console(stderr=True)
app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Predict how everything in a still picture would sway, and render it as a seamless loop.",
)

OUTPUT_HELP = "*.mp4, *.webp, *.gif, or a folder for single frames."
Image = Annotated[Path, typer.Argument(help="PNG, JPEG, WebP, TIFF, OpenEXR, …", show_default=False)]
VolumeFile = Annotated[Path, typer.Argument(metavar="V.npz", help="A spectral volume.", show_default=False)]
NpzOutput = Annotated[Path, typer.Option("-o", "--output", help="The .npz to write.", show_default=False)]
FramesOutput = Annotated[Path, typer.Option("-o", "--output", help=OUTPUT_HELP, show_default=False)]
Seed = Annotated[int, typer.Option(min=0, help="Another seed gives another motion; the same one the same motion.")]
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
Weights = Annotated[Path | None, typer.Option(help="Weights of your own, from “gid train”.")]
Frames = Annotated[
    int | None, typer.Option(min=2, max=100000, help="Length of the loop; fewer are a faster one. As the volume says.")
]
Fps = Annotated[float | None, typer.Option(min=1, max=240, help="Frames per second. As the volume says.")]
Amplitude = Annotated[float, typer.Option(min=0, max=100, help="0 is still, 1 as predicted, 3 three times as much.")]
Offset = Annotated[
    bool, typer.Option(help="Keep the mean offset, as of a measured clip; things swing about their place otherwise.")
]
Format = Annotated[str | None, typer.Option(help="Of frames in a folder: png, jpeg, webp or exr.")]
Device = Annotated[str | None, typer.Option(help="cpu, cuda, …; the fastest one found.")]


@app.command()
def predict(
    image: Image,
    output: NpzOutput,
    seed: Seed = 0,
    steps: Steps = DEFAULTS.steps,
    guidance: Guidance = DEFAULTS.guidance,
    strength: Strength = None,
    mask: MaskFile = None,
    weights: Weights = None,
    device: Device = None,
) -> None:
    """Predict the motion of a picture: its spectral volume.

    Examples:
    - `gid predict flower.jpg -o flower.npz`
    - `gid predict flower.jpg -o other.npz --seed 7 --strength 0.006 --mask petals.png`
    """
    from gid_blender.motion import files

    from .atomic import replacing

    settings = PredictionSettings(steps=steps, guidance=guidance, strength=strength)
    picture, linear = _read(image)
    with replacing(_suffixed(output, ".npz")) as temporary:
        volume = _predict(picture, linear, weights, device, seed, settings, mask)
        files.save(volume, temporary)
    _say(f"{output}: {volume.bands} bands of {volume.width}×{volume.height}, seed {seed}")


@app.command()
def render(
    image: Image,
    volume: VolumeFile,
    output: FramesOutput,
    frames: Frames = None,
    fps: Fps = None,
    amplitude: Amplitude = 1.0,
    offset: Offset = False,
    format: Format = None,
    device: Device = None,
) -> None:
    """Render a picture with a motion, as a seamless loop.

    Examples:
    - `gid render flower.jpg flower.npz -o flower.mp4`
    - `gid render flower.exr flower.npz -o frames --format exr --frames 90 --amplitude 2`
    """
    picture, linear = _read(image)
    _render(picture, linear, lambda: _load(volume), output, frames, fps, amplitude, offset, format, device)


@app.command()
def animate(
    image: Image,
    output: FramesOutput,
    seed: Seed = 0,
    steps: Steps = DEFAULTS.steps,
    guidance: Guidance = DEFAULTS.guidance,
    strength: Strength = None,
    mask: MaskFile = None,
    weights: Weights = None,
    frames: Frames = None,
    fps: Fps = None,
    amplitude: Amplitude = 1.0,
    offset: Offset = False,
    format: Format = None,
    device: Device = None,
) -> None:
    """From a picture to a seamless loop in one go: predict and render.

    Examples:
    - `gid animate flower.jpg -o flower.mp4`
    - `gid animate flower.jpg -o flower.gif --frames 60 --fps 20 --amplitude 1.5`
    """
    settings = PredictionSettings(steps=steps, guidance=guidance, strength=strength)
    picture, linear = _read(image)

    def motion() -> SpectralVolume:
        return _predict(picture, linear, weights, device, seed, settings, mask)

    _render(picture, linear, motion, output, frames, fps, amplitude, offset, format, device)


@app.command()
def extract(
    video: Annotated[Path, typer.Argument(help="Any video from a still camera.", show_default=False)],
    output: NpzOutput,
    seconds: Annotated[float | None, typer.Option(min=0.1, help="Use only the beginning.")] = None,
    width: Annotated[int, typer.Option(min=64, max=2048, help="Working width in pixels.")] = 512,
    raw: Annotated[bool, typer.Option("--raw", help="Keep motion where nothing can be seen moving.")] = False,
    loop: Annotated[
        bool | None, typer.Option("--loop/--no-loop", help="Whether it is a seamless loop; it is looked at otherwise.")
    ] = None,
) -> None:
    """Measure the motion in a real video, relative to its first frame.

    Examples:
    - `gid extract tree.mp4 -o tree.npz`
    - `gid extract tree.mp4 -o tree.npz --seconds 5`
    """
    from gid_blender.motion import files

    from .atomic import replacing
    from .flow import extract_motion

    with replacing(_suffixed(output, ".npz")) as temporary, progress_bar() as progress:
        volume = extract_motion(video, seconds=seconds, width=width, clean=not raw, periodic=loop, progress=progress)
        files.save(volume, temporary)
    measured = volume.meta["settings"]
    _say(
        f"{output}: {volume.bands} bands of {volume.width}×{volume.height}, {volume.duration:.4g} s, "
        f"{'a loop' if measured['loop'] else 'made a loop'}, {measured['followed']:.0%} of the texture followed"
    )


@app.command()
def info(volume: VolumeFile) -> None:
    """Show what a spectral volume holds: size, origin, and how much moves in each band.

    Examples:
    - `gid info flower.npz`
    """
    import numpy as np

    v = _load(volume)
    out = Console()
    out.print(f"{volume}", style="bold", markup=False, highlight=False)
    out.print(f"{v.bands} bands of {v.width}×{v.height}, {v.frames} frames at {v.fps:.6g} fps, {v.duration:.4g} s")
    for key, value in v.meta.items():
        out.print(f"{key}: {value}", markup=False, highlight=False)
    table = Table("band", "Hz", "mean, % of width", "largest, % of width", "")
    for column in table.columns[:4]:
        column.justify = "right"
    # Length of the long half-axis of the ellipse that a point runs through in this band, at least by 1/√2.
    size = np.sqrt((np.abs(v.spectrum) ** 2).sum(axis=1)) * 100.0
    means = size.mean(axis=(1, 2))
    for k in range(v.bands):
        bar = "█" * round(24 * float(means[k] / max(means[1:].max(initial=0.0), means[k], 1e-12)))
        table.add_row(f"{k}", f"{k * v.fps / v.frames:.2f}", f"{means[k]:.4f}", f"{size[k].max():.3f}", bar)
    out.print(table)


@app.command(add_help_option=False, context_settings={"ignore_unknown_options": True, "allow_extra_args": True})
def train(context: typer.Context) -> None:
    """Train the model on clips and synthetic scenes; see “gid train --help”."""
    # Its own Typer app, found only now: it is of no use to those who only predict.
    from .training.commands import app as training

    training(args=context.args, prog_name="gid train", standalone_mode=False)


@app.command(add_help_option=False, context_settings={"ignore_unknown_options": True, "allow_extra_args": True})
def evaluate(context: typer.Context) -> None:
    """Measure the model against clips and scenes it never saw; see “gid evaluate --help”."""
    from .evaluation.commands import app as evaluation

    evaluation(args=context.args, prog_name="gid evaluate", standalone_mode=False)


@app.command(add_help_option=False, context_settings={"ignore_unknown_options": True, "allow_extra_args": True})
def dataset(context: typer.Context) -> None:
    """Make a data set of real motion out of your own videos; see “gid dataset --help”."""
    from .dataset.commands import app as datasets

    datasets(args=context.args, prog_name="gid dataset", standalone_mode=False)


@app.command()
def worker() -> None:
    """Serve Blender over stdin and stdout; Blender starts it by itself.

    The command line that starts it is a setting in Blender, so it can run elsewhere: `ssh gpu-box gid worker`
    """


@app.callback(invoke_without_command=True)
def _main(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    if version:
        typer.echo(f"gid {__version__}")
        raise typer.Exit


def run(arguments: Sequence[str]) -> int:
    """Run a command line; every error becomes one line on stderr and an exit status, see `cli.main`."""
    # Ended from outside, half-written results are cleared away as after Ctrl-C.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        status = typer.main.get_command(app).main(list(arguments), prog_name="gid", standalone_mode=False)
    except typer.Exit as leave:
        return leave.exit_code
    except (typer.Abort, KeyboardInterrupt):
        status = INTERRUPTED
    except BrokenPipeError:
        return 1
    except Exception as error:
        return _explain(error)
    if status == INTERRUPTED:
        return _fail("Interrupted; nothing was written.", INTERRUPTED)
    return status if isinstance(status, int) else 0


def _explain(error: Exception) -> int:
    """One line for any exception."""
    # click's own errors, wherever typer keeps click: wrong options, missing arguments.
    message = getattr(error, "format_message", None)
    if callable(message):
        return _fail(str(message()), 2)
    from gid_blender.motion import SpectralVolumeError

    from .errors import GidError
    from .failures import describe_failure

    failure = describe_failure(error)
    if failure.is_unexpected:
        console.print_exception()
    is_input = isinstance(error, GidError | SpectralVolumeError) and failure.code != "out_of_memory"
    return _fail(f"{failure.message} {failure.hint}", 2 if is_input else 1)


def _fail(sentence: str, status: int) -> int:
    print("gid:", " ".join(sentence.split()), file=sys.stderr)
    return status


def _say(sentence: str) -> None:
    console.print(sentence, markup=False, highlight=False, soft_wrap=True)


def _read(path: Path) -> tuple[Picture, bool]:
    from .images import is_linear, read_image

    return read_image(path), is_linear(path)


def _load(path: Path) -> SpectralVolume:
    from gid_blender.motion import files

    return files.load(path)


def _suffixed(path: Path, suffix: str) -> Path:
    if path.suffix.lower() != suffix:
        raise typer.BadParameter(f"“{path}” must end in {suffix}.")
    return path


def _predict(
    picture: Picture,
    linear: bool,
    weights: Path | None,
    device: str | None,
    seed: int,
    settings: PredictionSettings,
    mask: Path | None,
) -> SpectralVolume:
    allowed = None if mask is None else _read_mask(mask)
    with progress_bar() as progress:
        progress("Loading the model", 0, 0)
        from .predictor import MotionPredictor

        predictor = MotionPredictor.load(weights, device)
        [volume] = predictor.predict_many(picture, [seed], settings, mask=allowed, linear=linear, progress=progress)
    return volume


def _read_mask(path: Path) -> Picture:
    """The first channel of a picture: masks are grey, whatever they are stored as."""
    return _read(path)[0][..., 0]


def _render(
    picture: Picture,
    linear: bool,
    motion: Callable[[], SpectralVolume],
    output: Path,
    frames: int | None,
    fps: float | None,
    amplitude: float,
    offset: bool,
    format: str | None,
    device: str | None,
) -> None:
    import numpy as np

    from gid_blender.motion import loop_coefficients

    from .encode import FORMATS
    from .movies import writing

    format = format or ("exr" if linear else "png")
    if format not in FORMATS:
        raise typer.BadParameter(f"“{format}” is no frame format; choose from {', '.join(FORMATS)}.")
    started = time.monotonic()
    with writing(output, format=format, linear=linear) as write:
        volume = motion()
        from .renderer import MotionRenderer

        count = volume.frames if frames is None else frames
        # Other lengths keep their own time: half as many frames at the same rate is a loop twice as fast.
        q = amplitude * loop_coefficients(np.arange(count), harmonics=volume.bands, period=count, offset=offset)
        renderer = MotionRenderer.load(device)
        with progress_bar() as progress:
            write(renderer.render_frames(picture, volume, q, progress=progress), fps or volume.fps, count)
    _say(f"{output}: {count} frames at {fps or volume.fps:.6g} fps in {time.monotonic() - started:.1f} s")


@contextlib.contextmanager
def progress_bar() -> Iterator[Callable[[str, int, int], None]]:
    """A progress bar on stderr as the library's callback; silent where stderr is no terminal."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bars:
        tasks: dict[str, Any] = {}

        def report(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=total or None)
            bars.update(tasks[stage], completed=done, total=total or None)

        yield report
