# SPDX-License-Identifier: GPL-3.0-or-later
"""Looking at a video before anything is measured: its frames' times, whether it is a loop, where pairs start."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ..errors import ImageError
from ..flow.seam import is_seamless, thumbnail
from ..video import read_times, read_video
from .settings import Settings

__all__ = ["SUFFIXES", "ClipPlan", "Loops", "Unit", "plan_clip", "videos_in"]

Loops = Literal["auto", "yes", "no"]
SUFFIXES = (".mp4", ".mov", ".mkv", ".webm", ".avi", ".gif", ".m4v")
# A loop's period is stretched to the data set's by no more than this; other loops are windowed like any clip.
MOST_STRETCH = 1.25
# Starts of one clip that are measured in one go: one or two megabytes, half a minute.
UNIT_STARTS = 5


@dataclass(frozen=True)
class ClipPlan:
    """What is going to be made of a video.

    Attributes:
        name: its path below the folder that was searched, with forward slashes.
        digest: 16 hexadecimal digits of the SHA-256 of its bytes.
        seconds: from its first frame to the end of its last.
        frames: how many it has.
        period: seconds of the loop that it is, 0 when it is none.
        repeats: times the loop goes round in one period of the data set.
        starts: seconds at which pairs start.
    """

    name: str
    digest: str
    seconds: float
    frames: int
    period: float
    repeats: int
    starts: tuple[float, ...]

    def units(self) -> list[Unit]:
        """The starts, in portions: stretches of a long clip, but starts from all over a loop."""
        count = -(-len(self.starts) // UNIT_STARTS)
        if self.period:
            return [Unit(self, first, self.starts[first::count]) for first in range(count)]
        firsts = range(0, len(self.starts), UNIT_STARTS)
        return [Unit(self, first, self.starts[first : first + UNIT_STARTS]) for first in firsts]


@dataclass(frozen=True)
class Unit:
    """Some starts of one clip: what is measured in one go and becomes one shard.

    Attributes:
        clip: its plan.
        first: index of its first start among those of the clip.
        starts: seconds.
    """

    clip: ClipPlan
    first: int
    starts: tuple[float, ...]

    @property
    def shard(self) -> str:
        """Name of the shard: the same for the same content, so that doing it twice makes it once."""
        return f"{self.clip.digest}-{self.first:05d}.safetensors"


def videos_in(folder: Path) -> list[Path]:
    """All videos of a folder and of the folders in it, by their names' endings, sorted; hidden ones are passed over."""
    return sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in SUFFIXES
        and path.is_file()
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )


def plan_clip(path: Path, name: str, settings: Settings, loops: Loops = "auto") -> ClipPlan:
    """Look at a video.

    Args:
        path: of the file.
        name: what it is called in the data set.
        settings: of the data set.
        loops: "yes" takes its word for it that the clip is a loop, "no" that it is none.

    Raises:
        ImageError: when it cannot be read, or is too short or too slow for a single pair.
    """
    times = read_times(path)
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()[:16]
    if len(times) < 2:
        raise ImageError(f"“{path}” holds {len(times)} frames, and motion takes more than one.")
    seconds = times[-1] * len(times) / (len(times) - 1)
    # Of a clip that goes round several times in its length, one round says it all.
    rounds = max(1, round(seconds / settings.seconds))
    period = seconds / rounds
    repeats = max(1, round(settings.seconds / period))
    stretch = repeats * period / settings.seconds
    fits = 1.0 / MOST_STRETCH <= stretch <= MOST_STRETCH
    is_loop = loops != "no" and fits and (loops == "yes" or _returns(path, period))
    if is_loop:
        span = repeats * period
        starts = [index * settings.every * span / settings.frames for index in range(settings.frames // settings.every)]
        # Later rounds would show the same again.
        starts = [start for start in starts if start < period - 1e-3]
    else:
        period, repeats = 0.0, 0
        step = settings.every / settings.fps
        last = seconds - settings.seconds + 0.5 / settings.fps
        if last < 0:
            raise ImageError(
                f"“{path}” lasts {seconds:.1f} s and is no loop; a pair needs {settings.seconds:.0f} s of video."
            )
        starts = [index * step for index in range(int(last / step) + 1)]
    available = len(times) * min(1.0, settings.seconds / seconds) if not is_loop else len(times) / rounds * repeats
    if available < 2 * settings.bands - 1:
        raise ImageError(
            f"“{path}” has {len(times) / seconds:.1f} frames a second; {settings.bands} bands need at least"
            f" {(2 * settings.bands - 1) / settings.seconds:.1f}."
        )
    return ClipPlan(name, digest, seconds, len(times), period, repeats, tuple(starts))


def _returns(path: Path, period: float) -> bool:
    frames = []
    for time, frame in read_video(path):
        if time > period - 1e-3:
            break
        frames.append(thumbnail(frame))
    return len(frames) > 2 and is_seamless(frames)
