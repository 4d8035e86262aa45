# SPDX-License-Identifier: GPL-3.0-or-later
"""From a picture to motion: ask the worker, put the answer into the scene, render frames if they are wanted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np

from .. import motion, scene
from ..scene.masks import mask_condition
from ..translations.sentences import said
from . import placing, volume_store
from .accepting import Accepts, accept
from .active import picture_in
from .asking import AsksWorker
from .lookup import image_again, object_again, scene_again
from .render import begin_rendering
from .session import Task, session

__all__ = [
    "AcceptsMotion",
    "GID_OT_accept_motion",
    "GID_OT_cancel",
    "GID_OT_generate",
    "QUALITY_PARAMS",
    "deliver",
    "picture",
]

# What the worker does when it is not told otherwise is the standard; it knows its model best.
QUALITY_PARAMS: Mapping[str, Mapping[str, Any]] = {
    "DRAFT": {"steps": 8},
    "STANDARD": {},
    "HIGH": {"steps": 60},
}


@dataclass(frozen=True)
class Wanted:
    """The settings as they were at the click: changing them meanwhile is for the next time."""

    results: frozenset[str]
    plane: scene.PlaneSettings
    period: int | None
    replace: bool
    set_range: bool
    play: bool

    @classmethod
    def of(cls, settings: Any) -> Wanted:
        return cls(
            results=frozenset(settings.results),
            plane=scene.PlaneSettings(columns=settings.columns, pin_border=settings.pin_border),
            period=None if settings.natural_period else settings.period,
            replace=settings.replace,
            set_range=settings.set_range,
            play=settings.play,
        )


class GenerateTask(Task):
    title = "Predicting motion"
    method = "predict"

    def __init__(
        self,
        target: bpy.types.Scene,
        source: scene.Source,
        *,
        seed: int | None = None,
        quality: str | None = None,
        wanted: Wanted | None = None,
    ) -> None:
        """Ask for a motion of a picture; what is not given is as the scene's settings say. Raises SceneError."""
        self.pixels = scene.read_pixels(source.image, frame=source.frame)
        self.params = {
            "image": self.pixels.header,
            "seed": target.gid.seed if seed is None else seed,
            **QUALITY_PARAMS[quality or target.gid.quality],
        }
        self.parts = [memoryview(self.pixels.array).cast("B")]
        if (mask := _condition(target, source)) is not None:
            self.params["mask"] = {"shape": list(mask.shape)}
            self.parts.append(mask.tobytes())
        self.wanted = wanted or Wanted.of(target.gid)
        self.scene_uid = target.session_uid
        self.image_uid, self.frame_number = source.image.session_uid, source.frame

    def finish(self, result: Mapping[str, Any], parts: tuple[bytes, ...]) -> None:
        volume = motion.loads(parts[0])
        obj_uid = None
        if "MESH" in self.wanted.results:
            obj_uid = deliver(Motion(self.scene_uid, self.image_uid, volume, self.wanted, frame=self.frame_number))
        if self.wanted.results - {"MESH"}:
            target = scene_again(self.scene_uid)
            begin_rendering(
                target,
                image_again(self.image_uid),
                self.pixels,
                volume,
                results=self.wanted.results - {"MESH"},
                frames=self.wanted.period or scene.period_in_frames(target, volume.duration),
                obj=object_again(obj_uid) if obj_uid is not None else None,
                set_range=self.wanted.set_range,
            )


def _condition(target: bpy.types.Scene, source: scene.Source) -> np.ndarray | None:
    """What the model is told of the mask of the motion that is to be replaced."""
    wanted = target.gid.replace and target.gid.mask_predicts
    obj = scene.find_motion_object(target, source.image, frame=source.frame) if wanted else None
    mask = mask_condition(obj) if obj is not None else None
    if mask is not None and not mask.any():
        raise scene.SceneError(
            f"The mask of “{obj.name}” is black everywhere, so nothing could move.",
            "Paint some of it white, or remove it.",
        )
    return mask


@dataclass
class Motion:
    """A motion on its way into a scene."""

    scene_uid: int
    image_uid: int
    volume: motion.SpectralVolume
    wanted: Wanted
    object_uid: int = 0
    # Of a movie or an image sequence; None for a still.
    frame: int | None = None

    def put(self) -> bpy.types.Object:
        """Make or renew the motion object, and show it."""
        return put_motion(self)


def deliver(item: Motion, operator: type[AcceptsMotion] | None = None) -> int:
    """Put a motion into its scene as one undo step; returns the `session_uid` of the object.

    Args:
        item: the motion, or whatever else has `put` and `object_uid`.
        operator: whose name the undo step bears; Generate's by default.

    Raises anything of `EXPECTED`.
    """
    accept(operator or GID_OT_accept_motion, item)
    return item.object_uid


class AcceptsMotion(Accepts):
    """The manners of an operator that puts what knows itself where it belongs: the name of its undo step is its own."""

    def put(self, item: Motion) -> None:
        item.object_uid = item.put().session_uid


class GID_OT_accept_motion(AcceptsMotion, bpy.types.Operator):
    """Put a predicted motion into the scene"""

    bl_idname = "gid.accept_motion"
    bl_label = "Generate Motion"
    bl_options = {"UNDO", "INTERNAL"}


def put_motion(item: Motion) -> bpy.types.Object:
    """Make or renew the motion object of a picture, and show it."""
    target, image, wanted = scene_again(item.scene_uid), image_again(item.image_uid), item.wanted
    obj = scene.find_motion_object(target, image, frame=item.frame) if wanted.replace else None
    waiting = scene.find_waiting(target, image)
    if waiting and (obj is None or any(plane.select_get(view_layer=target.view_layers[0]) for plane in waiting)):
        for plane in waiting:
            scene.set_waiting_in_motion(
                target, plane, item.volume, settings=wanted.plane, period=wanted.period, frame=item.frame
            )
            volume_store.remember(plane, item.volume)
        return show_motion(target, waiting[0], item, is_new=False)
    if obj is not None:
        for plane in scene.sharing_motion(target, image, obj):
            scene.replace_motion(plane, item.volume)
            volume_store.remember(plane, item.volume)
        return show_motion(target, obj, item, is_new=False)
    obj = scene.create_motion_object(
        target, image, item.volume, settings=wanted.plane, period=wanted.period, frame=item.frame
    )
    return show_motion(target, obj, item, is_new=True)


def show_motion(target: bpy.types.Scene, obj: bpy.types.Object, item: Motion, *, is_new: bool) -> bpy.types.Object:
    """Place a new motion object, or keep a renewed one where it is; then bring it to the eye as was wanted."""
    wanted = item.wanted
    if is_new:
        placing.place(target, obj)
    elif wanted.period is not None:
        obj["gid_period"] = float(wanted.period)
    volume_store.remember(obj, item.volume)
    if wanted.set_range:
        scene.fit_frame_range(target, round(obj["gid_start"]), max(2, round(obj["gid_period"])))
    placing.show_textures(target)
    if wanted.play:
        placing.play(target)
    return obj


def picture(context: bpy.types.Context) -> scene.Source:
    """The picture that Generate takes: what an Image Editor shows, else the chosen one, else what the scene offers."""
    chosen = context.scene.gid.image
    if context.area is None or context.area.type != "IMAGE_EDITOR":
        if chosen is not None:
            return scene.Source(chosen, origin="Chosen")
        # An excitation has none of its own.
        if scene.is_excitation(context.object) and (excited := picture_in(context)) is not None:
            return scene.source_of_object(excited, context.scene)
    return scene.find_source(context)


def is_picture_there(cls: type[bpy.types.Operator], context: bpy.types.Context) -> bool:
    """For `poll`: whether `picture` finds one; says why when it does not."""
    try:
        picture(context)
    except scene.SceneError as error:
        cls.poll_message_set(said(str(error)))
        return False
    return True


def is_result_chosen(cls: type[bpy.types.Operator], context: bpy.types.Context) -> bool:
    """For `poll`: whether a motion would be made for anything; says so when it would not."""
    if not context.scene.gid.results:
        cls.poll_message_set("Choose at least one result, such as Mesh.")
        return False
    return True


class GID_OT_generate(AsksWorker, bpy.types.Operator):
    """Predict how everything in the picture would sway, and make a seamless loop of it"""

    bl_idname = "gid.generate"
    bl_label = "Generate Motion"
    bl_options = {"REGISTER"}

    @classmethod
    def ready(cls, context: bpy.types.Context) -> bool:
        return is_picture_there(cls, context) and is_result_chosen(cls, context)

    def request(self, context: bpy.types.Context) -> Task:
        return GenerateTask(context.scene, picture(context))


class GID_OT_cancel(bpy.types.Operator):
    """Stop what is in progress"""

    bl_idname = "gid.cancel"
    bl_label = "Cancel"
    bl_options = {"INTERNAL"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not session.busy:
            cls.poll_message_set("Nothing is in progress")
        return session.busy

    def execute(self, context: bpy.types.Context) -> set[str]:
        session.cancel()
        return {"FINISHED"}
