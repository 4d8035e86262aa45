# SPDX-License-Identifier: GPL-3.0-or-later
"""A build spread over a Ray cluster of two machines, played by two sets of processes on this one."""

import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from gid_backend.dataset.build import build
from gid_backend.dataset.pool import WorkError
from gid_backend.dataset.ray_pool import RayPool

from .test_build import assert_same
from .videos import QUICK

pytest.importorskip("ray", reason="needs the extra “ray”")
RAY = Path(sys.executable).with_name("ray")
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def cluster(tmp_path, monkeypatch):
    """The address of a cluster of a head, which does no work, and two workers; ended by their process ids."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), str(ROOT / "backend")]))
    # Patience is for a machine on which much else runs.
    monkeypatch.setenv("RAY_raylet_start_wait_time_s", "240")
    # A token that is or is not in somebody's home must not decide.
    monkeypatch.setenv("RAY_AUTH_MODE", "disabled")
    port = str(20000 + os.getpid() % 20000)
    # Not the machine's own address, which it may have been forbidden to talk to.
    common = ["--node-ip-address", "127.0.0.1", "--block", "--disable-usage-stats", "--object-store-memory", "80000000"]
    head = [str(RAY), "start", "--head", "--port", port, "--num-cpus", "0", "--include-dashboard", "false"]
    # Short: the sockets' paths in it may have no more than 107 characters.
    temp = ["--temp-dir", f"/tmp/gid-ray-{os.getpid()}"]
    worker = [str(RAY), "start", "--address", f"127.0.0.1:{port}", "--num-cpus", "1", *common]
    nodes = []
    try:
        for name, command in (("head", [*head, *temp, *common]), ("one", worker), ("two", worker)):
            log = tmp_path / f"{name}.log"
            nodes.append(_started(command, log))
            _wait_for("Ray runtime started", log)
        yield f"127.0.0.1:{port}", nodes
    finally:
        for node in nodes:
            _kill(node)
        shutil.rmtree(temp[1], ignore_errors=True)


def _started(command, log):
    with log.open("wb") as file:
        return subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT, start_new_session=True)


def _kill(node):
    """A machine that is switched off: every process of it at once."""
    try:
        processes = [*psutil.Process(node.pid).children(recursive=True), psutil.Process(node.pid)]
    except psutil.NoSuchProcess:
        return
    for process in processes:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            pass
    node.wait()


def _wait_for(words, log, seconds=300):
    deadline = time.monotonic() + seconds
    while words not in log.read_text(errors="replace"):
        assert time.monotonic() < deadline, log.read_text(errors="replace")
        time.sleep(0.1)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_machine_that_dies_loses_nothing_and_every_clip_is_there_once(videos, built, cluster, tmp_path):
    address, nodes = cluster
    pool = RayPool(address)
    died = threading.Event()

    def die():
        # In the middle of the work, whatever that machine is doing.
        _kill(nodes[1])
        died.set()

    def progress(state):
        if not died.is_set() and state.current:
            die()

    index = build(videos, tmp_path / "set", QUICK, pool=pool, progress=progress)
    assert died.is_set()
    assert index == built[1]
    assert_same(tmp_path / "set", built[0])


def test_an_address_where_there_is_no_cluster_is_told():
    with pytest.raises(WorkError, match="no Ray cluster") as caught:
        RayPool("auto")
    assert "ray start --head" in caught.value.hint
