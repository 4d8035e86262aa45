# SPDX-License-Identifier: GPL-3.0-or-later
"""An animated WebP of frames. Runs in the worker's environment.

python -m scripts.examples.webp FILM FPS WIDTH FRAME…
"""

from __future__ import annotations

import sys
from pathlib import Path

from PIL import Image

# What a page may load without a word; the film is as good as fits.
LARGEST = 700_000


def main(target: Path, fps: float, width: int, frames: list[str]) -> None:
    pictures = []
    for path in frames:
        with Image.open(path) as frame:
            height = round(frame.height * width / frame.width)
            pictures.append(frame.convert("RGB").resize((width, height), Image.Resampling.LANCZOS))
    for quality in (80, 65, 50, 35):
        pictures[0].save(
            target,
            save_all=True,
            append_images=pictures[1:],
            duration=round(1000 / fps),
            loop=0,
            quality=quality,
            method=4,
        )
        if target.stat().st_size <= LARGEST:
            break


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]), sys.argv[4:])
