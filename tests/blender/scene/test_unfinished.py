# SPDX-License-Identifier: GPL-3.0-or-later
"""A render that was interrupted waits in its hidden folder; the next try of the very same finds it there."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gid_blender.scene import frame_folder
from gid_blender.scene.manifest import NAME as NOTE

RENDER, OTHER = "0123456789abcdef" * 4, "fedcba9876543210" * 4
DATA = [bytes([index]) * (9000 + index) for index in range(4)]


def begun(root, count, render=RENDER):
    folder = frame_folder(root, "rose", render=render)
    for index in range(count):
        folder.write(index, DATA[index], ".png")
    return folder


def finished(folder):
    return [index for index in range(len(DATA)) if index in folder]


def test_the_next_try_finds_what_is_finished_and_the_folder_holds_nothing_else(tmp_path):
    begun(tmp_path, 2).set_aside()
    folder = frame_folder(tmp_path, "rose", render=RENDER)
    assert finished(folder) == [0, 1]
    assert folder.read(1) == DATA[1]
    for index in (2, 3):
        folder.write(index, DATA[index], ".png")
    paths = folder.commit()
    assert [path.read_bytes() for path in paths] == DATA
    assert sorted(os.listdir(tmp_path / "rose")) == [NOTE, *(path.name for path in paths)]
    folder.set_aside()
    assert os.listdir(tmp_path) == ["rose"]


def test_after_a_crash_too(tmp_path):
    """Nobody has set anything aside then."""
    begun(tmp_path, 3)
    assert finished(frame_folder(tmp_path, "rose", render=RENDER)) == [0, 1, 2]


def test_another_render_has_nothing_to_do_with_it(tmp_path):
    begun(tmp_path, 2)
    other = begun(tmp_path, 1, OTHER)
    assert finished(other) == [0]
    assert finished(frame_folder(tmp_path, "rose", render=RENDER)) == [0, 1]


def test_nothing_stays_of_what_has_no_frame_or_no_name(tmp_path):
    begun(tmp_path, 0).set_aside()
    folder = begun(tmp_path, 2, render="")
    folder.set_aside()
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.unlink(),
        lambda path: path.write_bytes(path.read_bytes()[:-1]),
        lambda path: path.write_bytes(path.read_bytes()[:6000] + bytes(path.stat().st_size - 6000)),
        lambda path: path.write_bytes(bytes(path.stat().st_size)),
    ],
    ids=["gone", "cut", "its end never written", "nothing ever written"],
)
def test_a_frame_that_a_crash_damaged_is_missing(tmp_path, damage):
    folder = begun(tmp_path, 3)
    damage(folder.hidden / "rose_0002.png")
    assert finished(frame_folder(tmp_path, "rose", render=RENDER)) == [0, 2]


@given(cut=st.integers(0, 400), noise=st.binary(max_size=40))
def test_a_journal_cut_or_spoiled_anywhere_costs_frames_but_never_takes_a_wrong_one(tmp_path_factory, cut, noise):
    root = tmp_path_factory.mktemp("root")
    [journal] = begun(root, 3).hidden.glob(".*")
    journal.write_bytes(journal.read_bytes()[:cut] + noise)
    folder = frame_folder(root, "rose", render=RENDER)
    for index in finished(folder):
        assert folder.read(index) == DATA[index]
    # And what is written after it counts.
    folder.write(3, DATA[3], ".png")
    assert 3 in frame_folder(root, "rose", render=RENDER)


def test_begun_anew_it_is_empty(tmp_path):
    folder = begun(tmp_path, 3)
    folder.drop()
    assert finished(folder) == finished(frame_folder(tmp_path, "rose", render=RENDER)) == []


def test_what_can_be_gone_on_with_is_kept_for_two_weeks(tmp_path):
    for render, days in ((RENDER, 13), (OTHER, 15)):
        hidden = begun(tmp_path, 1, render).hidden
        when = os.stat(tmp_path).st_mtime - days * 86400
        os.utime(hidden, (when, when))
    with frame_folder(tmp_path, "tulip"):
        left = [name for name in os.listdir(tmp_path) if name.startswith(".rose")]
    assert left == [f".rose.{RENDER[:12]}.part"]
