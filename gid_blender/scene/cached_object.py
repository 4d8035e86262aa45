# SPDX-License-Identifier: GPL-3.0-or-later
"""An object that plays a point cache: no keys, no drivers, a file beside the .blend instead."""

from __future__ import annotations

from pathlib import Path

import bpy

from .doubles import play_cache
from .exchange import ExportSettings
from .film import film
from .objects import home_of
from .relative import relative_path

__all__ = ["cached_object"]


def cached_object(
    scene: bpy.types.Scene, obj: bpy.types.Object, path: Path, settings: ExportSettings, *, cyclic: bool
) -> bpy.types.Object:
    """A copy of an object, at its place, that a Mesh Cache modifier moves as the file says.

    Args:
        scene: it plays in.
        obj: what was exported.
        path: of the PC2 or MDD file; kept relative to a saved .blend.
        settings: it was exported with.
        cyclic: whether the last frame is the first again, so that it plays for ever.

    Raises:
        SceneError: as `film`.
    """
    with film(scene, obj, settings.frames[:1], columns=settings.columns) as first:
        mesh = first.mesh.copy()
    mesh.name = f"{obj.data.name} Cache"
    made = bpy.data.objects.new(f"{obj.name} Cache", mesh)
    home = home_of(scene, obj)
    if home.library is not None:
        home = scene.collection
    home.objects.link(made)
    if obj.parent is not None:
        made.parent, made.matrix_parent_inverse = obj.parent, obj.matrix_parent_inverse
    made.matrix_basis = obj.matrix_basis
    modifier = play_cache(
        made,
        relative_path(path),
        kind="PC2" if path.suffix.lower() == ".pc2" else "MDD",
        start=settings.first,
        step=settings.step,
    )
    if cyclic:
        _play_for_ever(modifier, settings)
    return made


def _play_for_ever(modifier: bpy.types.Modifier, settings: ExportSettings) -> None:
    modifier.play_mode, modifier.time_mode = "CUSTOM", "FRAME"
    modifier.frame_start, modifier.frame_scale = 0.0, 1.0
    curve = modifier.driver_add("eval_frame")
    for extra in list(curve.modifiers):
        curve.modifiers.remove(extra)
    curve.keyframe_points.clear()
    frames = settings.frames
    length = frames[-1] - frames[0]
    # A simple expression, which Blender evaluates without Python; twice fmod, because frames before the first are
    # below zero.
    curve.driver.type = "SCRIPTED"
    curve.driver.expression = f"fmod(fmod(frame-{frames[0]},{length})+{length},{length})/{settings.step}"
