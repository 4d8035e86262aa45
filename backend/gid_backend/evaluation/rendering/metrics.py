# SPDX-License-Identifier: GPL-3.0-or-later
"""How far one picture is from another: place by place, so that any region can be averaged over."""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt
import torch

from ...training.encoder import frozen_encoder

__all__ = ["FeatureDistance", "Features", "Field", "Picture", "psnr", "squared_error", "ssim"]

Picture = npt.NDArray[np.uint8]
Field = npt.NDArray[np.float32]
Features = list[torch.Tensor]

# Rounding to whole numbers alone has this mean squared error: what is nearer cannot be told from what is equal.
ROUNDING = 1.0 / 12.0


def squared_error(a: Picture, b: Picture) -> Field:
    """(H, W) squared difference in 8-bit levels, mean over the channels of (H, W, C) uint8."""
    difference = a.astype(np.float32) - b.astype(np.float32)
    return np.asarray((difference**2).mean(axis=2), np.float32)


def psnr(mean_squared_error: float) -> float:
    """Peak signal-to-noise ratio in dB of 8-bit pictures, at most 58.9: that of rounding.

    Example:
        >>> round(psnr(255.0**2 / 1000), 6)
        30.0
    """
    return 10.0 * math.log10(255.0**2 / max(mean_squared_error, ROUNDING))


def ssim(a: Picture, b: Picture) -> Field:
    """(H, W) structural similarity (Wang et al. 2004, eq. 13), mean over the channels of (H, W, C) uint8.

    With the paper's constants: a Gaussian window of 11×11 pixels with σ = 1.5, K₁ = 0.01, K₂ = 0.03, L = 255; pictures
    are mirrored at their borders.
    """
    x, y = a.astype(np.float64), b.astype(np.float64)

    def mean(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return np.asarray(cv2.GaussianBlur(values, (11, 11), 1.5, borderType=cv2.BORDER_REFLECT), np.float64)

    mx, my = mean(x), mean(y)
    vx, vy, covariance = mean(x * x) - mx * mx, mean(y * y) - my * my, mean(x * y) - mx * my
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    luminance = (2 * mx * my + c1) / (mx * mx + my * my + c1)
    structure = (2 * covariance + c2) / (vx + vy + c2)
    return np.asarray((luminance * structure).mean(axis=2), np.float32)


class FeatureDistance:
    """Squared distance between unit feature vectors of EfficientNet-Lite0 (ImageNet) at strides 2, 4, 8, 16 and 32.

    Built like LPIPS without its learned weights, on another network: it compares with itself, not with published LPIPS.

    Raises:
        WeightsError: when the package with the network's weights is not installed.
    """

    def __init__(self, device: torch.device | str = "cpu") -> None:
        self.device = torch.device(device)
        self.encoder = frozen_encoder().to(self.device)

    @torch.no_grad()
    def features(self, picture: Picture) -> Features:
        """(C_i, h_i, w_i) of each stage, every place's vector of length 1, of (H, W, 3) uint8 sRGB."""
        pixels = torch.from_numpy(picture).to(self.device).permute(2, 0, 1)[None].float() / 255.0
        stages = self.encoder(pixels)
        return [torch.nn.functional.normalize(stage[0], dim=0).cpu() for stage in stages]

    @staticmethod
    def between(a: Features, b: Features, regions: Sequence[npt.NDArray[np.bool_]]) -> list[float]:
        """Mean over the places of each (H, W) region, then over the stages; 0 … 4, NaN for a region without places.

        A cell of a stage counts as much of it as lies in the region. Its vector knows some of its surroundings, too.
        """
        totals = [0.0] * len(regions)
        for x, y in zip(a, b, strict=True):
            distance = (x - y).square().sum(dim=0).numpy()
            for index, region in enumerate(regions):
                size = (distance.shape[1], distance.shape[0])
                share = cv2.resize(region.astype(np.float32), size, interpolation=cv2.INTER_AREA)
                weight = float(share.sum())
                totals[index] += float((distance * share).sum()) / weight if weight > 0 else math.nan
        return [total / len(a) for total in totals]

    @staticmethod
    def drift(a: Features, b: Features) -> float:
        """Squared distance between the mean unit vectors of two pictures, mean over the stages.

        It does not ask where anything is, only whether there is as much of everything.
        """
        means = [(x.mean(dim=(1, 2)) - y.mean(dim=(1, 2))).square().sum() for x, y in zip(a, b, strict=True)]
        return float(sum(float(m) for m in means) / len(means))
