# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures that wait for their motion: a list in the scene, which is saved with the .blend.

An entry never says that it is running: a file that was saved meanwhile must not claim so when it is opened. What runs
is known to whoever runs it, by the entry's key.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable

import bpy
from bpy.props import BoolProperty, CollectionProperty, EnumProperty, IntProperty, PointerProperty, StringProperty

from .errors import SceneError
from .sources import Source

__all__ = ["GID_PG_queue", "GID_PG_queue_entry", "add", "counts", "entry_of", "move", "next_waiting", "register"]
__all__ += ["remove", "remove_finished", "source_of_entry", "unregister"]

STATES = (
    ("WAITING", "Waiting", "Its turn will come", "TIME", 0),
    ("DONE", "Done", "Its motion is in the scene", "CHECKMARK", 1),
    ("FAILED", "Failed", "It could not be done; the sentence says why", "ERROR", 2),
    ("CANCELLED", "Cancelled", "It was cancelled", "X", 3),
)

_STILL = -1


class GID_PG_queue_entry(bpy.types.PropertyGroup):
    key: StringProperty(name="Key", description="Tells this entry from all others, wherever it stands")
    image: PointerProperty(type=bpy.types.Image, name="Picture", description="The picture to animate")
    frame: IntProperty(
        name="Frame",
        description="Of a movie or an image sequence, which of its frames; -1 for a still",
        default=_STILL,
        min=_STILL,
        max=1_000_000,
    )
    seed: IntProperty(name="Seed", description="Another seed gives another motion", default=0, min=0, max=2**31 - 1)
    quality: StringProperty(name="Quality", description="How much work goes into the prediction", default="STANDARD")
    replace: BoolProperty(
        name="Replace Existing",
        description="Give the picture's existing motion object the new motion, instead of making another object",
        default=True,
    )
    state: EnumProperty(name="State", description="What has become of it", items=STATES, default="WAITING")
    sentence: StringProperty(name="Why", description="Why it failed, and what to do")


class GID_PG_queue(bpy.types.PropertyGroup):
    entries: CollectionProperty(type=GID_PG_queue_entry, name="Entries", description="Pictures, in the order of work")
    index: IntProperty(name="Chosen", description="The entry that the panel shows", default=0, min=0)
    variations: IntProperty(name="Variations", description="How many motions are offered", default=4, min=2, max=24)


def add(scene: bpy.types.Scene, source: Source, *, seed: int, quality: str, replace: bool) -> bool:
    """Put a picture at the end of the queue; False when the same waits there already.

    Raises:
        SceneError: when the picture is of another file and cannot be kept in this scene.
    """
    queue = scene.gid_queue
    frame = _STILL if source.frame is None else source.frame
    same = (source.image, frame, seed, quality)
    if any(e.state == "WAITING" and (e.image, e.frame, e.seed, e.quality) == same for e in queue.entries):
        return False
    if scene.library is not None:
        raise SceneError(f"The scene “{scene.name}” is linked.", "Open its own file, or make it local.")
    entry = queue.entries.add()
    entry.key = secrets.token_hex(8)
    entry.name, entry.image, entry.frame = source.image.name, source.image, frame
    entry.seed, entry.quality, entry.replace = seed, quality, replace
    queue.index = len(queue.entries) - 1
    return True


def entry_of(scene: bpy.types.Scene, key: str) -> GID_PG_queue_entry | None:
    """The entry of that key, wherever it stands now; None when it was removed."""
    return next((entry for entry in scene.gid_queue.entries if entry.key == key), None)


def next_waiting(scene: bpy.types.Scene) -> GID_PG_queue_entry | None:
    """Whose turn it is."""
    return next((entry for entry in scene.gid_queue.entries if entry.state == "WAITING"), None)


def source_of_entry(entry: GID_PG_queue_entry) -> Source:
    """The picture of an entry. Raises SceneError when it was deleted."""
    if entry.image is None:
        raise SceneError(
            f"The picture “{entry.name}” was deleted.", "Undo that, or add the picture to the queue again."
        )
    return Source(entry.image, None if entry.frame == _STILL else entry.frame, "Queue")


def move(scene: bpy.types.Scene, step: int) -> bool:
    """Move the chosen entry by so many places; False when it is at the end already."""
    queue = scene.gid_queue
    target = queue.index + step
    if not (0 <= queue.index < len(queue.entries) and 0 <= target < len(queue.entries)):
        return False
    queue.entries.move(queue.index, target)
    queue.index = target
    return True


def remove(scene: bpy.types.Scene, key: str) -> None:
    """Take an entry out."""
    _remove(scene, [key])


def remove_finished(scene: bpy.types.Scene, *, waiting: bool = False, keep: str = "") -> int:
    """Take out what has come to its end, and what waits too if that is wanted; all but the key `keep`.

    Returns:
        How many.
    """
    gone = [e.key for e in scene.gid_queue.entries if e.key != keep and (waiting or e.state != "WAITING")]
    _remove(scene, gone)
    return len(gone)


def counts(scene: bpy.types.Scene) -> dict[str, int]:
    """How many entries are in each state."""
    found = dict.fromkeys((state[0] for state in STATES), 0)
    for entry in scene.gid_queue.entries:
        found[entry.state] += 1
    return found


def _remove(scene: bpy.types.Scene, keys: Iterable[str]) -> None:
    queue = scene.gid_queue
    gone = set(keys)
    for index in reversed(range(len(queue.entries))):
        if queue.entries[index].key in gone:
            queue.entries.remove(index)
    queue.index = min(queue.index, max(0, len(queue.entries) - 1))


CLASSES = (GID_PG_queue_entry, GID_PG_queue)


def register() -> None:
    for cls in CLASSES:
        bpy.utils.register_class(cls)
    bpy.types.Scene.gid_queue = PointerProperty(
        type=GID_PG_queue, name="Image Dynamics Queue", description="Pictures that wait for their motion"
    )


def unregister() -> None:
    del bpy.types.Scene.gid_queue
    for cls in reversed(CLASSES):
        bpy.utils.unregister_class(cls)
