# SPDX-License-Identifier: GPL-3.0-or-later
"""Shards of pairs give back what was put in, one at a time, and say what is wrong with what is no shard."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gid_backend.rendering.frame_pair import FramePair
from gid_backend.rendering.pair_files import PairError, PairFolder, load_pairs, save_pairs


def pair(seed: int = 0, height: int = 24, width: int = 40, reach: float = 6.0, masks: str = "both") -> FramePair:
    rng = np.random.default_rng(seed)
    return FramePair(
        f"scene {seed}",
        rng.integers(0, 256, (height, width, 3), dtype=np.uint8),
        rng.integers(0, 256, (height, width, 3), dtype=np.uint8),
        rng.uniform(-reach, reach, (2, height, width)).astype(np.float32),
        rng.uniform(0, reach, (height, width)).astype(np.float32),
        rng.random((height, width)) < 0.2 if masks in ("both", "uncovered") else None,
        rng.random((height, width)) < 0.8 if masks in ("both", "known") else None,
    )


def same(a: FramePair, b: FramePair, tolerance: float) -> None:
    assert a.name == b.name
    for name in ("source", "target", "uncovered", "known"):
        assert np.array_equal(getattr(a, name), getattr(b, name)), name
    for name in ("flow", "strength"):
        assert getattr(b, name).dtype == np.float32
        assert np.abs(getattr(a, name) - getattr(b, name)).max() <= tolerance, name


@given(
    st.integers(0, 99),
    st.integers(1, 30),
    st.integers(1, 30),
    st.floats(0, 5000, width=32),
    st.sampled_from(["both", "none", "known", "uncovered"]),
)
@settings(max_examples=30, deadline=None)
def test_a_shard_gives_back_what_was_saved(tmp_path_factory, seed, height, width, reach, masks):
    path = tmp_path_factory.mktemp("shard") / "pairs.npz"
    saved = [pair(seed, height, width, reach, masks), pair(seed + 1, width, height)]
    save_pairs(path, saved)
    # Half a step of 1/256 pixel, or of a 32767th of what goes further than that allows; and float32's own rounding.
    tolerances = [max(1 / 512, reach / 65534) + 2e-7 * reach, 1 / 512 + 1e-6]
    for a, b, tolerance in zip(saved, load_pairs(path), tolerances, strict=True):
        same(a, b, tolerance)


def test_stillness_stays_exactly_still(tmp_path):
    still = replace(pair(), flow=np.zeros((2, 24, 40), np.float32))
    save_pairs(tmp_path / "pairs.npz", [still])
    assert not next(load_pairs(tmp_path)).flow.any()


def test_a_folder_is_a_sequence_that_reads_what_is_asked_for(tmp_path):
    save_pairs(tmp_path / "b.npz", [pair(2), pair(3)])
    save_pairs(tmp_path / "a.npz", [pair(0), pair(1)])
    folder = PairFolder(tmp_path)
    assert folder.names == ["scene 0", "scene 1", "scene 2", "scene 3"] == [p.name for p in folder]
    same(pair(3), folder[-1], 1 / 256)
    assert [p.name for p in folder[1:3]] == ["scene 1", "scene 2"]
    # A pair of another shard is not needed for it.
    (tmp_path / "b.npz").unlink()
    assert folder[1].name == "scene 1"


def test_what_is_no_shard_is_refused_in_one_sentence(tmp_path):
    path = tmp_path / "pairs.npz"
    save_pairs(path, [pair()])
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(PairError, match="cannot be read"):
        list(load_pairs(path))
    np.savez(path, spectrum=np.zeros(3))
    with pytest.raises(PairError, match="not a shard"):
        list(load_pairs(path))
    (tmp_path / "empty").mkdir()
    with pytest.raises(PairError, match="no pairs"):
        PairFolder(tmp_path / "empty")


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"flow": np.zeros((2, 3, 3), np.float32)}, "flow .* has the shape"),
        ({"flow": np.full((2, 24, 40), np.nan, np.float32)}, "not finite"),
        ({"strength": np.full((24, 40), -1, np.float32)}, "negative"),
        ({"target": np.zeros((24, 40, 3), np.float32)}, "uint8"),
    ],
)
def test_what_does_not_fit_is_not_saved(tmp_path, change, complaint):
    with pytest.raises(PairError, match=complaint):
        save_pairs(tmp_path / "pairs.npz", [replace(pair(), **change)])
    assert not list(tmp_path.iterdir())
