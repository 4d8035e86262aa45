# SPDX-License-Identifier: GPL-3.0-or-later
"""Processes of this machine: the same results as in one, also when some of them are killed."""

import os
import signal

import pytest
import torch

from gid_backend.batch.masks import with_masks
from gid_backend.batch.pictures import find_pictures
from gid_backend.batch.pool import ATTEMPTS, LocalPool, SingleProcess
from gid_backend.batch.recipe import Recipe
from gid_backend.batch.report import Report
from gid_backend.batch.run import Batch, Watch
from gid_backend.batch.work import Work
from gid_backend.failures import Failure
from gid_backend.model_info import describe_model
from gid_backend.prediction_settings import PredictionSettings

from .conftest import contents


@pytest.fixture
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def run(pictures, output, weights, pool, watch=None):
    recipe = Recipe(PredictionSettings(steps=2), describe_model(weights), ("webp",), frames=3)
    with Report(output / "report.jsonl") as report:
        Batch(with_masks(find_pictures(pictures, recursive=True)), output, recipe, [0, 1], pool, report, watch).run()
    return report


@pytest.mark.usefixtures("one_thread")
def test_several_processes_make_what_one_makes_though_one_is_killed(masked, weights, tmp_path):
    alone = run(masked, tmp_path / "alone", weights, SingleProcess(weights, "cpu"))
    assert alone.summary() == "4 done, 0 skipped, 0 failed"
    pool = LocalPool(weights, ["cpu", "cpu"], threads=1)
    killed = []

    class Killer(Watch):
        def ended(self, work):
            # The one that has not answered is in the middle of something.
            busy = [p for p in pool._processes if p is not None and p.work is not None and p.work is not work]
            if busy and not killed:
                killed.append(busy[0]._process.pid)
                os.kill(busy[0]._process.pid, signal.SIGKILL)

    together = run(masked, tmp_path / "together", weights, pool, Killer())
    assert killed
    assert together.summary() == alone.summary()
    assert len({(line.picture, line.seed) for line in together.lines}) == len(together.lines)
    # One thread each, so each sum is taken in the same order: the very same bits.
    assert contents(tmp_path / "together") == contents(tmp_path / "alone")


def test_work_that_ends_whoever_does_it_is_given_up_and_the_next_is_done(pictures, weights):
    pool = LocalPool(weights, ["cpu"])
    works = [
        Work("volumes", name, (pictures / "flower.png").read_bytes(), (0,), Recipe(PredictionSettings(steps=1)))
        for name in ("well.png", "deadly.png")
    ]
    killed = []

    def kill(work, stage, done, total):
        if work.name == "deadly.png":
            [process] = pool._processes
            os.kill(process._process.pid, signal.SIGKILL)
            killed.append(process)

    try:
        answers = {work.name: answer for work, answer in pool.run(lambda: works.pop() if works else None, kill)}
    finally:
        pool.close()
    assert len(set(killed)) == ATTEMPTS
    assert isinstance(answers["deadly.png"], Failure)
    assert f"was ended {ATTEMPTS} times" in answers["deadly.png"].message
    assert len(answers["well.png"]) == 1
