# SPDX-License-Identifier: GPL-3.0-or-later
"""The work of a batch in pieces that need nothing but what they are given: bytes come in, bytes go out."""

from __future__ import annotations

import hashlib
import tempfile
import traceback
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import GidError
from ..failures import Failure, describe_failure
from .recipe import Recipe

if TYPE_CHECKING:
    from gid_blender.motion import SpectralVolume

    from ..colour import Picture
    from ..masks import Weights
    from ..predictor import MotionPredictor
    from ..renderer import MotionRenderer
    from ..shot import Shot

__all__ = ["Answer", "Progress", "Unusable", "Work", "Workshop", "attempt"]

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Work:
    """A piece of work.

    Attributes:
        kind: “volumes”, “sheet”, or one of `recipe.KINDS`.
        name: of the picture.
        picture: its file's bytes.
        seeds: whose motions are wanted, or are at hand as `volumes`.
        volumes: `.npz` bytes for each seed; none for “volumes”.
        indices: of “frames”, which.
        recipe: how.
        mask: the bytes of the file of its mask; none lets everything move.
        mask_name: what sentences call that.
    """

    kind: str
    name: str
    picture: bytes
    seeds: tuple[int, ...]
    recipe: Recipe
    volumes: tuple[bytes, ...] = ()
    indices: tuple[int, ...] = ()
    mask: bytes = b""
    mask_name: str = ""


class Unusable(GidError):
    """Whoever does the work cannot do any: the models cannot be loaded there."""

    code = "unusable"


# The files that were asked for, in order: one for each seed or frame, or a single one.
Answer = list[bytes] | Failure


def attempt(workshop: Workshop, work: Work, progress: Progress) -> Answer:
    """Do the work; what goes wrong is an answer, and leaves the next work alone."""
    try:
        return workshop.do(work, progress)
    except Exception as error:
        failure = describe_failure(error)
        if failure.is_unexpected:
            return replace(failure, hint=f"{failure.hint}\n{traceback.format_exc()}".strip())
        return failure


class Workshop:
    """The models, loaded when they are first needed, and the last picture."""

    def __init__(self, weights: Path | None = None, device: str | None = None) -> None:
        self._weights, self._device = weights, device
        self._predictor: MotionPredictor | None = None
        self._renderer: MotionRenderer | None = None
        self._picture: tuple[str, Picture] | None = None
        self._feathered: tuple[tuple[str, str, float], Weights] | None = None

    def do(self, work: Work, progress: Progress) -> list[bytes]:
        """The files that are asked for.

        Raises:
            Unusable: when the models cannot be loaded.
            Exception: whatever the work meets.
        """
        if work.kind == "volumes":
            return self._volumes(work, progress)
        if work.kind == "page":
            return [self._page(work)]
        if work.kind == "frames":
            return self._frames(work, progress)
        if work.kind == "sheet":
            from .sheet import contact_sheet

            volumes = [_volume(data) for data in work.volumes]
            picture, mask = self._read(work), _mask(work)
            weights = None if mask is None else [self._weights_of(work, data) for data in work.volumes]
            return [
                contact_sheet(
                    picture, _is_linear(work), work.seeds, volumes, self._rendering(), work.recipe, progress, weights
                )
            ]
        return [self._film(work, progress)]

    def _volumes(self, work: Work, progress: Progress) -> list[bytes]:
        from gid_blender.motion import files

        from ..masks import condition

        picture, mask = self._read(work), _mask(work)
        progress("Loading the model", 0, 0)
        volumes = self._predicting().predict_many(
            picture,
            work.seeds,
            work.recipe.prediction,
            # What is made of the motion weakens it under grey, as `gid animate` does.
            mask=None if mask is None else condition(mask),
            linear=_is_linear(work),
            progress=progress,
        )
        return [files.dumps(volume, compress=True) for volume in volumes]

    def _page(self, work: Work) -> bytes:
        from gid_blender.motion.web_page import PageSettings, web_page

        from ..page_commands import page_picture

        recipe = work.recipe
        settings = PageSettings(title=Path(work.name).stem, amplitude=recipe.amplitude, offset=recipe.offset)
        picture = page_picture(self._read(work), _is_linear(work), 1600)
        weights = self._weights_of(work, work.volumes[0]) if work.mask else None
        return web_page(_volume(work.volumes[0]), picture, settings, weights).encode()

    def _film(self, work: Work, progress: Progress) -> bytes:
        from ..movies import writing
        from ..transparency import parse_colour

        recipe = work.recipe
        background = None if recipe.background is None else parse_colour(recipe.background)
        shot = self._shot(work)
        with tempfile.TemporaryDirectory(prefix="gid-batch-") as folder:
            path = Path(folder) / f"film.{work.kind}"
            with writing(path, linear=shot.linear, background=background) as take:
                rendered = shot.render(self._rendering(), progress=progress)
                take((item.frame for item in rendered), recipe.fps or shot.volume.fps, shot.frames)
            return path.read_bytes()

    def _frames(self, work: Work, progress: Progress) -> list[bytes]:
        from ..encode import ALPHA, encode_image
        from ..transparency import parse_colour, require_alpha

        recipe, shot = work.recipe, self._shot(work)
        background = None if recipe.background is None else parse_colour(recipe.background)
        format = recipe.frame_format(shot.linear)
        if format not in ALPHA and background is None:
            require_alpha(shot.picture, format)
        return [
            encode_image(item.frame, format, linear=shot.linear, depth=recipe.depth, background=background)
            for item in shot.render(self._rendering(), work.indices, progress=progress)
        ]

    def _shot(self, work: Work) -> Shot:
        from gid_blender.motion.masking import at_pixels

        from ..shot import Shot

        recipe, volume = work.recipe, _volume(work.volumes[0])
        return Shot.loop(
            self._read(work),
            volume,
            recipe.frames or volume.frames,
            linear=_is_linear(work),
            amplitude=recipe.amplitude,
            offset=recipe.offset,
            shutter=recipe.shutter,
            samples=recipe.shutter_samples,
            mask=at_pixels(self._weights_of(work, work.volumes[0]), *self._read(work).shape[:2]) if work.mask else None,
        )

    def _weights_of(self, work: Work, volume: bytes) -> Weights:
        """The mask, feathered for a motion; pieces of work of one film come in a row, and it takes a second."""
        from ..masks import vertex_weights

        key = (hashlib.sha256(volume).hexdigest(), hashlib.sha256(work.mask).hexdigest(), work.recipe.amplitude)
        if self._feathered is None or self._feathered[0] != key:
            mask, (height, width) = _mask(work), self._read(work).shape[:2]
            assert mask is not None
            self._feathered = (key, vertex_weights(mask, _volume(volume), height, width, work.recipe.amplitude))
        return self._feathered[1]

    def _read(self, work: Work) -> Picture:
        from ..images import decode_image

        digest = hashlib.sha256(work.picture).hexdigest()
        if self._picture is None or self._picture[0] != digest:
            self._picture = (digest, decode_image(work.picture, f"“{work.name}”"))
        return self._picture[1]

    def _predicting(self) -> MotionPredictor:
        if self._predictor is None:
            self._predictor = _loaded(self._load_predictor)
        return self._predictor

    def _load_predictor(self) -> MotionPredictor:
        from ..predictor import MotionPredictor

        return MotionPredictor.load(self._weights, self._device)

    def _rendering(self) -> MotionRenderer:
        if self._renderer is None:
            self._renderer = _loaded(self._load_renderer)
        return self._renderer

    def _load_renderer(self) -> MotionRenderer:
        from ..render_settings import RenderSettings
        from ..renderer import MotionRenderer

        # Whoever renders the same anew, on whichever machine of the same kind, gets the same bytes.
        return MotionRenderer.load(self._device, RenderSettings(deterministic=True))


def _loaded(load: Callable[[], Any]) -> Any:
    try:
        return load()
    except Exception as error:
        failure = describe_failure(error)
        raise Unusable(f"The models cannot be loaded: {failure.message}", failure.hint) from error


def _is_linear(work: Work) -> bool:
    from ..images import is_linear

    return is_linear(work.name)


def _mask(work: Work) -> Weights | None:
    """(H, W) of any size, 0..1. Raises ImageError when it is no picture, or lets nothing move."""
    from ..errors import ImageError
    from ..images import decode_image
    from ..masks import of_picture

    if not work.mask:
        return None
    mask = of_picture(decode_image(work.mask, f"“{work.mask_name}”"))
    if not mask.any():
        raise ImageError(f"The mask “{work.mask_name}” is black, so nothing of “{work.name}” can move.")
    return mask


def _volume(data: bytes) -> SpectralVolume:
    from gid_blender.motion import files

    return files.loads(data)
