# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a bake is seen: strips of the NLA that grow with it, and sentences about what keeps it from playing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import bpy

from ..compat import action_curve_owners, curve_owners, strip_curve_owners

__all__ = ["stretch", "unseen", "whole"]

# Frames of an action are single-precision numbers.
_NEARLY = 1e-3


def whole(picture: bpy.types.Object, path: str) -> list[tuple[bpy.types.NlaTrack, bpy.types.NlaStrip]]:
    """Strips that play all keys of a property. One that leaves some out was cut by somebody, and stays as it is."""
    found = []
    for track, strip in _strips(picture, path):
        first, last = _keys(strip, path)
        # What is repeated or turned round has its length for a reason.
        plain = strip.repeat == 1 and not strip.use_reverse
        if plain and strip.action_frame_start <= first + _NEARLY and strip.action_frame_end >= last - _NEARLY:
            found.append((track, strip))
    return found


def stretch(strips: Sequence[tuple[bpy.types.NlaTrack, bpy.types.NlaStrip]], first: float, last: float) -> None:
    """Have strips play all frames of their action from first to last, where they are; as far as neighbours let them."""
    for track, strip in strips:
        scale = strip.scale
        after = min((s.frame_start for s in track.strips if s.frame_start >= strip.frame_end), default=float("inf"))
        before = max((s.frame_end for s in track.strips if s.frame_end <= strip.frame_start), default=-float("inf"))
        # Blender would push the next one on.
        end = min(last, strip.action_frame_end + (after - strip.frame_end) / scale)
        start = max(first, strip.action_frame_start - (strip.frame_start - before) / scale)
        if end > strip.action_frame_end:
            strip.action_frame_end = end
        if start < strip.action_frame_start:
            begins, ends = strip.frame_start - (strip.action_frame_start - start) * scale, strip.frame_end
            strip.action_frame_start = start
            strip.frame_start_raw, strip.frame_end_raw = begins, ends


def unseen(picture: bpy.types.Object, path: str, first: float, last: float) -> Iterator[str]:
    """A sentence for each thing that keeps keys of a property from being played, wholly or in part."""
    name = picture.name
    owners = [curves for curves, _ in curve_owners(picture)]
    if any(curve.mute or (curve.group and curve.group.mute) for curves in owners for curve in _of(curves, path)):
        yield (
            f"F-curves of the bake of “{name}” are muted, so that it does not show. Unmute them in the Graph Editor."
        )
    tracks = picture.animation_data.nla_tracks
    solo = next((track for track in tracks if track.is_solo), None)
    strips = list(_strips(picture, path))
    for track, strip in strips:
        if track.mute or strip.mute:
            yield f"The NLA strip “{strip.name}” or its track is muted, so that the bake of “{name}” does not show."
        elif first < strip.action_frame_start - _NEARLY or last > strip.action_frame_end + _NEARLY:
            yield (
                f"The NLA strip “{strip.name}” plays only frames {strip.action_frame_start:g} to "
                f"{strip.action_frame_end:g} of the bake of “{name}”, which goes from {first:g} to {last:g}. "
                "Make it longer."
            )
    if solo is not None and solo not in [track for track, _ in strips]:
        yield f"The NLA track “{solo.name}” is on solo, so that the bake of “{name}” does not show. Switch that off."
    elif not strips and picture.animation_data.action_influence == 0:
        yield f"The action of “{name}” has no influence, so that its bake does not show. Raise it in the NLA Editor."


def _of(curves: bpy.types.bpy_prop_collection, path: str) -> list[bpy.types.FCurve]:
    return [curve for curve in curves if curve.data_path == path]


def _strips(picture: bpy.types.Object, path: str) -> Iterator[tuple[bpy.types.NlaTrack, bpy.types.NlaStrip]]:
    animation = picture.animation_data
    # The action comes first where it has the property, too: the strips are an earlier bake then.
    if animation is None or any(_of(curves, path) for curves in action_curve_owners(picture)):
        return
    for track in animation.nla_tracks:
        for strip in track.strips:
            if any(_of(curves, path) for curves in strip_curve_owners(strip)):
                yield track, strip


def _keys(strip: bpy.types.NlaStrip, path: str) -> tuple[float, float]:
    ranges = [curve.range() for curves in strip_curve_owners(strip) for curve in _of(curves, path)]
    return min(start for start, _ in ranges), max(end for _, end in ranges)
