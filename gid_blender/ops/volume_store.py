# SPDX-License-Identifier: GPL-3.0-or-later
"""The exact volume behind a motion object, kept in the user's cache; the mesh itself holds it as well, on its own grid.

Two places, because neither is enough. A path in the .blend would break when the file travels, and the mesh is coarser
than a fine volume and may have its border pinned. So an object carries a hash, and where no file of that hash is found
(another computer, a cleared cache) the shape keys stand in.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from dataclasses import replace
from pathlib import Path

import bpy

from .. import motion, scene
from ..motion.masking import at_pixels
from ..motion.regularize import pin_border
from ..scene.masks import mask_weights
from ..scene.mesh import plane_width
from ..scene.objects import plane_settings
from ..scene.shape_keys import read_spectrum
from .paths import user_folder

__all__ = ["clear", "masked", "pinned", "recall", "remember", "size"]

PROPERTY = "gid_volume"
# About 40 volumes of the default size.
LIMIT_BYTES = 400 << 20


def remember(obj: bpy.types.Object, volume: motion.SpectralVolume) -> None:
    """Keep the volume and note its hash on the object. A disk that takes nothing more costs only the exactness."""
    data = motion.dumps(volume)
    name = hashlib.sha256(data).hexdigest()
    obj[PROPERTY] = name
    folder = _folder()
    with contextlib.suppress(OSError):
        motion.save(volume, folder / f"{name}.npz", compress=False)
        _trim(folder, keep=name)


def recall(obj: bpy.types.Object) -> motion.SpectralVolume:
    """The volume of a motion object: exact from the cache, else read off its shape keys.

    Raises:
        SceneError: when the object has no motion any more.
    """
    name = str(obj.get(PROPERTY, ""))
    if len(name) == 64 and name.isalnum():
        path = _folder() / f"{name}.npz"
        try:
            volume = motion.load(path)
            # The oldest go first, and old means unused.
            os.utime(path)
            return volume
        except (motion.SpectralVolumeError, OSError):
            pass
    return _from_mesh(obj)


def pinned(obj: bpy.types.Object, volume: motion.SpectralVolume) -> motion.SpectralVolume:
    """The volume with its border pinned as that of the object's mesh is, so that frames move as the mesh does."""
    settings = plane_settings(obj)
    spacing = (1 / volume.width, settings.height / plane_width(obj.data) / volume.height)
    return replace(volume, spectrum=pin_border(volume.spectrum, spacing, settings.pin_border))


def masked(obj: bpy.types.Object, volume: motion.SpectralVolume) -> motion.SpectralVolume:
    """The volume times the object's mask, on its own grid: for what knows nothing of masks."""
    # A mask of a mesh is painted on its vertices, not on the picture.
    weights = None if scene.is_through_camera(obj) else mask_weights(obj)
    if weights is None:
        return volume
    return replace(volume, spectrum=volume.spectrum * at_pixels(weights, volume.height, volume.width))


def _from_mesh(obj: bpy.types.Object) -> motion.SpectralVolume:
    if scene.is_through_camera(obj):
        raise scene.SceneError(
            f"The motion of the picture that “{obj.name}” was moved by is not on this computer any more.",
            "Predict it again: the same seed gives the same motion.",
        )
    corners = read_spectrum(obj, masked=False)
    # A mesh has its values at the corners of its cells, a volume at the centres of its pixels: the mean of four.
    rows = corners[..., 1:, :] + corners[..., :-1, :]
    bands = len(corners)
    return motion.SpectralVolume(
        (rows[..., 1:] + rows[..., :-1]) / 4,
        # Only the bands matter here; the loop's length is the object's own control.
        frames=max(150, 2 * bands - 1),
        meta=scene.provenance(obj),
    )


def size() -> int:
    """Bytes that the kept volumes take."""
    return sum(path.stat().st_size for path in _folder().glob("*.npz"))


def clear() -> int:
    """Remove all kept volumes; returns the bytes freed."""
    freed = size()
    for path in _folder().iterdir():
        path.unlink(missing_ok=True)
    return freed


def _folder() -> Path:
    return user_folder("volumes")


def _trim(folder: Path, *, keep: str) -> None:
    files = sorted(folder.glob("*.npz"), key=lambda path: path.stat().st_mtime, reverse=True)
    total = 0
    for path in files:
        total += path.stat().st_size
        if total > LIMIT_BYTES and path.stem != keep:
            path.unlink(missing_ok=True)
