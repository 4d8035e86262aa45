# SPDX-License-Identifier: GPL-3.0-or-later
"""The result cache: what was put comes back or nothing does; it keeps its bound; no trouble with it is an error."""

import multiprocessing
import os
import shutil
import sys
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

pytest.importorskip("gid_backend", reason="the worker's package is not installed in Blender's Python")

from gid_backend import cache as cache_module
from gid_backend.cache import ResultCache, cache_folder, content_key

ENTRY = 1000
OVERHEAD = 32


@pytest.fixture
def cache(tmp_path):
    return ResultCache(tmp_path / "results", limit=3 * (ENTRY + OVERHEAD))


def age(cache, key, seconds):
    """Make an entry as old as if it had been used `seconds` ago."""
    (path,) = cache.folder.glob(f"{key}*")
    then = time.time() - seconds
    os.utime(path, (then, then))


@given(data=st.binary(max_size=500))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_was_put_comes_back(cache, data):
    cache.put("key", data)
    assert cache.get("key") == data
    assert cache.get("other") is None


class TestKey:
    @given(st.binary(), st.binary(), st.integers(), st.integers())
    def test_another_question_has_another_name(self, one, other, seed, other_seed):
        same = (one, seed) == (other, other_seed)
        assert (content_key(one, seed=seed) == content_key(other, seed=other_seed)) is same

    def test_it_is_a_file_name_and_does_not_depend_on_the_order_of_settings(self):
        key = content_key(b"x", a=1, b={"c": [2], "d": None})
        assert key == content_key(b"x", b={"d": None, "c": [2]}, a=1)
        assert len(key) == 64
        assert key.isalnum()


class TestBound:
    def test_what_was_used_longest_ago_goes_first(self, cache):
        for seconds, key in ((30, "a"), (20, "b"), (10, "c")):
            cache.put(key, bytes(ENTRY))
            age(cache, key, seconds)
        assert cache.get("a") is not None  # Used just now, so b is the oldest.
        cache.put("d", bytes(ENTRY))
        assert [key for key in "abcd" if cache.get(key) is not None] == ["a", "c", "d"]
        assert cache.size() <= cache.limit

    @given(sizes=st.lists(st.integers(0, 4000), max_size=12))
    @settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
    def test_it_never_takes_more_than_it_may(self, cache, sizes):
        for index, size in enumerate(sizes):
            cache.put(f"k{index}", bytes(size))
            assert cache.size() <= cache.limit

    def test_a_result_larger_than_the_bound_is_not_kept_and_displaces_nothing(self, cache):
        cache.put("small", b"x")
        cache.put("large", bytes(10 * ENTRY))
        assert (cache.get("small"), cache.get("large")) == (b"x", None)

    def test_a_bound_of_zero_switches_it_off(self, tmp_path):
        cache = ResultCache(tmp_path / "results", limit=0)
        cache.put("key", b"")
        assert cache.get("key") is None
        assert not cache.folder.exists()

    def test_clearing_says_how_much_that_freed(self, cache):
        cache.put("a", bytes(ENTRY))
        cache.put("b", bytes(ENTRY))
        assert cache.clear() == 2 * (ENTRY + OVERHEAD)
        assert (cache.size(), cache.clear(), cache.get("a")) == (0, 0, None)

    def test_what_is_not_ours_is_left_alone(self, cache):
        cache.put("a", bytes(ENTRY))
        notes = cache.folder / "notes.txt"
        notes.write_text("mine")
        cache.clear()
        assert notes.read_text() == "mine"

    def test_what_a_killed_worker_left_half_written_goes_after_an_hour(self, cache):
        cache.put("a", b"x")
        old, new = cache.folder / ".gid-old", cache.folder / ".gid-new"
        for folder in (old, new):
            folder.mkdir()
            (folder / "new.result").write_bytes(bytes(ENTRY))
        hours_ago = time.time() - 7200
        os.utime(old, (hours_ago, hours_ago))
        cache.put("b", b"x")
        assert (old.exists(), new.exists()) == (False, True)


class TestTrouble:
    @pytest.mark.parametrize(
        "damage", [lambda data: data[:-1], lambda data: data[:10], lambda data: b"", bytes.swapcase]
    )
    def test_a_damaged_entry_is_none_and_is_removed(self, cache, damage):
        cache.put("key", b"abcdefgh" * 100)
        (path,) = cache.folder.iterdir()
        path.write_bytes(damage(path.read_bytes()))
        assert cache.get("key") is None
        assert list(cache.folder.iterdir()) == []

    def test_a_folder_that_cannot_be_made_costs_the_cache_and_nothing_else(self, tmp_path, caplog):
        (tmp_path / "file").write_text("in the way")
        cache = ResultCache(tmp_path / "file" / "results")
        cache.put("key", b"data")
        assert (cache.get("key"), cache.size(), cache.clear()) == (None, 0, 0)
        assert "not kept in the cache" in caplog.text

    @pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is always full")
    def test_a_full_disk_costs_the_entry_and_leaves_nothing_behind(self, cache, caplog, monkeypatch):
        cache.put("before", b"kept")

        class Full:
            """`replacing`, on a disk that is full: the real one, but every write goes to /dev/full."""

            def __init__(self, path):
                self.real = cache_module_replacing(path)

            def __enter__(self):
                temporary = self.real.__enter__()
                temporary.symlink_to("/dev/full")
                return temporary

            def __exit__(self, *error):
                return self.real.__exit__(*error)

        cache_module_replacing = cache_module.replacing
        monkeypatch.setattr(cache_module, "replacing", Full)
        cache.put("key", bytes(2000))
        assert "No space left on device" in caplog.text
        monkeypatch.undo()
        assert (cache.get("key"), cache.get("before")) == (None, b"kept")
        assert len(list(cache.folder.iterdir())) == 1

    def test_a_folder_that_vanishes_is_made_again(self, cache):
        cache.put("a", b"1")
        shutil.rmtree(cache.folder)
        assert cache.get("a") is None
        cache.put("b", b"2")
        assert cache.get("b") == b"2"


def hammer(folder, seed):
    """Put, get and clear in a folder that another process uses alike; what comes back must be whole."""
    cache = ResultCache(folder, limit=20_000)
    for index in range(150):
        key = str((index * 7 + seed) % 11)
        data = key.encode() * 3000
        stored = cache.get(key)
        if stored not in (None, data):
            os._exit(1)
        cache.put(key, data)
        if index % 40 == 39:
            cache.clear()
    os._exit(0)


@pytest.mark.skipif(sys.platform == "win32", reason="starts the processes by fork")
def test_two_workers_share_the_folder(tmp_path):
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=hammer, args=(tmp_path / "results", seed)) for seed in (0, 5)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0, 0]
    assert ResultCache(tmp_path / "results").size() <= 20_000 + 2 * 3032


def test_the_folder_is_the_users_or_the_one_that_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("GID_CACHE_DIR", str(tmp_path))
    assert cache_folder() == tmp_path
    monkeypatch.delenv("GID_CACHE_DIR")
    assert "generative-image-dynamics" in str(cache_folder())
