# SPDX-License-Identifier: GPL-3.0-or-later
"""What pulls, pokes and winds add to the loop: one array of numbers on the object, to which the drivers listen.

`gid_response` holds Re q_1, Im q_1, Re q_2, …: a plain custom property, so that it can be keyed, baked, put into the
NLA and overridden, and plays without the extension. The loop's own controls stay live beneath it.
"""

from __future__ import annotations

import bpy
import numpy as np
import numpy.typing as npt
from idprop.types import IDPropertyArray

from .errors import SceneError
from .shape_keys import bands_of

__all__ = [
    "RESPONSE",
    "add_response",
    "clear_excitation",
    "excitation",
    "response_index",
    "response_path",
    "set_excitation",
]

RESPONSE = "gid_response"


def response_path() -> str:
    """Data path of the array; F-curves of its elements have `array_index` as from `response_index`."""
    return f'["{RESPONSE}"]'


def response_index(band: int, part: str) -> int:
    """Where `part` ("Re" or "Im") of q_band lies in the array; band 0, the mean offset, is not in it."""
    return 2 * (band - 1) + (part == "Im")


def add_response(obj: bpy.types.Object, bands: int) -> None:
    """Give the object the array, at rest, unless it has one of that length."""
    count = 2 * (bands - 1)
    if count == 0:
        obj.pop(RESPONSE, None)
        return
    if len(_values(obj)) != count:
        # An array keeps its length for as long as it lives.
        obj.pop(RESPONSE, None)
        obj[RESPONSE] = [0.0] * count
    obj.id_properties_ui(RESPONSE).update(
        default=[0.0] * count,
        soft_min=-2.0,
        soft_max=2.0,
        description="What excitations add to the loop: real and imaginary part for each band from 1 on. Bake writes it",
    )
    obj.property_overridable_library_set(response_path(), True)


def excitation(obj: bpy.types.Object) -> npt.NDArray[np.complex128]:
    """(K,) what is added at the moment, as it was last evaluated; zeros for an object that was never excited."""
    q = np.zeros(max(1, bands_of(obj)), np.complex128)
    values = _values(obj)
    if len(values) == 2 * (len(q) - 1):
        q[1:] = values[0::2] + 1j * values[1::2]
    return q


def set_excitation(obj: bpy.types.Object, q: npt.ArrayLike) -> None:
    """Add these coefficients to the loop from now on, or until an F-curve of a bake says otherwise. Fast: for a drag.

    Call `playback.ensure_response(obj)` once before, so that the drivers listen.

    Args:
        obj: a motion object.
        q: (K,) complex; q[0] is left aside.

    Raises:
        SceneError: when it has no array of that length.
    """
    values = np.asarray(q, np.complex128)[1:].view(np.float64)
    held = obj.get(RESPONSE)
    if held is None or len(held) != len(values):
        raise SceneError(f"“{obj.name}” does not listen to excitations.", "Upgrade Controls makes it do so.")
    # In place: a new property would lose its range and description.
    held[:] = values.tolist()
    obj.update_tag()


def clear_excitation(obj: bpy.types.Object) -> None:
    """Back to the loop alone. F-curves of a bake stay; `bake.clear` removes those."""
    held = obj.get(RESPONSE)
    if held is not None:
        held[:] = [0.0] * len(held)
        obj.update_tag()


def _values(obj: bpy.types.Object) -> npt.NDArray[np.float64]:
    held = obj.get(RESPONSE)
    return np.array(held.to_list() if isinstance(held, IDPropertyArray) else [], np.float64)
