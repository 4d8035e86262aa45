# SPDX-License-Identifier: GPL-3.0-or-later
"""Layers of a picture: split it, order them, set their depth, fill what lies behind."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np
from bpy.props import BoolProperty, CollectionProperty, EnumProperty, FloatProperty, IntProperty, StringProperty
from bpy_extras.io_utils import ImportHelper

from .. import scene
from ..scene.cutout_mask import cutout_mask
from ..scene.layers import picture_of_plane, stack_picture
from ..scene.see_through import look_through_layers
from ..translations.sentences import said
from .active import select_only
from .asking import AsksWorker, is_free
from .generate import AcceptsMotion, deliver
from .guarded import guarded
from .lookup import collection_again, scene_again
from .picture_dialog import ask_for_files, chosen_paths
from .report import EXPECTED
from .session import Task, begin, session

__all__ = [
    "GID_OT_accept_background",
    "GID_OT_fill_background",
    "GID_OT_layer_distance",
    "GID_OT_layer_move",
    "GID_OT_layers_spread",
    "GID_OT_split_layers",
    "choose_layer",
    "chosen_layer",
    "stack_in",
]

_NO_LAYER = "Select a layer: a plane that Split into Layers made"
_FRINGE = {
    "name": "Fringe",
    "description": "Pixels around the layers that are filled too, for they have some of the layers' colour",
    "default": 3,
    "min": 0,
    "max": 256,
}


def stack_in(context: bpy.types.Context) -> bpy.types.Collection | None:
    """The layers that the active object belongs to."""
    return scene.stack_of(context.object)


def chosen_layer(context: bpy.types.Context) -> int:
    """The number of the active object among those of its stack, for lists; -1 without one."""
    stack = stack_in(context)
    return stack.objects.find(context.object.name) if stack is not None else -1


def choose_layer(context: bpy.types.Context, index: int) -> None:
    """Select the layer of that number and make it active."""
    stack = stack_in(context)
    if stack is None or not 0 <= index < len(stack.objects) or context.mode != "OBJECT":
        return
    select_only(context, stack.objects[index])


@dataclass
class Background:
    """A filled picture on its way behind the layers."""

    scene_uid: int
    stack_uid: int
    pixels: scene.Pixels
    region: np.ndarray
    spacing: float
    object_uid: int = 0

    def put(self) -> bpy.types.Object:
        """Make the background, or put it in place of the one that is there."""
        stack = collection_again(self.stack_uid)
        return scene.add_background(scene_again(self.scene_uid), stack, self.pixels, self.region, spacing=self.spacing)


class FillTask(Task):
    title = "Filling the background"
    method = "fill"

    def __init__(self, target: bpy.types.Scene, stack: bpy.types.Collection, *, grow: int, spacing: float) -> None:
        self.region = scene.hidden_region(stack, grow=grow)
        self.pixels = scene.read_pixels(stack_picture(stack))
        self.params = {"image": self.pixels.header, "mask": {"shape": list(self.region.shape)}}
        self.parts = [memoryview(np.ascontiguousarray(self.pixels.array)).cast("B"), self.region.tobytes()]
        self.scene_uid, self.stack_uid, self.spacing = target.session_uid, stack.session_uid, spacing

    def finish(self, result: Mapping[str, Any], parts: tuple[bytes, ...]) -> None:
        array = np.frombuffer(parts[0], self.pixels.array.dtype).reshape(self.pixels.array.shape)
        filled = scene.Pixels(array, self.pixels.linear)
        item = Background(self.scene_uid, self.stack_uid, filled, self.region, self.spacing)
        deliver(item, GID_OT_accept_background)


class GID_OT_accept_background(AcceptsMotion, bpy.types.Operator):
    """Put a filled background behind the layers"""

    bl_idname = "gid.accept_background"
    bl_label = "Fill Background"
    bl_options = {"UNDO", "INTERNAL"}


class GID_OT_split_layers(bpy.types.Operator, ImportHelper):
    """Make several planes of the active picture, one for each mask, with motion and controls of their own"""

    bl_idname = "gid.split_layers"
    bl_label = "Split into Layers"
    bl_options = {"REGISTER", "UNDO"}

    files: CollectionProperty(
        type=bpy.types.OperatorFileListElement,
        name="Files",
        description="Of the masks, or of the parts with alpha; in the order of their names, the foremost first",
        options={"HIDDEN", "SKIP_SAVE"},
    )
    directory: StringProperty(
        name="Folder", description="Of the files", subtype="DIR_PATH", options={"HIDDEN", "SKIP_SAVE"}
    )
    filter_image: BoolProperty(default=True, options={"HIDDEN", "SKIP_SAVE"}, description="Show pictures")
    filter_folder: BoolProperty(default=True, options={"HIDDEN", "SKIP_SAVE"}, description="Show folders")
    own_mask: BoolProperty(
        name="Its Own Mask",
        description="Cut out what the picture's mask lets move, instead of asking for files",
        options={"SKIP_SAVE"},
    )
    kind: EnumProperty(
        name="Files Are",
        description="What the files hold",
        items=(
            ("AUTO", "Automatic", "Parts if they are transparent anywhere, else masks"),
            ("MASKS", "Masks", "Grey pictures: white is what belongs to the layer"),
            ("PICTURES", "Parts", "The layers themselves, with alpha, as paint programs export them"),
        ),
    )
    depth: EnumProperty(
        name="Depth",
        description="Where the layers stand",
        items=(
            ("OFFSET", "Small Steps", "Just in front of each other"),
            ("CAMERA", "Toward the Camera", "Up to a distance from the camera, which sees the same picture"),
        ),
    )
    spacing: FloatProperty(
        name="Step",
        description="Between two layers",
        default=0.01,
        min=0.0001,
        soft_max=1.0,
        precision=3,
        subtype="DISTANCE",
        unit="LENGTH",
    )
    nearest: FloatProperty(
        name="Nearest",
        description="Distance of the foremost layer from the camera",
        default=2.0,
        min=0.001,
        subtype="DISTANCE",
        unit="LENGTH",
    )
    overlap: IntProperty(
        name="Overlap",
        description="Pixels by which a layer goes on beneath those in front, so that no seam opens where two meet",
        default=2,
        min=0,
        max=64,
    )
    background: BoolProperty(
        name="Fill Background", description="Put a plane behind the layers, filled where they are", default=True
    )
    grow: IntProperty(**_FRINGE)

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return is_free(cls) and _shows_picture(cls, context)

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        if self.own_mask:
            return context.window_manager.invoke_props_dialog(self)
        if self.properties.is_property_set("filepath"):
            return self.invoke_popup(context)
        return ask_for_files(self, context)

    @guarded
    def execute(self, context: bpy.types.Context) -> set[str]:
        target, obj = context.scene, context.object
        if self.depth == "CAMERA":
            # Before anything is made.
            scene.farthest(target, obj, self.nearest)
        with cutout_mask(obj) if self.own_mask else nullcontext() as mask:
            layers, remarks = scene.split_layers(
                target,
                obj,
                [mask] if self.own_mask else self._chosen(),
                spacing=0.0 if self.depth == "CAMERA" else self.spacing,
                overlap=self.overlap,
                kind="MASKS" if self.own_mask else self.kind,
            )
        select_only(context, layers[-1])
        if self.depth == "CAMERA":
            context.view_layer.update()
            scene.spread_layers(target, [obj, *layers], self.nearest)
        for remark in [*remarks, *look_through_layers(target)]:
            self.report({"WARNING"}, said(remark))
        if self.background:
            self._fill(context, layers)
        return {"FINISHED"}

    def _chosen(self) -> list[bpy.types.Image]:
        pictures, refused = scene.load_pictures(chosen_paths(self))
        if refused:
            raise scene.all_refused(refused)
        return [picture.image for picture in pictures]

    def _fill(self, context: bpy.types.Context, layers: list[bpy.types.Object]) -> None:
        try:
            task = FillTask(context.scene, scene.stack_of(layers[0]), grow=self.grow, spacing=self.spacing)
        except EXPECTED as error:
            # The layers are there, and good without it.
            self.report({"WARNING"}, said(session.fail(error).sentence))
            return
        begin(self, task, wait=bpy.app.background)

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        if not self.own_mask:
            layout.prop(self, "kind")
        layout.prop(self, "depth")
        layout.prop(self, "nearest" if self.depth == "CAMERA" else "spacing")
        layout.prop(self, "overlap")
        layout.prop(self, "background")
        column = layout.column()
        column.enabled = self.background
        column.prop(self, "grow")


class GID_OT_fill_background(AsksWorker, bpy.types.Operator):
    """Put a plane behind the layers, filled where they are, in place of the one that is there"""

    bl_idname = "gid.fill_background"
    bl_label = "Fill Background"
    bl_options = {"REGISTER"}

    grow: IntProperty(**_FRINGE)

    @classmethod
    def ready(cls, context: bpy.types.Context) -> bool:
        return _is_layer(cls, context)

    def request(self, context: bpy.types.Context) -> Task:
        return FillTask(context.scene, stack_in(context), grow=self.grow, spacing=0.01)


class GID_OT_layer_move(bpy.types.Operator):
    """Move the active layer to the front or to the back by one"""

    bl_idname = "gid.layer_move"
    bl_label = "Move Layer"
    bl_options = {"REGISTER", "UNDO"}

    direction: EnumProperty(
        name="Direction",
        description="Where to",
        items=(("FRONT", "To the Front", "Nearer to the viewer"), ("BACK", "To the Back", "Further away")),
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return _is_layer(cls, context)

    @guarded
    def execute(self, context: bpy.types.Context) -> set[str]:
        scene.move_layer(context.object, 1 if self.direction == "FRONT" else -1)
        return {"FINISHED"}


class GID_OT_layer_distance(bpy.types.Operator):
    """Bring the active picture nearer to the camera or further away; the camera sees it as large as before"""

    bl_idname = "gid.layer_distance"
    bl_label = "Set Distance"
    bl_options = {"REGISTER", "UNDO"}

    distance: FloatProperty(
        name="Distance",
        description="From the camera, along its axis",
        default=0.0,
        min=0.0,
        subtype="DISTANCE",
        unit="LENGTH",
        options={"SKIP_SAVE"},
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return _shows_picture(cls, context)

    @guarded
    def execute(self, context: bpy.types.Context) -> set[str]:
        if self.distance == 0.0:
            self.distance = scene.distance_of(context.scene, context.object)
        scene.set_distance(context.scene, context.object, self.distance)
        return {"FINISHED"}


class GID_OT_layers_spread(bpy.types.Operator):
    """Set the layers at equal steps up to a distance from the camera, which sees the same picture"""

    bl_idname = "gid.layers_spread"
    bl_label = "Spread toward Camera"
    bl_options = {"REGISTER", "UNDO"}

    nearest: FloatProperty(
        name="Nearest",
        description="Distance of the foremost layer from the camera; 0 takes half of what the rearmost has",
        default=0.0,
        min=0.0,
        subtype="DISTANCE",
        unit="LENGTH",
        options={"SKIP_SAVE"},
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return _is_layer(cls, context)

    @guarded
    def execute(self, context: bpy.types.Context) -> set[str]:
        layers = scene.layers_of(stack_in(context))
        if self.nearest == 0.0:
            self.nearest = scene.distance_of(context.scene, layers[0]) / 2
        scene.spread_layers(context.scene, layers, self.nearest)
        return {"FINISHED"}


def _is_layer(cls: type[bpy.types.Operator], context: bpy.types.Context) -> bool:
    if not scene.is_layer(context.object):
        cls.poll_message_set(_NO_LAYER)
        return False
    return True


def _shows_picture(cls: type[bpy.types.Operator], context: bpy.types.Context) -> bool:
    try:
        if context.object is None:
            raise scene.SceneError("No object is active.", "Select a picture's plane.")
        picture_of_plane(context.object)
    except scene.SceneError as error:
        cls.poll_message_set(said(str(error)))
        return False
    return True
