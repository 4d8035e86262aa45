# SPDX-License-Identifier: GPL-3.0-or-later
import math

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gid_backend.evaluation.smoothness import inside_and_across, things_of
from gid_backend.synth.families import make_scene
from gid_backend.synth.motion import spectral_volume


def two_leaves():
    """Two things side by side, each moving as one, in quadrature; the last columns are a still wall."""
    things = np.zeros((4, 12), np.int32)
    things[:, :4], things[:, 4:8] = 1, 2
    s = np.zeros((3, 2, 4, 12), np.complex64)
    s[1, 0, :, :4], s[1, 0, :, 4:8] = 0.01, 0.01j
    return s, things, things > 0


def test_rigid_things_have_no_step_inside_and_a_known_one_at_their_edges():
    s, things, moving = two_leaves()
    inside, across = inside_and_across(s, things, moving)
    assert inside == 0
    # The motion of either is 0.01/√2; theirs differ by 0.01·√2/√2, that of leaf and wall by 0.01/√2.
    assert across == pytest.approx((math.sqrt(2) + 1) / 2, rel=1e-5)


@given(st.floats(0.01, 100))
def test_the_size_of_the_motion_does_not_matter(gain):
    s, things, moving = two_leaves()
    s[2] = np.random.default_rng(0).normal(size=(2, 4, 12)) * 0.005
    assert inside_and_across(s * np.float32(gain), things, moving) == pytest.approx(
        inside_and_across(s, things, moving), rel=1e-4
    )


def test_steps_are_those_of_the_frames_themselves():
    rng = np.random.default_rng(0)
    s = (rng.normal(size=(4, 2, 3, 5)) + 1j * rng.normal(size=(4, 2, 3, 5))).astype(np.complex64)
    q = np.exp(2j * np.pi * np.outer(np.arange(16), np.arange(4)) / 16)[:, 1:]
    frames = np.einsum("tk,kahw->tahw", q, s[1:]).real
    size = np.sqrt((frames**2).sum(axis=1).mean(axis=0)).mean()
    steps = [np.sqrt((np.diff(frames, axis=axis) ** 2).sum(axis=1).mean(axis=0)).ravel() for axis in (2, 3)]
    one = np.ones((3, 5), np.int32)
    inside, across = inside_and_across(s, one, one > 0)
    assert inside == pytest.approx(np.concatenate(steps).mean() / size, rel=1e-5)
    assert math.isnan(across)


def test_two_still_pixels_do_not_count_and_stillness_has_no_steps():
    s, things, moving = two_leaves()
    wide = np.pad(s, ((0, 0), (0, 0), (0, 0), (0, 20)))
    wider = np.pad(things, ((0, 0), (0, 20)))
    assert inside_and_across(wide, wider, wider > 0) == inside_and_across(s, things, moving)
    assert all(math.isnan(value) for value in inside_and_across(0 * s, things, moving))


@pytest.fixture(scope="module")
def scene():
    return make_scene(9_000_001, family="leaves")


class TestScenes:
    def test_a_blurred_motion_is_too_smooth_at_edges_and_noise_too_rough_inside(self, scene):
        rows, columns = scene.part_index.shape
        s = spectral_volume(scene, np.random.default_rng(0), height=rows, width=columns)
        things = things_of(scene.part_index, scene.parts)
        moving = np.abs(s).sum(axis=(0, 1)) > 0
        inside, across = inside_and_across(s, things, moving)
        assert across > 3 * inside
        planes = np.ascontiguousarray(s).view(np.float32).reshape(-1, rows, columns, 2)
        blurred = np.stack([cv2.GaussianBlur(p, (0, 0), 4.0) for p in planes]).view(np.complex64).reshape(s.shape)
        assert inside_and_across(blurred, things, moving)[1] < 0.5 * across
        rng = np.random.default_rng(1)
        noisy = (s * np.exp(2j * np.pi * rng.random(s.shape))).astype(np.complex64)
        assert inside_and_across(noisy, things, moving)[0] > 3 * inside

    def test_the_strips_of_a_cloth_are_one_thing(self):
        scene = make_scene(9_000_002, family="curtain")
        things = things_of(scene.part_index, scene.parts)
        assert len(np.unique(things)) < len(np.unique(scene.part_index))
        assert ((things == 0) == (scene.part_index == 0)).all()
