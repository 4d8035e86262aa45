# SPDX-License-Identifier: GPL-3.0-or-later
"""Finding datablocks again after a while: a reference kept across undo or a loaded file would crash Blender."""

from __future__ import annotations

import bpy

from ..scene import SceneError

__all__ = ["collection_again", "image_again", "object_again", "scene_again"]


def scene_again(uid: int) -> bpy.types.Scene:
    """The scene of that `session_uid`. Raises SceneError when it is gone."""
    return _again(bpy.data.scenes, uid, "The scene was deleted while its motion was on the way.")


def collection_again(uid: int) -> bpy.types.Collection:
    """The collection of that `session_uid`. Raises SceneError when it is gone."""
    return _again(bpy.data.collections, uid, "The collection was deleted while its motion was on the way.")


def image_again(uid: int) -> bpy.types.Image:
    """The image of that `session_uid`. Raises SceneError when it is gone."""
    return _again(bpy.data.images, uid, "The picture was deleted while its motion was on the way.")


def object_again(uid: int) -> bpy.types.Object:
    """The object of that `session_uid`. Raises SceneError when it is gone."""
    return _again(bpy.data.objects, uid, "The object was deleted while its motion was on the way.")


def _again(collection: bpy.types.bpy_prop_collection, uid: int, gone: str) -> bpy.types.ID:
    for block in collection:
        if block.session_uid == uid:
            return block
    raise SceneError(
        gone,
        "Undo the deletion and start again; a motion that was predicted once comes from the cache.",
    )
