# SPDX-License-Identifier: GPL-3.0-or-later
"""What runs in Blender's Python: `python -m gid_backend.synth.rendered.child FOLDER [--family NAME] SEED …`.

Writes FOLDER/SEED.npz for each and then says "made SEED" on a line of its own. With `--pairs SCALE` the pictures are so
much larger and each is taken twice, at rest and in a wind.
"""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from pathlib import Path

import numpy as np

from .families import make
from .moved import make_pair


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("seeds", type=int, nargs="+")
    parser.add_argument("--family")
    parser.add_argument("--pairs", type=float, metavar="SCALE")
    arguments = parser.parse_args()
    # Blender writes to fd 1 what it renders; the reports keep a way of their own.
    reports = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    for seed in arguments.seeds:
        try:
            family, scale = arguments.family, arguments.pairs
            scene = make(seed, family) if scale is None else make_pair(seed, family, scale)
            partial = arguments.folder / f"{seed}.partial"
            with partial.open("wb") as f:
                np.savez(f, **scene)
            partial.replace(arguments.folder / f"{seed}.npz")
            reports.write(f"made {seed}\n")
        except Exception:
            traceback.print_exc()
            reports.write(f"failed {seed} {' '.join(traceback.format_exc().splitlines()[-1].split())}\n")
    reports.flush()
    sys.stderr.flush()
    # Blender can hang while Python ends.
    os._exit(0)


if __name__ == "__main__":
    main()
