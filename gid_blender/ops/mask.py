# SPDX-License-Identifier: GPL-3.0-or-later
"""What a mask is made of: chosen, updated, inverted, removed."""

from __future__ import annotations

import bpy
from bpy.props import BoolProperty, EnumProperty, StringProperty

from .. import scene
from ..scene import masks
from ..translations.sentences import said
from . import mask_painting, mask_watching
from .active import OfPicture, is_picture_active, picture_in
from .guarded import guarded
from .session import redraw

__all__ = ["GID_OT_mask_from", "GID_OT_mask_invert", "GID_OT_mask_remove", "GID_OT_mask_update"]

_NO_MASK = "The picture has no mask yet; paint one, or choose what it is made of"

SOURCES = (
    ("IMAGE", "Image", "An image: bright moves, black is pinned", "IMAGE_DATA", 0),
    ("ALPHA", "Picture's Alpha", "What is transparent in the picture is pinned", "IMAGE_ALPHA", 1),
    ("VERTEX_GROUP", "Vertex Group", "Weights of the mesh: 1 moves, 0 is pinned", "GROUP_VERTEX", 2),
    ("MASK", "Mask", "A mask drawn in the Image or the Clip Editor: what its curves enclose moves", "MOD_MASK", 3),
)


def finish(operator: bpy.types.Operator, obj: bpy.types.Object, made: masks.Masked) -> set[str]:
    """Say what is odd about a mask that was just made; the operator has finished."""
    mask_watching.settle(obj)
    for remark in made.remarks:
        operator.report({"WARNING"}, said(remark))
    redraw()
    return {"FINISHED"}


class _Masking:
    """For all that changes the mask that there is."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not is_picture_active(cls, context):
            return False
        if not masks.has_mask(picture_in(context)):
            cls.poll_message_set(_NO_MASK)
            return False
        return True


class GID_OT_mask_from(OfPicture, bpy.types.Operator):
    """Make the mask of the active picture from something that is there; it replaces what the mask was made of"""

    bl_idname = "gid.mask_from"
    bl_label = "Mask from"
    bl_options = {"REGISTER", "UNDO"}

    source: EnumProperty(name="Source", description="What the mask is made of", items=SOURCES, default="IMAGE")
    image: StringProperty(name="Image", description="The image: bright moves, black is pinned", default="")
    group: StringProperty(name="Vertex Group", description="The vertex group: 1 moves, 0 is pinned", default="")
    mask: StringProperty(name="Mask", description="The mask: what its curves enclose moves", default="")
    combine: BoolProperty(
        name="Combine",
        description="Keep what the mask is made of already, and pin what either of them pins",
        default=False,
    )

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if self.source == "ALPHA":
            return self.execute(context)
        return context.window_manager.invoke_props_dialog(self)

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        layout.use_property_split = True
        layout.prop(self, "source")
        if self.source == "IMAGE":
            layout.prop_search(self, "image", bpy.data, "images")
        elif self.source == "VERTEX_GROUP":
            layout.prop_search(self, "group", picture_in(context), "vertex_groups")
        elif self.source == "MASK":
            layout.prop_search(self, "mask", bpy.data, "masks")
        layout.prop(self, "combine")

    @guarded
    def execute(self, context: bpy.types.Context) -> set[str]:
        obj = picture_in(context)
        made = masks.set_mask(obj, **self._sources(obj))
        return finish(self, obj, made)

    def _sources(self, obj: bpy.types.Object) -> dict[str, object]:
        found = masks.sources_of(obj) if self.combine else {}
        match self.source:
            case "IMAGE":
                image = bpy.data.images.get(self.image)
                if image is None:
                    what = f"There is no image “{self.image}” in this file." if self.image else "No image is chosen."
                    raise scene.SceneError(what, "Choose an image, or paint a mask.")
                return found | {"image": image}
            case "ALPHA":
                return found | {"alpha": True}
            case "MASK":
                splines = bpy.data.masks.get(self.mask)
                if splines is None:
                    what = f"There is no mask “{self.mask}” in this file." if self.mask else "No mask is chosen."
                    raise scene.SceneError(what, "Draw one in the Image or the Clip Editor, in the mode “Mask”.")
                return found | {"splines": splines}
        if not self.group:
            raise scene.SceneError("No vertex group is chosen.", "Choose one, or paint a mask.")
        return found | {"group": self.group}


class GID_OT_mask_update(_Masking, bpy.types.Operator):
    """Make the mask's weights anew from what it is made of, with the least feather that the motion needs"""

    bl_idname = "gid.mask_update"
    bl_label = "Update Mask"
    bl_options = {"REGISTER", "UNDO"}

    @guarded
    def execute(self, context: bpy.types.Context) -> set[str]:
        obj = picture_in(context)
        made = masks.update_mask(obj)
        return finish(self, obj, made)


class GID_OT_mask_invert(_Masking, bpy.types.Operator):
    """Swap what moves and what is pinned"""

    bl_idname = "gid.mask_invert"
    bl_label = "Invert Mask"
    bl_options = {"REGISTER", "UNDO"}

    @guarded
    def execute(self, context: bpy.types.Context) -> set[str]:
        obj = picture_in(context)
        sources = masks.sources_of(obj)
        made = masks.set_mask(obj, **sources | {"invert": not sources["invert"]})
        return finish(self, obj, made)


class GID_OT_mask_remove(_Masking, bpy.types.Operator):
    """Let everything in the picture move again; an image that the mask was made of stays in the file"""

    bl_idname = "gid.mask_remove"
    bl_label = "Remove Mask"
    bl_options = {"REGISTER", "UNDO"}

    @guarded
    def execute(self, context: bpy.types.Context) -> set[str]:
        obj = picture_in(context)
        mask_painting.leave(context, obj)
        masks.remove_mask(obj)
        redraw()
        return {"FINISHED"}
