# SPDX-License-Identifier: GPL-3.0-or-later
"""Every operator, property, choice, menu and panel says what it is, the way Blender's own do; and ranges make sense."""

import re
from collections import Counter

import bpy

from scripts.interface_texts import own_classes, own_operators, own_properties

PACKAGE = "gid_blender"
# Words that Blender writes small in the middle of a label.
SMALL = set("a an and as at but by for from in into nor of off on or over per than the through to toward up".split())
SMALL |= {"via", "with", "without"}


def everything():
    """(owner, its properties) of all operators, groups and preferences."""
    for cls, rna in own_operators(PACKAGE):
        yield cls.bl_idname, own_properties(cls, rna, PACKAGE)
    for cls in own_classes(PACKAGE, bpy.types.PropertyGroup, bpy.types.AddonPreferences):
        yield cls.__name__, own_properties(cls, cls.bl_rna, PACKAGE)


def properties():
    for owner, found in everything():
        for prop in found:
            yield f"{owner}.{prop.identifier}", prop


def choices():
    for name, prop in properties():
        for item in getattr(prop, "enum_items_static", ()):
            yield f"{name}:{item.identifier}", item


def labels():
    for cls, rna in own_operators(PACKAGE):
        yield cls.bl_idname, rna.name
    for name, prop in properties():
        if not prop.is_hidden:
            yield name, prop.name
    for name, item in choices():
        yield name, item.name
    for cls in own_classes(PACKAGE, bpy.types.Panel, bpy.types.Menu):
        yield cls.__name__, cls.bl_label


def descriptions():
    for cls, rna in own_operators(PACKAGE):
        yield cls.bl_idname, rna.description
    for cls in own_classes(PACKAGE, bpy.types.Menu):
        yield cls.__name__, cls.__doc__ or ""
    for name, prop in properties():
        yield name, prop.description
    for name, item in choices():
        yield name, item.description


def in_title_case(label):
    words = [word.strip("()“”,:") for word in re.split(r"[ /]+", label)]
    # Names of formats and sides of a number are as they are.
    return all(
        not word[:1].islower() or word == "glTF" or (word in SMALL and 0 < i and (i < len(words) - 1 or i == 1))
        for i, word in enumerate(words)
    )


def test_there_is_something_to_look_at():
    assert len(list(own_operators(PACKAGE))) > 30
    assert len(list(properties())) > 80
    assert len(list(choices())) > 30


def test_every_tooltip_is_there():
    assert not [name for name, text in descriptions() if text.strip() in {"", "(undocumented operator)"}]


def test_a_tooltip_is_one_sentence_to_which_blender_adds_the_full_stop():
    assert not [(name, text) for name, text in descriptions() if re.search(r"\.$|[a-z)”][.!?] +[A-Z0-9]", text)]


def test_a_tooltip_begins_with_a_capital_and_has_no_stray_space():
    assert not [
        (name, text)
        for name, text in descriptions()
        if not re.match(r"[A-Z0-9“]", text) or "  " in text or text != text.strip() or "\n" in text
    ]


def test_a_tooltip_says_more_than_its_label():
    names = dict(labels())
    assert not [name for name, text in descriptions() if text.lower() == names.get(name, "").lower()]


def test_labels_are_written_as_titles():
    assert not [(name, label) for name, label in labels() if not in_title_case(label)]


def test_no_two_operators_that_can_be_searched_share_a_name():
    shown = [rna.name for cls, rna in own_operators(PACKAGE) if "INTERNAL" not in getattr(cls, "bl_options", ())]
    assert not [name for name, count in Counter(shown).items() if count > 1]


def test_no_two_properties_side_by_side_share_a_name_or_a_tooltip():
    for owner, found in everything():
        shown = [prop for prop in found if not prop.is_hidden]
        for what in ("name", "description"):
            counted = Counter(getattr(prop, what) for prop in shown)
            assert not [(owner, text) for text, count in counted.items() if count > 1]


def test_no_two_choices_of_a_list_share_a_name():
    for name, prop in properties():
        items = getattr(prop, "enum_items_static", ())
        assert len({item.name for item in items}) == len(items), name


def test_no_two_panels_of_an_editor_share_a_title():
    counted = Counter(
        (cls.bl_space_type, cls.bl_label) for cls in own_classes(PACKAGE, bpy.types.Panel) if cls.bl_region_type == "UI"
    )
    assert not [title for title, count in counted.items() if count > 1]


def test_numbers_have_ends_and_sliders_stay_within_them():
    for name, prop in properties():
        if prop.type in {"INT", "FLOAT"} and not prop.is_hidden:
            assert prop.hard_min <= prop.soft_min < prop.soft_max <= prop.hard_max, name
            defaults = prop.default_array if prop.is_array else [prop.default]
            assert all(prop.soft_min <= value <= prop.soft_max for value in defaults), name
            # Without limits a number stands for “nobody has thought about it”, except where scenes have no end either.
            if prop.unit != "LENGTH":
                assert prop.soft_max - prop.soft_min < 2.2e9, name
                assert prop.type == "INT" or prop.hard_max - prop.hard_min < 1e30, name


def test_what_a_length_of_time_or_a_fraction_is_has_blenders_unit():
    """A unit in the tooltip alone is one that a field does not show."""
    for name, prop in properties():
        if prop.type == "FLOAT" and re.search(r"\bdegrees?\b", prop.description):
            assert prop.subtype == "ANGLE" or prop.unit == "ROTATION", name
