# SPDX-License-Identifier: GPL-3.0-or-later
"""Where an imported picture's plane goes and how large it is: in metres, by its pixels, or as the camera's frame."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import pi
from typing import Literal

import bpy
from mathutils import Euler, Matrix, Vector

from .errors import SceneError

__all__ = ["ALIGN", "AXES", "Fit", "Placement", "camera_fit", "place_planes", "plane_size"]

AXES = {
    "+X": Vector((1, 0, 0)),
    "+Y": Vector((0, 1, 0)),
    "+Z": Vector((0, 0, 1)),
    "-X": Vector((-1, 0, 0)),
    "-Y": Vector((0, -1, 0)),
    "-Z": Vector((0, 0, -1)),
}
ALIGN = (*AXES, "CAM", "CAM_AX")

# A plane built by `mesh.build_plane` faces +Z with its top along +Y; so turned it stands on its bottom edge.
_FACING = {
    "+Z": Euler((0, 0, 0)),
    "-Z": Euler((0, pi, 0)),
    "+Y": Euler((pi / 2, 0, pi)),
    "-Y": Euler((pi / 2, 0, 0)),
    "+X": Euler((pi / 2, 0, pi / 2)),
    "-X": Euler((pi / 2, 0, -pi / 2)),
}
_INCH = 0.0254


@dataclass(frozen=True)
class Placement:
    """Named, and meant, as in Blender's Import Images as Planes.

    Attributes:
        size_mode: ABSOLUTE takes `height`, CAMERA the camera's frame at the 3D cursor's distance, DPI `factor` pixels
            an inch, DPBU `factor` pixels a Blender unit.
        fill_mode: of CAMERA: FILL covers the frame, FIT stays inside.
        height: in Blender units.
        factor: see `size_mode`.
        align_axis: the axis it faces; CAM turns it as the camera is turned, CAM_AX to the axis that comes nearest to
            the camera's.
        align_track: go on facing the camera, by a constraint.
        offset: set the planes of a batch beside each other, or behind.
        offset_axis: along which of their own axes.
        offset_amount: the gap between two.
    """

    size_mode: Literal["ABSOLUTE", "CAMERA", "DPI", "DPBU"] = "ABSOLUTE"
    fill_mode: Literal["FILL", "FIT"] = "FILL"
    height: float = 1.0
    factor: float = 600.0
    align_axis: str = "CAM_AX"
    align_track: bool = False
    offset: bool = True
    offset_axis: str = "+X"
    offset_amount: float = 0.1

    @property
    def step(self) -> Vector:
        """The axis along which a batch is set out; none without an offset."""
        return AXES[self.offset_axis] if self.offset else Vector()


@dataclass(frozen=True)
class Fit:
    """A rectangle that a camera sees as its whole frame, or the part of it that a picture takes.

    Attributes:
        size: (width, height) in Blender units.
        centre: in the camera's space.
    """

    size: tuple[float, float]
    centre: Vector


def camera_fit(
    scene: bpy.types.Scene, camera: bpy.types.Object, distance: float, *, aspect: float, fill_mode: str = "FILL"
) -> Fit:
    """How large a picture has to be to take the camera's frame at a distance, and where its centre lies.

    Exact for a shifted lens and for pixels that are not square: what counts is the frame that Blender itself renders.

    Args:
        scene: gives the resolution.
        camera: perspective or orthographic.
        distance: along the camera's axis.
        aspect: width over height of the picture.
        fill_mode: see `Placement`.

    Raises:
        SceneError: when there is no frame at that distance, or the camera is a panorama.
    """
    data = camera.data
    if data.type == "PANO":
        raise SceneError(
            f"“{camera.name}” is a panoramic camera, whose picture no plane fits.",
            "Choose a perspective or an orthographic camera.",
        )
    if not distance > data.clip_start:
        raise SceneError(
            f"The 3D cursor is not in front of “{camera.name}”, so there is no frame to fit.",
            "Move the cursor to where the picture should stand.",
        )
    corners = data.view_frame(scene=scene)
    scale = 1.0 if data.type == "ORTHO" else distance / -corners[0].z
    low = Vector(min(c[i] for c in corners) for i in (0, 1)) * scale
    high = Vector(max(c[i] for c in corners) for i in (0, 1)) * scale
    width, height = high - low
    # The side that the picture shares with the frame; the other one follows from its aspect.
    by_width = (aspect < width / height) == (fill_mode == "FILL")
    size = (width, width / aspect) if by_width else (height * aspect, height)
    centre = (low + high) / 2
    return Fit(size, Vector((centre.x, centre.y, -distance)))


def plane_size(scene: bpy.types.Scene, pixels: tuple[int, int], placement: Placement) -> tuple[float, float]:
    """(width, height) in Blender units, of all size modes but CAMERA."""
    width, height = pixels
    if placement.size_mode == "ABSOLUTE":
        return width / height * placement.height, placement.height
    unit = 1 / placement.factor
    if placement.size_mode == "DPI":
        unit *= _INCH / scene.unit_settings.scale_length
    return width * unit, height * unit


def place_planes(
    scene: bpy.types.Scene, pictures: list[tuple[int, int]], placement: Placement
) -> list[tuple[Matrix, tuple[float, float]]]:
    """Where each of a batch of pictures goes, and its (width, height).

    Args:
        scene: gives the 3D cursor and the camera.
        pictures: (width, height) in pixels of each.
        placement: as chosen.

    Raises:
        SceneError: when it needs a camera and there is none, or none that fits.
    """
    camera = _camera_for(scene, placement)
    step = placement.step
    if placement.size_mode == "CAMERA":
        assert camera is not None
        return _before_camera(scene, camera, pictures, placement)
    sizes = [plane_size(scene, picture, placement) for picture in pictures]
    turn = _rotation(camera, placement.align_axis)
    return [
        (Matrix.Translation(scene.cursor.location + turn @ (step * along)) @ turn.to_4x4(), size)
        for along, size in zip(_along(sizes, step, placement.offset_amount), sizes, strict=True)
    ]


def _before_camera(
    scene: bpy.types.Scene, camera: bpy.types.Object, pictures: list[tuple[int, int]], placement: Placement
) -> list[tuple[Matrix, tuple[float, float]]]:
    step = placement.step
    # Cameras that are scaled see as if they were not.
    to_world = camera.matrix_world.normalized()
    distance = -(to_world.inverted() @ scene.cursor.location).z
    placed = []
    if step.z:
        for number, (width, height) in enumerate(pictures):
            away = distance - step.z * placement.offset_amount * number
            fit = camera_fit(scene, camera, away, aspect=width / height, fill_mode=placement.fill_mode)
            placed.append((to_world @ Matrix.Translation(fit.centre), fit.size))
        return placed
    fits = [camera_fit(scene, camera, distance, aspect=w / h, fill_mode=placement.fill_mode) for w, h in pictures]
    for fit, along in zip(fits, _along([f.size for f in fits], step, placement.offset_amount), strict=True):
        placed.append((to_world @ Matrix.Translation(fit.centre + step * along), fit.size))
    return placed


def _along(sizes: list[tuple[float, float]], step: Vector, gap: float) -> list[float]:
    """How far along the axis each plane's centre is from the first one's, so that `gap` is between their edges."""
    halves = [abs(Vector((*size, 0)).dot(step)) / 2 for size in sizes]
    positions = [0.0]
    for before, after in pairwise(halves):
        positions.append(positions[-1] + before + after + gap)
    return positions


def _camera_for(scene: bpy.types.Scene, placement: Placement) -> bpy.types.Object | None:
    camera = scene.camera
    needs = placement.size_mode == "CAMERA" or placement.align_axis == "CAM" or placement.align_track
    if camera is None and needs:
        raise SceneError(
            "The scene has no camera to fit the pictures to.", "Add one, or choose another size mode and alignment."
        )
    return camera


def _rotation(camera: bpy.types.Object | None, axis: str) -> Matrix:
    if axis == "CAM":
        assert camera is not None
        return camera.matrix_world.normalized().to_3x3()
    if axis == "CAM_AX":
        axis = "+Z"
        if camera is not None:
            back = camera.matrix_world.to_3x3().col[2]
            number = max(range(3), key=lambda i: abs(back[i]))
            axis = f"{'+' if back[number] > 0 else '-'}{'XYZ'[number]}"
    return _FACING[axis].to_matrix()
