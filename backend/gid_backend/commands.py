# SPDX-License-Identifier: GPL-3.0-or-later
"""The subcommands of `gid`. Each is a thin shell around one call of the library."""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from . import __version__
from . import command_options as option
from .batch.command import batch
from .extract_commands import extract
from .fill_commands import fill
from .page_commands import page
from .prediction_settings import DEFAULTS, PredictionSettings
from .render_commands import animate, load_volume, predicted, read_picture, render
from .simulate_commands import simulate
from .terminal import INTERRUPTED, console, fail, progress_bar, say

__all__ = ["app", "progress_bar", "run"]

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Predict how everything in a still picture would sway, and render it as a seamless loop.",
)


@app.command()
def predict(
    image: option.Image,
    output: option.NpzOutput,
    seed: option.Seed = 0,
    steps: option.Steps = DEFAULTS.steps,
    guidance: option.Guidance = DEFAULTS.guidance,
    strength: option.Strength = None,
    mask: option.MaskFile = None,
    weights: option.Weights = None,
    device: option.Device = None,
) -> None:
    """Predict the motion of a picture: its spectral volume.

    Examples:
    - `gid predict flower.jpg -o flower.npz`
    - `gid predict flower.jpg -o other.npz --seed 7 --strength 0.006 --mask petals.png`
    """
    from gid_blender.motion import files

    from .atomic import replacing

    settings = PredictionSettings(steps=steps, guidance=guidance, strength=strength)
    picture, linear = read_picture(image)
    with replacing(_suffixed(output, ".npz")) as temporary:
        volume = predicted(picture, linear, weights, device, seed, settings, mask)
        files.save(volume, temporary)
    say(f"{output}: {volume.bands} bands of {volume.width}×{volume.height}, seed {seed}")


app.command()(render)
app.command()(animate)
app.command()(batch)
app.command()(page)
app.command()(simulate)
app.command()(extract)
app.command()(fill)


@app.command()
def info(volume: option.VolumeFile) -> None:
    """Show what a spectral volume holds: size, origin, and how much moves in each band.

    Examples:
    - `gid info flower.npz`
    """
    import numpy as np

    v = load_volume(volume)
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
        return fail("Interrupted; nothing was written.", INTERRUPTED)
    return status if isinstance(status, int) else 0


def _explain(error: Exception) -> int:
    """One line for any exception."""
    # click's own errors, wherever typer keeps click: wrong options, missing arguments.
    message = getattr(error, "format_message", None)
    if callable(message):
        return fail(str(message()), 2)
    from gid_blender.motion import SpectralVolumeError

    from .errors import GidError
    from .failures import describe_failure

    failure = describe_failure(error)
    if failure.code == "interrupted":
        return fail(f"{failure.message} {failure.hint}", INTERRUPTED)
    if failure.is_unexpected:
        console.print_exception()
    is_input = isinstance(error, GidError | SpectralVolumeError) and failure.code != "out_of_memory"
    return fail(f"{failure.message} {failure.hint}", 2 if is_input else 1)


def _suffixed(path: Path, suffix: str) -> Path:
    if path.suffix.lower() != suffix:
        raise typer.BadParameter(f"“{path}” must end in {suffix}.")
    return path
