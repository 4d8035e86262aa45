# SPDX-License-Identifier: GPL-3.0-or-later
"""Several motions of one picture to choose from. They are shown as small loops, and choosing one asks nobody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import bpy
from bpy.props import IntProperty

from .. import motion, scene
from ..translations.sentences import said
from .asking import AsksWorker
from .generate import AcceptsMotion, GenerateTask, Motion, Wanted, deliver, is_picture_there, picture
from .guarded import guarded
from .lookup import image_again, object_again, scene_again
from .session import Task, session
from .thumbnails import Thumbnails

__all__ = [
    "GID_OT_accept_variation",
    "GID_OT_choose_variation",
    "GID_OT_dismiss_variations",
    "GID_OT_variations",
    "register",
    "shown",
    "unregister",
]


@dataclass
class Variations:
    """What is offered, until it is dismissed. Numbers instead of datablocks: undo and loading move those.

    Attributes:
        seeds: of each motion.
        volumes: the motions.
        chosen: the seed that is on the object, or None.
        title: name of the picture.
        thumbnails: a small loop of each.
    """

    title: str = ""
    seeds: list[int] = field(default_factory=list)
    volumes: list[motion.SpectralVolume] = field(default_factory=list)
    chosen: int | None = None
    thumbnails: Thumbnails = field(default_factory=Thumbnails)
    scene_uid: int = 0
    image_uid: int = 0
    object_uid: int = 0
    frame: int | None = None

    def clear(self) -> None:
        """Offer nothing any more."""
        self.seeds.clear()
        self.volumes.clear()
        self.chosen, self.title, self.object_uid = None, "", 0
        self.thumbnails.clear()


shown = Variations()


class VariationTask(GenerateTask):
    """One motion; when it is there, the next is asked for."""

    title = "Predicting variations"

    def __init__(self, target: bpy.types.Scene, source: scene.Source, seeds: list[int]) -> None:
        super().__init__(target, source, seed=seeds[0])
        self.seeds = seeds

    def finish(self, result: Mapping[str, Any], parts: tuple[bytes, ...]) -> None:
        volume = motion.loads(parts[0])
        shown.seeds.append(self.seeds[0])
        shown.volumes.append(volume)
        shown.thumbnails.add(self.pixels, volume)
        if len(self.seeds) == 1:
            session.note = f"{len(shown.seeds)} variations to choose from."
            return
        source = scene.Source(image_again(self.image_uid), self.frame_number)
        session.start(VariationTask(scene_again(self.scene_uid), source, self.seeds[1:]))


class GID_OT_variations(AsksWorker, bpy.types.Operator):
    """Predict several motions of the picture and offer them as small loops; the scene changes when one is chosen"""

    bl_idname = "gid.variations"
    bl_label = "Variations"
    # Not in the redo panel: what it would do again is to ask the worker, and wait.
    bl_options = set()

    count: IntProperty(
        name="Variations", description="How many motions are offered", default=0, min=0, max=24, options={"SKIP_SAVE"}
    )

    @classmethod
    def ready(cls, context: bpy.types.Context) -> bool:
        return is_picture_there(cls, context)

    def request(self, context: bpy.types.Context) -> Task:
        target, source = context.scene, picture(context)
        first, count = target.gid.seed, self.count or target.gid_queue.variations
        task = VariationTask(target, source, [(first + n) % 2**31 for n in range(count)])
        shown.clear()
        shown.title = source.image.name
        shown.scene_uid, shown.image_uid, shown.frame = task.scene_uid, task.image_uid, task.frame_number
        return task


class GID_OT_accept_variation(AcceptsMotion, bpy.types.Operator):
    """Put one of several predicted motions onto the picture"""

    bl_idname = "gid.accept_variation"
    bl_label = "Choose Variation"
    bl_options = {"UNDO", "INTERNAL"}


class GID_OT_choose_variation(bpy.types.Operator):
    """Put this motion onto the picture; the others stay on offer"""

    bl_idname = "gid.choose_variation"
    bl_label = "Choose Variation"
    bl_options = {"REGISTER", "INTERNAL"}

    index: IntProperty(name="Number", description="Which of the variations, 0 the first", default=0, min=0)

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return _has_variations(cls)

    @guarded
    def execute(self, context: bpy.types.Context) -> set[str]:
        if self.index >= len(shown.volumes):
            self.report({"ERROR"}, said(f"There are {len(shown.volumes)} variations."))
            return {"CANCELLED"}
        target = scene_again(shown.scene_uid)
        wanted = replace(Wanted.of(target.gid), replace=True)
        item = Motion(shown.scene_uid, shown.image_uid, shown.volumes[self.index], wanted, frame=shown.frame)
        shown.object_uid = deliver(item, GID_OT_accept_variation)
        object_again(shown.object_uid)
        shown.chosen = shown.seeds[self.index]
        target.gid.seed = shown.chosen
        return {"FINISHED"}


class GID_OT_dismiss_variations(bpy.types.Operator):
    """Offer the variations no longer; the chosen motion stays"""

    bl_idname = "gid.dismiss_variations"
    bl_label = "Dismiss Variations"
    bl_options = {"INTERNAL"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return _has_variations(cls)

    def execute(self, context: bpy.types.Context) -> set[str]:
        shown.clear()
        return {"FINISHED"}


def _has_variations(cls: type[bpy.types.Operator]) -> bool:
    if not shown.volumes:
        cls.poll_message_set("There are no variations; ask for some first")
        return False
    return True


@bpy.app.handlers.persistent
def _loaded(*_: object) -> None:
    shown.clear()


def register() -> None:
    bpy.app.handlers.load_pre.append(_loaded)


def unregister() -> None:
    bpy.app.handlers.load_pre.remove(_loaded)
    shown.clear()
    shown.thumbnails.close()
