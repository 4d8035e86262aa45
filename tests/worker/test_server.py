# SPDX-License-Identifier: GPL-3.0-or-later
"""The real server over real pipes, in the worker's own Python, with scripted requests instead of models."""

import importlib.util
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gid_blender.worker.job import JobState
from gid_blender.worker.log import WorkerLog
from gid_blender.worker.process import Exited, WorkerProcess
from gid_blender.worker.protocol import PROTOCOL_VERSION, read_frame
from tests.worker.waiting import is_alive, pump_until, wait_until

# Loading torch takes seconds, and what this Python is makes no difference to it.
NEEDS_TORCH = pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="runs in the worker's environment")
WORKERS = Path(__file__).parent / "workers"


def run(client, method, params=None, parts=()):
    """(result, parts) of a request; raises its error."""
    job = client.submit(method, params, parts)
    assert client.wait(job, 60)
    return job.value()


def failed(client, method, params=None, parts=()):
    job = client.submit(method, params, parts)
    assert client.wait(job, 60)
    assert job.state is JobState.FAILED
    return job.error


class TestConversation:
    def test_the_hello_tells_versions_and_model_and_the_device_follows(self, connect, scripted):
        client = connect(scripted)
        run(client, "echo")
        assert client.hello["protocol"] == PROTOCOL_VERSION
        assert client.hello["model"] == {"id": "scripted", "sha256": "0" * 64}
        assert client.hello["python"].count(".") == 2
        assert is_alive(client.hello["pid"])
        pump_until(client, lambda: client.device is not None)
        assert client.device == {"torch": "0", "device": "cpu", "name": "scripted", "memory_total": 2, "memory_free": 1}

    def test_params_and_parts_arrive_and_return_unchanged(self, connect, scripted):
        client = connect(scripted)
        parts = [b"", bytes(range(256)), os.urandom(9 << 20)]
        params = {"text": "größer als ÿ → 🌷", "numbers": [0.1, 2**53, -1], "none": None}
        assert run(client, "echo", params, parts) == (params, tuple(parts))

    def test_sending_half_a_gigabyte_does_not_hold_up_the_caller(self, connect, scripted):
        client = connect(scripted)
        run(client, "echo")
        busy = client.submit("stubborn")
        job = client.submit("echo", {}, [bytes(512 << 20)])
        # The worker cannot have read it: it is still in this process when submit returns.
        assert job.state is JobState.RUNNING
        client.pump()
        assert not busy.is_final

    def test_requests_run_one_after_another_in_order(self, connect, scripted):
        client, ends = connect(scripted), []
        jobs = [client.submit("wait", {"steps": 3}, on_done=ends.append) for _ in range(4)]
        client.wait(jobs[-1], 30)
        assert ends == jobs

    def test_progress_is_told_as_it_happens(self, connect, scripted):
        client, seen = connect(scripted), []
        job = client.submit("wait", {"steps": 5}, on_progress=lambda job: seen.append((job.stage, job.done, job.total)))
        client.wait(job, 60)
        assert seen[-5:] == [("Waiting", done, 5) for done in range(5)]
        assert job.fraction == 0.8

    def test_frames_arrive_in_order_and_many_do_not_pile_up(self, connect, scripted):
        client, indices = connect(scripted), []
        params = {"count": 300, "size": 1 << 20}
        job = client.submit(
            "frames", params, on_frame=lambda job, index, data: indices.append((index, data[0], len(data)))
        )
        assert client.wait(job, 60)
        assert indices == [(index, index % 256, 1 << 20) for index in range(300)]
        assert job.frames == []

    def test_status_is_answered_while_a_request_runs(self, connect, scripted):
        client = connect(scripted)
        busy = client.submit("stubborn")
        result, _ = run(client, "status")
        assert result["loaded"] is False
        assert not busy.is_final

    def test_what_libraries_print_goes_to_the_log_and_stdin_is_empty_for_them(self, connect, scripted):
        client = connect(scripted)
        assert run(client, "chatty") == ({"stdin": ""}, ())
        assert run(client, "echo", {"still": "in step"})[0] == {"still": "in step"}
        wait_until(
            lambda: {f"a {who} says hello" for who in ("library", "C library", "program")} <= set(client.log.tail)
        )

    def test_two_clients_have_two_workers(self, connect, scripted, tmp_path):
        one, two = connect(scripted), connect(scripted, log_path=tmp_path / "other.log")
        jobs = [client.submit("wait", {"steps": 20}) for client in (one, two)]
        pump_until(one, lambda: (two.pump(), all(job.is_final for job in jobs))[1])
        assert [job.state for job in jobs] == [JobState.DONE] * 2
        assert one.hello["pid"] != two.hello["pid"]


class TestCancel:
    def test_a_running_request_ends_between_two_steps_and_the_worker_stays(self, connect, scripted):
        client = connect(scripted)
        job = client.submit("wait")
        pump_until(client, lambda: job.done > 2)
        pid = client.hello["pid"]
        client.cancel(job)
        client.cancel(job)
        client.wait(job, 60)
        assert job.state is JobState.CANCELLED
        assert run(client, "echo", {"a": 1})[0] == {"a": 1}
        assert client.hello["pid"] == pid

    def test_a_request_that_waits_behind_another_ends_at_once(self, connect, scripted):
        client = connect(scripted)
        busy, waiting = client.submit("wait"), client.submit("wait")
        pump_until(client, lambda: busy.done > 0)
        client.cancel(waiting)
        client.wait(waiting, 30)
        assert waiting.state is JobState.CANCELLED
        assert busy.state is JobState.RUNNING

    def test_a_request_that_was_never_sent_ends_at_once(self, connect, scripted):
        client, ends = connect(scripted), []
        job = client.submit("wait", on_done=ends.append)
        client.cancel(job)
        assert (job.state, ends) == (JobState.CANCELLED, [job])
        assert client.jobs == []

    def test_after_its_end_nothing_changes_any_more(self, connect, scripted):
        client = connect(scripted)
        job = client.submit("echo")
        client.wait(job, 60)
        client.cancel(job)
        assert job.state is JobState.DONE

    def test_a_cancel_without_a_target_is_refused(self, connect, scripted):
        assert failed(connect(scripted), "cancel", {"target": "1"}).code == "bad_request"


class TestErrors:
    @pytest.mark.parametrize("method", ["numpy_out_of_memory", pytest.param("torch_out_of_memory", marks=NEEDS_TORCH)])
    def test_out_of_memory_is_told_with_a_hint_and_survived(self, connect, scripted, method):
        client = connect(scripted)
        run(client, "load")
        pid = client.hello["pid"]
        error = failed(client, method)
        assert error.code == "out_of_memory"
        assert "smaller picture" in error.hint
        # What could be freed was freed.
        assert run(client, "status")[0]["loaded"] is False
        assert client.hello["pid"] == pid

    def test_a_known_error_keeps_its_code_sentence_and_hint(self, connect, scripted):
        error = failed(connect(scripted), "bad_image")
        assert (error.code, error.message, error.hint) == ("bad_image", "The picture is upside down.", "Turn it.")

    def test_an_unknown_error_is_told_and_its_traceback_is_in_the_log(self, connect, scripted):
        client = connect(scripted)
        error = failed(client, "bug")
        assert error.code == "failed"
        assert "ZeroDivisionError" in error.message
        wait_until(lambda: any("in bug" in line for line in client.log.tail))
        assert run(client, "bug", {"divisor": 1})[0] == {"quotient": 1}

    def test_a_library_that_wants_to_exit_ends_its_request_alone(self, connect, scripted):
        client = connect(scripted)
        assert failed(client, "leave").code == "failed"
        run(client, "echo")

    def test_an_unknown_method_is_refused(self, connect, scripted):
        error = failed(connect(scripted), "fly")
        assert (error.code, error.message) == ("bad_request", "The worker knows no method “fly”.")

    def test_a_message_beyond_the_limits_fails_before_it_is_sent(self, connect, scripted):
        client = connect(scripted)
        assert failed(client, "echo", {"text": "x" * (2 << 20)}).code == "bad_request"
        run(client, "echo")

    def test_libraries_that_cannot_be_loaded_are_said_in_the_device_event(self, connect, scripted, monkeypatch):
        monkeypatch.setenv("GID_TEST_BROKEN", "1")
        client = connect(scripted)
        run(client, "echo")
        pump_until(client, lambda: client.device is not None)
        assert "libtorch.so" in client.device["error"]

    def test_an_error_in_a_callback_ends_that_job_and_no_other(self, connect, scripted):
        client = connect(scripted)

        def full_disk(job, index, data):
            raise OSError(28, "No space left on device")

        job = client.submit("frames", {"count": 5, "size": 10}, on_frame=full_disk)
        other = client.submit("echo", {"a": 1})
        client.wait(other, 30)
        assert "No space left on device" in job.error.message
        assert other.result == {"a": 1}


class TestMemory:
    def test_release_frees_the_models_and_keeps_the_worker(self, connect, scripted):
        client = connect(scripted)
        run(client, "load")
        pid = client.hello["pid"]
        assert run(client, "status")[0]["loaded"] is True
        job = client.release()
        client.wait(job, 60)
        assert job.value() == ({}, ())
        assert run(client, "status")[0]["loaded"] is False
        assert client.hello["pid"] == pid

    def test_an_idle_worker_frees_its_models_by_itself(self, connect, scripted, monkeypatch):
        monkeypatch.setenv("GID_IDLE_SECONDS", "0.2")
        client = connect(scripted)
        run(client, "load")
        deadline = time.monotonic() + 20
        while run(client, "status")[0]["loaded"]:
            assert time.monotonic() < deadline
            time.sleep(0.05)

    def test_a_release_that_fails_does_not_end_the_worker(self, connect, scripted, monkeypatch):
        """As on a GPU in a bad state."""
        monkeypatch.setenv("GID_TEST_BAD_GPU", "1")
        client = connect(scripted)
        run(client, "load")
        assert "illegal memory access" in run(client, "status")[0]["error"]
        assert failed(client, "numpy_out_of_memory").code == "out_of_memory"
        assert failed(client, "release").code == "failed"
        assert run(client, "echo", {"a": 1})[0] == {"a": 1}

    @pytest.mark.parametrize("text", ["soon", "-1", "nan", "inf", " "])
    def test_a_setting_that_is_no_number_is_noted_and_the_default_is_used(self, connect, scripted, monkeypatch, text):
        monkeypatch.setenv("GID_IDLE_SECONDS", text)
        client = connect(scripted)
        run(client, "echo")
        if text.strip():
            wait_until(lambda: any("600 is used" in line for line in client.log.tail))


class TestEnd:
    @pytest.mark.parametrize(("method", "stage"), [("wait", "Waiting"), ("stubborn", "Busy")])
    def test_the_end_of_stdin_ends_the_worker_in_the_middle_of_a_step(self, scripted, method, stage):
        process = WorkerProcess(scripted, WorkerLog(None))
        process.send({"hello": {"protocol": PROTOCOL_VERSION}})
        process.send({"id": 1, "method": method, "params": {}})
        while process.inbox.get(20).header.get("stage") != stage:
            pass
        process.end()
        while not isinstance(last := process.inbox.get(20), Exited):
            assert last is not None
        # By itself, not by a signal.
        assert last.status == 0

    @pytest.mark.parametrize("method", ["wait", "stubborn"])
    def test_a_client_that_stops_tells_its_jobs(self, scripted, connect, method):
        client = connect(scripted)
        job = client.submit(method)
        pump_until(client, lambda: job.stage in ("Waiting", "Busy"))
        pid = client.hello["pid"]
        client.stop()
        assert not is_alive(pid)
        assert job.error.code == "stopped"

    def test_stopping_is_no_death_so_the_next_request_starts_a_worker_at_once(self, connect, scripted):
        client = connect(scripted)
        run(client, "echo")
        client.stop()
        assert client.hello is None
        run(client, "echo")

    def test_a_closed_client_refuses(self, connect, scripted):
        client = connect(scripted)
        client.close()
        job = client.submit("echo")
        client.pump()
        assert job.error.code == "stopped"

    @pytest.mark.skipif(os.name == "nt", reason="needs SIGKILL")
    def test_no_worker_survives_a_blender_that_is_killed(self, scripted):
        parent = subprocess.Popen([sys.executable, str(WORKERS / "parent.py"), *scripted], stdout=subprocess.PIPE)
        worker = int(parent.stdout.readline())
        assert is_alive(worker)
        parent.kill()
        parent.wait()
        parent.stdout.close()
        wait_until(lambda: not is_alive(worker))

    @pytest.mark.skipif(os.name == "nt", reason="needs signals")
    def test_an_interrupt_ends_it_in_the_middle_of_a_step(self, scripted, connect):
        client = connect(scripted)
        job = client.submit("stubborn")
        pump_until(client, lambda: job.stage == "Busy")
        # The grace of the client passes, and SIGINT is its first signal.
        client.cancel(job)
        client.wait(job, 60)
        assert job.state is JobState.CANCELLED


class TestElsewhere:
    """Behind ssh the worker has another folder, another environment and no disk of ours: a wrapper that takes both."""

    @pytest.fixture
    def wrapped(self, scripted):
        if os.name == "nt":
            pytest.skip("needs sh")
        return ["/bin/sh", str(WORKERS / "elsewhere.sh"), *scripted]

    def test_it_works_unchanged(self, connect, wrapped):
        client = connect(wrapped)
        data = os.urandom(7 << 20)
        assert run(client, "echo", {"a": 1}, [data]) == ({"a": 1}, (data,))

    def test_it_is_cancelled_by_message(self, connect, wrapped):
        client = connect(wrapped)
        job = client.submit("wait")
        pump_until(client, lambda: job.done > 0)
        client.cancel(job)
        client.wait(job, 60)
        assert job.state is JobState.CANCELLED
        run(client, "echo")

    def test_it_ends_with_its_client_and_leaves_no_part_of_the_pipeline(self, connect, wrapped):
        client = connect(wrapped)
        job = client.submit("stubborn")
        pump_until(client, lambda: job.stage == "Busy")
        pid = client.hello["pid"]
        client.stop()
        wait_until(lambda: not is_alive(pid))

    def test_a_program_that_is_missing_on_the_other_side_is_said_so(self, connect):
        client = connect(["/bin/sh", "-c", "exec no-such-worker"])
        error = failed(client, "echo")
        assert (error.code, error.status) == ("worker_died", 127)
        assert "not found" in error.hint
        assert any("no-such-worker" in line for line in error.log)


class TestStart:
    def test_nothing_heavy_is_imported_before_the_hello(self, worker_python):
        code = (
            "import sys, gid_backend.server, gid_backend.engine;"
            "print({'torch', 'numpy', 'pydantic', 'cv2', 'diffusers', 'typer', 'asyncio'} & set(sys.modules))"
        )
        done = subprocess.run([worker_python, "-I", "-c", code], capture_output=True, text=True, check=True)
        assert done.stdout.strip() == "set()"

    def test_started_by_hand_at_a_terminal_it_explains_itself(self, real):
        pty = pytest.importorskip("pty")
        leader, follower = pty.openpty()
        done = subprocess.run(real, stdin=follower, capture_output=True, text=True, timeout=60)
        os.close(leader)
        os.close(follower)
        assert done.returncode == 2
        assert "started by Blender" in done.stderr

    @pytest.mark.parametrize(
        ("data", "status"),
        [
            (b"", 0),
            (b"GET / HTTP/1.1\r\n\r\n", 3),
            (b'{"hello": {"protocol": 2}}\n', 0),
            (b'{"hello": {"protocol": 2}}\n{"id": 1}\n', 3),
            (b'{"hello": {"protocol": 2}}\n{"id": 1, "method": "echo", "parts": [10000000000]}\n', 3),
            (b'{"hello": {"protocol": 2}}\n{"id": 1, "method": "echo", "parts": [5]}\nabc', 3),
        ],
    )
    def test_a_client_that_breaks_the_protocol_is_left_with_a_sentence(self, scripted, data, status):
        done = subprocess.run(scripted, input=data, capture_output=True, timeout=60)
        assert done.returncode == status
        assert (b"The client broke the protocol." in done.stderr) == (status == 3)

    def test_a_client_of_another_version_is_told_which_side_to_update(self, scripted):
        done = subprocess.run(scripted, input=b'{"hello": {"protocol": 99}}\n', capture_output=True, timeout=60)
        assert done.returncode == 3
        assert b"update the worker" in done.stderr

    def test_blenders_own_python_settings_do_not_reach_it(self, connect, scripted, monkeypatch, tmp_path):
        (tmp_path / "gid_backend.py").write_text("raise SystemExit('the wrong package')")
        monkeypatch.setenv("PYTHONPATH", str(tmp_path))
        monkeypatch.setenv("PYTHONHOME", "/nonexistent")
        run(connect(scripted), "echo")

    def test_the_process_itself_says_its_last_word_in_order(self, scripted):
        """Frames, the end of the stream, then the exit status: nothing overtakes anything."""
        process = WorkerProcess(scripted, WorkerLog(None))
        process.send({"hello": {"protocol": PROTOCOL_VERSION}})
        assert "hello" in process.inbox.get(20).header
        process.end()
        kinds = []
        while not kinds or kinds[-1] != "Exited":
            kinds.append(type(process.inbox.get(20)).__name__)
        assert kinds[-2:] == ["Broken", "Exited"]


def test_the_stream_of_a_worker_holds_frames_and_nothing_else(scripted):
    requests = b'{"hello": {"protocol": 2}}\n{"id": 1, "method": "chatty"}\n'
    worker = subprocess.Popen(scripted, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    worker.stdin.write(requests)
    worker.stdin.flush()
    frames = []
    while not frames or frames[-1].get("event") != "result":
        frames.append(read_frame(worker.stdout).header)
    worker.stdin.close()
    assert worker.stdout.read() == b""
    assert worker.wait(20) == 0
    worker.stdout.close()
    assert [next(iter(frame)) for frame in frames if "id" not in frame] == ["hello", "event"]
