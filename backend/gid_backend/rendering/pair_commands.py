# SPDX-License-Identifier: GPL-3.0-or-later
"""The command that makes pairs of frames: rendered ones, or out of clips."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..synth.commands import watched

__all__ = ["pairs"]


def pairs(
    out: Annotated[Path, typer.Option(help="Folder for the shards; existing shards are kept.", file_okay=False)],
    python: Annotated[
        Path | None,
        typer.Option(help="Render pairs with this Python, which has bpy in it.", exists=True, dir_okay=False),
    ] = None,
    loops: Annotated[
        Path | None,
        typer.Option(help="Measure pairs in the looping .mp4 clips of this folder.", exists=True, file_okay=False),
    ] = None,
    development: Annotated[
        bool, typer.Option(help="Of the clips, those that nothing is trained on, instead of all others.")
    ] = False,
    count: Annotated[int, typer.Option(help="How many rendered pairs.", min=1, max=100_000)] = 1000,
    seed: Annotated[int, typer.Option(help="Another seed, other scenes.", min=0)] = 8,
    jobs: Annotated[int, typer.Option(help="Processes that render.", min=1)] = 1,
    width: Annotated[int, typer.Option(help="Of a rendered picture of the shape 16:10.", min=64, max=2048)] = 320,
    family: Annotated[str | None, typer.Option(help="Rendered scenes of one family only.")] = None,
) -> None:
    """Make pairs of frames, with the motion between them, for training and measuring the renderer.

    Rendered ones have exactly known motion and disocclusion; in clips both are estimated, and marked where they fail.

    Examples:
      gid train pairs --python .venv/bpy52/bin/python --count 1000 --out out/pairs

      gid train pairs --loops clips --out out/loop-pairs
    """
    if (python is None) == (loops is None):
        raise typer.BadParameter("Give either --python, to render pairs, or --loops, to measure them in clips.")
    if loops is not None:
        from ..training.data import DEVELOPMENT_LOOPS
        from .loop_pairs import STARTS, STEPS, clips, save_loop_pairs

        names = [clip.stem for clip in clips(loops) if (clip.stem in DEVELOPMENT_LOOPS) == development]
        watched(
            "pairs",
            len(names) * len(STARTS) * len(STEPS),
            lambda say: save_loop_pairs(out, loops, names, STARTS, STEPS),
        )
        return
    from ..synth.rendered.generate import generate_pairs

    assert python is not None
    # Not resolved: the link in a virtual environment is what makes it one.
    blender = python.absolute()
    watched(
        "pairs",
        count,
        lambda say: generate_pairs(
            out,
            count=count,
            first=seed * 1_000_000,
            python=blender,
            width=width,
            jobs=jobs,
            family=family,
            complain=say,
        ),
    )
