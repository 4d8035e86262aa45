# SPDX-License-Identifier: GPL-3.0-or-later
"""The processes that train together: one, or as many as a launcher has started."""

from __future__ import annotations

import atexit
import functools
from typing import Any

import torch.distributed
from accelerate import Accelerator, PartialState

from ..device import best_device

__all__ = ["accelerator", "process_state"]


def process_state() -> PartialState:
    """Which of the processes this one is. The first call joins them and chooses the device."""
    state = PartialState(**_where())
    _leave_at_exit()
    return state


def accelerator(**settings: Any) -> Accelerator:
    """accelerate's own, on the device of `process_state`."""
    process_state()
    return Accelerator(**_where(), **settings)


@functools.cache
def _leave_at_exit() -> None:
    # A process group that is still there when the interpreter goes is torn down beneath its threads: now and then that
    # ended a process whose training was done with SIGABRT, and the launcher called the whole run failed.
    atexit.register(_leave)


def _leave() -> None:
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()


def _where() -> dict[str, Any]:
    # Left to itself it takes processes without a GPU for a mistake.
    return {"cpu": True} if best_device() == "cpu" else {}
