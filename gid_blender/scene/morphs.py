# SPDX-License-Identifier: GPL-3.0-or-later
"""An object's motion as morph targets and weights, the way glTF and FBX have it: a sum, and nothing but a sum.

Targets are seen through the object's own masks and modifiers, one key at a time, because other programs know nothing
of a shape key's vertex group. That is exact as long as what comes behind the keys is linear in them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import bpy
import numpy as np
import numpy.typing as npt

from .errors import SceneError
from .film import Film, own_scene, place_on_grid
from .mesh_arrays import coordinates
from .sampling import values_of
from .shape_keys import MAX_VALUE

__all__ = ["Morphs", "morphs_of"]

# What never moves a vertex by a millionth of the object's size is no motion.
_SILENT = 1e-6


@dataclass
class Morphs:
    """Vertices at a frame are `basis` + Σ weight · target.

    Attributes:
        names: of the K targets.
        basis: (V, 3) metres.
        targets: (K, V, 3) metres from the basis.
        weights: (F, K), one row a frame.
    """

    names: list[str]
    basis: npt.NDArray[np.float32]
    targets: npt.NDArray[np.float32]
    weights: npt.NDArray[np.float64]

    def vertices(self, row: int) -> npt.NDArray[np.float64]:
        """(V, 3) at a frame, added up."""
        return self.basis + np.tensordot(self.weights[row], self.targets.astype(np.float64), 1)

    def within_unit(self) -> Morphs:
        """The same motion with all weights between 0 and 1: the basis goes to where all weights are least."""
        low, high = self.weights.min(axis=0), self.weights.max(axis=0)
        span = high - low
        basis = self.basis + np.tensordot(low, self.targets.astype(np.float64), 1)
        return Morphs(
            self.names,
            np.asarray(basis, np.float32),
            np.asarray(self.targets * span[:, None, None], np.float32),
            np.clip((self.weights - low) / np.where(span > 0, span, 1.0), 0.0, 1.0),
        )


def morphs_of(scene: bpy.types.Scene, film: Film, *, columns: int = 0) -> tuple[Morphs, float]:
    """Take an object's motion apart.

    Args:
        scene: it plays in.
        film: the object and its frames.
        columns: as of the film.

    Returns:
        the morphs, without keys that move nothing, and how far they are off at most, in sizes of the object.

    Raises:
        SceneError: when nothing moves, or a modifier changes the number of vertices with the keys.
    """
    obj = film.obj
    keys = [key for key in obj.data.shape_keys.key_blocks[1:] if not key.mute] if obj.data.shape_keys else []
    if not keys:
        raise SceneError(f"“{obj.name}” has no shape keys that are heard.", "Select an object that Generate made.")
    paths = [f'key_blocks["{bpy.utils.escape_identifier(key.name)}"].value' for key in keys]
    weights = values_of(scene, obj.data.shape_keys, paths, list(film.frames))
    heard = [i for i in range(len(keys)) if np.abs(weights[:, i]).max() > 0]
    names = [keys[i].name for i in heard]
    basis, targets = _seen(scene, film, names, columns)
    size = float(np.ptp(basis, axis=0).max()) or 1.0
    moving = [
        i
        for i, index in enumerate(heard)
        if np.abs(targets[i]).max() * np.abs(weights[:, index]).max() > _SILENT * size
    ]
    if not moving:
        raise SceneError(f"“{obj.name}” does not move in these frames.", "Raise its amplitude, or choose other frames.")
    found = Morphs([names[i] for i in moving], basis, targets[moving], weights[:, [heard[i] for i in moving]])
    return found, _deviation(found, film) / size


def _seen(
    scene: bpy.types.Scene, film: Film, names: Sequence[str], columns: int
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """The object without any key, and what each key alone adds to that."""
    with own_scene(scene) as stage:
        copy, mesh = film.obj.copy(), film.obj.data.copy()
        try:
            copy.data = mesh
            copy.hide_viewport = copy.hide_render = copy.show_only_shape_key = False
            mesh.shape_keys.animation_data_clear()
            stage.collection.objects.link(copy)
            blocks = mesh.shape_keys.key_blocks
            for key in blocks[1:]:
                key.slider_min, key.slider_max, key.value = -MAX_VALUE, MAX_VALUE, 0.0
            whole = int(film.frames[0] // 1)
            stage.frame_set(whole, subframe=float(film.frames[0]) - whole)

            def look() -> npt.NDArray[np.float32]:
                layer = stage.view_layers[0]
                layer.update()
                evaluated = copy.evaluated_get(layer.depsgraph)
                values = coordinates(evaluated.to_mesh().vertices)
                evaluated.to_mesh_clear()
                return place_on_grid(film.obj, values, columns) if columns else values

            basis = look()
            if len(basis) != film.points:
                raise SceneError(
                    f"The modifiers of “{film.obj.name}” change the number of its vertices with its motion.",
                    "Export it as Alembic, USD or a point cache.",
                )
            targets = np.empty((len(names), *basis.shape), np.float32)
            for target, name in zip(targets, names, strict=True):
                blocks[name].value = 1.0
                np.subtract(look(), basis, out=target)
                blocks[name].value = 0.0
            return basis, targets
        finally:
            bpy.data.objects.remove(copy)
            bpy.data.meshes.remove(mesh)


def _deviation(morphs: Morphs, film: Film) -> float:
    """Metres by which a vertex is off at most, at five frames of the film."""
    rows = sorted({round(i) for i in np.linspace(0, len(film.frames) - 1, 5)})
    return float(max(np.abs(morphs.vertices(row) - film.at(film.frames[row])).max() for row in rows))
