# SPDX-License-Identifier: GPL-3.0-or-later
"""When an excitation acts: between which frames, how strongly within them, and at which it has to be looked at.

Keyed or driven, *Start*, *End*, *Attack* and *Fade* count as they are at each frame: the envelope is then that of the
moment, and what is to begin begins as the playhead passes it. Numbers that stand still are met between frames, too.
"""

from __future__ import annotations

from collections.abc import Sequence

import bpy
import numpy as np
import numpy.typing as npt

from ..compat import curve_owners
from ..motion import Curve
from .errors import SceneError
from .sampling import Act, Seen

__all__ = ["envelope", "held", "moments", "struck"]

Real = npt.NDArray[np.float64]

# What comes at once takes this long, in frames: forces are straight lines between moments.
_AT_ONCE = 1e-3


def moments(empty: bpy.types.Object, first: float, last: float) -> list[float]:
    """Frames at which it has to be looked at: each one of the range in which it acts, and where something begins.

    Raises:
        SceneError: when a pull has neither a range nor a way, or a range ends before it starts.
    """
    settings = empty.gid.excitation
    if _is_timed(empty):
        return list(np.arange(np.ceil(first), np.floor(last) + 1))
    start, end = _span(empty)
    if settings.kind == "POKE":
        return [start]
    if settings.kind == "PULL":
        # A hand that holds on since before the first frame: its place then is what it took hold of.
        whole = np.arange(np.ceil(start), np.floor(end) + 1)
        return [start, *whole, end] if start <= last and end >= first else [start]
    low, high = max(start, first), min(end, last)
    whole = np.arange(np.ceil(low), np.floor(high) + 1) if low <= high else np.zeros(0)
    edges = [start, start + settings.attack, end - settings.fade, end] if settings.use_range else []
    return [*whole, *(edge for edge in edges if first <= edge <= last)]


def held(empty: bpy.types.Object, seen: Sequence[Seen]) -> list[list[Seen]]:
    """Each time that a pull holds on, as how it is seen meanwhile; more than one only if its range is keyed."""
    if not _is_timed(empty):
        start, end = _span(empty)
        return [[each for each in seen if start <= each.frame <= end] or [seen[0]]]
    runs: list[list[Seen]] = []
    before = False
    for each in seen:
        holds = each.act.start <= each.frame <= each.act.end
        if holds and not before:
            runs.append([])
        if holds:
            runs[-1].append(each)
        before = holds
    return runs


def struck(empty: bpy.types.Object, seen: Sequence[Seen]) -> list[float]:
    """Frames at which a poke strikes: where the playhead passes its frame; more than one only if that is keyed."""
    if not _is_timed(empty):
        return [empty.gid.excitation.start]
    passed = np.array([each.frame - each.act.start for each in seen])
    hits = [seen[0].frame] if passed[0] == 0 else []
    for i in np.flatnonzero((passed[:-1] < 0) & (passed[1:] >= 0)):
        before, after = seen[i], seen[i + 1]
        share = float(passed[i] / (passed[i] - passed[i + 1]))
        hits.append(before.frame + share * (after.frame - before.frame))
    return hits


def envelope(empty: bpy.types.Object, seen: Sequence[Seen]) -> tuple[Real, Real]:
    """(N,) frames, those at which it was seen and more, and the (N,) shares of its strength with which it acts."""
    frames = np.array([each.frame for each in seen])
    if not empty.gid.excitation.use_range:
        return frames, np.ones(len(frames))
    acts = [each.act for each in seen]
    if len({(act.start, act.end, act.attack, act.fade) for act in acts}) > 1:
        return frames, _swell(frames, acts)
    act = acts[0]
    if act.end < act.start:
        return frames, np.zeros(len(frames))
    pulse = Curve.pulse(act.start, act.end, 1.0, act.attack, act.fade)
    edges = np.array([act.start - _AT_ONCE, act.start + _AT_ONCE, act.end - _AT_ONCE, act.end + _AT_ONCE])
    dense = np.unique(np.concatenate([frames, pulse.times, edges]))
    # Curves jump where two times are equal; what is straight between moments has to come a little earlier.
    return dense, pulse.at(dense) * ((dense > act.start) & (dense < act.end))


def _swell(frames: Real, acts: Sequence[Act]) -> Real:
    start, end, attack, fade = np.array([(act.start, act.end, act.attack, act.fade) for act in acts]).T
    length = np.maximum(end - start, 0.0)
    # What is too short for both is shared between them, as in `Curve.pulse`.
    scale = np.minimum(1.0, length / np.maximum(attack + fade, 1e-9))
    inside = (start <= frames) & (frames <= end)
    return np.asarray(_eased(frames - start, attack * scale) * _eased(end - frames, fade * scale) * inside, np.float64)


def _eased(passed: Real, length: Real) -> Real:
    u = np.where(length > 0, np.clip(passed / np.where(length > 0, length, 1.0), 0.0, 1.0), 1.0)
    return np.asarray(u * u * (3 - 2 * u), np.float64)


def _is_timed(empty: bpy.types.Object) -> bool:
    """Whether frames that count for it are keyed or driven."""
    settings = empty.gid.excitation
    if settings.kind == "POKE":
        names = {"start"}
    elif not settings.use_range:
        return False
    else:
        names = {"start", "end"} if settings.kind == "PULL" else {"start", "end", "attack", "fade"}
    paths = {curve.data_path for curves, _ in curve_owners(empty) for curve in curves}
    if empty.animation_data is not None:
        paths |= {curve.data_path for curve in empty.animation_data.drivers}
    return any(f"gid.excitation.{name}" in paths for name in names)


def _span(empty: bpy.types.Object) -> tuple[float, float]:
    """Frames between which an excitation acts; infinite for a wind or load without a range."""
    settings = empty.gid.excitation
    if settings.kind == "POKE":
        return settings.start, settings.start
    if settings.use_range:
        if settings.end < settings.start:
            raise SceneError(
                f"“{empty.name}” ends at frame {settings.end:g}, before it starts at {settings.start:g}.",
                "Move its end behind its start.",
            )
        return settings.start, settings.end
    if settings.kind != "PULL":
        return -np.inf, np.inf
    spans = [span for path in ("location", "gid.excitation.strength") if (span := _keyed_frames(empty, path))]
    if not spans:
        raise SceneError(
            f"“{empty.name}” has no keyframes on its location or strength, so it does not say how long it pulls.",
            "Key its location or its strength, or switch on its Range.",
        )
    # A single key of its location says where it is, and its strength's say when.
    return next((span for span in spans if span[0] < span[1]), spans[0])


def _keyed_frames(empty: bpy.types.Object, path: str) -> tuple[float, float] | None:
    """First and last frame with a keyframe of a property, in its action and its NLA strips."""
    found: list[float] = []
    for curves, to_scene in curve_owners(empty):
        for curve in curves:
            if curve.data_path == path and len(curve.keyframe_points):
                found += [to_scene(float(end)) for end in curve.range()]
    return (min(found), max(found)) if found else None
