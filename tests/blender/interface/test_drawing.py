# SPDX-License-Identifier: GPL-3.0-or-later
"""What is drawn over an editor reads on every theme and every picture, and grows with the screen's scale."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gid_blender.ops.touch_arrow import DARK, LIGHT, arrow

places = st.tuples(st.floats(-5000, 5000), st.floats(-5000, 5000))


def luminance(value):
    """Of an sRGB grey, as WCAG has it."""
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def over(colour, background):
    return colour[3] * colour[0] + (1 - colour[3]) * background


@pytest.mark.parametrize("background", [i / 20 for i in range(21)])
def test_it_reads_on_any_grey(background):
    """A ratio of 3 is what WCAG asks of graphics: of the arrow against its edge, whatever lies behind both."""
    bright, dim = (luminance(over(colour, over(DARK, background))) for colour in (LIGHT, (0.0, 0.0, 0.0, 0.0)))
    assert (bright + 0.05) / (dim + 0.05) >= 3


@given(places, places, st.floats(0.5, 4.0))
def test_everything_is_as_many_times_as_large_as_the_screens_scale(start, end, scale):
    small = arrow(start, end, 1.0)
    large = arrow((start[0] * scale, start[1] * scale), (end[0] * scale, end[1] * scale), scale)
    # At the length of a head there is either an arrow or none; rounding may decide.
    if abs(math.dist(start, end) - 12) > 1e-6:
        assert [shape.colour for shape in small] == [shape.colour for shape in large]
        for a, b in zip(small, large, strict=True):
            assert b.width == pytest.approx(a.width * scale)
            assert _size(b) == pytest.approx(_size(a) * scale, rel=0.03)


@given(places, places, st.floats(0.5, 4.0))
def test_the_dark_edge_lies_around_the_light_inside(start, end, scale):
    shapes = arrow(start, end, scale)
    half = len(shapes) // 2
    for dark, light in zip(shapes[:half], shapes[half:], strict=True):
        assert dark.colour == DARK
        assert light.colour == LIGHT
        assert dark.width - light.width == pytest.approx(2 * scale if light.width else 0)
        assert _size(dark) >= _size(light) - 1e-6


def test_a_spot_alone_where_the_pointer_is_too_near_for_an_arrow():
    assert len(arrow((0, 0), (3, 4), 1.0)) == 2
    assert len(arrow((0, 0), (30, 40), 1.0)) == 6
    # Twice the scale, twice the room that an arrow needs.
    assert len(arrow((0, 0), (12, 16), 2.0)) == 2


def _size(shape):
    return max(math.dist(a, b) for a in shape.points for b in shape.points)
