# SPDX-License-Identifier: GPL-3.0-or-later
"""What is measured: our renderer with and without its network, and the baselines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...model_info import sha256_of
from ...renderer import MotionRenderer, RenderSettings
from ...rendering.network import WEIGHTS, RepairNetwork
from ..candidates import fingerprint_of
from ..splits import EvaluationError
from .baselines import BASELINES, Way
from .metrics import Field, Picture

__all__ = ["NETWORK", "PLAIN", "Candidate", "candidates"]

PLAIN, NETWORK = "ours, no network", "ours"
# Modules of rendering/ that no frame of a candidate depends on.
UNSEEN = ("frame_pair", "pair_files", "passes")
PACKAGE = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Candidate:
    """A way to make frames.

    Attributes:
        name: in the tables.
        key: what its frames depend on, besides what it is given; results are kept under it.
        way: makes a frame of (source, flow in pixels, strength in pixels).
        weights: sha256 of its network's weights, or "".
    """

    name: str
    key: str
    way: Way
    weights: str = ""


def candidates(
    names: Sequence[str] | None = None, device: str | None = None, weights: Path | None = None
) -> list[Candidate]:
    """All there are, or those of some names, in the order of the tables.

    Args:
        names: None for all.
        device: of our renderer, as torch names it; None takes the fastest.
        weights: of the network; None takes the shipped ones, and leaves it out where there are none.

    Raises:
        EvaluationError: for a name that there is not.
        WeightsError: when the weights cannot be used.
        GidError: when there is no such device.
    """
    modules = _files("evaluation/rendering", "baselines", "mesh") + _files("rendering", "splatting", "splatting_torch")
    code = fingerprint_of(modules)
    known = {name: Candidate(name, f"{name}-{code}", way) for name, way in BASELINES.items()}
    known |= {candidate.name: candidate for candidate in _ours(device, weights)}
    unknown = next((name for name in names or () if name not in known), None)
    if unknown is not None:
        raise EvaluationError(f"There is no candidate “{unknown}”.", f"Choose from {', '.join(known)}.")
    return [candidate for name, candidate in known.items() if names is None or name in names]


def _ours(device: str | None, weights: Path | None) -> list[Candidate]:
    modules = [PACKAGE / "renderer.py", *sorted((PACKAGE / "rendering").glob("*.py"))]
    code = fingerprint_of([path for path in modules if path.stem not in UNSEEN])
    plain = MotionRenderer.load(device, RenderSettings(repair=False))
    found = [Candidate(PLAIN, f"{PLAIN}-{code}", _way(plain))]
    if weights is None and not WEIGHTS.is_file():
        return found
    network = RepairNetwork.load(weights or WEIGHTS, plain.device)
    sha256 = sha256_of(weights or WEIGHTS)
    way = _way(MotionRenderer(plain.device, RenderSettings(), network))
    return [*found, Candidate(NETWORK, f"{NETWORK}-{code}-{sha256}", way, sha256)]


def _way(renderer: MotionRenderer) -> Way:
    def way(source: Picture, flow: Field, strength: Field) -> Picture:
        frame = renderer.render(source, flow / np.float32(source.shape[1]), strength)
        return np.asarray(frame, np.uint8)

    return way


def _files(folder: str, *names: str) -> list[Path]:
    return [PACKAGE / folder / f"{name}.py" for name in names]
