# SPDX-License-Identifier: GPL-3.0-or-later
"""Rendered loops as strips: put at the playhead, repeated, and renewed in place when their picture is rendered again.

A loop that repeats is one image strip whose elements repeat: it trims, moves, splits and takes effects like any other,
and costs no frames on the disk.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import bpy

from ..compat import set_strip_end, strip_content, strip_range, strips
from .errors import SceneError
from .relative import relative_path
from .sequence import require_files

__all__ = [
    "Remark",
    "Renewal",
    "add_strip",
    "behind",
    "editor_of",
    "every_strip",
    "follow",
    "free_channel",
    "renew_strips",
    "repeats",
    "strips_of",
]

# Blender's own limit for the channels of a timeline.
_CHANNELS = 128
_PICTURE, _REPEAT, _CYCLIC = "gid_picture", "gid_repeat", "gid_cyclic"
_MOST_ELEMENTS = 100_000


@dataclass(frozen=True)
class Renewal:
    """What became of the strips of a picture or of a movie.

    Attributes:
        count: how many strips show the new frames.
        remarks: a sentence for each that is not as it may be expected.
    """

    count: int
    remarks: tuple[str, ...] = ()


def add_strip(
    scene: bpy.types.Scene,
    frames: list[Path],
    *,
    start: int | None = None,
    name: str = "",
    repeat: int = 1,
    picture: bpy.types.Object | None = None,
    cyclic: bool = True,
) -> bpy.types.ImageStrip:
    """An image strip of exactly the files' length, or several times that, on the lowest channel free for all of it.

    Args:
        scene: whose timeline it goes to.
        frames: files in order, all in one folder.
        start: its first frame; None takes the playhead.
        name: of the strip; the folder's name by default.
        repeat: how many times the files are played in a row.
        picture: the motion object they are of; `renew_strips` finds the strip by it.
        cyclic: whether they are a loop of it, and not frames of a scene.

    Raises:
        SceneError: for no frames, a missing file, a linked scene, or when all channels are taken there.
    """
    require_files(frames)
    names = _repeated(frames, repeat)
    start = scene.frame_current if start is None else start
    editor, channel = free_channel(scene, start, len(names))
    strip = strips(editor).new_image(
        name=name or frames[0].parent.name,
        filepath=relative_path(frames[0]),
        channel=channel,
        frame_start=start,
        fit_method="FIT",
    )
    for element in names[1:]:
        strip.elements.append(element)
    if picture is not None:
        strip[_PICTURE] = picture
        strip[_REPEAT], strip[_CYCLIC] = repeat, cyclic
    return strip


def strips_of(picture: bpy.types.Object, *, cyclic: bool = True) -> list[tuple[bpy.types.Scene, bpy.types.ImageStrip]]:
    """The strips that show a picture's loop, or frames of a scene, in all scenes that can be edited, in metas too."""
    return [(scene, strip) for scene, _, strip in _found(picture, cyclic)]


def renew_strips(picture: bpy.types.Object, frames: list[Path], *, cyclic: bool = True) -> Renewal:
    """Show other frames in the strips of a picture. Position, channel, effects, blending and keyframes stay.

    The length follows the number of frames, except where somebody has cut or held the end or retimed the strip; there
    the edit stays. A strip never grows into its neighbour.

    Args:
        picture: the motion object.
        frames: files in order, all in one folder.
        cyclic: whether they are a loop. A strip of a loop does not become one of a scene's frames, nor the reverse.

    Raises:
        SceneError: for no frames or a missing file; nothing is changed then.
    """
    require_files(frames)
    done, remarks = 0, []
    for _, container, strip in list(_found(picture, cyclic)):
        remark = _renew(container, strip, frames)
        done += not (remark and remark.refused)
        if remark:
            remarks.append(remark.text)
    return Renewal(done, tuple(remarks))


def repeats(strip: bpy.types.ImageStrip) -> int:
    """How many times a strip plays its loop."""
    return int(strip.get(_REPEAT, 1))


@dataclass(frozen=True)
class Remark:
    text: str
    refused: bool = False


def _renew(container: bpy.types.bpy_prop_collection, strip: bpy.types.ImageStrip, frames: list[Path]) -> Remark | None:
    begin, duration, *hidden = strip_content(strip)
    first, after = strip_range(strip)
    names = _repeated(frames, repeats(strip))
    retimed = len(strip.retiming_keys) > 0
    kept = len(names) - sum(hidden)
    if kept < 1 or (not retimed and begin + kept <= first):
        return Remark(
            f"“{strip.name}” begins behind the last of the {len(names)} frames, so it shows the earlier ones.",
            refused=True,
        )
    _fill(strip, frames[0], names)
    if retimed:
        return None
    return follow(container, strip, begin + duration, after, int(begin + kept), len(names))


def follow(
    container: bpy.types.bpy_prop_collection, strip: bpy.types.Strip, end: float, after: int, wanted: int, count: int
) -> Remark | None:
    """Pull a strip's end to that of its new content, as far as that is nobody's edit and free.

    Args:
        container: where the strip is.
        strip: with the new content.
        end, after: of the earlier content, and of the strip then.
        wanted: end of the new content.
        count: frames that it has.
    """
    if after != end:
        # Cut or held by hand: the edit stays where it is, as far as there is content for a cut.
        wanted = min(after, wanted) if after < end else after
    neighbour = min(
        ((strip_range(other)[0], other.name) for other in behind(container, strip, after)), default=(wanted, "")
    )
    set_strip_end(strip, min(wanted, neighbour[0]))
    if neighbour[0] >= wanted:
        return None
    return Remark(
        f"“{strip.name}” has {count} frames now, but “{neighbour[1]}” follows in channel {strip.channel} at frame "
        f"{neighbour[0]}, so its end is cut there; move “{neighbour[1]}” and pull the handle."
    )


def behind(container: bpy.types.bpy_prop_collection, strip: bpy.types.Strip, after: int) -> Iterator[bpy.types.Strip]:
    """The other strips in its channel that begin at a frame or later."""
    for other in container:
        if other != strip and other.channel == strip.channel and strip_range(other)[0] >= after:
            yield other


def _fill(strip: bpy.types.ImageStrip, first: Path, names: list[str]) -> None:
    elements = strip.elements
    for _ in range(len(elements) - len(names)):
        elements.pop(-1)
    for name in names[len(elements) :]:
        elements.append(name)
    for element, name in zip(elements, names, strict=True):
        element.filename = name
    # Last, for it is this that makes Blender forget the pictures it keeps of the strip.
    strip.directory = relative_path(first.parent)


def _found(
    picture: bpy.types.Object, cyclic: bool
) -> Iterator[tuple[bpy.types.Scene, bpy.types.bpy_prop_collection, bpy.types.ImageStrip]]:
    for scene, container, strip in every_strip():
        if strip.type == "IMAGE" and strip.get(_PICTURE) == picture and strip.get(_CYCLIC, True) == cyclic:
            yield scene, container, strip


def every_strip() -> Iterator[tuple[bpy.types.Scene, bpy.types.bpy_prop_collection, bpy.types.Strip]]:
    """All strips of scenes that can be edited, those in metas too, each with what it lies in."""
    for scene in bpy.data.scenes:
        if scene.library is None and scene.sequence_editor is not None:
            containers = [strips(scene.sequence_editor)]
            for container in containers:
                for strip in container:
                    if strip.type == "META":
                        containers.append(strip.strips)
                    else:
                        yield scene, container, strip


def _repeated(frames: list[Path], repeat: int) -> list[str]:
    if len(frames) * repeat > _MOST_ELEMENTS:
        raise SceneError(
            f"{repeat} times {len(frames)} frames are too many for one strip.",
            f"Repeat them {max(1, _MOST_ELEMENTS // len(frames))} times at most.",
        )
    return [path.name for path in frames] * repeat


def editor_of(scene: bpy.types.Scene) -> bpy.types.SequenceEditor:
    if scene.library is not None:
        raise SceneError(
            f"The scene “{scene.name}” is linked and takes no strips.", "Choose a scene of this file in the sequencer."
        )
    return scene.sequence_editor or scene.sequence_editor_create()


def free_channel(scene: bpy.types.Scene, start: int, length: int) -> tuple[bpy.types.SequenceEditor, int]:
    editor = editor_of(scene)
    # Blender counts from channel 0, which takes no strips.
    locked = {number for number, channel in enumerate(editor.channels) if channel.lock}
    unlocked = [number for number in range(1, _CHANNELS + 1) if number not in locked]
    if not unlocked:
        raise SceneError(f"All {_CHANNELS} channels of the timeline are locked.", "Unlock one.")
    ranges: dict[int, list[tuple[int, int]]] = {number: [] for number in unlocked}
    for strip in strips(editor):
        if strip.channel in ranges:
            ranges[strip.channel].append(strip_range(strip))
    earliest = {number: _first_gap(sorted(ranges[number]), start, length) for number in unlocked}
    free = next((number for number in unlocked if earliest[number] == start), None)
    if free is None:
        raise SceneError(
            f"No channel of the timeline is free from frame {start} to {start + length - 1}.",
            f"Make room there, or go to frame {min(earliest.values())} and add it there.",
        )
    return editor, free


def _first_gap(taken: list[tuple[int, int]], start: int, length: int) -> int:
    """The first frame, not before `start`, from which so many frames are free between (first, after) in their order."""
    for first, after in taken:
        if first < start + length and start < after:
            start = after
    return start
