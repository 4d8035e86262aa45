# SPDX-License-Identifier: GPL-3.0-or-later
"""The command that makes synthetic training scenes."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

__all__ = ["app", "scenes", "watched"]

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
    rendered: Annotated[bool, typer.Option(help="Render the scenes with Cycles; needs --python.")] = False,
    python: Annotated[
        Path | None, typer.Option(help="A Python that has bpy in it.", exists=True, dir_okay=False)
    ] = None,
    family: Annotated[str | None, typer.Option(help="Rendered scenes of one family only.")] = None,
) -> None:
    """Draw or render synthetic scenes with exactly known motion.

    Example: gid train scenes --count 4000 --out out/scenes --jobs 2

    Example: gid train scenes --rendered --python .venv/bpy52/bin/python --count 3000 --seed 5 --out out/rendered
    """
    if rendered and python is None:
        raise typer.BadParameter("--rendered needs --python, a Python with bpy, such as .venv/bpy52/bin/python.")
    watched(
        "scenes", count, lambda say: _makers(out, count, seed, jobs, worlds, python if rendered else None, family, say)
    )


def watched(what: str, count: int, make: Callable[[Callable[[str], None]], Iterator[int]]) -> None:
    """Make them under a bar of progress; what `make` yields is how many more are done, what it raises one sentence."""
    from ..errors import GidError
    from .scene import SceneError

    # So that a plain `kill` ends Blender's processes as well and leaves no folder behind.
    before = signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns) as progress:
        task = progress.add_task(what, total=count)
        try:
            for done in make(progress.console.print):
                progress.advance(task, done)
        except (SceneError, GidError) as error:
            progress.stop()
            typer.echo(str(error), err=True)
            raise typer.Exit(1) from error
        finally:
            signal.signal(signal.SIGTERM, before)


def _makers(
    out: Path,
    count: int,
    seed: int,
    jobs: int,
    worlds: Path | None,
    python: Path | None,
    family: str | None,
    say: Callable[[str], None],
) -> Iterator[int]:
    if python is None:
        from .generate import generate

        return generate(out, count=count, seed=seed, jobs=jobs, worlds=worlds)
    from .rendered.generate import generate as render

    return render(
        out,
        count=count,
        first=seed * 1_000_000,
        # Not resolved: the link in a virtual environment is what makes it one.
        python=python.absolute(),
        jobs=jobs,
        family=family,
        complain=say,
    )
