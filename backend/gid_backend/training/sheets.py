# SPDX-License-Identifier: GPL-3.0-or-later
"""Contact sheets while a prior trains: picture, where it moves, and where the prior says that it moves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import torch

from gid_blender.motion import SpectralVolume

from ..atomic import replacing
from ..models.config import PriorConfig
from ..models.prior import MotionPrior
from ..predictor import MotionPredictor
from ..synth.motion import spectral_volume
from ..synth.scene import Scene
from .data import Loop
from .loop import Trainer

__all__ = ["Example", "SampleSheet", "examples_of"]

HEIGHT, GAP, LABEL = 144, 6, 18
STEPS = 6
Picture = npt.NDArray[np.uint8]
Map = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Example:
    """A row of the sheet.

    Attributes:
        name: what it shows.
        image: (H, W, 3) uint8.
        strength: (h, w), root-mean-square swing of the reference in fractions of the width.
    """

    name: str
    image: Picture
    strength: Map


def examples_of(loops: Sequence[Loop], scenes: Sequence[Scene], config: PriorConfig, count: int = 4) -> list[Example]:
    """The first `count` clips, and as many scenes from all over the set, each with one wind that stays the same."""
    chosen = [Example(loop.name, loop.image, _strength(loop.spectrum, config)) for loop in loops[:count]]
    # Scenes lie sorted by family.
    for number in sorted({round(n) for n in np.linspace(0, len(scenes) - 1, count)} if scenes else ()):
        scene = scenes[number]
        rows, columns = scene.part_index.shape
        spectrum = spectral_volume(
            scene,
            np.random.default_rng(number),
            height=rows,
            width=columns,
            bands=config.bands,
            frames=config.frames,
            fps=config.fps,
        )
        chosen.append(Example(f"{scene.family} {scene.seed}", scene.image, _strength(spectrum, config)))
    return chosen


class SampleSheet:
    """Draws a sheet with the averaged weights of a denoiser that is training; to be called by its `Trainer`.

    Args:
        prior: whose denoiser is trained.
        examples: one a row.
        folder: for `<run>-<step>.jpg`.
    """

    def __init__(self, prior: MotionPrior, examples: Sequence[Example], folder: Path) -> None:
        self.prior, self.examples, self.folder = prior, examples, folder

    def __call__(self, trainer: Trainer) -> None:
        """Write the sheet of this step.

        Raises:
            OutputError: when it cannot be written.
        """
        with _averaged(trainer):
            predictor = MotionPredictor(self.prior, "training", "", self.prior.latent_mean.device)
            sheet = np.concatenate([_row(example, _predicted(predictor, example)) for example in self.examples])
        with replacing(self.folder / f"{trainer.name}-{trainer.step:07d}.jpg") as temporary:
            temporary.write_bytes(cv2.imencode(".jpg", sheet[..., ::-1])[1].tobytes())
        trainer.journal.picture(trainer.step, "samples", sheet)


@contextmanager
def _averaged(trainer: Trainer) -> Iterator[None]:
    """The averaged weights in the place of those that are training."""
    own = {name: value.clone() for name, value in trainer.module.state_dict().items()}
    was_training = trainer.module.training
    trainer.module.load_state_dict(trainer.averaged())
    trainer.module.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        trainer.module.load_state_dict(own)
        trainer.module.train(was_training)


def _predicted(predictor: MotionPredictor, example: Example) -> Map:
    return np.asarray(predictor.predict(example.image, seed=0, steps=STEPS).amplitude(), np.float32)


def _strength(spectrum: npt.NDArray[np.complex64], config: PriorConfig) -> Map:
    return np.asarray(SpectralVolume(spectrum, fps=config.fps, frames=config.frames).amplitude(), np.float32)


def _row(example: Example, predicted: Map) -> Picture:
    height, width = example.image.shape[:2]
    columns = round(HEIGHT * width / height)
    # One scale for both maps, or "too little" would look like "right".
    most = max(float(np.quantile(example.strength, 0.99)), 1e-5)
    tiles = [cv2.resize(example.image, (columns, HEIGHT), interpolation=cv2.INTER_AREA)]
    for strength in (example.strength, predicted):
        grey = np.asarray(np.clip(strength / most, 0.0, 1.0) * 255.0, np.uint8)
        colour = cv2.applyColorMap(cv2.resize(grey, (columns, HEIGHT)), cv2.COLORMAP_INFERNO)
        tiles.append(colour[..., ::-1])
    # Rows of one width, whatever the pictures' aspects.
    row = np.full((HEIGHT + LABEL + GAP, 3 * (2 * HEIGHT + GAP), 3), 255, np.uint8)
    for place, tile in enumerate(tiles):
        tile = tile if columns <= 2 * HEIGHT else cv2.resize(tile, (2 * HEIGHT, HEIGHT))
        left = place * (2 * HEIGHT + GAP)
        row[LABEL : LABEL + HEIGHT, left : left + tile.shape[1]] = tile
    ratio = float(predicted.mean()) / max(float(example.strength.mean()), 1e-9)
    texts = (example.name, f"reference, white = {most:.2%} of the width", f"predicted, mean x {ratio:.2f}")
    for place, text in enumerate(texts):
        at = (place * (2 * HEIGHT + GAP) + 2, LABEL - 5)
        cv2.putText(row, text, at, cv2.FONT_HERSHEY_SIMPLEX, 0.42, (0, 0, 0), 1, cv2.LINE_AA)
    return row
