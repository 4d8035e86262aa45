# SPDX-License-Identifier: GPL-3.0-or-later
"""From the mouse to a place on a picture and back, in the two editors that show pictures.

Places are (x, y) in picture widths, from the top left corner down; pixels are those of the editor's main region.
"""

from __future__ import annotations

import bpy
from bpy_extras import view3d_utils
from mathutils import Vector

from .. import scene
from ..scene import touch_plane

__all__ = ["Found", "ImageView", "ViewportView", "view_of"]

Pixel = tuple[float, float]
Place = tuple[float, float]
# What was pressed on: an object and the place on it.
Found = tuple[bpy.types.Object, float, float]


class ViewportView:
    """A 3D Viewport: the mouse is a ray."""

    draws_picture = False

    def find(self, context: bpy.types.Context, pixel: Pixel) -> Found | None:
        """The picture under the mouse that is nearest to the viewer."""
        space, layer = context.space_data, context.view_layer
        pictures = [
            obj
            for obj in context.scene.objects
            if scene.is_motion_object(obj) and obj.visible_get(view_layer=layer, viewport=space)
        ]
        flat = not context.region_data.is_perspective
        met = touch_plane.nearest_hit(pictures, *_ray(context, pixel), behind=flat)
        return None if met is None else (met[0], met[1].x, met[1].y)

    def place(self, context: bpy.types.Context, obj: bpy.types.Object, pixel: Pixel) -> Place | None:
        """Where on the plane of a picture the mouse is, beyond its border too; None when it is seen edge on."""
        hit = touch_plane.hit_on(obj, *_ray(context, pixel))
        return None if hit is None else (hit.x, hit.y)

    def pixel(self, context: bpy.types.Context, obj: bpy.types.Object, place: Place) -> Pixel | None:
        """Where a place is seen; None when it is behind the viewer."""
        at = view3d_utils.location_3d_to_region_2d(
            context.region, context.region_data, touch_plane.world_point(obj, *place)
        )
        return None if at is None else (at.x, at.y)


class ImageView:
    """An Image Editor: the picture lies flat."""

    draws_picture = True

    def find(self, context: bpy.types.Context, pixel: Pixel) -> Found | None:
        """The motion object of the picture that is shown.

        Raises:
            SceneError: when the picture has no motion yet.
        """
        image = context.space_data.image
        if image is None:
            return None
        obj = scene.find_motion_object(context.scene, image)
        if obj is None:
            raise scene.SceneError(f"“{image.name}” has no motion yet.", "Press Generate in the sidebar.")
        x, y = self.place(context, obj, pixel)
        return (obj, x, y) if 0 <= x <= 1 and 0 <= y <= touch_plane.aspect_of(obj) else None

    def place(self, context: bpy.types.Context, obj: bpy.types.Object, pixel: Pixel) -> Place:
        """Where on the picture the mouse is, beyond its border too."""
        u, v = context.region.view2d.region_to_view(*pixel)
        return u, (1 - v) * touch_plane.aspect_of(obj)

    def pixel(self, context: bpy.types.Context, obj: bpy.types.Object, place: Place) -> Pixel:
        """Where a place is seen."""
        (left, low), (right, high) = corners(context.region)
        x, v = place[0], 1 - place[1] / touch_plane.aspect_of(obj)
        return left + x * (right - left), low + v * (high - low)


def view_of(context: bpy.types.Context) -> ViewportView | ImageView | None:
    """How the editor of the context shows pictures; None where it shows none."""
    space = context.space_data
    if isinstance(space, bpy.types.SpaceView3D) and context.region_data is not None:
        return ViewportView()
    if isinstance(space, bpy.types.SpaceImageEditor) and context.region is not None:
        return ImageView()
    return None


def corners(region: bpy.types.Region) -> tuple[Pixel, Pixel]:
    """Where an Image Editor shows the picture's lower left and upper right corner, to fractions of a pixel.

    For drawing: a pixel's middle lies at a half.
    """
    # The way back, `view_to_region`, knows whole pixels only. Both mean a pixel's middle by its number.
    (u0, v0), (u1, v1) = (region.view2d.region_to_view(*at) for at in ((0, 0), (region.width, region.height)))
    across, up = region.width / (u1 - u0), region.height / (v1 - v0)
    left, low = 0.5 - u0 * across, 0.5 - v0 * up
    return (left, low), (left + across, low + up)


def _ray(context: bpy.types.Context, pixel: Pixel) -> tuple[Vector, Vector]:
    region, view = context.region, context.region_data
    return (
        view3d_utils.region_2d_to_origin_3d(region, view, pixel),
        view3d_utils.region_2d_to_vector_3d(region, view, pixel),
    )
