# SPDX-License-Identifier: GPL-3.0-or-later
"""`gid train …`: from clips and synthetic scenes to one file of weights."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from ..errors import GidError
from ..rendering.pair_commands import pairs as make_pairs
from ..synth.commands import scenes as draw_scenes

INTERRUPTED = 130

app = typer.Typer(no_args_is_help=True, help="Train the motion prior. Every stage is resumable; run it again to go on.")

app.command("scenes")(draw_scenes)
app.command("pairs")(make_pairs)

LoopsOption = Annotated[Path | None, typer.Option(exists=True, file_okay=False, help="Folder of looping .mp4 clips.")]
ScenesOption = Annotated[
    Path | None, typer.Option(exists=True, file_okay=False, help="Folder of synthetic scenes (gid train scenes).")
]
OutputOption = Annotated[Path, typer.Option("-o", "--output", help="File of weights to write.")]
DatasetOption = Annotated[
    list[Path] | None,
    typer.Option(exists=True, file_okay=False, help="Data set of videos (gid dataset build); repeatable."),
]
WorkOption = Annotated[Path, typer.Option(help="Folder for checkpoints, measured clips and logs.")]


@app.command()
def prior(
    loops: LoopsOption = None,
    scenes: ScenesOption = None,
    dataset: DatasetOption = None,
    work: WorkOption = Path("out/training"),
    output: OutputOption = Path("out/small.safetensors"),
    configuration: Annotated[
        str, typer.Option("--config", "--configuration", help="small, paper, or a TOML file.")
    ] = "small",
    changes: Annotated[
        list[str] | None, typer.Option("--set", metavar="SETTING=VALUE", help="Any setting of the file; repeatable.")
    ] = None,
    autoencoder_minutes: Annotated[float | None, typer.Option(min=0, help="Budget of the slice autoencoder.")] = None,
    denoiser_minutes: Annotated[float | None, typer.Option(min=0, help="Budget of the denoiser.")] = None,
    loop_share: Annotated[float | None, typer.Option(min=0, max=1, help="Share of clips among the samples.")] = None,
    batch: Annotated[int | None, typer.Option(min=1, help="Pictures in a step of the denoiser.")] = None,
    learning_rate: Annotated[float | None, typer.Option(help="The highest of the denoiser.")] = None,
    without_family: Annotated[
        list[str] | None, typer.Option(help="A family of scenes to leave out, to be measured on; repeatable.")
    ] = None,
    workers: Annotated[int, typer.Option(min=0, help="Processes that prepare data.")] = 1,
    seed: Annotated[int, typer.Option(min=0, help="Of weights, data and noise.")] = 0,
) -> None:
    """Train autoencoder and denoiser, and write the weights.

    Ctrl-C ends after the step that is going on, with a checkpoint; the same command goes on from there.

    Examples:
      gid train scenes --count 4000 --out out/scenes

      gid train prior --loops clips --scenes out/scenes -o out/small.safetensors

      gid train prior --scenes out/scenes --config mine.toml --set bands=8 --work out/bands8
    """
    from .settings import read_configuration

    config, settings = read_configuration(
        configuration,
        changes or (),
        autoencoder_minutes=autoencoder_minutes,
        denoiser_minutes=denoiser_minutes,
        loop_share=loop_share,
        batch=batch,
        learning_rate=learning_rate,
    )
    stages = _stages()
    from .stopping import Stopped

    data = stages.read_data(loops, scenes, work, config.bands, dataset or (), without=without_family or ())
    _say(f"{len(data.loops)} clips, {len(data.scenes)} scenes; configuration {config.name}")
    try:
        notes = stages.train_prior(config, settings, data, work, output, seed=seed, workers=workers)
    except Stopped as stopped:
        _say(f"{stopped.message} {stopped.hint}")
        raise SystemExit(INTERRUPTED) from stopped
    _say(f"wrote {output}; the autoencoder's L1 is {notes.get('l1', float('nan')):.4f} in normalised units")


@app.command()
def snapshot(work: WorkOption = Path("out/training"), output: OutputOption = Path("out/small.safetensors")) -> None:
    """Write weights from the newest checkpoint of a denoiser that is still training."""
    step = _stages().snapshot(work, output)
    _say(f"wrote {output}, of step {step}")


@app.command()
def renderer(
    pairs: Annotated[
        list[Path], typer.Option(exists=True, file_okay=False, help="Folder of pairs of frames; repeatable.")
    ],
    work: WorkOption = Path("out/renderer"),
    output: OutputOption = Path("out/renderer.safetensors"),
    minutes: Annotated[float, typer.Option(min=0, help="Budget, earlier sittings counted in.")] = 45.0,
    steps: Annotated[int, typer.Option(min=0, help="Budget too, whichever is spent first; 0: minutes alone.")] = 0,
    batch: Annotated[int, typer.Option(min=1, help="Crops in a step.")] = 8,
    learning_rate: Annotated[float, typer.Option(help="The highest.")] = 1e-3,
    feature_weight: Annotated[float, typer.Option(min=0, help="Of the perceptual loss beside L1.")] = 0.2,
    start: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="Weights to begin with, such as the shipped ones.")
    ] = None,
    workers: Annotated[int, typer.Option(min=0, help="Processes that prepare data.")] = 1,
    seed: Annotated[int, typer.Option(min=0, help="Of weights and data.")] = 0,
) -> None:
    """Train the network that repairs rendered frames, and write its weights.

    Ctrl-C ends after the step that is going on, with a checkpoint; the same command goes on from there.
    """
    try:
        from . import renderer as stage
    except ModuleNotFoundError as error:
        raise _missing(error) from error
    from .stopping import Stopped

    settings = stage.RendererSettings(
        minutes=minutes, steps=steps, batch=batch, learning_rate=learning_rate, feature_weight=feature_weight
    )
    try:
        notes = stage.train_renderer(pairs, work, output, settings, start=start, seed=seed, workers=workers)
    except Stopped as stopped:
        _say(f"{stopped.message} {stopped.hint}")
        raise SystemExit(INTERRUPTED) from stopped
    _say(f"wrote {output}, trained on {sum(notes['pairs'].values())} pairs of frames")


def _stages() -> Any:
    """The module that trains; it needs packages that predicting does not."""
    try:
        from . import stages
    except ModuleNotFoundError as error:
        raise _missing(error) from error
    return stages


def _missing(error: ModuleNotFoundError) -> GidError:
    return GidError(f"Training needs the package {error.name}.", "Install the extra: pip install .[train]")


def _say(sentence: str) -> None:
    """Once, however many processes train."""
    from .processes import process_state

    if process_state().is_main_process:
        typer.echo(sentence)
