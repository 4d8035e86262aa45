# SPDX-License-Identifier: GPL-3.0-or-later
"""Filling and ordering the queue."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import bpy
from bpy.props import BoolProperty, CollectionProperty, EnumProperty, IntProperty, StringProperty

from .. import scene
from ..scene import queue
from ..translations.sentences import said
from .guarded import guarded
from .queue_run import chosen, runner
from .report import EXPECTED

__all__ = ["GID_OT_queue_add", "GID_OT_queue_clear", "GID_OT_queue_move", "GID_OT_queue_remove"]

SOURCES = (
    ("SELECTED", "Selected Objects", "The pictures of the selected objects; in an Image Editor, the one it shows"),
    ("IMAGES", "All Images", "Every still picture of this file"),
    ("FILES", "Files", "Picture files, chosen in a dialog"),
)
_FILTER = "*.png;*.jpg;*.jpeg;*.webp;*.tif;*.tiff;*.exr;*.hdr;*.bmp;*.tga"


class GID_OT_queue_add(bpy.types.Operator):
    """Add pictures to the queue"""

    bl_idname = "gid.queue_add"
    bl_label = "Add to Queue"
    bl_options = {"REGISTER", "UNDO"}

    source: EnumProperty(name="From", description="Where the pictures come from", items=SOURCES, default="SELECTED")
    seeds: IntProperty(
        name="Seeds",
        description="Motions of each picture, from the seed of the Generate panel on; each beyond the first makes an "
        "object of its own",
        default=1,
        min=1,
        max=1000,
        soft_max=12,
    )
    directory: StringProperty(name="Folder", description="Of the files", subtype="DIR_PATH", options={"SKIP_SAVE"})
    files: CollectionProperty(
        type=bpy.types.OperatorFileListElement,
        name="Files",
        description="Names in the folder",
        options={"SKIP_SAVE"},
    )
    filter_glob: StringProperty(name="Filter", description="Names that are shown", default=_FILTER, options={"HIDDEN"})

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if self.source == "FILES" and not self.files:
            context.window_manager.fileselect_add(self)
            return {"RUNNING_MODAL"}
        return self.execute(context)

    @guarded
    def execute(self, context: bpy.types.Context) -> set[str]:
        settings = context.scene.gid
        added = known = 0
        refused: list[str] = []
        for source in self._sources(context, refused):
            for number in range(self.seeds):
                is_new = queue.add(
                    context.scene,
                    source,
                    seed=(settings.seed + number) % 2**31,
                    quality=settings.quality,
                    replace=settings.replace if number == 0 else False,
                )
                added += is_new
                known += not is_new
        for sentence in refused:
            self.report({"WARNING"}, said(sentence))
        if added:
            self.report({"INFO"}, said(f"{added} added to the queue"))
            return {"FINISHED"}
        if known:
            self.report({"WARNING"}, "The same waits in the queue already.")
        elif not refused:
            self.report({"ERROR"}, "There is no picture to add. Select objects with pictures, or choose files.")
        return {"CANCELLED"}

    def _sources(self, context: bpy.types.Context, refused: list[str]) -> Iterator[scene.Source]:
        if self.source == "IMAGES":
            yield from (scene.Source(image) for image in bpy.data.images if _is_still(image))
            return
        if self.source == "FILES":
            for file in self.files:
                try:
                    yield scene.Source(scene.image_from_file(str(Path(bpy.path.abspath(self.directory)) / file.name)))
                except EXPECTED as error:
                    refused.append(str(error))
            return
        if context.area is not None and context.area.type == "IMAGE_EDITOR":
            yield scene.find_source(context)
            return
        for obj in context.selected_objects:
            try:
                yield scene.source_of_object(obj, context.scene)
            except scene.SceneError as error:
                refused.append(str(error))


def _is_still(image: bpy.types.Image) -> bool:
    """Whether it is a picture, and not the render, a movie, or frames that were made of one."""
    return image.type not in {"RENDER_RESULT", "COMPOSITING"} and image.source in {"FILE", "GENERATED"}


class GID_OT_queue_remove(bpy.types.Operator):
    """Take the chosen entry out of the queue; one in progress is cancelled"""

    bl_idname = "gid.queue_remove"
    bl_label = "Remove from Queue"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return _has_entry(cls, context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        key = chosen(context).key
        if key == runner.current:
            runner.skip()
        queue.remove(context.scene, key)
        return {"FINISHED"}


class GID_OT_queue_move(bpy.types.Operator):
    """Move the chosen entry up or down: the uppermost that waits is next"""

    bl_idname = "gid.queue_move"
    bl_label = "Move in Queue"
    bl_options = {"REGISTER", "UNDO"}

    direction: EnumProperty(
        name="Direction",
        description="Where it goes",
        items=(("UP", "Up", "One place earlier"), ("DOWN", "Down", "One place later")),
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return _has_entry(cls, context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        moved = queue.move(context.scene, -1 if self.direction == "UP" else 1)
        return {"FINISHED"} if moved else {"CANCELLED"}


class GID_OT_queue_clear(bpy.types.Operator):
    """Take what is done, failed or cancelled out of the queue; results stay in the scene"""

    bl_idname = "gid.queue_clear"
    bl_label = "Clear Finished"
    bl_options = {"REGISTER", "UNDO"}

    waiting: BoolProperty(name="Waiting Too", description="Empty the queue, but for what is in progress", default=False)

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not context.scene.gid_queue.entries:
            cls.poll_message_set("The queue is empty")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        count = queue.remove_finished(context.scene, waiting=self.waiting, keep=runner.current)
        return {"FINISHED"} if count else {"CANCELLED"}


def _has_entry(cls: type[bpy.types.Operator], context: bpy.types.Context) -> bool:
    if chosen(context) is None:
        cls.poll_message_set("The queue is empty")
        return False
    return True
