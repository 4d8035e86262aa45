# SPDX-License-Identifier: GPL-3.0-or-later
"""Help that needs no network: the pages in the extension's own folder, behind panels' buttons and behind F1."""

from __future__ import annotations

from pathlib import Path

import bpy
from bpy.props import StringProperty

__all__ = ["FOLDER", "TOPICS", "GID_OT_help", "address", "manual_map", "register", "unregister"]

FOLDER = Path(__file__).resolve().parent.parent / "help"

# What a panel's name (`variants`, ui/panels.py) opens.
TOPICS = {
    "bake": "manual.html#pull-poke-and-blow-on-it",
    "equaliser": "manual.html#live-controls",
    "excitations": "manual.html#pull-poke-and-blow-on-it",
    "files": "farm.html",
    "generate": "manual.html#from-a-picture-to-a-loop",
    "layers": "layers.html",
    "mask": "masks.html",
    "mesh": "any-mesh.html",
    "motion": "manual.html#live-controls",
    "queue": "batch.html#in-blender-the-queue",
    "results": "manual.html#frames",
    "shot": "timeline.html",
    "variations": "batch.html#in-blender-variations",
    "video": "from-video.html",
}

# What F1 and “Online Manual” open over a button or a field; the first pattern that fits is taken. RNA's names come in
# lower case.
_WORKER = "manual.html#set-up-the-worker"
_TROUBLE = "manual.html#when-something-goes-wrong"
_MANUAL = (
    ("bpy.ops.gid.*asset_library*", "assets.html"),
    ("bpy.ops.gid.*bake*", TOPICS["bake"]),
    ("bpy.ops.gid.*compositing*", "compositing.html"),
    ("bpy.ops.gid.*excitation*", TOPICS["excitations"]),
    ("bpy.ops.gid.*preset*", TOPICS["motion"]),
    ("bpy.ops.gid.*touch*", "touch.html"),
    ("bpy.ops.gid.*variation*", TOPICS["variations"]),
    ("bpy.ops.gid.add_movie*", TOPICS["shot"]),
    ("bpy.ops.gid.add_to_timeline*", TOPICS["shot"]),
    ("bpy.ops.gid.cache_clear*", _WORKER),
    ("bpy.ops.gid.convert_to_keyframes*", TOPICS["motion"]),
    ("bpy.ops.gid.copy_report*", _TROUBLE),
    ("bpy.ops.gid.export_motion*", "exchange.html"),
    ("bpy.ops.gid.export_page*", "web-page.html"),
    ("bpy.ops.gid.export_volume*", "manual.html#motion-as-a-file"),
    ("bpy.ops.gid.files_*", "farm.html#what-is-on-the-disk"),
    ("bpy.ops.gid.fill_background*", "layers.html#the-background"),
    ("bpy.ops.gid.fit_strip*", "timeline.html#slow-motion"),
    ("bpy.ops.gid.from_video*", TOPICS["video"]),
    ("bpy.ops.gid.import_pictures*", "layers.html#pictures-into-the-scene"),
    ("bpy.ops.gid.import_volume*", "manual.html#motion-as-a-file"),
    ("bpy.ops.gid.layer*", "layers.html#depth"),
    ("bpy.ops.gid.make_self_contained*", TOPICS["files"]),
    ("bpy.ops.gid.mask_*", TOPICS["mask"]),
    ("bpy.ops.gid.mesh_motion*", TOPICS["mesh"]),
    ("bpy.ops.gid.open_log*", _TROUBLE),
    ("bpy.ops.gid.queue_*", TOPICS["queue"]),
    ("bpy.ops.gid.randomise_phase*", TOPICS["motion"]),
    ("bpy.ops.gid.render_*", TOPICS["results"]),
    ("bpy.ops.gid.restore_controls*", TOPICS["motion"]),
    ("bpy.ops.gid.set_shading*", TOPICS["layers"]),
    ("bpy.ops.gid.snap_period*", "timeline.html#whole-frames-and-the-clock"),
    ("bpy.ops.gid.split_layers*", "layers.html#a-cut-out"),
    ("bpy.ops.gid.worker_*", _WORKER),
    ("bpy.ops.gid.*", TOPICS["generate"]),
    ("bpy.types.gid_ap_preferences.*", _WORKER),
    ("bpy.types.gid_pg_bake.*", TOPICS["bake"]),
    ("bpy.types.gid_pg_excitation.*", "excitations.html#what-an-empty-says"),
    ("bpy.types.gid_pg_queue*", TOPICS["queue"]),
    ("bpy.types.gid_pg_settings.format*", TOPICS["results"]),
    ("bpy.types.gid_pg_settings.layer*", TOPICS["layers"]),
    ("bpy.types.gid_pg_settings.mask*", TOPICS["mask"]),
    ("bpy.types.gid_pg_settings.movie*", TOPICS["video"]),
    ("bpy.types.gid_pg_settings.output*", TOPICS["results"]),
    ("bpy.types.gid_pg_settings.passes*", "rendering.html"),
    ("bpy.types.gid_pg_settings.touch_*", "touch.html"),
    ("bpy.types.gid_*", TOPICS["generate"]),
)


def address(topic: str) -> str:
    """The address of a topic's page; the manual's for one that has none."""
    page, _, place = TOPICS.get(topic, "manual.html").partition("#")
    return (FOLDER / page).as_uri() + (f"#{place}" if place else "")


def manual_map() -> tuple[str, tuple[tuple[str, str], ...]]:
    """What Blender asks for when somebody presses F1 over one of our buttons."""
    return FOLDER.as_uri() + "/", _MANUAL


class GID_OT_help(bpy.types.Operator):
    """Open the page about this panel in the web browser; it is on this computer and needs no network"""

    bl_idname = "gid.help"
    bl_label = "Image Dynamics Manual"

    topic: StringProperty(
        name="Topic", description="Name of a panel; while empty, the manual from its beginning", options={"SKIP_SAVE"}
    )

    def execute(self, context: bpy.types.Context) -> set[str]:
        return bpy.ops.wm.url_open(url=address(self.topic))


def register() -> None:
    bpy.utils.register_manual_map(manual_map)


def unregister() -> None:
    bpy.utils.unregister_manual_map(manual_map)
