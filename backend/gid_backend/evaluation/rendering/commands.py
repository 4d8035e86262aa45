# SPDX-License-Identifier: GPL-3.0-or-later
"""`gid evaluate renderer`: figures, sheets and page of the renderer. Run it again to go on where it was."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..watching import console, watching

__all__ = ["renderer"]

LoopsOption = Annotated[
    Path | None, typer.Option(exists=True, file_okay=False, help="Folder of clips, the development ones among them.")
]
PairsOption = Annotated[
    list[Path] | None,
    typer.Option(exists=True, help="Pairs of frames (gid train pairs), a shard or a folder of them; repeatable."),
]
StillsOption = Annotated[Path | None, typer.Option(exists=True, file_okay=False, help="Photographs for the sheets.")]
OnlyOption = Annotated[list[str] | None, typer.Option(help="A candidate to measure, as the page calls it; repeatable.")]
FramesOption = Annotated[int, typer.Option(min=1, help="Most frames of each clip, spread over it.")]
WeightsOption = Annotated[Path | None, typer.Option(help="Of the network (gid train renderer); the shipped ones.")]
WorkOption = Annotated[Path, typer.Option(help="Folder for measured flow, figures of single frames and motions.")]
ResultsOption = Annotated[Path, typer.Option(help="JSON file in which rows accumulate; the page is beside it.")]
DeviceOption = Annotated[str | None, typer.Option(help="Of our renderer: cpu, cuda, …; the fastest one found.")]


def renderer(
    loops: LoopsOption = None,
    pairs: PairsOption = None,
    stills: StillsOption = None,
    frames: FramesOption = 14,
    only: OnlyOption = None,
    weights: WeightsOption = None,
    work: WorkOption = Path("out/evaluation"),
    results: ResultsOption = Path("docs/renderer-evaluation.json"),
    device: DeviceOption = None,
) -> None:
    """Rendered frames against real ones, beside other ways to move a picture; sheets to look at.

    With no input the page is written anew from the results.

    Examples:
    - `gid evaluate renderer --loops clips --pairs pairs/test --stills photographs`
    - `gid evaluate renderer --loops clips --only ours`
    """
    from ..results import Results
    from ..splits import EvaluationError
    from .candidates import candidates
    from .inputs import clips_of, paired, spread
    from .page import write_page
    from .plan import LOOPS, SYNTHETIC, Plan
    from .store import Store

    kept = Results(results)
    if loops is None and not pairs and stills is None and not kept.rows:
        raise EvaluationError(
            "There is nothing to compare with.",
            "Name the development clips (--loops CLIPS), pairs of frames (--pairs FOLDER), or both.",
        )
    with watching() as watch:
        # Whatever cannot be used is told before anything is measured.
        measured = paired(pairs or [])
        plan = Plan(Store(work / "frames"), kept, candidates(only, device, weights), watch)
        clips = clips_of(loops, measured[LOOPS], work / "flow", watch)
        if clips:
            plan.quality(LOOPS, [pair for found in clips.values() for pair in spread(found, frames)])
            plan.flicker(clips)
            plan.past_range(clips)
        if measured[SYNTHETIC]:
            plan.quality(SYNTHETIC, measured[SYNTHETIC])
        if stills is not None:
            from .sheets import write_sheets

            kept.sheets = write_sheets(stills, results.parent / "images", work / "motions", plan.candidates, watch)
            kept.save()
    page = results.with_suffix(".md")
    write_page(page, kept, "images")
    console.print(f"{page}", markup=False, highlight=False, soft_wrap=True)
