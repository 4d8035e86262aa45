# SPDX-License-Identifier: GPL-3.0-or-later
"""Excitations → F-curves of the picture's response: integrated from the first frame, the same bits each time.

The curves are keys of a plain custom property in the object's slotted action, one a frame, and play without the
extension. Baked again, they are written where they are, be that the action or a strip of the NLA.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import bpy
import numpy as np
import numpy.typing as npt

from ..compat import curve_owners
from ..motion import (
    Curve,
    Excitation,
    ExcitationError,
    ModalBasis,
    Oscillators,
    Tuning,
    simulate,
)
from .acting import moments
from .clock import Clock
from .controls import control_path, control_value, damping_of, gain_name, period_of
from .curves import remove_curves, require_own_strips, require_unlocked, write_curve
from .empties import aspect_of, empties_of, sounding
from .errors import SceneError
from .gathering import Setting, excitations_of
from .mesh_view import is_through_camera, point_basis
from .playback import ensure_response, require_editable
from .response import clear_excitation, response_index, response_path
from .sampling import Seen, is_animated, moves, samples
from .shape_keys import MAX_VALUE, bands_of, read_spectrum, require_all_bands
from .strips_of_bake import stretch, unseen, whole
from .timing import frame_rate

__all__ = ["Baked", "bake", "clear_bake", "frame_range", "is_baked"]

_TIME = "gid_time"
_TUNED = ("gid_speed", "gid_stiffness", "gid_damping")


@dataclass(frozen=True)
class Baked:
    """What came of a bake.

    Attributes:
        first, last: frames of the range, without what rings out behind it.
        excitations: how many took part.
        remarks: a sentence for each thing that was left out or is not as it may have been meant.
    """

    first: int
    last: int
    excitations: int
    remarks: tuple[str, ...] = ()


def frame_range(scene: bpy.types.Scene, picture: bpy.types.Object) -> tuple[int, int]:
    """First and last frame of a bake of the picture.

    Raises:
        SceneError: when the last comes before the first.
    """
    settings = picture.gid.bake
    first, last = (settings.first, settings.last) if settings.use_range else (scene.frame_start, scene.frame_end)
    if last < first:
        raise SceneError(f"The bake of “{picture.name}” ends at frame {last}, before it starts at {first}.",
                         "Set its last frame behind its first.")  # fmt: skip
    return first, last


def bake(scene: bpy.types.Scene, picture: bpy.types.Object) -> Baked:
    """Integrate everything that excites a picture and key its response, in place of an earlier bake.

    Raises:
        SceneError: when the picture cannot move, or none of its excitations makes sense; nothing is changed then.
    """
    require_editable(picture, mesh_too=False)
    require_own_strips(picture, response_path(), control_path(_TIME))
    require_unlocked(picture, response_path(), control_path(_TIME))
    empties = empties_of(scene, picture)
    heard = sounding(empties)
    if not empties and not _speed_is_keyed(picture):
        raise SceneError(
            f"Nothing excites “{picture.name}”.", "Choose Add › Image Dynamics › Pull, Poke, Load or Gust."
        )
    first, last = frame_range(scene, picture)
    settings = picture.gid.bake
    rings_out = 0 if settings.cyclic else settings.ring_out
    frames = np.arange(first, last + 2 if settings.cyclic else last + rings_out + 1, dtype=np.float64)
    early = first - (0 if settings.cyclic else settings.pre_roll)

    wanted, remarks = _wanted(heard, early, float(frames[-1]))
    if empties and not heard:
        remarks.append(f"All excitations of “{picture.name}” are muted, so its loop plays alone.")
    controls = _animated_controls(picture)
    looks, values = _look(scene, picture, wanted, controls, np.arange(early, frames[-1] + 1))
    clock = _clock(scene, picture, *values["gid_speed"])
    seconds = clock.seconds(frames)
    begin = float(seconds[0])
    cycle = float(seconds[-1] - begin) if settings.cyclic else None
    period = period_of(picture) / frame_rate(scene)
    require_all_bands(picture)
    bands = bands_of(picture)
    gains, ratio = _gains(picture, bands, frames, values)
    basis = _basis(picture, gains)
    setting = Setting(picture, clock, np.arange(bands) / period, basis, cycle)

    chosen: list[Excitation] = []
    usable = 0
    for (empty, _), seen in zip(wanted, looks, strict=True):
        try:
            excitations, told = excitations_of(empty, seen, setting)
        except (SceneError, ExcitationError) as error:
            remarks.append(str(error))
            continue
        usable += 1
        chosen += excitations
        remarks += told
        if excitations and (silent := _silence(picture, empty, excitations)) is not None:
            remarks.append(silent)
    if heard and not usable:
        raise SceneError(remarks[0], "" if len(remarks) == 1 else f"({len(remarks)} excitations cannot be used.)")

    fades = (begin if not rings_out else float(clock.seconds(last)), float(seconds[-1]))
    try:
        q = simulate(
            basis,
            Oscillators.of_period(period, bands, damping_of(picture)),
            chosen,
            seconds,
            start=begin,
            tuning=_tuning(clock, values),
            pre_roll=begin - float(clock.seconds(early)),
            cycle=cycle,
            ring_out=fades if rings_out and fades[1] > fades[0] else None,
        )
    except ExcitationError as error:
        raise SceneError(f"“{picture.name}” cannot be baked: {error}") from None
    q = q * ratio
    if settings.cyclic:
        # The round is closed to the bit: the same key at both ends.
        q[-1] = q[0]
    strongest = float(max(np.abs(q.real).max(), np.abs(q.imag).max()))
    if strongest > MAX_VALUE:
        remarks.append(
            f"“{picture.name}” would have to swing {strongest:.0f} times as far as in its loop, and stops at "
            f"{MAX_VALUE:.0f}. Pull less far, or where more moves."
        )

    ensure_response(picture)
    growing = whole(picture, response_path())
    _write(picture, frames, q, cyclic=settings.cyclic)
    stretch(growing, float(frames[0]), float(frames[-1]))
    remarks += unseen(picture, response_path(), float(frames[0]), float(frames[-1]))
    _write_time(picture, clock, frames)
    # What the mouse left behind would show before the first frame.
    clear_excitation(picture)
    return Baked(first, last, usable, tuple(remarks))


def clear_bake(picture: bpy.types.Object) -> bool:
    """Back to the loop alone: remove the curves of a bake; whether there were any.

    Raises:
        SceneError: when the picture or its curves cannot be changed; nothing is changed then.
    """
    require_editable(picture, mesh_too=False)
    require_own_strips(picture, response_path(), control_path(_TIME))
    require_unlocked(picture, response_path(), control_path(_TIME))
    found = remove_curves(picture, response_path()) + remove_curves(picture, control_path(_TIME))
    if _TIME in picture:
        picture[_TIME] = 0.0
    clear_excitation(picture)
    picture.gid.bake.fingerprint = ""
    return found > 0


def is_baked(picture: bpy.types.Object) -> bool:
    """Whether F-curves move the picture's response, wherever they are."""
    path = response_path()
    return any(curve.data_path == path for curves, _ in curve_owners(picture) for curve in curves)


def _clock(
    scene: bpy.types.Scene, picture: bpy.types.Object, frames: npt.NDArray[np.float64], speed: npt.NDArray[np.float64]
) -> Clock:
    # Keyed ones end at 0; a number that a script writes does not.
    if speed.min() < 0:
        raise SceneError(
            f"The time of “{picture.name}” runs backwards: its speed is {speed.min():g}.", "Set Speed to 0 or more."
        )
    return Clock(frames, speed, frame_rate(scene))


def _basis(picture: bpy.types.Object, gains: npt.NDArray[np.float64]) -> ModalBasis:
    if is_through_camera(picture):
        return point_basis(picture, gains)
    return ModalBasis(read_spectrum(picture), aspect_of(picture), border=True, gains=gains)


def _silence(picture: bpy.types.Object, empty: bpy.types.Object, excitations: Sequence[Excitation]) -> str | None:
    """A sentence when all harmonics that an excitation aims at are silent."""
    keys = picture.data.shape_keys.key_blocks
    everything = np.ones(bands_of(picture))
    weights = sum(everything if each.weights is None else np.asarray(each.weights) for each in excitations)
    heard = [
        control_value(picture, gain_name(k)) > 0 and not (keys[f"Re {k:02d}"].mute and keys[f"Im {k:02d}"].mute)
        for k in range(1, len(weights))
    ]
    if (weights[1:] * heard).any():
        return None
    return (
        f"“{empty.name}” moves nothing, because all harmonics that it aims at are muted. "
        "Raise their gains in the equaliser, or unmute their shape keys."
    )


def _speed_is_keyed(picture: bpy.types.Object) -> bool:
    return "gid_speed" in _animated_controls(picture)


def _animated_controls(picture: bpy.types.Object) -> list[str]:
    """Names of the controls that a bake depends on and that change over time."""
    if not is_animated(picture):
        return []
    names = [*_TUNED, *(gain_name(k) for k in range(1, bands_of(picture)))]
    paths = {curve.data_path for curves, _ in curve_owners(picture) for curve in curves}
    paths |= {curve.data_path for curve in picture.animation_data.drivers}
    return [name for name in names if name in picture and control_path(name) in paths]


def _wanted(
    heard: Sequence[bpy.types.Object], early: float, late: float
) -> tuple[list[tuple[bpy.types.Object, list[float]]], list[str]]:
    """The excitations with the frames at which each is looked at, and why others are left out."""
    wanted, remarks = [], []
    for empty in heard:
        try:
            when = sorted(set(moments(empty, early, late)))
        except SceneError as error:
            remarks.append(str(error))
            continue
        if not when or when[-1] < early or when[0] > late:
            remarks.append(
                f"“{empty.name}” acts only outside of the baked frames {early:g} to {late:g} and has no effect. "
                "Change its frames, or the range of the bake."
            )
            continue
        wanted.append((empty, when))
    return wanted, remarks


def _look(
    scene: bpy.types.Scene,
    picture: bpy.types.Object,
    wanted: Sequence[tuple[bpy.types.Object, list[float]]],
    controls: Sequence[str],
    all_frames: npt.NDArray[np.float64],
) -> tuple[list[list[Seen]], dict[str, tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]]]:
    """For each excitation how it is seen, and for each control (frames, values)."""
    moving = [(i, empty, when) for i, (empty, when) in enumerate(wanted) if moves(empty, picture)]
    looks: list[list[Seen]] = [[] for _ in wanted]
    frames = set(all_frames.tolist()) if controls else set()
    frames |= {frame for _, _, when in moving for frame in when}
    series = {name: ([], []) for name in controls}
    if frames:
        wants = [set(when) for _, _, when in moving]
        for look in samples(scene, picture, [empty for _, empty, _ in moving], sorted(frames), controls):
            for place, (i, _, _) in enumerate(moving):
                if look.frame in wants[place]:
                    looks[i].append(look.seen[place])
            for name, value in look.controls.items():
                series[name][0].append(look.frame)
                series[name][1].append(value)
    still = [(i, empty) for i, (empty, _) in enumerate(wanted) if not looks[i]]
    if still:
        (look,) = samples(scene, picture, [empty for _, empty in still], [float(all_frames[0])])
        for place, (i, _) in enumerate(still):
            looks[i] = [replace(look.seen[place], frame=frame) for frame in wanted[i][1]]
    values = {name: (np.array(f), np.array(v)) for name, (f, v) in series.items()}
    for name in _TUNED:
        if name not in values:
            # Objects of an early version have none of these before their first bake.
            value = control_value(picture, name) if name in picture else 1.0
            values[name] = (all_frames[:1], np.array([value]))
    return looks, values


def _tuning(clock: Clock, values: dict[str, tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]]) -> Tuning:
    def curve(name: str) -> Curve | float:
        frames, numbers = values[name]
        numbers = np.maximum(numbers, 0.0)
        return float(numbers[0]) if len(frames) == 1 else Curve(clock.seconds(frames), numbers)

    return Tuning(curve("gid_stiffness"), curve("gid_damping"))


def _gains(
    picture: bpy.types.Object,
    bands: int,
    frames: npt.NDArray[np.float64],
    values: dict[str, tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]],
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """(K,) gains that pulls and winds reckon with, and (F, K) or (K,) by what keyed ones differ from that at times."""
    gains = np.array([control_value(picture, gain_name(k)) for k in range(bands)])
    ratio = np.ones((len(frames), bands))
    for band in range(1, bands):
        known = values.get(gain_name(band))
        if known is not None:
            gains[band] = known[1].mean()
            if gains[band] > 0:
                ratio[:, band] = np.interp(frames, *known) / gains[band]
    return gains, ratio


def _write(
    picture: bpy.types.Object, frames: npt.NDArray[np.float64], q: npt.NDArray[np.complex128], *, cyclic: bool
) -> None:
    # Of a motion with more bands, which was replaced since.
    remove_curves(picture, response_path(), from_index=2 * (q.shape[1] - 1))
    for band in range(1, q.shape[1]):
        for part, values in (("Re", q[:, band].real), ("Im", q[:, band].imag)):
            index = response_index(band, part)
            write_curve(picture, response_path(), index, frames, values, cyclic=cyclic)


def _write_time(picture: bpy.types.Object, clock: Clock, frames: npt.NDArray[np.float64]) -> None:
    if clock.steady:
        remove_curves(picture, control_path(_TIME))
        picture[_TIME] = 0.0
    else:
        values = clock.ahead(frames, control_value(picture, "gid_start"))
        write_curve(picture, control_path(_TIME), 0, frames, values)
