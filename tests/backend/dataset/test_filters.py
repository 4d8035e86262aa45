# SPDX-License-Identifier: GPL-3.0-or-later
"""Which clips are learned from."""

import numpy as np
import pytest

from gid_backend.dataset.filters import judge
from gid_backend.dataset.settings import Settings

SHAPE = (40, 64)
ALL = np.ones(SHAPE, np.float32)
LEFT = np.repeat(np.arange(64)[None] < 16, 40, axis=0).astype(np.float32)


@pytest.mark.parametrize(
    ("magnitude", "verdict"),
    [
        (3.0 * LEFT, "kept"),
        (0.3 * LEFT, "still"),
        (0.0 * ALL, "still"),
        (3.0 * ALL, "camera"),
        (9.0 * ALL, "much"),
        # A twentieth of the picture is enough of a flower, and a tenth that stands still enough of a ground.
        (3.0 * (np.random.default_rng(0).random(SHAPE) < 0.08), "kept"),
        (3.0 * (np.random.default_rng(0).random(SHAPE) < 0.9), "kept"),
    ],
)
def test_by_how_much_moves_and_where(magnitude, verdict):
    assert judge(magnitude.astype(np.float32), ALL, ALL, Settings()) == verdict


def test_a_camera_moves_even_where_the_sky_cannot_be_followed():
    assert judge(3.0 * LEFT, LEFT, LEFT, Settings()) == "camera"


def test_what_is_lost_from_sight_is_not_learned_from():
    assert judge(3.0 * LEFT, 0.2 * ALL, ALL, Settings()) == "lost"


def test_nor_what_has_nothing_to_follow():
    assert judge(3.0 * ALL, 0.0 * ALL, 0.0 * ALL, Settings()) == "lost"
