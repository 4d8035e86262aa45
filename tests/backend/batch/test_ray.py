# SPDX-License-Identifier: GPL-3.0-or-later
"""A batch on a real Ray cluster of two machines, of which one is switched off in the middle."""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from gid_backend.batch import ray_pool
from gid_backend.batch.pool import SingleProcess

from .conftest import contents
from .test_pool import run

pytest.importorskip("ray", reason="needs the extra “ray”")
ROOT = Path(__file__).resolve().parents[3]
# All of Ray talks over the loopback address, for the machine's own may be closed to it; a token that is or is not in
# somebody's home must not decide.
ALONE = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0", "RAY_AUTH_MODE": "disabled"}


@pytest.fixture
def cluster(tmp_path):
    """The address of a cluster, and the process that is the cluster."""
    place = f"/tmp/gid-batch-{os.getpid()}"
    # Patience is for a machine on which much else runs.
    variables = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "backend")]),
        "RAY_raylet_start_wait_time_s": "240",
        **ALONE,
    }
    command = [sys.executable, str(Path(__file__).with_name("cluster.py")), place]
    with (tmp_path / "cluster.log").open("w") as log:
        process = subprocess.Popen(
            command, env=variables, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True
        )
    try:
        yield said(process, "ADDRESS "), process
    finally:
        process.stdin.close()
        process.wait(60)
        shutil.rmtree(place, ignore_errors=True)


def said(process, word):
    for line in process.stdout:
        if line.startswith(word):
            return line.removeprefix(word).strip()
    raise AssertionError(f"the cluster ended before it said {word}")


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_machine_that_dies_loses_nothing_and_everything_is_there_once(cluster, masked, weights, tmp_path):
    address, process = cluster
    out = tmp_path / "out"
    words = ["-r", "--seeds", "2", "--steps", "2", "--make", "webp", "--frames", "3", "--weights", str(weights)]
    with subprocess.Popen(
        [Path(sys.executable).with_name("gid"), "batch", masked, "-o", out, *words, "--ray", address],
        # Elsewhere than the pictures: nothing but Ray brings them to the machines.
        cwd=tmp_path,
        env=os.environ | ALONE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as driver:
        deadline = time.monotonic() + 300
        while not list(out.glob("*/seed*.npz")) and driver.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        process.stdin.write("die\n")
        process.stdin.flush()
        said(process, "KILLED")
        assert driver.poll() is None, "it was killed in the middle"
        told = driver.communicate(timeout=300)[0]
    assert driver.returncode == 0, told
    lines = [json.loads(line) for line in (out / "report.jsonl").read_text("utf-8").splitlines()]
    expected = [(name, seed) for name in ("flower.png", "street/flower.png") for seed in (0, 1)]
    assert sorted((line["picture"], line["seed"]) for line in lines) == expected
    assert {line["state"] for line in lines} == {"done"}
    # Ray gives each piece of work one core, and on one core the same sums are taken in the same order.
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        run(masked, tmp_path / "here", weights, SingleProcess(weights, "cpu"))
    finally:
        torch.set_num_threads(threads)
    assert contents(out) == contents(tmp_path / "here")


def test_another_version_on_a_machine_is_told():
    answer = ray_pool._work("0.0.1", [], (b"", b""), None)
    assert answer.code == "version_mismatch"
    assert "0.0.1" in answer.message


def test_another_version_of_ray_is_one_sentence():
    told = "Version mismatch: The cluster was started with:\n    Ray: 2.9.0\n    Python: 3.10.1\nThis process on node"
    error = ray_pool._refusal("head:6379", told)
    assert "Ray 2.9.0, Python 3.10.1" in error.message
    assert "\n" not in error.message
