# SPDX-License-Identifier: GPL-3.0-or-later
"""A touch during the playback becomes keys on whole frames."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gid_blender.motion.take import Take, Takes


def takes_of(*samples):
    takes = Takes((0.5, 0.25))
    for frame, pulled in samples:
        takes.note(frame, pulled)
    return takes.finished()


def test_there_is_a_key_on_each_frame_also_where_the_playback_dropped_some():
    (take,) = takes_of((10, (0.0, 0.0)), (11, (0.1, 0.0)), (14, (0.1, 0.3)))
    frames, values = take.keys()
    assert take.point == (0.5, 0.25)
    assert frames.tolist() == [10, 11, 12, 13, 14]
    np.testing.assert_allclose(values, [[0, 0], [0.1, 0], [0.1, 0.1], [0.1, 0.2], [0.1, 0.3]], atol=1e-12)


def test_the_last_word_on_a_frame_counts():
    (take,) = takes_of((3, (0.0, 0.0)), (4, (0.1, 0.0)), (4, (0.2, 0.1)))
    assert take.keys()[1][-1].tolist() == [0.2, 0.1]


def test_a_touch_within_one_frame_lasts_one_frame():
    (take,) = takes_of((7, (0.0, 0.0)), (7, (0.05, 0.0)))
    frames, values = take.keys()
    assert frames.tolist() == [7, 8]
    assert values[-1].tolist() == [0.05, 0.0]


def test_where_the_playback_starts_anew_the_hand_takes_hold_anew():
    first, second = takes_of((149, (0.1, 0.0)), (150, (0.2, 0.0)), (1, (0.2, 0.0)), (2, (0.0, 0.1)))
    assert first.keys()[0].tolist() == [149, 150]
    assert second.keys()[0].tolist() == [1, 2]


def test_a_hand_that_does_not_move_leaves_nothing():
    assert takes_of((1, (0.0, 0.0)), (2, (0.0, 0.0))) == []
    assert Takes((0.5, 0.5)).finished() == []


@given(
    st.lists(st.floats(0, 500), min_size=1, max_size=30, unique=True),
    st.integers(0, 2**32 - 1),
)
def test_keys_are_whole_frames_in_a_row_and_stay_within_what_the_hand_did(frames, seed):
    frames = sorted(frames)
    pulled = np.random.default_rng(seed).uniform(-0.3, 0.3, (len(frames), 2))
    take = Take((0.5, 0.5), frames, [tuple(p) for p in pulled])
    keys, values = take.keys()
    assert len(keys) >= 2
    assert (np.diff(keys) == 1).all()
    assert keys[0] <= frames[0]
    assert keys[-1] >= frames[-1]
    assert (values >= pulled.min(axis=0) - 1e-12).all()
    assert (values <= pulled.max(axis=0) + 1e-12).all()
