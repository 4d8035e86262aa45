# SPDX-License-Identifier: GPL-3.0-or-later
"""Results appear whole or not at all."""

from __future__ import annotations

import os

import pytest

from gid_backend.atomic import OutputError, replacing
from gid_blender.motion.errors import SpectralVolumeError


def test_a_file_takes_its_place_only_when_it_is_complete(tmp_path):
    target = tmp_path / "sub" / "a.txt"
    with replacing(target) as temporary:
        temporary.write_text("new")
        assert not target.exists()
        assert temporary.suffix == ".txt"
    assert target.read_text() == "new"
    assert os.listdir(target.parent) == ["a.txt"]


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_an_interrupted_write_leaves_the_old_file_and_nothing_else(tmp_path, error):
    target = tmp_path / "a.txt"
    target.write_text("old")

    def interrupted():
        with replacing(target) as temporary:
            temporary.write_text("half")
            raise error

    with pytest.raises(error):
        interrupted()
    assert target.read_text() == "old"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_a_folder_replaces_a_folder_completely(tmp_path):
    target = tmp_path / "frames"
    target.mkdir()
    (target / "old").touch()
    with replacing(target) as temporary:
        temporary.mkdir()
        (temporary / "new").touch()
    assert os.listdir(target) == ["new"]
    assert os.listdir(tmp_path) == ["frames"]


@pytest.mark.parametrize("name", ["a" * 300, "file/below", "\0"])
def test_impossible_places_are_refused_before_any_work(tmp_path, name):
    (tmp_path / "file").touch()
    started = False
    with pytest.raises(OutputError) as caught, replacing(tmp_path / name):
        started = True
    assert not started
    assert "\n" not in caught.value.message


def test_a_full_disk_is_a_sentence(tmp_path):
    with pytest.raises(OutputError, match="No space left"), replacing(tmp_path / "a"):
        raise OSError(28, "No space left on device")
    assert os.listdir(tmp_path) == []


def test_what_was_read_meanwhile_is_not_blamed_on_the_place(tmp_path):
    with pytest.raises(SpectralVolumeError, match="no volume"), replacing(tmp_path / "a"):
        raise SpectralVolumeError("“b” is no volume.")
    assert os.listdir(tmp_path) == []
