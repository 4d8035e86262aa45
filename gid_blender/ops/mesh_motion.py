# SPDX-License-Identifier: GPL-3.0-or-later
"""Any mesh through the camera: take the plate, ask the worker, move the meshes; or with a motion from a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import bpy
from bpy.props import BoolProperty, EnumProperty, FloatProperty, IntProperty, StringProperty
from bpy_extras.io_utils import ImportHelper

from .. import motion, scene
from ..scene.mesh_targets import shown_otherwise
from ..scene.pixels import image_from_pixels
from ..scene.projection import view_through
from ..translations.sentences import said
from . import placing, volume_store
from .active import select_only
from .asking import is_free
from .generate import QUALITY_PARAMS, AcceptsMotion, Motion, Wanted, deliver
from .guarded import guarded
from .lookup import object_again, scene_again
from .picture_dialog import ask_for_files
from .session import Task, begin, session

__all__ = [
    "GID_OT_accept_mesh_motion",
    "GID_OT_mesh_motion",
    "GID_OT_mesh_motion_controls",
    "GID_OT_mesh_motion_from_volume",
    "GID_OT_mesh_motion_remove",
]

SOURCES = (
    ("RENDER", "Render", "Render one still through the scene's camera, with the scene's engine"),
    ("BACKGROUND", "Camera Background", "The picture that the scene's camera shows as its background"),
    ("IMAGE", "Picture", "A picture that shows what the camera sees, such as an earlier render"),
)


class _Options:
    """What both operators ask: which meshes, seen in which picture, and how they take its motion."""

    source: EnumProperty(
        name="Plate", description="The picture that the motion is predicted from", items=SOURCES, default="RENDER"
    )
    image: StringProperty(
        name="Picture",
        description="Name of the picture; while empty, the one that Generate would take",
        options={"SKIP_SAVE"},
    )
    collection: StringProperty(
        name="Collection",
        description="Move the meshes of this collection; while empty, those that are selected",
        options={"SKIP_SAVE"},
    )
    hold_together: BoolProperty(
        name="Hold Parts Together",
        description="Leaves and twigs, and other parts that only touch, move together where they do",
        default=True,
    )
    spread_edges: BoolProperty(
        name="Spread Edges",
        description="What moves does so up to its outline, where the motion of the picture fades into what is behind",
        default=True,
    )
    pin_base: FloatProperty(
        name="Pin Base",
        description="Height above the lowest vertex over which the motion grows from none, "
        "as a share of the height of all; 0 lets the base move too",
        default=0.05,
        min=0.0,
        max=1.0,
        subtype="FACTOR",
    )
    single_user: BoolProperty(
        name="Make Single User",
        description="Give objects that share a mesh one of their own each, since each of them moves otherwise; "
        "Remove gives the shared one back",
        default=True,
    )

    def _settings(self) -> scene.MeshSettings:
        return scene.MeshSettings(
            hold_together=self.hold_together,
            spread_edges=self.spread_edges,
            pin_base=self.pin_base,
            single_user=self.single_user,
        )

    def _objects(self, context: bpy.types.Context) -> list[bpy.types.Object]:
        target = context.scene
        if self.collection:
            collection = bpy.data.collections.get(self.collection)
            if collection is None:
                raise scene.SceneError(f"There is no collection “{self.collection}”.", "Check its name.")
            found = scene.meshes_in(target, collection)
        else:
            found = scene.meshes_of(context.selected_objects)
        return scene.with_followers(target, found)

    def _look(self, context: bpy.types.Context, *, plate: bool, longer_side: int = 0) -> Seen:
        """Take the plate and see the meshes in it; nothing is changed. Raises SceneError."""
        target, layer, settings = context.scene, context.view_layer, self._settings()
        objects = self._objects(context)
        # A script may have made or moved them a line before.
        layer.update()
        scene.require_targets(objects, single_user=settings.single_user)
        with scene.at_rest(target, layer), _progress(context) as say:
            taken = self._plate(context, plate=plate, longer_side=longer_side)
            looked = scene.look(target, layer, objects, taken.view, settings=settings, progress=say)
        if self.source == "RENDER":
            looked = replace(looked, remarks=(*looked.remarks, *shown_otherwise(objects)))
        return Seen(taken, looked, settings)

    def _plate(self, context: bpy.types.Context, *, plate: bool, longer_side: int) -> scene.Plate:
        target, graph = context.scene, context.view_layer.depsgraph
        if self.source == "BACKGROUND":
            return scene.background_plate(target, graph)
        if self.source == "IMAGE":
            source = self._picture(context)
            return scene.chosen_plate(target, graph, source.image, frame=source.frame)
        if plate:
            return scene.rendered_plate(target, graph, longer_side=longer_side)
        return scene.Plate(None, view_through(target, graph), target.name)

    def _picture(self, context: bpy.types.Context) -> scene.Source:
        if self.image:
            image = bpy.data.images.get(self.image)
            if image is None:
                raise scene.SceneError(f"There is no picture “{self.image}”.", "Check its name.")
            return scene.Source(image, max(context.scene.frame_current, 1))
        chosen = context.scene.gid.image
        if chosen is None:
            raise scene.SceneError("No picture is chosen as plate.", "Choose one, or take Render as Plate.")
        return scene.Source(chosen, max(context.scene.frame_current, 1))

    def _draw_options(self) -> None:
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        layout.prop(self, "source")
        if self.source == "IMAGE":
            layout.prop_search(self, "image", bpy.data, "images")
        layout.prop_search(self, "collection", bpy.data, "collections")
        column = layout.column()
        column.prop(self, "hold_together")
        column.prop(self, "spread_edges")
        column.prop(self, "pin_base")
        column.prop(self, "single_user")


@dataclass(frozen=True, eq=False)
class Seen:
    """Meshes in a plate, as they were at the click."""

    plate: scene.Plate
    looked: scene.Looked
    settings: scene.MeshSettings


@dataclass
class MeshMotion(Motion):
    """A motion on its way onto meshes."""

    seen: Seen | None = None

    def put(self) -> bpy.types.Object:
        assert self.seen is not None
        return put_mesh_motion(scene_again(self.scene_uid), self.seen, self.volume, self.wanted)


def put_mesh_motion(
    target: bpy.types.Scene, seen: Seen, volume: motion.SpectralVolume, wanted: Wanted
) -> bpy.types.Object:
    """Move the meshes, and bring it to the eye as the settings say; returns the one with the controls."""
    objects = [object_again(uid) for uid in seen.looked.uids]
    image = None
    if seen.plate.pixels is not None:
        image = image_from_pixels(f"{objects[0].name} Plate", seen.plate.pixels)
    try:
        leader = scene.move(
            target, objects, seen.looked, volume, settings=seen.settings, period=wanted.period, plate=image
        )
    except BaseException:
        if image is not None:
            bpy.data.images.remove(image)
        raise
    volume_store.remember(leader, volume)
    if wanted.set_range:
        scene.fit_frame_range(target, round(leader["gid_start"]), max(2, round(leader["gid_period"])))
    if wanted.play:
        placing.play(target)
    return leader


class MeshTask(Task):
    title = "Predicting motion"
    method = "predict"

    def __init__(self, target: bpy.types.Scene, seen: Seen) -> None:
        pixels = seen.plate.pixels
        assert pixels is not None
        self.params = {"image": pixels.header, "seed": target.gid.seed, **QUALITY_PARAMS[target.gid.quality]}
        self.parts = [memoryview(pixels.array).cast("B")]
        self.wanted = Wanted.of(target.gid)
        self.scene_uid, self.seen = target.session_uid, seen

    def finish(self, result: Mapping[str, Any], parts: tuple[bytes, ...]) -> None:
        volume = motion.loads(parts[0])
        deliver(MeshMotion(self.scene_uid, 0, volume, self.wanted, seen=self.seen), GID_OT_accept_mesh_motion)
        session.note = " ".join(self.seen.looked.remarks)


class GID_OT_accept_mesh_motion(AcceptsMotion, bpy.types.Operator):
    """Let meshes move by a predicted motion"""

    bl_idname = "gid.accept_mesh_motion"
    bl_label = "Move Meshes through Camera"
    bl_options = {"UNDO", "INTERNAL"}


class GID_OT_mesh_motion(bpy.types.Operator, _Options):
    """Let the selected meshes sway: predict the motion of what the camera sees, and move their vertices by it"""

    bl_idname = "gid.mesh_motion"
    bl_label = "Move Meshes through Camera"
    bl_options = {"REGISTER"}

    longer_side: IntProperty(
        name="Plate Size",
        description="Longer side of a rendered plate in pixels, at most; the scene's own size is not changed",
        default=768,
        min=64,
        max=4096,
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return is_free(cls) and _can_look(cls, context)

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        # The timer takes over once the dialog is confirmed.
        self._in_window = not bpy.app.background
        return context.window_manager.invoke_props_dialog(self, width=360)

    def draw(self, context: bpy.types.Context) -> None:
        self._draw_options()
        row = self.layout.row()
        row.enabled = self.source == "RENDER"
        row.prop(self, "longer_side")

    @guarded
    def execute(self, context: bpy.types.Context) -> set[str]:
        seen = self._look(context, plate=True, longer_side=self.longer_side)
        return begin(self, MeshTask(context.scene, seen), wait=not getattr(self, "_in_window", False))


class GID_OT_mesh_motion_from_volume(bpy.types.Operator, ImportHelper, _Options):
    """Let the selected meshes sway by a file of the motion that the camera's picture has (spectral volume, .npz)"""

    bl_idname = "gid.mesh_motion_from_volume"
    bl_label = "Move Meshes by a File"
    bl_options = {"REGISTER", "UNDO"}

    filename_ext = ".npz"
    filter_glob: StringProperty(default="*.npz", options={"HIDDEN"}, description="Show spectral volumes")

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return _can_look(cls, context)

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        return ask_for_files(self, context)

    def draw(self, context: bpy.types.Context) -> None:
        self._draw_options()

    @guarded
    def execute(self, context: bpy.types.Context) -> set[str]:
        volume = motion.load(Path(bpy.path.abspath(self.filepath)))
        seen = self._look(context, plate=False)
        put_mesh_motion(context.scene, seen, volume, Wanted.of(context.scene.gid))
        for remark in seen.looked.remarks:
            self.report({"WARNING"}, said(remark))
        return {"FINISHED"}


class GID_OT_mesh_motion_remove(bpy.types.Operator):
    """Take the motion off the selected meshes and off those that their controls move; the meshes are as before"""

    bl_idname = "gid.mesh_motion_remove"
    bl_label = "Remove Mesh Motion"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not _moved(context):
            cls.poll_message_set("Select a mesh that was moved through the camera")
            return False
        return True

    @guarded
    def execute(self, context: bpy.types.Context) -> set[str]:
        objects = scene.with_followers(context.scene, _moved(context))
        for obj in objects:
            scene.require_removable(obj)
        for obj in objects:
            scene.remove_mesh_motion(obj)
        return {"FINISHED"}


class GID_OT_mesh_motion_controls(bpy.types.Operator):
    """Select the object whose controls move the active mesh"""

    bl_idname = "gid.mesh_motion_controls"
    bl_label = "Select Controls"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        leader = scene.leader_of(context.object)
        if leader is None or leader.name not in context.view_layer.objects:
            cls.poll_message_set("Select a mesh that moves by the controls of another one")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        leader = scene.leader_of(context.object)
        select_only(context, leader)
        return {"FINISHED"}


def _can_look(cls: type[bpy.types.Operator], context: bpy.types.Context) -> bool:
    if context.scene.camera is None:
        cls.poll_message_set("The scene has no camera to look through")
        return False
    if context.mode != "OBJECT":
        cls.poll_message_set("Go to Object Mode")
        return False
    return True


def _moved(context: bpy.types.Context) -> Sequence[bpy.types.Object]:
    return [obj for obj in context.selected_objects if obj.type == "MESH" and scene.is_through_camera(obj)]


@contextmanager
def _progress(context: bpy.types.Context) -> Iterator[Any]:
    """At the mouse pointer, for what takes seconds."""
    manager = context.window_manager
    manager.progress_begin(0, 100)
    try:
        yield lambda stage, done, total: manager.progress_update(int(100 * done / max(total, 1)))
    finally:
        manager.progress_end()
