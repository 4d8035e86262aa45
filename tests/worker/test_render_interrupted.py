# SPDX-License-Identifier: GPL-3.0-or-later
"""Renders that do not run through: cancelled in the middle of a frame, and gone on with frame by frame."""

import dataclasses
import time

import numpy as np
import pytest

from gid_blender.motion import dumps
from gid_blender.worker.client import WorkerClient
from gid_blender.worker.discovery import server_command
from gid_blender.worker.job import JobState
from tests.motion.volumes import smooth_volume
from tests.worker.waiting import QUICK, pump_until

pytest.importorskip("gid_backend", reason="runs in the worker's environment")

VOLUME = dumps(smooth_volume(height=12, width=16))
SMALL = {"shape": [48, 64, 3], "dtype": "uint8"}
PIXELS = np.random.default_rng(0).integers(0, 256, SMALL["shape"], np.uint8).tobytes()


def run(client, params, parts=(PIXELS, VOLUME), **callbacks):
    job = client.submit("render", {"image": SMALL, **params}, parts, **callbacks)
    assert client.wait(job, 150)
    return job


@pytest.fixture(scope="module")
def client(worker_python, tmp_path_factory):
    """One worker, with twice the patience of Blender's, for a busy machine."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GID_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        client = WorkerClient(server_command(worker_python), timing=dataclasses.replace(QUICK, grace=6.0))
        yield client
        client.close()


@pytest.mark.parametrize("seconds", [1, 3])
def test_it_is_cancelled_in_the_middle_of_a_frame_that_takes_longer_than_the_client_waits(client, seconds):
    """Full HD in floats, with the network: 15 s a frame on one core, and the worker is to survive the cancel."""
    size = [1080, 1920, 3]
    pixels = np.random.default_rng(0).random(size, np.float32).tobytes()
    params = {"image": {"shape": size, "dtype": "float32", "linear": True}, "frames": 50}
    job = client.submit("render", params, [pixels, VOLUME])
    pump_until(client, lambda: job.stage == "Rendering", seconds=60)
    pid = client.hello["pid"]
    end = time.monotonic() + seconds
    pump_until(client, lambda: time.monotonic() > end)
    assert not job.frames
    client.cancel(job)
    assert client.wait(job, 60)
    assert (job.state, client.hello["pid"]) == (JobState.CANCELLED, pid)
    # Nothing of what was cancelled shows in what comes next.
    assert run(client, {"frames": 1, "amplitude": 0}).state is JobState.DONE
    assert client.hello["pid"] == pid


@pytest.mark.parametrize("more", [{}, {"shutter": 180, "samples": 3, "passes": ["motion_vectors", "coverage"]}])
@pytest.mark.parametrize("format", ["png", "jpeg", "webp", "exr"])
def test_chosen_frames_are_those_of_the_whole_render_bit_for_bit(client, format, more):
    """Their files too, so that a frame can be told from another renderer's by its bytes."""
    seen = []
    whole, some = {}, {}
    params = {"frames": 5, "format": format, **more}
    run(client, params, on_frame=lambda _, index, *data: whole.update({index: data}))
    job = run(
        client,
        {**params, "indices": [3, 0, 4]},
        on_frame=lambda _, index, *data: some.update({index: data}),
        on_progress=lambda job: seen.append((job.stage, job.done, job.total)),
    )
    assert list(some) == [3, 0, 4]
    assert some == {index: whole[index] for index in some}
    assert job.result["count"] == 3
    assert [each for each in seen if each[0] == "Rendering"] == [("Rendering", done, 3) for done in range(4)]


@pytest.mark.parametrize(
    ("indices", "words"),
    [([5], "5 is no frame"), ([-1], "-1 is no frame"), ([1, 1], "named twice"), ([], "indices"), (["a"], "indices")],
)
def test_frames_that_there_are_not_are_refused(client, indices, words):
    error = run(client, {"frames": 5, "indices": indices}).error
    assert error.code == "bad_request"
    assert words in error.message
