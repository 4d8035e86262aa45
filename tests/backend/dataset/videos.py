# SPDX-License-Identifier: GPL-3.0-or-later
"""Small videos whose motion is known, and settings with which they take a moment."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import av
import numpy as np
from PIL import Image

from gid_backend.dataset.settings import Settings

from ..clips import smooth_volume, textured_picture, warped

HEIGHT, WIDTH = 72, 128
# Eight bands and 40 of 150 frames: the same code, a tenth of the time.
QUICK = Settings(bands=8, every=50, area=48 * 28, picture_area=96 * 54, side=128, samples=50)


def write_video(path: Path, frames: Iterable[np.ndarray], rate: int = 30) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".gif":
        pictures = [Image.fromarray(frame) for frame in frames]
        pictures[0].save(path, save_all=True, append_images=pictures[1:], duration=round(1000 / rate), loop=0)
        return path
    codec = {".webm": "libvpx-vp9", ".avi": "mpeg4"}.get(path.suffix, "libx264")
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate)
        stream.width, stream.height = WIDTH, HEIGHT
        stream.pix_fmt = "yuv420p"
        if codec == "libx264":
            stream.options = {"crf": "6", "preset": "fast"}
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode())
    return path


def swaying(seed: int = 0, amplitude: float = 0.012):
    """A volume of eight bands, and the picture that it moves."""
    return smooth_volume(HEIGHT, WIDTH, amplitude=amplitude, bands=8, seed=seed), textured_picture(HEIGHT, WIDTH, seed)


# The left part moves; a picture that moved everywhere would be taken for a moving camera.
SIDE = np.clip((WIDTH * 0.6 - np.arange(WIDTH, dtype=np.float32)) / 20.0, 0.0, 1.0)


def loop_frames(seed: int = 0, count: int = 150, amplitude: float = 0.012) -> list[np.ndarray]:
    """A seamless loop at rest in its first frame."""
    volume, picture = swaying(seed, amplitude)
    rest = volume.displacement(0)
    return [warped(picture, SIDE * (volume.displacement(t) - rest) * WIDTH) for t in np.arange(count) * 150 / count]


def drifting_frames(seed: int, count: int, drift: float) -> list[np.ndarray]:
    """No loop: half of the sway in twice the time, and the left half of the picture wanders off by `drift` pixels."""
    volume, picture = swaying(seed)
    rest = volume.displacement(0)
    frames = []
    for index in range(count):
        d = SIDE * (volume.displacement(index * 0.37) - rest) * WIDTH
        d[0] += SIDE * drift * index / 150
        frames.append(warped(picture, d))
    return frames
