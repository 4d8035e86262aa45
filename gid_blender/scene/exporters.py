# SPDX-License-Identifier: GPL-3.0-or-later
"""Blender's own exporters, each with the options that carry a moving picture, on a scene that holds nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import addon_utils
import bpy

from .errors import SceneError

__all__ = ["write_alembic", "write_fbx", "write_gltf", "write_obj", "write_usd"]


def write_alembic(stage: bpy.types.Scene, path: Path, first: int, last: int, late: float) -> None:
    """Frames `first` to `last`, each `late` (0 to 1) frames after its number."""
    with _shown(stage):
        _require(
            bpy.ops.wm.alembic_export(
                "EXEC_DEFAULT",
                filepath=str(path),
                check_existing=False,
                start=first,
                end=last,
                init_scene_frame_range=False,
                sh_open=late,
                sh_close=1.0,
                # Others make their own; together they would double the file.
                normals=False,
                orcos=False,
                export_hair=False,
                export_particles=False,
                export_custom_properties=False,
                as_background_job=False,
            )
        )


def write_usd(stage: bpy.types.Scene, path: Path) -> None:
    """All frames of the scene; textures where the materials say they are."""
    with _shown(stage):
        _require(
            bpy.ops.wm.usd_export(
                "EXEC_DEFAULT",
                filepath=str(path),
                check_existing=False,
                export_animation=True,
                export_normals=False,
                export_hair=False,
                export_armatures=False,
                export_shapekeys=False,
                export_lights=False,
                export_cameras=False,
                export_subdivision="IGNORE",
                export_custom_properties=False,
                convert_world_material=False,
                export_textures_mode="NEW" if path.suffix == ".usdz" else "KEEP",
                relative_paths=True,
            )
        )


def write_gltf(stage: bpy.types.Scene, path: Path, step: int) -> None:
    """All frames of the scene, every `step`-th one, time beginning with the first."""
    # The exporter multiplies by the base where it has to divide.
    stage.render.fps_base = 1 / stage.render.fps_base
    with _enabled("io_scene_gltf2"), _shown(stage):
        _require(
            bpy.ops.export_scene.gltf(
                "EXEC_DEFAULT",
                filepath=str(path),
                check_existing=False,
                export_format="GLB",
                use_active_scene=True,
                export_normals=False,
                export_morph_normal=False,
                export_animation_mode="SCENE",
                export_anim_scene_split_object=False,
                export_frame_step=step,
                export_anim_slide_to_zero=True,
                export_optimize_animation_size=False,
            )
        )


def write_fbx(stage: bpy.types.Scene, path: Path, step: int) -> None:
    """All frames of the scene, every `step`-th one, textures inside the file."""
    with _enabled("io_scene_fbx"), _shown(stage):
        _require(
            bpy.ops.export_scene.fbx(
                "EXEC_DEFAULT",
                filepath=str(path),
                check_existing=False,
                object_types={"MESH"},
                bake_anim=True,
                bake_anim_use_nla_strips=False,
                bake_anim_use_all_actions=False,
                bake_anim_step=float(step),
                # Nothing is thinned out.
                bake_anim_simplify_factor=0.0,
                path_mode="COPY",
                embed_textures=True,
            )
        )


def write_obj(stage: bpy.types.Scene, path: Path) -> None:
    """The mesh as it lies in its own coordinates, with the vertices in their own order."""
    with _shown(stage):
        _require(
            bpy.ops.wm.obj_export(
                "EXEC_DEFAULT",
                filepath=str(path),
                check_existing=False,
                forward_axis="Y",
                up_axis="Z",
                apply_modifiers=False,
                export_normals=False,
                export_selected_objects=False,
                path_mode="RELATIVE",
            )
        )


@contextmanager
def _shown(stage: bpy.types.Scene) -> Iterator[None]:
    """The scene as the context's and the window's: exporters in Python look there, and leave it as they like."""
    windows = bpy.context.window_manager.windows
    window = bpy.context.window or (windows[0] if len(windows) else None)
    before = (window.scene, window.view_layer) if window is not None else None
    override: dict[str, Any] = {"window": window} if window is not None else {}
    try:
        if window is not None:
            window.scene = stage
        with bpy.context.temp_override(scene=stage, view_layer=stage.view_layers[0], **override):
            yield
    finally:
        if window is not None and before is not None:
            window.scene, window.view_layer = before


@contextmanager
def _enabled(name: str) -> Iterator[None]:
    """An exporter that is an add-on, enabled for as long as this lasts if it is not."""
    _, loaded = addon_utils.check(name)
    if not loaded and addon_utils.enable(name, default_set=False) is None:
        raise SceneError(f"Blender's add-on {name} cannot be enabled.", "Reinstall Blender.")
    try:
        yield
    finally:
        if not loaded:
            addon_utils.disable(name, default_set=False)


def _require(result: set[str]) -> None:
    if result != {"FINISHED"}:
        raise SceneError("Blender's exporter gave up.", "Its message is in Blender's status bar and console.")
