# SPDX-License-Identifier: GPL-3.0-or-later
"""Weights of one's own: GID_WEIGHTS says which file the worker takes."""

import json

import pytest

from gid_blender.worker.client import WorkerClient
from gid_blender.worker.errors import WorkerError
from tests.worker.waiting import QUICK

# The engine is in the worker's environment; the client of both Blenders is tested with a quick worker.
pytest.importorskip("gid_backend", reason="runs in the worker's environment")


@pytest.fixture
def weights(tmp_path):
    """A file that says what it is called, as far as the hello looks at it."""
    header = json.dumps({"__metadata__": {"config": json.dumps({"name": "meadow"})}}).encode()
    path = tmp_path / "wiesé 風.safetensors"
    path.write_bytes(len(header).to_bytes(8, "little") + header)
    return path


def hello_of(client):
    job = client.submit("release")
    assert client.wait(job, 60)
    return client.hello["model"]


def test_the_hello_names_them(real, connect, weights, monkeypatch):
    monkeypatch.setenv("GID_WEIGHTS", str(weights))
    assert hello_of(connect(real))["id"] == "gid-meadow"


def test_an_argument_does_the_same_since_variables_do_not_travel_through_ssh(real, connect, weights):
    assert hello_of(connect([*real, "--weights", str(weights)]))["id"] == "gid-meadow"


def test_a_client_gives_them_to_the_workers_that_it_starts(real, weights):
    chosen = {}
    client = WorkerClient(real, timing=QUICK, variables=lambda: chosen)
    try:
        assert hello_of(client)["id"] == "gid-small"
        chosen["GID_WEIGHTS"] = str(weights)
        client.stop_if_outdated()
        assert hello_of(client)["id"] == "gid-meadow"
        before = client.pid
        client.stop_if_outdated()
        assert hello_of(client)
        assert client.pid == before, "a worker that is up to date goes on"
    finally:
        client.close()


@pytest.mark.parametrize("kind", ["missing", "folder", "text"])
def test_a_file_that_holds_none_is_named(real, connect, tmp_path, kind, monkeypatch):
    path = tmp_path / "mine.safetensors"
    if kind == "folder":
        path.mkdir()
    elif kind == "text":
        path.write_text("no weights")
    monkeypatch.setenv("GID_WEIGHTS", str(path))
    client = connect(real)
    image = {"shape": [32, 32, 3], "dtype": "uint8"}
    job = client.submit("predict", {"image": image}, [bytes(32 * 32 * 3)])
    assert client.wait(job, 150)
    with pytest.raises(WorkerError, match=r"mine\.safetensors") as caught:
        job.value()
    assert caught.value.code == "bad_weights"
