# SPDX-License-Identifier: GPL-3.0-or-later
"""Lets a mask take effect soon after a stroke of the brush or another setting.

Blender tells nobody that an image was painted; but it marks the image as changed until it is saved or packed. While
somebody paints, a timer looks for that mark. Other settings are noticed by the edit of their object. Neither runs for
frames of a playback or of a render.
"""

from __future__ import annotations

import zlib

import bpy
import numpy as np
from bpy.app.handlers import persistent

from .. import scene
from ..scene import masks
from ..scene.mask_overlay import is_overlaid
from .session import session

__all__ = ["begin", "end", "keep", "painted", "register", "schedule", "settle", "unregister"]

LOOK_SECONDS = 0.25
# In the middle of these nothing is written: a stroke, a drag, a hand on the picture.
_BUSY = ("PAINT_OT_", "TRANSFORM_OT_", "GID_OT_touch", "GID_OT_mask")

# session_uid of the objects whose masks are being painted, and of those to be looked at once in any case.
_painting: set[int] = set()
_forced: set[int] = set()
# What a mask was told to be made of when that failed, so that it is not tried again and again.
_failed: dict[int, str] = {}
# Of images that lie in a file of their own and are not packed: a checksum of what was seen last.
_seen: dict[int, int] = {}


def begin(obj: bpy.types.Object) -> None:
    """The mask of an object is going to be painted."""
    _painting.add(obj.session_uid)
    schedule()


def end(obj: bpy.types.Object) -> None:
    """The mask of an object is not painted any more."""
    _painting.discard(obj.session_uid)


def schedule() -> None:
    """Look soon. In the background there are no timers; there, `gid.mask_update` is called."""
    if not bpy.app.background and not bpy.app.timers.is_registered(_look):
        bpy.app.timers.register(_look, first_interval=LOOK_SECONDS)


def painted(obj: bpy.types.Object) -> bool:
    """Whether the mask's image was painted on since it was last taken."""
    image = masks.mask_image(obj)
    if image is None or not image.is_dirty:
        return False
    return image.packed_file is not None or _seen.get(image.session_uid) != _checksum(image)


def settle(obj: bpy.types.Object) -> None:
    """The mask of an object is what it should be now; keep its image in the file, where that is where it belongs."""
    _forced.discard(obj.session_uid)
    _failed.pop(obj.session_uid, None)
    image = masks.mask_image(obj)
    if image is not None and image.is_dirty:
        keep(image)
        if image.is_dirty:
            _seen[image.session_uid] = _checksum(image)


def keep(image: bpy.types.Image) -> None:
    """Pack what was painted again; an image in a file of its own is saved by whoever painted it."""
    if image.is_dirty and image.library is None and (image.packed_file is not None or image.source == "GENERATED"):
        image.pack()


def _look() -> float | None:
    """Bring masks up to date; goes on for as long as somebody paints."""
    manager = bpy.context.window_manager
    busy = any(op.bl_idname.startswith(_BUSY) for window in manager.windows for op in window.modal_operators)
    if busy or bpy.app.is_job_running("RENDER"):
        return LOOK_SECONDS
    for obj in bpy.data.objects:
        uid = obj.session_uid
        if not _is_own(obj) or _failed.get(uid) == masks.told(obj):
            continue
        if uid in _forced or masks.sources_changed(obj) or (uid in _painting and painted(obj)):
            try:
                masks.update_mask(obj, quick=True)
                settle(obj)
            except scene.SceneError as error:
                _failed[uid] = masks.told(obj)
                _forced.discard(uid)
                session.fail(error)
    return LOOK_SECONDS if _painting else None


def _is_own(obj: bpy.types.Object) -> bool:
    """Whether an object has a mask that can be changed in this file."""
    return "gid_mask_made_of" in obj and obj.library is None and obj.override_library is None


def _checksum(image: bpy.types.Image) -> int:
    values = np.empty(len(image.pixels), np.float32)
    image.pixels.foreach_get(values)
    return zlib.crc32(values.view(np.uint8))


@persistent
def _edited(_: bpy.types.Scene, graph: bpy.types.Depsgraph) -> None:
    for update in graph.updates:
        if isinstance(update.id, bpy.types.Object):
            obj = update.id.original
            if _is_own(obj) and masks.sources_changed(obj):
                schedule()
                return


@persistent
def _undone(*_: object) -> None:
    # What was undone may be a stroke, whose image Blender brings back without a word.
    if _painting:
        _forced.update(_painting)
        schedule()


@persistent
def _loaded(*_: object) -> None:
    for known in (_painting, _forced, _failed, _seen):
        known.clear()
    for obj in bpy.data.objects:
        if is_overlaid(obj):
            begin(obj)


@persistent
def _before_saving(*_: object) -> None:
    for obj in bpy.data.objects:
        image = masks.mask_image(obj)
        if image is not None:
            keep(image)


_HANDLERS = (
    ("depsgraph_update_post", _edited),
    ("undo_post", _undone),
    ("redo_post", _undone),
    ("load_post", _loaded),
    ("save_pre", _before_saving),
)


def register() -> None:
    for name, handler in _HANDLERS:
        getattr(bpy.app.handlers, name).append(handler)


def unregister() -> None:
    for name, handler in reversed(_HANDLERS):
        getattr(bpy.app.handlers, name).remove(handler)
    if bpy.app.timers.is_registered(_look):
        bpy.app.timers.unregister(_look)
    for known in (_painting, _forced, _failed, _seen):
        known.clear()
