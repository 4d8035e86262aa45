# SPDX-License-Identifier: GPL-3.0-or-later
"""From a movie to motion: the worker measures how things move in it, and its start frame becomes the picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np
from bpy.props import StringProperty

from .. import motion, scene
from ..scene.controls import gain_name
from ..scene.movie_pictures import read_row
from ..scene.movies import Movie, find_movie, find_movie_object, movie_of_file, read_movie, row_of, start_frame
from ..scene.pixels import image_from_pixels
from ..worker.protocol import MAX_PART_BYTES
from .asking import AsksWorker
from .generate import AcceptsMotion, Motion, Wanted, deliver, is_result_chosen, show_motion
from .lookup import object_again, scene_again
from .render import begin_rendering
from .session import Task, session

__all__ = ["GID_OT_accept_measured", "GID_OT_from_video", "VideoTask", "movie"]


def movie(context: bpy.types.Context) -> Movie:
    """The movie that From Video takes. Raises SceneError when there is none."""
    return find_movie(context, context.scene.gid.movie)


@dataclass
class VideoMotion(Motion):
    """A measured motion on its way into a scene, with its picture."""

    movie: Movie | None = None
    still: scene.Pixels | None = None

    def put(self) -> bpy.types.Object:
        target, wanted = scene_again(self.scene_uid), self.wanted
        assert self.movie is not None
        assert self.still is not None
        assert self.frame is not None
        obj = find_movie_object(target, self.movie, self.frame) if wanted.replace else None
        if obj is not None:
            scene.replace_motion(obj, self.volume)
            return show_motion(target, obj, self, is_new=False)
        image = image_from_pixels(f"{self.movie.path.stem} {self.frame}", self.still)
        try:
            obj = scene.create_motion_object(target, image, self.volume, settings=wanted.plane, period=wanted.period)
        except BaseException:
            bpy.data.images.remove(image)
            raise
        obj["gid_movie"], obj["gid_frame"] = str(self.movie.path), self.frame
        # The start frame is one moment of what was filmed, not its middle: with the mean offset the plane passes
        # through the picture where the movie does.
        obj[gain_name(0)] = 1.0
        return show_motion(target, obj, self, is_new=True)


class VideoTask(Task):
    title = "Measuring motion"
    method = "extract"

    def __init__(self, target: bpy.types.Scene, source: Movie) -> None:
        settings = target.gid
        self.source = source
        self.start = settings.movie_start or start_frame(source)
        self.params = {
            "name": source.name[-255:],
            "start": self.start,
            "seconds": settings.movie_seconds or None,
            "camera": "remove" if settings.movie_steady else "keep",
        }
        if source.is_row:
            self.params["pictures"], data = read_row(
                row_of(source),
                source.name,
                source.fps,
                start=self.start,
                seconds=settings.movie_seconds,
                limit=MAX_PART_BYTES,
            )
            self.parts = [data]
        else:
            self.parts = [read_movie(source, MAX_PART_BYTES)]
        self.wanted = Wanted.of(settings)
        self.scene_uid = target.session_uid

    def finish(self, result: Mapping[str, Any], parts: tuple[bytes, ...]) -> None:
        volume = motion.loads(parts[0])
        still = _still(result, parts)
        item = VideoMotion(self.scene_uid, 0, volume, self.wanted, frame=self.start, movie=self.source, still=still)
        obj = object_again(deliver(item, GID_OT_accept_measured)) if "MESH" in self.wanted.results else None
        session.note = " ".join(str(note) for note in result.get("notes", ()))
        if self.wanted.results - {"MESH"}:
            target = scene_again(self.scene_uid)
            image = scene.motion_image(obj) if obj is not None else None
            begin_rendering(
                target,
                image or image_from_pixels(f"{self.source.path.stem} {self.start}", still),
                still,
                volume,
                results=self.wanted.results - {"MESH"},
                frames=self.wanted.period or scene.period_in_frames(target, volume.duration),
                obj=obj,
                set_range=self.wanted.set_range,
            )


def _still(result: Mapping[str, Any], parts: tuple[bytes, ...]) -> scene.Pixels:
    """The start frame as the worker sends it. Raises SceneError when it is not what was announced."""
    try:
        shape = tuple(int(side) for side in result["image"]["shape"])
        array = np.frombuffer(parts[1], np.uint8).reshape(shape)
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise scene.SceneError("The worker sent no start frame.", "Update the worker: Set Up Worker.") from error
    return scene.Pixels(array, linear=False)


class GID_OT_accept_measured(AcceptsMotion, bpy.types.Operator):
    """Put a measured motion into the scene"""

    bl_idname = "gid.accept_measured"
    bl_label = "Motion from Video"
    bl_options = {"UNDO", "INTERNAL"}


class GID_OT_from_video(AsksWorker, bpy.types.Operator):
    """Measure how things sway in a movie, instead of predicting it: the start frame becomes the picture"""

    bl_idname = "gid.from_video"
    bl_label = "Motion from Video"
    bl_options = {"REGISTER"}

    filepath: StringProperty(
        name="File",
        description="A movie file, or one of several numbered pictures; empty takes the clip or strip that is active",
        subtype="FILE_PATH",
        options={"SKIP_SAVE"},
    )

    @classmethod
    def ready(cls, context: bpy.types.Context) -> bool:
        return is_result_chosen(cls, context)

    def request(self, context: bpy.types.Context) -> Task:
        return VideoTask(
            context.scene, movie_of_file(self.filepath, context.scene) if self.filepath else movie(context)
        )
