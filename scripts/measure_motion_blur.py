# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures what docs/compositing.md says of motion blur; prints the rows of its table. Needs bpy.

    .venv/bpy52/bin/python -m scripts.measure_motion_blur

The bundled dahlia as a plate, moved by displacement. What a shutter would see is the mean, in light, of frames made at
moments while it is open. Against it: a frame without motion blur, one through a Vector Blur of everything, one through
the group *Image Dynamics Plate*.
"""

from __future__ import annotations

import itertools
import os
import sys
import tempfile
from pathlib import Path

import bpy
import numpy as np

from gid_blender import motion, scene
from gid_blender.scene import Composite, Rendered, properties
from gid_blender.scene.plate_group import GROUPS

EXAMPLE = Path(__file__).resolve().parent.parent / "gid_blender/assets/dahlia"
# Frames of a loop, and how many times as strong as predicted.
CASES = ((120, 1.0), (60, 2.0), (24, 3.0))
SHUTTER, MOMENTS = 0.5, 32
# Each case at so many of its frames.
SEEN = 3
BANDS = (0.0, 0.25, 1.0, 2.0, 4.0, np.inf)
KINDS = ("none", "Vector Blur", "Plate")


class Shot:
    """The dahlia in a compositor, at its own size."""

    def __init__(self, folder: Path) -> None:
        bpy.ops.wm.read_homefile(app_template="", use_factory_startup=True, use_empty=True)
        properties.register()
        self.folder, self.target = folder, bpy.context.scene
        self.volume = motion.load(EXAMPLE.with_suffix(".npz"))
        image = bpy.data.images.load(str(EXAMPLE.with_suffix(".jpg")))
        self.picture = scene.create_motion_object(self.target, image, self.volume)
        self.width, self.height = image.size
        render = self.target.render
        render.resolution_x, render.resolution_y, render.dither_intensity = self.width, self.height, 0
        self.target.view_settings.view_transform = "Standard"

    def displacement(self, moments: np.ndarray, amplitude: float, name: str) -> Rendered:
        """Files of the motion at moments, given in loops."""
        count = len(moments)
        q = amplitude * np.exp(2j * np.pi * np.outer(moments, np.arange(len(self.volume.spectrum))))
        q[:, 0] = 0
        with scene.frame_folder(self.folder, name, replace=True) as written:
            image = scene.sequence_image(scene.write_displacement(written, self.volume, q))
        image.colorspace_settings.name = "Non-Color"
        return Rendered(image, count, 1, True, {})

    def frame(self, field: Rendered, number: int, shutter: float, *, everything: bool = False) -> np.ndarray:
        """(H, W, 3) 0..1, encoded, of frame `number`; `everything` takes Vector Blur's own."""
        scene.setup_compositing(self.target, self.picture, Composite(displacement=field, shutter=shutter))
        path = self.folder / "seen.png"
        self.target.frame_set(number)
        self.target.render.filepath = str(path)
        group = bpy.data.node_groups[GROUPS["plate"]]
        ((blur, fitted, kept),) = (
            (blur, node.inputs["Image"], node.inputs["Image"].links[0].from_socket)
            for node in group.nodes
            if node.bl_idname == "CompositorNodeScale" and node.inputs["Image"].links[0].from_node.type == "SETALPHA"
            for blur in group.nodes
            if blur.bl_idname == "CompositorNodeVecBlur" and blur.location.y == 0
        )
        if everything:
            group.links.new(blur.outputs[0], fitted)
        bpy.ops.render.render(write_still=True)
        group.links.new(kept, fitted)
        image = bpy.data.images.load(str(path))
        seen = np.array(image.pixels, np.float32).reshape(self.height, self.width, 4)[::-1, :, :3]
        bpy.data.images.remove(image)
        return seen

    def streaks(self, moment: float, length: int, amplitude: float) -> np.ndarray:
        """(H, W) how far everything goes while the shutter is open, in pixels."""
        step = 1e-3
        ends = [self.volume.synthesize(self._at(moment + way * step / 2, amplitude)) for way in (-1, 1)]
        speed = np.hypot(*(ends[1] - ends[0])) * self.width / step / length
        rows = np.arange(self.height) * speed.shape[0] // self.height
        return SHUTTER * speed[rows][:, np.arange(self.width) * speed.shape[1] // self.width]

    def _at(self, moment: float, amplitude: float) -> np.ndarray:
        q = amplitude * np.exp(2j * np.pi * moment * np.arange(len(self.volume.spectrum)))
        q[0] = 0
        return q.astype(np.complex64)


def light(seen: np.ndarray) -> np.ndarray:
    return np.where(seen <= 0.04045, seen / 12.92, ((seen + 0.055) / 1.055) ** 2.4)


def encoded(seen: np.ndarray) -> np.ndarray:
    return np.where(seen <= 0.0031308, seen * 12.92, 1.055 * np.maximum(seen, 0.0031308) ** (1 / 2.4) - 0.055)


def main() -> None:
    """Print a row for each case and each length of motion blur."""
    print(f"| frames a loop, strength | blur, pixels | of the picture | {' | '.join(KINDS)} |")
    with tempfile.TemporaryDirectory() as folder:
        shot = Shot(Path(folder))
        for length, amplitude in CASES:
            field = shot.displacement(np.arange(length) / length, amplitude, "frames")
            squares, streaks = {kind: [] for kind in KINDS}, []
            for number in np.linspace(1, length, SEEN + 1)[:SEEN].astype(int) + 2:
                opened = (number - 1 + SHUTTER * ((np.arange(MOMENTS) + 0.5) / MOMENTS - 0.5)) / length
                moments = shot.displacement(opened, amplitude, "moments")
                true = encoded(np.mean([light(shot.frame(moments, m + 1, 0.0)) for m in range(MOMENTS)], axis=0))
                made = (
                    shot.frame(field, int(number), 0.0),
                    shot.frame(field, int(number), SHUTTER, everything=True),
                    shot.frame(field, int(number), SHUTTER),
                )
                for kind, seen in zip(KINDS, made, strict=True):
                    squares[kind].append(np.square(255 * (seen - true)).mean(axis=-1))
                streaks.append(shot.streaks((number - 1) / length, length, amplitude))
            row(f"{length}, {amplitude:g}", "all", np.ones(np.shape(streaks), bool), squares)
            for low, high in itertools.pairwise(BANDS):
                within = (np.array(streaks) >= low) & (np.array(streaks) < high)
                if within.any():
                    row("", f"{low:g} to {high:g}" if np.isfinite(high) else f"over {low:g}", within, squares)


def row(case: str, band: str, within: np.ndarray, squares: dict[str, list[np.ndarray]]) -> None:
    """Root mean squares, of 255."""
    errors = (f"{np.sqrt(np.array(squares[kind])[within].mean()):.1f}" for kind in KINDS)
    print(f"| {case} | {band} | {100 * within.mean():.0f} % | {' | '.join(errors)} |")


if __name__ == "__main__":
    main()
    sys.stdout.flush()
    os._exit(0)
