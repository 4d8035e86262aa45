# SPDX-License-Identifier: GPL-3.0-or-later
"""What animated things are at many frames, without playing the scene: parents, constraints, drivers and NLA included.

The things are put into a scene of their own, which evaluates them and what they depend on and nothing else, and whose
playhead may run wherever it likes. Nobody's scene is touched, and F-curves' frames are its frames, whatever the time
remapping of a render is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields

import bpy
import numpy as np
import numpy.typing as npt
from mathutils import Matrix

from .controls import control_path

__all__ = ["Act", "Look", "Seen", "is_animated", "moves", "samples", "values_of"]

_PROXY = "gid sampling"


@dataclass(frozen=True)
class Act:
    """What an excitation says at one frame, see `properties.GID_PG_excitation`: all of it that can be animated."""

    strength: float
    reach: float
    start: float
    end: float
    attack: float
    fade: float
    low: float
    high: float


_ACTS = tuple(field.name for field in fields(Act))


@dataclass(frozen=True)
class Seen:
    """How an excitation is at one frame.

    Attributes:
        frame: at which.
        relative: its matrix in the picture's coordinates.
        act: what it says.
    """

    frame: float
    relative: Matrix
    act: Act


@dataclass(frozen=True)
class Look:
    """How things are at one frame.

    Attributes:
        frame: at which.
        seen: of each object.
        controls: of the picture, by name.
    """

    frame: float
    seen: list[Seen]
    controls: dict[str, float]


def is_animated(block: bpy.types.ID) -> bool:
    """Whether it has keyframes, drivers or NLA tracks of its own."""
    animation = block.animation_data
    return animation is not None and bool(
        animation.action is not None or len(animation.nla_tracks) or len(animation.drivers)
    )


def moves(obj: bpy.types.Object, picture: bpy.types.Object) -> bool:
    """Whether it may move in the picture's coordinates, or change otherwise."""
    if is_animated(obj) or len(obj.constraints) or obj.rigid_body is not None:
        return True
    if obj.parent is picture:
        return obj.parent_type != "OBJECT"
    # Something else moves one of the two, or may.
    return obj.parent is not None or is_animated(picture) or picture.parent is not None or len(picture.constraints) > 0


def samples(
    scene: bpy.types.Scene,
    picture: bpy.types.Object,
    objects: Sequence[bpy.types.Object],
    frames: Sequence[float],
    controls: Sequence[str] = (),
) -> Iterator[Look]:
    """Looks at objects, and at controls of the picture they act on, at each frame, in the order given.

    Args:
        scene: whose frame rate counts.
        picture: the motion object.
        objects: in whatever collections they are, also hidden ones.
        frames: fractions allowed.
        controls: names of custom properties of the picture.
    """
    paths = [control_path(name) for name in controls]
    with _one_key(picture), _stage(scene, objects, picture, paths) as (stage, proxy):
        follow = proxy.constraints.new("COPY_TRANSFORMS")
        follow.target = picture
        for frame in frames:
            graph = _go_to(stage, frame)
            stand_in = proxy.evaluated_get(graph)
            inverse = stand_in.matrix_world.inverted_safe()
            evaluated = [obj.evaluated_get(graph) for obj in objects]
            yield Look(
                float(frame),
                [Seen(float(frame), inverse @ obj.matrix_world, _act(obj)) for obj in evaluated],
                {name: float(stand_in[str(i)]) for i, name in enumerate(controls)},
            )


def _act(obj: bpy.types.Object) -> Act:
    settings = obj.gid.excitation
    return Act(*(getattr(settings, name) for name in _ACTS))


def values_of(
    scene: bpy.types.Scene, block: bpy.types.ID, paths: Sequence[str], frames: Sequence[float]
) -> npt.NDArray[np.float64]:
    """(frames, paths) numbers that properties of a datablock have when the scene plays, its time remapping included."""
    found = np.empty((len(frames), len(paths)))
    with _stage(scene, [], block, paths) as (stage, proxy):
        stage.render.frame_map_old, stage.render.frame_map_new = scene.render.frame_map_old, scene.render.frame_map_new
        for row, frame in zip(found, frames, strict=True):
            stand_in = proxy.evaluated_get(_go_to(stage, frame))
            row[:] = [stand_in[str(i)] for i in range(len(paths))]
    return found


def _go_to(stage: bpy.types.Scene, frame: float) -> bpy.types.Depsgraph:
    whole = int(frame // 1)
    stage.frame_set(whole, subframe=float(frame) - whole)
    return stage.view_layers[0].depsgraph


@contextmanager
def _one_key(picture: bpy.types.Object) -> Iterator[None]:
    """An empty that is parented to the picture has its mesh evaluated too; one key of it costs a fraction of all."""
    alone, active = picture.show_only_shape_key, picture.active_shape_key_index
    picture.active_shape_key_index = 0
    picture.show_only_shape_key = True
    try:
        yield
    finally:
        picture.show_only_shape_key = alone
        picture.active_shape_key_index = active


@contextmanager
def _stage(
    scene: bpy.types.Scene, objects: Sequence[bpy.types.Object], block: bpy.types.ID, paths: Sequence[str]
) -> Iterator[tuple[bpy.types.Scene, bpy.types.Object]]:
    """A scene with the objects and with a stand-in that drivers give the block's properties: "0", "1", …"""
    stage = bpy.data.scenes.new(_PROXY)
    proxy = bpy.data.objects.new(_PROXY, None)
    try:
        stage.render.fps, stage.render.fps_base = scene.render.fps, scene.render.fps_base
        for obj in dict.fromkeys([*objects, proxy]):
            stage.collection.objects.link(obj)
        for index, path in enumerate(paths):
            proxy[str(index)] = 0.0
            driver = proxy.driver_add(control_path(str(index))).driver
            variable = driver.variables.new()
            variable.name = "x"
            target = variable.targets[0]
            target.id_type = block.id_type
            target.id = block
            target.data_path = path
            driver.expression = "x"
        yield stage, proxy
    finally:
        bpy.data.objects.remove(proxy)
        bpy.data.scenes.remove(stage)
