# SPDX-License-Identifier: GPL-3.0-or-later
"""Ending a prediction in the middle of a step: on a slow CPU one step lasts longer than anybody waits for a cancel."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from torch import nn
from torch.nn.modules.module import register_module_forward_pre_hook

from .errors import Cancelled

__all__ = ["cancelled_between_layers"]


@contextmanager
def cancelled_between_layers(cancel: Callable[[], bool]) -> Iterator[None]:
    """Inside the block every layer of every network first asks `cancel()`.

    The hook is global to torch, so only one such block may be open in a process; the worker does one
    request after another.

    Raises:
        Cancelled: out of the network that is running, as soon as `cancel()` is true.
    """

    def ask(module: nn.Module, arguments: Any) -> None:
        if cancel():
            raise Cancelled

    handle = register_module_forward_pre_hook(ask)
    try:
        yield
    finally:
        handle.remove()
