# SPDX-License-Identifier: GPL-3.0-or-later
"""The motion of a loop as OpenEXR files for the compositor's Displace node; needs no worker."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import bpy
import numpy as np

from ..motion import SpectralVolume
from ..motion.inverse import arriving
from .errors import SceneError
from .frames import FrameFolder

__all__ = ["write_displacement"]


def write_displacement(folder: FrameFolder, volume: SpectralVolume, coefficients: Iterable[np.ndarray]) -> list[Path]:
    """One file a frame, on the volume's own grid; the compositor enlarges it.

    Red and green are how far what is seen there has come, in fractions of the picture's width, x right and y up.

    Args:
        folder: takes the files, and is committed.
        volume: the motion, pinned as the frames are to be.
        coefficients: (K,) complex of each frame.

    Raises:
        SceneError: when nothing can be written; an older folder stays as it was then.
    """
    with folder:
        path = folder.hidden / "one.exr"
        image = bpy.data.images.new(".gid displacement", volume.width, volume.height, float_buffer=True, is_data=True)
        try:
            image.file_format = "OPEN_EXR"
            rgba = np.zeros((volume.height, volume.width, 4), np.float32)
            rgba[..., 3] = 1
            for index, q in enumerate(coefficients):
                found = arriving(volume.synthesize(np.asarray(q, np.complex64)))
                # Blender's rows go up, and so does y.
                rgba[..., 0], rgba[..., 1] = found[0, ::-1], -found[1, ::-1]
                image.pixels.foreach_set(rgba.ravel())
                image.save(filepath=str(path))
                folder.write(index, path.read_bytes(), ".exr")
        except RuntimeError as error:
            raise SceneError(f"The displacement cannot be written: {error}", "Choose another folder.") from error
        finally:
            bpy.data.images.remove(image)
            path.unlink(missing_ok=True)
        return folder.commit()
