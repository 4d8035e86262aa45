# SPDX-License-Identifier: GPL-3.0-or-later
"""Which meshes can be moved through a camera, and why others cannot."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import bpy

from .errors import SceneError
from .mesh_view import is_through_camera, leader_of
from .stand_ins import DEFORMING, MAYBE

__all__ = [
    "MOST_OBJECTS",
    "MOST_VERTICES",
    "followers_of",
    "meshes_in",
    "meshes_of",
    "require_targets",
    "shown_otherwise",
    "with_followers",
]

# 32 keys of a million vertices are 400 MB in the .blend, and a second a frame.
MOST_VERTICES = 1_000_000
MOST_OBJECTS = 500


def meshes_in(scene: bpy.types.Scene, collection: bpy.types.Collection) -> list[bpy.types.Object]:
    """The meshes of a collection and of those in it, by name.

    Raises:
        SceneError: when there are none, or only instances of it.
    """
    found = sorted((obj for obj in collection.all_objects if obj.type == "MESH"), key=lambda obj: obj.name)
    if not found:
        raise SceneError(f"The collection “{collection.name}” has no mesh.", "Choose one that has.")
    if not any(obj.name in scene.objects for obj in found):
        raise SceneError(
            f"The collection “{collection.name}” is only there as an instance, and instances share their vertices.",
            "Make its instances real (Object > Apply > Make Instances Real).",
        )
    return [obj for obj in found if obj.name in scene.objects]


def meshes_of(objects: Iterable[bpy.types.Object]) -> list[bpy.types.Object]:
    """The meshes among objects, in their order.

    Raises:
        SceneError: when there is none, saying why what is there cannot be moved.
    """
    objects = list(objects)
    found = [obj for obj in objects if obj.type == "MESH"]
    if found:
        return found
    if not objects:
        raise SceneError("No object is selected.", "Select the meshes that should move.")
    obj = objects[0]
    if obj.type == "EMPTY" and obj.instance_collection is not None:
        raise SceneError(
            f"“{obj.name}” is an instance of a collection, and instances share their vertices.",
            "Make it real (Object > Apply > Make Instances Real).",
        )
    kind = obj.bl_rna.properties["type"].enum_items[obj.type].name.lower()
    raise SceneError(f"“{obj.name}” is no mesh but of the kind {kind}.", "Convert it (Object > Convert > Mesh).")


def followers_of(scene: bpy.types.Scene, leader: bpy.types.Object) -> list[bpy.types.Object]:
    """The other objects that a leader's controls move, by name."""
    found = (obj for obj in scene.objects if leader_of(obj) == leader)
    return sorted(found, key=lambda obj: obj.name)


def with_followers(scene: bpy.types.Scene, objects: Sequence[bpy.types.Object]) -> list[bpy.types.Object]:
    """Objects, and those that their controls move: a new motion has to fit them all."""
    more = [follower for obj in objects if is_through_camera(obj) for follower in followers_of(scene, obj)]
    return list(dict.fromkeys([*objects, *more]))


def require_targets(objects: Sequence[bpy.types.Object], *, single_user: bool = True) -> None:
    """Refuse with a SceneError what cannot be moved through a camera.

    Args:
        objects: in Blender's scene.
        single_user: whether shared meshes may be made their own.
    """
    try:
        names = [obj.name for obj in objects]
    except ReferenceError:
        raise SceneError("A mesh was deleted meanwhile.", "Select what should move and start again.") from None
    if not objects:
        raise SceneError("No mesh is selected.", "Select the meshes that should move.")
    if len(names) > MOST_OBJECTS:
        raise SceneError(
            f"{len(names)} meshes are more than the {MOST_OBJECTS} that can move together.", "Join some (Ctrl J)."
        )
    for obj in objects:
        _require_target(obj)
    total = sum(len(obj.data.vertices) for obj in objects)
    if total > MOST_VERTICES:
        what = f"“{names[0]}” has" if len(names) == 1 else "The meshes have"
        raise SceneError(
            f"{what} {total:,} vertices, and at most {MOST_VERTICES:,} can be moved.",
            "Decimate them, or move a coarse copy that they follow by a Surface Deform modifier.",
        )
    shared = [obj for obj in objects if _is_shared(obj)]
    if shared and not single_user:
        raise SceneError(
            f"“{shared[0].name}” shares its mesh with other objects, which would move alike wherever they stand.",
            "Choose Single User, or Object > Relations > Make Single User.",
        )


def _require_target(obj: bpy.types.Object) -> None:
    mesh, name = obj.data, obj.name
    if obj.type != "MESH":
        meshes_of([obj])
    if obj.library is not None or mesh.library is not None:
        library = (obj.library or mesh.library).filepath
        raise SceneError(
            f"“{name}” is linked from {library}.", "Edit it there, or choose Object > Relations > Make Local > All."
        )
    if obj.override_library is not None or mesh.override_library is not None:
        raise SceneError(
            f"“{name}” is a library override, which takes no new shape keys.", "Choose Make Local > All first."
        )
    if obj.mode != "OBJECT":
        raise SceneError(f"“{name}” is being edited.", "Go to Object Mode (Tab) and try again.")
    if "gid_amplitude" in obj and "gid_columns" in mesh:
        raise SceneError(f"“{name}” is the plane of a picture, which has a motion of its own.", "Select other meshes.")
    if len(mesh.vertices) < 3:
        made = " Its modifiers make what is seen: apply them first." if len(obj.modifiers) else ""
        few = len(mesh.vertices)
        count = "no vertices" if few == 0 else "one vertex" if few == 1 else "two vertices"
        raise SceneError(f"“{name}” has {count}, so nothing of it can bend.{made}", "Select a mesh with faces.")
    if max(obj.dimensions) <= 0 and not any(obj.dimensions):
        raise SceneError(f"“{name}” has no size.", "Give it a scale (Alt S clears it), or another mesh.")
    keys = mesh.shape_keys
    if keys is not None and not keys.use_relative:
        raise SceneError(
            f"“{name}” has absolute shape keys, to which nothing can be added.", "Switch on Relative for them."
        )
    for modifier in obj.modifiers:
        if modifier.show_viewport:
            _require_whole(obj, modifier)


# Modifiers that deform by another object and are nothing without it.
_NEEDS_OBJECT = {"ARMATURE", "CURVE", "HOOK", "LATTICE", "MESH_DEFORM", "SHRINKWRAP", "SURFACE_DEFORM"}
# Those that have to be bound to do anything, and how they say that they are.
_BOUND = {
    "CORRECTIVE_SMOOTH": "is_bind",
    "LAPLACIANDEFORM": "is_bind",
    "MESH_DEFORM": "is_bound",
    "SURFACE_DEFORM": "is_bound",
}


def _require_whole(obj: bpy.types.Object, modifier: bpy.types.Modifier) -> None:
    """Refuse a modifier with nothing to go by: it does nothing, and something else once it has that again."""
    kind = modifier.type
    if kind in _NEEDS_OBJECT and any(getattr(modifier, field, True) is None for field in ("object", "target")):
        raise SceneError(
            f"The modifier “{modifier.name}” of “{obj.name}” has lost its object.", "Choose one, or remove it."
        )
    if kind in _BOUND and not getattr(modifier, _BOUND[kind]) and getattr(modifier, "rest_source", "BIND") == "BIND":
        raise SceneError(f"The modifier “{modifier.name}” of “{obj.name}” is not bound.", "Bind it, or remove it.")
    if kind == "NODES" and modifier.node_group is None:
        raise SceneError(
            f"The modifier “{modifier.name}” of “{obj.name}” has lost its nodes.", "Choose some, or remove it."
        )
    if kind == "MESH_SEQUENCE_CACHE" and modifier.cache_file is None:
        raise SceneError(
            f"The modifier “{modifier.name}” of “{obj.name}” has lost its cache.", "Choose one, or remove it."
        )
    holder = {"MESH_CACHE": modifier, "MESH_SEQUENCE_CACHE": getattr(modifier, "cache_file", None)}.get(kind)
    if holder is not None:
        library = holder.library if isinstance(holder, bpy.types.ID) else obj.library
        path = Path(bpy.path.abspath(holder.filepath, library=library)) if holder.filepath else None
        if path is None or not path.is_file():
            raise SceneError(
                f"The file of the modifier “{modifier.name}” of “{obj.name}” is missing: “{holder.filepath}”.",
                "Restore it, choose another one, or remove the modifier.",
            )


def shown_otherwise(objects: Iterable[bpy.types.Object]) -> list[str]:
    """A remark for each modifier that deforms in renders and not in the viewport, or the other way round.

    A plate that is a render shows vertices elsewhere then than where they are looked at.
    """
    return [
        f"The modifier “{modifier.name}” of “{obj.name}” is on in "
        f"{'renders' if modifier.show_render else 'the viewport'} only, so that the plate may show its vertices "
        "elsewhere than where they are looked at: switch it on or off in both."
        for obj in objects
        for modifier in obj.modifiers
        if modifier.type in DEFORMING | MAYBE and modifier.show_viewport != modifier.show_render
    ]


def _is_shared(obj: bpy.types.Object) -> bool:
    return obj.data.users - int(obj.data.use_fake_user) > 1
