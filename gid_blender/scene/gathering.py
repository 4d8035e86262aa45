# SPDX-License-Identifier: GPL-3.0-or-later
"""From empties, as they are looked at frame by frame, to excitations in the units of `motion`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import bpy
import numpy as np
import numpy.typing as npt

from ..compat import curve_owners
from ..motion import Curve, Excitation, Force, GustSpectrum, Poke, Pull, Turbulence, Wind
from .clock import Clock
from .empties import arrow_on, aspect_of, on_picture
from .errors import SceneError
from .mesh import grid_of
from .mesh_view import is_through_camera
from .sampling import Look
from .vertex_weights import read_weights

__all__ = ["Setting", "excitation_of", "moments", "span"]

Weights = npt.NDArray[np.float64] | None

# What comes at once takes this long, in frames: forces are straight lines between moments.
_AT_ONCE = 1e-3


@dataclass(frozen=True)
class Setting:
    """What all excitations of a picture share.

    Attributes:
        picture: the motion object.
        clock: frames to seconds.
        hertz: (K,) of the bands.
        cycle: seconds after which everything repeats, or None.
    """

    picture: bpy.types.Object
    clock: Clock
    hertz: npt.NDArray[np.float64]
    cycle: float | None = None


def span(empty: bpy.types.Object) -> tuple[float, float]:
    """Frames between which an excitation acts; infinite for a wind or load without a range.

    Raises:
        SceneError: when a pull has neither a range nor a way, or a range ends before it starts.
    """
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
    keyed = _keyed_frames(empty)
    if keyed is None:
        raise SceneError(
            f"“{empty.name}” has no keyframes on its location, so it does not say how long it pulls.",
            "Key its location, or switch on its Range.",
        )
    return keyed


def moments(empty: bpy.types.Object, first: float, last: float) -> list[float]:
    """Frames at which it has to be looked at: each one of the range in which it acts, and where something begins."""
    settings = empty.gid.excitation
    start, end = span(empty)
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


def excitation_of(
    empty: bpy.types.Object, looks: Sequence[Look], index: int, setting: Setting
) -> tuple[Excitation, str]:
    """The excitation that an empty is, and a remark about it, or "".

    Args:
        empty: as in the file.
        looks: at (at least) its `moments`, in order.
        index: of the empty in the looks.
        setting: of the picture.

    Raises:
        SceneError: when it makes no sense, with what to do about it.
    """
    settings = empty.gid.excitation
    weights = _weights(empty, setting.hertz)
    match settings.kind:
        case "PULL":
            return _pull(empty, looks, index, setting, weights), ""
        case "POKE":
            return _poke(empty, looks, index, setting, weights), ""
        case "LOAD":
            curve = _push(empty, looks, index, setting)
            point = _place(empty, looks[0], index, setting.picture)
            return Force(point, curve, looks[0].reach[index], weights), ""
    turbulence = Turbulence(GustSpectrum(settings.gusts, settings.gust_seconds), settings.seed, setting.cycle)
    area, remark = _area(empty, setting.picture)
    return Wind(_push(empty, looks, index, setting), turbulence, area, weights), remark


def _pull(
    empty: bpy.types.Object,
    looks: Sequence[Look],
    index: int,
    setting: Setting,
    weights: Weights,
) -> Pull:
    start, end = span(empty)
    held = [look for look in looks if start <= look.frame <= end] or [looks[0]]
    point = _place(empty, held[0], index, setting.picture)
    places = np.array([on_picture(setting.picture, look.relative[index].translation) for look in held])
    strength = np.array([look.strength[index] for look in held])
    # How far it is from where it took hold, however that is scaled.
    path = Curve(setting.clock.seconds([look.frame for look in held]), (places - places[0]) * strength[:, None])
    return Pull(point, path, held[0].reach[index], weights)


def _poke(
    empty: bpy.types.Object,
    looks: Sequence[Look],
    index: int,
    setting: Setting,
    weights: Weights,
) -> Poke:
    start = empty.gid.excitation.start
    look = min(looks, key=lambda each: abs(each.frame - start))
    arrow, strength = _arrow(empty, look, index, setting.picture), look.strength[index]
    velocity = (strength * arrow[0], strength * arrow[1])
    point = _place(empty, look, index, setting.picture)
    return Poke(point, velocity, float(setting.clock.seconds(start)), look.reach[index], weights)


def _push(empty: bpy.types.Object, looks: Sequence[Look], index: int, setting: Setting) -> Curve:
    """(N, 2) strength along the arrow over time, through the envelope."""
    frames = np.array([look.frame for look in looks])
    strength = np.array([look.strength[index] for look in looks])
    arrows = np.array([_arrow(empty, look, index, setting.picture) for look in looks])
    settings = empty.gid.excitation
    if settings.use_range:
        start, end = span(empty)
        envelope = Curve.pulse(start, end, 1.0, settings.attack, settings.fade)
        edges = np.array([start - _AT_ONCE, start + _AT_ONCE, end - _AT_ONCE, end + _AT_ONCE])
        dense = np.unique(np.concatenate([frames, envelope.times, edges]))
        # Curves jump where two times are equal; what is straight between moments has to come a little earlier.
        level = envelope.at(dense) * ((dense > start) & (dense < end))
        strength = np.interp(dense, frames, strength) * level
        arrows = np.stack([np.interp(dense, frames, arrows[:, axis]) for axis in range(2)], axis=1)
        frames = dense
    seconds = setting.clock.seconds(frames)
    return Curve(np.maximum.accumulate(seconds), strength[:, None] * arrows)


def _place(empty: bpy.types.Object, look: Look, index: int, picture: bpy.types.Object) -> tuple[float, float]:
    x, y = on_picture(picture, look.relative[index].translation)
    aspect = aspect_of(picture)
    # Snapped to a corner it may be off by rounding.
    if not (-1e-4 <= x <= 1 + 1e-4 and -1e-4 <= y <= aspect + 1e-4):
        raise SceneError(
            f"“{empty.name}” is outside “{picture.name}” at frame {look.frame:g}, where it should take hold.",
            "Move it onto the picture, or mute it.",
        )
    return min(max(x, 0.0), 1.0), min(max(y, 0.0), aspect)


def _arrow(empty: bpy.types.Object, look: Look, index: int, picture: bpy.types.Object) -> tuple[float, float]:
    arrow = arrow_on(picture, look.relative[index])
    if arrow == (0.0, 0.0):
        raise SceneError(
            f"The arrow of “{empty.name}” points straight at the picture at frame {look.frame:g}.",
            "Rotate it so that it lies along the picture.",
        )
    return arrow


def _weights(empty: bpy.types.Object, hertz: npt.NDArray[np.float64]) -> Weights:
    settings = empty.gid.excitation
    if settings.low <= 0 and settings.high <= 0:
        return None
    high = settings.high if settings.high > 0 else np.inf
    # Typed numbers are rounded to single precision.
    chosen = (hertz >= settings.low * (1 - 1e-6)) & (hertz <= high * (1 + 1e-6))
    if not chosen[1:].any():
        raise SceneError(
            f"No harmonic lies within what “{empty.name}” aims at, {settings.low:g} to {high:g} Hz.",
            f"They lie {hertz[1]:.2g} Hz apart, up to {hertz[-1]:.2g} Hz.",
        )
    return chosen.astype(np.float64)


def _area(empty: bpy.types.Object, picture: bpy.types.Object) -> tuple[npt.NDArray[np.float64] | None, str]:
    """(rows, columns) weights of the vertex group, or None for everywhere."""
    name = empty.gid.excitation.area
    if not name:
        return None, ""
    weights = read_weights(picture, name)
    if weights is None:
        return None, f"“{picture.name}” has no vertex group “{name}”, so “{empty.name}” blows everywhere."
    columns, rows = (len(weights), 1) if is_through_camera(picture) else grid_of(picture.data)
    if not weights.any():
        raise SceneError(
            f"The vertex group “{name}” is empty, so “{empty.name}” blows nowhere.", "Paint weights, or clear its Area."
        )
    return weights.reshape(rows, columns).astype(np.float64), ""


def _keyed_frames(empty: bpy.types.Object) -> tuple[float, float] | None:
    """First and last frame with a keyframe of its location, in its action and its NLA strips."""
    found: list[float] = []
    for curves, to_scene in curve_owners(empty):
        for curve in curves:
            if curve.data_path == "location" and len(curve.keyframe_points):
                found += [to_scene(float(end)) for end in curve.range()]
    return (min(found), max(found)) if found else None
