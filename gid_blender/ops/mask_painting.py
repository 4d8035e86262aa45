# SPDX-License-Identifier: GPL-3.0-or-later
"""Painting a mask, in Texture Paint on the picture's plane or in an Image Editor; and back to what was shown before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import bpy
from bpy.app.handlers import persistent

from .. import scene
from ..compat import paint_colours
from ..scene import masks
from ..scene.mask_overlay import hide_overlay, is_overlaid, show_overlay
from ..translations.sentences import said
from . import mask_drawing, mask_watching
from .active import NO_PICTURE, picture_in, select_only
from .guarded import guarded
from .report import EXPECTED
from .session import redraw, session

__all__ = ["GID_OT_mask_done", "GID_OT_mask_paint", "is_painting", "leave", "register", "target_of", "unregister"]

_BLACK, _WHITE = (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)


@dataclass
class Before:
    """What was shown before the painting began. By session_uid: references do not survive an undo.

    Attributes:
        scene_uid: whose brushes were changed.
        canvas: mode and session_uid of the canvas of image painting, or None.
        colours: of the brush: shared or not, first, second.
        shading: kind of shading of each 3D Viewport, by the pointer of its area.
        editors: image and mode of each Image Editor, likewise.
    """

    scene_uid: int
    canvas: tuple[str, int | None]
    colours: tuple[bool, tuple[float, ...], tuple[float, ...]]
    shading: dict[int, str] = field(default_factory=dict)
    editors: dict[int, tuple[int | None, str]] = field(default_factory=dict)


# Of each object that is painted, by its session_uid.
_before: dict[int, Before] = {}


def target_of(context: bpy.types.Context) -> bpy.types.Object | None:
    """The motion object whose mask is meant: that of the picture or mask in an Image Editor, else the active one."""
    active = picture_in(context)
    space = context.space_data
    if not isinstance(space, bpy.types.SpaceImageEditor) or space.image is None:
        return active
    if active is not None and space.image in {scene.motion_image(active), masks.mask_image(active)}:
        return active
    shown = [o for o in context.scene.objects if scene.is_motion_object(o) and masks.mask_image(o) == space.image]
    return shown[0] if shown else scene.find_motion_object(context.scene, space.image) or active


def is_painting(obj: bpy.types.Object) -> bool:
    """Whether the mask of an object is being painted, as far as this file knows. Cheap enough for `poll` and `draw`."""
    return is_overlaid(obj) or obj.session_uid in _before


class GID_OT_mask_paint(bpy.types.Operator):
    """Paint what moves: black is pinned, white moves, grey less; makes a mask if the picture has none"""

    bl_idname = "gid.mask_paint"
    bl_label = "Paint Mask"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if target_of(context) is None:
            cls.poll_message_set(NO_PICTURE)
            return False
        return True

    @guarded
    def execute(self, context: bpy.types.Context) -> set[str]:
        obj = target_of(context)
        require_paintable(obj, context.view_layer)
        image, made = ensure_image(obj)
        enter(context, obj, image)
        mask_watching.settle(obj)
        mask_watching.begin(obj)
        for remark in made.remarks:
            self.report({"WARNING"}, said(remark))
        redraw()
        return {"FINISHED"}


class GID_OT_mask_done(bpy.types.Operator):
    """Stop painting the mask, take what was painted, and show again what was shown before"""

    bl_idname = "gid.mask_done"
    bl_label = "Finish Painting Mask"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        obj = target_of(context)
        if obj is None or not is_painting(obj):
            cls.poll_message_set("No mask is being painted")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        obj = target_of(context)
        leave(context, obj)
        try:
            made = masks.update_mask(obj)
        except EXPECTED as error:
            # What was shown is back already; the mask is as it was.
            self.report({"WARNING"}, said(session.fail(error).sentence))
            return {"FINISHED"}
        mask_watching.settle(obj)
        for remark in made.remarks:
            self.report({"WARNING"}, said(remark))
        redraw()
        return {"FINISHED"}


def require_paintable(obj: bpy.types.Object, layer: bpy.types.ViewLayer) -> None:
    """Raise a SceneError with the reason when the mask of an object cannot be painted."""
    if obj.name not in layer.objects or not obj.visible_get(view_layer=layer):
        raise scene.SceneError(f"“{obj.name}” is hidden.", "Show it and try again.")
    if obj.mode not in {"OBJECT", "TEXTURE_PAINT"}:
        raise scene.SceneError(f"“{obj.name}” is being edited.", "Go to Object Mode (Tab) and try again.")
    masks.require_changeable(obj)
    if not masks.has_grid(obj):
        raise scene.SceneError(
            f"“{obj.name}” is a mesh of its own, over which no picture can be laid.",
            "Make its mask from a vertex group, or paint the weights of one.",
        )


def ensure_image(obj: bpy.types.Object) -> tuple[bpy.types.Image, masks.Masked]:
    """The image to be painted on, a new one if there is none; and the mask with it.

    Raises:
        SceneError: when it cannot be painted on.
    """
    image = masks.mask_image(obj)
    if image is None:
        image = masks.new_mask_image(obj)
        try:
            return image, masks.set_mask(obj, **masks.sources_of(obj) | {"image": image})
        except scene.SceneError:
            bpy.data.images.remove(image)
            raise
    if image.library is not None:
        raise scene.SceneError(
            f"The mask image “{image.name}” is linked from {image.library.filepath}.",
            "Paint it there, or make it local.",
        )
    if image.source in {"MOVIE", "SEQUENCE"}:
        raise scene.SceneError(f"The mask image “{image.name}” is a film.", "Choose a still image to paint on.")
    return image, masks.update_mask(obj)


def enter(context: bpy.types.Context, obj: bpy.types.Object, image: bpy.types.Image) -> None:
    """Let the mask be painted in the editor of the context, black first; the key X swaps to white."""
    target, tools = context.scene, context.scene.tool_settings.image_paint
    colours = paint_colours(target)
    if obj.session_uid not in _before:
        _before[obj.session_uid] = Before(
            target.session_uid,
            (tools.mode, tools.canvas.session_uid if tools.canvas is not None else None),
            (colours.use_unified_color, tuple(colours.color), tuple(colours.secondary_color)),
        )
    before = _before[obj.session_uid]
    # All of them: Blender shows the canvas of 3D painting in every Image Editor that is not pinned to another image.
    for area, space in _image_editors(context):
        shown = space.image.session_uid if space.image is not None else None
        before.editors.setdefault(area.as_pointer(), (shown, space.mode))
    colours.use_unified_color = True
    colours.color, colours.secondary_color = _BLACK, _WHITE
    space = context.space_data
    if isinstance(space, bpy.types.SpaceImageEditor):
        space.image, space.mode = image, "PAINT"
        mask_drawing.show(obj)
        return
    picture = scene.motion_image(obj)
    if picture is None:
        raise scene.SceneError(f"The picture of “{obj.name}” was deleted.", "Undo the deletion, or generate anew.")
    select_only(context, obj)
    show_overlay(obj, picture, image)
    tools.mode, tools.canvas = "IMAGE", image
    if obj.mode != "TEXTURE_PAINT":
        bpy.ops.object.mode_set(mode="TEXTURE_PAINT")
    for area in context.screen.areas if context.screen is not None else ():
        if area.type == "VIEW_3D":
            shading = area.spaces.active.shading
            before.shading.setdefault(area.as_pointer(), shading.type)
            # Without materials a viewport would show the mask alone, and nobody would see what he paints on.
            shading.type = "MATERIAL"


def leave(context: bpy.types.Context, obj: bpy.types.Object) -> None:
    """Show again what was shown before the mask was painted. Nothing happens when it is not painted."""
    mask_watching.end(obj)
    mask_drawing.hide(obj)
    hide_overlay(obj)
    before = _before.pop(obj.session_uid, None)
    if obj.mode == "TEXTURE_PAINT" and context.view_layer.objects.active == obj:
        bpy.ops.object.mode_set(mode="OBJECT")
    if before is None:
        return
    target = next((each for each in bpy.data.scenes if each.session_uid == before.scene_uid), None)
    if target is not None:
        tools, colours = target.tool_settings.image_paint, paint_colours(target)
        mode, canvas = before.canvas
        tools.canvas = _image(canvas)
        tools.mode = mode
        colours.use_unified_color, colours.color, colours.secondary_color = before.colours
    for area, space in _image_editors(context):
        image, mode = before.editors.get(area.as_pointer(), (None, space.mode))
        space.mode = mode
        if image is not None and space.image in {masks.mask_image(obj), None}:
            space.image = _image(image)
    for window in context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == "VIEW_3D" and area.as_pointer() in before.shading:
                area.spaces.active.shading.type = before.shading[area.as_pointer()]


def _image_editors(context: bpy.types.Context) -> Iterator[tuple[bpy.types.Area, bpy.types.SpaceImageEditor]]:
    for window in context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == "IMAGE_EDITOR":
                yield area, area.spaces.active


@persistent
def _loaded(*_: object) -> None:
    _before.clear()
    mask_drawing.hide_all()


def register() -> None:
    bpy.app.handlers.load_post.append(_loaded)
    mask_watching.register()


def unregister() -> None:
    mask_watching.unregister()
    bpy.app.handlers.load_post.remove(_loaded)
    _loaded()


def _image(uid: int | None) -> bpy.types.Image | None:
    return next((image for image in bpy.data.images if image.session_uid == uid), None)
