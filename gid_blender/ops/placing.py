# SPDX-License-Identifier: GPL-3.0-or-later
"""Putting a new object where it is seen: beside what is there already, selected, textured, playing."""

from __future__ import annotations

import bpy
from mathutils import Vector

__all__ = ["face_viewports", "place", "play", "show_textures"]


def place(scene: bpy.types.Scene, obj: bpy.types.Object, *, select: bool = True, gap: float = 0.1) -> None:
    """Move a new object to the 3D cursor, or beside what stands there, and select it if Object Mode allows.

    `gap` is the distance to a neighbour, in widths of the object.
    """
    obj.location = scene.cursor.location
    view_layer = _view_layer(scene)
    view_layer.update()
    others = [
        _bounds(other)
        for other in scene.objects
        if other is not obj
        and other.type in {"MESH", "CURVE", "SURFACE", "META", "FONT", "VOLUME"}
        and other.visible_get(view_layer=view_layer)
    ]
    low, high = _bounds(obj)
    width = high.x - low.x
    # Each move clears one neighbour at least, so there are no more moves than neighbours.
    for _ in others:
        # Planes that are a hair apart flicker as if they were in one place, and motion lifts a mesh by about a hair.
        hit = next((o for o in others if _overlap((low, high), o, margin=0.01 * width)), None)
        if hit is None:
            break
        shift = Vector((hit[1].x - low.x + gap * width, 0.0, 0.0))
        low, high = low + shift, high + shift
        obj.location += shift
    active = view_layer.objects.active
    if select and (active is None or active.mode == "OBJECT"):
        for other in view_layer.objects.selected:
            other.select_set(False, view_layer=view_layer)
        obj.select_set(True, view_layer=view_layer)
        view_layer.objects.active = obj


def show_textures(scene: bpy.types.Scene) -> None:
    """Have solid 3D viewports of that scene show textures in their own colours, since a grey plane shows no picture."""
    for window in bpy.context.window_manager.windows:
        if window.scene != scene:
            continue
        for area in window.screen.areas:
            if area.type == "VIEW_3D":
                shading = area.spaces.active.shading
                # What somebody has chosen stays as it is; this is the default.
                if shading.type == "SOLID" and shading.color_type == "MATERIAL":
                    shading.color_type = "TEXTURE"
                    shading.light = "FLAT"


def face_viewports(scene: bpy.types.Scene) -> None:
    """Look at the selected object from above in the largest 3D viewport of each window."""
    for window in bpy.context.window_manager.windows:
        areas = [area for area in window.screen.areas if area.type == "VIEW_3D"]
        if window.scene != scene or not areas:
            continue
        area = max(areas, key=lambda a: a.width * a.height)
        region = next(r for r in area.regions if r.type == "WINDOW")
        with bpy.context.temp_override(window=window, area=area, region=region):
            bpy.ops.view3d.view_axis(type="TOP")
            bpy.ops.view3d.view_selected()


def play(scene: bpy.types.Scene) -> None:
    """Start the playback in the first window that shows the scene, unless it runs already."""
    for window in bpy.context.window_manager.windows:
        if window.scene == scene:
            if not window.screen.is_animation_playing:
                with bpy.context.temp_override(window=window):
                    bpy.ops.screen.animation_play()
            return


def _view_layer(scene: bpy.types.Scene) -> bpy.types.ViewLayer:
    current = bpy.context.view_layer
    return current if current is not None and bpy.context.scene == scene else scene.view_layers[0]


def _bounds(obj: bpy.types.Object) -> tuple[Vector, Vector]:
    corners = [obj.matrix_world @ Vector(corner) for corner in obj.bound_box]
    return (
        Vector(min(c[i] for c in corners) for i in range(3)),
        Vector(max(c[i] for c in corners) for i in range(3)),
    )


def _overlap(a: tuple[Vector, Vector], b: tuple[Vector, Vector], *, margin: float) -> bool:
    return all(a[0][i] <= b[1][i] + margin and b[0][i] <= a[1][i] + margin for i in range(3))
