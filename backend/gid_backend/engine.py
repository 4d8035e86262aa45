# SPDX-License-Identifier: GPL-3.0-or-later
"""What the worker can do: predict, measure, render, and look after its memory and its cache.

Nothing heavy is imported at the top, because the worker says hello before it loads torch.
"""

from __future__ import annotations

import gc
import hashlib
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from gid_blender.worker.protocol import Request

from . import __version__
from .cache import DEFAULT_LIMIT, ResultCache, cache_folder, content_key
from .environment import number_from_environment
from .errors import GidError, WeightsError
from .jobs import Context, Handler, Reply
from .model_info import WEIGHTS, chosen_weights, describe_model

if TYPE_CHECKING:
    from .predictor import MotionPredictor
    from .renderer import MotionRenderer

__all__ = ["Engine"]


class Engine:
    """The models, loaded when first needed, and the cache of results."""

    def __init__(self, cache: ResultCache | None = None) -> None:
        """Use `cache`, or the user's cache folder with GID_CACHE_LIMIT bytes."""
        limit = int(number_from_environment("GID_CACHE_LIMIT", DEFAULT_LIMIT))
        self._cache = cache or ResultCache(cache_folder(), limit)
        self._model = describe_model()
        self._device_name = ""
        self._predictor: MotionPredictor | None = None
        self._renderer: MotionRenderer | None = None

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """By the method's name in the protocol."""
        return {
            "predict": self._predict,
            "extract": self._extract,
            "fill": self._fill,
            "render": self._render,
            "clear_cache": self._clear_cache,
        }

    def describe_model(self) -> Mapping[str, str] | None:
        """The id and sha256 of the weights, or None without any."""
        return self._model

    def prepare(self) -> Mapping[str, Any]:
        """Load torch and what else takes seconds, so that the first request need not."""
        from .device import best_device, describe_device

        device = best_device()
        description = describe_device(device)
        self._device_name = device
        return description

    def status(self) -> Mapping[str, Any]:
        """Fields of `status` that this knows better than the device event did."""
        memory: Mapping[str, Any] = {}
        if self._device_name:
            from .device import describe_memory

            memory = describe_memory(self._device_name)
        return {
            **memory,
            "loaded": self.is_loaded(),
            "cache_bytes": self._cache.size(),
            "cache_limit": self._cache.limit,
            "model": self._model,
        }

    def is_loaded(self) -> bool:
        """Whether models lie in memory."""
        return self._predictor is not None or self._renderer is not None

    def release(self) -> None:
        """Give the models' memory back, to Blender's renderer for example."""
        self._predictor = None
        self._renderer = None
        gc.collect()
        torch = sys.modules.get("torch")
        # While `prepare` still imports it on another thread, the module is there and half empty.
        if torch is None or not self._device_name:
            return
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        if torch.backends.mps.is_available():
            torch.mps.empty_cache()

    # ---- requests

    def _predict(self, request: Request, context: Context) -> Reply:
        from gid_blender.motion import SpectralVolumeError, files

        from .images import checked
        from .interrupting import cancelled_between_layers
        from .request_params import PredictParams, image_of, mask_of, parts_of

        params = PredictParams.model_validate(request.params)
        pixels, *masks = parts_of(request, 1 if params.mask is None else 2)
        # Before the model is loaded: a picture that cannot be used should not cost seconds.
        image = checked(image_of(params.image, pixels))
        settings = params.settings()
        mask = None
        question = {
            "image": params.image.model_dump(),
            "settings": {"seed": params.seed, **settings.as_dict()},
            "version": __version__,
        }
        if params.mask is not None:
            mask = mask_of(params.mask, masks[0])
            question["mask"] = {**params.mask.model_dump(), "sha256": hashlib.sha256(masks[0]).hexdigest()}
        if (stored := self._cache.get(self._key(pixels, question))) is not None:
            return {"cached": True}, [stored]
        predictor = self._loaded_predictor(context)
        try:
            with cancelled_between_layers(context.cancelled):
                [volume] = predictor.predict_many(
                    image,
                    [params.seed],
                    settings,
                    mask=mask,
                    linear=params.image.linear,
                    progress=context.progress,
                    cancel=context.cancelled,
                )
        except SpectralVolumeError as error:
            # The volume is the model's, not the caller's.
            raise GidError(f"The model predicted no usable motion. {error}", "Try another seed or guidance.") from error
        data = files.dumps(volume)
        self._cache.put(self._key(pixels, question), data)
        return {"cached": False}, [data]

    def _loaded_predictor(self, context: Context) -> MotionPredictor:
        if self._predictor is None:
            if self._model is None:
                path = chosen_weights()
                if path != WEIGHTS:
                    raise WeightsError(
                        f"The weights “{path}” cannot be read on the worker's machine.",
                        "Choose another file under Weights in the preferences, or none to take those that are shipped.",
                    )
                raise WeightsError(
                    "This worker has no trained model.",
                    "Set up the worker again, or train one with “gid train”.",
                )
            context.progress("Loading the model", 0, 1)
            from .predictor import MotionPredictor

            self._predictor = MotionPredictor.load()
            # The file may have been replaced since the hello.
            self._model = {"id": self._predictor.model_id, "sha256": self._predictor.model_sha256}
            context.check()
        return self._predictor

    def _key(self, pixels: bytes, question: Mapping[str, Any]) -> str:
        return content_key(pixels, method="predict", model=self._model, **question)

    def _extract(self, request: Request, context: Context) -> Reply:
        from .extraction import extracted
        from .request_params import ExtractParams, parts_of

        [video] = parts_of(request, 1)
        return extracted(video, ExtractParams.model_validate(request.params), self._cache, context)

    def _render(self, request: Request, context: Context) -> Reply:
        from gid_blender.motion import files

        from .encode import ALPHA, FORMATS, check_depth, encode_image
        from .images import checked
        from .masks import as_weights
        from .motion_vectors import encode_coverage, encode_motion_vectors
        from .render_settings import RenderSettings
        from .request_params import RenderParams, coefficients_of, image_of, mask_of, parts_of
        from .transparency import require_alpha

        params = RenderParams.model_validate(request.params)
        pixels, npz, *more = parts_of(request, params.parts)
        image = checked(image_of(params.image, pixels))
        check_depth(params.format, params.depth)
        if params.format not in ALPHA and params.background is None:
            require_alpha(image, params.format.upper(), "Choose PNG, WebP or OpenEXR as the format.")
        coefficients = None if params.coefficients is None else coefficients_of(params.coefficients, more.pop(0))
        mask = None if params.mask is None else as_weights(mask_of(params.mask, more.pop(0)))
        shot = params.shot(image, files.loads(npz), coefficients, mask)
        chosen = params.chosen(shot)
        if self._renderer is None:
            from .renderer import MotionRenderer

            context.progress("Loading the renderer", 0, 1)
            self._renderer = MotionRenderer.load()
        self._renderer.settings = RenderSettings(repair=params.repair, deterministic=True)
        context.progress("Rendering", 0, len(chosen))
        for rendered in shot.render(
            self._renderer,
            chosen,
            vectors="motion_vectors" in params.passes,
            coverage="coverage" in params.passes,
            progress=context.progress,
            cancel=context.cancelled,
        ):
            context.check()
            frame = encode_image(
                rendered.frame, params.format, linear=shot.linear, depth=params.depth, background=params.background
            )
            passes = {}
            if rendered.vectors is not None:
                passes["motion_vectors"] = encode_motion_vectors(*rendered.vectors)
            if rendered.coverage is not None:
                passes["coverage"] = encode_coverage(rendered.coverage)
            context.frame(rendered.index, frame, *(passes[name] for name in params.passes))
        return {"count": len(chosen), "suffix": FORMATS[params.format]}, []

    def _fill(self, request: Request, context: Context) -> Reply:
        from .filling import fill
        from .request_params import FillParams, image_of, mask_of, parts_of, wire_bytes

        params = FillParams.model_validate(request.params)
        pixels, mask = parts_of(request, 2)
        filled = fill(
            image_of(params.image, pixels),
            mask_of(params.mask, mask),
            progress=context.progress,
            cancel=context.cancelled,
        )
        return {"image": params.image.model_dump()}, [wire_bytes(filled)]

    def _clear_cache(self, request: Request, context: Context) -> Reply:
        return {"freed": self._cache.clear()}, []
