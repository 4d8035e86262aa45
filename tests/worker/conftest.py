# SPDX-License-Identifier: GPL-3.0-or-later
"""Clients with real processes behind them. Nothing here needs bpy or torch; the server may run in another Python."""

import os
import sys
from pathlib import Path

import pytest

from gid_blender.worker.client import WorkerClient
from tests.worker.waiting import QUICK

ROOT = Path(__file__).resolve().parents[2]
WORKERS = Path(__file__).parent / "workers"


@pytest.fixture(scope="session")
def worker_python() -> str:
    """The Python that has the worker's packages."""
    python = os.environ.get("GID_TEST_WORKER_PYTHON") or str(ROOT / ".venv" / "worker" / "bin" / "python")
    assert Path(python).is_file(), f"{python} does not exist: run `make setup`, or set GID_TEST_WORKER_PYTHON"
    return python


@pytest.fixture
def cache_dir(tmp_path, monkeypatch):
    """A result cache of the test's own."""
    monkeypatch.setenv("GID_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def real(worker_python, cache_dir):
    """The command line of the real worker."""
    return [worker_python, "-I", "-X", "utf8", "-m", "gid_backend.server"]


@pytest.fixture
def scripted(worker_python, cache_dir):
    """The command line of the real server with scripted requests."""
    return [worker_python, str(WORKERS / "scripted.py")]


@pytest.fixture
def hostile(tmp_path):
    """Command lines of workers that misbehave once, then work."""

    def command(behaviour):
        return [sys.executable, str(WORKERS / "hostile.py"), behaviour, str(tmp_path / behaviour)]

    return command


@pytest.fixture
def connect(tmp_path):
    """Make clients that are closed after the test."""
    clients = []

    def make(command, timing=QUICK, log_path=tmp_path / "log" / "worker.log"):
        clients.append(WorkerClient(command, log_path=log_path, timing=timing))
        return clients[-1]

    yield make
    for client in clients:
        client.close()
