# SPDX-License-Identifier: GPL-3.0-or-later
"""`gid train …`: from clips and synthetic scenes to one file of weights."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..synth.commands import scenes as draw_scenes

app = typer.Typer(no_args_is_help=True, help="Train the motion prior. Every stage is resumable; run it again to go on.")

app.command("scenes")(draw_scenes)

LoopsOption = Annotated[Path | None, typer.Option(exists=True, file_okay=False, help="Folder of looping .mp4 clips.")]
ScenesOption = Annotated[
    Path | None, typer.Option(exists=True, file_okay=False, help="Folder of synthetic scenes (gid train scenes).")
]
WorkOption = Annotated[Path, typer.Option(help="Folder for checkpoints, measured clips and logs.")]


@app.command()
def prior(
    loops: LoopsOption = None,
    scenes: ScenesOption = None,
    work: WorkOption = Path("out/training"),
    output: Annotated[Path, typer.Option("-o", "--output", help="File of weights to write.")] = Path(
        "out/small.safetensors"
    ),
    configuration: Annotated[str, typer.Option(help="small or paper.")] = "small",
    autoencoder_minutes: Annotated[float, typer.Option(min=0, help="Budget of the slice autoencoder.")] = 20.0,
    denoiser_minutes: Annotated[float, typer.Option(min=0, help="Budget of the denoiser.")] = 60.0,
    loop_share: Annotated[float, typer.Option(min=0, max=1, help="Share of clips among the samples.")] = 0.3,
    batch: Annotated[int, typer.Option(min=1, help="Pictures in a step of the denoiser.")] = 8,
    workers: Annotated[int, typer.Option(min=0, help="Processes that prepare data.")] = 1,
    seed: int = 0,
) -> None:
    """Train autoencoder and denoiser, and write the weights.

    Examples:
      gid train scenes --count 4000 --out out/scenes

      gid train prior --loops clips --scenes out/scenes -o out/small.safetensors
    """
    import torch

    from ..models.config import CONFIGURATIONS
    from ..models.prior import MotionPrior
    from .autoencoder import measure_bands, measure_latents, train_autoencoder
    from .data import DEVELOPMENT_LOOPS, MotionBatches, load_loops, loader, read_scenes
    from .denoiser import train_denoiser
    from .encoder import pretrained_encoder

    if configuration not in CONFIGURATIONS:
        raise typer.BadParameter(
            f"There is no configuration “{configuration}”; choose one of {', '.join(CONFIGURATIONS)}."
        )
    torch.manual_seed(seed)
    config = CONFIGURATIONS[configuration]
    clips = [] if loops is None else load_loops(loops, work / "loops", config.bands)
    clips = [clip for clip in clips if clip.name not in DEVELOPMENT_LOOPS]
    pictures = read_scenes(scenes)
    typer.echo(f"{len(clips)} clips, {len(pictures)} scenes")

    def batches(size: int, slices: int | None, offset: int) -> MotionBatches:
        return MotionBatches(
            config, pictures, clips, batch=size, loop_share=loop_share, slices_per_picture=slices, seed=seed + offset
        )

    model = MotionPrior(config)
    model.encoder.load_state_dict(pretrained_encoder())
    model.channels_last()
    staged = work / "autoencoder.safetensors"
    notes: dict[str, object] = {"clips": [c.name for c in clips], "scenes": len(pictures), "seed": seed}
    if staged.exists():
        model = MotionPrior.load(staged)
    else:
        measure_bands(model, batches(8, None, 100))
        train_autoencoder(model, loader(batches(8, 4, 200), workers), work, minutes=autoencoder_minutes)
        notes |= measure_latents(model, batches(4, None, 300))
        typer.echo(f"autoencoder: L1 {notes['l1']:.4f} in normalised units")
        model.save(staged, notes)
    model.requires_grad_(False)
    model.denoiser.requires_grad_(True)
    train_denoiser(model, loader(batches(batch, None, 400), workers), work, minutes=denoiser_minutes)
    output.parent.mkdir(parents=True, exist_ok=True)
    model.save(output, notes)
    typer.echo(f"wrote {output}")


@app.command()
def snapshot(
    work: WorkOption = Path("out/training"),
    output: Annotated[Path, typer.Option("-o", "--output", help="File of weights to write.")] = Path(
        "out/small.safetensors"
    ),
) -> None:
    """Write weights from the newest checkpoint of a denoiser that is still training."""
    import torch

    from ..models.prior import MotionPrior

    model = MotionPrior.load(work / "autoencoder.safetensors")
    saved = torch.load(work / "denoiser" / "custom_checkpoint_0.pkl", map_location="cpu", weights_only=True)
    model.denoiser.load_state_dict({k.removeprefix("module."): v for k, v in saved.items() if k.startswith("module.")})
    model.save(output, {"snapshot": True})
    typer.echo(f"wrote {output}")


@app.command()
def evaluate(
    loops: Annotated[Path, typer.Option(exists=True, file_okay=False, help="Folder of looping .mp4 clips.")],
    weights: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="Default: the shipped ones.")
    ] = None,
    work: WorkOption = Path("out/training"),
    seeds: Annotated[int, typer.Option(min=1, help="Motions drawn of each clip.")] = 4,
    steps: Annotated[int, typer.Option(min=1)] = 20,
    guidance: Annotated[float, typer.Option(min=0)] = 0.75,
) -> None:
    """Compare predictions with the motion of the development clips, which no training sees."""
    from dataclasses import astuple, fields

    from rich.console import Console
    from rich.table import Table

    from ..evaluation.prior import ClipScore, evaluate_prior
    from ..predictor import MotionPredictor
    from .data import DEVELOPMENT_LOOPS, load_loops

    predictor = MotionPredictor.load(weights)
    clips = [c for c in load_loops(loops, work / "loops", predictor.prior.config.bands) if c.name in DEVELOPMENT_LOOPS]
    console = Console()
    with console.status("…") as status:
        scores = evaluate_prior(predictor, clips, seeds=seeds, steps=steps, guidance=guidance, progress=status.update)
    table = Table(*(f.name for f in fields(ClipScore)))
    for score in scores:
        table.add_row(*(v if isinstance(v, str) else f"{v:.2f}" for v in astuple(score)))
    console.print(table)
