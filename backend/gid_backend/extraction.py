# SPDX-License-Identifier: GPL-3.0-or-later
"""The worker's `extract`: bytes of a video or of pictures in, volume and start frame out, kept in the cache."""

from __future__ import annotations

import io
import json
from typing import Any

import numpy as np

from gid_blender.motion import files

from . import __version__
from .cache import ResultCache, content_key
from .flow import Measured, measure_motion
from .jobs import Context, Reply
from .request_params import ExtractParams

__all__ = ["extracted"]


def extracted(video: bytes, params: ExtractParams, cache: ResultCache, context: Context) -> Reply:
    """Measure, or find what was measured before.

    Raises:
        ImageError: when the video cannot be read or used; see `measure_motion`.
        Cancelled: when the client wants that.
    """
    span = params.span()
    context.progress("Reading the video", 0, 0)
    key = content_key(video, method="extract", version=__version__, **params.model_dump())
    stored = cache.get(key)
    if stored is not None:
        result, parts = _unpacked(stored)
        return {"cached": True, **result}, parts
    context.check()
    shown = f"“{params.name}”" if params.name else "The video"
    measured = measure_motion(
        video if params.pictures is None else params.pictures.sequence(video, shown),
        span,
        name=params.name or None,
        width=params.width,
        clean=params.clean,
        camera=params.camera,
        progress=context.progress,
        cancel=context.cancelled,
    )
    result, parts = _described(measured), [files.dumps(measured.volume), measured.still.tobytes()]
    cache.put(key, _packed(result, parts))
    return {"cached": False, **result}, parts


def _described(measured: Measured) -> dict[str, Any]:
    camera = measured.camera
    return {
        "image": {"shape": list(measured.still.shape), "dtype": "uint8", "linear": False},
        "loop": measured.loop,
        "followed": round(measured.followed, 3),
        "camera": None if camera is None else camera.verdict,
        "camera_amount": None if camera is None else round(camera.amount, 5),
        "notes": measured.sentences,
    }


def _packed(result: dict[str, Any], parts: list[bytes]) -> bytes:
    buffer = io.BytesIO()
    arrays = {f"part{index}": np.frombuffer(part, np.uint8) for index, part in enumerate(parts)}
    np.savez(buffer, allow_pickle=False, result=np.array(json.dumps(result)), **arrays)
    return buffer.getvalue()


def _unpacked(stored: bytes) -> tuple[dict[str, Any], list[bytes]]:
    with np.load(io.BytesIO(stored), allow_pickle=False) as arrays:
        return json.loads(str(arrays["result"][()])), [arrays["part0"].tobytes(), arrays["part1"].tobytes()]
