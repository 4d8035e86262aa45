# SPDX-License-Identifier: GPL-3.0-or-later
"""Notices when what a bake depends on was edited: marks it out of date and, where that is wanted, bakes again.

One handler, on edits: Blender calls it after somebody has changed something and never for a frame of the playback or of
a render. It reads a fingerprint, writes nothing into the file, and what has to be written is done by an operator.
Undo, redo and loading mark, but bake nothing: a bake is an undo step, and would take away what can be redone.
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
# Modes in which weights are painted: those of areas and masks, and masks as images.
_PAINTING = {"PAINT_WEIGHT", "PAINT_TEXTURE"}
_BY_HAND = {*_PAINTING, "SCULPT", "EDIT_MESH"}
# Modal operators in whose middle nothing may be baked: each has an undo step of its own.
_DRAGS = ("TRANSFORM_OT_", "GID_OT_")

# session_uid of pictures whose bake is out of date; panels look here and compute nothing.
_stale: set[int] = set()
# Those whose weights or shapes are others, and those that somebody is painting or sculpting.
_painted: set[int] = set()
_painting: set[int] = set()
# Those to be baked by the timer.
_due: set[int] = set()
# What each was like at the last look: its fingerprint, and whether it is baked automatically.
_seen: dict[int, tuple[str, bool]] = {}
# Whatever excitations of baked pictures follow, as it was at the last look.
_followed: set[int] = set()


def is_stale(picture: bpy.types.Object) -> bool:
    """Whether something was edited since the last bake of a picture."""
    return picture.session_uid in _stale


def settle(target: bpy.types.Scene, picture: bpy.types.Object) -> None:
    """The bake of a picture is what it should be now."""
    settings = picture.gid.bake
    settings.fingerprint = scene.fingerprint(target, picture)
    settings.weights = scene.weights_fingerprint(target, picture)
    _seen[picture.session_uid] = (settings.fingerprint, settings.auto)
    _follow(target, picture)
    forget(picture)


def forget(picture: bpy.types.Object) -> None:
    """The picture has no bake any more."""
    for marked in (_painted, _painting, _stale, _due):
        marked.discard(picture.session_uid)


def check(target: bpy.types.Scene, *, edited: bool = True) -> None:
    """Compare each baked picture of a scene with its fingerprint.

    Args:
        target: the scene.
        edited: whether somebody has edited something, after which a picture may be baked automatically; otherwise
            everything may be another, weights included, and nothing is baked.
    """
    _followed.clear()
    for picture in target.objects:
        if not _is_baked(picture):
            continue
        uid, settings = picture.session_uid, picture.gid.bake
        _follow(target, picture)
        is_over = uid in _painting and bpy.context.mode not in _BY_HAND
        if is_over or not edited:
            _painting.discard(uid)
            _look_at_weights(target, picture)
        found = scene.fingerprint(target, picture)
        before, _seen[uid] = _seen.get(uid), (found, settings.auto)
        if found == settings.fingerprint and uid not in _painted:
            _stale.discard(uid)
            _due.discard(uid)
            continue
        # Blender tells of an undo as of an edit, and that by which nothing has changed is none.
        news = before != (found, settings.auto) or uid in _painting or uid not in _stale
        _stale.add(uid)
        if edited and news and settings.auto:
            _due.add(uid)
            if not bpy.app.background:
                _bake_later()


def _follow(target: bpy.types.Scene, picture: bpy.types.Object) -> None:
    _followed.update(obj.session_uid for obj in scene.dependencies(picture, scene.empties_of(target, picture)))


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
        wanted = [o for o in window.scene.objects if o.session_uid in _due and o.gid.bake.auto]
        _due.difference_update(picture.session_uid for picture in wanted)
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
    # Who stops painting tells of no edit that concerns a bake.
    if relevant or (_painting and bpy.context.mode not in _BY_HAND):
        check(target)


def _concerns(obj: bpy.types.Object) -> bool:
    return scene.is_motion_object(obj) or scene.is_excitation(obj)


def _running(prefixes: tuple[str, ...]) -> bool:
    windows = bpy.context.window_manager.windows
    return any(op.bl_idname.startswith(prefixes) for window in windows for op in window.modal_operators)


def _mark_painted(target: bpy.types.Scene, mesh: bpy.types.Mesh) -> bool:
    """Weights of 41,000 vertices are too many to compare at each stroke: once they differ, they are left alone.

    When the painting is over, they may be what they were.
    """
    # In these modes a mesh is edited by hand; elsewhere updates come from drivers and shape keys.
    mode = bpy.context.mode
    if mode not in _BY_HAND:
        return False
    edited = [obj for obj in target.objects if obj.data == mesh and _is_baked(obj)]
    if mode in _PAINTING:
        areas = {obj: any(e.gid.excitation.area for e in scene.empties_of(target, obj)) for obj in edited}
        edited = [obj for obj in edited if (areas[obj] and mode == "PAINT_WEIGHT") or has_mask(obj)]
    for picture in edited:
        _painting.add(picture.session_uid)
        # What is edited as a mesh is not in its shape keys before the end.
        if picture.session_uid not in _painted and mode != "EDIT_MESH":
            _look_at_weights(target, picture)
    return any(picture.session_uid in _painted for picture in edited)


def _look_at_weights(target: bpy.types.Scene, picture: bpy.types.Object) -> None:
    if scene.weights_fingerprint(target, picture) == picture.gid.bake.weights:
        _painted.discard(picture.session_uid)
    else:
        _painted.add(picture.session_uid)


def _is_baked(obj: bpy.types.Object) -> bool:
    return scene.is_motion_object(obj) and bool(obj.gid.bake.fingerprint)


@persistent
def _loaded(*_: object) -> None:
    _forget_all()
    for target in bpy.data.scenes:
        check(target, edited=False)


def _forget_all() -> None:
    for marked in (_stale, _painted, _painting, _due, _seen):
        marked.clear()


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
    _forget_all()
