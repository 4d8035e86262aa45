# SPDX-License-Identifier: GPL-3.0-or-later
"""Transparent pictures where there is no transparency."""

from __future__ import annotations

import numpy as np
import pytest

from gid_backend.errors import ImageError
from gid_backend.transparency import is_transparent, laid_on, parse_colour, require_alpha

HALF = np.full((2, 2, 4), [255, 0, 0, 128], np.uint8)


@pytest.mark.parametrize(
    ("picture", "expected"),
    [
        (HALF, True),
        (np.full((2, 2, 4), 255, np.uint8), False),
        (np.full((2, 2, 4), 65535, np.uint16), False),
        (np.full((2, 2, 4), 65534, np.uint16), True),
        (np.full((2, 2, 4), 0.5, np.float32), True),
        (np.full((2, 2, 4), 1.0, np.float32), False),
        (np.zeros((2, 2, 3), np.uint8), False),
        (np.zeros((2, 2, 1), np.uint8), False),
    ],
)
def test_only_alpha_below_full_is_transparency(picture, expected):
    assert is_transparent(picture) is expected


def test_the_sentence_says_what_can_be_done():
    with pytest.raises(ImageError) as caught:
        require_alpha(HALF, ".mp4")
    assert caught.value.message == "The picture is transparent in places, and .mp4 cannot be."
    for word in ("PNG", "WebP", "OpenEXR", ".mov", "--background"):
        assert word in caught.value.hint
    require_alpha(HALF[..., :3], ".mp4")


def test_mixing_is_that_of_browsers_for_encoded_and_of_light_for_linear_pictures():
    # 255·128/255 + 0, and 0 + 255·127/255.
    np.testing.assert_array_equal(laid_on(HALF, (0.0, 0.0, 1.0))[0, 0], [128, 0, 127])
    associated = np.full((2, 2, 4), [1.5, 0.0, 0.0, 0.5], np.float32)
    grey = 0.5  # 0.2140 of the light
    np.testing.assert_allclose(laid_on(associated, (grey,) * 3)[0, 0], [1.75, 0.25, 0.25])
    np.testing.assert_allclose(
        laid_on(associated, (grey,) * 3, linear=True)[0, 0], [1.5 + 0.10702, 0.10702, 0.10702], atol=1e-5
    )


def test_a_picture_without_alpha_stays_as_it_is():
    assert laid_on(HALF[..., :1], (1.0, 1.0, 1.0)).shape == (2, 2, 1)


@pytest.mark.parametrize(
    ("text", "colour"),
    [("white", (1, 1, 1)), ("#f00", (1, 0, 0)), ("#ff8800", (1, 136 / 255, 0)), ("rgb(0, 51, 255)", (0, 0.2, 1))],
)
def test_colours_are_written_as_in_css(text, colour):
    assert parse_colour(text) == pytest.approx(colour)


@pytest.mark.parametrize("text", ["blurple", "", "#ff", "#ff000080"])
def test_what_is_no_colour_is_refused(text):
    with pytest.raises(ImageError, match=r"no colour|transparent itself"):
        parse_colour(text)
