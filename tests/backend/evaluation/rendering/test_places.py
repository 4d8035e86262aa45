# SPDX-License-Identifier: GPL-3.0-or-later
import dataclasses

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from gid_backend.evaluation.rendering.places import BINS, local_displacement, regions_of, still_places

from .scenes import sprite_pair


def test_a_place_counts_where_something_left_and_where_it_arrives():
    flow = np.zeros((2, 20, 30), np.float32)
    flow[0, 10, 5] = 12
    far = local_displacement(flow)
    assert far[10, 5] == 12
    assert (far[9:12, 16:19] == 12).all()
    # Nothing else: one pixel here, nine there.
    assert (far > 0).sum() == 10


def test_what_leaves_the_picture_arrives_nowhere():
    flow = np.zeros((2, 20, 30), np.float32)
    flow[0, 10, 5] = 1e9
    far = local_displacement(flow)
    assert (far > 0).sum() == 1


@given(dx=st.integers(-12, 12), dy=st.integers(-12, 12))
@settings(max_examples=25, deadline=None)
def test_whatever_differs_between_the_frames_lies_in_moving_places(dx, dy):
    pair = sprite_pair(dx, dy)
    changed = (pair.source != pair.target).any(axis=2)
    assert (regions_of(pair)["moving"] | ~changed).all()


def test_regions_of_a_known_scene():
    pair = sprite_pair(5)
    regions = regions_of(pair)
    assert regions["frame"].all()
    assert regions["moving"][pair.uncovered].all()
    assert (regions["uncovered"] == pair.uncovered).all()
    assert (regions["followed"] == regions["moving"] & ~pair.uncovered).all()
    # It all moves five pixels.
    assert (regions["5"] == regions["moving"]).all()
    assert not any(regions[name].any() for name in BINS if name != "5")


def test_where_the_flow_failed_its_check_nothing_is_followed():
    pair = dataclasses.replace(sprite_pair(5), uncovered=None, known=np.zeros((96, 128), bool))
    regions = regions_of(pair)
    assert not regions["followed"].any()
    assert not regions["uncovered"].any()


def test_still_places_are_far_from_all_that_moves():
    pair = sprite_pair(6)
    still, moving = still_places(pair.flow), local_displacement(pair.flow) > 0
    rows, columns = np.nonzero(moving)
    for y, x in np.argwhere(still)[::50]:
        assert max(abs(rows - y).min(), abs(columns - x).min()) > 0
        assert np.maximum(abs(rows - y), abs(columns - x)).min() > 16
    assert still.any()
