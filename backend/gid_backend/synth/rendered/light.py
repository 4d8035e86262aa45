# SPDX-License-Identifier: GPL-3.0-or-later
"""Sun and sky: gradients with clouds, and the panoramas that Blender ships."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import bpy
import numpy as np

from .materials import Graph

__all__ = ["OUTDOOR", "Lamp", "Light"]

OUTDOOR = ("city", "forest", "sunrise", "sunset")
INDOOR = ("interior", "studio")


@dataclass
class Lamp:
    """A small lamp, `watts` strong, `radius` metres large."""

    place: tuple[float, float, float]
    watts: float
    colour: tuple[float, float, float] = (1.0, 0.85, 0.65)
    radius: float = 0.03


@dataclass
class Light:
    """What lights a scene. Exposure is set afterwards, so only proportions matter.

    Attributes:
        panorama: name of a panorama that Blender ships, or "" for a drawn sky.
        turn: radians by which the panorama is turned.
        power: strength of the sky.
        zenith: linear RGB overhead; `horizon` likewise at the horizon, `below` under it.
        clouds: 0 clear to 1 covered.
        sun: strength of the sun; 0 is none.
        elevation: of the sun, radians; `azimuth` 0 is behind the viewer, π/2 on the right.
        size: of the sun as seen, radians; large gives soft shadows, as under thin cloud.
        sun_colour: linear RGB.
        lamps: lamps besides.
    """

    panorama: str = ""
    turn: float = 0.0
    power: float = 1.0
    zenith: tuple[float, float, float] = (0.16, 0.32, 0.75)
    horizon: tuple[float, float, float] = (0.6, 0.72, 0.85)
    below: tuple[float, float, float] = (0.2, 0.19, 0.16)
    clouds: float = 0.3
    sun: float = 3.0
    elevation: float = 0.8
    azimuth: float = 0.7
    size: float = 0.01
    sun_colour: tuple[float, float, float] = (1.0, 0.94, 0.85)
    lamps: list[Lamp] = field(default_factory=list)
    seed: float = 0.0

    @classmethod
    def outdoor(cls, rng: np.random.Generator) -> Light:
        """A day: clear, cloudy, overcast, or low sun."""
        elevation = float(rng.uniform(0.15, 1.25))
        low = float(np.exp(-elevation / 0.25))
        covered = float(rng.choice([rng.uniform(0, 0.3), rng.uniform(0.3, 0.75), 1.0], p=[0.45, 0.4, 0.15]))
        hue = rng.uniform(-0.05, 0.05)
        deep = float(rng.uniform(0.5, 1.2))
        grey = np.array([0.62, 0.66, 0.72]) * rng.uniform(0.8, 1.1)
        zenith = np.array([0.16 + hue, 0.33, 0.78 * deep])
        horizon = np.array([0.6 + 0.4 * low, 0.7 - 0.1 * low, 0.85 - 0.4 * low])
        cover = max(0.0, (covered - 0.75) * 4)
        zenith, horizon = zenith * (1 - cover) + grey * cover, horizon * (1 - cover) + grey * cover * 1.15
        sun = 0.0 if cover > 0.9 and rng.random() < 0.6 else float(rng.uniform(1.5, 5.5) * (1 - 0.8 * cover))
        panorama = str(rng.choice(OUTDOOR)) if rng.random() < 0.3 else ""
        return cls(
            panorama=panorama,
            turn=float(rng.uniform(0, 2 * np.pi)),
            power=float(rng.uniform(0.8, 1.6)),
            zenith=tuple(zenith),
            horizon=tuple(horizon),
            below=tuple(np.array([0.2, 0.19, 0.15]) * rng.uniform(0.6, 1.2)),
            clouds=covered,
            sun=sun * (0.5 if panorama else 1.0),
            elevation=elevation,
            # Photographers mostly have the sun behind them or at their side.
            azimuth=float(rng.normal(0, 1.2)),
            size=float(rng.choice([0.009, 0.06, 0.25], p=[0.6, 0.25, 0.15])),
            sun_colour=(1.0, 0.95 - 0.35 * low, 0.88 - 0.6 * low),
            seed=float(rng.uniform(0, 100)),
        )

    @classmethod
    def indoor(cls, rng: np.random.Generator) -> Light:
        """A room with windows or a studio; `sun` is the light that falls in."""
        return cls(
            panorama=str(rng.choice(INDOOR)),
            turn=float(rng.uniform(0, 2 * np.pi)),
            sun=float(rng.uniform(0.3, 2.5)) if rng.random() < 0.6 else 0.0,
            elevation=float(rng.uniform(0.25, 0.9)),
            azimuth=float(rng.uniform(-2.0, 2.0)),
            size=float(rng.choice([0.02, 0.2])),
            sun_colour=(1.0, float(rng.uniform(0.75, 0.97)), float(rng.uniform(0.55, 0.95))),
        )

    @classmethod
    def night(cls, rng: np.random.Generator) -> Light:
        """Nearly dark; add lamps."""
        return cls(
            panorama="night" if rng.random() < 0.5 else "",
            turn=float(rng.uniform(0, 2 * np.pi)),
            power=float(rng.uniform(0.01, 0.06)),
            zenith=(0.1, 0.15, 0.3),
            horizon=(0.3, 0.25, 0.25),
            clouds=0.0,
            sun=0.0,
        )

    def build(self, scene: Any) -> None:
        """Make the world, the sun and the lamps in Blender."""
        world = bpy.data.worlds.new("gid light")
        world.use_nodes = True
        g = Graph(world.node_tree)
        colour = self._panorama(g) if self.panorama else self._sky(g)
        background = g.node("ShaderNodeBackground", {0: colour, 1: self.power})
        g.node("ShaderNodeOutputWorld", {0: background.outputs[0]})
        # The map by which Cycles aims at bright places costs seconds at the panorama's full size.
        world.cycles.sampling_method = "MANUAL" if self.panorama else "NONE"
        world.cycles.sample_map_resolution = 128
        scene.world = world
        if self.sun > 0:
            lamp = bpy.data.lights.new("gid sun", "SUN")
            lamp.energy, lamp.angle, lamp.color = self.sun, self.size, self.sun_colour
            thing = bpy.data.objects.new("gid sun", lamp)
            # A sun shines along its own −z.
            thing.rotation_euler = (np.pi / 2 - self.elevation, 0.0, self.azimuth)
            scene.collection.objects.link(thing)
        for spot in self.lamps:
            lamp = bpy.data.lights.new("gid lamp", "POINT")
            lamp.energy, lamp.color, lamp.shadow_soft_size = spot.watts, spot.colour, spot.radius
            thing = bpy.data.objects.new("gid lamp", lamp)
            thing.location = spot.place
            scene.collection.objects.link(thing)

    def _panorama(self, g: Graph) -> Any:
        folder = Path(bpy.utils.system_resource("DATAFILES", path="studiolights/world"))
        image = bpy.data.images.load(str(folder / f"{self.panorama}.exr"), check_existing=True)
        image.use_fake_user = True
        at = g.node("ShaderNodeTexCoord").outputs["Generated"]
        at = g.node("ShaderNodeMapping", {0: at, 2: (0.0, 0.0, self.turn)}).outputs[0]
        return g.node("ShaderNodeTexEnvironment", {0: at}, image=image).outputs[0]

    def _sky(self, g: Graph) -> Any:
        at = g.node("ShaderNodeTexCoord").outputs["Generated"]
        xyz = g.node("ShaderNodeSeparateXYZ", {0: at}).outputs
        up = g.math("MAXIMUM", xyz[2], 0.0)
        ramp = g.node("ShaderNodeValToRGB", {0: up}).color_ramp
        ramp.elements[0].color = (*self.horizon, 1.0)
        ramp.elements[1].position = 0.55
        ramp.elements[1].color = (*self.zenith, 1.0)
        colour = g.tree.nodes[-1].outputs[0]
        if self.clouds > 0.02:
            # Clouds lie in a plane overhead: nearer the horizon they are smaller and flatter.
            flat = g.math("ADD", up, 0.12)
            plane = [g.math("DIVIDE", xyz[0], flat), g.math("DIVIDE", xyz[1], flat)]
            place = g.node("ShaderNodeCombineXYZ", {0: plane[0], 1: plane[1], 2: self.seed}).outputs[0]
            puff = g.node("ShaderNodeTexNoise", {"Vector": place, "Scale": 0.9, "Detail": 6.0}).outputs[0]
            edge = 0.72 - 0.34 * self.clouds
            cover = g.span(puff, edge, edge + 0.16, 0.0, 0.9)
            white = tuple(0.9 + 0.15 * (c - 0.85) for c in self.sun_colour)
            mix = g.node("ShaderNodeMix", data_type="RGBA")
            g.tree.links.new(cover, mix.inputs["Factor"])
            g.tree.links.new(colour, mix.inputs[6])
            mix.inputs[7].default_value = (*white, 1.0)
            colour = mix.outputs[2]
        under = g.node("ShaderNodeMix", data_type="RGBA")
        g.tree.links.new(g.span(xyz[2], -0.02, 0.0, 0.0, 1.0), under.inputs["Factor"])
        under.inputs[6].default_value = (*self.below, 1.0)
        g.tree.links.new(colour, under.inputs[7])
        return under.outputs[2]
