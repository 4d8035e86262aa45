# SPDX-License-Identifier: GPL-3.0-or-later
"""Movies as strips: each is known by its file, and repeats as strips in a row, since it has no elements that could."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import bpy

from ..compat import move_strip, reload_movie, set_strip_end, strip_content, strip_range, strips
from .errors import SceneError
from .relative import relative_path
from .timeline import Renewal, behind, editor_of, every_strip, follow, free_channel

__all__ = ["add_movie", "renew_movie"]

# What the file of a movie was like when its strip was made or renewed.
_STATE = "gid_movie"
_Found = tuple[bpy.types.bpy_prop_collection, bpy.types.MovieStrip]


def add_movie(
    scene: bpy.types.Scene, path: Path, *, start: int | None = None, repeat: int = 1
) -> list[bpy.types.MovieStrip]:
    """A movie at the playhead, as many times in a row as asked for, on the lowest channel free for all of it.

    Raises:
        SceneError: for a missing or unreadable movie, a linked scene, or when all channels are taken there.
    """
    if not path.is_file():
        raise SceneError(f"The movie “{path}” is missing.", "Choose another file.")
    start = scene.frame_current if start is None else start
    length = _length(editor_of(scene), path)
    editor, channel = free_channel(scene, start, length * repeat)
    made = [
        strips(editor).new_movie(
            name=path.stem,
            filepath=relative_path(path),
            channel=channel,
            frame_start=start + turn * length,
            fit_method="FIT",
        )
        for turn in range(repeat)
    ]
    for strip in made:
        strip[_STATE] = _state(path)
    return made


def renew_movie(path: Path) -> Renewal:
    """Show what a movie's file holds now in its strips, in all scenes that can be edited, in metas too.

    Nothing happens while no strip that `add_movie` made is of another state of the file. Lengths and edits are kept as
    by `renew_strips`; strips in a row stay one.

    Raises:
        SceneError: for a missing or unreadable movie; nothing is changed then.
    """
    if not path.is_file():
        raise SceneError(f"The movie “{path}” is missing.", "Choose another file.")
    state = _state(path)
    shown = [each for each in every_strip() if each[2].type == "MOVIE" and _file_of(each[2]) == path.resolve()]
    home = next((scene for scene, _, strip in shown if strip.get(_STATE, state) != state), None)
    if home is None:
        return Renewal(0)
    found = [(container, strip) for _, container, strip in shown]
    _length(editor_of(home), path)
    remarks: list[str] = []
    for container, row in _rows(found):
        remarks += _renew_row(container, row)
        for strip in row:
            strip[_STATE] = state
    return Renewal(len(found), tuple(remarks))


def _length(editor: bpy.types.SequenceEditor, path: Path) -> int:
    """Frames of a movie. Only Blender can tell; behind everything else a strip is in nobody's way meanwhile."""
    last = max([1, *(strip_range(strip)[1] for strip in strips(editor))])
    probe = strips(editor).new_movie(
        name=path.stem, filepath=relative_path(path), channel=1, frame_start=last, fit_method="FIT"
    )
    first, after = strip_range(probe)
    readable = min(probe.elements[0].orig_width, probe.elements[0].orig_height) > 0
    strips(editor).remove(probe)
    if not readable:
        raise SceneError(f"“{path.name}” cannot be read as a movie.", "Render it again, as H.264 or ProRes.")
    return after - first


def _file_of(strip: bpy.types.MovieStrip) -> Path:
    return Path(bpy.path.abspath(strip.filepath)).resolve()


def _state(path: Path) -> str:
    known = path.stat()
    return f"{known.st_mtime_ns} {known.st_size}"


def _rows(found: list[_Found]) -> Iterator[tuple[bpy.types.bpy_prop_collection, list[bpy.types.MovieStrip]]]:
    """Strips of one movie that repeat it side by side, from the first on; each other one by itself."""
    containers = {id(container): container for container, _ in found}
    for key, container in containers.items():
        inside = [strip for each, strip in found if id(each) == key]
        rows: list[list[bpy.types.MovieStrip]] = []
        for strip in sorted(inside, key=lambda each: (each.channel, strip_range(each))):
            last = rows[-1][-1] if rows else None
            if (
                last is not None
                and (strip.channel, strip_range(strip)[0]) == (last.channel, strip_range(last)[1])
                and _is_whole(strip)
                and _is_whole(last)
            ):
                rows[-1].append(strip)
            else:
                rows.append([strip])
        yield from ((container, row) for row in rows)


def _is_whole(strip: bpy.types.MovieStrip) -> bool:
    begin, duration, *_ = strip_content(strip)
    return strip_range(strip) == (begin, begin + duration) and len(strip.retiming_keys) == 0


def _renew_row(container: bpy.types.bpy_prop_collection, row: list[bpy.types.MovieStrip]) -> list[str]:
    before = [(sum(strip_content(strip)[:2]), strip_range(strip)) for strip in row]
    for strip in row:
        reload_movie(strip)
    count = round(strip_content(row[0])[1])
    if len(row) > 1:
        first, after = before[0][1][0], before[-1][1][1]
        limit = min((strip_range(other)[0] for other in behind(container, row[0], after)), default=None)
        if limit is None or first + len(row) * count <= limit:
            starts = [first + turn * count for turn in range(len(row))]
            order = list(zip(row, starts, strict=True))
            # Blender puts what overlaps into another channel, if only for a moment.
            for strip, start in order if first + len(row) * count <= after else reversed(order):
                ends = min(strip_range(strip)[0] + count, strip_range(strip)[1])
                set_strip_end(strip, ends)
                move_strip(strip, start)
                set_strip_end(strip, start + count)
            return []
    remarks = []
    for strip, (end, (first, after)) in reversed(list(zip(row, before, strict=True))):
        begin, duration, *_ = strip_content(strip)
        if len(strip.retiming_keys) > 0:
            continue
        if begin + duration <= first:
            remarks.append(
                f"“{strip.name}” begins behind the last of the movie's {count} frames, so it holds that one."
            )
            continue
        remark = follow(container, strip, end, after, round(begin + duration), count)
        remarks += [remark.text] if remark else []
    return remarks
