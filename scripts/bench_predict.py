# SPDX-License-Identifier: GPL-3.0-or-later
"""How long a prediction takes at default quality, in this process, on the CPU. Prints one JSON object of medians.

Runs in the worker's environment.
"""

import json
import statistics
import time
from pathlib import Path

import torch

from gid_backend.images import read_image
from gid_backend.predictor import MotionPredictor

ROOT = Path(__file__).resolve().parent.parent
REPEATS = 3


def main() -> None:
    # The figure is about two cores, however many there are.
    torch.set_num_threads(2)
    picture = read_image(ROOT / "gid_blender/assets/dahlia.jpg")
    started = time.perf_counter()
    predictor = MotionPredictor.load(device="cpu")
    loading = time.perf_counter() - started
    times, volume = [], None
    for seed in range(REPEATS):
        started = time.perf_counter()
        volume = predictor.predict(picture, seed=seed)
        times.append(time.perf_counter() - started)
    assert volume is not None
    # The step over the seam against the other ones, at the resolution of the volume.
    frames = [volume.displacement(t) for t in range(volume.frames)]
    steps = [float(abs(frames[t] - frames[t - 1]).mean()) for t in range(len(frames))]
    print(
        json.dumps(
            {
                "predict_s": statistics.median(times),
                "model_load_s": loading,
                "seam_ratio": steps[0] / statistics.mean(steps[1:]),
                "grid": f"{volume.width}×{volume.height}",
            }
        )
    )


if __name__ == "__main__":
    main()
