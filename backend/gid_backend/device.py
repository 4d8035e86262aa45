# SPDX-License-Identifier: GPL-3.0-or-later
"""The device that computes, and what there is to know about it."""

from __future__ import annotations

import os
import platform
from typing import Any

import torch

__all__ = ["choose_device", "describe_device", "describe_memory"]


def choose_device(name: str | None = None) -> torch.device:
    """The named device, or the one named by GID_DEVICE, or the best there is: CUDA (and ROCm), Apple's GPU, the CPU."""
    name = name or os.environ.get("GID_DEVICE")
    if name:
        return torch.device(name)
    if torch.cuda.is_available():
        return torch.device("cuda")
    if torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")


def describe_device(device: torch.device) -> dict[str, Any]:
    """The fields of the device event: torch, device, name, memory_total, memory_free (bytes, or None)."""
    if device.type == "cuda":
        name = torch.cuda.get_device_name(device)
    elif device.type == "mps":
        name = f"Apple GPU ({platform.machine()})"
    else:
        name = f"CPU, {torch.get_num_threads()} threads"
    return {"torch": torch.__version__, "device": str(device), "name": name, **describe_memory(str(device))}


def describe_memory(device: str) -> dict[str, int | None]:
    """memory_total and memory_free of a device in bytes; None where it cannot be told."""
    kind = torch.device(device).type
    if kind == "cuda":
        free, total = torch.cuda.mem_get_info(torch.device(device))
        return {"memory_total": total, "memory_free": free}
    if kind == "mps":
        total = int(torch.mps.recommended_max_memory())
        return {"memory_total": total, "memory_free": total - int(torch.mps.driver_allocated_memory())}
    return _memory_of_computer()


def _memory_of_computer() -> dict[str, int | None]:
    try:
        page = os.sysconf("SC_PAGE_SIZE")
        return {
            "memory_total": page * os.sysconf("SC_PHYS_PAGES"),
            "memory_free": page * os.sysconf("SC_AVPHYS_PAGES"),
        }
    # Windows has no sysconf, macOS does not know what is free.
    except (AttributeError, ValueError, OSError):
        return {"memory_total": None, "memory_free": None}
