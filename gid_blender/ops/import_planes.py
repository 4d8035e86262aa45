# SPDX-License-Identifier: GPL-3.0-or-later
"""Picture files as planes that are ready for motion: what Import Images as Planes offers, on the grid of a motion."""

from __future__ import annotations

from typing import Any

import bpy
from bpy.props import BoolProperty, CollectionProperty, EnumProperty, FloatProperty, IntProperty, StringProperty
from bpy_extras.io_utils import ImportHelper, poll_file_object_drop
from mathutils import Matrix

from .. import scene
from ..scene import queue
from ..translations.sentences import said
from . import placing
from .active import select_only
from .guarded import guarded
from .picture_dialog import ask_for_files, chosen_paths
from .session import session
from .shading_options import ShadingOptions

__all__ = ["GID_FH_pictures", "GID_OT_import_pictures"]

EXTENSIONS = (".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".exr", ".hdr", ".tga", ".bmp", ".jp2")
_AXES = tuple((axis, axis, text) for axis, text in (
    ("+X", "Facing positive X"), ("+Y", "Facing positive Y"), ("+Z", "Facing positive Z"),
    ("-X", "Facing negative X"), ("-Y", "Facing negative Y"), ("-Z", "Facing negative Z"),
))  # fmt: skip
_OFFSETS = tuple((axis, axis, text) for axis, text in (
    ("+X", "Side by side, to the picture's right"), ("+Y", "Side by side, upward"), ("+Z", "Stacked, to the front"),
    ("-X", "Side by side, to the picture's left"), ("-Y", "Side by side, downward"), ("-Z", "Stacked, to the back"),
))  # fmt: skip


def _size_mode_changed(self: Any, _: bpy.types.Context) -> None:
    # What fills the camera's frame has to face it.
    if self.size_mode == "CAMERA":
        self.align_axis = "CAM"


class GID_OT_import_pictures(bpy.types.Operator, ImportHelper, ShadingOptions):
    """Import pictures as planes that are ready for motion, 1 m high or of the size that is chosen"""

    bl_idname = "gid.import_pictures"
    bl_label = "Picture with Motion"
    bl_options = {"REGISTER", "PRESET", "UNDO"}

    files: CollectionProperty(
        type=bpy.types.OperatorFileListElement,
        name="Files",
        description="Names in the folder",
        options={"HIDDEN", "SKIP_SAVE"},
    )
    directory: StringProperty(
        name="Folder", description="Of the files", subtype="DIR_PATH", options={"HIDDEN", "SKIP_SAVE"}
    )
    filter_image: BoolProperty(default=True, options={"HIDDEN", "SKIP_SAVE"}, description="Show pictures")
    filter_movie: BoolProperty(default=True, options={"HIDDEN", "SKIP_SAVE"}, description="Show movies")
    filter_folder: BoolProperty(default=True, options={"HIDDEN", "SKIP_SAVE"}, description="Show folders")

    relative: BoolProperty(name="Relative Paths", description="Keep paths relative to the .blend file", default=True)
    force_reload: BoolProperty(name="Force Reload", description="Read files again that are loaded already")
    image_sequence: BoolProperty(
        name="Image Sequences",
        description="Take numbered files as one animated picture instead of a plane each",
    )
    use_auto_refresh: BoolProperty(
        name="Auto Refresh", description="Show each frame of a movie as the scene's frame changes", default=True
    )
    overwrite_material: BoolProperty(
        name="Overwrite Material", description="Use a material of the same name again, with new nodes"
    )

    size_mode: EnumProperty(
        name="Size Mode",
        description="What says how large the planes are",
        items=(
            ("ABSOLUTE", "Absolute", "All of the same height"),
            ("CAMERA", "Scale to Camera Frame", "As large as the camera's frame where the 3D cursor is"),
            ("DPI", "Pixels per Inch", "By the pixels, so many to an inch"),
            ("DPBU", "Pixels per Blender Unit", "By the pixels, so many to a Blender unit"),
        ),
        update=_size_mode_changed,
    )
    fill_mode: EnumProperty(
        name="Scale",
        description="What of the frame a picture of another shape takes",
        items=(
            ("FILL", "Fill", "All of it, spilling outside"),
            ("FIT", "Fit", "As much as the whole picture can take"),
        ),
    )
    height: FloatProperty(
        name="Height", description="Of each plane", default=1.0, min=0.001, subtype="DISTANCE", unit="LENGTH"
    )
    factor: FloatProperty(
        name="Definition",
        description="Pixels to an inch, or to a Blender unit",
        default=600.0,
        min=1.0,
        max=1_000_000.0,
        soft_max=2400.0,
    )
    align_axis: EnumProperty(
        name="Align",
        description="What the planes face",
        items=(
            *_AXES,
            ("CAM", "Face Camera", "Turned as the camera is"),
            ("CAM_AX", "Camera's Main Axis", "The main axis that comes nearest to the camera's"),
        ),
        default="CAM_AX",
    )
    align_track: BoolProperty(name="Track Camera", description="Go on facing the camera, by a constraint")
    offset: BoolProperty(
        name="Offset Planes",
        description="Set the planes beside each other; otherwise they all stand in one place",
        default=True,
    )
    offset_axis: EnumProperty(
        name="Offset Direction", description="Along which of their own axes", items=_OFFSETS, default="+X"
    )
    offset_amount: FloatProperty(
        name="Offset Distance",
        description="The gap between two planes",
        default=0.1,
        soft_min=0.0,
        subtype="DISTANCE",
        unit="LENGTH",
    )

    columns: IntProperty(
        name="Grid",
        description="Vertices along the width of the mesh; 0 chooses about 41,000 vertices in all",
        default=0,
        min=0,
        soft_max=512,
        max=2048,
    )
    generate: BoolProperty(
        name="Generate Motion",
        description="Put the pictures into the queue and begin at once",
        options={"SKIP_SAVE"},
    )

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        # Files that were dropped are known; then only the options are asked for.
        if self.properties.is_property_set("filepath"):
            return self.invoke_popup(context)
        return ask_for_files(self, context)

    @guarded
    def execute(self, context: bpy.types.Context) -> set[str]:
        planes, refused = self._import(context)
        if not planes:
            raise scene.all_refused(refused)
        select_only(context, *planes)
        placing.show_textures(context.scene)
        if self.generate:
            self._generate(context, planes)
        if refused:
            # Those that are there stay, so that one undo step takes all of them back.
            self.report({"WARNING"}, said(str(scene.all_refused(refused))))
        else:
            self.report({"INFO"}, said(f"Added {len(planes)} picture planes. Generate gives them motion."))
        return {"FINISHED"}

    def _import(self, context: bpy.types.Context) -> tuple[list[bpy.types.Object], list[scene.Refusal]]:
        target = context.scene
        if context.mode != "OBJECT":
            raise scene.SceneError("Pictures come in in Object Mode alone.", "Leave the other mode and try again.")
        home = context.collection
        if home.library is not None:
            raise scene.SceneError(
                f"The collection “{home.name}” is linked and takes no objects.", "Choose a local collection."
            )
        pictures, refused = scene.load_pictures(
            chosen_paths(self),
            find_sequences=self.image_sequence,
            force_reload=self.force_reload,
            relative=self.relative,
        )
        if not pictures and not refused:
            raise scene.SceneError("No files are chosen.", "Choose picture files.")
        if not pictures:
            return [], refused
        placed = scene.place_planes(target, [picture.size for picture in pictures], self._placement())
        planes = []
        for picture, (matrix, size) in zip(pictures, placed, strict=True):
            try:
                planes.append(self._plane(target, home, picture, matrix, size))
            except scene.SceneError as error:
                name = picture.image.name
                refused.append(scene.Refusal(name, scene.SceneError(f"“{name}”: {error.message}", error.hint)))
        return planes, refused

    def _plane(
        self,
        target: bpy.types.Scene,
        home: bpy.types.Collection,
        picture: scene.PictureFile,
        matrix: Matrix,
        size: tuple[float, float],
    ) -> bpy.types.Object:
        name = bpy.path.display_name_from_filepath(picture.image.filepath)
        known = bpy.data.materials.get(name) if self.overwrite_material else None
        obj = scene.add_waiting_plane(
            picture,
            matrix,
            size,
            collection=home,
            shading=self.shading(),
            columns=self.columns,
            name=name,
            material=known if known is not None and known.library is None else None,
            start=target.frame_start,
        )
        if picture.frames > 1:
            texture = obj.active_material.node_tree.nodes.active
            texture.image_user.use_auto_refresh = self.use_auto_refresh or picture.image.source == "SEQUENCE"
        if self.align_track:
            _track(obj, target.camera, self.align_axis)
        return obj

    def _placement(self) -> scene.Placement:
        names = ("size_mode", "fill_mode", "height", "factor", "align_axis", "align_track", "offset", "offset_axis")
        return scene.Placement(**{name: getattr(self, name) for name in (*names, "offset_amount")})

    def _generate(self, context: bpy.types.Context, planes: list[bpy.types.Object]) -> None:
        settings = context.scene.gid
        for obj in planes:
            source = scene.source_of_object(obj, context.scene)
            queue.add(context.scene, source, seed=settings.seed, quality=settings.quality, replace=settings.replace)
        if not session.busy:
            bpy.ops.gid.queue_run("EXEC_DEFAULT" if bpy.app.background else "INVOKE_DEFAULT")

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        layout.prop(self, "generate")
        for identifier, title, fill in (
            ("gid_import_files", "Options", self._draw_files),
            ("gid_import_place", "Transform", self._draw_place),
            ("gid_import_material", "Material", self.draw_shading),
        ):
            header, body = layout.panel(identifier)
            header.label(text=title)
            if body:
                fill(body)
        if (self.size_mode == "CAMERA" or self.align_axis == "CAM" or self.align_track) and not context.scene.camera:
            layout.label(text="The scene has no camera", icon="ERROR")

    def _draw_files(self, body: bpy.types.UILayout) -> None:
        row = body.row()
        row.active = bool(bpy.data.filepath)
        row.prop(self, "relative")
        for name in ("force_reload", "image_sequence", "use_auto_refresh", "overwrite_material", "columns"):
            body.prop(self, name)

    def _draw_place(self, body: bpy.types.UILayout) -> None:
        body.prop(self, "size_mode")
        body.prop(self, {"ABSOLUTE": "height", "CAMERA": "fill_mode"}.get(self.size_mode, "factor"))
        row = body.row()
        row.enabled = self.size_mode != "CAMERA"
        row.prop(self, "align_axis")
        if "CAM" in self.align_axis:
            body.prop(self, "align_track")
        body.prop(self, "offset")
        column = body.column()
        column.enabled = self.offset
        column.prop(self, "offset_axis")
        column.prop(self, "offset_amount", text="Distance")


class GID_FH_pictures(bpy.types.FileHandler):
    """Pictures that are dropped into a 3D Viewport"""

    bl_idname = "GID_FH_pictures"
    bl_label = "Picture with Motion"
    bl_import_operator = "gid.import_pictures"
    bl_file_extensions = ";".join(EXTENSIONS)

    @classmethod
    def poll_drop(cls, context: bpy.types.Context) -> bool:
        return poll_file_object_drop(context)


def _track(obj: bpy.types.Object, camera: bpy.types.Object, axis: str) -> None:
    if axis == "CAM":
        obj.constraints.new("COPY_ROTATION").target = camera
        return
    constraint = obj.constraints.new("LOCKED_TRACK")
    constraint.target = camera
    constraint.track_axis, constraint.lock_axis = "TRACK_Z", "LOCK_Y"
