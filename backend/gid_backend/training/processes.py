# SPDX-License-Identifier: GPL-3.0-or-later
"""The processes that train together: one, or as many as a launcher has started."""

from __future__ import annotations

from typing import Any

from accelerate import Accelerator, PartialState

from ..device import best_device

__all__ = ["accelerator", "process_state"]


def process_state() -> PartialState:
    """Which of the processes this one is. The first call joins them and chooses the device."""
    return PartialState(**_where())


def accelerator(**settings: Any) -> Accelerator:
    """accelerate's own, on the device of `process_state`."""
    process_state()
    return Accelerator(**_where(), **settings)


def _where() -> dict[str, Any]:
    # Left to itself it takes processes without a GPU for a mistake.
    return {"cpu": True} if best_device() == "cpu" else {}
