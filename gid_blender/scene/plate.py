# SPDX-License-Identifier: GPL-3.0-or-later
"""The picture of a scene that its motion is predicted from: rendered, behind the camera, or chosen."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import bpy

from ..compat import take_images
from .errors import SceneError
from .pixels import MIN_SIDE, Pixels, read_pixels
from .projection import View, camera_of, view_through

__all__ = ["LONGER_SIDE", "Plate", "background_plate", "chosen_plate", "rendered_plate"]

# The model looks at a picture of a few hundred pixels, whatever it is given.
LONGER_SIDE = 768
_MOST_SAMPLES = 64


@dataclass(frozen=True, eq=False)
class Plate:
    """A picture and where in space it belongs.

    Attributes:
        pixels: for the worker; None where only the place counts.
        view: through the camera onto exactly this picture.
        name: where it comes from.
    """

    pixels: Pixels | None
    view: View
    name: str


def rendered_plate(scene: bpy.types.Scene, graph: bpy.types.Depsgraph, *, longer_side: int = LONGER_SIDE) -> Plate:
    """One still of the scene at its current frame, by its own engine, at most so large.

    It is rendered in a copy of the scene, which is gone afterwards: the scene keeps its settings and the last render.

    Raises:
        SceneError: when the scene has no suitable camera, or the engine fails.
    """
    view = view_through(scene, graph)
    # Of nodes and strips a copy is not needed; without them the plate is what the camera sees.
    copy = scene.copy()
    try:
        copy.name = "gid plate"
        render = copy.render
        scale = min(1.0, longer_side / max(render.resolution_x, render.resolution_y))
        render.resolution_x = max(round(render.resolution_x * scale), MIN_SIDE)
        render.resolution_y = max(round(render.resolution_y * scale), MIN_SIDE)
        render.resolution_percentage = 100
        render.use_border = render.use_multiview = render.use_motion_blur = False
        render.use_compositing = render.use_sequencer = render.film_transparent = False
        render.use_stamp = render.use_placeholder = False
        render.use_overwrite = render.use_file_extension = True
        _bound_samples(copy)
        settings = render.image_settings
        take_images(settings)
        settings.file_format, settings.color_mode, settings.color_depth = "PNG", "RGB", "8"
        settings.color_management = "FOLLOW_SCENE"
        with tempfile.TemporaryDirectory(prefix="gid-plate-") as folder:
            render.filepath = str(Path(folder) / "plate.png")
            try:
                bpy.ops.render.render("EXEC_DEFAULT", write_still=True, scene=copy.name)
            except RuntimeError as error:
                raise SceneError(
                    f"The plate could not be rendered: {_said(error)}", "Render a still to see why."
                ) from error
            pixels = _read(Path(render.filepath))
    finally:
        bpy.data.scenes.remove(copy)
    return Plate(pixels, view, f"Render of {scene.name}")


def background_plate(scene: bpy.types.Scene, graph: bpy.types.Depsgraph) -> Plate:
    """The first background image that the scene's camera shows.

    Raises:
        SceneError: when it has none, or one that does not lie straight in the frame.
    """
    camera = camera_of(scene)
    shown = [b for b in camera.data.background_images if b.show_background_image]
    if not shown:
        raise SceneError(
            f"The camera “{camera.name}” has no background image.", "Add one in its properties, or choose Render."
        )
    background = next((b for b in shown if b.source == "IMAGE" and b.image is not None), None)
    if background is None:
        raise SceneError(
            f"The background of “{camera.name}” is no picture.",
            "Load a picture there, or save a frame of the clip and choose it as Picture.",
        )
    if any(background.offset) or background.rotation or background.use_flip_x or background.use_flip_y:
        raise SceneError(
            f"The background image of “{camera.name}” is shifted, rotated or flipped.",
            "Clear its offset, rotation and flips; use the camera's shift instead.",
        )
    image = background.image
    pixels = read_pixels(image, frame=scene.frame_current if image.source in {"MOVIE", "SEQUENCE"} else None)
    height, width = pixels.array.shape[:2]
    view = view_through(scene, graph).framed(height / width, background.frame_method, background.scale)
    return Plate(pixels, view, image.name)


def chosen_plate(
    scene: bpy.types.Scene, graph: bpy.types.Depsgraph, image: bpy.types.Image, *, frame: int | None = None
) -> Plate:
    """A picture that shows what the camera sees, such as an earlier render; of another aspect, it fits into the frame.

    Raises:
        SceneError: when it cannot be read, or the scene has no suitable camera.
    """
    view = view_through(scene, graph)
    pixels = read_pixels(image, frame=frame)
    height, width = pixels.array.shape[:2]
    # Rounded to whole pixels, a render of the same aspect has a slightly different one.
    same = abs(width * view.aspect - height) <= 1
    return Plate(pixels, view.framed(height / width, "STRETCH" if same else "FIT"), image.name)


def _bound_samples(scene: bpy.types.Scene) -> None:
    """A plate needs no more than to be recognised."""
    if scene.render.engine == "CYCLES":
        scene.cycles.samples = min(scene.cycles.samples, _MOST_SAMPLES)
    else:
        scene.eevee.taa_render_samples = min(scene.eevee.taa_render_samples, _MOST_SAMPLES)


def _read(path: Path) -> Pixels:
    if not path.is_file():
        raise SceneError("The render of the plate was stopped.", "Try again.")
    image = bpy.data.images.load(str(path))
    try:
        return read_pixels(image)
    finally:
        bpy.data.images.remove(image)


def _said(error: RuntimeError) -> str:
    """What an operator reported, on one line."""
    return " ".join(str(error).removeprefix("Error: ").split()).rstrip(".") + "."
