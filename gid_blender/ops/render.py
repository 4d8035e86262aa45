# SPDX-License-Identifier: GPL-3.0-or-later
"""Frames rendered by the worker: to disk as they come, into the scene when all of them are there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from bpy.props import BoolProperty, IntProperty

from .. import motion, scene
from ..compat import edited_scene
from ..motion.masking import at_pixels
from ..scene.compositing_feed import film_of, film_remark
from ..scene.masks import mask_weights
from ..worker.errors import WorkerError
from . import placing, volume_store
from .accepting import Accepts, accept
from .active import is_motion_active, is_picture_active, picture_in
from .asking import AsksWorker
from .lookup import image_again, scene_again
from .paths import user_folder
from .render_folders import RenderFolders, name_of
from .session import Task, session

__all__ = [
    "GID_OT_accept_frames",
    "GID_OT_render_frames",
    "GID_OT_render_sequence",
    "begin_rendering",
    "frames_root",
    "loop_task",
]

# Bits a channel, of the formats that have a choice.
DEPTHS = {"PNG": (8, 16), "EXR": (16, 32)}
SUFFIXES = {"png": ".png", "jpeg": ".jpg", "webp": ".webp", "exr": ".exr"}
# The most that the worker takes.
MAX_FRAMES = 100_000
_PASS_FOLDERS = {"motion_vectors": "vectors", "coverage": "coverage"}


@dataclass
class Frames:
    """Rendered frames on their way into a scene."""

    scene_uid: int
    image_uid: int
    object_uid: int | None
    paths: list[Path]
    start: int
    results: frozenset[str]
    set_range: bool
    cyclic: bool
    # In 5.x the sequencer may show another scene than the window's.
    strip_scene_uid: int
    passes: dict[str, list[Path]] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)
    # Whether each is a mean of moments.
    blurred: bool = False
    # Why there is no strip of them; all else came in.
    stripless: scene.SceneError | None = None


@dataclass(frozen=True)
class Shot:
    """Frames of a scene instead of a loop.

    Attributes:
        first: frame of the scene.
        coefficients: (F·S, K) complex, a row for each of the `moments` of each frame.
        vectors: whether motion vectors are written too, whatever the scene's settings say.
    """

    first: int
    coefficients: np.ndarray
    vectors: bool = False


class RenderTask(Task):
    title = "Rendering frames"
    method = "render"

    def __init__(
        self,
        target: bpy.types.Scene,
        image: bpy.types.Image,
        pixels: scene.Pixels,
        volume: motion.SpectralVolume,
        *,
        results: frozenset[str],
        frames: int,
        obj: bpy.types.Object | None,
        set_range: bool,
        shot: Shot | None = None,
    ) -> None:
        require_possible(frames)
        seen = moments(target) if obj is not None else (0.0,)
        kind = target.gid.format.lower()
        self.params = {"image": pixels.header, "format": kind, "repair": target.gid.repair, **_stored(target, pixels)}
        self.parts = [memoryview(pixels.array).cast("B")]
        if obj is not None:
            volume = volume_store.pinned(obj, volume)
            q = shot.coefficients if shot is not None else scene.coefficients(obj, target, frames, moments=seen)
            self.params["samples"] = len(seen)
            rows = np.ascontiguousarray(q, "<c8")
            self.params["coefficients"] = {"shape": list(rows.shape), "dtype": "complex64"}
            self.parts += [motion.dumps(volume), memoryview(rows).cast("B")]
        else:
            self.parts.append(motion.dumps(volume))
            self.params |= {"frames": frames, "amplitude": 1.0}
        if shot is not None:
            self.params["cyclic"] = False
        passes = [name for name in scene.PASSES if name.upper() in target.gid.passes]
        if shot is not None and shot.vectors and "motion_vectors" not in passes:
            passes.append("motion_vectors")
        if passes:
            self.params["passes"] = passes
        weights = mask_weights(obj) if obj is not None else None
        if weights is not None:
            height, width = pixels.array.shape[:2]
            # 16 bits, for 255 steps of a wide swing would be seen as steps of a pixel.
            full = np.rint(at_pixels(weights, height, width) * 65535).astype("<u2")
            self.params["mask"] = {"shape": [height, width], "dtype": "uint16"}
            self.parts.append(memoryview(full).cast("B"))
        self.count = frames
        # By how many frames it fell short at the last end of a request; asking once more must bring some.
        self._lacking = frames + 1
        root, beside = frames_root(target)
        self.folders = RenderFolders(
            root,
            image.name,
            {name: _PASS_FOLDERS[name] for name in passes},
            suffix=SUFFIXES[kind],
            count=frames,
            render=name_of(self.params, self.parts),
            motion=np.abs(q).reshape(frames, -1).sum(axis=1) if obj is not None else None,
        )
        if self.folders.indices is not None:
            self.params["indices"] = self.folders.indices
        self.delivery = Frames(
            scene_uid=target.session_uid,
            image_uid=image.session_uid,
            object_uid=obj.session_uid if obj is not None else None,
            paths=[],
            start=_start(target, obj, shot),
            results=results,
            set_range=set_range,
            cyclic=shot is None,
            strip_scene_uid=_strip_scene(target).session_uid,
            remarks=[film_remark(obj)] if obj is not None and film_of(obj) is not None else [],
            # A shutter that opens for no time gives the same moment again and again.
            blurred=len(set(seen)) > 1,
        )
        self.note = "" if beside else f"The .blend is not saved yet, so the frames are in “{root}”."

    def frame(self, index: int, data: bytes, *passes: bytes) -> None:
        self.folders.write(index, data, *passes)

    def finish(self, result: Mapping[str, Any], parts: tuple[bytes, ...]) -> None:
        # Looked for before the folder is put in place: no frames stay behind for a picture that was deleted.
        image_again(self.delivery.image_uid)
        scene_again(self.delivery.scene_uid)
        if missing := self.folders.missing:
            if len(missing) >= self._lacking:
                raise WorkerError("protocol_error", f"The worker left out {len(missing)} of the frames.")
            self._lacking = len(missing)
            # What was there was another worker's.
            self.params = {**self.params, "indices": missing}
            session.start(self)
            return
        self.delivery.paths, self.delivery.passes = self.folders.commit()
        accept(GID_OT_accept_frames, self.delivery)
        told = self.note or f"{len(self.delivery.paths)} frames in “{self.folders.frames.target}”."
        session.note = " ".join([told, *self.delivery.remarks])
        if (error := self.delivery.stripless) is not None:
            raise scene.SceneError(f"The frames are rendered, but have no strip. {error.message}", error.hint)

    def close(self) -> None:
        there = self.folders.set_aside()
        if there and session.task is not self:
            told = f"{there} of {self.count} frames are finished; rendering the same again goes on with them."
            session.note = f"{session.note} {told}".strip()


def _stored(target: bpy.types.Scene, pixels: scene.Pixels) -> dict[str, Any]:
    """How frames are stored, as the request says it: what the chosen format can hold and nothing has to be left out."""
    kind, chosen = target.gid.format, target.gid.color_depth
    stored: dict[str, Any] = {}
    if kind in DEPTHS and chosen != "AUTO":
        if int(chosen) not in DEPTHS[kind]:
            raise scene.SceneError(
                f"{kind} frames cannot have {chosen} bits a channel.", "Choose another Color Depth under Results."
            )
        stored["depth"] = int(chosen)
    if kind == "JPEG" and pixels.array.shape[2] == 4:
        stored["background"] = list(target.gid.background)
    return stored


def moments(target: bpy.types.Scene) -> Sequence[float]:
    """Moments of each frame that are averaged: those of the scene's shutter, if its pictures are to be blurred."""
    return scene.shutter_moments(target, target.gid.blur_steps) if target.gid.motion_blur else (0.0,)


def require_possible(frames: int) -> None:
    """Refuse with a SceneError more frames than the worker takes."""
    if frames > MAX_FRAMES:
        raise scene.SceneError(
            f"{frames} frames are too many to be rendered at once.", f"Render {MAX_FRAMES} at a time."
        )


def _start(target: bpy.types.Scene, obj: bpy.types.Object | None, shot: Shot | None) -> int:
    """Frame of the scene at which what is rendered begins."""
    if shot is not None:
        return shot.first
    return round(obj["gid_start"]) if obj is not None else target.frame_start


def _strip_scene(target: bpy.types.Scene) -> bpy.types.Scene:
    """The scene that takes a new strip: the one the sequencer shows, if it is this window's scene that is rendered."""
    shown = edited_scene(bpy.context)
    return shown if bpy.context.scene == target and shown is not None and shown.library is None else target


def begin_rendering(*args: Any, **options: Any) -> None:
    """Start a `RenderTask` after the task that is just ending."""
    session.start(RenderTask(*args, **options))


def frames_root(target: bpy.types.Scene) -> tuple[Path, bool]:
    """Where frames go, and whether that is where somebody will look for them."""
    if target.gid.output:
        return Path(bpy.path.abspath(target.gid.output)), True
    return scene.output_root(user_folder("frames"))


class GID_OT_accept_frames(Accepts, bpy.types.Operator):
    """Put a rendered loop into the scene"""

    bl_idname = "gid.accept_frames"
    bl_label = "Render Image Sequence"
    bl_options = {"UNDO", "INTERNAL"}

    def put(self, item: Frames) -> None:
        put_frames(item)


def put_frames(item: Frames) -> None:
    """Load a rendered loop as what was asked for."""
    target, image = scene_again(item.scene_uid), image_again(item.image_uid)
    count = len(item.paths)
    sequence = scene.sequence_image(item.paths, like=image)
    if "PLANE" in item.results:
        plane = scene.sequence_object(target, sequence, frames=count, start=item.start)
        placing.place(target, plane, select=item.object_uid is None)
        placing.show_textures(target)
    obj = next((o for o in bpy.data.objects if o.session_uid == item.object_uid), None)
    if obj is not None:
        passes = {name: _pass_image(name, paths) for name, paths in item.passes.items()}
        scene.remember_render(
            obj, sequence, count=count, start=item.start, cyclic=item.cyclic, passes=passes, blurred=item.blurred
        )
        renewal = scene.renew_strips(obj, item.paths, cyclic=item.cyclic)
        item.remarks += renewal.remarks
        scene.renew_compositing(obj)
    if "STRIP" in item.results and (obj is None or not scene.strips_of(obj, cyclic=item.cyclic)):
        home = scene_again(item.strip_scene_uid)
        try:
            scene.add_strip(home, item.paths, start=item.start, picture=obj, cyclic=item.cyclic)
        except scene.SceneError as error:
            # The work of the worker is not thrown away for a place in the timeline.
            item.stripless = error
    if "EDITOR" in item.results:
        for window in bpy.context.window_manager.windows:
            for area in window.screen.areas:
                space = area.spaces.active
                if window.scene == target and area.type == "IMAGE_EDITOR" and space.image in {image, None}:
                    scene.show_in_editor(space, sequence, frames=count, start=item.start)
        # Otherwise a picture that no editor shows yet is gone after saving and loading.
        sequence.use_fake_user = True
    if item.set_range:
        scene.fit_frame_range(target, item.start, count)


def _pass_image(name: str, paths: list[Path]) -> bpy.types.Image:
    image = scene.sequence_image(paths, layered=name == "motion_vectors")
    if name == "coverage":
        image.colorspace_settings.name = "Non-Color"
    return image


class GID_OT_render_sequence(AsksWorker, bpy.types.Operator):
    """Render one loop of the active motion object as frames, with its controls as they are now"""

    bl_idname = "gid.render_sequence"
    bl_label = "Render Image Sequence"
    bl_options = {"REGISTER"}

    frames: IntProperty(
        name="Frames",
        description="How many frames the loop is rendered as, evaluated between the loop's own where they are more: "
        "real slow motion; 0 takes the loop's length",
        default=0,
        min=0,
        soft_max=1000,
        max=100_000,
    )

    @classmethod
    def ready(cls, context: bpy.types.Context) -> bool:
        return is_motion_active(cls, context)

    def request(self, context: bpy.types.Context) -> Task:
        return loop_task(context, context.object, self.frames, set_range=context.scene.gid.set_range)


def loop_task(context: bpy.types.Context, obj: bpy.types.Object, frames: int, *, set_range: bool) -> RenderTask:
    """The task that renders one loop of a motion object as that many frames; 0 takes its length."""
    target = context.scene
    return RenderTask(
        target,
        _picture_of(obj),
        scene.layer_pixels(obj),
        volume_store.recall(obj),
        results=_results(target),
        frames=max(2, frames or round(scene.loop_length(obj))),
        obj=obj,
        set_range=set_range,
    )


def _picture_of(obj: bpy.types.Object) -> bpy.types.Image:
    """The picture that a motion object shows. Raises SceneError when it has none."""
    scene.require_plane(obj)
    image = scene.motion_image(obj)
    if image is None:
        raise scene.SceneError(f"The picture of “{obj.name}” was deleted.", "Undo the deletion, or generate anew.")
    return image


def _results(target: bpy.types.Scene) -> frozenset[str]:
    """As what frames come into a scene; they were asked for, so they come as something."""
    return frozenset(target.gid.results - {"MESH"}) or frozenset({"STRIP"})


class GID_OT_render_frames(AsksWorker, bpy.types.Operator):
    """Render the active picture as it plays in the scene, frame by frame: loop, bake and whatever else moves it"""

    bl_idname = "gid.render_frames"
    bl_label = "Render Frames"
    bl_options = {"REGISTER"}

    use_range: BoolProperty(
        name="Own Range", description="Render other frames than those of the bake, or of the scene", default=False
    )
    first: IntProperty(name="First", description="First frame", default=1, min=-1_000_000, max=1_000_000)
    last: IntProperty(name="Last", description="Last frame", default=250, min=-1_000_000, max=1_000_000)
    motion_vectors: BoolProperty(
        name="Motion Vectors",
        description="Write motion vectors too, as OpenEXR for the Vector Blur node, into a folder beside the frames",
        default=False,
    )

    @classmethod
    def ready(cls, context: bpy.types.Context) -> bool:
        return is_picture_active(cls, context)

    def request(self, context: bpy.types.Context) -> Task:
        obj, target = picture_in(context), context.scene
        image = _picture_of(obj)
        first, last = (self.first, self.last) if self.use_range else scene.frame_range(target, obj)
        # Before all of them are looked at, not after.
        require_possible(last - first + 1)
        q = scene.frame_coefficients(obj, target, first, last, moments=moments(target))
        return RenderTask(
            target,
            image,
            scene.layer_pixels(obj),
            volume_store.recall(obj),
            results=_results(target),
            frames=last - first + 1,
            obj=obj,
            set_range=False,
            shot=Shot(first, q, self.motion_vectors),
        )
