# SPDX-License-Identifier: GPL-3.0-or-later
"""Small loops in a panel: icons of Blender's previews, one for each frame, shown in turn."""

from __future__ import annotations

import bpy
import bpy.utils.previews
import numpy as np

from .. import motion, scene
from ..motion.thumbnail import shrunk, swaying

__all__ = ["Thumbnails"]

SIDE = 128
# A loop of 5 s; more frames take memory, fewer do not look like motion.
FRAMES = 20
RATE = 6.0


class Thumbnails:
    """The loops of all variations.

    Attributes:
        frame: that is shown now.
    """

    def __init__(self) -> None:
        self.frame = 0
        self._icons: list[list[int]] = []
        # Blender knows a timer by its function, and a bound method is another one each time it is asked for.
        self._timer = self._turn
        self._previews: bpy.utils.previews.ImagePreviewCollection | None = None

    def add(self, pixels: scene.Pixels, volume: motion.SpectralVolume) -> None:
        """Make the loop of another motion."""
        if self._previews is None:
            self._previews = bpy.utils.previews.new()
        small = _shown(shrunk(pixels.straight, SIDE), linear=pixels.linear)
        icons = []
        for index, frame in enumerate(swaying(small, volume, FRAMES)):
            preview = self._previews.new(f"{len(self._icons)}-{index}")
            preview.image_size = (frame.shape[1], frame.shape[0])
            # Blender's rows begin at the bottom.
            preview.image_pixels_float.foreach_set(np.ascontiguousarray(frame[::-1]).ravel())
            icons.append(preview.icon_id)
        self._icons.append(icons)
        if not bpy.app.background:
            self.start()

    def start(self) -> None:
        """Show one frame after the other, until all loops are thrown away."""
        if not bpy.app.timers.is_registered(self._timer):
            bpy.app.timers.register(self._timer, first_interval=1 / RATE, persistent=True)

    def icon(self, number: int) -> int:
        """What is to be drawn now of a loop."""
        return self._icons[number][self.frame]

    def clear(self) -> None:
        """Throw all of them away."""
        self._icons.clear()
        self.frame = 0
        if self._previews is not None:
            self._previews.clear()

    def close(self) -> None:
        """Leave nothing to Blender."""
        if bpy.app.timers.is_registered(self._timer):
            bpy.app.timers.unregister(self._timer)
        if self._previews is not None:
            bpy.utils.previews.remove(self._previews)
            self._previews = None

    def _turn(self) -> float | None:
        if not self._icons:
            return None
        self.frame = (self.frame + 1) % FRAMES
        _redraw_sidebars()
        return 1 / RATE


def _redraw_sidebars() -> None:
    # Not the session's: that also sets the status bar, which may be telling something.
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type in {"VIEW_3D", "IMAGE_EDITOR"}:
                for region in area.regions:
                    if region.type == "UI":
                        region.tag_redraw()


def _shown(small: np.ndarray, *, linear: bool) -> np.ndarray:
    """(h, w, 4) float32 as Blender's icons want it: encoded, with alpha."""
    colour, alpha = small[..., :3], small[..., 3:] if small.shape[2] > 3 else np.ones_like(small[..., :1])
    if linear:
        low = np.clip(colour, 0.0, 1.0)
        colour = np.where(low <= 0.0031308, low * 12.92, 1.055 * np.maximum(low, 0.0031308) ** (1 / 2.4) - 0.055)
    return np.concatenate([np.broadcast_to(colour, (*small.shape[:2], 3)), alpha], axis=2).astype(np.float32)
