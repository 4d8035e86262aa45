# SPDX-License-Identifier: GPL-3.0-or-later
"""`gid render` and `gid animate`: from a picture and its motion to a film or to frames."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from . import command_options as option
from .errors import GidError
from .prediction_settings import DEFAULTS, PredictionSettings
from .render_settings import DEPTH, RenderSettings
from .shutter import DEFAULT_SAMPLES
from .terminal import progress_bar, say

if TYPE_CHECKING:
    from gid_blender.motion import SpectralVolume

    from .colour import Picture
    from .frames_folder import FramesFolder
    from .renderer import MotionRenderer
    from .shot import Rendered, Shot

__all__ = ["Settings", "animate", "load_volume", "predicted", "read_picture", "render", "render_shot"]


class Interrupted(GidError):
    """Ctrl-C, with something to go on with."""

    code = "interrupted"


@dataclass(frozen=True)
class Look:
    """What is chosen about the renderer itself; see `renderer.RenderSettings`."""

    repair: bool = True
    order: float = DEPTH
    weights: Path | None = None

    def renderer(self, device: str | None, *, deterministic: bool) -> MotionRenderer:
        """The renderer that is asked for.

        Args:
            device: as torch names it; None takes the fastest.
            deterministic: see `RenderSettings`.

        Raises:
            GidError, WeightsError: see `MotionRenderer.load`.
        """
        from .renderer import MotionRenderer

        settings = RenderSettings(depth=self.order, repair=self.repair, deterministic=deterministic)
        return MotionRenderer.load(device, settings, self.weights)


@dataclass(frozen=True)
class Settings:
    """How `render`, `animate` and `simulate` are to render; see `command_options`."""

    output: Path
    fps: float | None
    format: str | None
    depth: int | None
    background: str | None
    shutter: float
    shutter_samples: int
    motion_vectors: Path | None
    coverage: Path | None
    look: Look
    device: str | None


def render(
    image: option.Image,
    volume: option.VolumeFile,
    output: option.FramesOutput,
    mask: option.Pinned = None,
    frames: option.Frames = None,
    fps: option.Fps = None,
    amplitude: option.Amplitude = 1.0,
    offset: option.Offset = False,
    format: option.Format = None,
    depth: option.Depth = None,
    background: option.Background = None,
    shutter: option.Shutter = 0.0,
    shutter_samples: option.ShutterSamples = DEFAULT_SAMPLES,
    motion_vectors: option.MotionVectors = None,
    coverage: option.Coverage = None,
    repair: option.Repair = True,
    order: option.Order = DEPTH,
    renderer_weights: option.RendererWeights = None,
    device: option.Device = None,
) -> None:
    """Render a picture with a motion, as a seamless loop.

    Examples:
    - `gid render flower.jpg flower.npz -o flower.mp4 --shutter 180`
    - `gid render flower.exr flower.npz -o frames --format exr --frames 90 --amplitude 2`
    """
    picture, linear = read_picture(image, output)
    look = Look(repair, order, renderer_weights)
    settings = Settings(
        output, fps, format, depth, background, shutter, shutter_samples, motion_vectors, coverage, look, device
    )
    loop = _loop(picture, linear, settings, frames, amplitude, offset, mask)
    render_shot(picture, linear, lambda: load_volume(volume), loop, settings)


def animate(
    image: option.Image,
    output: option.FramesOutput,
    seed: option.Seed = 0,
    steps: option.Steps = DEFAULTS.steps,
    guidance: option.Guidance = DEFAULTS.guidance,
    strength: option.Strength = None,
    mask: option.Pinned = None,
    weights: option.Weights = None,
    frames: option.Frames = None,
    fps: option.Fps = None,
    amplitude: option.Amplitude = 1.0,
    offset: option.Offset = False,
    format: option.Format = None,
    depth: option.Depth = None,
    background: option.Background = None,
    shutter: option.Shutter = 0.0,
    shutter_samples: option.ShutterSamples = DEFAULT_SAMPLES,
    motion_vectors: option.MotionVectors = None,
    coverage: option.Coverage = None,
    repair: option.Repair = True,
    order: option.Order = DEPTH,
    renderer_weights: option.RendererWeights = None,
    device: option.Device = None,
) -> None:
    """From a picture to a seamless loop in one go: predict and render.

    Examples:
    - `gid animate flower.jpg -o flower.mp4`
    - `gid animate flower.jpg -o flower.gif --frames 60 --fps 20 --amplitude 1.5`
    - `gid animate street.jpg -o street.mp4 --mask lanterns.png`
    """
    wanted = PredictionSettings(steps=steps, guidance=guidance, strength=strength)
    picture, linear = read_picture(image, output)
    look = Look(repair, order, renderer_weights)
    settings = Settings(
        output, fps, format, depth, background, shutter, shutter_samples, motion_vectors, coverage, look, device
    )

    def motion() -> SpectralVolume:
        return predicted(picture, linear, weights, device, seed, wanted, mask, greys=False)

    loop = _loop(picture, linear, settings, frames, amplitude, offset, mask)
    render_shot(picture, linear, motion, loop, settings)


def read_picture(path: Path, output: Path | None = None) -> tuple[Picture, bool]:
    """A picture, and whether it is scene-linear. Raises OutputError when it is itself what is to be written."""
    from .atomic import OutputError
    from .images import is_linear, read_image

    # Not Path's: that fails for a name that no disk takes, of which the render has a sentence.
    if output is not None and os.path.exists(path) and os.path.exists(output) and os.path.samefile(path, output):
        raise OutputError(f"“{output}” is the picture itself, which would be replaced.", "Choose another name.")
    return read_image(path), is_linear(path)


def load_volume(path: Path) -> SpectralVolume:
    """A spectral volume."""
    from gid_blender.motion import files

    return files.load(path)


def predicted(
    picture: Picture,
    linear: bool,
    weights: Path | None,
    device: str | None,
    seed: int,
    settings: PredictionSettings,
    mask: Path | None,
    *,
    greys: bool = True,
) -> SpectralVolume:
    """The motion of a picture. Without `greys` it is as strong under grey as under white, for who masks it later."""
    from .masks import condition, read_mask

    allowed = None if mask is None else read_mask(mask) if greys else condition(read_mask(mask))
    with progress_bar() as progress:
        progress("Loading the model", 0, 0)
        from .predictor import MotionPredictor

        predictor = MotionPredictor.load(weights, device)
        [volume] = predictor.predict_many(picture, [seed], settings, mask=allowed, linear=linear, progress=progress)
    return volume


def _loop(
    picture: Picture,
    linear: bool,
    chosen: Settings,
    frames: int | None,
    amplitude: float,
    offset: bool,
    mask: Path | None,
) -> Callable[[SpectralVolume], Shot]:
    from .masks import read_mask

    # Before the motion is predicted: what cannot be read should not cost minutes.
    allowed = None if mask is None else read_mask(mask)

    def shot(volume: SpectralVolume) -> Shot:
        from gid_blender.motion.masking import at_pixels

        from .masks import vertex_weights
        from .shot import Shot

        height, width = picture.shape[:2]
        weights = None if allowed is None else vertex_weights(allowed, volume, height, width, amplitude)
        return Shot.loop(
            picture,
            volume,
            # Other lengths keep their own time: half as many frames at the same rate is a loop twice as fast.
            frames or volume.frames,
            linear=linear,
            amplitude=amplitude,
            offset=offset,
            shutter=chosen.shutter,
            samples=chosen.shutter_samples,
            mask=None if weights is None else at_pixels(weights, height, width),
        )

    return shot


def render_shot(
    picture: Picture,
    linear: bool,
    motion: Callable[[], SpectralVolume],
    compose: Callable[[SpectralVolume], Shot],
    chosen: Settings,
) -> None:
    """Render to a film or to folders, and say what came of it.

    Everything that can be refused is refused before the motion is predicted or a frame rendered.

    Args:
        picture, linear: see `gid_backend.shot`.
        motion: makes or reads the volume.
        compose: makes the shot of it.
        chosen: how it is rendered, and whereto.
    """
    from .movies import is_movie, writing
    from .transparency import parse_colour

    started = time.monotonic()
    background = None if chosen.background is None else parse_colour(chosen.background)
    film = is_movie(chosen.output)
    format = _checked_format(picture, linear, chosen, film)
    _check_folders(chosen, film)
    opened: list[FramesFolder] = []
    try:
        with ExitStack() as places:
            take = None
            if film:
                take = places.enter_context(writing(chosen.output, linear=linear, background=background))
            volume = motion()
            shot = compose(volume)
            renderer = chosen.look.renderer(chosen.device, deterministic=not film)
            sinks = list(_sinks(places, renderer, shot, chosen, None if film else format, background))
            opened += [folder for folder, _ in sinks]
            there = 0 if film else shot.frames - len(_missing(sinks))
            with progress_bar() as progress:
                rendered = shot.render(
                    renderer,
                    None if film else _missing(sinks),
                    vectors=chosen.motion_vectors is not None,
                    coverage=chosen.coverage is not None,
                    progress=progress,
                )
                stored = _stored(rendered, sinks)
                if take is None:
                    for _ in stored:
                        pass
                else:
                    take(stored, chosen.fps or volume.fps, shot.frames)
    except KeyboardInterrupt:
        states = [state for state in (folder.state() for folder in opened) if state]
        if not states:
            raise
        raise Interrupted(f"Interrupted; {states[0]}", "The same command goes on with them.") from None
    say(
        f"{chosen.output}: {shot.frames} frames at {chosen.fps or volume.fps:.6g} fps"
        + (f", {there} of which were there," if there else "")
        + f" in {time.monotonic() - started:.1f} s"
    )


def _checked_format(picture: Picture, linear: bool, chosen: Settings, film: bool) -> str:
    """The format of frames in a folder, after a look at whether the output can be what is asked for."""
    from .encode import ALPHA, check_depth
    from .movies import MOVIES
    from .transparency import require_alpha

    format = chosen.format or ("exr" if linear else "png")
    suffix = chosen.output.suffix.lower()
    if film and (chosen.format or chosen.depth):
        raise typer.BadParameter(
            f"--format and --depth are about frames in a folder; “{chosen.output.name}” is a film."
        )
    check_depth(format, chosen.depth)
    holds_alpha = MOVIES[suffix].alpha if film else format in ALPHA
    if not holds_alpha and chosen.background is None:
        require_alpha(picture, suffix if film else format)
    return format


def _check_folders(chosen: Settings, film: bool) -> None:
    from .frames_folder import check_place

    places = [chosen.motion_vectors, chosen.coverage]
    folders = [path for path in [None if film else chosen.output, *places] if path is not None]
    absolute = [Path(os.path.abspath(path)) for path in folders]
    for index, path in enumerate(absolute):
        others = absolute[:index] + absolute[index + 1 :]
        if any(path == other or other in path.parents for other in others):
            raise typer.BadParameter(f"“{folders[index]}” needs a folder of its own, apart from those of the others.")
    for path in folders:
        check_place(path)


Sink = tuple["FramesFolder", "Callable[[Rendered], bytes]"]


def _sinks(
    places: ExitStack, renderer: Any, shot: Shot, chosen: Settings, format: str | None, background: Any
) -> Iterator[Sink]:
    """The folders to fill, and how a frame becomes the file for each."""
    from .encode import FORMATS, encode_image
    from .frames_folder import filling
    from .motion_vectors import encode_coverage, encode_motion_vectors
    from .renderer_identity import renderer_identity

    identity = renderer_identity(renderer)

    def opened(folder: Path, suffix: str, **settings: Any) -> FramesFolder:
        render = shot.fingerprint(renderer=identity, **settings)
        return places.enter_context(filling(folder, render, shot.frames, suffix, {"about": settings}))

    def frame(rendered: Rendered) -> bytes:
        assert format is not None
        return encode_image(rendered.frame, format, linear=shot.linear, depth=chosen.depth, background=background)

    def vectors(rendered: Rendered) -> bytes:
        assert rendered.vectors is not None
        return encode_motion_vectors(*rendered.vectors)

    def coverage(rendered: Rendered) -> bytes:
        assert rendered.coverage is not None
        return encode_coverage(rendered.coverage)

    if format is not None:
        settings = {"format": format, "depth": chosen.depth, "background": background}
        yield opened(chosen.output, FORMATS[format], **settings), frame
    if chosen.motion_vectors is not None:
        yield opened(chosen.motion_vectors, ".exr", motion_vectors=True), vectors
    if chosen.coverage is not None:
        yield opened(chosen.coverage, ".exr", coverage=True), coverage


def _missing(sinks: list[Sink]) -> list[int]:
    """The frames that any of the folders lacks."""
    return sorted({index for folder, _ in sinks for index in folder.missing})


def _stored(rendered: Iterator[Rendered], sinks: list[Sink]) -> Iterator[Picture]:
    """The frames, each written to the folders that lack it."""
    lacking = [(folder, set(folder.missing), encode) for folder, encode in sinks]
    for item in rendered:
        for folder, missing, encode in lacking:
            if item.index in missing:
                folder.write(item.index, encode(item))
        yield item.frame
