# SPDX-License-Identifier: GPL-3.0-or-later
"""How a motion is drawn: every setting of a prediction with its unit, range and default, from the shell to the sampler.

Imports nothing heavy: the command line and the worker know these before torch is loaded.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from .errors import GidError

__all__ = [
    "DEFAULTS",
    "LARGEST_GUIDANCE",
    "LARGEST_LOOP_GUIDANCE",
    "LARGEST_SEED",
    "LARGEST_STRENGTH",
    "MOST_STEPS",
    "PredictionSettings",
    "SettingsError",
    "Solver",
]

MOST_STEPS = 1000
LARGEST_GUIDANCE = 20.0
LARGEST_LOOP_GUIDANCE = 1000.0
LARGEST_SEED = (1 << 64) - 1  # torch takes no more
LARGEST_STRENGTH = 0.1  # of the picture's width

Solver = Literal["multistep", "ddim"]


class SettingsError(GidError, ValueError):
    """A setting of a prediction is out of range."""

    code = "bad_request"


@dataclass(frozen=True)
class PredictionSettings:
    """What a prediction can be told, besides the picture, its mask and the seed.

    Attributes:
        steps: of the solver, 1 to 1000; more is slower and a little finer.
        guidance: w of classifier-free guidance (paper §6), 0 to 20: how closely the motion keeps to this picture.
        loop_guidance: u of motion self-guidance (paper eq. 5), 0 to 1000. The loop is seamless without it, since
            harmonics are periodic and the prior learned from periodic motion; it makes the wrap calmer still, at triple
            cost.
        solver: "multistep" (DPM-Solver++) or "ddim".
        strength: mean swing of what moves (`mean_swing`) that is asked for, in fractions of the picture's width, above
            0 and at most 0.1: 0.002 is a breeze, 0.006 a strong wind; None leaves it to the picture.

    Raises:
        SettingsError: a ValueError, when one is out of range.
    """

    steps: int = 20
    guidance: float = 0.75
    loop_guidance: float = 0.0
    solver: Solver = "multistep"
    strength: float | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.steps <= MOST_STEPS:
            raise SettingsError(f"The number of steps must be 1 to {MOST_STEPS}, not {self.steps}.")
        if not 0.0 <= self.guidance <= LARGEST_GUIDANCE:
            raise SettingsError(f"The guidance must be 0 to {LARGEST_GUIDANCE:g}, not {self.guidance}.")
        if not 0.0 <= self.loop_guidance <= LARGEST_LOOP_GUIDANCE:
            raise SettingsError(f"The loop guidance must be 0 to {LARGEST_LOOP_GUIDANCE:g}, not {self.loop_guidance}.")
        if self.solver not in get_args(Solver):
            raise SettingsError(f"There is no solver “{self.solver}”; choose one of {', '.join(get_args(Solver))}.")
        if self.strength is not None and not 0.0 < self.strength <= LARGEST_STRENGTH:
            raise SettingsError(
                f"The strength must be above 0 and at most {LARGEST_STRENGTH} of the width, not {self.strength}."
            )

    def as_dict(self) -> dict[str, Any]:
        """All that says how a motion was drawn, as JSON can hold it; what is left to the picture is left out."""
        return {name: value for name, value in asdict(self).items() if value is not None}


DEFAULTS = PredictionSettings()
