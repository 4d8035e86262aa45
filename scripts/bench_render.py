# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures the renderer: frames per second, and how close its frames come to real ones.

Prints one JSON object of medians. Run by scripts/bench.py, or by itself:

    python -m scripts.bench_render [CLIP.mp4 …]

With clips, their motion is measured by `gid extract`, laid on their first frame and rendered; the frames
are compared with the clip's own (PSNR in dB over the whole frame, median over the clips), beside those of
a plain backward look-up (cv2.remap, cubic, as if the motion were already that of the target pixel), and of
splatting colours instead of displacements.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch

from gid_backend.flow import extract_motion
from gid_backend.renderer import MotionRenderer
from gid_backend.rendering.splatting import splat
from gid_backend.video import read_video
from gid_blender.motion import SpectralVolume

SIZES = {"render_512x288_ms": (288, 512), "render_1920x1080_ms": (1080, 1920), "render_3840x2160_ms": (2160, 3840)}
# Every so many frames of a clip is compared.
STRIDE = 10


def main() -> int:
    torch.set_num_threads(min(2, torch.get_num_threads()))
    figures: dict[str, Any] = {name: frame_time(*size) for name, size in SIZES.items()}
    clips = [compare(Path(name)) for name in sys.argv[1:]]
    for method in clips[0] if clips else ():
        figures[f"psnr_{method}_db"] = round(statistics.median(clip[method] for clip in clips), 2)
    print(json.dumps(figures))
    return 0


def frame_time(height: int, width: int) -> float:
    """Milliseconds for one frame of a picture that is set already: median of five."""
    rng = np.random.default_rng(0)
    picture = cv2.GaussianBlur(rng.integers(0, 255, (height, width, 3), np.uint8, endpoint=True), (0, 0), 2)
    spectrum = np.zeros((16, 2, 160, 256), np.complex64)
    for k in range(1, 16):
        spectrum[k].real = cv2.GaussianBlur(rng.standard_normal((160, 256, 2)), (0, 0), 12).transpose(2, 0, 1) / k
    volume = SpectralVolume(spectrum)
    # At most 1 % of the width, as in the published loops.
    volume = volume.scaled(0.01 / float(volume.amplitude().max()))
    renderer = MotionRenderer.load("cpu")
    renderer.render(picture, volume.displacement(0), volume.amplitude())
    times = []
    for frame in range(1, 6):
        displacement = volume.displacement(frame)
        started = time.perf_counter()
        renderer.render(None, displacement, volume.amplitude())
        times.append(time.perf_counter() - started)
    return round(1000 * statistics.median(times), 1)


def compare(clip: Path) -> dict[str, float]:
    """PSNR of each way to render a clip's own frames from its first one."""
    frames = [frame for _, frame in read_video(clip)]
    volume = extract_motion(frames)
    first = frames[0]
    height, width = first.shape[:2]
    rows, columns = np.indices((height, width), np.float32)
    renderer = MotionRenderer.load("cpu")
    strength = volume.amplitude()
    still = torch.from_numpy(first).permute(2, 0, 1)[None].float()
    importance = torch.from_numpy(strength / np.sqrt(np.mean(strength**2)))[None, None]

    def pixels(displacement: np.ndarray) -> np.ndarray:
        return np.stack([cv2.resize(axis, (width, height)) for axis in displacement]) * width

    def remapped(displacement: np.ndarray) -> np.ndarray:
        d = pixels(displacement)
        return cv2.remap(first, columns - d[0], rows - d[1], cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)

    def splatted(displacement: np.ndarray) -> np.ndarray:
        colour, coverage = splat(still, torch.from_numpy(pixels(displacement))[None], importance)
        return torch.where(coverage > 0, colour, still)[0].permute(1, 2, 0).numpy()

    ways: dict[str, Callable[[np.ndarray], np.ndarray]] = {
        "still": lambda displacement: first,
        "remap": remapped,
        "colour_splat": splatted,
        "renderer": lambda displacement: renderer.render(first, displacement, strength),
    }
    errors: dict[str, list[float]] = {name: [] for name in ways}
    for index in range(STRIDE, len(frames), STRIDE):
        displacement = volume.displacement(index * volume.frames / len(frames))
        for name, way in ways.items():
            difference = way(displacement).astype(np.float32) - frames[index]
            errors[name].append(float(np.mean(difference**2)))
    return {name: 10.0 * float(np.log10(255.0**2 / np.mean(values))) for name, values in errors.items()}


if __name__ == "__main__":
    sys.exit(main())
