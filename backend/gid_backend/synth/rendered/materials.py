# SPDX-License-Identifier: GPL-3.0-or-later
"""Procedural materials, cheap for Cycles on a CPU. Colour comes from the faces ("tone"), so one serves all scenes.

`material(name)` makes it once in a process. Textures lie in space (metres), except where a leaf or a petal has a uv:
u along 0..1, v across −1..1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import bpy

__all__ = ["MATERIALS", "Graph", "material", "number_material"]


class Graph:
    """Nodes and links, tersely."""

    def __init__(self, tree: Any) -> None:
        self.tree = tree
        tree.nodes.clear()

    def node(self, kind: str, inputs: Mapping[Any, Any] | None = None, **settings: Any) -> Any:
        """A node; inputs are values, or sockets to link from."""
        node = self.tree.nodes.new(kind)
        for name, value in settings.items():
            setattr(node, name, value)
        for key, value in (inputs or {}).items():
            if isinstance(value, bpy.types.NodeSocket):
                self.tree.links.new(value, node.inputs[key])
            else:
                node.inputs[key].default_value = value
        return node

    def math(self, operation: str, a: Any, b: Any = 0.0, clamp: bool = False) -> Any:
        """The result of a calculation."""
        return self.node("ShaderNodeMath", {0: a, 1: b}, operation=operation, use_clamp=clamp).outputs[0]

    def vector(self, operation: str, a: Any, b: Any = (0.0, 0.0, 0.0)) -> Any:
        """The result of a calculation with vectors."""
        return self.node("ShaderNodeVectorMath", {0: a, 1: b}, operation=operation).outputs[0]

    def scale(self, colour: Any, factor: Any) -> Any:
        """A colour times a number."""
        return self.node("ShaderNodeVectorMath", {0: colour, "Scale": factor}, operation="SCALE").outputs[0]

    def span(self, value: Any, low: float, high: float, to_low: float, to_high: float) -> Any:
        """A value mapped linearly from one span to another, clamped."""
        return self.node("ShaderNodeMapRange", {0: value, 1: low, 2: high, 3: to_low, 4: to_high}).outputs[0]

    @property
    def tone(self) -> Any:
        """The face's own colour."""
        return self.node("ShaderNodeAttribute", attribute_name="tone").outputs["Color"]

    @property
    def uv(self) -> tuple[Any, Any]:
        """Along and across."""
        n = self.node("ShaderNodeAttribute", attribute_name="UVMap").outputs["Vector"]
        xyz = self.node("ShaderNodeSeparateXYZ", {0: n}).outputs
        return xyz[0], xyz[1]

    def place(self, stretch: tuple[float, float, float] = (1.0, 1.0, 1.0)) -> Any:
        """The place in space where the surface is at rest, stretched: textures go with what moves."""
        at = self.node("ShaderNodeAttribute", attribute_name="rest").outputs["Vector"]
        return at if stretch == (1.0, 1.0, 1.0) else self.vector("MULTIPLY", at, stretch)

    def noise(self, cells: float, detail: float = 2.0, at: Any = None) -> Any:
        """Smooth noise 0..1 with so many cells in a metre."""
        inputs = {"Vector": at if at is not None else self.place(), "Scale": cells, "Detail": detail}
        return self.node("ShaderNodeTexNoise", inputs).outputs[0]

    def diffuse(self, colour: Any) -> Any:
        return self.node("ShaderNodeBsdfDiffuse", {0: colour}).outputs[0]

    def mix(self, factor: Any, a: Any, b: Any) -> Any:
        return self.node("ShaderNodeMixShader", {0: factor, 1: a, 2: b}).outputs[0]

    def gloss(self, shader: Any, amount: float, roughness: float, colour: tuple[float, ...] = (1, 1, 1, 1)) -> Any:
        """A shader under a clear coat: `amount` seen straight on, four times that at the edge."""
        edge = self.node("ShaderNodeLayerWeight", {0: 0.25}).outputs["Fresnel"]
        factor = self.math("MULTIPLY_ADD", edge, amount * 3)
        factor.node.inputs[2].default_value = amount
        return self.mix(factor, shader, self.node("ShaderNodeBsdfAnisotropic", {0: colour, 1: roughness}).outputs[0])

    def bump(self, height: Any, strength: float, distance: float) -> Any:
        return self.node("ShaderNodeBump", {"Height": height, "Strength": strength, "Distance": distance}).outputs[0]

    def finish(self, shader: Any) -> None:
        self.node("ShaderNodeOutputMaterial", {0: shader})


def _thin(g: Graph, colour: Any, through: float, gloss: float, roughness: float) -> None:
    """Matter so thin that light comes through."""
    back = g.node("ShaderNodeBsdfTranslucent", {0: g.vector("MULTIPLY", colour, (1.15, 1.1, 0.7))}).outputs[0]
    shader = g.mix(through, g.diffuse(colour), back)
    g.finish(g.gloss(shader, gloss, roughness) if gloss else shader)


def _leaf(g: Graph) -> None:
    _thin(g, g.tone, 0.4, 0.03, 0.4)


def _leaf_near(g: Graph) -> None:
    """With a midrib, side veins and a mottled blade."""
    u, v = g.uv
    side = g.math("ABSOLUTE", v)
    rib = g.span(side, 0.02, 0.09, 0.55, 0.0)
    phase = g.math("SUBTRACT", g.math("MULTIPLY", u, 9.0), g.math("MULTIPLY", side, 2.2))
    wave = g.math("ABSOLUTE", g.math("SUBTRACT", g.math("FRACT", phase), 0.5))
    vein = g.span(wave, 0.02, 0.12, 0.22, 0.0)
    light = g.math("ADD", g.math("MAXIMUM", rib, vein), g.span(g.noise(30.0), 0.3, 0.7, 0.8, 1.12))
    _thin(g, g.scale(g.tone, light), 0.35, 0.05, 0.32)


def _petal(g: Graph) -> None:
    """Fine lines along, darker towards the base."""
    u, v = g.uv
    lines = g.node(
        "ShaderNodeTexNoise",
        {
            "Vector": g.node("ShaderNodeCombineXYZ", {0: u, 1: g.math("MULTIPLY", v, 14.0)}).outputs[0],
            "Scale": 2.0,
            "Detail": 1.0,
        },
    ).outputs[0]
    light = g.math("MULTIPLY", g.span(u, 0.0, 0.5, 0.6, 1.0), g.span(lines, 0.3, 0.7, 0.82, 1.1))
    _thin(g, g.scale(g.tone, light), 0.4, 0.015, 0.4)


def _cloth(g: Graph) -> None:
    weave = g.span(g.noise(900.0, 0.0), 0.3, 0.7, 0.88, 1.08)
    _thin(g, g.scale(g.tone, weave), 0.25, 0.0, 0.5)


def _sheer(g: Graph) -> None:
    """Curtains, paper lanterns: much light comes through."""
    _thin(g, g.scale(g.tone, g.span(g.noise(300.0, 0.0), 0.3, 0.7, 0.92, 1.05)), 0.65, 0.0, 0.5)


def _paper(g: Graph) -> None:
    _thin(g, g.scale(g.tone, g.span(g.noise(160.0, 1.0), 0.3, 0.7, 0.95, 1.03)), 0.3, 0.01, 0.5)


def _rough(
    cells: float,
    low: float,
    high: float,
    stretch: tuple[float, float, float] = (1.0, 1.0, 1.0),
    detail: float = 4.0,
    bump: float = 0.0,
    broad: float = 0.0,
) -> Callable[[Graph], None]:
    """Matt matter, mottled; `broad` are the cells in a metre of stains on top."""

    def build(g: Graph) -> None:
        grain = g.noise(cells, detail, g.place(stretch))
        light = g.span(grain, 0.3, 0.7, low, high)
        if broad:
            light = g.math("MULTIPLY", light, g.span(g.noise(broad, 2.0), 0.3, 0.7, 0.65, 1.2))
        shader = g.diffuse(g.scale(g.tone, light))
        if bump:
            g.tree.links.new(g.bump(grain, bump, 0.4 / cells), shader.node.inputs["Normal"])
        g.finish(shader)

    return build


def _bark(g: Graph) -> None:
    ridges = g.noise(14.0, 3.0, g.place((1.0, 1.0, 0.18)))
    light = g.math("MULTIPLY", g.span(ridges, 0.35, 0.65, 0.35, 1.25), g.span(g.noise(2.5, 1.0), 0.3, 0.7, 0.75, 1.2))
    shader = g.diffuse(g.scale(g.tone, light))
    g.tree.links.new(g.bump(ridges, 0.8, 0.03), shader.node.inputs["Normal"])
    g.finish(shader)


def _brick(g: Graph) -> None:
    xyz = g.node("ShaderNodeSeparateXYZ", {0: g.place()}).outputs
    flat = g.node("ShaderNodeCombineXYZ", {0: g.math("ADD", xyz[0], xyz[1]), 1: xyz[2]}).outputs[0]
    inputs = {"Vector": flat, "Color1": (1.0, 0.9, 0.9, 1), "Color2": (0.55, 0.5, 0.5, 1), "Mortar": (1.5, 1.9, 2.1, 1)}
    inputs |= {"Scale": 1.0, "Mortar Size": 0.008, "Brick Width": 0.24, "Row Height": 0.075}
    pattern = g.node("ShaderNodeTexBrick", inputs).outputs["Color"]
    colour = g.vector("MULTIPLY", g.tone, pattern)
    g.finish(g.diffuse(g.scale(colour, g.span(g.noise(6.0, 4.0), 0.3, 0.7, 0.7, 1.2))))


def _stone(g: Graph) -> None:
    cells = g.node("ShaderNodeTexVoronoi", {"Vector": g.place(), "Scale": 3.2}, feature="DISTANCE_TO_EDGE").outputs[0]
    joint = g.span(cells, 0.02, 0.06, 0.35, 1.0)
    g.finish(g.diffuse(g.scale(g.tone, g.math("MULTIPLY", joint, g.span(g.noise(9.0, 4.0), 0.3, 0.7, 0.65, 1.25)))))


def _planks(g: Graph) -> None:
    """Boards that stand upright, 14 cm wide."""
    xyz = g.node("ShaderNodeSeparateXYZ", {0: g.place()}).outputs
    across = g.math("MULTIPLY", g.math("ADD", xyz[0], xyz[1]), 7.0)
    gap = g.span(g.math("ABSOLUTE", g.math("SUBTRACT", g.math("FRACT", across), 0.5)), 0.45, 0.49, 1.0, 0.25)
    each = g.node("ShaderNodeTexWhiteNoise", {"W": g.math("FLOOR", across)}, noise_dimensions="1D").outputs[0]
    grain = g.span(g.noise(40.0, 3.0, g.place((1.0, 1.0, 0.06))), 0.3, 0.7, 0.75, 1.15)
    light = g.math("MULTIPLY", g.math("MULTIPLY", gap, grain), g.span(each, 0.0, 1.0, 0.75, 1.15))
    g.finish(g.diffuse(g.scale(g.tone, light)))


def _coated(amount: float, roughness: float) -> Callable[[Graph], None]:
    def build(g: Graph) -> None:
        g.finish(g.gloss(g.diffuse(g.tone), amount, roughness))

    return build


def _metal(g: Graph) -> None:
    g.finish(g.node("ShaderNodeBsdfAnisotropic", {0: g.tone, 1: 0.3}).outputs[0])


def _water(g: Graph) -> None:
    ripples = g.noise(5.0, 2.0, g.place((1.0, 0.45, 1.0)))
    coat = g.node("ShaderNodeBsdfAnisotropic", {0: (0.9, 0.95, 1.0, 1), 1: 0.06})
    g.tree.links.new(g.bump(ripples, 0.35, 0.06), coat.inputs["Normal"])
    edge = g.node("ShaderNodeFresnel", {0: 1.33}).outputs[0]
    g.finish(g.mix(g.math("ADD", edge, 0.06), g.diffuse(g.tone), coat.outputs[0]))


def _glow(strength: float) -> Callable[[Graph], None]:
    def build(g: Graph) -> None:
        g.finish(g.node("ShaderNodeEmission", {0: g.tone, 1: strength}).outputs[0])

    return build


def _wax(g: Graph) -> None:
    back = g.node("ShaderNodeBsdfTranslucent", {0: g.tone}).outputs[0]
    g.finish(g.gloss(g.mix(0.35, g.diffuse(g.tone), back), 0.05, 0.3))


def _glass(g: Graph) -> None:
    """Thin glass: mostly what is behind, tinted, with the sky's reflection."""
    through = g.node("ShaderNodeBsdfTransparent", {0: g.tone}).outputs[0]
    g.finish(g.gloss(through, 0.08, 0.05))


def _clear(g: Graph) -> None:
    """Unseen in the picture, solid in the part map: the hull of something made of hairs."""
    g.finish(g.node("ShaderNodeBsdfTransparent").outputs[0])


def _lit_paper(g: Graph) -> None:
    """Paper with a lamp behind it."""
    glow = g.node("ShaderNodeEmission", {0: g.tone, 1: 1.1}).outputs[0]
    g.finish(g.node("ShaderNodeAddShader", {0: g.diffuse(g.tone), 1: glow}).outputs[0])


def _bauble(g: Graph) -> None:
    """Silvered, coloured glass."""
    mirror = g.node("ShaderNodeBsdfAnisotropic", {0: g.tone, 1: 0.12}).outputs[0]
    g.finish(g.gloss(g.mix(0.6, g.diffuse(g.tone), mirror), 0.08, 0.05))


MATERIALS: dict[str, Callable[[Graph], None]] = {
    "leaf": _leaf,
    "leaf_near": _leaf_near,
    "petal": _petal,
    "cloth": _cloth,
    "sheer": _sheer,
    "paper": _paper,
    "bark": _bark,
    "wood": _rough(30.0, 0.7, 1.2, (1.0, 1.0, 0.07), broad=1.5),
    "planks": _planks,
    "plaster": _rough(18.0, 0.92, 1.05, detail=5.0, broad=0.7),
    "concrete": _rough(25.0, 0.85, 1.1, detail=5.0, broad=1.3),
    "brick": _brick,
    "stone": _stone,
    "rock": _rough(7.0, 0.5, 1.35, detail=6.0, bump=0.9, broad=1.1),
    "soil": _rough(20.0, 0.5, 1.4, detail=5.0, bump=0.6, broad=0.8),
    "lawn": _rough(25.0, 0.35, 1.6, detail=5.0, broad=0.3),
    "far": _rough(0.7, 0.6, 1.35, detail=5.0, broad=0.05),
    "plain": _rough(3.0, 0.97, 1.03, detail=1.0),
    "paint": _coated(0.04, 0.25),
    "ceramic": _coated(0.05, 0.12),
    "fruit": _coated(0.05, 0.3),
    "metal": _metal,
    "water": _water,
    "wax": _wax,
    "glass": _glass,
    "bauble": _bauble,
    "clear": _clear,
    "lit_paper": _lit_paper,
    "glow": _glow(6.0),
    "flame": _glow(40.0),
}


def material(name: str) -> Any:
    """The material of that name, made on first use."""
    key = "gid " + name
    found = bpy.data.materials.get(key)
    if found is None:
        found = bpy.data.materials.new(key)
        found.use_nodes = True
        found.use_fake_user = True
        MATERIALS[name](Graph(found.node_tree))
    return found


def number_material(attribute: str) -> Any:
    """Shows a number of each face as light of that strength; whole numbers up to 2²⁴ are kept exactly."""
    key = f"gid number {attribute}"
    found = bpy.data.materials.get(key)
    if found is None:
        found = bpy.data.materials.new(key)
        found.use_nodes = True
        found.use_fake_user = True
        g = Graph(found.node_tree)
        value = g.node("ShaderNodeAttribute", attribute_name=attribute).outputs["Fac"]
        g.finish(g.node("ShaderNodeEmission", {0: value}).outputs[0])
    return found
