# SPDX-License-Identifier: GPL-3.0-or-later
"""Which worker is started: what was entered, what was set up, what lies about; and a sentence when there is none."""

import contextlib
import os
import stat
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gid_blender.worker.discovery import find_command, python_of, server_command, split_command
from gid_blender.worker.errors import WorkerError

POSIX = pytest.mark.skipif(os.name == "nt", reason="programs and quoting of POSIX")


def environment(folder, *, with_worker=True):
    """A virtual environment, as far as it is looked at."""
    program(folder / "bin" / "python")
    site = folder / "lib" / "python3.11" / "site-packages"
    site.mkdir(parents=True)
    if with_worker:
        (site / "generative_image_dynamics-0.1.0.dist-info").mkdir()
    return folder


def program(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(path.stat().st_mode | stat.S_IEXEC)
    return path


def find(setting="", *, environments=(), checkout=None, path="", gid_worker=""):
    variables = {"PATH": str(path), "GID_WORKER": gid_worker}
    return find_command(setting, environments=environments, checkout=checkout, variables=variables)


@POSIX
class TestOrder:
    def test_each_gives_way_to_the_one_before(self, tmp_path):
        program(tmp_path / "path" / "gid")
        checkout = tmp_path / "checkout"
        in_checkout = environment(checkout / ".venv" / "worker")
        installed = environment(tmp_path / "installed")
        everything = {
            "path": tmp_path / "path",
            "checkout": checkout,
            "environments": [installed],
            "gid_worker": "ssh box gid worker",
        }
        assert find("my worker", **everything) == ["my", "worker"]
        assert find(**everything) == ["ssh", "box", "gid", "worker"]
        del everything["gid_worker"]
        assert find(**everything) == server_command(installed / "bin" / "python")
        del everything["environments"]
        assert find(**everything) == server_command(in_checkout / "bin" / "python")
        del everything["checkout"]
        assert find(**everything) == [str(tmp_path / "path" / "gid"), "worker"]
        del everything["path"]
        with pytest.raises(WorkerError, match="No worker was found") as caught:
            find(**everything)
        assert caught.value.code == "worker_missing"
        assert "Set up worker" in caught.value.hint

    def test_an_environment_that_is_only_half_set_up_is_passed_over(self, tmp_path):
        half = environment(tmp_path / "half", with_worker=False)
        whole = environment(tmp_path / "whole")
        assert find(environments=[tmp_path / "absent", half, whole]) == server_command(whole / "bin" / "python")

    def test_the_checkouts_own_worker_is_found_by_default(self, worker_python):
        if os.environ.get("GID_TEST_WORKER_PYTHON"):
            pytest.skip("another worker is tested")
        assert find_command(variables={"PATH": ""}) == server_command(worker_python)


@POSIX
class TestWhatIsEntered:
    def test_a_path_with_spaces_needs_no_quotation_marks(self, tmp_path):
        path = program(tmp_path / "My Programs" / "gid worker")
        assert find(str(path)) == [str(path)]

    def test_the_folder_of_an_environment_will_do(self, tmp_path):
        folder = environment(tmp_path / "my env")
        assert find(f" {folder} ") == server_command(folder / "bin" / "python")
        assert python_of(folder) == folder / "bin" / "python"

    def test_a_python_alone_will_do(self, tmp_path):
        path = program(tmp_path / "bin" / "python3.11")
        assert find(str(path)) == server_command(path)

    def test_a_folder_without_python_is_refused_by_name(self, tmp_path):
        with pytest.raises(WorkerError, match="is no Python environment"):
            find(str(tmp_path))

    def test_a_quotation_mark_that_is_never_closed_is_said_so(self):
        with pytest.raises(WorkerError, match=r"cannot be read \(No closing quotation\)") as caught:
            find('ssh "box')
        assert (caught.value.code, caught.value.hint) == ("worker_missing", "Check its quotation marks.")

    @given(st.text(max_size=30) | st.sampled_from(["a\0b", "x" * 100_000, "~0", "~nobody/python"]))
    def test_any_text_is_an_argument_list_or_one_sentence(self, setting):
        command = []
        with contextlib.suppress(WorkerError):
            command = find(setting)
        assert all(isinstance(argument, str) for argument in command)


class TestSplitting:
    @POSIX
    def test_quoting_is_the_shells_but_nothing_is_expanded(self):
        assert split_command("ssh 'gpu box' gid worker $HOME *; rm -r ~") == [
            "ssh", "gpu box", "gid", "worker", "$HOME", "*;", "rm", "-r", "~",
        ]  # fmt: skip

    def test_on_windows_backslashes_are_part_of_paths(self, monkeypatch):
        monkeypatch.setattr(sys, "platform", "win32")
        assert split_command(r'"C:\Program Files\gid.exe" worker') == [r"C:\Program Files\gid.exe", "worker"]


def test_the_server_is_shut_off_from_other_packages_and_reads_utf_8():
    command = server_command("python")
    assert command[1:4] == ["-I", "-X", "utf8"]
