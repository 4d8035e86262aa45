# SPDX-License-Identifier: GPL-3.0-or-later
"""Export Motion: the active motion object as a file of another program, in the format that is chosen."""

from __future__ import annotations

from pathlib import Path

import bpy
from bpy.props import BoolProperty, EnumProperty, IntProperty, StringProperty
from bpy_extras.io_utils import ExportHelper

from .. import scene
from ..scene.cached_object import cached_object
from ..scene.exchange import FORMATS, ExportSettings, export_motion, frames_of
from ..scene.shape_keys import bands_of
from ..translations.sentences import said
from .guarded import guarded
from .picture_dialog import named_after

__all__ = ["KINDS", "GID_OT_export_motion"]

KINDS = (
    ("ALEMBIC", "Alembic (.abc)", "Every vertex at every frame; nearly every program reads it"),
    ("USD", "USD (.usdc)", "Every vertex at every frame, with material and picture; .usda, .usdz by the file's name"),
    ("GLTF", "glTF (.glb)", "Morph targets and their weights in one file with the picture, for engines and the web"),
    ("FBX", "FBX (.fbx)", "Morph targets and their weights in one file with the picture, for game engines"),
    ("PC2", "Point Cache (.pc2)", "Every vertex at every frame and nothing else, with the mesh beside it"),
    ("MDD", "Point Cache (.mdd)", "Like PC2, in the older format of LightWave"),
)

RANGES = (
    ("AUTO", "Automatic", "One loop and the frame that closes it if nothing but the loop moves it, else the scene's"),
    ("SCENE", "Scene", "The frames of the scene"),
    ("OWN", "Own", "The frames given below"),
)

_MORPHS = {"GLTF", "FBX"}
_CACHES = {"PC2", "MDD"}


class GID_OT_export_motion(bpy.types.Operator, ExportHelper):
    """Write the active motion object, as it moves in the scene, to a file for another program"""

    bl_idname = "gid.export_motion"
    bl_label = "Export Motion"
    bl_options = {"REGISTER", "UNDO", "PRESET"}

    filename_ext = ".abc"
    filter_glob: StringProperty(default="*.abc", options={"HIDDEN"}, description="Show files of the format")
    kind: EnumProperty(name="Format", description="Format of the file", items=KINDS, default="ALEMBIC")
    frames: EnumProperty(name="Frames", description="Which frames are written", items=RANGES, default="AUTO")
    first: IntProperty(name="First", description="First frame", default=1, min=-1_000_000, max=1_000_000)
    last: IntProperty(name="Last", description="Last frame", default=250, min=-1_000_000, max=1_000_000)
    step: IntProperty(
        name="Step",
        description="Write every how many frames; what lies between is straight",
        default=1,
        min=1,
        max=1000,
        soft_max=8,
    )
    columns: IntProperty(
        name="Grid",
        description="Vertices along the width; 0 takes all that it has, and only a picture's plane can have others",
        default=0,
        min=0,
        max=2048,
        soft_max=512,
    )
    textures: BoolProperty(
        name="Picture", description="Let the picture go along, in the file or beside it", default=True
    )
    rest_mesh: BoolProperty(
        name="Mesh", description="Write the mesh that the cache belongs to beside it, as OBJ", default=True
    )
    play: BoolProperty(
        name="Play Here",
        description="Add an object to the scene that plays the cache, without shape keys",
        default=False,
        options={"SKIP_SAVE"},
    )
    unit_weights: BoolProperty(
        name="Weights from 0 to 1",
        description="Shift the morphs so that no program cuts their weights off; without animation the mesh is then "
        "not the picture at rest",
        default=True,
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if context.object is None or bands_of(context.object) == 0:
            cls.poll_message_set("Select an object that moves: one made by Generate, Load Example or Import Motion")
            return False
        return True

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        self.filepath = named_after(context.object, FORMATS[self.kind][0])
        self.first, self.last = frames_of(context.scene, context.object)
        self.filter_glob = ";".join(f"*{suffix}" for suffix in FORMATS[self.kind])
        return ExportHelper.invoke(self, context, event)

    def check(self, context: bpy.types.Context) -> bool:
        suffixes = FORMATS[self.kind]
        path = Path(self.filepath)
        if path.suffix.lower() in suffixes:
            return False
        known = {suffix for each in FORMATS.values() for suffix in each}
        stem = path.with_suffix("") if path.suffix.lower() in known else path
        self.filepath = f"{stem}{suffixes[0]}"
        self.filter_glob = ";".join(f"*{suffix}" for suffix in suffixes)
        return True

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        layout.prop(self, "kind")
        column = layout.column()
        column.prop(self, "frames")
        if self.frames == "OWN":
            column.prop(self, "first")
            column.prop(self, "last")
        column.prop(self, "step")
        layout.prop(self, "columns")
        column = layout.column(heading="Include")
        column.prop(self, "textures")
        if self.kind in _CACHES:
            column.prop(self, "rest_mesh")
            column.prop(self, "play")
        if self.kind in _MORPHS:
            layout.prop(self, "unit_weights")

    @guarded
    def execute(self, context: bpy.types.Context) -> set[str]:
        obj, target = context.object, context.scene
        self.check(context)
        path = Path(bpy.path.abspath(self.filepath))
        automatic = frames_of(target, obj)
        first, last = {
            "AUTO": automatic,
            "SCENE": (target.frame_start, target.frame_end),
            "OWN": (self.first, self.last),
        }[self.frames]
        settings = ExportSettings(
            first, last, self.step, self.columns, self.textures, self.rest_mesh, self.unit_weights
        )
        done = export_motion(target, obj, path, self.kind, settings)
        if self.play and self.kind in _CACHES:
            closed = _length(obj) == last - first and (last - first) % self.step == 0
            cached_object(target, obj, path, settings, cyclic=closed)
        size = sum(file.stat().st_size for file in done.files) / 1e6
        self.report({"INFO"}, said(f"Saved “{path}”: {done.points} vertices, {done.samples} frames, {size:.1f} MB."))
        for remark in done.remarks:
            self.report({"WARNING"}, said(remark))
        length = _length(obj)
        if not length.is_integer():
            self.report({"WARNING"}, said(f"A loop of {length:g} frames jumps at its end in other programs."))
        return {"FINISHED"}


def _length(obj: bpy.types.Object) -> float:
    """Frames of its loop; 0 where there is no loop to speak of."""
    if "gid_period" not in obj or not scene.has_drivers(obj) or scene.controls_animated(obj):
        return 0.0
    try:
        return scene.loop_length(obj)
    except scene.SceneError:
        return 0.0
