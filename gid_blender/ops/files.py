# SPDX-License-Identifier: GPL-3.0-or-later
"""Files: what is on the disk, a clean-up of it, and a .blend that needs nothing from elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import bpy
from bpy.app.handlers import persistent
from bpy.app.translations import pgettext_n as n_
from bpy.props import BoolProperty

from ..scene.files import Item, claim_used, clean, look, roots_of_file
from ..scene.self_contained import make_self_contained
from ..translations.sentences import said
from .guarded import guarded
from .paths import user_folder
from .report import EXPECTED
from .session import redraw, session

__all__ = [
    "GID_OT_files_clean",
    "GID_OT_files_refresh",
    "GID_OT_make_self_contained",
    "Row",
    "found",
    "megabytes",
    "register",
    "unregister",
]

# More would make a dialogue that no screen holds.
_MOST_ROWS = 12


@dataclass(frozen=True)
class Row:
    """A folder, ready to be drawn."""

    name: str
    size: str
    date: str
    use: str
    icon: str


@dataclass
class Found:
    """What Refresh found last, for panels to show.

    Attributes:
        blend: path of the .blend that it was found for.
        items: everything.
        rows: the largest folders.
        more: how many folders are not among them.
        total, unused, volumes: sizes, as text.
    """

    blend: str | None = None
    items: list[Item] = field(default_factory=list)
    rows: tuple[Row, ...] = ()
    more: int = 0
    total: str = ""
    unused: str = ""
    volumes: str = ""

    @property
    def is_known(self) -> bool:
        """Whether it was found for the .blend that is open."""
        return self.blend == bpy.data.filepath

    def refresh(self) -> None:
        """Look at the disk."""
        self.items = look(roots_of_file(), user_folder("frames"), user_folder("volumes"))
        self.blend = bpy.data.filepath
        folders = [item for item in self.items if item.kind != "VOLUME"]
        kept = [item for item in self.items if item.kind == "VOLUME"]
        self.rows = tuple(_row(item) for item in folders[:_MOST_ROWS])
        self.more = max(0, len(folders) - _MOST_ROWS)
        self.total = megabytes(sum(item.bytes for item in folders))
        self.unused = megabytes(sum(item.bytes for item in folders if item.goes(others=False)))
        self.volumes = f"{len(kept)}, {megabytes(sum(item.bytes for item in kept))}"

    def going(self, others: bool) -> list[Item]:
        """What a clean-up would take."""
        return [item for item in self.items if item.goes(others=others)]


found = Found()


def megabytes(count: float) -> str:
    """A size for people."""
    return f"{count / 1e9:.2f} GB" if count >= 1e9 else f"{count / 1e6:.1f} MB"


def _row(item: Item) -> Row:
    if item.kind == "UNFINISHED":
        use, icon = n_("unfinished"), "CANCEL"
    elif item.scenes:
        use, icon = ", ".join(item.scenes), "CHECKMARK"
    elif item.ours:
        use, icon = n_("not used"), "RADIOBUT_OFF"
    elif item.deletable:
        use, icon = item.blend or n_("unsaved file"), "FILE_BLEND"
    else:
        use, icon = n_("not made here"), "LOCKED"
    date = f"{datetime.fromtimestamp(item.modified):%Y-%m-%d}"
    return Row(item.path.name, megabytes(item.bytes), date, use, icon)


class GID_OT_files_refresh(bpy.types.Operator):
    """Look at what is on the disk: rendered frames, copies, kept motions"""

    bl_idname = "gid.files_refresh"
    bl_label = "Look at Files on Disk"
    bl_options = {"REGISTER"}

    @guarded
    def execute(self, context: bpy.types.Context) -> set[str]:
        found.refresh()
        redraw()
        return {"FINISHED"}


class GID_OT_files_clean(bpy.types.Operator):
    """Delete frames and copies that the extension made and no scene of this file uses; this cannot be undone"""

    bl_idname = "gid.files_clean"
    bl_label = "Clean Up Rendered Files"
    bl_options = {"REGISTER"}

    others: BoolProperty(
        name="Also of Other Files",
        description="Delete what was made for other .blend files or is used by them too, and kept motions that this "
        "file does not use; what this file uses stays in any case",
        default=False,
        options={"SKIP_SAVE"},
    )

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        try:
            found.refresh()
        except EXPECTED as error:
            self.report({"ERROR"}, said(session.fail(error).sentence))
            return {"CANCELLED"}
        return context.window_manager.invoke_props_dialog(self, width=420, confirm_text="Delete")

    def draw(self, context: bpy.types.Context) -> None:
        layout = self.layout
        layout.prop(self, "others")
        going = found.going(self.others)
        if not going:
            layout.label(text="Nothing is left over", icon="CHECKMARK")
            return
        column = layout.column(align=True)
        column.label(text="These are deleted for good:")
        for item in going[:_MOST_ROWS]:
            split = column.split(factor=0.7)
            icon = "FILE_FOLDER" if item.kind != "VOLUME" else "FILE"
            split.label(text=item.path.name, icon=icon, translate=False)
            split.label(text=megabytes(item.bytes))
        if len(going) > _MOST_ROWS:
            column.label(text=f"… {len(going) - _MOST_ROWS}")
        layout.label(text=megabytes(sum(item.bytes for item in going)), icon="TRASH")

    @guarded
    def execute(self, context: bpy.types.Context) -> set[str]:
        found.refresh()
        done = clean(found.items, others=self.others)
        found.refresh()
        for sentence in done.left:
            self.report({"WARNING"}, said(sentence))
        session.note = f"{megabytes(done.bytes)} freed."
        self.report({"INFO"}, said(f"{len(done.removed)} deleted, {megabytes(done.bytes)} freed."))
        redraw()
        return {"FINISHED"}


class GID_OT_make_self_contained(bpy.types.Operator):
    """Pack pictures and masks, copy sequences, movies and point caches beside the .blend, make all paths relative"""

    bl_idname = "gid.make_self_contained"
    bl_label = "Make Self-contained"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if not bpy.data.filepath:
            cls.poll_message_set("Save the .blend first; what cannot be packed is put beside it")
            return False
        return True

    @guarded
    def execute(self, context: bpy.types.Context) -> set[str]:
        done = make_self_contained()
        for sentence in done.left:
            self.report({"WARNING"}, said(sentence))
        session.note = " ".join([f"{done.sentence} Save the .blend to keep it.", *done.left])
        self.report({"INFO"}, said(f"{done.sentence} Save the .blend to keep it."))
        redraw()
        return {"FINISHED"}


@persistent
def _saved(path: str, *_: object) -> None:
    blend = path or bpy.data.filepath
    # A startup file is no .blend that uses anything.
    if not blend:
        return
    # After Save As, the frames of one version are those of the next one too.
    left = claim_used(Path(blend))
    if left:
        session.note = " ".join(left)
        redraw()


def register() -> None:
    bpy.app.handlers.save_post.append(_saved)


def unregister() -> None:
    bpy.app.handlers.save_post.remove(_saved)
