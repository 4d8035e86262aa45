# SPDX-License-Identifier: GPL-3.0-or-later
"""The nodes of one picture in a compositor's tree: each knows its picture and its part, and is found again by them."""

from __future__ import annotations

import bpy

from ..compat import set_node_mode
from .material import play_cyclic
from .plate_group import is_older
from .rendered import Rendered

__all__ = ["PART", "PICTURE", "Parts", "part_of", "play"]

PICTURE, PART = "gid_picture", "gid_part"


class Parts:
    """The nodes of one picture in a tree, by their parts; `frame` holds them all."""

    def __init__(self, tree: bpy.types.NodeTree, picture: bpy.types.Object, beside: bpy.types.Node) -> None:
        self.tree, self.picture = tree, picture
        found = part_of(tree, picture, "frame")
        if found is None:
            lowest = min((node.location_absolute.y for node in tree.nodes), default=0.0)
            found = tree.nodes.new("NodeFrame")
            found[PICTURE], found[PART] = picture, "frame"
            found.label = f"Image Dynamics: {picture.name}"
            found.location = (beside.location_absolute.x - 900, lowest - 400)
        self.frame = found

    def __contains__(self, part: str) -> bool:
        return part_of(self.tree, self.picture, part) is not None

    def node(self, part: str, kind: str, place: tuple[float, float]) -> bpy.types.Node:
        """The node of a part, made at a place in the frame if there is none of that kind."""
        node = part_of(self.tree, self.picture, part)
        if node is not None and node.bl_idname != kind:
            self.remove(part)
            node = None
        return node or self.adopt(part, self.tree.nodes.new(kind), place)

    def adopt(self, part: str, node: bpy.types.Node, place: tuple[float, float]) -> bpy.types.Node:
        node[PICTURE], node[PART] = self.picture, part
        node.parent, node.location = self.frame, place
        return node

    def group(self, part: str, group: bpy.types.NodeTree, place: tuple[float, float]) -> bpy.types.Node:
        node = part_of(self.tree, self.picture, part)
        if node is None or node.bl_idname != "CompositorNodeGroup":
            node = self.node(part, "CompositorNodeGroup", place)
            node.node_tree = group
            node.label, node.width = group.name, 200
        elif is_older(node.node_tree, group):
            node.node_tree = group
        return node

    def image(self, part: str, image: bpy.types.Image, label: str, place: tuple[float, float]) -> bpy.types.Node:
        node = self.node(part, "CompositorNodeImage", place)
        node.image, node.label = image, label
        return node

    def sequence(
        self, part: str, image: bpy.types.Image, render: Rendered, label: str, place: tuple[float, float]
    ) -> bpy.types.Node:
        node = self.image(part, image, label, place)
        play(node, image, render)
        return node

    def stretched(
        self, part: str, image: bpy.types.Image, like: bpy.types.Image, label: str, place: tuple[float, float]
    ) -> bpy.types.NodeSocket:
        """An image over all of another: the compositor itself would centre it, pixel on pixel."""
        found = self.image(part, image, label, place).outputs["Image"]
        if tuple(image.size) == tuple(like.size) or not all(like.size):
            self.remove(f"{part} size")
            return found
        node = self.node(f"{part} size", "CompositorNodeScale", (place[0], place[1] - 150))
        set_node_mode(node, "space", "ABSOLUTE", "Type", "Absolute")
        set_node_mode(node, "interpolation", "BILINEAR", "Interpolation", "Bilinear")
        for name, value in (
            ("X", like.size[0]),
            ("Y", like.size[1]),
            ("Extension X", "Extend"),
            ("Extension Y", "Extend"),
        ):
            if name in node.inputs:
                node.inputs[name].default_value = value
        self.tree.links.new(found, node.inputs["Image"])
        return node.outputs[0]

    def remove(self, *parts: str) -> None:
        for part in parts:
            node = part_of(self.tree, self.picture, part)
            if node is not None:
                self.tree.nodes.remove(node)


def part_of(tree: bpy.types.NodeTree, picture: bpy.types.Object, part: str) -> bpy.types.Node | None:
    return next((node for node in tree.nodes if node.get(PART) == part and node.get(PICTURE) == picture), None)


def play(node: bpy.types.Node, image: bpy.types.Image, render: Rendered) -> None:
    node.image = image
    play_cyclic(node, frames=render.count, start=render.start)
    node.use_cyclic = render.cyclic
