# SPDX-License-Identifier: GPL-3.0-or-later
"""A motion object as a web page; the add-on writes it alone, without the worker."""

from __future__ import annotations

from pathlib import Path

import bpy
from bpy.props import IntProperty, StringProperty
from bpy_extras.io_utils import ExportHelper

from .. import motion, scene
from ..motion.files import write_whole
from ..motion.web_page import PROMISED_BYTES, PageSettings, web_page
from ..scene.controls import control_value, period_of
from ..scene.masks import mask_weights
from ..scene.objects import plane_settings
from ..scene.web_picture import web_picture
from ..translations.sentences import said
from . import volume_store
from .active import OfMotionObject
from .guarded import guarded
from .picture_dialog import named_after

__all__ = ["GID_OT_export_page"]


class GID_OT_export_page(OfMotionObject, bpy.types.Operator, ExportHelper):
    """Save the active motion object as a web page that sways and can be pulled, with its controls as they are now"""

    bl_idname = "gid.export_page"
    bl_label = "Export Web Page"
    bl_options = {"REGISTER"}

    filename_ext = ".html"
    filter_glob: StringProperty(default="*.html;*.htm", options={"HIDDEN"}, description="Show web pages")
    title: StringProperty(name="Title", description="Of the page; empty takes the name of the object", default="")
    size: IntProperty(
        name="Picture Size",
        description="Longer side of the picture in pixels, at most; a smaller one makes a lighter page",
        default=1600,
        min=16,
        max=8192,
    )

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        self.filepath = named_after(context.object, self.filename_ext)
        return ExportHelper.invoke(self, context, event)

    @guarded
    def execute(self, context: bpy.types.Context) -> set[str]:
        path = Path(bpy.path.abspath(self.filepath))
        page = page_of(context.object, context.scene, self.title, self.size).encode()
        write_whole(path, page)
        self.report({"INFO"}, said(f"Saved “{path}”, {len(page) / 1e6:.2f} MB."))
        if len(page) > PROMISED_BYTES:
            self.report(
                {"WARNING"}, said(f"The page has {len(page) / 1e6:.1f} MB; a smaller Picture Size makes it lighter.")
            )
        return {"FINISHED"}


def page_of(obj: bpy.types.Object, target: bpy.types.Scene, title: str = "", size: int = 1600) -> str:
    """The page's HTML: the motion of the object's mesh, with its live controls as they are.

    Raises:
        SceneError: when the picture is gone or cannot be read.
        SpectralVolumeError: when nothing moves.
    """
    scene.require_plane(obj)
    image = scene.motion_image(obj)
    if image is None:
        raise scene.SceneError("The picture of this motion object was deleted.", "Undo the deletion, or generate anew.")
    picture = web_picture(scene.read_pixels(image), size)
    volume = volume_store.recall(obj)
    gains = tuple(float(obj.get(scene.gain_name(band), band > 0)) for band in range(volume.bands))
    plane, damping, drag = plane_settings(obj), scene.damping_of(obj), max(float(obj.get("gid_damping", 1.0)), 0.0)
    settings = PageSettings(
        title=title or obj.name,
        period=period_of(obj) / scene.frame_rate(target),
        amplitude=max(float(obj["gid_amplitude"]), 0.0),
        phase=control_value(obj, "gid_phase"),
        gains=gains,
        offset=gains[0] != 0,
        # What stands still could not be set going with a slider.
        speed=max(float(obj.get("gid_speed", 1.0)), 0.05),
        damping=motion.Damping(damping.alpha * drag, damping.beta * drag),
        stiffness=max(float(obj.get("gid_stiffness", 1.0)), 0.01),
        spread=plane.spread_edges,
        pin=plane.pin_border,
    )
    return web_page(volume, picture, settings, mask_weights(obj))
