# SPDX-License-Identifier: GPL-3.0-or-later
"""The queue of pictures, and the variations of one picture to choose from."""

from __future__ import annotations

import bpy

from ..ops.queue_run import chosen, runner
from ..ops.session import session
from ..ops.stages import in_ones_language
from ..ops.variations import shown
from .panels import CATEGORY, variants
from .problem_box import wrap

__all__ = ["register", "unregister"]

_ICONS = {"WAITING": "TIME", "DONE": "CHECKMARK", "FAILED": "ERROR", "CANCELLED": "X"}


class GID_UL_queue(bpy.types.UIList):
    """Pictures in the order of work"""

    def draw_item(self, context, layout, data, item, icon, active_data, active_property, index=0, flt_flag=0) -> None:
        # Parts of fixed width: a bar would push the seeds out of their column.
        split = layout.split(factor=0.75, align=True)
        row = split.row(align=True)
        if item.key == runner.current:
            row.progress(factor=session.factor, type="BAR", text=item.name, translate=False)
        else:
            row.label(text=item.name, icon=_ICONS[item.state], translate=False)
        end = split.row()
        end.alignment = "RIGHT"
        end.active = item.state == "WAITING"
        end.prop(item, "seed", text="", emboss=False)


class _Panel:
    bl_region_type = "UI"
    bl_category = CATEGORY


class _Queue(_Panel):
    bl_label = "Queue"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        queue = context.scene.gid_queue
        row = layout.row()
        row.template_list("GID_UL_queue", "", queue, "entries", queue, "index", rows=4)
        column = row.column(align=True)
        column.menu("GID_MT_queue_add", text="", icon="ADD")
        column.operator("gid.queue_remove", text="", icon="REMOVE")
        column.separator()
        column.operator("gid.queue_move", text="", icon="TRIA_UP").direction = "UP"
        column.operator("gid.queue_move", text="", icon="TRIA_DOWN").direction = "DOWN"
        column.separator()
        column.operator("gid.queue_cancel", text="", icon="CANCEL")
        column.operator("gid.queue_clear", text="", icon="TRASH")
        entry = chosen(context)
        if entry is not None and entry.sentence:
            wrap(layout.box().column(align=True), entry.sentence)
        row = layout.row(align=True)
        row.scale_y = 1.4
        if runner.running:
            text = f"{in_ones_language(session.stage)}   {session.elapsed}"
            row.progress(factor=session.factor, type="BAR", text=text)
            row.operator("gid.queue_pause", text="", icon="PLAY" if runner.pausing else "PAUSE", depress=runner.pausing)
            row.operator("gid.cancel", text="", icon="X")
        else:
            row.operator("gid.queue_run", icon="PLAY")


class _Variations(_Panel):
    bl_label = "Variations"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        row = layout.row(align=True)
        row.operator("gid.variations", icon="MOD_ARRAY")
        row.prop(context.scene.gid_queue, "variations", text="")
        if not shown.volumes:
            return
        row = layout.row()
        row.label(text=shown.title, icon="IMAGE_DATA", translate=False)
        row.operator("gid.dismiss_variations", text="", icon="X", emboss=False)
        grid = layout.grid_flow(row_major=True, columns=2, even_columns=True, align=True)
        for number, seed in enumerate(shown.seeds):
            cell = grid.column(align=True)
            cell.template_icon(icon_value=shown.thumbnails.icon(number), scale=6.0)
            cell.operator(
                "gid.choose_variation", text=str(seed), depress=seed == shown.chosen, translate=False
            ).index = number


class GID_MT_queue_add(bpy.types.Menu):
    """Add pictures to the queue"""

    bl_label = "Add to Queue"
    bl_idname = "GID_MT_queue_add"

    def draw(self, context: bpy.types.Context) -> None:
        self.layout.operator_context = "INVOKE_DEFAULT"
        self.layout.operator_enum("gid.queue_add", "source")


CLASSES = (
    GID_UL_queue,
    GID_MT_queue_add,
    *variants(_Queue, "queue"),
    *variants(_Variations, "variations", parent="generate"),
)

register, unregister = bpy.utils.register_classes_factory(CLASSES)
