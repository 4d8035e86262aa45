# SPDX-License-Identifier: GPL-3.0-or-later
"""Point caches: exact to the byte, whole or not there, and read with suspicion."""

import os
import struct
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from gid_blender.motion.errors import PointCacheError
from gid_blender.motion.point_cache import cache_bytes, read_cache, write_mdd, write_pc2

FLOATS = st.floats(width=32, allow_nan=False, allow_infinity=False)
FILMS = st.tuples(st.integers(1, 4), st.integers(1, 5)).flatmap(lambda s: arrays(np.float32, (*s, 3), elements=FLOATS))
CORNERS = np.arange(24, dtype=np.float32).reshape(2, 4, 3)


def pc2(path, film=CORNERS, **options):
    write_pc2(path, film, points=film.shape[1], count=len(film), **options)
    return path


def mdd(path, film=CORNERS):
    write_mdd(path, film, points=film.shape[1], times=np.arange(len(film)) / 24)
    return path


class TestBytes:
    """What other programs read, spelled out."""

    def test_pc2(self, tmp_path):
        raw = pc2(tmp_path / "a.pc2", start=5, interval=2).read_bytes()
        assert raw[:12] == b"POINTCACHE2\0"
        assert struct.unpack_from("<iiffi", raw, 12) == (1, 4, 5.0, 2.0, 2)
        assert struct.unpack("<24f", raw[32:]) == tuple(CORNERS.ravel())

    def test_mdd(self, tmp_path):
        raw = mdd(tmp_path / "a.mdd").read_bytes()
        assert struct.unpack_from(">ii", raw) == (2, 4)
        assert struct.unpack_from(">2f", raw, 8) == (0, np.float32(1 / 24))
        assert struct.unpack(">24f", raw[16:]) == tuple(CORNERS.ravel())

    def test_the_size_is_known_before(self, tmp_path):
        size = pc2(tmp_path / "a.pc2").stat().st_size
        assert 0 <= cache_bytes(4, 2) - size < 100


class TestRoundTrip:
    @settings(max_examples=40, deadline=None)
    @given(film=FILMS, start=st.integers(-1000, 1000), interval=st.integers(1, 8))
    def test_pc2_to_the_bit(self, tmp_path_factory, film, start, interval):
        cache = read_cache(pc2(tmp_path_factory.getbasetemp() / "trip.pc2", film, start=start, interval=interval))
        assert (cache.kind, cache.points, len(cache)) == ("PC2", film.shape[1], len(film))
        assert cache.times.tolist() == [start + i * interval for i in range(len(film))]
        assert np.array_equal(list(cache.samples()), film)

    @settings(max_examples=40, deadline=None)
    @given(film=FILMS)
    def test_mdd_to_the_bit(self, tmp_path_factory, film):
        cache = read_cache(mdd(tmp_path_factory.getbasetemp() / "trip.mdd", film))
        assert (cache.kind, cache.points) == ("MDD", film.shape[1])
        # Times are single precision in the file.
        assert cache.times == pytest.approx(np.arange(len(film)) / 24, abs=1e-6)
        assert np.array_equal(list(cache.samples()), film)

    def test_one_sample_without_the_others(self, tmp_path):
        for cache in (read_cache(pc2(tmp_path / "a.pc2")), read_cache(mdd(tmp_path / "a.mdd"))):
            assert np.array_equal(cache.sample(1), CORNERS[1])
            assert np.array_equal(cache.sample(-1), CORNERS[1])
            with pytest.raises(IndexError):
                cache.sample(2)

    def test_a_film_never_lies_in_memory_as_a_whole(self, tmp_path):
        points, count = 20_000, 60
        film = (np.full((points, 3), i, np.float32) for i in range(count))
        tracemalloc.start()
        write_pc2(tmp_path / "a.pc2", film, points=points, count=count)
        total = sum(float(sample[0, 0]) for sample in read_cache(tmp_path / "a.pc2").samples())
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert total == sum(range(count))
        # A few copies of one sample, where the film has sixty.
        assert peak < 12 * points * 8


class TestWholeOrNot:
    @pytest.mark.parametrize(
        ("film", "says"),
        [
            (CORNERS[:1], "got 1"),
            (np.concatenate([CORNERS, CORNERS]), "got 4"),
            (CORNERS[:, :3], "instead of"),
            (CORNERS * np.float32(np.nan), "not a number"),
        ],
    )
    def test_wrong_samples_leave_the_old_file(self, tmp_path, film, says):
        path = pc2(tmp_path / "a.pc2", CORNERS + 1)
        before = path.read_bytes()
        with pytest.raises(PointCacheError, match=says):
            write_pc2(path, film, points=4, count=2)
        assert path.read_bytes() == before
        assert os.listdir(tmp_path) == ["a.pc2"]

    def test_whoever_makes_the_samples_may_fail(self, tmp_path):
        def samples():
            yield CORNERS[0]
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            write_pc2(tmp_path / "a.pc2", samples(), points=4, count=2)
        assert os.listdir(tmp_path) == []

    @pytest.mark.skipif(not hasattr(os, "fork"), reason="limits on a file's size are for Unix")
    def test_a_full_disk(self, tmp_path):
        import resource

        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limits[1]))
        try:
            with pytest.raises(OSError, match="too large"):
                write_pc2(tmp_path / "a.pc2", np.zeros((9, 100, 3)), points=100, count=9)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        assert os.listdir(tmp_path) == []

    @pytest.mark.parametrize(("points", "count"), [(0, 1), (4, 0), (2**31, 1)])
    def test_impossible_heads(self, tmp_path, points, count):
        with pytest.raises(PointCacheError, match="point cache"):
            write_pc2(tmp_path / "a.pc2", [], points=points, count=count)

    @pytest.mark.parametrize("times", [[], [0, 0], [1, 0], [np.nan], [[0]]])
    def test_impossible_times(self, tmp_path, times):
        with pytest.raises(PointCacheError):
            write_mdd(tmp_path / "a.mdd", CORNERS, points=4, times=times)
        with pytest.raises(PointCacheError):
            write_pc2(tmp_path / "a.pc2", CORNERS, points=4, count=2, interval=0)


class TestSuspicion:
    @pytest.mark.parametrize("cut", [0, 3, 11, 20, 31, 33, 100, 127])
    @pytest.mark.parametrize("write", [pc2, mdd])
    def test_a_file_cut_short(self, tmp_path, write, cut):
        path = write(tmp_path / "a")
        path.write_bytes(path.read_bytes()[: min(cut, path.stat().st_size - 1)])
        with pytest.raises(PointCacheError, match="“"):
            read_cache(path)

    def test_a_missing_file_and_a_folder(self, tmp_path):
        for path in (tmp_path / "none.pc2", tmp_path):
            with pytest.raises(PointCacheError, match="Cannot open"):
                read_cache(path)

    @settings(max_examples=100, deadline=None)
    @given(raw=st.binary(max_size=80))
    def test_any_bytes_are_a_cache_or_a_sentence(self, tmp_path_factory, raw):
        path = tmp_path_factory.getbasetemp() / "any"
        for data in (raw, b"POINTCACHE2\0" + raw):
            path.write_bytes(data)
            try:
                cache = read_cache(path)
            except PointCacheError:
                continue
            assert len(list(cache.samples())) == len(cache)
