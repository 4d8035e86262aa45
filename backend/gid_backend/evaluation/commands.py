# SPDX-License-Identifier: GPL-3.0-or-later
"""`gid evaluate …`: figures, page and sheets of a motion prior. Run it again to go on where it was."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..model_info import WEIGHTS
from ..prediction_settings import DEFAULTS, LARGEST_GUIDANCE, MOST_STEPS, PredictionSettings, Solver
from .rendering.commands import renderer
from .watching import console, watching

if TYPE_CHECKING:
    from .plan import Plan

__all__ = ["app"]

app = typer.Typer(
    add_completion=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Measure a motion prior against clips and scenes it never saw, and against baselines.",
)
app.command()(renderer)

WORK = Path("out/evaluation")
WorkOption = Annotated[Path, typer.Option(help="Folder for measured clips, test scenes and draws.")]
LoopsOption = Annotated[
    Path | None, typer.Option(exists=True, file_okay=False, help="Folder of clips, the development ones among them.")
]
StillsOption = Annotated[Path | None, typer.Option(exists=True, file_okay=False, help="Folder of photographs.")]
RenderedOption = Annotated[
    Path | None, typer.Option(exists=True, file_okay=False, help="Rendered scenes; those set aside for tests are used.")
]
WeightsOption = Annotated[list[str] | None, typer.Option(help="NAME=FILE, as often as wanted; the shipped ones.")]
ScenesOption = Annotated[int, typer.Option(min=1, help="Most scenes of each synthetic split.")]
SamplesOption = Annotated[int, typer.Option(min=1, max=64, help="Motions drawn of each picture.")]
StepsOption = Annotated[int, typer.Option(min=1, max=MOST_STEPS, help="Steps of the solver.")]
GuidanceOption = Annotated[
    float, typer.Option(min=0, max=LARGEST_GUIDANCE, help="How closely the motion keeps to the picture.")
]
SolverOption = Annotated[Solver, typer.Option(help="How the steps are taken.")]
SplitOption = Annotated[list[str] | None, typer.Option(help="loops, synthetic, unseen; whatever is there.")]
ResultsOption = Annotated[Path, typer.Option(help="JSON file in which rows accumulate; the page is beside it.")]
DeviceOption = Annotated[str | None, typer.Option(help="cpu, cuda, …; the fastest one found.")]
ThreadsOption = Annotated[int, typer.Option(min=1, help="CPU threads of the timed predictions.")]
RESULTS = Path("docs/evaluation.json")


@app.callback(invoke_without_command=True)
def everything(
    context: typer.Context,
    loops: LoopsOption = None,
    stills: StillsOption = None,
    rendered: RenderedOption = None,
    weights: WeightsOption = None,
    count: ScenesOption = 500,
    samples: SamplesOption = 8,
    steps: StepsOption = DEFAULTS.steps,
    guidance: GuidanceOption = DEFAULTS.guidance,
    work: WorkOption = WORK,
    results: ResultsOption = RESULTS,
    device: DeviceOption = None,
) -> None:
    """Everything: test scenes, all tables, cost, sheets, page.

    Examples:
    - `gid evaluate --loops clips --stills photographs`
    - `gid evaluate --loops clips --weights shipped=small.safetensors --weights first=first.safetensors`
    """
    if context.invoked_subcommand is not None:
        return
    # A split that is there is the split: later renders do not change what earlier rows were measured on.
    if not (work / "scenes").exists():
        _make_scenes(work / "scenes", 500, 100, rendered)
    settings: dict[str, Any] = {"weights": weights, "results": results, "device": device}
    drawing: dict[str, Any] = {"loops": loops, "work": work, "guidance": guidance}
    prior(**settings, **drawing, count=count, samples=samples, steps=steps)
    # What steps do is seen on few pictures, and takes as many predictions as all else together.
    sweep(
        **settings, **drawing, split=None if loops is None else ["loops"], count=min(count, 20), samples=min(samples, 4)
    )
    cost(**settings)
    if loops is not None or stills is not None:
        sheets(**settings, **drawing, stills=stills, steps=steps)


@app.command()
def scenes(
    out: Annotated[Path, typer.Option(file_okay=False, help="Folder for both splits.")] = WORK / "scenes",
    count: Annotated[int, typer.Option(min=1, max=100_000, help="Scenes with unseen seeds.")] = 500,
    unseen: Annotated[int, typer.Option(min=0, max=10_000, help="Scenes of the held-out families.")] = 100,
    rendered: RenderedOption = None,
) -> None:
    """Make the two synthetic splits: unseen seeds, and families that a training may leave out.

    Examples:
    - `gid evaluate scenes`
    - `gid evaluate scenes --rendered out/rendered`
    """
    _make_scenes(out, count, unseen, rendered)


@app.command()
def prior(
    weights: WeightsOption = None,
    loops: LoopsOption = None,
    split: SplitOption = None,
    table: Annotated[str, typer.Option(help="prior or ablations: where the rows go.")] = "prior",
    baselines: Annotated[bool, typer.Option(help="Rows of the baselines as well.")] = True,
    frames: Annotated[bool, typer.Option(help="Render, for the Fréchet and kernel distances.")] = True,
    count: ScenesOption = 500,
    samples: SamplesOption = 8,
    steps: StepsOption = DEFAULTS.steps,
    guidance: GuidanceOption = DEFAULTS.guidance,
    solver: SolverOption = DEFAULTS.solver,
    work: WorkOption = WORK,
    results: ResultsOption = RESULTS,
    device: DeviceOption = None,
) -> None:
    """Rows of the tables: weights and baselines, on every split.

    Examples:
    - `gid evaluate prior --loops clips --weights new=out/small.safetensors`
    - `gid evaluate prior --split synthetic --table ablations --weights base=a.safetensors --weights k4=b.safetensors`
    """
    from .candidates import Expected, Prior
    from .page import TABLES
    from .plan import named_weights
    from .splits import EvaluationError

    if table not in TABLES:
        raise EvaluationError(f"There is no table “{table}”.", f"Choose from {', '.join(TABLES)}.")
    settings = PredictionSettings(steps=steps, guidance=guidance, solver=solver)
    files = named_weights(weights or [], WEIGHTS)
    candidates: list[Prior] = [Prior(name, file, settings, device=device) for name, file in files]
    if baselines:
        # Does the diffusion earn its cost?
        alone = [Expected(f"{name}: regressor alone", file, device=device) for name, file in files]
        candidates = [*alone, *candidates]
    with _plan(work, results, loops, count, samples, frames) as plan:
        for candidate in candidates:
            # A damaged file is told before anything else is measured.
            candidate.load()
            candidate.unload()
        plan.tabulate([*(plan.baselines() if baselines else []), *candidates], plan.chosen(split), table)
    page(results)


@app.command()
def sweep(
    weights: WeightsOption = None,
    loops: LoopsOption = None,
    split: SplitOption = None,
    count: ScenesOption = 500,
    samples: SamplesOption = 8,
    guidance: GuidanceOption = DEFAULTS.guidance,
    work: WorkOption = WORK,
    results: ResultsOption = RESULTS,
    device: DeviceOption = None,
) -> None:
    """The table of steps against quality, for every solver, of the first weights.

    Examples:
    - `gid evaluate sweep --loops clips --split loops --samples 4`
    """
    from .plan import named_weights

    name, file = named_weights(weights or [], WEIGHTS)[0]
    with _plan(work, results, loops, count, samples, True) as plan:
        plan.sweep(name, file, plan.chosen(split), PredictionSettings(guidance=guidance), device)
    page(results)


@app.command()
def cost(
    weights: WeightsOption = None,
    steps: Annotated[list[int] | None, typer.Option(min=1, help="As often as wanted; 10, 20, 25.")] = None,
    area: Annotated[list[float] | None, typer.Option(min=0.05, help="Multiples of the grid; 0.5, 1, 2.")] = None,
    repeats: Annotated[int, typer.Option(min=1, help="Of which the median is taken.")] = 3,
    threads: ThreadsOption = 2,
    results: ResultsOption = RESULTS,
    device: DeviceOption = None,
) -> None:
    """Seconds and memory of a prediction, by steps and by area, of the first weights.

    Examples:
    - `gid evaluate cost --steps 10 --steps 25 --area 1`
    """
    from .cost import measure_cost
    from .plan import named_weights
    from .results import Results

    kept = Results(results)
    file = named_weights(weights or [], WEIGHTS)[0][1]
    with watching() as watch:
        kept.cost = measure_cost(
            file,
            steps=steps or [10, 20, 25],
            areas=area or [0.5, 1.0, 2.0],
            repeats=repeats,
            threads=threads,
            device=device,
            watch=watch,
        )
    kept.save()
    page(results)


@app.command()
def sheets(
    weights: WeightsOption = None,
    loops: LoopsOption = None,
    stills: StillsOption = None,
    steps: StepsOption = DEFAULTS.steps,
    guidance: GuidanceOption = DEFAULTS.guidance,
    solver: SolverOption = DEFAULTS.solver,
    work: WorkOption = WORK,
    results: ResultsOption = RESULTS,
    device: DeviceOption = None,
) -> None:
    """Sheets to look at, into the folder `images` beside the page: clips beside their truth, and stills.

    Examples:
    - `gid evaluate sheets --loops clips --stills photographs`
    """
    from .candidates import Prior
    from .gallery import sheet_of_clips, sheets_of_stills
    from .plan import named_weights
    from .splits import EvaluationError

    if loops is None and stills is None:
        raise EvaluationError("There is nothing to show.", "Name clips (--loops), photographs (--stills), or both.")
    name, file = named_weights(weights or [], WEIGHTS)[0]
    settings = PredictionSettings(steps=steps, guidance=guidance, solver=solver)
    candidate = Prior(name, file, settings, device=device)
    images = results.parent / "images"
    with _plan(work, results, loops, 1, 1, False) as plan:
        written = [] if loops is None else [sheet_of_clips(candidate, plan.cases("loops"), images, plan.watch)]
        if stills is not None:
            written += sheets_of_stills(candidate, stills, images, plan.watch)
        plan.results.sheets = written
        plan.results.save()
    page(results)


@app.command()
def page(results: ResultsOption = RESULTS) -> None:
    """Write the page anew from the results; what was written into it by hand is kept.

    Examples:
    - `gid evaluate page`
    """
    from .page import write_page
    from .results import Results

    path = results.with_suffix(".md")
    write_page(path, Results(results), "images")
    console.print(f"{path}", markup=False, highlight=False, soft_wrap=True)


def _make_scenes(out: Path, count: int, unseen: int, rendered: Path | None) -> None:
    from .held_out import write_scenes

    done = 0
    with watching() as watch:
        for more in write_scenes(out, count=count, unseen=unseen, rendered=rendered):
            done += more
            watch("test scenes", done, count + unseen)


@contextlib.contextmanager
def _plan(work: Path, results: Path, loops: Path | None, scenes: int, samples: int, frames: bool) -> Iterator[Plan]:
    from .plan import Plan
    from .results import Results

    with watching() as watch:
        kept = Results(results)
        yield Plan(work, kept, loops=loops, scenes=scenes, samples=samples, frames=frames, watch=watch)
