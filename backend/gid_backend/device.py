# SPDX-License-Identifier: GPL-3.0-or-later
"""The device that computes, and what there is to know about it."""

from __future__ import annotations

import os
import platform
from typing import Any

import torch

from .errors import GidError

__all__ = ["best_device", "describe_device", "describe_memory", "usable_device"]


def best_device() -> str:
    """The device named by GID_DEVICE, or the fastest that torch finds: CUDA or ROCm, Apple's, Intel's, else the CPU."""
    name = os.environ.get("GID_DEVICE")
    if name:
        return name
    if torch.cuda.is_available():
        return "cuda"
    if torch.backends.mps.is_available():
        return "mps"
    if hasattr(torch, "xpu") and torch.xpu.is_available():
        return "xpu"
    return "cpu"


def usable_device(name: str) -> torch.device:
    """The device of a name, after something was computed on it.

    Raises:
        GidError: when there is no such device here.
    """
    try:
        device = torch.device(name)
        torch.zeros(1, device=device).item()
    # Builds of torch without CUDA assert that there is none.
    except (RuntimeError, AssertionError, ImportError) as error:
        raise GidError(f"The device “{name}” cannot be used here.", "Choose cpu.") from error
    return device


def describe_device(device: str) -> dict[str, Any]:
    """The fields of the device event: torch, device, name, memory_total, memory_free (bytes, or None)."""
    kind = torch.device(device).type
    if kind == "cuda":
        name = torch.cuda.get_device_name(torch.device(device))
    elif kind == "xpu":
        name = torch.xpu.get_device_name(torch.device(device))
    elif kind == "mps":
        name = f"Apple GPU ({platform.machine()})"
    else:
        name = f"CPU, {torch.get_num_threads()} threads"
    return {"torch": torch.__version__, "device": device, "name": name, **describe_memory(device)}


def describe_memory(device: str) -> dict[str, int | None]:
    """memory_total and memory_free of a device in bytes; None where it cannot be told."""
    kind = torch.device(device).type
    if kind == "cuda":
        free, total = torch.cuda.mem_get_info(torch.device(device))
        return {"memory_total": total, "memory_free": free}
    if kind == "mps":
        total = int(torch.mps.recommended_max_memory())
        return {"memory_total": total, "memory_free": total - int(torch.mps.driver_allocated_memory())}
    if kind == "xpu":
        try:
            free, total = torch.xpu.mem_get_info(torch.device(device))
        except RuntimeError:
            # Drivers of many of Intel's GPUs do not say what is free.
            total = int(torch.xpu.get_device_properties(torch.device(device)).total_memory)
            return {"memory_total": total, "memory_free": None}
        return {"memory_total": total, "memory_free": free}
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
