# SPDX-License-Identifier: GPL-3.0-or-later
"""What excites a picture: the list, the chosen one, the bake; and the Add menu."""

from __future__ import annotations

import bpy

from .. import scene
from ..ops import watching
from ..ops.active import lost_excitation, picture_in
from ..ops.excitations import KINDS, chosen
from .panels import CATEGORY, of_object, variants
from .problem_box import wrap
from .progress import draw_progress

__all__ = ["draw_excitation", "register", "unregister"]

_ICONS = {identifier: icon for identifier, _, _, icon, _ in KINDS}


class GID_UL_excitations(bpy.types.UIList):
    """The objects of the scene, of which those are shown that excite the picture"""

    def draw_item(self, context, layout, data, item, icon, active_data, active_property, index=0, flt_flag=0) -> None:
        settings = item.gid.excitation
        row = layout.row(align=True)
        row.active = not settings.mute
        row.prop(item, "name", text="", emboss=False, icon=_ICONS[settings.kind])
        row.prop(settings, "solo", text="", emboss=False, icon="SOLO_ON" if settings.solo else "SOLO_OFF")
        row.prop(settings, "mute", text="", emboss=False, icon="HIDE_ON" if settings.mute else "HIDE_OFF")

    def filter_items(self, context, data, propname) -> tuple[list[int], list[int]]:
        picture = picture_in(context)
        shown = self.bitflag_filter_item
        objects = getattr(data, propname)
        wanted = set(scene.empties_of(context.scene, picture)) if picture is not None else set()
        flags = [shown if obj in wanted else 0 for obj in objects]
        return flags, bpy.types.UI_UL_list.sort_items_by_name(objects, "name")


class _Panel:
    bl_region_type = "UI"
    bl_category = CATEGORY


class _Excitations(_Panel):
    bl_label = "Excitations"
    presets = "GID_PT_excitation_presets"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return picture_in(context) is not None or lost_excitation(context) is not None

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        lost = lost_excitation(context)
        if lost is not None:
            _draw_lost(layout, context.scene, lost)
            return
        picture = picture_in(context)
        row = layout.row()
        row.template_list(
            "GID_UL_excitations", "", context.scene, "objects", context.scene.gid, "excitation_index", rows=3
        )
        column = row.column(align=True)
        column.menu("GID_MT_add_excitation", text="", icon="ADD")
        column.operator("gid.remove_excitation", text="", icon="REMOVE")
        empty = chosen(context, picture)
        if empty is not None:
            draw_excitation(layout, picture, empty)


class _Bake(_Panel):
    bl_label = "Bake"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return picture_in(context) is not None

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        layout.use_property_split = True
        picture = picture_in(context)
        settings = picture.gid.bake
        stale = watching.is_stale(picture)
        if stale:
            box = layout.box().column(align=True)
            box.alert = True
            box.label(text="Out of date", icon="ERROR")
            wrap(box, "Something was edited that this bake depends on.")
        row = layout.row(align=True)
        row.scale_y = 1.4
        row.operator("gid.bake", text="Bake Again" if stale else "Bake", icon="REC")
        row.operator("gid.clear_bake", text="", icon="X")
        draw_progress(layout, "gid.render_frames", icon="RENDER_ANIMATION")

        column = layout.column()
        column.prop(settings, "damping")
        # Those of an early version have none before their first bake.
        if "gid_damping" in picture:
            column.prop(picture, '["gid_damping"]', text="× Damping")
            column.prop(picture, '["gid_stiffness"]', text="Stiffness")
        column = layout.column(heading="Frames")
        column.use_property_decorate = False
        column.prop(settings, "use_range")
        if settings.use_range:
            column.prop(settings, "first")
            column.prop(settings, "last")
        column.prop(settings, "cyclic")
        sub = column.column()
        sub.enabled = not settings.cyclic
        sub.prop(settings, "pre_roll")
        sub.prop(settings, "ring_out")
        column.prop(settings, "auto")


def _draw_lost(layout: bpy.types.UILayout, target: bpy.types.Scene, empty: bpy.types.Object) -> None:
    """Parented to a hand, or dropped into the scene, an empty knows no picture by itself: here is where it is told."""
    layout.use_property_split = True
    box = layout.box().column(align=True)
    if scene.is_loose(target, empty):
        wrap(box, "This excitation acts on nothing yet.")
        layout.operator("gid.stick_excitation", icon="PINNED")
    else:
        box.alert = True
        wrap(box, "The active excitation acts on no picture.")
    layout.prop(empty.gid.excitation, "picture")


def draw_excitation(layout: bpy.types.UILayout, picture: bpy.types.Object, empty: bpy.types.Object) -> None:
    """The properties of an excitation, as far as they matter for its kind."""
    settings = empty.gid.excitation
    layout.use_property_split = True
    column = layout.column()
    column.prop(settings, "kind")
    column.prop(settings, "picture")
    column.prop(settings, "strength")
    if settings.kind != "WIND":
        column.prop(settings, "reach")
    if settings.kind == "POKE":
        column.prop(settings, "start", text="Frame")
    else:
        column.prop(settings, "use_range")
        if settings.use_range:
            column.prop(settings, "start")
            column.prop(settings, "end")
            if settings.kind != "PULL":
                column.prop(settings, "attack")
                column.prop(settings, "fade")
    if settings.kind == "WIND":
        column = layout.column()
        column.prop(settings, "gusts")
        column.prop(settings, "gust_seconds")
        column.prop(settings, "seed")
        column.prop_search(settings, "area", picture, "vertex_groups")
    column = layout.column(align=True)
    column.prop(settings, "low", text="From (Hz)")
    column.prop(settings, "high", text="To (Hz)")


class GID_MT_equaliser(bpy.types.Menu):
    """Set the gains of all bands at once"""

    bl_label = "Equaliser"
    bl_idname = "GID_MT_equaliser"

    def draw(self, context: bpy.types.Context) -> None:
        self.layout.operator_enum("gid.equaliser_preset", "preset")


class GID_MT_add_excitation(bpy.types.Menu):
    """Stick something to the active picture that moves it"""

    bl_label = "Image Dynamics"
    bl_idname = "GID_MT_add_excitation"

    def draw(self, context: bpy.types.Context) -> None:
        for identifier, label, _, icon, _ in KINDS:
            self.layout.operator("gid.add_excitation", text=label, icon=icon).kind = identifier
        self.layout.separator()
        self.layout.operator("gid.stick_excitation", icon="PINNED")


def _draw_add(menu: bpy.types.Menu, context: bpy.types.Context) -> None:
    menu.layout.menu("GID_MT_add_excitation", icon="OUTLINER_OB_IMAGE")


CLASSES = (
    GID_UL_excitations,
    GID_MT_add_excitation,
    GID_MT_equaliser,
    *variants(_Excitations, "excitations"),
    *variants(_Bake, "bake"),
    of_object(_Excitations, "excitations"),
    of_object(_Bake, "bake"),
)

_register, _unregister = bpy.utils.register_classes_factory(CLASSES)


def register() -> None:
    _register()
    bpy.types.VIEW3D_MT_add.append(_draw_add)


def unregister() -> None:
    bpy.types.VIEW3D_MT_add.remove(_draw_add)
    _unregister()
