# SPDX-License-Identifier: GPL-3.0-or-later
"""What a hand needs of a motion object, and what it writes: a few numbers at a time, all put back at the end.

The loop, and a bake if there is one, go on beneath the touch. Nothing here keeps an object: an operator that runs while
somebody undoes has to find it anew.
"""

from __future__ import annotations

import zlib
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import bpy
import numpy as np

from ..compat import action_curve_owners, curve_owners
from ..motion import ModalBasis, Oscillators
from ..motion.hand import HAND
from .controls import control_value, damping_of, gain_name, period_of
from .errors import SceneError
from .mesh import grid_of
from .mesh_arrays import coordinates
from .objects import is_motion_object
from .playback import ensure_response
from .response import RESPONSE, response_path, set_excitation
from .sampling import values_of
from .shape_keys import band_keys, bands_of, key_weights, read_spectrum
from .timing import frame_rate
from .touch_plane import aspect_of

__all__ = [
    "HAND",
    "Body",
    "Held",
    "begin_touch",
    "body_of",
    "end_touch",
    "move_to",
    "oscillators_of",
    "place_under",
    "require_touchable",
    "shown_by",
    "speed_of",
]


@dataclass(frozen=True, eq=False)
class Body:
    """A picture as a thing to be touched, read off its shape keys.

    Attributes:
        basis: at the vertices, equalised as the object is.
        plain: the same without the equaliser: what key values act on.
        peak: the largest |S_k| of all, in picture widths.
    """

    basis: ModalBasis
    plain: ModalBasis
    peak: float


@dataclass(frozen=True)
class Held:
    """How the object was before the touch.

    Attributes:
        values: of the response array.
        muted: which of its F-curves were muted for the touch, counted as `_response_curves` does.
        layered: whether some of them lie in NLA strips.
        played: what the NLA makes of the array, by frames that have been looked at.
    """

    values: tuple[float, ...]
    muted: tuple[int, ...]
    layered: bool = False
    played: dict[int, np.ndarray] = field(default_factory=dict, compare=False)

    def beneath(self, obj: bpy.types.Object, scene: bpy.types.Scene) -> np.ndarray:
        """(K,) what the bake moves it by at the scene's frame, be it in the NLA; without one, what the array held."""
        values = self._layers(obj, scene) if self.layered else self._curves(obj, scene.frame_current_final)
        return np.concatenate([[0.0], values[0::2] + 1j * values[1::2]])

    def _curves(self, obj: bpy.types.Object, frame: float) -> np.ndarray:
        values = np.array(self.values, np.float64)
        for number, curve in enumerate(_own_curves(obj)):
            if number in self.muted and curve.array_index < len(values):
                values[curve.array_index] = curve.evaluate(frame)
        return values

    def _layers(self, obj: bpy.types.Object, scene: bpy.types.Scene) -> np.ndarray:
        """Strips have times, influences and ways of mixing; Blender reckons with all of them, some frames ahead."""
        frame, between = scene.frame_current, scene.frame_subframe
        missing = [each for each in ((frame, frame + 1) if between else (frame,)) if each not in self.played]
        if missing:
            ahead = range(missing[0], missing[0] + _AHEAD)
            paths = [f"{response_path()}[{index}]" for index in range(len(self.values))]
            with self._heard(obj):
                self.played.update(zip(ahead, values_of(scene, obj, paths, ahead), strict=True))
        if not between:
            return self.played[frame]
        return (1 - between) * self.played[frame] + between * self.played[frame + 1]

    @contextmanager
    def _heard(self, obj: bpy.types.Object) -> Iterator[None]:
        """The F-curves play as they did before the touch."""
        muted = [curve for number, curve in enumerate(_response_curves(obj)) if number in self.muted]
        for curve in muted:
            curve.mute = False
        try:
            yield
        finally:
            for curve in muted:
                curve.mute = True


# Frames of the NLA that are looked at in one go: 60 take some 5 ms, and a single one 2.
_AHEAD = 60

# Reading 32 keys of 41,000 vertices takes a tenth of a second, which is felt at each press.
_bodies: OrderedDict[tuple[object, ...], Body] = OrderedDict()
_MOST_BODIES = 3


def require_touchable(obj: bpy.types.Object, view_layer: bpy.types.ViewLayer) -> None:
    """Raise a SceneError with the reason when this object cannot be touched."""
    if not is_motion_object(obj):
        raise SceneError(f"“{obj.name}” has no motion.", "Select a picture made by Generate, Load Example or Import.")
    if obj.library is not None or obj.data.library is not None:
        raise SceneError(f"“{obj.name}” is linked from another file.", "Make a library override of it, or append it.")
    if not obj.visible_get(view_layer=view_layer):
        raise SceneError(f"“{obj.name}” is hidden.", "Show it and try again.")
    if obj.hide_select:
        raise SceneError(f"“{obj.name}” is locked against selection.", "Unlock it in the Outliner and try again.")
    if obj.mode != "OBJECT":
        raise SceneError(f"“{obj.name}” is being edited.", "Go to Object Mode (Tab) and try again.")
    if bands_of(obj) < 2:
        raise SceneError(f"“{obj.name}” has no harmonics that could swing.", "Generate or import a motion that has.")
    grid_of(obj.data)


def body_of(obj: bpy.types.Object) -> Body:
    """The picture as a thing to be touched; quick when it was asked for before and nothing has changed.

    Raises:
        SceneError: when vertices were added or removed, or a gain is missing or no number.
    """
    columns, rows = grid_of(obj.data)
    bands = bands_of(obj)
    gains = tuple(control_value(obj, gain_name(band)) for band in range(bands))
    key = (columns, rows, gains, aspect_of(obj), *(_checksum(k) for k in (*band_keys(obj)[2:4], band_keys(obj)[-1])))
    key += tuple(zlib.crc32(weights.view(np.uint8)) for weights in key_weights(obj).values())
    if key not in _bodies:
        plain = ModalBasis.at_vertices(read_spectrum(obj), aspect_of(obj))
        basis = plain if set(gains[1:]) == {1.0} else plain.equalised(gains)
        body = Body(basis, plain, float(np.abs(plain.spectrum[1:]).max()))
        if not body.peak > 0:
            raise SceneError(f"Nothing moves in “{obj.name}”.", "Generate or import another motion.")
        _bodies[key] = body
        while len(_bodies) > _MOST_BODIES:
            _bodies.popitem(last=False)
    _bodies.move_to_end(key)
    return _bodies[key]


def oscillators_of(obj: bpy.types.Object, scene: bpy.types.Scene) -> Oscillators:
    """Those that a bake would take now: of the object's period, stiffness and damping, on its own clock.

    Raises:
        SceneError: when one of these controls is missing or makes no sense.
    """
    seconds = period_of(obj) / frame_rate(scene)
    whole = Oscillators.of_period(seconds, bands_of(obj), damping_of(obj))
    return whole.tuned(max(control_value(obj, "gid_stiffness"), 0.0), max(control_value(obj, "gid_damping"), 0.0))


def speed_of(obj: bpy.types.Object) -> float:
    """How fast the object's clock goes. Not 0: what never moves on would never come to rest.

    Raises:
        SceneError: when the control is missing or no number.
    """
    return max(control_value(obj, "gid_speed"), 0.01)


def shown_by(obj: bpy.types.Object) -> np.ndarray:
    """(K,) what the mesh shows at the moment: the loop, a bake and a touch together."""
    values = np.array([key.value for key in band_keys(obj)])
    return np.asarray(values[0::2] - 1j * values[1::2], np.complex128)


def place_under(body: Body, q: np.ndarray, x: float, y: float) -> tuple[float, float]:
    """The place of the picture that its motion, coefficients (K,), has brought to (x, y).

    Raises:
        ExcitationError: when (x, y) is outside the picture.
    """
    at_x, at_y = x, y
    # Motion is small and smooth: each round leaves a tenth of the error or less.
    for _ in range(4):
        dx, dy = body.plain.spot(at_x, at_y).displacement(q)
        at_x, at_y = float(min(max(x - dx, 0.0), 1.0)), float(min(max(y - dy, 0.0), body.plain.aspect))
    return at_x, at_y


def begin_touch(obj: bpy.types.Object) -> Held:
    """Have the object answer to `move_to`, and remember how it was.

    Raises:
        SceneError: as `playback.ensure_response`.
    """
    ensure_response(obj)
    muted, own = [], len(_own_curves(obj))
    for number, curve in enumerate(_response_curves(obj)):
        if not curve.mute:
            # They would have the last word at each frame of the playback.
            curve.mute = True
            muted.append(number)
    values = tuple(float(v) for v in obj[RESPONSE])
    return Held(values, tuple(muted), layered=any(number >= own for number in muted))


def move_to(obj: bpy.types.Object, held: Held, q: np.ndarray, scene: bpy.types.Scene) -> None:
    """Move the picture by coefficients (K,) from where it would be now. Fast enough for each mouse move."""
    set_excitation(obj, held.beneath(obj, scene) + q)


def end_touch(obj: bpy.types.Object, held: Held) -> None:
    """Put everything back, exactly."""
    values = obj.get(RESPONSE)
    if values is not None and len(values) == len(held.values):
        values[:] = held.values
    for number, curve in enumerate(_response_curves(obj)):
        if number in held.muted:
            curve.mute = False
    obj.update_tag()


def _own_curves(obj: bpy.types.Object) -> list[bpy.types.FCurve]:
    path = response_path()
    return [curve for curves in action_curve_owners(obj) for curve in curves if curve.data_path == path]


def _response_curves(obj: bpy.types.Object) -> list[bpy.types.FCurve]:
    """Of the object's own action first, then of its strips in the NLA."""
    path = response_path()
    return [curve for curves, _ in curve_owners(obj) for curve in curves if curve.data_path == path]


def _checksum(key: bpy.types.ShapeKey) -> int:
    return zlib.crc32(coordinates(key.points).view(np.uint8))
