# SPDX-License-Identifier: GPL-3.0-or-later
"""The active picture in the scene's compositor: set up, brought up to date, taken out."""

from __future__ import annotations

from dataclasses import replace

import bpy
from bpy.props import BoolProperty, EnumProperty, FloatProperty

from .. import scene
from ..scene.masks import has_grid, sources_of
from . import volume_store
from .active import OfPicture, is_picture_active, picture_in
from .guarded import guarded, tell
from .render import frames_root

__all__ = ["GID_OT_remove_compositing", "GID_OT_setup_compositing"]

SOURCES = (
    ("FRAMES", "Rendered Frames", "The frames that the worker has rendered, with motion blur by their motion vectors"),
    (
        "DISPLACE",
        "Displacement",
        "The picture itself, moved by the compositor's Displace node; needs no worker, and stretches what it uncovers",
    ),
)
COLOURS = (
    (
        "PICTURE",
        "Picture's Own",
        "The picture shows exactly its own colours: the render goes through the scene's view in the compositor, "
        "and the view is set to Standard",
    ),
    ("SCENE", "Scene Light", "The picture is light as the render is, and the view transform changes its colours"),
)
_DISPLACEMENT = "gid_rendered_displacement"


class GID_OT_setup_compositing(OfPicture, bpy.types.Operator):
    """Build the compositing nodes for the active picture, or bring them up to date; other nodes stay as they are"""

    bl_idname = "gid.setup_compositing"
    bl_label = "Set Up Compositing"
    bl_options = {"REGISTER", "UNDO"}

    source: EnumProperty(name="Source", description="What moves", items=SOURCES, default="FRAMES")
    behind: BoolProperty(
        name="Behind Render",
        description="Lay the render over the picture, not the picture over the render; makes the film transparent",
        default=False,
    )
    colours: EnumProperty(name="Colors", description="What colors the picture has", items=COLOURS, default="PICTURE")
    shutter: FloatProperty(
        name="Shutter",
        description="How long the shutter is open, in frames; rendered frames need motion vectors; 0 is no motion blur",
        default=0.5,
        min=0.0,
        max=1.0,
        subtype="FACTOR",
    )
    use_mask: BoolProperty(
        name="Mask",
        description="Let the picture's mask hold the still where it is black; "
        "frames that were rendered with the mask need it no more",
        default=False,
    )

    @guarded
    def execute(self, context: bpy.types.Context) -> set[str]:
        obj, target = picture_in(context), context.scene
        how = scene.Composite(behind=self.behind, keep_colours=self.colours == "PICTURE", shutter=self.shutter)
        made_of, remarks = sources_of(obj), []
        if self.use_mask and (made_of["group"] or made_of["splines"]):
            remarks.append(
                f"The mask of “{obj.name}” is not of pictures alone, so it is not in the compositor: "
                "its weights hold back the motion instead."
            )
        elif self.use_mask and (made_of["image"] or made_of["alpha"]):
            how = replace(how, mask=made_of["image"], mask_alpha=made_of["alpha"], mask_inverted=made_of["invert"])
        # Before files are written for nothing.
        scene.require_compositor(target, obj, how)
        if self.source == "DISPLACE":
            how = replace(how, displacement=_displacement(target, obj, masked=not (how.mask or how.mask_alpha)))
        remarks += scene.setup_compositing(target, obj, how)
        tell(self, f"“{obj.name}” is in the compositor of “{target.name}”.", *remarks)
        return {"FINISHED"}


class GID_OT_remove_compositing(bpy.types.Operator):
    """Take the active picture's nodes out of the compositor; what fed them feeds the output again"""

    bl_idname = "gid.remove_compositing"
    bl_label = "Remove from Compositor"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not is_picture_active(cls, context):
            return False
        if not scene.is_composited(context.scene, picture_in(context)):
            cls.poll_message_set("The picture has no nodes in this scene's compositor")
            return False
        return True

    @guarded
    def execute(self, context: bpy.types.Context) -> set[str]:
        scene.remove_compositing(context.scene, picture_in(context))
        return {"FINISHED"}


def _displacement(target: bpy.types.Scene, obj: bpy.types.Object, *, masked: bool) -> scene.Rendered:
    """One loop of the picture as displacement, written anew with the controls as they are."""
    if not has_grid(obj):
        raise scene.SceneError(
            f"“{obj.name}” is not the plane of a picture, so there is no still to displace.", "Choose Rendered Frames."
        )
    volume = volume_store.pinned(obj, volume_store.recall(obj))
    if masked:
        volume = volume_store.masked(obj, volume)
    count = max(2, round(scene.loop_length(obj)))
    root, _ = frames_root(target)
    image = scene.motion_image(obj)
    folder = scene.frame_folder(root, f"{image.name if image else obj.name} displacement", replace=True)
    paths = scene.write_displacement(folder, volume, scene.coefficients(obj, target, count))
    found = scene.sequence_image(paths)
    found.colorspace_settings.name = "Non-Color"
    # A linked object must not point at a local image: Blender crashes with the next undo.
    if obj.library is None:
        obj[_DISPLACEMENT] = found
    return scene.Rendered(found, count, round(obj["gid_start"]), True, {})
