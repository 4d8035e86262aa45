# SPDX-License-Identifier: GPL-3.0-or-later
"""Workers that do everything wrong: the caller gets a named error and the log, and the next request works."""

import dataclasses
import io
import json
import os
import re
import sys
import threading
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from gid_blender.worker.client import WorkerClient
from gid_blender.worker.job import Job, JobState
from gid_blender.worker.process import WorkerProcess
from gid_blender.worker.protocol import ProtocolError, parse_event, read_frame
from tests.worker.waiting import QUICK, answer_of, is_alive, pump_until, wait_until

POSIX = pytest.mark.skipif(os.name == "nt", reason="needs signals or fork")

# behaviour, code of the error, what its message says, what the log's last lines say
FATAL = [
    ("crashes_before_hello", "worker_died", "exit status 3 before it said hello", "no module named torch"),
    ("prints_a_banner", "protocol_error", "Welcome to gpu-box", "login shell"),
    ("prints_garbage", "protocol_error", "no JSON", "about to print garbage"),
    ("prints_one_endless_line", "protocol_error", "longer than", "about to print without end"),
    ("nests_json_deeply", "protocol_error", "no JSON", "about to nest"),
    ("speaks_a_newer_version", "version_mismatch", "update the extension", "version 2 here"),
    ("speaks_an_older_version", "version_mismatch", "update the worker", "version 0 here"),
    ("starts_with_an_event", "protocol_error", "no hello", "no manners"),
    ("crashes_mid_request", "worker_died", "SIGSEGV", "Segmentation fault, as it were"),
    pytest.param("kills_itself", "worker_died", "SIGKILL", "short of memory", marks=POSIX),
    ("leaves_half_a_line", "worker_died", "exit status 1", "about to die in a line"),
    ("leaves_half_a_part", "worker_died", "exit status 1", "about to die in a part"),
    ("announces_10_gb", "protocol_error", "announces 1e+10 bytes", "about to lie about the size"),
    ("sends_wrong_types", "protocol_error", "no valid “done”", "a word for a number"),
    ("sends_huge_numbers", "protocol_error", "no valid “done”", "4000 digits"),
    ("closes_its_output", "worker_died", "closed its output", "closing stdout"),
    pytest.param("leaves_a_child_behind", "worker_died", "exit status 1", "my child is not", marks=POSIX),
]
SILENT = [
    ("says_no_hello", {"hello": 0.5}, "did not say hello within 0.5 s", "waiting for a password"),
    ("never_answers", {"silence": 0.6}, "has not answered for 0.6 s", "thinking"),
    ("never_reads", {"silence": 0.6}, "has not answered for 0.6 s", "not listening"),
]


@pytest.mark.parametrize(("behaviour", "code", "message", "log"), FATAL)
def test_a_worker_that_fails_gives_a_named_error_and_the_next_request_works(
    connect, hostile, behaviour, code, message, log
):
    client = connect(hostile(behaviour))
    ends = []
    job = client.submit("predict", {}, [bytes(1000)], on_done=ends.append)
    assert client.wait(job, 60)
    pid = client.pid
    assert (job.state, job.error.code) == (JobState.FAILED, code)
    assert message in job.error.message
    assert job.error.message.endswith(".")
    assert any(log in line for line in job.error.log)
    assert ends == [job]
    assert pid is None
    assert answer_of(client) == 42


@pytest.mark.parametrize(("behaviour", "patience", "message", "log"), SILENT)
def test_a_worker_that_hangs_is_ended_and_the_next_request_works(connect, hostile, behaviour, patience, message, log):
    client = connect(hostile(behaviour), timing=dataclasses.replace(QUICK, **patience))
    # More than the pipes hold, so that a worker that does not read would block whoever writes.
    job = client.submit("predict", {}, [bytes(8 << 20)])
    assert client.wait(job, 60)
    assert (job.state, job.error.code) == (JobState.FAILED, "worker_silent")
    assert message in job.error.message
    assert any(log in line for line in job.error.log)
    assert answer_of(client) == 42


def test_every_open_job_gets_exactly_one_end_when_the_worker_dies(connect, hostile):
    client = connect(hostile("crashes_mid_request"))
    ends = []
    jobs = [client.submit("predict", {"n": n}, on_done=ends.append) for n in range(5)]
    for job in jobs:
        client.wait(job, 60)
    client.pump()
    assert ends == jobs
    assert {job.error.code for job in jobs} == {"worker_died"}
    # Errors are not shared: raising one must not put its traceback into another.
    assert len({id(job.error) for job in jobs}) == 5


def test_a_second_terminal_event_is_ignored_and_noted_in_the_log(connect, hostile):
    client = connect(hostile("sends_two_terminal_events"))
    ends = []
    job = client.submit("predict", on_done=ends.append)
    client.wait(job, 60)
    assert answer_of(client) == 42
    assert (job.state, job.result, ends) == (JobState.DONE, {"answer": 1}, [job])
    assert "not open" in client.log.path.read_text()


def test_events_of_requests_that_nobody_made_change_nothing(connect, hostile):
    client = connect(hostile("talks_about_unknown_requests"))
    assert answer_of(client) == 1
    assert answer_of(client) == 42
    assert client.jobs == []


def test_a_flood_of_events_neither_blocks_the_caller_nor_loses_the_result(connect, hostile):
    client = connect(hostile("floods_events"))
    seen = []
    job = client.submit("predict", on_progress=lambda job: seen.append(job.done))
    while not job.is_final:
        before = len(seen)
        client.pump(0.0)
        # A pump without budget handles one event and returns, so Blender draws between any two.
        assert len(seen) - before <= 2
    assert job.result == {"answer": 1}
    flood = seen[seen.index(1) :]
    assert flood == list(range(1, 20_000))


@POSIX
def test_a_worker_that_ignores_a_cancel_is_ended_by_force(connect, hostile):
    client = connect(hostile("ignores_cancel"))
    job = client.submit("predict")
    other = client.submit("predict")
    pump_until(client, lambda: job.state is JobState.RUNNING)
    pid = client.hello["pid"]
    client.cancel(job)
    assert job.state is JobState.CANCELLING
    assert job.stage == "Cancelling"
    assert client.wait(job, 60)
    assert job.state is JobState.CANCELLED
    assert not is_alive(pid)
    # What waited behind it had no part in this: the next worker does it.
    assert client.wait(other, 60)
    assert other.result == {"answer": 42}


def test_a_result_that_comes_before_the_cancel_counts(connect, hostile):
    client = connect(hostile("finishes_in_spite_of_a_cancel"))
    job = client.submit("predict")
    pump_until(client, lambda: job.state is JobState.RUNNING)
    client.cancel(job)
    client.wait(job, 60)
    assert (job.state, job.result) == (JobState.DONE, {"answer": 1})


def test_the_log_file_stays_within_its_bounds(connect, hostile):
    client = connect(hostile("floods_its_log"))
    assert answer_of(client) == 1
    client.close()
    sizes = [path.stat().st_size for path in client.log.path.parent.iterdir()]
    assert len(sizes) == 2
    assert max(sizes) <= (1 << 20) + 4096


@pytest.mark.parametrize("command", [["/nonexistent/python"], ["no-such-program"], [], [str(Path(__file__).parent)]])
def test_a_command_that_cannot_be_started_is_said_to_be_missing(connect, command):
    client = connect(command)
    ends = []
    job = client.submit("predict", on_done=ends.append)
    # Not within `submit`: its caller does not have the job yet.
    assert ends == []
    client.pump()
    assert (job.error.code, ends) == ("worker_missing", [job])


def test_a_worker_that_dies_again_and_again_is_started_at_most_once_in_the_interval(connect, hostile, tmp_path):
    client = connect(hostile("crashes_before_hello"), timing=dataclasses.replace(QUICK, restart=0.8))
    # Before the request: the interval counts from the start of the process, which is within `submit`.
    began = time.monotonic()
    job = client.submit("predict")
    client.wait(job, 60)
    again = client.submit("predict")
    client.pump()
    assert re.match(r"The worker ended by itself; starting it again in \d s", again.stage)
    assert client.pid is None
    client.wait(again, 60)
    assert again.result == {"answer": 42}
    # Not a figure: the interval is a promise that this must not be shorter than.
    assert time.monotonic() - began > 0.8


def test_a_worker_that_died_while_idle_does_not_take_the_next_request_with_it(connect, hostile):
    client = connect(hostile("talks_about_unknown_requests"))
    answer_of(client)
    pid = client.pid
    os.kill(pid, 9)
    wait_until(lambda: not is_alive(pid))
    assert answer_of(client) == 42


@pytest.mark.skipif(not hasattr(os, "waitid"), reason="this system does not tell it before somebody has waited")
def test_nor_when_nobody_has_noticed_its_death_yet(connect, hostile, monkeypatch):
    # As on a busy machine: the thread that waits for the process holds subprocess's lock, and does not get to run.
    held_up = threading.Event()

    def wait_late(process):
        with process._popen._waitpid_lock:
            held_up.wait(60)

    monkeypatch.setattr(WorkerProcess, "_wait", wait_late)
    client = connect(hostile("talks_about_unknown_requests"))
    answer_of(client)
    pid = client.pid
    os.kill(pid, 9)
    wait_until(lambda: not is_alive(pid))
    try:
        assert answer_of(client) == 42
    finally:
        held_up.set()


MESSAGE = st.fixed_dictionaries(
    {},
    optional={
        "id": st.sampled_from([1, 2, 0, -1, "1", None]),
        "event": st.sampled_from(["progress", "frame", "result", "error", "cancelled", "device", "", 3]),
        "stage": st.sampled_from(["Denoising", 3]),
        "done": st.integers(),
        "total": st.integers(),
        "index": st.integers(),
        "result": st.sampled_from([{}, {"count": 1}, []]),
        "code": st.sampled_from(["failed", 1]),
        "message": st.text(max_size=5),
        "hint": st.text(max_size=5),
        "parts": st.lists(st.integers(0, 20), max_size=2),
    },
)


@given(st.lists(MESSAGE | st.binary(max_size=30), max_size=8))
def test_whatever_arrives_a_job_is_changed_in_order_or_the_one_error_is_raised(items):
    """The reader of the client without its process: bytes → frames → events → job."""
    data = b"".join(item if isinstance(item, bytes) else json.dumps(item).encode() + b"\n" for item in items)
    stream, ends = io.BytesIO(data), []
    job = Job("predict", {}, [], on_done=ends.append)
    try:
        while (frame := read_frame(stream)) is not None:
            event = parse_event(frame)
            if event.id == 1:
                job.take(event)
            assert 0.0 <= job.fraction <= 1.0
    except ProtocolError:
        pass
    assert len(ends) == job.is_final


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200) | MESSAGE.map(repr).map(str.encode))
@example(b'{"id": 1, "event": "cancelled"}\n')
def test_a_real_worker_that_says_random_bytes_ends_every_job(tmp_path, data):
    marker = tmp_path / "says_raw_bytes"
    marker.unlink(missing_ok=True)
    Path(str(marker) + ".bytes").write_bytes(data)
    script = Path(__file__).parent / "workers" / "hostile.py"
    client = WorkerClient([sys.executable, str(script), "says_raw_bytes", str(marker)], timing=QUICK)
    job = client.submit("predict")
    assert client.wait(job, 60)
    assert job.state is not JobState.FAILED or job.error.code in ("worker_died", "protocol_error", "failed")
    client.close()
