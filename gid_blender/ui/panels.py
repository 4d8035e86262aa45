# SPDX-License-Identifier: GPL-3.0-or-later
"""The sidebar tab "Image Dynamics", the same in the 3D Viewport and in the Image Editor.

What belongs to an object is in its properties too, since Blender's search of properties looks nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable

import bpy
from bpy.app.translations import pgettext_iface as iface_
from bpy.app.translations import pgettext_n as n_

from .. import scene
from ..ops.active import lost_excitation, picture_in
from ..ops.from_video import movie
from ..ops.generate import picture
from ..translations.sentences import said
from .problem_box import draw_note, draw_problem, wrap
from .progress import draw_progress

__all__ = ["CATEGORY", "header", "of_object", "register", "unregister", "variants"]

CATEGORY = "Image Dynamics"


class _Panel:
    bl_region_type = "UI"
    bl_category = CATEGORY


class _Generate(_Panel):
    bl_label = "Generate"
    presets = "GID_PT_generate_presets"

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        settings = context.scene.gid
        layout.use_property_split = True
        layout.use_property_decorate = False

        _draw_picture(layout, context)
        column = layout.column()
        column.prop(settings, "seed")
        column.prop(settings, "quality")

        column = layout.column(heading="Loop")
        column.prop(settings, "natural_period")
        row = column.row()
        row.enabled = not settings.natural_period
        row.prop(settings, "period", text="Frames")

        draw_progress(layout, "gid.generate", text=n_("Generate"), icon="PLAY")
        draw_problem(layout)
        draw_note(layout)
        layout.operator("gid.load_example", icon="OUTLINER_OB_IMAGE")


class _Video(_Panel):
    bl_label = "From Video"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        settings = context.scene.gid
        layout.use_property_split = True
        layout.use_property_decorate = False
        layout.template_ID(settings, "movie", open="clip.open")
        try:
            source = movie(context)
        except scene.SceneError as error:
            wrap(layout.box().column(align=True), error.hint or error.message)
        else:
            row = layout.row()
            row.label(text=source.name, icon="FILE_MOVIE", translate=False)
            row.label(text=source.origin)
        column = layout.column()
        column.prop(settings, "movie_start")
        column.prop(settings, "movie_seconds")
        column.prop(settings, "movie_steady")
        draw_progress(layout, "gid.from_video", text=n_("From Video"), icon="TRACKER")


class _Results(_Panel):
    bl_label = "Results"
    presets = "GID_PT_output_presets"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        settings = context.scene.gid
        layout.use_property_split = True
        layout.use_property_decorate = False
        layout.column().prop(settings, "results", text="Make")

        column = layout.column()
        column.enabled = "MESH" in settings.results
        column.prop(settings, "columns")
        column.prop(settings, "pin_border")
        column.prop(settings, "replace")
        column = layout.column()
        column.prop(settings, "set_range")
        column.prop(settings, "play")

        column = layout.column()
        column.enabled = bool(settings.results - {"MESH"})
        column.prop(settings, "format")
        if settings.format in {"PNG", "EXR"}:
            column.prop(settings, "color_depth")
        elif settings.format == "JPEG":
            column.prop(settings, "background")
        column.prop(settings, "repair")
        column.prop(settings, "motion_blur")
        if settings.motion_blur:
            column.prop(settings, "blur_steps")
        column.prop(settings, "output")


class _Motion(_Panel):
    bl_label = "Motion"
    presets = "GID_PT_motion_presets"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return scene.is_motion_object(context.object)

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        obj = context.object
        layout.use_property_split = True
        column = layout.column()
        column.label(text=obj.name, icon="OBJECT_DATA", translate=False)
        if scene.has_drivers(obj):
            if not scene.listens(obj):
                column.operator("gid.upgrade_controls", icon="DRIVER")
            if scene.has_linked_keys(obj):
                column.operator("gid.own_keys", icon="ACTION")
            column.prop(obj, '["gid_amplitude"]', text="Amplitude")
            column.prop(obj, '["gid_period"]', text="Period")
            if "gid_speed" in obj:
                column.prop(obj, '["gid_speed"]', text="Speed")
            column.prop(obj, '["gid_phase"]', text="Phase")
            column.prop(obj, '["gid_start"]', text="Start")
            column.operator("gid.randomise_phase", icon="MOD_TIME")
        else:
            column.label(text="Moved by keyframes on its shape keys", icon="KEYFRAME")
            column.operator("gid.restore_controls", icon="DRIVER")
        # A mesh that moves through the camera is rendered with its scene.
        if not scene.is_through_camera(obj):
            draw_progress(layout, "gid.render_sequence", icon="RENDER_ANIMATION")
        if scene.has_drivers(obj):
            layout.operator("gid.convert_to_keyframes", icon="KEYFRAME")
        row = layout.row(align=True)
        row.operator("gid.export_volume", text="Export", icon="EXPORT")
        row.operator("gid.import_volume", text="Import", icon="IMPORT")
        layout.menu("GID_MT_export", text="Export for Other Programs", icon="EXPORT")


class _Equaliser(_Panel):
    bl_label = "Equaliser"
    bl_options = {"DEFAULT_CLOSED"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return scene.is_motion_object(context.object) and scene.has_drivers(context.object)

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        obj = context.object
        layout.menu("GID_MT_equaliser", text="Set to")
        column = layout.column(align=True)
        hertz = scene.frame_rate(context.scene) / max(1.0, obj["gid_period"])
        for band in range(1, scene.band_count(obj)):
            column.prop(obj, scene.control_path(scene.gain_name(band)), text=f"{band * hertz:.2f} Hz", slider=True)
        layout.prop(obj, scene.control_path(scene.gain_name(0)), text="Mean Offset", slider=True)


_OBJECT = "GID_PT_object"


class GID_PT_object(bpy.types.Panel):
    """Holds together, in Properties > Object, what belongs to the active picture"""

    bl_idname = _OBJECT
    bl_label = CATEGORY
    bl_space_type = "PROPERTIES"
    bl_region_type = "WINDOW"
    bl_context = "object"
    bl_options = {"DEFAULT_CLOSED"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return (
            scene.is_motion_object(context.object)
            or picture_in(context) is not None
            or lost_excitation(context) is not None
        )

    def draw(self, context: bpy.types.Context) -> None:
        pass


def _draw_picture(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    if context.area.type != "IMAGE_EDITOR":
        layout.template_ID(context.scene.gid, "image", open="gid.open_picture")
    try:
        source = picture(context)
    except scene.SceneError as error:
        box = layout.box().column(align=True)
        box.label(text="No picture yet", icon="INFO")
        wrap(box, error.hint or error.message)
        return
    row = layout.row()
    row.label(text=source.image.name, icon="IMAGE_DATA", translate=False)
    width, height = source.image.size
    detail = f"{width} × {height}" if width else source.origin
    row.label(text=said(detail, iface_), translate=False)


def variants(base: type, name: str, parent: str = "") -> list[type]:
    """The panel for both editors, with a button for its page of the manual in the header (`TOPICS`, ops/help.py).

    A `presets` of the base names a panel of presets (ui/presets.py) to be offered in the header too.
    """
    found = []
    for prefix, space in (("VIEW3D", "VIEW_3D"), ("IMAGE", "IMAGE_EDITOR")):
        members = {"bl_space_type": space, "bl_idname": f"GID_PT_{prefix.lower()}_{name}", "__module__": __name__}
        members["draw_header_preset"] = header(name, getattr(base, "presets", ""))
        if parent:
            members["bl_parent_id"] = f"GID_PT_{prefix.lower()}_{parent}"
        found.append(type(f"GID_PT_{prefix.lower()}_{name}", (base, bpy.types.Panel), members))
    return found


def of_object(base: type, name: str, parent: str = "") -> type:
    """The panel in Properties > Object, below one of its own or below the panel `parent` there."""
    members = {
        "bl_space_type": "PROPERTIES",
        "bl_region_type": "WINDOW",
        "bl_context": "object",
        "bl_category": "",
        "bl_idname": f"GID_PT_object_{name}",
        "__module__": __name__,
        "draw_header_preset": header(name, getattr(base, "presets", "")),
        "bl_parent_id": f"GID_PT_object_{parent}" if parent else _OBJECT,
    }
    return type(f"GID_PT_object_{name}", (base, bpy.types.Panel), members)


def header(topic: str, presets: str = "") -> Callable[[bpy.types.Panel, bpy.types.Context], None]:
    """What a panel draws at the right of its header (`draw_header_preset`): presets, when there are some, and help."""

    def draw(self: bpy.types.Panel, context: bpy.types.Context) -> None:
        row = self.layout.row(align=True)
        row.emboss = "NONE"
        if presets:
            row.popover(presets, text="", icon="PRESET")
        row.operator("gid.help", text="", icon="HELP").topic = topic

    return draw


CLASSES = (
    *variants(_Generate, "generate"),
    *variants(_Video, "video", parent="generate"),
    *variants(_Results, "results", parent="generate"),
    *variants(_Motion, "motion"),
    *variants(_Equaliser, "equaliser", parent="motion"),
    GID_PT_object,
    of_object(_Motion, "motion"),
    of_object(_Equaliser, "equaliser", parent="motion"),
)

register, unregister = bpy.utils.register_classes_factory(CLASSES)
