# SPDX-License-Identifier: GPL-3.0-or-later
"""The worker's `fill`: pixels and a mask go in, the filled pixels come out in the same type; stopped within a step."""

import dataclasses

import numpy as np
import pytest

from gid_blender.worker.client import WorkerClient
from gid_blender.worker.discovery import server_command
from gid_blender.worker.job import JobState
from tests.worker.waiting import QUICK, pump_until

pytest.importorskip("gid_backend", reason="runs in the worker's environment")

H, W = 48, 64


@pytest.fixture(scope="module")
def client(worker_python):
    client = WorkerClient(server_command(worker_python), timing=dataclasses.replace(QUICK, grace=30.0))
    yield client
    client.close()


def question(dtype="uint8", height=H, width=W, mask=None):
    pixels = np.full((height, width, 3), 100 if dtype.startswith("u") else 0.4, dtype)
    if mask is None:
        mask = np.zeros((height, width), np.uint8)
        mask[height // 4 : height // 2, width // 4 : width // 2] = 255
    image = {"shape": [height, width, 3], "dtype": dtype, "linear": dtype == "float32"}
    return {"image": image, "mask": {"shape": list(mask.shape)}}, [pixels.tobytes(), mask.tobytes()]


def run(client, params, parts, **callbacks):
    job = client.submit("fill", params, parts, **callbacks)
    assert client.wait(job, 150)
    return job


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_it_comes_back_as_it_went_in(client, dtype):
    params, parts = question(dtype)
    result, [filled] = run(client, params, parts).value()
    assert result == {"image": params["image"]}
    # Plain stays plain: exactly so in whole numbers, but for rounding in others.
    assert np.frombuffer(filled, dtype) == pytest.approx(np.frombuffer(parts[0], dtype), rel=1e-4)


def test_it_is_stopped_within_a_step_and_the_worker_stays(client):
    params, parts = question(height=1600, width=2400)
    job = client.submit("fill", params, parts)
    pump_until(client, lambda: job.done >= 12, seconds=100)
    assert job.stage == "Filling the background"
    pid = client.hello["pid"]
    client.cancel(job)
    assert client.wait(job, 60)
    assert job.state is JobState.CANCELLED
    assert run(client, *question()).state is JobState.DONE
    assert client.hello["pid"] == pid


def test_what_cannot_be_filled_is_refused_in_a_sentence(client):
    params, parts = question(mask=np.full((H, W), 255, np.uint8))
    assert "covers the whole picture" in run(client, params, parts).error.message
    params, parts = question(mask=np.zeros((H, 10), np.uint8))
    assert run(client, params, parts).error.message == "The mask is 10×48 pixels, the picture 64×48."
    params, parts = question()
    assert run(client, {**params, "grow": 3}, parts).error.code == "bad_request"
    assert run(client, params, parts[:1]).error.code == "bad_request"
