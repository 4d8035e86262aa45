# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run consists of, as named tensors: the weights, their average, and the optimiser's moments."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from .checkpoints import Checkpoint, CheckpointError

if TYPE_CHECKING:
    from ..models.config import Configuration

__all__ = ["AVERAGE", "load_training_state", "refuse_other_configuration", "training_state"]

WEIGHTS, AVERAGE, OPTIMIZER = "weights.", "average.", "optimizer."


def training_state(module: nn.Module, average: AveragedModel, optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """Everything by name: "weights.*", "average.*" (a state dict of the module), "optimizer.<moment>.<parameter>"."""
    state = {WEIGHTS + name: value for name, value in module.state_dict().items()}
    state |= {AVERAGE + name: value for name, value in average.module.state_dict().items()}
    state[AVERAGE + "count"] = average.n_averaged
    names = _names(module)
    for number, moments in optimizer.state_dict()["state"].items():
        state |= {f"{OPTIMIZER}{moment}.{names[number]}": value for moment, value in moments.items()}
    return state


def load_training_state(
    found: Checkpoint, module: nn.Module, average: AveragedModel, optimizer: torch.optim.Optimizer
) -> None:
    """Put back what `training_state` gave.

    Raises:
        CheckpointError: when a tensor is missing or has another shape.
    """
    tensors = dict(found.tensors)
    try:
        average.n_averaged.copy_(tensors.pop(AVERAGE + "count"))
        module.load_state_dict(_part(tensors, WEIGHTS))
        average.module.load_state_dict(_part(tensors, AVERAGE))
        parameters = dict(module.named_parameters())
        state: dict[int, dict[str, Tensor]] = {}
        moments = _part(tensors, OPTIMIZER)
        for number, name in enumerate(_names(module)):
            own = {key.partition(".")[0]: value for key, value in moments.items() if key.partition(".")[2] == name}
            state[number] = {key: _like(value, parameters[name]) for key, value in own.items()}
        known = optimizer.state_dict()
        # A parameter that has never had a gradient has no moments.
        optimizer.load_state_dict({**known, "state": {number: own for number, own in state.items() if own}})
    except (RuntimeError, KeyError) as error:
        reason = " ".join(str(error).split())
        raise CheckpointError(
            f"“{found.folder}” does not fit the network of this run ({reason[:200]}).", "Choose another --work folder."
        ) from error


def refuse_other_configuration(place: Path, written: dict[str, Any] | None, wanted: Configuration) -> None:
    """Raise CheckpointError when something was written for a network of other sizes; a mere name may differ.

    Args:
        place: where it was found, for the message.
        written: `to_json` of the configuration it was written for; settings that it lacks had their defaults.
        wanted: this run's.
    """
    ours = wanted.to_json()
    theirs = {**type(wanted)().to_json(), **(written or {})}
    other = [key for key in {**ours, **theirs} if key != "name" and ours.get(key) != theirs.get(key)]
    if not other:
        return

    def told(values: dict[str, Any]) -> str:
        return f"{values['name']} ({', '.join(f'{key} {values.get(key)}' for key in other)})"

    raise CheckpointError(
        f"“{place}” was written for configuration {told(theirs)}, this run is {told(ours)}.",
        "Choose another --work folder.",
    )


def _names(module: nn.Module) -> list[str]:
    """Of the parameters that are trained, in the optimiser's order."""
    return [name for name, parameter in module.named_parameters() if parameter.requires_grad]


def _part(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}


def _like(value: Tensor, parameter: Tensor) -> Tensor:
    """In the parameter's memory layout: another one sums in another order, and the last bits would differ."""
    if value.shape != parameter.shape:
        return value
    return torch.empty_like(parameter, dtype=value.dtype).copy_(value)
