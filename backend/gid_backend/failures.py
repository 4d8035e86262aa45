# SPDX-License-Identifier: GPL-3.0-or-later
"""What a request died of, told to the one who asked."""

from __future__ import annotations

import sys
from dataclasses import dataclass

from gid_blender.motion.errors import SpectralVolumeError
from gid_blender.worker.protocol import ProtocolError

from .errors import GidError, OutOfMemory

__all__ = ["Failure", "describe_failure", "is_out_of_memory"]

# torch raises a plain RuntimeError on the CPU and on Apple's GPU, OpenCV its own error.
_MEMORY_WORDS = ("out of memory", "can't allocate memory", "cannot allocate memory", "insufficient memory")


@dataclass(frozen=True, slots=True)
class Failure:
    """The fields of an `error` event, and whether the log should have the whole story."""

    code: str
    message: str
    hint: str = ""
    is_unexpected: bool = False


def describe_failure(error: BaseException) -> Failure:
    """The code, sentence and hint for anything that a request can raise."""
    if is_out_of_memory(error):
        return Failure(
            OutOfMemory.code,
            "There is too little memory for this request.",
            "Use a smaller picture, or close what else uses the memory; rendering in Blender on the GPU counts too.",
        )
    if isinstance(error, GidError):
        return Failure(error.code, error.message, error.hint)
    if isinstance(error, SpectralVolumeError):
        return Failure("bad_volume", str(error))
    if isinstance(error, ProtocolError):
        return Failure("bad_request", str(error))
    pydantic = sys.modules.get("pydantic")
    if pydantic is not None and isinstance(error, pydantic.ValidationError):
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "The request"
        return Failure("bad_request", f"“{place}” of the request is not valid: {first['msg']}.")
    text = str(error).strip().splitlines()
    told = f" ({text[0]})" if text else ""
    return Failure(
        "failed",
        f"The worker met an error that it does not know: {type(error).__name__}{told}.",
        "The log tells more; it belongs into a bug report.",
        is_unexpected=True,
    )


def is_out_of_memory(error: BaseException) -> bool:
    """Whether memory, of the GPU or of the computer, was short."""
    if isinstance(error, MemoryError | OutOfMemory) or type(error).__name__ == "OutOfMemoryError":
        return True
    is_from_native_code = isinstance(error, RuntimeError) or type(error).__module__.partition(".")[0] == "cv2"
    return is_from_native_code and any(words in str(error).lower() for words in _MEMORY_WORDS)
