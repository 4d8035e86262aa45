# SPDX-License-Identifier: GPL-3.0-or-later
"""Notices when what a bake depends on was edited: marks it out of date and, where that is wanted, bakes again.

One handler, on edits: Blender calls it after somebody has changed something and never for a frame of the playback or of
a render. It reads a fingerprint, writes nothing into the file, and what has to be written is done by an operator.
"""

from __future__ import annotations

import contextlib

import bpy
from bpy.app.handlers import persistent

from .. import scene
from ..scene.masks import has_mask

__all__ = ["check", "forget", "is_stale", "register", "settle", "unregister"]

# Long enough for the next twitch of a slider to come first.
DELAY_SECONDS = 0.4
# Modal operators in whose middle nothing may be baked: each has an undo step of its own.
_DRAGS = ("TRANSFORM_OT_", "GID_OT_")

# session_uid of pictures whose bake is out of date; panels look here and compute nothing.
_stale: set[int] = set()
_painted: set[int] = set()
# Whatever excitations of baked pictures follow, as it was at the last look.
_followed: set[int] = set()


def is_stale(picture: bpy.types.Object) -> bool:
    """Whether something was edited since the last bake of a picture."""
    return picture.session_uid in _stale


def settle(target: bpy.types.Scene, picture: bpy.types.Object) -> None:
    """The bake of a picture is what it should be now."""
    picture.gid.bake.fingerprint = scene.fingerprint(target, picture)
    _followed.update(obj.session_uid for obj in scene.dependencies(scene.empties_of(target, picture)))
    forget(picture)


def forget(picture: bpy.types.Object) -> None:
    """The picture has no bake any more."""
    _painted.discard(picture.session_uid)
    _stale.discard(picture.session_uid)


def check(target: bpy.types.Scene) -> None:
    """Compare each baked picture of a scene with its fingerprint."""
    _followed.clear()
    for picture in target.objects:
        if not scene.is_motion_object(picture) or not picture.gid.bake.fingerprint:
            continue
        _followed.update(obj.session_uid for obj in scene.dependencies(scene.empties_of(target, picture)))
        changed = scene.fingerprint(target, picture) != picture.gid.bake.fingerprint
        uid = picture.session_uid
        if changed or uid in _painted:
            _stale.add(uid)
            if picture.gid.bake.auto and not bpy.app.background:
                _bake_later()
        else:
            _stale.discard(uid)


def _bake_later() -> None:
    if bpy.app.timers.is_registered(_bake_again):
        bpy.app.timers.unregister(_bake_again)
    bpy.app.timers.register(_bake_again, first_interval=DELAY_SECONDS)


def _bake_again() -> float | None:
    """Bake what is stale and wants to be; waits while somebody drags or plays."""
    manager = bpy.context.window_manager
    playing = any(window.screen.is_animation_playing for window in manager.windows)
    if _running(_DRAGS) or playing or bpy.app.is_job_running("RENDER"):
        return DELAY_SECONDS
    for window in manager.windows:
        wanted = [o for o in window.scene.objects if o.session_uid in _stale and o.gid.bake.auto]
        if wanted:
            with bpy.context.temp_override(window=window):
                for picture in wanted:
                    # Why it failed stays in the panel; the next edit tries again.
                    with contextlib.suppress(RuntimeError):
                        bpy.ops.gid.bake("EXEC_DEFAULT", True, picture=picture.name)
    return None


@persistent
def _edited(target: bpy.types.Scene, graph: bpy.types.Depsgraph) -> None:
    # A hand on the picture changes it sixty times a second, and puts everything back.
    if _running(("GID_OT_touch",)) or bpy.app.is_job_running("RENDER"):
        return
    relevant = False
    for update in graph.updates:
        block = update.id
        if isinstance(block, bpy.types.Object):
            relevant = relevant or block.original.session_uid in _followed or _concerns(block)
        elif isinstance(block, bpy.types.Mesh) and update.is_updated_geometry:
            relevant = _mark_painted(target, block.original) or relevant
        elif isinstance(block, bpy.types.Action | bpy.types.Scene):
            relevant = True
    if relevant:
        check(target)


def _concerns(obj: bpy.types.Object) -> bool:
    return scene.is_motion_object(obj) or scene.is_excitation(obj)


def _running(prefixes: tuple[str, ...]) -> bool:
    windows = bpy.context.window_manager.windows
    return any(op.bl_idname.startswith(prefixes) for window in windows for op in window.modal_operators)


def _mark_painted(target: bpy.types.Scene, mesh: bpy.types.Mesh) -> bool:
    """Weights of 41,000 vertices are too many to compare at each edit: any edit of the mesh counts as one of them."""
    # In these modes a mesh is edited by hand; elsewhere updates come from drivers and shape keys.
    if bpy.context.mode not in {"PAINT_WEIGHT", "SCULPT", "EDIT_MESH"}:
        return False
    edited = [obj for obj in target.objects if obj.data == mesh and scene.is_motion_object(obj)]
    if bpy.context.mode == "PAINT_WEIGHT":
        areas = {obj: any(e.gid.excitation.area for e in scene.empties_of(target, obj)) for obj in edited}
        edited = [obj for obj in edited if areas[obj] or has_mask(obj)]
    _painted.update(obj.session_uid for obj in edited)
    return bool(edited)


@persistent
def _loaded(*_: object) -> None:
    _stale.clear()
    _painted.clear()
    for target in bpy.data.scenes:
        check(target)


def register() -> None:
    bpy.app.handlers.depsgraph_update_post.append(_edited)
    bpy.app.handlers.load_post.append(_loaded)
    bpy.app.handlers.undo_post.append(_loaded)
    bpy.app.handlers.redo_post.append(_loaded)


def unregister() -> None:
    bpy.app.handlers.redo_post.remove(_loaded)
    bpy.app.handlers.undo_post.remove(_loaded)
    bpy.app.handlers.load_post.remove(_loaded)
    bpy.app.handlers.depsgraph_update_post.remove(_edited)
    if bpy.app.timers.is_registered(_bake_again):
        bpy.app.timers.unregister(_bake_again)
    _stale.clear()
