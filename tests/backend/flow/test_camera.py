# SPDX-License-Identifier: GPL-3.0-or-later
"""The camera is found in flows that are made up exactly, and is not found where only things move."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gid_backend.errors import Cancelled
from gid_backend.flow.camera import Camera, find_camera, sample

WIDTH, HEIGHT, FRAMES = 256, 144, 40
Y, X = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float64)
EVERYWHERE = np.ones((HEIGHT, WIDTH), np.float32)


def shaken(pixels, *, focal=None, seed=0):
    """(n, 2, H, W) flow of a camera that turns: up to about `pixels`, with an exact lens; 0 in the first frame."""
    focal = focal or 0.9 * WIDTH
    rng, time = np.random.default_rng(seed), np.arange(FRAMES) / 15
    paths = [sum(np.sin(2 * np.pi * (f * time + rng.random())) / f for f in (0.3, 0.8, 1.9, 4.1)) for _ in range(3)]
    paths = np.array([path - path[0] for path in paths])
    paths *= pixels / np.abs(paths).max()
    lens = np.array([[focal, 0, WIDTH / 2 - 0.5], [0, focal, HEIGHT / 2 - 0.5], [0, 0, 1]])
    grid = np.stack([X, Y], axis=-1).reshape(1, -1, 2)
    flows = []
    for across, down, roll in paths.T:
        turn, _ = cv2.Rodrigues(np.array([-down / focal, across / focal, 0.4 * roll / WIDTH]))
        there = cv2.perspectiveTransform(grid, lens @ turn @ np.linalg.inv(lens))
        flows.append((there - grid).reshape(HEIGHT, WIDTH, 2).transpose(2, 0, 1))
    return np.array(flows, np.float32)


def swaying(pixels, where, seed=1):
    """(n, 2, H, W) of things that sway, each place in its own way within a smooth field."""
    rng, time = np.random.default_rng(seed), np.arange(FRAMES) / FRAMES
    flows = np.zeros((FRAMES, 2, HEIGHT, WIDTH), np.float32)
    for k in (1, 2, 3):
        for axis in range(2):
            for wave in (np.cos, np.sin):
                field = cv2.GaussianBlur(rng.standard_normal((HEIGHT, WIDTH)), (0, 0), 20)
                turning = wave(2 * np.pi * k * time) - wave(0)
                flows[:, axis] += turning[:, None, None] * (pixels * field / field.std() / k) * where
    return flows


def disc(radius, x=0.5, y=0.5):
    """1 within `radius` picture heights of a place, 0 outside."""
    return (np.hypot(X / HEIGHT - x * WIDTH / HEIGHT, Y / HEIGHT - y) < radius).astype(np.float32)


def measured(flows, seed=2):
    """What flow estimation makes of it: the same, off by a tenth of a pixel."""
    return flows + np.random.default_rng(seed).normal(0, 0.07, flows.shape).astype(np.float32)


def found(flows, trust=EVERYWHERE):
    return find_camera([sample(flow) for flow in measured(flows)], sample(trust), WIDTH, HEIGHT)


@pytest.mark.parametrize(("pixels", "focal"), [(1.5, 0.9), (4.0, 0.7), (4.0, 4.0), (12.0, 0.9)])
def test_a_turning_camera_is_found_behind_what_sways(pixels, focal):
    shake = shaken(pixels, focal=focal * WIDTH)
    camera = found(shake + swaying(2.0, disc(0.4)))
    assert camera.verdict == "shake"
    largest = np.hypot(*shake[:, :, [0, 0, -1, -1], [0, -1, 0, -1]].transpose(1, 0, 2)).max() / WIDTH
    assert camera.amount == pytest.approx(largest, rel=0.1, abs=0.002)


def test_a_frame_is_steadied_to_where_the_camera_stood():
    shake = shaken(6.0)
    camera = found(shake + swaying(2.0, disc(0.3)))
    picture = np.uint8(127 + 60 * np.sin(X / 5) + 60 * np.sin(Y / 7))
    there_x, there_y = X.copy(), Y.copy()
    # The seen picture shows at p + flow what the picture has at p.
    for _ in range(20):
        flow = [cv2.remap(f, there_x.astype(np.float32), there_y.astype(np.float32), 1) for f in shake[23]]
        there_x, there_y = X - flow[0], Y - flow[1]
    seen = cv2.remap(picture, there_x.astype(np.float32), there_y.astype(np.float32), cv2.INTER_CUBIC)
    inside = np.s_[16:-16, 16:-16]
    before = np.abs(seen[inside].astype(float) - picture[inside]).mean()
    after = np.abs(camera.steadied(seen, 23)[inside].astype(float) - picture[inside]).mean()
    # A tenth of a pixel on waves of 5 pixels radius and 60 levels is one level.
    assert after < 1.5
    assert before > 10 * after


@settings(max_examples=12, deadline=None)
@given(
    radius=st.floats(0.1, 0.55),
    pixels=st.floats(0.5, 6.0),
    x=st.floats(0.3, 0.7),
    y=st.floats(0.3, 0.7),
    seed=st.integers(0, 1000),
)
def test_a_thing_that_sways_before_a_still_background_is_no_camera(radius, pixels, x, y, seed):
    """Whatever its size, up to one that fills the picture's height."""
    camera = found(swaying(pixels, disc(radius, x, y), seed))
    assert camera.verdict == "still"
    assert camera.amount == 0.0
    assert not camera.rule.any()


def test_a_large_thing_that_sways_as_a_whole_is_no_camera():
    """It moves as a camera would, but it is not all around; what is shows that the camera stands."""
    camera = found(shaken(4.0) * disc(0.52))
    assert camera.verdict == "still"


def test_where_everything_sways_in_its_own_way_nothing_is_told():
    camera = found(swaying(4.0, 1.0))
    assert (camera.verdict, camera.amount) == ("unknown", 0.0)


def test_only_places_that_were_followed_count():
    """Where nothing can be followed flow is filled with stillness, which must not pass for a tripod's."""
    shake = shaken(4.0) + swaying(1.0, disc(0.3))
    blind = disc(0.45, 0.3) > 0
    shake[:, :, blind] = 0
    camera = found(shake, np.where(blind, 0, 1).astype(np.float32))
    assert camera.verdict == "shake"
    assert found(shake, np.zeros_like(EVERYWHERE)).verdict == "unknown"


def test_a_camera_that_stands_still_leaves_frames_alone():
    still = Camera("still", np.zeros((2, 4)), 0.0, 1.0, 20, 10, np.zeros((1, 2)))
    frame = np.random.default_rng(0).integers(0, 255, (10, 20), np.uint8)
    assert np.array_equal(still.steadied(frame, 1), frame)


def test_the_search_can_be_stopped():
    flows = [sample(flow) for flow in shaken(3.0)]
    with pytest.raises(Cancelled):
        find_camera(flows, sample(EVERYWHERE), WIDTH, HEIGHT, cancel=lambda: True)
