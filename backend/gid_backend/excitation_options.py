# SPDX-License-Identifier: GPL-3.0-or-later
"""Excitations as they are typed: X,Y,DX,DY@FROM-TO, in pixels of the picture and frames of the sequence."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import typer

from gid_blender.motion import Curve, Force, Poke, Pull

from .errors import GidError

__all__ = ["Timeline", "UnusableInput", "during", "load", "parsed", "poke", "pull"]

_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_TEXT = re.compile(rf"({_NUMBER}(?:,{_NUMBER})*)(?:@({_NUMBER})(?:-({_NUMBER}))?)?")
# A hand takes half a second to draw a thing aside, a load a quarter to come down, when nobody says otherwise.
_DRAWN = 0.5
LANDING = 0.25


class UnusableInput(GidError):
    """What is asked for does not fit the picture, its motion or the timeline."""

    code = "bad_request"


@dataclass(frozen=True)
class Timeline:
    """Frames of a picture that are to be simulated.

    Attributes:
        width, height: of the picture in pixels.
        frames: how many; the first is frame 1.
        fps: frames per second.
        speed: seconds of the motion for each second of the film.
        pre_roll: frames before the first one that count.
    """

    width: int
    height: int
    frames: int
    fps: float
    speed: float
    pre_roll: int

    def seconds(self, frame: npt.ArrayLike) -> Any:
        """When a frame is, on the clock of the motion."""
        return (np.asarray(frame, np.float64) - 1) / self.fps * self.speed

    def widths(self, *pixels: float) -> tuple[float, float]:
        """Pixels as picture widths."""
        x, y = pixels
        return x / self.width, y / self.width

    def spot(self, text: str, x: float, y: float) -> tuple[float, float]:
        """A point on the picture."""
        if not (0 <= x <= self.width and 0 <= y <= self.height):
            raise UnusableInput(
                f"The point {x:g},{y:g} of “{text}” is outside the picture of {self.width}×{self.height} pixels.",
                "Pixels count from the top left corner.",
            )
        return self.widths(x, y)

    def frame(self, text: str, frame: float, *, last: bool = True) -> float:
        """A frame that is there."""
        first = 1 - self.pre_roll
        if frame < first:
            raise UnusableInput(
                f"Frame {frame:g} of “{text}” is before the start, frame {first}.",
                f"Choose a later one, or simulate {first - frame:g} frames more before the first: --pre-roll.",
            )
        if last and frame > self.frames:
            raise UnusableInput(
                f"Frame {frame:g} of “{text}” is after the last, {self.frames}.",
                "Choose one that is shown, or --frames.",
            )
        return frame


@dataclass(frozen=True)
class Words:
    """A text such as 10,20,3,4@5-6, taken apart."""

    text: str
    numbers: list[float]
    start: float | None
    end: float | None


def parsed(option_name: str, text: str, form: str, count: int) -> Words:
    match = _TEXT.fullmatch(text.replace(" ", ""))
    numbers = [float(part) for part in match[1].split(",")] if match else []
    if match is None or len(numbers) != count or not np.isfinite(numbers).all():
        raise typer.BadParameter(f"“{text}” is not of the form {form}.", param_hint=option_name)
    start, end = (None if part is None else float(part) for part in match.groups()[1:])
    if start is not None and end is not None and end < start:
        raise typer.BadParameter(f"“{text}” ends before it starts.", param_hint=option_name)
    return Words(text, numbers, start, end)


def pull(text: str, timeline: Timeline, reach: float) -> Pull:
    given = parsed("--pull", text, "X,Y,DX,DY@FRAME or X,Y,DX,DY@FROM-TO", 4)
    if given.start is None:
        raise typer.BadParameter(f"“{text}” does not say when: end it in @FRAME.", param_hint="--pull")
    x, y, *by = given.numbers
    if math.hypot(*by) > math.hypot(timeline.width, timeline.height):
        raise UnusableInput(f"“{text}” pulls farther than the picture is large.", "Its last two numbers are pixels.")
    if given.end is None:
        let_go = timeline.seconds(timeline.frame(text, given.start))
        taken = max(timeline.seconds(1 - timeline.pre_roll), let_go - _DRAWN)
    else:
        taken = timeline.seconds(timeline.frame(text, given.start))
        let_go = timeline.seconds(timeline.frame(text, given.end, last=False))
    path = Curve.drawn(taken, let_go, timeline.widths(*by), hold=0.2 * (let_go - taken))
    if taken == let_go:
        # Frame 1 shows it drawn aside already; so does the moment before, which motion blur looks at.
        path = Curve(np.array([taken - 1.0, let_go]), np.array([timeline.widths(*by)] * 2))
    return Pull(timeline.spot(text, x, y), path, reach)


def poke(text: str, timeline: Timeline, reach: float) -> Poke:
    given = parsed("--poke", text, "X,Y,VX,VY@FRAME", 4)
    if given.start is None or given.end is not None:
        raise typer.BadParameter(f"“{text}” takes place at one frame: end it in @FRAME.", param_hint="--poke")
    x, y, *speed = given.numbers
    time = float(timeline.seconds(timeline.frame(text, given.start)))
    return Poke(timeline.spot(text, x, y), timeline.widths(*speed), time, reach)


def load(text: str, timeline: Timeline, reach: float) -> Force:
    given = parsed("--load", text, "X,Y,DX,DY@FROM-TO", 4)
    x, y, *by = given.numbers
    return Force(timeline.spot(text, x, y), during(given, timeline, timeline.widths(*by)), reach)


def during(given: Words, timeline: Timeline, value: tuple[float, float]) -> Curve:
    """From a frame to another, or to the end, or always."""
    if given.start is None:
        return Curve.constant(value)
    start = float(timeline.seconds(timeline.frame(given.text, given.start)))
    end = np.inf if given.end is None else float(timeline.seconds(timeline.frame(given.text, given.end, last=False)))
    if np.isinf(end):
        return Curve.drawn(start, start + LANDING, value)
    return Curve.pulse(start, end, value, attack=LANDING, fade=LANDING)
