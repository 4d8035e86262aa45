# SPDX-License-Identifier: GPL-3.0-or-later
"""Which files of a folder count as pictures."""

import os

import pytest

from gid_backend.batch.errors import BatchError
from gid_backend.batch.pictures import find_pictures


@pytest.fixture
def folder(tmp_path):
    for name in ("b.JPG", "a.png", "notes.txt", ".hidden.png", "deep/c.exr", "deep/out/d.png", ".git/e.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


def names(*args, **options):
    return [picture.name for picture in find_pictures(*args, **options)]


def test_pictures_are_known_by_their_names_and_come_in_order(folder):
    assert names(folder) == ["a.png", "b.JPG"]
    assert names(folder, recursive=True) == ["a.png", "b.JPG", "deep/c.exr", "deep/out/d.png"]


def test_results_are_never_taken_for_pictures(folder):
    assert names(folder, recursive=True, leave_out=folder / "deep" / "out") == ["a.png", "b.JPG", "deep/c.exr"]
    with pytest.raises(BatchError, match="cannot share the folder"):
        find_pictures(folder, leave_out=folder)


def test_patterns_choose_by_name_or_by_path(folder):
    assert names(folder, patterns=["*.jpg"]) == ["b.JPG"]
    assert names(folder, recursive=True, patterns=["deep/*.exr", "a.*"]) == ["a.png", "deep/c.exr"]
    with pytest.raises(BatchError, match=r"is called \*\.tif"):
        find_pictures(folder, patterns=["*.tif"])


def test_a_link_that_leads_round_in_a_circle_ends(folder):
    os.symlink(folder, folder / "deep" / "round", target_is_directory=True)
    assert names(folder, recursive=True)[-1] == "deep/out/d.png"


@pytest.mark.parametrize("name", ["missing", "notes.txt"])
def test_what_is_no_folder_is_told(folder, name):
    with pytest.raises(BatchError, match=name):
        find_pictures(folder / name)
