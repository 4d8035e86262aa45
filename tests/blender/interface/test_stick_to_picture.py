# SPDX-License-Identifier: GPL-3.0-or-later
"""The button under an excitation that acts on nothing yet: what it is for, what it takes, what it says."""

import bpy
import pytest

from gid_blender import scene
from gid_blender.ops import excitations
from gid_blender.ops.session import session
from tests.blender.scene.baking import VOLUME
from tests.blender.scene.helpers import swaying


@pytest.fixture(autouse=True)
def _silence():
    yield
    session.problem, session.note = None, ""


@pytest.fixture
def picture():
    return swaying(VOLUME)


def dropped(picture=None, point=(0.3, 0.2), name="Gust"):
    """An excitation without a picture, selected and active, on a picture or far away from all."""
    empty = bpy.data.objects.new(name, None)
    empty.gid.excitation.kind = "POKE"
    bpy.context.scene.collection.objects.link(empty)
    empty.location = (90.0, 0.0, 0.0)
    if picture is not None:
        bpy.context.view_layer.update()
        empty.location = picture.matrix_world @ scene.empties.on_plane(picture, *point)
    select(empty)
    return empty


def select(active, *others):
    for obj in bpy.context.view_layer.objects:
        obj.select_set(obj in (active, *others))
    bpy.context.view_layer.objects.active = active


class TestDrawn:
    """What the panel draws, by a stand-in for the layout that only a window has."""

    class Layout:
        def __init__(self, drawn):
            self.drawn = drawn

        def __getattr__(self, name):
            def draw(*arguments, **options):
                if name in {"operator", "prop", "label"}:
                    self.drawn.append(options.get("text") or arguments[-1])
                return self

            return draw

    def drawn(self):
        found = []
        panel = type("Panel", (), {"layout": self.Layout(found)})()
        assert bpy.types.GID_PT_view3d_excitations.poll(bpy.context)
        bpy.types.GID_PT_view3d_excitations.draw(panel, bpy.context)
        return found

    def test_under_one_that_nothing_carries(self, picture):
        dropped(picture)
        assert self.drawn() == ["This excitation acts on nothing yet.", "gid.stick_excitation", "picture"]

    def test_not_under_one_that_a_hand_carries(self, picture):
        empty, hand = dropped(picture), bpy.data.objects.new("hand", None)
        bpy.context.scene.collection.objects.link(hand)
        empty.parent = hand
        assert self.drawn() == ["The active excitation acts on no", "picture.", "picture"]
        assert not bpy.ops.gid.stick_excitation.poll()

    def test_not_under_one_that_acts(self, picture):
        dropped(picture)
        assert bpy.ops.gid.stick_excitation() == {"FINISHED"}
        assert "gid.stick_excitation" not in self.drawn()


def test_it_is_listed_as_chosen_and_says_so(picture):
    empty = dropped(picture)
    assert bpy.ops.gid.stick_excitation() == {"FINISHED"}
    assert scene.empties_of(bpy.context.scene, picture) == [empty]
    assert excitations.chosen(bpy.context, picture) == picture.gid.bake.active == empty
    assert session.note == "“Gust” acts on “meadow”."
    assert not bpy.ops.gid.stick_excitation.poll()


def test_each_of_several_comes_to_the_picture_that_it_lies_on(picture):
    other = swaying(VOLUME)
    other.location.x = 4.0
    one, two, three = dropped(picture), dropped(other), dropped(other, (0.6, 0.4))
    select(two, one, three)
    assert bpy.ops.gid.stick_excitation() == {"FINISHED"}
    assert [empty.parent for empty in (one, two, three)] == [picture, other, other]
    # Of two on one picture the active one.
    assert (picture.gid.bake.active, other.gid.bake.active) == (one, two)
    assert session.note == "3 excitations act on pictures now."


def test_what_can_be_stuck_is_and_the_rest_is_said(picture):
    swaying(VOLUME).location.x = 4.0
    far, near = dropped(name="Far"), dropped(picture, name="Near")
    select(far, near)
    assert bpy.ops.gid.stick_excitation() == {"FINISHED"}
    assert (far.parent, near.parent) == (None, picture)
    assert session.note.startswith("“Near” acts on “meadow”. “Far” lies on no picture")


def test_a_picture_that_is_active_or_selected_is_the_one(picture):
    other = swaying(VOLUME)
    other.location.x = 4.0
    for active in (True, False):
        empty = dropped(picture)
        select(*((other, empty) if active else (empty, other)))
        assert bpy.ops.gid.stick_excitation() == {"FINISHED"}
        assert empty.parent == other
        assert "“Gust" in session.note
        assert session.note.endswith("lay beside the picture and is in its middle now: move it.")


@pytest.mark.parametrize("pictures", [0, 2])
def test_where_no_picture_can_be_meant_one_sentence_says_what_to_do(pictures):
    for number in range(pictures):
        swaying(VOLUME).location.x = 4.0 * number
    empty = dropped()
    said = "Move it onto one, or select the picture as well" if pictures else "Make one with Generate or Load Example"
    with pytest.raises(RuntimeError, match=said):
        bpy.ops.gid.stick_excitation()
    assert empty.parent is None
    assert session.problem.code == "scene"


def test_without_one_that_is_loose_the_button_says_what_to_select(picture):
    select(picture)
    with pytest.raises(RuntimeError, match="Select an excitation that has no parent"):
        bpy.ops.gid.stick_excitation()


def test_a_parent_that_was_cleared_by_hand(picture):
    empty = scene.add_empty(bpy.context.scene, picture, "POKE", (0.3, 0.2))
    bpy.context.view_layer.update()
    before = empty.matrix_world.copy()
    select(empty)
    bpy.ops.object.parent_clear(type="CLEAR_KEEP_TRANSFORM")
    assert bpy.ops.gid.stick_excitation() == {"FINISHED"}
    bpy.context.view_layer.update()
    assert empty.parent == picture
    assert (
        max(abs(a - b) for x, y in zip(empty.matrix_world, before, strict=True) for a, b in zip(x, y, strict=True))
        < 1e-5
    )
