# SPDX-License-Identifier: GPL-3.0-or-later
from hypothesis import given
from hypothesis import strategies as st

from gid_backend.models.config import CONFIGURATIONS, PAPER, SMALL, PriorConfig

SIDES = st.integers(16, 8192)


@given(SIDES, SIDES)
def test_the_grid_divides_into_latents_and_stays_near_its_area(height: int, width: int) -> None:
    rows, columns = SMALL.grid(height, width)
    assert rows % SMALL.stride == columns % SMALL.stride == 0
    assert min(rows, columns) >= 4 * SMALL.stride
    # A ribbon's short side of 4.5 latents becomes 5 and the long one follows the aspect: (5 / 4.5)² is the worst
    # there is, and the long side's own rounding adds less than a per cent.
    assert rows * columns <= 1.25 * SMALL.area


@given(SIDES, SIDES)
def test_the_grid_keeps_the_aspect_of_ordinary_pictures(height: int, width: int) -> None:
    if not 0.4 < width / height < 2.5:
        return
    rows, columns = SMALL.grid(height, width)
    # Half a stride of rounding on each side of at least 120 pixels.
    assert abs((columns / rows) / (width / height) - 1) < 0.08


def test_the_grid_does_not_depend_on_the_resolution() -> None:
    assert SMALL.grid(288, 512) == SMALL.grid(2880, 5120)


def test_configurations_survive_json() -> None:
    for config in CONFIGURATIONS.values():
        assert PriorConfig.from_json(config.to_json()) == config


def test_the_paper_configuration_has_the_papers_stride() -> None:
    assert PAPER.stride == 4
    assert PAPER.grid(160, 256) == (160, 256)
