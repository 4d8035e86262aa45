# SPDX-License-Identifier: GPL-3.0-or-later
"""Splats the same things with Triton and with torch and prints how far they are apart, as one JSON object.

Run by test_splatting_triton.py in a process of its own: `python -m tests.backend.rendering.triton_cases cpu|cuda`.
"""

from __future__ import annotations

import json
import sys

import torch

from gid_backend.rendering import splatting, splatting_torch, splatting_triton

# Not a multiple of any block; more than one block of 256 pixels.
SIZE = (19, 33)


def scene(seed: int, device: str, reach: float, batch: int = 2, channels: int = 3) -> list[torch.Tensor]:
    g = torch.Generator().manual_seed(seed)
    features = torch.rand(batch, channels, *SIZE, generator=g)
    flow = (torch.rand(batch, 2, *SIZE, generator=g) - 0.5) * 2 * reach
    # Part of it moves by whole pixels, where shares are exactly 0 and 1.
    flow[:, :, :8] = flow[:, :, :8].round()
    level = torch.rand(batch, 1, *SIZE, generator=g) * 6
    return [t.to(device) for t in (features, flow, level)]


def both(inputs: list[torch.Tensor | None], origin: tuple[int, int], size: tuple[int, int]) -> dict[str, float]:
    """Largest differences of the sums and of each derivative."""
    results = []
    for way in (splatting_triton.spread, splatting_torch.spread):
        fresh = [None if t is None else t.clone().requires_grad_() for t in inputs]
        out = way(*fresh, origin, size)
        towards = torch.linspace(-1, 1, out.numel(), device=out.device).view(out.shape)
        (out * towards).sum().backward()
        results.append([out.detach()] + [t.grad for t in fresh if t is not None])
    names = ["sum", "features", "flow", "level"]
    return {n: float((a - b).abs().max()) for n, a, b in zip(names, *results, strict=False)}


def main(device: str) -> int:
    plain, cover = {}, {}
    for seed, (reach, origin, size) in enumerate(
        [(0.0, (0, 0), SIZE), (40.0, (0, 0), SIZE), (3.0, (5, -7), (9, 50)), (1e30, (0, 0), SIZE)]
    ):
        features, flow, level = scene(seed, device, reach)
        plain[f"reach {reach:g} origin {origin}"] = both([features, flow, None], origin, size)
        if reach < 1e30:
            cover[f"reach {reach:g} origin {origin}"] = both([features, flow, level], origin, size)
    features, flow, level = scene(9, device, 3.0)
    splats = {}
    for mode, temperature in (("average", 1.0), ("linear", 1.0), ("softmax", 6.0), ("softmax", 1e6)):
        kernels, reference = (
            splatting.splat(features, flow, level + 0.1, mode=mode, temperature=temperature, backend=backend)
            for backend in ("triton", "torch")
        )
        splats[f"{mode} {temperature:g}"] = {
            # Divided by: where only a crumb of a share landed, its rounding error is as large as itself.
            "features": float(((kernels[0] - reference[0]) * reference[1].clamp(max=1)).abs().max()),
            "coverage": float((kernels[1] - reference[1]).abs().max()),
        }
    still = torch.equal(splatting.splat(features, flow * 0, backend="triton")[0], features)
    chosen = splatting._kernels() is splatting_triton
    print(json.dumps({"plain": plain, "cover": cover, "splats": splats, "still": still, "chosen": chosen}))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
