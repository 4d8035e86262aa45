# SPDX-License-Identifier: GPL-3.0-or-later
"""`gid dataset …`: from a folder of videos to what “gid train prior --dataset” learns from."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="Make a data set of real motion out of your own videos.")

DatasetFolder = Annotated[Path, typer.Argument(metavar="OUT", help="Folder of the data set.", show_default=False)]


@app.command()
def build(
    videos: Annotated[
        Path,
        typer.Argument(metavar="DIR", exists=True, file_okay=False, help="Folder of videos, with all folders in it."),
    ],
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder of the data set; a started one is continued.")],
    loops: Annotated[
        str, typer.Option(help="Whether the videos are seamless loops: yes, no, or auto to look at each.")
    ] = "auto",
    jobs: Annotated[int, typer.Option(min=1, help="Processes.")] = os.cpu_count() or 1,
    ray: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Spread over a Ray cluster: host:port of its head, or “auto”.")
    ] = None,
    bands: Annotated[int | None, typer.Option(min=2, max=64, help="Bands to store; 24.", show_default=False)] = None,
    least: Annotated[
        float | None,
        typer.Option(min=0, help="Pixels of 512 that 1 % of the picture must move at least; 0.5.", show_default=False),
    ] = None,
    most: Annotated[
        float | None, typer.Option(min=0, help="Pixels of 512 that it may move in the mean; 8.", show_default=False)
    ] = None,
) -> None:
    """Measure the motion in all videos of a folder.

    Run it again to go on after an interruption, or when videos were added: what is there is kept.

    Examples:
    - `gid dataset build videos -o dataset`
    - `gid dataset build cinemagraphs -o dataset --loops yes`
    - `gid dataset build videos -o dataset --ray head.local:6379`
    """
    from ..commands import progress_bar
    from .build import Progress
    from .build import build as make
    from .errors import DatasetError
    from .index import read_settings
    from .pool import Pool
    from .settings import Settings

    if loops not in ("auto", "yes", "no"):
        raise typer.BadParameter(f"--loops is auto, yes or no, not “{loops}”.")
    given: dict[str, Any] = {
        name: value for name, value in (("bands", bands), ("least", least), ("most", most)) if value is not None
    }
    settings = None
    if given:
        try:
            settings = replace(read_settings(output), **given)
        except DatasetError:
            settings = replace(Settings(), **given)
    pool: Pool | None = None
    if ray is not None:
        from .ray_pool import RayPool

        pool = RayPool(ray)
    with progress_bar() as progress:

        def show(state: Progress) -> None:
            progress("Measuring motion", state.done, state.planned)

        index = make(videos, output, settings, loops=loops, pool=pool, jobs=jobs, progress=show)  # type: ignore[arg-type]
    _report(Console(stderr=True), output, index)


@app.command()
def info(
    folder: DatasetFolder,
    check: Annotated[bool, typer.Option("--check", help="Read every pair, to find damage.")] = False,
) -> None:
    """Show what a data set holds, clip by clip.

    Examples:
    - `gid dataset info dataset`
    - `gid dataset info dataset --check`
    """
    from .errors import DatasetError
    from .index import SHARDS, read_index, read_settings
    from .shards import read_pair

    index, settings = read_index(folder), read_settings(folder)
    console = Console()
    _report(console, folder, index)
    if check:
        damaged: dict[str, str] = {}
        for pair in index.pairs:
            try:
                path = folder / SHARDS / pair["shard"]
                read_pair(path, pair["row"], pair, bands=pair["bands"], step=settings.step)
            except DatasetError as error:
                damaged.setdefault(pair["shard"], error.message)
        for message in damaged.values():
            console.print(message, style="red", markup=False, highlight=False, soft_wrap=True)
        if damaged:
            raise DatasetError(f"{len(damaged)} shards are damaged.", "Delete them and run “gid dataset build” again.")
        console.print(f"All {len(index.pairs)} pairs can be read.")


@app.command()
def flow(
    scenes: Annotated[int, typer.Option(min=1, help="Synthetic scenes; five pairs of each.")] = 24,
    seed: Annotated[int, typer.Option(min=0)] = 0,
) -> None:
    """Compare the searches for flow on pairs of pictures whose flow is known.

    Example: `gid dataset flow --scenes 24`
    """
    from ..flow.benchmark import compare, known_pairs

    console = Console()
    with console.status("Drawing pairs") as status:
        pairs = list(known_pairs(scenes, seed))
        scores = compare(pairs, progress=status.update)
    table = Table("method", "all", "inside", "edges", "still", "> 1 px, %", "cleaned: all", "ms")
    for s in scores:
        figures = (s.everywhere, s.inside, s.edges, s.still)
        last = (f"{100 * s.outliers:.1f}", f"{s.cleaned:.3f}", f"{1000 * s.seconds:.0f}")
        table.add_row(s.method, *(f"{f:.3f}" for f in figures), *last)
    console.print(table)


def _report(console: Console, folder: Path, index: Any) -> None:
    from .filters import VERDICTS

    size = sum(path.stat().st_size for path in (folder / "shards").glob("*.safetensors"))
    table = Table("clip", "s", "loop", "pairs", "left out")
    for digest, clip in sorted(index.clips.items(), key=lambda item: item[1]["name"]):
        counts = index.verdicts[digest]
        left = ", ".join(f"{n} {VERDICTS[v]}" for v, n in counts.items() if v != "kept")
        table.add_row(
            clip["name"], f"{clip['seconds']:.1f}", "yes" if clip["period"] else "", str(counts.get("kept", 0)), left
        )
    console.print(table)
    each = f", {size / len(index.pairs) / 1000:.0f} kB each" if index.pairs else ""
    loops = sum(pair["periodic"] for pair in index.pairs)
    console.print(
        f"{folder}: {len(index.pairs)} pairs of {len(index.clips)} clips ({loops} of loops){each}",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )
    for name in index.unfinished:
        console.print(f"not finished: {name}", style="yellow", markup=False, highlight=False, soft_wrap=True)
    for shard in index.damaged:
        console.print(f"damaged shard: {shard}", style="red", markup=False, highlight=False, soft_wrap=True)
    for name, problem in sorted(index.problems.items()):
        console.print(f"left out: {name}: {problem}", style="yellow", markup=False, highlight=False, soft_wrap=True)
