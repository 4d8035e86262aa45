# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of weights: half-precision safetensors with the network's configuration in the header."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import nn

from ..atomic import replacing
from ..errors import WeightsError
from .config import Configuration

__all__ = ["read_network", "write_network"]

Network = TypeVar("Network", bound=nn.Module)


def write_network(path: Path, network: nn.Module, config: Configuration, notes: Mapping[str, Any], format: str) -> None:
    """Write the weights of a network, whole or not at all.

    Args:
        path: of the file.
        network: whose state dict is written; what has “scale” in its name keeps single precision.
        config: of the network.
        notes: plain JSON values for the header.
        format: name of the format.

    Raises:
        OutputError: when it cannot be written.
    """
    # Band scales reach below what half precision can hold.
    tensors = {
        name: value.detach().cpu().contiguous().to(torch.float32 if "scale" in name else torch.float16)
        for name, value in network.state_dict().items()
    }
    metadata = {"format": format, "config": json.dumps(config.to_json()), "notes": json.dumps(notes)}
    with replacing(path) as partial:
        save_file(tensors, partial, metadata)


def read_network(path: Path, network: type[Network], config: type[Configuration], format: str, what: str) -> Network:
    """Build a network as a file of weights says, and fill it.

    Args:
        path: of the file.
        network: made from a configuration.
        config: its configuration.
        format: that the file must have.
        what: the weights are of, for messages: “a motion prior”.

    Raises:
        WeightsError: when the file is missing, damaged, or of another format.
    """
    if not os.path.isfile(path):
        raise WeightsError(
            f"The model weights “{path.name}” are missing.",
            "Name a file that is there; the worker's own come with its package.",
        )
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            if metadata.get("format") != format:
                raise WeightsError(
                    f"“{path.name}” holds no weights of {what} of format {format}.",
                    "Choose weights written by this version.",
                )
            made = network(config.from_json(json.loads(metadata["config"])))
            made.load_state_dict({name: file.get_tensor(name).float() for name in file.keys()})
    except (SafetensorError, KeyError, TypeError, ValueError, RuntimeError, OSError) as error:
        raise WeightsError(
            f"The model weights “{path.name}” are damaged ({str(error).splitlines()[0]}).",
            "Install the worker again to get them back.",
        ) from error
    # One check of everything: hundreds of small ones each wait for the threads of a busy machine.
    if not torch.cat([value.flatten() for value in made.state_dict().values()]).isfinite().all():
        raise WeightsError(
            f"The model weights “{path.name}” hold values that are not finite.",
            "Install the worker again to get them back.",
        )
    return made.eval().requires_grad_(False)
