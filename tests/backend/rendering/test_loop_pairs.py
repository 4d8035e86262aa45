# SPDX-License-Identifier: GPL-3.0-or-later
"""Pairs measured in a clip whose motion is known: the flow is right where it says that it is known."""

from pathlib import Path

import av
import numpy as np
import pytest
from typer.testing import CliRunner

from gid_backend.errors import GidError
from gid_backend.rendering.loop_pairs import known_places, loop_pairs, save_loop_pairs
from gid_backend.rendering.pair_files import PairFolder
from gid_backend.training.commands import app

from ..clips import smooth_volume, textured_picture, warped

HEIGHT, WIDTH, COUNT = 96, 160, 30


def write(path: Path, frames) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10, options={"crf": "8"})
        stream.width, stream.height, stream.pix_fmt = frames[0].shape[1], frames[0].shape[0], "yuv420p"
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode())


@pytest.fixture(scope="module")
def truth():
    """(COUNT, 2, H, W) pixels from the first frame: 2.4 RMS where most moves."""
    volume = smooth_volume(HEIGHT, WIDTH, amplitude=0.015)
    moved = np.stack([volume.displacement(t * volume.frames / COUNT) for t in range(COUNT)]) * WIDTH
    return moved - moved[:1]


@pytest.fixture(scope="module")
def folder(tmp_path_factory, truth):
    folder = tmp_path_factory.mktemp("clips")
    picture = textured_picture(HEIGHT, WIDTH)
    frames = [warped(picture, d) for d in truth]
    write(folder / "meadow.mp4", frames)
    write(folder / "ivy_wall.mp4", frames)
    return folder


def test_the_flow_is_right_where_it_is_known(folder, truth):
    pairs = list(loop_pairs(folder, ["meadow"], starts=(0.0,), steps=(0.1, 0.5)))
    assert [pair.name for pair in pairs] == ["meadow 0+3", "meadow 0+15"]
    strength = np.sqrt(truth.var(0).sum(0))
    for pair, step in zip(pairs, (3, 15), strict=True):
        assert pair.source.shape == pair.target.shape == (HEIGHT, WIDTH, 3)
        assert pair.uncovered is None
        assert pair.known is not None
        assert pair.known[8:-8, 8:-8].mean() > 0.9
        error = np.hypot(*(pair.flow - truth[step]))
        # What the search reaches on such texture after compression, and less than its own check allows.
        assert np.median(error[pair.known]) < 0.15
        assert np.corrcoef(pair.strength[8:-8, 8:-8].ravel(), strength[8:-8, 8:-8].ravel())[0, 1] > 0.9


def test_a_late_start_goes_around_the_end(folder, truth):
    (pair,) = loop_pairs(folder, ["meadow"], starts=(0.9,), steps=(0.2,))
    assert pair.name == "meadow 27+6"
    picture = textured_picture(HEIGHT, WIDTH)
    far = [np.abs(pair.target.astype(int) - warped(picture, d)).mean() for d in truth]
    # Frame 33 of 30: nothing else is as near, although compression costs some grey levels.
    assert int(np.argmin(far)) == 3


def test_what_comes_out_from_behind_is_not_known():
    flow = np.zeros((2, 20, 30), np.float32)
    flow[0, :, 10:20] = 4.0
    back = np.zeros_like(flow)
    back[0, :, 14:24] = -4.0
    known = known_places(flow, back)
    # At columns 10 to 13 the way back says that it was always there; from there the object goes on to 14.
    assert not known[:, 10:14].any()
    assert known[:, 14:24].all()
    assert known[:, :10].all()
    back[0, :, :2] = -3.0
    assert not known_places(flow, back)[:, :2].any()


def test_shards_that_exist_are_kept(folder, tmp_path):
    assert sum(save_loop_pairs(tmp_path, folder, ["meadow"], (0.0, 0.5), (0.1,))) == 2
    first, second = sorted(tmp_path.iterdir())
    kept = first.stat().st_mtime_ns
    second.unlink()
    assert sum(save_loop_pairs(tmp_path, folder, ["meadow"], (0.0, 0.5), (0.1,))) == 2
    assert first.stat().st_mtime_ns == kept
    assert PairFolder(tmp_path).names == ["meadow 0+3", "meadow 15+3"]


def test_the_command_keeps_the_development_clips_apart(folder, tmp_path, monkeypatch):
    monkeypatch.setattr("gid_backend.rendering.loop_pairs.STARTS", (0.0,))
    run = CliRunner().invoke(app, ["pairs", "--loops", str(folder), "--out", str(tmp_path / "train")])
    assert run.exit_code == 0, run.output
    assert {name.split()[0] for name in PairFolder(tmp_path / "train").names} == {"meadow"}
    run = CliRunner().invoke(app, ["pairs", "--out", str(tmp_path / "none")])
    assert run.exit_code == 2
    assert "--python" in run.output


def test_what_cannot_be_measured_is_said_in_one_sentence(folder, tmp_path):
    with pytest.raises(GidError, match="has no clip unicorn"):
        list(loop_pairs(folder, ["unicorn"]))
    with pytest.raises(GidError, match="There are no"):
        list(loop_pairs(tmp_path))
    write(tmp_path / "short.mp4", [textured_picture(64, 64)] * 5)
    with pytest.raises(GidError, match="5 frames"):
        list(loop_pairs(tmp_path))
