# SPDX-License-Identifier: GPL-3.0-or-later
"""What animated things are at many frames, without playing the scene: parents, constraints, drivers and NLA included.

The things are put into a scene of their own, which evaluates them and what they depend on and nothing else, and whose
playhead may run wherever it likes. Nobody's scene is touched, and F-curves' frames are its frames, whatever the time
remapping of a render is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import bpy
from mathutils import Matrix

from .controls import control_path

__all__ = ["Look", "is_animated", "moves", "samples"]

_PROXY = "gid sampling"


@dataclass(frozen=True)
class Look:
    """How things are at one frame.

    Attributes:
        frame: at which.
        relative: of each object, its matrix in the picture's coordinates.
        strength, reach: of each, as an excitation.
        controls: of the picture, by name.
    """

    frame: float
    relative: list[Matrix]
    strength: list[float]
    reach: list[float]
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
    with _stage(scene, picture, objects, controls) as (stage, proxy):
        layer = stage.view_layers[0]
        for frame in frames:
            whole = int(frame // 1)
            stage.frame_set(whole, subframe=float(frame) - whole)
            graph = layer.depsgraph
            stand_in = proxy.evaluated_get(graph)
            inverse = stand_in.matrix_world.inverted_safe()
            evaluated = [obj.evaluated_get(graph) for obj in objects]
            yield Look(
                float(frame),
                [inverse @ obj.matrix_world for obj in evaluated],
                [obj.gid.excitation.strength for obj in evaluated],
                [obj.gid.excitation.reach for obj in evaluated],
                {name: float(stand_in[name]) for name in controls},
            )


@contextmanager
def _stage(
    scene: bpy.types.Scene, picture: bpy.types.Object, objects: Sequence[bpy.types.Object], controls: Sequence[str]
) -> Iterator[tuple[bpy.types.Scene, bpy.types.Object]]:
    stage = bpy.data.scenes.new(_PROXY)
    proxy = bpy.data.objects.new(_PROXY, None)
    # An empty that is parented to the picture has its mesh evaluated too; one key of it costs a fraction of all.
    alone, active = picture.show_only_shape_key, picture.active_shape_key_index
    try:
        stage.render.fps, stage.render.fps_base = scene.render.fps, scene.render.fps_base
        for obj in dict.fromkeys([*objects, proxy]):
            stage.collection.objects.link(obj)
        # Stands in for the picture, which need not be in the stage itself.
        follow = proxy.constraints.new("COPY_TRANSFORMS")
        follow.target = picture
        for name in controls:
            proxy[name] = 0.0
            driver = proxy.driver_add(control_path(name)).driver
            variable = driver.variables.new()
            variable.name = "x"
            variable.targets[0].id = picture
            variable.targets[0].data_path = control_path(name)
            driver.expression = "x"
        picture.active_shape_key_index = 0
        picture.show_only_shape_key = True
        yield stage, proxy
    finally:
        picture.show_only_shape_key = alone
        picture.active_shape_key_index = active
        bpy.data.objects.remove(proxy)
        bpy.data.scenes.remove(stage)
