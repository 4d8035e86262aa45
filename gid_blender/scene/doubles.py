# SPDX-License-Identifier: GPL-3.0-or-later
"""Doubles of an object for exporters: its motion as a cache or as plain morphs, its way as plain keyframes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Literal

import bpy
import numpy as np
import numpy.typing as npt
from mathutils import Matrix

from .morphs import Morphs
from .shape_keys import MAX_VALUE

__all__ = ["double", "key_matrices", "play_cache", "play_morphs"]

# Two matrices that differ by less are one: float32 with a few roundings.
_STILL = 1e-6


@contextmanager
def double(stage: bpy.types.Scene, obj: bpy.types.Object, mesh: bpy.types.Mesh) -> Iterator[bpy.types.Object]:
    """An object with that mesh in a scene, for as long as this lasts under the names that `obj` and its mesh have."""
    # What is linked has a namespace of its own, and cannot be renamed.
    blocks = {block: block.name for block in (obj, obj.data) if block.library is None}
    names = obj.name, obj.data.name
    made = None
    try:
        for block in blocks:
            block.name = "gid original"
        made = bpy.data.objects.new(names[0], mesh)
        mesh.name = names[1]
        stage.collection.objects.link(made)
        yield made
    finally:
        if made is not None:
            owners = [made, *([mesh.shape_keys] if mesh.shape_keys is not None else [])]
            actions = {block.animation_data.action for block in owners if block.animation_data is not None}
            made.shape_key_clear()
            bpy.data.objects.remove(made)
            for action in actions - {None}:
                bpy.data.actions.remove(action)
            mesh.name = "gid film"
        for block, name in blocks.items():
            block.name = name


def key_matrices(obj: bpy.types.Object, matrices: Sequence[Matrix], frames: Sequence[float]) -> None:
    """Put the object where it is, or key its way when it goes somewhere."""
    obj.rotation_mode = "QUATERNION"
    obj.matrix_world = matrices[0]
    if all(np.abs(np.array(m) - np.array(matrices[0])).max() < _STILL for m in matrices):
        return
    rows, before = [], None
    for matrix in matrices:
        place, turn, scale = matrix.decompose()
        if before is not None:
            # q and -q are the same turn, and between them lies the long way round.
            turn.make_compatible(before)
        before = turn
        rows.append([*place, *turn, *scale])
    values = np.array(rows)
    paths = [("location", i) for i in range(3)] + [("rotation_quaternion", i) for i in range(4)]
    for column, (path, index) in enumerate([*paths, *(("scale", i) for i in range(3))]):
        _key(obj, path, index, frames, values[:, column])


def play_cache(
    obj: bpy.types.Object, path: str, *, kind: Literal["PC2", "MDD"], start: float, step: float = 1.0
) -> bpy.types.Modifier:
    """Let a file move the object's vertices from frame `start` on, one sample every `step` frames."""
    modifier = obj.modifiers.new("Image Dynamics", "MESH_CACHE")
    modifier.cache_format = kind
    modifier.filepath = path
    # The axes of Blender, which the file has as well.
    modifier.forward_axis, modifier.up_axis = "POS_Y", "POS_Z"
    # Blender scales first: sample = frame · scale - start.
    modifier.frame_start, modifier.frame_scale = start / step, 1.0 / step
    return modifier


def play_morphs(obj: bpy.types.Object, morphs: Morphs, frames: Sequence[float]) -> None:
    """Give the object shape keys for the targets, and keyframes for the weights."""
    obj.data.vertices.foreach_set("co", morphs.basis.ravel())
    obj.shape_key_add(name="Basis", from_mix=False)
    for column, (name, target) in enumerate(zip(morphs.names, morphs.targets, strict=True)):
        key = obj.shape_key_add(name=name, from_mix=False)
        key.slider_min, key.slider_max = -MAX_VALUE, MAX_VALUE
        key.points.foreach_set("co", (morphs.basis + target).ravel())
        # The pose of programs that show no animation.
        key.value = morphs.weights[0, column]
        path = f'key_blocks["{bpy.utils.escape_identifier(name)}"].value'
        _key(obj.data.shape_keys, path, 0, frames, morphs.weights[:, column])
    obj.data.update()


def _key(block: bpy.types.ID, path: str, index: int, frames: Sequence[float], values: npt.NDArray[np.float64]) -> None:
    animation = block.animation_data_create()
    if animation.action is None:
        animation.action = bpy.data.actions.new("gid export")
    points = animation.action.fcurve_ensure_for_datablock(block, path, index=index).keyframe_points
    points.add(len(frames))
    points.foreach_set("co", np.stack([frames, values], axis=1).astype(np.float32).ravel())
    linear = bpy.types.Keyframe.bl_rna.properties["interpolation"].enum_items["LINEAR"].value
    points.foreach_set("interpolation", np.full(len(frames), linear, np.int32))
