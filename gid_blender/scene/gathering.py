# SPDX-License-Identifier: GPL-3.0-or-later
"""From empties, as they are looked at frame by frame, to excitations in the units of `motion`.

An excitation of `motion` acts at one place and on the same harmonics all the time. What is keyed about that, the place
of a load, reach and harmonics, makes several of an empty, which take over from each other between two frames. A hand
and a tap are as they are when they take hold.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass

import bpy
import numpy as np
import numpy.typing as npt

from ..motion import Curve, Excitation, ExcitationError, Force, GustSpectrum, ModalBasis, Poke, Pull, Turbulence, Wind
from .acting import envelope, held, struck
from .clock import Clock
from .empties import arrow_on, aspect_of, on_picture
from .errors import SceneError
from .mesh import grid_of
from .mesh_view import is_through_camera
from .sampling import Seen
from .vertex_weights import read_weights

__all__ = ["Setting", "excitations_of"]

Weights = npt.NDArray[np.float64] | None
Real = npt.NDArray[np.float64]

# Picture widths that are no way: parents and constraints bring a standing thing back to within rounding alone.
_NO_WAY = 1e-5
_PLACES, _REACHES = 5, 6


@dataclass(frozen=True)
class Setting:
    """What all excitations of a picture share.

    Attributes:
        picture: the motion object.
        clock: frames to seconds.
        hertz: (K,) of the bands.
        basis: of the picture.
        cycle: seconds after which everything repeats, or None.
    """

    picture: bpy.types.Object
    clock: Clock
    hertz: Real
    basis: ModalBasis
    cycle: float | None = None


def excitations_of(
    empty: bpy.types.Object, seen: Sequence[Seen], setting: Setting
) -> tuple[Sequence[Excitation], list[str]]:
    """The excitations that an empty is, and remarks about it.

    Args:
        empty: as in the file.
        seen: how it is at (at least) its `moments`, in order.
        setting: of the picture.

    Returns:
        several where it is keyed what one of `motion` has once; none when it does nothing, which a remark says.

    Raises:
        SceneError: when it makes no sense, with what to do about it.
    """
    kind = empty.gid.excitation.kind
    remarks: list[str] = []
    found: Sequence[Excitation]
    match kind:
        case "PULL":
            found = pulls = [_pull(empty, run, setting) for run in held(empty, seen)]
            if not any(each.act.strength for each in seen):
                found = []
            elif pulls and not any(np.any(each.path.values) for each in pulls):
                remarks.append(
                    f"“{empty.name}” does not move while it pulls. "
                    "Key its location, or its strength, which draws along its arrow."
                )
        case "POKE":
            found = [
                each for frame in struck(empty, seen) if any((each := _poke(empty, seen, frame, setting)).velocity)
            ]
        case "LOAD":
            found, remarks = _loads(empty, seen, setting)
        case _:
            found, remarks = _winds(empty, seen, setting)
    if not found:
        remarks.append(
            f"“{empty.name}” does nothing at any of the baked frames. Raise its strength, or change its frames."
        )
    return found, remarks


def _pull(empty: bpy.types.Object, seen: Sequence[Seen], setting: Setting) -> Pull:
    grip = seen[0]
    places = np.array([on_picture(setting.picture, each.relative.translation) for each in seen])
    strength = np.array([each.act.strength for each in seen])
    # How far it is from where it took hold, however that is scaled.
    way = (places - places[0]) * strength[:, None]
    if np.abs(places - places[0]).max() < _NO_WAY:
        way = np.zeros_like(places)
        if (strength != strength[0]).any():
            way = _arrows(empty, seen, setting.picture) * strength[:, None]
    path = Curve(setting.clock.seconds([each.frame for each in seen]), way)
    point = _place(empty, grip, setting.picture)
    return Pull(point, path, grip.act.reach, _weights(empty, grip, setting.hertz))


def _poke(empty: bpy.types.Object, seen: Sequence[Seen], frame: float, setting: Setting) -> Poke:
    hit = min(seen, key=lambda each: abs(each.frame - frame))
    arrow, strength = _arrows(empty, [hit], setting.picture)[0], hit.act.strength
    velocity = (float(strength * arrow[0]), float(strength * arrow[1]))
    point = _place(empty, hit, setting.picture)
    weights = _weights(empty, hit, setting.hertz)
    return Poke(point, velocity, float(setting.clock.seconds(frame)), hit.act.reach, weights)


def _loads(empty: bpy.types.Object, seen: Sequence[Seen], setting: Setting) -> tuple[list[Excitation], list[str]]:
    at: dict[Hashable, tuple[tuple[float, float], float, Weights]] = {}
    astray: list[SceneError] = []

    def what(each: Seen) -> Hashable:
        try:
            point = _place(empty, each, setting.picture)
            if is_through_camera(setting.picture):
                setting.basis.spot(*point, each.act.reach)
            weights = _weights(empty, each, setting.hertz)
        except (SceneError, ExcitationError) as error:
            if each.act.strength:
                is_told = isinstance(error, SceneError)
                astray.append(error if is_told else SceneError(f"“{empty.name}” acts on nothing. {error}"))
            return None
        key = (
            *(round(axis, _PLACES) for axis in point),
            round(each.act.reach, _REACHES),
            None if weights is None else weights.tobytes(),
        )
        at.setdefault(key, (point, each.act.reach, weights))
        return key

    found: list[Excitation] = []
    for key, curve in _shared(empty, seen, setting, what):
        if key is not None:
            point, reach, weights = at[key]
            found.append(Force(point, curve, reach, weights))
    if astray and not found:
        raise astray[0]
    # It may well leave the picture, or be between two harmonics, for a while.
    return found, [f"{astray[0].message} It does nothing at {len(astray)} of its frames."] if astray else []


def _winds(empty: bpy.types.Object, seen: Sequence[Seen], setting: Setting) -> tuple[list[Excitation], list[str]]:
    settings = empty.gid.excitation
    turbulence = Turbulence(GustSpectrum(settings.gusts, settings.gust_seconds), settings.seed, setting.cycle)
    area, remark = _area(empty, setting.picture)
    by_key: dict[Hashable, Weights] = {}
    refused: list[SceneError] = []

    def what(each: Seen) -> Hashable:
        try:
            weights = _weights(empty, each, setting.hertz)
        except SceneError as error:
            refused.append(error)
            return None
        key = b"" if weights is None else weights.tobytes()
        by_key[key] = weights
        return key

    found: list[Excitation] = [
        Wind(curve, turbulence, area, by_key[key])
        for key, curve in _shared(empty, seen, setting, what)
        if key is not None
    ]
    if refused and not found:
        raise refused[0]
    return found, [remark] if remark else []


def _shared(
    empty: bpy.types.Object, seen: Sequence[Seen], setting: Setting, what: Callable[[Seen], Hashable]
) -> Iterator[tuple[Hashable, Curve]]:
    """Strength along the arrow over time, through the envelope, shared out among what it acts on at each look.

    Yields:
        each of what there is, and its (N, 2) share; together they are the whole. Shares that are 0 are left out.
    """
    frames = np.array([each.frame for each in seen])
    strength = np.array([each.act.strength for each in seen])
    arrows = _arrows(empty, seen, setting.picture)
    dense, level = envelope(empty, seen)
    level = level * np.interp(dense, frames, strength)
    whole = level[:, None] * np.stack([np.interp(dense, frames, arrows[:, axis]) for axis in range(2)], axis=1)
    seconds = np.maximum.accumulate(setting.clock.seconds(dense))
    keys = [what(each) for each in seen]
    order = {key: number for number, key in enumerate(dict.fromkeys(keys))}
    numbers = np.array([order[key] for key in keys])
    for key, number in order.items():
        share = whole if len(order) == 1 else whole * np.interp(dense, frames, numbers == number)[:, None]
        there = np.flatnonzero(share.any(axis=1))
        if len(there):
            # What lies beside is 0, and a curve is held beyond its ends.
            near = slice(max(0, there[0] - 1), there[-1] + 2)
            yield key, Curve(seconds[near], share[near])


def _place(empty: bpy.types.Object, seen: Seen, picture: bpy.types.Object) -> tuple[float, float]:
    x, y = on_picture(picture, seen.relative.translation)
    aspect = aspect_of(picture)
    # Snapped to a corner it may be off by rounding.
    if not (-1e-4 <= x <= 1 + 1e-4 and -1e-4 <= y <= aspect + 1e-4):
        raise SceneError(
            f"“{empty.name}” is outside “{picture.name}” at frame {seen.frame:g}, where it should take hold.",
            "Move it onto the picture, or mute it.",
        )
    return min(max(x, 0.0), 1.0), min(max(y, 0.0), aspect)


def _arrows(empty: bpy.types.Object, seen: Sequence[Seen], picture: bpy.types.Object) -> Real:
    """(N, 2) which way the arrow points; where it has no strength, it may point nowhere."""
    arrows = np.array([arrow_on(picture, each.relative) for each in seen])
    for each, arrow in zip(seen, arrows, strict=True):
        if not arrow.any() and each.act.strength:
            raise SceneError(
                f"The arrow of “{empty.name}” points straight at the picture at frame {each.frame:g}.",
                "Rotate it so that it lies along the picture.",
            )
    return arrows


def _weights(empty: bpy.types.Object, seen: Seen, hertz: Real) -> Weights:
    low, high = seen.act.low, seen.act.high
    if low <= 0 and high <= 0:
        return None
    high = high if high > 0 else np.inf
    # Typed numbers are rounded to single precision.
    chosen = (hertz >= low * (1 - 1e-6)) & (hertz <= high * (1 + 1e-6))
    if not chosen[1:].any():
        raise SceneError(
            f"No harmonic lies within what “{empty.name}” aims at, {low:g} to {high:g} Hz.",
            f"They lie {hertz[1]:.2g} Hz apart, up to {hertz[-1]:.2g} Hz.",
        )
    return chosen.astype(np.float64)


def _area(empty: bpy.types.Object, picture: bpy.types.Object) -> tuple[Real | None, str]:
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
