# SPDX-License-Identifier: GPL-3.0-or-later
"""Forward splatting: every pixel hands its features to the four pixels around the place it moves to.

Where several pixels meet, their features are averaged with weights:

    out(y) = Σ_p b(y - p - f(p)) · w(p) · features(p) / Σ_p b(y - p - f(p)) · w(p)

with b the bilinear (tent) kernel and w = 1 (average), the importance itself (linear), or exp(temperature · importance)
(softmax), which lets the important pixel cover the other one as if it were in front; the higher the temperature,
the more it is a z-buffer. Differentiable in features, flow and importance, on any device. CUDA tensors go through
the kernels of `splatting_triton` where Triton can be imported, everything else through `splatting_torch`.
"""

from __future__ import annotations

import functools
import importlib.util
import math
from collections.abc import Sequence
from types import ModuleType
from typing import Literal, overload

import torch

from . import splatting_torch

__all__ = ["TEMPERATURE", "Backend", "Mode", "accumulate", "splat"]

Mode = Literal["average", "linear", "softmax"]
Backend = Literal["auto", "torch", "triton"]

# Measured (docs/rendering.md), for an importance in units of its root mean square over the picture.
TEMPERATURE = 6.0
# Weights of a picture that lie further apart than exp(this), with tiny shares on top, would vanish in their precision.
SPAN = {torch.float32: 60.0, torch.float64: 600.0}


def accumulate(
    features: torch.Tensor,
    flow: torch.Tensor,
    origin: tuple[int, int],
    size: tuple[int, int],
    *,
    level: torch.Tensor | None = None,
    deterministic: bool | None = None,
    backend: Backend = "auto",
) -> torch.Tensor:
    """Σ_p b(y - p - flow(p)) · features(p) for each target pixel y; what falls outside is lost.

    With a level, each term is weighed by exp(level(p) - the highest level that comes to y).

    Args:
        features: (B, C, H, W).
        flow: (B, 2, H, W) in pixels, x right and y down; finite.
        origin: (row, column) of the target in the coordinates of the source.
        size: (rows, columns) of the target.
        level: (B, 1, H, W), of any range; costs another pass.
        deterministic: the same bits in every run, at some cost on a GPU, where sums are else taken in the order in
            which its threads happen to come. None: as `torch.use_deterministic_algorithms` has it.
        backend: what computes it. "auto" is Triton for CUDA tensors where it is installed, else torch.

    Returns:
        (B, C, rows, columns).

    Raises:
        ValueError: when the shapes do not fit each other, or Triton is asked for and is not there.
    """
    _check(features, flow, level)
    return _sum(features, flow, level, origin, size, deterministic, backend)


@overload
def splat(
    features: torch.Tensor,
    flow: torch.Tensor,
    importance: torch.Tensor | None = None,
    *,
    mode: Mode = "softmax",
    temperature: float = TEMPERATURE,
    deterministic: bool | None = None,
    backend: Backend = "auto",
) -> tuple[torch.Tensor, torch.Tensor]: ...
@overload
def splat(
    features: Sequence[torch.Tensor],
    flow: torch.Tensor,
    importance: torch.Tensor | None = None,
    *,
    mode: Mode = "softmax",
    temperature: float = TEMPERATURE,
    deterministic: bool | None = None,
    backend: Backend = "auto",
) -> tuple[tuple[torch.Tensor, ...], torch.Tensor]: ...
def splat(
    features: torch.Tensor | Sequence[torch.Tensor],
    flow: torch.Tensor,
    importance: torch.Tensor | None = None,
    *,
    mode: Mode = "softmax",
    temperature: float = TEMPERATURE,
    deterministic: bool | None = None,
    backend: Backend = "auto",
) -> tuple[torch.Tensor | tuple[torch.Tensor, ...], torch.Tensor]:
    """Move features along a flow; where several pixels meet, weigh them.

    Args:
        features: (B, C, H, W), or several such maps of any numbers of channels, which are moved in one pass.
        flow: (B, 2, H, W) in pixels, x right and y down; finite.
        importance: (B, 1, H, W), any range for softmax, not negative for linear, unused for average. Without it,
            all weigh the same.
        mode: how importance becomes weight.
        temperature: of softmax, for which weight is exp(temperature · importance). 0 averages; towards infinity
            only the most important of those that meet is seen.
        deterministic: see `accumulate`.
        backend: see `accumulate`.

    Returns:
        (B, C, H, W) features, or a tuple of them, zero where nothing landed, and (B, 1, H, W) coverage: how many
        pixels' worth of the source landed there, whatever their importance.

    Raises:
        ValueError: when the shapes do not fit each other, the temperature is negative or not finite, or Triton is
            asked for and is not there.
    """
    if not 0.0 <= temperature < math.inf:
        raise ValueError(f"A temperature is at least 0 and finite, not {temperature}.")
    maps = [features] if isinstance(features, torch.Tensor) else list(features)
    for one_map in maps:
        _check(one_map, flow, importance)
    joined = maps[0] if len(maps) == 1 else torch.cat(maps, dim=1)
    size = (joined.shape[2], joined.shape[3])
    one = torch.ones_like(flow[:, :1])
    level, weight = None, one
    if importance is not None and mode == "linear":
        weight = importance
    elif importance is not None and mode == "softmax":
        scaled = importance * temperature
        highest = scaled.detach().amax(dim=(2, 3), keepdim=True)
        lowest = scaled.detach().amin(dim=(2, 3), keepdim=True)
        if bool((highest - lowest <= SPAN.get(scaled.dtype, 0.0)).all()):
            # A common factor cancels; without this the exponential would overflow.
            weight = (scaled - highest).exp()
        else:
            level = scaled
    if level is None:
        total = _sum(torch.cat([joined * weight, weight, one], dim=1), flow, None, (0, 0), size, deterministic, backend)
        summed, weights, coverage = total[:, :-2], total[:, -2:-1], total[:, -1:]
    else:
        total = _sum(torch.cat([joined, one], dim=1), flow, level, (0, 0), size, deterministic, backend)
        summed, weights = total[:, :-1], total[:, -1:]
        coverage = _sum(one, flow, None, (0, 0), size, deterministic, backend)
    moved = summed / torch.where(weights > 0, weights, torch.ones_like(weights))
    if isinstance(features, torch.Tensor):
        return moved, coverage
    return moved.split([m.shape[1] for m in maps], dim=1), coverage


def _check(features: torch.Tensor, flow: torch.Tensor, importance: torch.Tensor | None = None) -> None:
    batch, _, height, width = features.shape
    if flow.shape != (batch, 2, height, width):
        raise ValueError(f"The flow of features {tuple(features.shape)} cannot have the shape {tuple(flow.shape)}.")
    if importance is not None and importance.shape != (batch, 1, height, width):
        raise ValueError(f"The importance has the shape {(batch, 1, height, width)}, not {tuple(importance.shape)}.")


def _sum(
    features: torch.Tensor,
    flow: torch.Tensor,
    level: torch.Tensor | None,
    origin: tuple[int, int],
    size: tuple[int, int],
    deterministic: bool | None,
    backend: Backend,
) -> torch.Tensor:
    """Σ_p b(y - p - flow(p)) · features(p), times exp(level(p) - the highest level that comes to y) where there is one.

    (B, C, rows, columns); `level` is (B, 1, H, W).
    """
    # Places need their digits: in half precision a picture 2000 wide would be splatted to every other pixel.
    dtype = torch.promote_types(torch.promote_types(features.dtype, flow.dtype), torch.float32)
    arguments = (features.to(dtype), flow.to(dtype), None if level is None else level.to(dtype), origin, size)
    if deterministic is None:
        deterministic = torch.are_deterministic_algorithms_enabled()
    if deterministic and backend == "auto":
        backend = "torch"
    kernels = _kernels() if backend == "triton" or (backend == "auto" and flow.is_cuda) else None
    if backend == "triton" and (kernels is None or dtype != torch.float32):
        raise ValueError("Splatting with Triton needs the package triton and single precision; choose backend=“torch”.")
    if kernels is not None and dtype == torch.float32:
        out: torch.Tensor = kernels.spread(*arguments)
    else:
        out = splatting_torch.spread(*arguments, deterministic=deterministic)
    return out.to(features.dtype)


@functools.cache
def _kernels() -> ModuleType | None:
    """The module with the Triton kernels, or None where Triton is missing or too broken to be imported."""
    if importlib.util.find_spec("triton") is None:
        return None
    try:
        from . import splatting_triton
    except ImportError:
        return None
    return splatting_triton
