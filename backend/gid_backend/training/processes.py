# SPDX-License-Identifier: GPL-3.0-or-later
"""The processes that train together: one, or as many as a launcher has started."""

from __future__ import annotations

import atexit
import functools
import gc
from typing import Any

import torch.distributed
from accelerate import Accelerator, PartialState

from ..device import best_device

if torch.distributed.is_available():
    # Its functions have the group that is there when they are defined as a default, and keep it: see `_leave`. Left to
    # who wraps the network, that is the group of the training.
    import torch.distributed.nn

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
    # The group's threads let go of tensors after those who waited for these go on, and need the interpreter for it. One
    # that comes late, on a busy machine, finds it gone and aborts a process whose training was done, and the launcher
    # calls the whole run failed.
    atexit.register(_leave)


def _leave() -> None:
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()
        # Only the last reference joins the threads, and what wraps a network for several processes lies in a cycle.
        gc.collect()


def _where() -> dict[str, Any]:
    # Left to itself it takes processes without a GPU for a mistake.
    return {"cpu": True} if best_device() == "cpu" else {}
