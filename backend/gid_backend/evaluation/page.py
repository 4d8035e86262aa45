# SPDX-License-Identifier: GPL-3.0-or-later
"""`docs/evaluation.md` from the results; what people write between its two marks is kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from .markdown import BEGIN, END, markdown, number, pair, write_around
from .results import Results

__all__ = ["BEGIN", "END", "TABLES", "write_page"]

Row = dict[str, Any]

# Heading, goal, what stands in the cell.
COLUMNS: list[tuple[str, str, Callable[[Row], str]]] = [
    ("where", "", number("rank")),
    ("amount", "0.63 … 1.6", number("amount")),
    ("within", "", number("amount_within", 0, 100)),
    ("leak", "≤ 10", number("leakage", 0, 100)),
    ("idle", "0", number("idle")),
    ("slope", "−0.7 … −1.2", number("slope")),
    ("bands", "≤ 3", pair(number("band_error", 1), number("band_error_raw", 1), " of ")),
    ("mean band", "≤ 3", number("band_error_worst", 1)),
    ("coherence", "reference's", number("coherence")),
    ("phases", "reference's", number("phase_coherence")),
    ("draw", "> 0", number("residual_coherence")),
    ("inside", "1", number("inside")),
    ("edges", "1", number("across")),
    ("crest", "reference's", number("crest")),
    ("best", "< 1", pair(number("best"), number("spectral_error"), " / ")),
    ("diversity", "> 0", pair(number("diversity"), number("diversity_amplitude"), " / ")),
    ("Fréchet", "0", number("frechet", 1)),
    ("kernel", "0", number("kernel", 0)),
    ("changes", "0", number("changes", 1)),
    ("seam", "≤ 1", number("seam")),
]
WHERE_GOAL = {"loops": "≥ 0.65", "synthetic": "≥ 0.80", "unseen": ""}
TABLES = {
    "prior": "Priors and baselines",
    "ablations": "Ablations, at equal budget of training",
    "steps": "Steps and solvers",
}
TITLES = {
    "loops": "Development clips",
    "synthetic": "Synthetic scenes with unseen seeds",
    "unseen": "Families of scenes that a training left out",
}

HEAD = """# Evaluation of the motion prior

    gid evaluate --loops CLIPS --stills STILLS                      # everything below; goes on where it was
    gid evaluate scenes --rendered RENDERED                         # the two synthetic splits alone, see below
    gid evaluate prior --loops CLIPS --weights NAME=FILE            # one more row in every table

This page is generated from [evaluation.json](evaluation.json) by `gid evaluate page`. Seeds are fixed: draws 0, 1, … of
each picture, one wind for each scene.

## What the columns say

Splits: four clips that no training sees; 500 synthetic scenes of unseen seeds and 100 of two kinds, hanging branches
and flags, both with the motion known exactly. Up to half of the scenes are rendered ones with numbers that are set
aside (`gid train scenes --rendered --seed 58`), the others are drawn. Each table says of how many pictures it is.

Everything is measured on a grid of 128×72 places (as many for other aspects) over places that have texture; mean over
draws, median over clips or scenes. *Reference* is the truth measured against itself."""

MEANINGS = {
    "where": (
        "Spearman's ρ between predicted and true map of motion strength (root mean square over time without the mean"
        " offset), the truth floored at 0.2 px of 512"
    ),
    "amount": (
        "mean predicted over true strength in places that move (at least 0.2 px and 10 % of the strongest hundredth);"
        " *within*: % of the pictures within a factor 1.6"
    ),
    "leak": (
        "strength where the truth is still, in % of that where it moves; *idle*: mean strength, px of 512, in pictures"
        " in which nothing moves"
    ),
    "slope": "of log mean amplitude over log frequency, k = 1..15",
    "bands": (
        "error of a band's mean amplitude in dB, mean over the bands, after the overall gain is taken out, of that"
        " before;"
        " *mean band*: the worst band when all pictures and draws are averaged first"
    ),
    "coherence": (
        "correlation over places of the amplitudes in neighbouring bands; *phases*: of their phase gradients; *draw*:"
        " of what a draw does differently from the other draws of the picture, 0 where bands are drawn independently"
    ),
    "inside, edges": (
        "mean step of the motion between neighbouring pixels of one part, and across the edges of parts, over the true"
        " one, both per motion strength"
    ),
    "crest": "farthest from the mean position over the root mean square, mean over places",
    "best": "distance of amplitude spectra over the truth's size: of the best draw / of all on average; static has 1",
    "diversity": (
        "mean distance of two draws over their size: of the motions / of their amplitudes; √2 is nothing in common, 0"
        " is collapsed"
    ),
    "Fréchet, kernel": (
        "distances between features of rendered and true frames (10⁻³ for the kernel's); *changes*: kernel distance of"
        " what varies within 30 frames. Features: EfficientNet-Lite0 (ImageNet), mean over its deepest map. **Not"
        " Inception and not I3D**: they compare with each other only. Static frames are true ones, so *static* does"
        " well in the first two. Over four clips the kernel's come out below zero: their chance is larger than they are"
    ),
    "seam": "step from the last frame to the first over the mean step",
}


def write_page(path: Path, results: Results, images: str) -> None:
    """Write the page.

    Args:
        path: of the page; text between its two marks is kept.
        results: everything measured.
        images: folder of the sheets as the page links to it.

    Raises:
        OutputError: when the page cannot be written.
    """
    pieces = [HEAD, markdown(("column", "meaning"), list(MEANINGS.items()))]
    for split, title in TITLES.items():
        rows = results.of("prior", split)
        if rows:
            pieces.append(f"## {title}\n\n{_counts(rows)}\n\n{_table(rows, split)}")
            pieces += [_groups(rows, split), _windows(rows)]
    for table in ("ablations", "steps"):
        for split in TITLES:
            rows = results.of(table, split)
            if rows:
                title = f"{TABLES[table]}: {TITLES[split].lower()}"
                pieces.append(f"## {title}\n\n{_counts(rows)}\n\n{_table(rows, split)}")
    pieces.append(_cost(results.cost))
    if results.sheets:
        links = "\n\n".join(f"![{Path(name).stem.replace('_', ' ')}]({images}/{name})" for name in results.sheets)
        pieces.append(f"{SHEETS}\n\n{links}")
    write_around(path, pieces, "## What still fails\n")


SHEETS = """## Sheets

From left to right: the picture; where it moves (root mean square; white is 1 % of the width and more); phase of bands 1
and 3 along their main direction (hue: when in the period; brightness: how much); the row of most motion over one loop,
top to bottom. Below a clip's prediction stands its truth."""


def _table(rows: Sequence[Row], split: str) -> str:
    used = [c for c in COLUMNS if any(c[2](row["figures"]) for row in rows)]
    goals = ["*goal*", *(WHERE_GOAL[split] if head == "where" else goal for head, goal, _ in used)]
    lines = [[row["name"], *(shown(row["figures"]) for _, _, shown in used)] for row in rows]
    return markdown(["", *(head for head, _, _ in used)], [goals, *lines])


def _counts(rows: Sequence[Row]) -> str:
    cases = {row["figures"]["cases"] for row in rows}
    drawn = [row for row in rows if "steps" in row["settings"]]
    said = [f"{max(cases)} pictures"]
    for key, word in (("draws", "draws each"), ("steps", "steps"), ("guidance", "guidance")):
        values = sorted({row["figures"][key] if key == "draws" else row["settings"][key] for row in drawn})
        if values:
            said.append(f"{word} {', '.join(str(v) for v in values)}")
    return "; ".join(said) + "."


def _groups(rows: Sequence[Row], split: str) -> str:
    """Where, amount and leak of every clip or family, for each set of weights."""
    drawn = [row for row in rows if "weights" in row["settings"] or row["name"].startswith(("nearest", "the scene"))]
    names = sorted({name for row in drawn for name in row["figures"]["groups"]})
    if not drawn or not names:
        return ""
    cell = pair(pair(number("rank"), number("amount"), " / "), number("leakage", 0, 100), " / ")
    still = number("idle")

    def shown(row: Row, name: str) -> str:
        group = row["figures"]["groups"].get(name)
        if group is None:
            return ""
        return cell(group) if group["rank"] is not None else f"idle {still(group)}"

    lines = [[name, *(shown(row, name) for row in drawn)] for name in names]
    what = "clip" if split == "loops" else "family"
    return f"Where / amount / leak of each {what}:\n\n" + markdown([what, *(row["name"] for row in drawn)], lines)


def _windows(rows: Sequence[Row]) -> str:
    lines = [
        [row["name"], *(f"{round(value) + 0:d}".replace("-", "−") for value in row["figures"]["windows"])]
        for row in rows
        if row["figures"].get("windows") and "steps" in row["settings"]
    ]
    if not lines:
        return ""
    count = len(lines[0]) - 1
    heads = ["", *(f"{150 // count * i}–{150 // count * (i + 1) - 1}" for i in range(count))]
    return "Kernel distance in windows along time (frames); it should stay flat:\n\n" + markdown(heads, lines)


def _cost(cost: Row) -> str:
    if not cost:
        return ""
    lines = [
        [
            f"{row['width']}×{row['height']}",
            str(row["steps"]),
            f"{row['seconds']:.1f}",
            f"{row['fastest']:.1f} … {row['slowest']:.1f}",
            f"{row['peak_mb']:.0f}",
        ]
        for row in cost["rows"]
    ]
    table = markdown(["grid", "steps", "seconds", "fastest … slowest", "peak memory, MB"], lines)
    return (
        f"## Cost of a prediction\n\n{cost['device']}, {cost['threads']} threads, guidance {cost['guidance']:g};"
        f" median of {cost['repeats']} after one to warm up. Memory is the process's{cost['memory']}, torch"
        f" and the model in it.\n\n{table}"
    )
