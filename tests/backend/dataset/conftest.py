# SPDX-License-Identifier: GPL-3.0-or-later
"""A folder of videos of every kind, made once."""

from pathlib import Path

import pytest

from gid_backend.dataset.build import build
from gid_backend.dataset.index import Index

from ..clips import textured_picture
from .videos import HEIGHT, QUICK, WIDTH, drifting_frames, loop_frames, write_video


@pytest.fixture(scope="session")
def videos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two loops (one in a folder, one named as a development clip), a clip that is none, and three that are no use."""
    folder = tmp_path_factory.mktemp("videos")
    write_video(folder / "meadow" / "wiesé 風.mp4", loop_frames(seed=1))
    write_video(folder / "pink_rose.mp4", loop_frames(seed=2))
    write_video(folder / "wanders.mkv", drifting_frames(3, 170, drift=3.0))
    (folder / "damaged.mov").write_bytes(b"not a video")
    write_video(folder / "short.webm", drifting_frames(4, 40, drift=3.0))
    still = [textured_picture(HEIGHT, WIDTH) for _ in range(80)]
    # Pillow joins equal frames into one long one; a number in the corner keeps them apart.
    for index, frame in enumerate(still):
        frame[-1, -1] = index
    write_video(folder / "still.gif", still, rate=20)
    (folder / "notes.txt").write_text("no video")
    return folder


@pytest.fixture(scope="session")
def built(videos: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Index]:
    """Their data set, and its index."""
    folder = tmp_path_factory.mktemp("dataset") / "set"
    return folder, build(videos, folder, QUICK, jobs=1)
