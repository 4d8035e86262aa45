# SPDX-License-Identifier: GPL-3.0-or-later
"""How many frames of a picture are made in one go.

A frame is some 470 small steps (303 without the network). On a GPU each of them costs Python some microseconds to ask
for, whatever the size of the picture: for a small one it waits more than it computes. Frames that are made together are
asked for together. A processor gains too little to give up that a frame is the same to the bit whatever it is made with
(docs/rendering.md).
"""

from __future__ import annotations

import torch

from ..device import describe_memory

__all__ = ["at_once"]

# Beyond, the asking no longer counts.
MOST = 16
# Pixels of all of them together: a full HD picture keeps a GPU busy by itself.
PIXELS = 3 << 20
# That are held for each pixel of each frame, measured on the processor.
BYTES, BYTES_WITH_REPAIR = 310, 770
# Of the device's memory; the rest is the picture's, the network's and other programs'.
SHARE = 0.25


def at_once(device: torch.device, pixels: int, *, repair: bool) -> int:
    """1 to `MOST` frames of so many pixels each, as many as the device's memory is fit for; 1 on a processor.

    Args:
        device: that makes them.
        pixels: of the picture.
        repair: whether a network mends them.
    """
    if device.type == "cpu":
        return 1
    free = describe_memory(str(device))["memory_free"]
    held = pixels * (BYTES_WITH_REPAIR if repair else BYTES)
    fits = MOST if free is None else int(SHARE * free) // held
    return max(1, min(MOST, PIXELS // pixels, fits))
