# SPDX-License-Identifier: GPL-3.0-or-later
"""A clip, a few scenes and a prior, all real and all small."""

from pathlib import Path

import av
import pytest
import torch

from gid_backend.evaluation.held_out import write_scenes
from gid_backend.evaluation.splits import Case, loop_cases, scene_cases
from gid_backend.models.config import PriorConfig
from gid_backend.models.prior import MotionPrior

from ..clips import smooth_volume, textured_picture, warped


def write_clip(path: Path, seed: int = 0) -> None:
    """A loop of 40 frames of 96×64 in which everything sways by some pixels."""
    picture = textured_picture(64, 96, seed)
    volume = smooth_volume(64, 96, amplitude=0.02, bands=4, seed=seed)
    with av.open(str(path), "w") as film:
        stream = film.add_stream("libx264", rate=10, options={"crf": "10"})
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        for i in range(40):
            frame = warped(picture, 96 * (volume.displacement(i * 3.75) - volume.displacement(0)))
            film.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        film.mux(stream.encode())


@pytest.fixture(scope="session")
def clips(tmp_path_factory) -> Path:
    """Two development clips and one of training."""
    folder = tmp_path_factory.mktemp("clips")
    for seed, name in enumerate(("pink_rose", "ivy_wall", "white_bush")):
        write_clip(folder / f"{name}.mp4", seed)
    return folder


@pytest.fixture(scope="session")
def test_scenes(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("scenes")
    assert sum(write_scenes(folder, count=4, unseen=2)) == 6
    return folder


@pytest.fixture(scope="session")
def loops(clips: Path, tmp_path_factory) -> list[Case]:
    return loop_cases(clips, tmp_path_factory.mktemp("measured"))


@pytest.fixture(scope="session")
def scenes(test_scenes: Path) -> list[Case]:
    return scene_cases(test_scenes / "synthetic")


@pytest.fixture(scope="session")
def weights(tiny: PriorConfig, tmp_path_factory) -> Path:
    """An untrained prior whose every layer runs in a moment."""
    torch.manual_seed(0)
    prior = MotionPrior(tiny)
    prior.normalizer.scale.fill_(0.01)
    path = tmp_path_factory.mktemp("weights") / "tiny.safetensors"
    prior.save(path, {})
    return path
