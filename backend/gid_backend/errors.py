# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors that reach a person: each has a code for programs, a sentence, and a hint what to do."""

from collections.abc import Callable

__all__ = ["Cancelled", "GidError", "ImageError", "OutOfMemory", "WeightsError", "check_cancelled"]


class GidError(Exception):
    """Base of everything the worker reports.

    Attributes:
        code: short stable name, as in the protocol's `error` event.
        message: one sentence: what is wrong.
        hint: one sentence: what to do, or "".
    """

    code = "failed"

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class ImageError(GidError):
    """A picture cannot be read or used."""

    code = "bad_image"


class WeightsError(GidError):
    """Model weights are missing, damaged or of another configuration."""

    code = "bad_weights"


class OutOfMemory(GidError):
    """The device has too little memory for this request."""

    code = "out_of_memory"


class Cancelled(GidError):
    """The caller asked to stop."""

    code = "cancelled"

    def __init__(self) -> None:
        super().__init__("Cancelled.")


def check_cancelled(cancel: Callable[[], bool] | None) -> None:
    """Raise `Cancelled` when there is a `cancel` and it says so."""
    if cancel is not None and cancel():
        raise Cancelled
