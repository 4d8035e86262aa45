# SPDX-License-Identifier: GPL-3.0-or-later
"""Empties as they are seen: what excites along an arrow shows it, whichever way it came by its kind."""

import pytest

from gid_blender.scene import add_empty


@pytest.fixture
def pull(scene, picture):
    return add_empty(scene, picture, "PULL")


@pytest.mark.parametrize("kind", ["POKE", "LOAD", "WIND"])
def test_another_kind_looks_as_if_it_had_been_added_so(scene, picture, pull, kind):
    wanted = add_empty(scene, picture, kind)
    size = pull.empty_display_size
    pull.gid.excitation.kind = kind
    assert pull.empty_display_type == wanted.empty_display_type == "SINGLE_ARROW"
    assert pull.empty_display_size == pytest.approx(wanted.empty_display_size)
    pull.gid.excitation.kind = "PULL"
    assert (pull.empty_display_type, pull.empty_display_size) == ("SPHERE", pytest.approx(size))


def test_a_shape_of_ones_own_stays(pull):
    pull.empty_display_type, pull.empty_display_size = "CUBE", 0.7
    pull.gid.excitation.kind = "LOAD"
    assert (pull.empty_display_type, pull.empty_display_size) == ("CUBE", pytest.approx(0.7))
    # It is no empty of ours any more, and looks as it did.
    pull.empty_display_type = "SPHERE"
    pull.gid.excitation.kind = "NONE"
    assert pull.empty_display_type == "SPHERE"
