# SPDX-License-Identifier: GPL-3.0-or-later
"""Motion vectors as Blender's Vector pass has them.

tests/blender/scene/test_compositing.py asks Blender's own Vector Blur; those of a bake are read in
tests/blender/extension/test_render_frames.py.
"""

from __future__ import annotations

import io

import numpy as np
import OpenEXR

from gid_backend.motion_vectors import encode_coverage, encode_motion_vectors


def channels(data):
    with OpenEXR.File(io.BytesIO(data), separate_channels=True) as file:
        return {name: channel.pixels for name, channel in file.channels().items()}


def test_the_numbers_are_those_of_cycles():
    """A plane that Cycles (4.5) rendered: 4 px left and 2 px below one frame before, 8 px right and 6 px above after.

    Its Vector pass held X -4, Y -2, Z -8, W -6. Here rows count downwards, so “above” is negative.
    """
    before, after = np.zeros((2, 16, 20), np.float32), np.zeros((2, 16, 20), np.float32)
    before[0], before[1] = -4, 2
    after[0], after[1] = 8, -6
    found = channels(encode_motion_vectors(before, after))
    assert sorted(found) == [f"Layer.Vector.{name}" for name in "WXYZ"]
    values = {name[-1]: np.unique(plane).tolist() for name, plane in found.items()}
    assert values == {"X": [-4.0], "Y": [-2.0], "Z": [-8.0], "W": [-6.0]}
    assert all(plane.dtype == np.float32 for plane in found.values())


def test_vectors_are_kept_exactly_and_zeros_have_no_sign():
    rng = np.random.default_rng(0)
    before, after = rng.normal(0, 30, (2, 2, 16, 20)).astype(np.float32)
    before[:, 3], after[:, 3] = 0, 0
    found = channels(encode_motion_vectors(before, after))
    for name, plane in {"X": before[0], "Y": -before[1], "Z": -after[0], "W": after[1]}.items():
        np.testing.assert_array_equal(found[f"Layer.Vector.{name}"], plane)
        assert not np.signbit(found[f"Layer.Vector.{name}"][3]).any()


def test_coverage_is_a_grey_picture():
    coverage = np.linspace(0, 1, 320, dtype=np.float32).reshape(16, 20)
    found = channels(encode_coverage(coverage))
    assert list(found) == ["Y"]
    np.testing.assert_allclose(found["Y"], coverage, rtol=2**-11)
