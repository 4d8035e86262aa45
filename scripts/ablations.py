#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Train the variants of the prior that docs/evaluation.md compares: equal time for each, on a quarter of the grid.

    python scripts/ablations.py --scenes out/scenes --dataset out/clips --work out/ablations
    gid evaluate prior --split synthetic --table ablations --weights base=out/ablations/base.safetensors …

Every run leaves the same families out (those that `gid evaluate` holds out), and each has the same minutes for each of
its stages. Runs that are there are kept, so it goes on where it was.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

HELD_OUT = ("vines", "willow", "flag", "bunting")
SCENES, CLIPS = "scenes", "clips"
# Settings that differ from the configuration `small`, and the data that it is trained on.
VARIANTS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "base": ((), (SCENES, CLIPS)),
    "K=4": (("bands=4",), (SCENES, CLIPS)),
    "K=8": (("bands=8",), (SCENES, CLIPS)),
    "K=24": (("bands=24",), (SCENES, CLIPS)),
    "no adaptive normalisation": (("normalization=linear",), (SCENES, CLIPS)),
    "normalised by channel (paper)": (("normalization=channel",), (SCENES, CLIPS)),
    "independent bands": (
        ("coordination=none", "unet_channels=64", "unet_multipliers=[1, 2, 3]", "batch=4"),
        (SCENES, CLIPS),
    ),
    "attention across bands (paper)": (
        ("coordination=attention", "unet_channels=64", "unet_multipliers=[1, 2, 3]", "batch=4"),
        (SCENES, CLIPS),
    ),
    "features from scratch": (("features=scratch",), (SCENES, CLIPS)),
    "clips only": ((), (CLIPS,)),
    "scenes only": ((), (SCENES,)),
    "scenes only, windows for loops": (("windows=8",), (SCENES,)),
}


def main() -> None:
    """Run one training after the other; each ends by its own budget."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scenes", type=Path, required=True, help="folder of synthetic scenes")
    parser.add_argument("--dataset", type=Path, required=True, help="data set of clips (gid dataset build --bands 24)")
    parser.add_argument("--work", type=Path, default=Path("out/ablations"))
    parser.add_argument("--minutes", type=float, default=3.0, help="of the denoiser; the other stages have less")
    parser.add_argument("--pairs", type=int, default=1024, help="pairs encoded for the denoiser")
    parser.add_argument("--area", type=int, default=128 * 80, help="pixels of the working grid")
    parser.add_argument("--only", nargs="*", choices=list(VARIANTS), help="these variants alone")
    given = parser.parse_args()
    for name in given.only or VARIANTS:
        changes, data = VARIANTS[name]
        slug = "".join(c if c.isalnum() else "-" for c in name).strip("-")
        output = given.work / f"{slug}.safetensors"
        if output.exists():
            continue
        settings = [
            f"area={given.area}",
            f"amplitude_minutes={given.minutes / 5}",
            f"autoencoder_minutes={given.minutes / 3}",
            f"denoiser_minutes={given.minutes}",
            f"pairs={given.pairs}",
            "sheet_minutes=0",
            # Other work on the machine must not decide which variant wins.
            "clock=processor",
            *changes,
        ]
        command = ["gid", "train", "prior", "--work", str(given.work / slug), "--output", str(output), "--workers", "0"]
        command += [part for setting in settings for part in ("--set", setting)]
        command += [part for family in HELD_OUT for part in ("--without-family", family)]
        command += ["--scenes", str(given.scenes)] if SCENES in data else []
        command += ["--dataset", str(given.dataset)] if CLIPS in data else []
        print(name, flush=True)
        # gid beside this Python, so that the environment of the one is that of the other.
        subprocess.run([str(Path(sys.executable).parent / command[0]), *command[1:]], check=True)


if __name__ == "__main__":
    main()
