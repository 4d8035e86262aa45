# SPDX-License-Identifier: GPL-3.0-or-later
"""A picture that is exported, the readers of each format, and what is compared."""

import addon_utils
import bpy
import numpy as np

from gid_blender.scene.doubles import play_cache
from gid_blender.scene.exchange import FORMATS, ExportSettings, export_motion
from tests.blender.scene.helpers import evaluated, swaying
from tests.motion.volumes import smooth_volume

# Fractions of the picture's width. Everything is single precision: 10⁻⁷ of the numbers, which are a few metres here;
# FBX counts in centimetres, and morphs are sums of eight. What is measured stays below 2·10⁻⁶.
TOLERANCE = 1e-5
LOOP = 40
KINDS = sorted(FORMATS)
WEIGHTS = "Image Dynamics Mask"


def small_picture():
    """726 vertices and 4 bands, somewhere in the world; a loop of 40 frames."""
    obj = swaying(smooth_volume(bands=4, frames=20), period=float(LOOP))
    obj.location, obj.rotation_euler, obj.scale = (1, 2, 3), (0.4, 0.2, 1.0), (2, 2, 2)
    obj.gid.bake.ring_out = 0
    return obj


def masked(obj):
    """Each key through a vertex group that falls from 1 at the left to 0 at the right."""
    group = obj.vertex_groups.new(name=WEIGHTS)
    width = obj.data["gid_width"]
    for vertex in obj.data.vertices:
        group.add([vertex.index], float(0.5 - vertex.co.x / width), "REPLACE")
    for key in obj.data.shape_keys.key_blocks[1:]:
        key.vertex_group = WEIGHTS
    return obj


def world(obj, frame):
    """(V, 3) in the world, in an order that the picture's coordinates alone decide: exporters may sort anew."""
    local = evaluated(obj, frame)
    mesh = obj.evaluated_get(bpy.context.evaluated_depsgraph_get()).data
    corner_uv, corner_vertex = np.empty((len(mesh.loops), 2), np.float32), np.empty(len(mesh.loops), np.int32)
    mesh.uv_layers[0].uv.foreach_get("vector", corner_uv.ravel())
    mesh.loops.foreach_get("vertex_index", corner_vertex)
    uv = np.empty((len(local), 2), np.float32)
    uv[corner_vertex] = corner_uv
    matrix = np.array(obj.evaluated_get(bpy.context.evaluated_depsgraph_get()).matrix_world)
    # Cells are a thirty-second wide; flipping v twice costs the last bits.
    return (local @ matrix[:3, :3].T + matrix[:3, 3])[np.lexsort(np.round(uv, 4).T)]


def exported(obj, folder, kind, **settings):
    settings = {"first": 1, "last": LOOP + 1} | settings
    path = folder / f"loop{FORMATS[kind][0]}"
    return export_motion(bpy.context.scene, obj, path, kind, ExportSettings(**settings))


def imported(path, kind, fps=24):
    """The mesh of the file in a scene without anything else."""
    if kind in {"PC2", "MDD"}:
        return with_cache(path, kind)
    bpy.ops.wm.read_homefile(app_template="", use_factory_startup=True, use_empty=True)
    scene = bpy.context.scene
    scene.render.fps = fps
    if kind == "ALEMBIC":
        bpy.ops.wm.alembic_import(filepath=str(path), as_background_job=False)
    elif kind == "USD":
        bpy.ops.wm.usd_import(filepath=str(path))
    else:
        addon_utils.enable("io_scene_gltf2" if kind == "GLTF" else "io_scene_fbx")
        if kind == "GLTF":
            bpy.ops.import_scene.gltf(filepath=str(path))
        else:
            # Blender's importer puts everything one frame later unless told otherwise.
            bpy.ops.import_scene.fbx(filepath=str(path), anim_offset=0.0)
    (obj,) = (o for o in scene.objects if o.type == "MESH")
    return obj


def with_cache(path, kind, **options):
    """The OBJ beside a point cache, moved by Blender's Mesh Cache modifier; it says nothing of a place in the world."""
    bpy.ops.wm.read_homefile(app_template="", use_factory_startup=True, use_empty=True)
    bpy.context.scene.render.fps = 24
    bpy.ops.wm.obj_import(filepath=str(path.with_suffix(".obj")), forward_axis="Y", up_axis="Z")
    (obj,) = bpy.context.scene.objects
    play_cache(obj, str(path), kind=kind, **({"start": 1.0} | options))
    return obj


def place(obj, kind):
    """Point caches are in the object's own coordinates; so is then what they are compared with."""
    if kind in {"PC2", "MDD"}:
        obj.location, obj.rotation_euler, obj.scale = (0, 0, 0), (0, 0, 0), (1, 1, 1)


def first_frame(kind):
    """Where the importer puts the first of the frames that were exported: 1 where the format keeps the scene's time."""
    return 0 if kind == "GLTF" else 1


def largest_error(again, wanted, kind, *, width=3.0, rate=1.0):
    errors = []
    for frame, there in wanted.items():
        at = first_frame(kind) + (frame - 1) / rate
        errors.append(np.linalg.norm(world(again, at) - there, axis=1).max())
    return float(max(errors)) / width


def moving(wanted):
    first, *others = wanted.values()
    return max(np.abs(first - other).max() for other in others) > 100 * TOLERANCE


def state():
    """What an export has to leave as it is."""
    context = bpy.context
    obj = context.object
    return {
        "scene": (context.scene.name, context.window.scene.name, context.scene.frame_current_final),
        "object": (obj.name, obj.data.name, obj.mode, obj.select_get(), obj.hide_viewport, obj.hide_get()),
        "keys": [(key.name, key.value, key.slider_max) for key in obj.data.shape_keys.key_blocks],
        "drivers": len(obj.data.shape_keys.animation_data.drivers),
        "data": {
            name: sorted(block.name for block in getattr(bpy.data, name))
            for name in ("objects", "meshes", "scenes", "images", "materials", "actions", "collections", "worlds")
        },
    }
