# SPDX-License-Identifier: GPL-3.0-or-later
"""A folder of small pictures, and a prior that is done with each in a moment."""

import json
import shutil
import signal
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from gid_backend.commands import run
from gid_backend.models.prior import MotionPrior

EXAMPLE = Path(__file__).parents[3] / "gid_blender" / "assets" / "dahlia.jpg"


@pytest.fixture(scope="session")
def weights(tiny, tmp_path_factory):
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("weights") / "tiny.safetensors"
    prior = MotionPrior(tiny).eval()
    prior.save(path, {})
    return path


@pytest.fixture(scope="session")
def pictures(tmp_path_factory):
    """Two pictures, of which one has the other's name in a folder below."""
    folder = tmp_path_factory.mktemp("pictures")
    (folder / "street").mkdir()
    with Image.open(EXAMPLE) as opened:
        opened.thumbnail((96, 96))
        opened.save(folder / "flower.png")
        opened.transpose(Image.Transpose.ROTATE_90).save(folder / "street" / "flower.png")
    return folder


@pytest.fixture
def masked(pictures, tmp_path):
    """The same pictures, of which one may move in its right half alone, and less at the bottom."""
    folder = Path(shutil.copytree(pictures, tmp_path / "masked"))
    values = np.zeros((60, 80), np.uint8)
    values[:, 40:], values[40:, 40:] = 255, 120
    Image.fromarray(values).save(folder / "flower.mask.png")
    return folder


@pytest.fixture
def batch(weights, tmp_path, monkeypatch, capfd):
    """Run it in this process; returns the exit status, what it said, and the lines of its report."""
    handler = signal.getsignal(signal.SIGTERM)
    monkeypatch.chdir(tmp_path)

    def call(folder, *words):
        given = ["batch", str(folder), "-o", "out", "--steps", "2", "--weights", str(weights), *map(str, words)]
        status = run([*given, *([] if "--ray" in words else ["--device", "cpu"])])
        report = Path("out/report.jsonl")
        lines = [json.loads(line) for line in report.read_text("utf-8").splitlines()] if report.is_file() else []
        return status, " ".join(capfd.readouterr().err.split()), lines

    yield call
    signal.signal(signal.SIGTERM, handler)


def contents(folder):
    """The bytes of all results below a folder, by path; journals and reports are not among them."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(Path(folder).rglob("*"))
        if path.is_file() and not path.name.startswith(".") and path.suffix != ".jsonl"
    }
