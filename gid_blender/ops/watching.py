# SPDX-License-Identifier: GPL-3.0-or-later
"""Notices when what a bake depends on was edited: marks it out of date and, where that is wanted, bakes again.

One handler, on edits: Blender calls it after somebody has changed something and never for a frame of the playback or of
a render. It reads a fingerprint, writes nothing into the file, and what has to be written is done by an operator.
"""

from __future__ import annotations

import bpy
from bpy.app.handlers import persistent

from .. import scene

__all__ = ["check", "forget", "is_stale", "register", "settle", "unregister"]

# Long enough for the next twitch of a slider to come first.
DELAY_SECONDS = 0.4
_RELEVANT = (bpy.types.Object, bpy.types.Action, bpy.types.Scene, bpy.types.Mesh)
# Modal operators in whose middle nothing may be baked: each has an undo step of its own.
_DRAGS = ("TRANSFORM_OT_", "GID_OT_")

# session_uid of pictures whose bake is out of date; panels look here and compute nothing.
_stale: set[int] = set()
_painted: set[int] = set()


def is_stale(picture: bpy.types.Object) -> bool:
    """Whether something was edited since the last bake of a picture."""
    return picture.session_uid in _stale


def settle(target: bpy.types.Scene, picture: bpy.types.Object) -> None:
    """The bake of a picture is what it should be now."""
    picture.gid.bake.fingerprint = scene.fingerprint(target, picture)
    forget(picture)


def forget(picture: bpy.types.Object) -> None:
    """The picture has no bake any more."""
    _painted.discard(picture.session_uid)
    _stale.discard(picture.session_uid)


def check(target: bpy.types.Scene) -> None:
    """Compare each baked picture of a scene with its fingerprint."""
    for picture in target.objects:
        if not scene.is_motion_object(picture) or not picture.gid.bake.fingerprint:
            continue
        changed = scene.fingerprint(target, picture) != picture.gid.bake.fingerprint
        uid = picture.session_uid
        if changed or uid in _painted:
            _stale.add(uid)
            if picture.gid.bake.auto and not bpy.app.background and not bpy.app.timers.is_registered(_bake_again):
                bpy.app.timers.register(_bake_again, first_interval=DELAY_SECONDS)
        else:
            _stale.discard(uid)


def _bake_again() -> float | None:
    """Bake what is stale and wants to be; waits while somebody drags or plays."""
    manager = bpy.context.window_manager
    dragging = any(
        operator.bl_idname.startswith(_DRAGS) for window in manager.windows for operator in window.modal_operators
    )
    playing = any(window.screen.is_animation_playing for window in manager.windows)
    if dragging or playing or bpy.app.is_job_running("RENDER"):
        return DELAY_SECONDS
    for window in manager.windows:
        wanted = [o for o in window.scene.objects if o.session_uid in _stale and o.gid.bake.auto]
        if wanted:
            with bpy.context.temp_override(window=window):
                for picture in wanted:
                    if bpy.ops.gid.bake("EXEC_DEFAULT", True, picture=picture.name) != {"FINISHED"}:
                        # Once is enough to be told; the next edit tries again.
                        picture.gid.bake.auto = False
    return None


@persistent
def _edited(target: bpy.types.Scene, graph: bpy.types.Depsgraph) -> None:
    if bpy.app.is_job_running("RENDER"):
        return
    relevant = False
    for update in graph.updates:
        if isinstance(update.id, _RELEVANT):
            relevant = True
            if isinstance(update.id, bpy.types.Mesh) and update.is_updated_geometry:
                _mark_painted(target, update.id.original)
    if relevant:
        check(target)


def _mark_painted(target: bpy.types.Scene, mesh: bpy.types.Mesh) -> None:
    """Weights of 41,000 vertices are too many to compare at each edit: any edit of the mesh counts as one of them."""
    # In these modes a mesh is edited by hand; elsewhere updates come from drivers and shape keys.
    if bpy.context.mode in {"PAINT_WEIGHT", "SCULPT", "EDIT_MESH"}:
        _painted.update(obj.session_uid for obj in target.objects if obj.data == mesh)


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
