# SPDX-License-Identifier: GPL-3.0-or-later
"""Make gid_blender/assets/dahlia.npz, the ready motion of "Load Example", from the picture beside it.

    .venv/worker/bin/python scripts/make_example.py            # predicted by the shipped weights
    .venv/worker/bin/python scripts/make_example.py --seed 3   # another one

The zip should stay small, so the grid is reduced and the values are rounded to what a half-precision float holds:
0.05 % of each amplitude, far below what anybody sees.
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from gid_backend.predictor import MotionPredictor
from gid_blender import motion

ASSETS = Path(__file__).resolve().parent.parent / "gid_blender/assets"
MAX_BYTES = 1_500_000
COLUMNS = 128


def reduced(volume: motion.SpectralVolume) -> motion.SpectralVolume:
    """The same motion on a grid COLUMNS wide, in values that compress."""
    small = volume.resampled(max(1, round(COLUMNS * volume.height / volume.width)), COLUMNS)
    parts = small.spectrum.view(np.float32).astype(np.float16).astype(np.float32)
    return replace(small, spectrum=parts.view(np.complex64))


def say_where_it_comes_from(volume: motion.SpectralVolume) -> None:
    """Rewrite the paragraph about the motion in the licence text."""
    path = ASSETS / "LICENSE.dahlia.txt"
    before, _, _ = path.read_text(encoding="utf-8").partition("dahlia.npz\n")
    path.write_text(
        f"{before}dahlia.npz\n"
        f"  Motion predicted for that photograph by the model {volume.meta['model']} of this project,"
        f" seed {volume.meta['seed']}, on a reduced grid.\n"
        "  Licence: GPL-3.0-or-later, as the project.\n",
        encoding="utf-8",
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()

    from gid_backend.images import read_image

    def progress(stage: str, done: int, total: int) -> None:
        print(f"\r{stage} {done}/{total}   ", end="", file=sys.stderr, flush=True)

    volume = MotionPredictor.load().predict(read_image(ASSETS / "dahlia.jpg"), seed=options.seed, progress=progress)
    target = ASSETS / "dahlia.npz"
    motion.save(reduced(volume), target)
    say_where_it_comes_from(volume)
    size = target.stat().st_size
    strongest = float(volume.amplitude().max())
    print(f"\n{target}: {size / 1e6:.2f} MB, strongest motion {100 * strongest:.2f} % of the width")
    if size > MAX_BYTES:
        raise SystemExit(f"That is more than {MAX_BYTES / 1e6} MB; lower COLUMNS.")


if __name__ == "__main__":
    main()
