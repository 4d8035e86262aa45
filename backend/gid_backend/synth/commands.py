# SPDX-License-Identifier: GPL-3.0-or-later
"""The command that makes synthetic training scenes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

__all__ = ["app"]

app = typer.Typer(add_completion=False)


@app.command("scenes")
def scenes(
    out: Annotated[Path, typer.Option(help="Folder for the shards; existing shards are kept.", file_okay=False)],
    count: Annotated[int, typer.Option(help="How many scenes.", min=1, max=1_000_000)] = 4000,
    seed: Annotated[int, typer.Option(help="Another seed, other scenes.", min=0)] = 0,
    jobs: Annotated[int, typer.Option(help="Processes.", min=1)] = 2,
    worlds: Annotated[
        Path | None,
        typer.Option(help="Folder of CC0 panoramas for backgrounds (.hdr, .jpg, .png).", exists=True, file_okay=False),
    ] = None,
) -> None:
    """Draw synthetic scenes with exactly known motion.

    Example: gid train scenes --count 4000 --out out/scenes --jobs 2
    """
    from .generate import generate

    columns = (TextColumn("scenes"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns) as progress:
        task = progress.add_task("scenes", total=count)
        for done in generate(out, count=count, seed=seed, jobs=jobs, worlds=worlds):
            progress.advance(task, done)
