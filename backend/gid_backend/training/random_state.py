# SPDX-License-Identifier: GPL-3.0-or-later
"""The state of every generator of random numbers that a process has, as JSON values."""

from __future__ import annotations

import base64
import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch

__all__ = ["random_state", "restore_random_state", "undisturbed"]


def random_state(device: torch.device) -> dict[str, Any]:
    """Of Python, NumPy, and torch on the CPU and on `device`."""
    version, words, gauss = random.getstate()
    numpy = np.random.get_state(legacy=False)
    assert isinstance(numpy, dict)
    state = {
        "python": [version, list(words), gauss],
        "numpy": {**numpy, "state": {**numpy["state"], "key": numpy["state"]["key"].tolist()}},
        "torch": _text(torch.get_rng_state()),
    }
    if device.type != "cpu":
        state[device.type] = _text(torch.get_device_module(device).get_rng_state())
    return state


def restore_random_state(state: dict[str, Any], device: torch.device) -> None:
    """Back to what `random_state` returned; a device that had no part in it keeps its own state."""
    version, words, gauss = state["python"]
    random.setstate((version, tuple(words), gauss))
    numpy = state["numpy"]
    np.random.set_state({**numpy, "state": {**numpy["state"], "key": np.array(numpy["state"]["key"], np.uint32)}})
    torch.set_rng_state(_tensor(state["torch"]))
    if device.type in state:
        torch.get_device_module(device).set_rng_state(_tensor(state[device.type]))


@contextmanager
def undisturbed(device: torch.device) -> Iterator[None]:
    """Whatever random numbers are drawn inside, the code after the block draws as if they had not been."""
    state = random_state(device)
    try:
        yield
    finally:
        restore_random_state(state, device)


def _text(state: torch.Tensor) -> str:
    return base64.b64encode(state.cpu().numpy().tobytes()).decode()


def _tensor(text: str) -> torch.Tensor:
    return torch.frombuffer(bytearray(base64.b64decode(text)), dtype=torch.uint8)
