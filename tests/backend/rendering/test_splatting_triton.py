# SPDX-License-Identifier: GPL-3.0-or-later
"""The Triton kernels give what PyTorch gives: in Triton's interpreter anywhere, on a CUDA device where there is one."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from gid_backend.rendering import splatting
from gid_backend.rendering.splatting import splat

ROOT = Path(__file__).parents[3]
THERE = importlib.util.find_spec("triton") is not None


@pytest.fixture(scope="module", params=["cpu", "cuda"])
def measured(request):
    if not THERE:
        pytest.skip("the package triton is not installed: pip install triton (280 MB)")
    if request.param == "cuda" and not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    # Triton reads this when it is imported; hence a process of its own.
    interpreted = {"TRITON_INTERPRET": "1"} if request.param == "cpu" else {}
    paths = os.pathsep.join([str(ROOT), str(ROOT / "backend"), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-m", "tests.backend.rendering.triton_cases", request.param],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": paths, **interpreted},
        capture_output=True,
        text=True,
        timeout=170,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("group", ["plain", "cover"])
def test_sums_and_derivatives_are_pytorchs(measured, group):
    for case, differences in measured[group].items():
        for what, difference in differences.items():
            # Up to some ten terms of single precision each; 1e-5 is what was promised.
            assert difference < 1e-5, (case, what)


def test_splats_are_pytorchs(measured):
    for case, differences in measured["splats"].items():
        assert max(differences.values()) < 1e-5, case


def test_no_motion_gives_every_bit_back(measured):
    assert measured["still"]


def test_it_is_what_cuda_tensors_would_take(measured):
    assert measured["chosen"]


def test_tensors_of_the_cpu_never_go_through_it(monkeypatch):
    monkeypatch.setattr(splatting, "_kernels", lambda: pytest.fail("asked for"))
    splat(torch.rand(1, 1, 4, 4), torch.zeros(1, 2, 4, 4))


def test_without_it_asking_for_it_says_so(monkeypatch):
    monkeypatch.setattr(splatting, "_kernels", lambda: None)
    with pytest.raises(ValueError, match="triton"):
        splat(torch.rand(1, 1, 4, 4), torch.zeros(1, 2, 4, 4), backend="triton")
