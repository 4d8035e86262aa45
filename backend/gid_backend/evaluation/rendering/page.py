# SPDX-License-Identifier: GPL-3.0-or-later
"""`docs/renderer-evaluation.md` from the results; what people write between its two marks is kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ..markdown import markdown, number, write_around
from ..results import Results
from .baselines import BASELINES, BICUBIC
from .candidates import NETWORK, PLAIN
from .goals import goals
from .past_range import FACTORS
from .places import BINS

__all__ = ["write_page"]

Row = dict[str, Any]
Columns = list[tuple[str, Callable[[Row], str]]]

TITLES = {"loops": "Development clips", "synthetic": "Rendered scenes, flow and uncovered places exact"}

HEAD = """# Evaluation of the renderer

    gid train pairs --python BLENDER --count 32 --seed 68 --width 384 --out PAIRS     # one of the 32 stands still
    gid evaluate renderer --loops CLIPS --frames 5 --pairs PAIRS --stills STILLS      # all; goes on where it was
    gid evaluate renderer --loops CLIPS --frames 5 --only ours                        # one row anew

This page is generated from [renderer-evaluation.json](renderer-evaluation.json). Speed and memory are in the
[benchmarks](benchmarks.md).

Every candidate gets the same: the rest picture, where each of its pixels goes, and how strongly each place moves over
the clip. On clips, that motion is estimated from the clip itself (see the [data set](dataset.md)), from frame 0 to
frames spread over it; its mistakes bound what any candidate can reach. On rendered scenes it is exact.

## Candidates"""

CANDIDATES = {
    "identity": "the rest picture",
    "nearest, bicubic remap": (
        "`cv2.remap` at x − flow(x): the motion that starts at a pixel is taken for the one that ends there"
    ),
    "mesh warp": (
        "a grid of 8-pixel quads, bent and painted bicubically, what moves more in front: what a plane in Blender does"
    ),
    "average, linear, softmax splat": (
        "colours splatted at full size, in one scale: weighed alike, by strength, or by the exponential of strength at"
        " the temperature that ours has. Holes show the rest picture"
    ),
    PLAIN: "displacements are splatted, content is fetched once, holes are filled from what moves least around them",
    NETWORK: "the same, with its network's repairs",
}

PUBLISHED = """The only published figures of such a renderer are fltwr/generative-image-dynamics' (README; own clips of
256×160, estimated flow, whole frames): a network on softmax splatting 36.31 dB / SSIM 0.9720, OpenCV remap 34.72 /
0.9654, average splatting 34.83 / 0.9657. Other data, so the margin over remap, 1.59 dB, is what compares at best."""

MEANINGS = {
    "PSNR": (
        "dB of 8-bit sRGB, at most 58.9 (rounding). The frames of a clip are pooled place by place; mean over clips or"
        " scenes"
    ),
    "SSIM": "Wang et al. 2004: Gaussian window of 11×11, σ 1.5, mean over R, G and B",
    "features": (
        "feature distance (EfficientNet-Lite0, ImageNet), 10⁻³: squared distance of the unit feature vectors at strides"
        " 2 to 32, mean over places, then stages. Built like LPIPS, on another network and without its learned weights:"
        " it compares with itself only"
    ),
    "frame": "all places",
    "moving": (
        "places of the frame where what has arrived within a pixel, or has left from there, was displaced by at least"
        " 0.5 px; *over bicubic*: dB more than, and share of, bicubic remap's"
    ),
    "followed": "moving places of clips whose estimated flow passed its check there and back",
    "uncovered": "places that show what the rest picture did not",
    "2, 5, 10, 20 px": (
        "places by that local displacement: "
        + ", ".join(f"{name} is {low:g}–{high:g}" for name, (low, high) in BINS.items())
        + " px, of pictures 512 wide"
    ),
    "flicker": (
        "mean |f(t−1) − 2 f(t) + f(t+1)| over moving places of 12 frames in a row, over the real clip's: above 1 it"
        " trembles more than the clip"
    ),
    "still": "% of the pixels without any motion within 16 px that have the very bits of the rest picture",
}

PAST = """## Past the range

The flow of clips times 1, 2 and 4, two frames of each. There is no truth: *uncovered* and *folded* say what the
motion does to the picture whoever renders it (% of the frame at which less than 0.3 px of the picture arrives; % of the
picture that is turned over). *Detail*: mean gradient where something moves, over the rest picture's; below 1 is blur,
above 1 tearing. *Drift*: squared distance of the mean unit feature vectors of frame and picture, 10⁻³, wherever things
are."""

SHEETS = """## Sheets

Predicted motion of photographs, frame of the largest displacement at the place, crops at moving edges enlarged three
times, nearest neighbour. The last lines are the first pictures at two and four times the motion. Then the crops' middle
rows over one loop, top to bottom. Ours brings the motion to the picture's size itself, as in every render; the others
get it interpolated."""


def write_page(path: Path, results: Results, images: str) -> None:
    """Write the page.

    Args:
        path: of the page; text between its two marks is kept.
        results: everything measured.
        images: folder of the sheets as the page links to it.

    Raises:
        OutputError: when the page cannot be written.
    """
    pieces = [HEAD, markdown(("candidate", "what it does"), list(CANDIDATES.items())), PUBLISHED]
    pieces += ["## What the columns say", markdown(("column", "meaning"), list(MEANINGS.items()))]
    found = goals(results)
    if found:
        heads = ["", "goal", *dict.fromkeys(name for goal in found for name in goal.reached)]
        lines = [[goal.what, goal.wanted, *(goal.reached.get(name, "") for name in heads[2:])] for goal in found]
        pieces.append("## Goals\n\n" + markdown(heads, lines))
    for split, title in TITLES.items():
        rows = _ordered(results.of("quality", split))
        if rows:
            pieces += [
                f"## {title}\n\n{_counts(rows)}\n\n{_quality(rows, results.of('flicker', split))}",
                _by_size(rows),
            ]
    pieces.append(_past_range(_ordered(results.of("past_range", "loops"))))
    if results.sheets:
        links = "\n\n".join(f"![{Path(name).stem.replace('-', ' ')}]({images}/{name})" for name in results.sheets)
        pieces.append(f"{SHEETS}\n\n{links}")
    write_around(path, pieces, "## What still fails\n")


def _ordered(rows: Sequence[Row]) -> list[Row]:
    """Rows in the order of the candidates, whenever each was measured; ours last."""
    names = [*BASELINES, PLAIN, NETWORK]
    return sorted(rows, key=lambda row: names.index(row["name"]) if row["name"] in names else len(names))


def _counts(rows: Sequence[Row]) -> str:
    cases, frames, uncovering = (
        max(row["figures"].get(key, 0) for row in rows) for key in ("cases", "frames", "cases_uncovered")
    )
    said = f"{cases} clips, {frames} frames" if cases != frames else f"{cases} frames"
    return f"{said}, {uncovering} of which uncover enough to be measured." if uncovering else f"{said}."


def _quality(rows: Sequence[Row], flicker: Sequence[Row]) -> str:
    trembling = {row["name"]: row["figures"] for row in flicker}
    remap: Row = next((row["figures"] for row in rows if row["name"] == BICUBIC), {})
    for row in rows:
        row["figures"] = row["figures"] | {"flicker": trembling.get(row["name"], {}).get("ratio")}
        if "psnr_moving" in remap and "psnr_moving" in row["figures"]:
            row["figures"]["over"] = row["figures"]["psnr_moving"] - remap["psnr_moving"]
            row["figures"]["of"] = row["figures"]["features_moving"] / max(remap["features_moving"], 1e-9)
    columns: Columns = []
    for region in ("frame", "moving", "followed", "uncovered"):
        columns.append((f"PSNR {region}", number(f"psnr_{region}")))
        if region == "moving":
            columns.append(("over bicubic", number("over")))
        if region == "followed":
            continue
        columns.append((f"SSIM {region}", number(f"ssim_{region}", 4)))
        columns.append((f"features {region}", number(f"features_{region}", 1, 1e3)))
        if region == "moving":
            columns.append(("% of bicubic", number("of", 0, 100)))
    columns += [("still", number("identical", 2, 100)), ("flicker", number("flicker"))]
    return _table(rows, columns)


def _by_size(rows: Sequence[Row]) -> str:
    columns: Columns = []
    for what, name, digits, factor in (("PSNR", "psnr", 2, 1.0), ("features", "features", 1, 1e3)):
        columns += [(f"{what} {size} px", number(f"{name}_{size}", digits, factor)) for size in BINS]
    table = _table(rows, columns)
    return f"By displacement:\n\n{table}" if table else ""


def _past_range(rows: Sequence[Row]) -> str:
    if not rows:
        return ""
    torn = rows[0]["figures"]
    shares = {f: [f"{100 * torn[f'{what}_{f:g}']:.1f} % {what}" for what in ("uncovered", "folded")] for f in FACTORS}
    said = "; ".join(f"times {factor:g}: {', '.join(both)}" for factor, both in shares.items())
    columns: Columns = []
    for what, digits, unit in (("detail", 2, 1.0), ("drift", 2, 1e3)):
        columns += [(f"{what} ×{factor:g}", number(f"{what}_{factor:g}", digits, unit)) for factor in FACTORS]
    return f"{PAST}\n\n{said}.\n\n{_table(rows, columns)}"


def _table(rows: Sequence[Row], columns: Columns) -> str:
    used = [(head, shown) for head, shown in columns if any(shown(row["figures"]) for row in rows)]
    lines = [[row["name"], *(shown(row["figures"]) for _, shown in used)] for row in rows]
    return markdown(["", *(head for head, _ in used)], lines) if used else ""
