# SPDX-License-Identifier: GPL-3.0-or-later
"""What the operator search (F3) finds: everything that can be started from there, under a name that says what it is."""

import bpy

from scripts.interface_texts import own_operators

# Deliveries, what answers to a press on something, and what stands beside the thing that it is about.
INTERNAL = {
    "gid.accept_background",
    "gid.accept_frames",
    "gid.accept_measured",
    "gid.accept_mesh_motion",
    "gid.accept_motion",
    "gid.accept_variation",
    "gid.add_excitation_preset",
    "gid.add_generate_preset",
    "gid.add_output_preset",
    "gid.add_preset",
    "gid.cancel",
    "gid.choose_variation",
    "gid.copy_report",
    "gid.dismiss_error",
    "gid.dismiss_variations",
    "gid.open_log",
    "gid.queue_pause",
    "gid.record_touch",
    "gid.touch",
    "gid.worker_setup_cancel",
}


def operators():
    return own_operators("gid_blender")


def options(cls):
    return getattr(cls, "bl_options", set())


def test_what_the_search_leaves_out_is_what_makes_no_sense_there():
    assert {cls.bl_idname for cls, _ in operators() if "INTERNAL" in options(cls)} == INTERNAL


def test_an_undo_step_bears_the_name_of_what_was_pressed():
    labels = {cls.bl_idname.removeprefix("gid."): rna.name for cls, rna in operators()}
    pressed = {
        "accept_background": "fill_background",
        "accept_frames": "render_sequence",
        "accept_measured": "from_video",
        "accept_mesh_motion": "mesh_motion",
        "accept_motion": "generate",
        "accept_variation": "choose_variation",
    }
    assert {name for name in labels if name.startswith("accept_")} == set(pressed)
    assert all(labels[step] == labels[button] for step, button in pressed.items())


def test_a_name_in_the_search_stands_for_itself():
    """Beside some two thousand of Blender's, a single common word says nothing; what it says alone here is unique."""
    blenders = {
        getattr(getattr(bpy.ops, group), name).get_rna_type().name
        for group in (
            "object",
            "mesh",
            "image",
            "clip",
            "sequencer",
            "screen",
            "wm",
            "file",
            "outliner",
            "paint",
            "node",
        )
        for name in dir(getattr(bpy.ops, group))
    }
    shown = {rna.name for cls, rna in operators() if "INTERNAL" not in options(cls)}
    assert not shown & blenders
    assert not {name for name in shown if " " not in name and name not in {"Variations"}}


def test_what_is_found_can_be_started_without_arguments():
    """Whatever an operator has to be told, its dialogue or its defaults say."""
    for cls, rna in operators():
        if "INTERNAL" not in options(cls):
            assert not [p.identifier for p in rna.properties if p.is_required], cls.bl_idname


def test_what_changes_the_file_can_be_undone():
    """Those without an undo step of their own change nothing, or leave it to an operator that has one."""
    without = {cls.bl_idname for cls, _ in operators() if not {"UNDO", "UNDO_GROUPED"} & set(options(cls))}
    assert not without & {"gid.bake", "gid.load_example", "gid.import_volume", "gid.accept_motion", "gid.accept_frames"}
