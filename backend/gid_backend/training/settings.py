# SPDX-License-Identifier: GPL-3.0-or-later
"""How a prior is trained: the table [training] of a configuration, and changes to it from the command line."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Annotated, Any, Literal

from pydantic import Field

from ..models.config import CONFIGURATIONS, TABLES, PriorConfig, configuration_file
from ..tables import ConfigurationError, as_dataclass, read_tables, refuse_unknown
from .budget import Clock

__all__ = ["TrainingSettings", "read_configuration"]

Positive = Annotated[int, Field(ge=1)]
NotNegative = Annotated[float, Field(ge=0)]
Rate = Annotated[float, Field(gt=0, le=1)]
Share = Annotated[float, Field(ge=0, le=1)]


@dataclass(frozen=True)
class TrainingSettings:
    """Budgets, batches and rates. Batches are of one process; budgets are of a whole stage over all sittings.

    Attributes:
        amplitude_minutes, autoencoder_minutes, denoiser_minutes: budgets; inf where only steps count.
        amplitude_steps, autoencoder_steps, denoiser_steps: further budgets; 0 where only minutes count.
        autoencoder_batch: pictures in a batch of the autoencoder, four bands of each.
        batch: pictures in a batch of the other stages, with all bands.
        amplitude_learning_rate, autoencoder_learning_rate, learning_rate: the highest of each stage.
        pairs: pictures with latents that are encoded once for the denoiser.
        accumulate: batches whose gradients make one step.
        ema_decay: of the moving average of the weights that is kept in the end, per step.
        loudness: pictures drawn in the end to measure the prior's loudness; see `measure_loudness`.
        condition_dropout: share of samples whose picture is withheld, for guidance.
        mixed_precision: "auto", "no" or "bf16"; auto is bf16 where the hardware computes in it.
        loop_share: of clips among the samples.
        windows: 1 trains on scenes whose motion repeats; more on windows out of motion that repeats only after so many
            periods, as filmed motion does, with its jump at the wrap.
        sheet_minutes: between sample sheets; 0 makes none.
        clock: "wall" or "processor"; what the minutes above are, see `TrainerOptions`.
    """

    amplitude_minutes: NotNegative = 10.0
    amplitude_steps: Annotated[int, Field(ge=0)] = 0
    amplitude_learning_rate: Rate = 1e-3
    autoencoder_minutes: NotNegative = 20.0
    autoencoder_steps: Annotated[int, Field(ge=0)] = 0
    autoencoder_batch: Positive = 8
    autoencoder_learning_rate: Rate = 1e-3
    denoiser_minutes: NotNegative = 60.0
    denoiser_steps: Annotated[int, Field(ge=0)] = 0
    pairs: Positive = 12_000
    batch: Positive = 16
    learning_rate: Rate = 7e-4
    accumulate: Positive = 1
    ema_decay: Annotated[float, Field(ge=0, lt=1)] = 0.998
    loudness: Positive = 48
    condition_dropout: Share = 0.1
    mixed_precision: Literal["auto", "no", "bf16"] = "auto"
    loop_share: Share = 0.3
    windows: Positive = 1
    sheet_minutes: NotNegative = 10.0
    clock: Clock = "wall"


def read_configuration(
    name: str, changes: Sequence[str] = (), **overrides: Any
) -> tuple[PriorConfig, TrainingSettings]:
    """The model's sizes and the training's settings.

    Args:
        name: of a configuration that comes with the package, or a TOML file with [model] and [training].
        changes: "setting=value" of either table, values as in TOML; they come before what the file says.
        overrides: settings of the training, None where the file decides; they come before all.

    Raises:
        ConfigurationError: when the file cannot be read, or a setting does not exist or does not fit.
    """
    path = configuration_file(name)
    if not path.is_file():
        raise ConfigurationError(
            f"There is no configuration “{name}”; give a TOML file or one of {', '.join(CONFIGURATIONS)}."
        )
    tables = read_tables(path, TABLES)
    settings = {
        table: [field.name for field in fields(cls)]
        for table, cls in zip(TABLES, (PriorConfig, TrainingSettings), strict=True)
    }
    for change in changes:
        key, equals, value = (part.strip() for part in change.partition("="))
        if not equals:
            raise ConfigurationError(f"“{change}” is no setting=value.")
        refuse_unknown([key], settings["model"] + settings["training"], f"“{path}”")
        tables["model" if key in settings["model"] else "training"][key] = _value(value)
    tables["training"] |= {key: value for key, value in overrides.items() if value is not None}
    config = as_dataclass(PriorConfig, tables["model"], f"[model] in “{path}”")
    return config, as_dataclass(TrainingSettings, tables["training"], f"[training] in “{path}”")


def _value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        # Words need no quotes on a command line.
        return text
