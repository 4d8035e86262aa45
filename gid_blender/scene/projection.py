# SPDX-License-Identifier: GPL-3.0-or-later
"""Through the scene's camera and back: from vertices to places on the picture, from motion on it to offsets in space.

At a fixed distance from the camera a projection is linear, so a motion in the camera plane is exact whatever its size:
the moved vertex is seen exactly where the picture says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import bpy
import numpy as np
import numpy.typing as npt

from .errors import SceneError

__all__ = ["View", "camera_of", "view_through"]

Real = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class View:
    """A camera as it was when the picture was taken.

    Attributes:
        to_camera: (4, 4) from the world, or from an object's own coordinates, to the camera's: x right, y up, looking
            along -z.
        window: (left, right, bottom, top) of what the camera sees: at distance 1 of a perspective camera, everywhere
            of an orthographic one.
        aspect: height of the picture in picture widths, as its pixels count.
        perspective: whether things get smaller with distance.
        near: distance at which the camera begins to see.
    """

    to_camera: Real
    window: tuple[float, float, float, float]
    aspect: float
    perspective: bool
    near: float

    def places(self, points: npt.ArrayLike) -> tuple[Real, Real]:
        """Where points (N, 3) are seen.

        Returns:
            (N, 2) x from the left and y from the top, both in picture widths; and (N,) the width of the picture at the
            distance of each point, in units of the points, 0 for what is not before the camera.
        """
        local = np.asarray(points, np.float64) @ self.to_camera[:3, :3].T + self.to_camera[:3, 3]
        left, right, bottom, top = self.window
        depth = -local[:, 2]
        size = np.where(depth > self.near, depth if self.perspective else 1.0, 0.0)
        safe = np.where(size > 0, size, 1.0)
        x = (local[:, 0] / safe - left) / (right - left)
        y = (top - local[:, 1] / safe) / (top - bottom) * self.aspect
        return np.stack([x, y], axis=1), size * (right - left)

    def axes(self) -> Real:
        """(3, 2) what one picture width to the right and one down are in space, for a picture 1 unit wide."""
        left, right, bottom, top = self.window
        inverse = np.linalg.inv(self.to_camera[:3, :3])
        # A picture counts both in its width, and its pixels need not be square.
        down = (top - bottom) / (right - left) / self.aspect
        return np.stack([inverse[:, 0], -inverse[:, 1] * down], axis=1)

    def point(self, x: float, y: float, like: npt.ArrayLike, width: float) -> Real:
        """(3,) what is seen at (x, y) in picture widths, as far from the camera as the picture is so wide.

        Where it is so wide everywhere, as before an orthographic camera, it is as far as the point `like`, (3,).
        """
        left, right, bottom, top = self.window
        across, up = left + x * (right - left), top - y / self.aspect * (top - bottom)
        if self.perspective:
            size = width / (right - left)
            local = np.array([across * size, up * size, -size])
        else:
            depth = -(self.to_camera[2, :3] @ np.asarray(like, np.float64) + self.to_camera[2, 3])
            local = np.array([across, up, -depth])
        return np.linalg.inv(self.to_camera[:3, :3]) @ (local - self.to_camera[:3, 3])

    def framed(self, aspect: float, method: str, scale: float = 1.0) -> View:
        """The view of a picture that lies in the camera's frame, as background images of a camera do.

        Args:
            aspect: height over width of the picture's pixels.
            method: "STRETCH", "FIT" (all of it is in the frame) or "CROP" (it fills the frame).
            scale: of the picture about the middle of the frame.
        """
        left, right, bottom, top = self.window
        width, height = right - left, top - bottom
        if method != "STRETCH":
            wider = 1 / aspect > width / height
            width, height = (width, width * aspect) if wider == (method == "FIT") else (height / aspect, height)
        x, y = (left + right) / 2, (bottom + top) / 2
        across, up = scale * width / 2, scale * height / 2
        return replace(self, window=(x - across, x + across, y - up, y + up), aspect=aspect)

    def eye(self) -> Real:
        """(3,) where a perspective camera is."""
        return np.linalg.inv(self.to_camera)[:3, 3]

    def from_object(self, matrix: npt.ArrayLike) -> View:
        """The same view out of an object's own coordinates; `matrix` takes those to the world."""
        return replace(self, to_camera=self.to_camera @ np.asarray(matrix, np.float64))

    def numbers(self) -> list[float]:
        """23 numbers that `of_numbers` makes the view of again: what a custom property can hold."""
        return [*self.to_camera.ravel().tolist(), *self.window, self.aspect, float(self.perspective), self.near]

    @classmethod
    def of_numbers(cls, numbers: Sequence[float]) -> View:
        """From what `numbers` returned."""
        n = [float(value) for value in numbers]
        return cls(np.array(n[:16]).reshape(4, 4), (n[16], n[17], n[18], n[19]), n[20], bool(n[21]), n[22])


def camera_of(scene: bpy.types.Scene) -> bpy.types.Object:
    """The scene's camera.

    Raises:
        SceneError: when there is none, or it is of a kind that no picture plane belongs to.
    """
    camera = scene.camera
    if camera is None:
        raise SceneError(f"The scene “{scene.name}” has no camera.", "Add one, or set one in the scene's properties.")
    if camera.type != "CAMERA":
        raise SceneError(
            f"The scene looks through “{camera.name}”, which is no camera.", "Set a camera in the scene's properties."
        )
    if camera.data.type not in {"PERSP", "ORTHO"}:
        raise SceneError(
            f"The camera “{camera.name}” is panoramic, and its picture is not flat.",
            "Set its lens to Perspective or Orthographic.",
        )
    return camera


def view_through(scene: bpy.types.Scene, graph: bpy.types.Depsgraph) -> View:
    """The view through the scene's camera, as the scene is evaluated now.

    Raises:
        SceneError: as `camera_of`, and for a camera that is scaled to nothing.
    """
    camera = camera_of(scene).evaluated_get(graph)
    # As Blender renders: the camera's own scale, and that of its parents, counts for nothing.
    matrix = np.array(camera.matrix_world.normalized(), np.float64)
    if not np.isfinite(matrix).all() or abs(np.linalg.det(matrix[:3, :3])) < 1e-6:
        raise SceneError(f"The camera “{camera.name}” is scaled to nothing.", "Give it a scale (Alt S clears it).")
    corners = np.array([list(corner) for corner in camera.data.view_frame(scene=scene)], np.float64)
    perspective = camera.data.type == "PERSP"
    if perspective:
        corners[:, :2] /= -corners[:, 2:]
    (left, bottom), (right, top) = corners[:, :2].min(axis=0), corners[:, :2].max(axis=0)
    render = scene.render
    return View(
        to_camera=np.linalg.inv(matrix),
        window=(float(left), float(right), float(bottom), float(top)),
        aspect=render.resolution_y / render.resolution_x,
        perspective=perspective,
        near=float(camera.data.clip_start),
    )
