# SPDX-License-Identifier: GPL-3.0-or-later
"""*Image Dynamics Cut-out*: a layer in the compositor whose soft edge lets go of what lies behind it, as its material.

The same as `shading.build_surface` reckons, in colours with alpha multiplied in, as the compositor has them.
"""

from __future__ import annotations

import bpy

from ..compat import set_node_mode

__all__ = ["cutout_group"]

_NAME, _MARK, _VERSION = "Image Dynamics Cut-out", "gid_group", "cut-out 1"
# As in the material: below a twentieth, nothing of it is seen but the noise of a division.
_THINNEST = 0.05


def cutout_group() -> bpy.types.NodeTree:
    """The group that the file has, or a new one; inputs Still, Mask, Behind and Brightest, 1 for a byte picture."""
    groups = [group for group in bpy.data.node_groups if group.get(_MARK) == _VERSION]
    return min(groups, key=lambda group: group.library is not None, default=None) or _new()


def _new() -> bpy.types.NodeTree:
    tree = bpy.data.node_groups.new(_NAME, "CompositorNodeTree")
    tree[_MARK] = _VERSION
    tree.interface.new_socket("Image", in_out="OUTPUT", socket_type="NodeSocketColor")
    for name, kind in (("Still", "Color"), ("Mask", "Float"), ("Behind", "Color"), ("Brightest", "Float")):
        socket = tree.interface.new_socket(name, in_out="INPUT", socket_type=f"NodeSocket{kind}")
        if kind == "Float":
            socket.default_value = 1.0
    given = _node(tree, "NodeGroupInput", -800).outputs
    parts = _node(tree, "CompositorNodeSeparateColor", -600, -300)
    tree.links.new(given["Still"], parts.inputs[0])
    whole, mask = parts.outputs["Alpha"], given["Mask"]
    share = _reckoned(tree, "ShaderNodeMath", "MULTIPLY", (whole, mask), -400, -300)
    rest = _reckoned(tree, "ShaderNodeMath", "SUBTRACT", (whole, share), -200, -450)
    sure = _reckoned(tree, "ShaderNodeMath", "MULTIPLY", (mask, 1 / _THINNEST), -200, -650)
    sure.node.use_clamp = True
    most = _reckoned(tree, "ShaderNodeMath", "MULTIPLY", (share, given["Brightest"]), -200, -850)
    behind = _reckoned(tree, "ShaderNodeVectorMath", "SCALE", (given["Behind"], rest), 0, -200)
    front = _reckoned(tree, "ShaderNodeVectorMath", "SUBTRACT", (given["Still"], behind), 200, 0)
    front = _reckoned(tree, "ShaderNodeVectorMath", "SCALE", (front, sure), 400, 0)
    front = _reckoned(tree, "ShaderNodeVectorMath", "MAXIMUM", (front, (0.0, 0.0, 0.0)), 600, 0)
    front = _reckoned(tree, "ShaderNodeVectorMath", "MINIMUM", (front, most), 800, 0)
    cut = _node(tree, "CompositorNodeSetAlpha", 1000)
    set_node_mode(cut, "mode", "REPLACE_ALPHA", "Type", "Replace Alpha")
    tree.links.new(front, cut.inputs["Image"])
    tree.links.new(share, cut.inputs["Alpha"])
    tree.links.new(cut.outputs[0], _node(tree, "NodeGroupOutput", 1200).inputs["Image"])
    return tree


def _reckoned(
    tree: bpy.types.NodeTree, kind: str, operation: str, values: tuple[object, object], x: float, y: float
) -> bpy.types.NodeSocket:
    node = _node(tree, kind, x, y)
    node.operation = operation
    second = node.inputs["Scale"] if operation == "SCALE" else node.inputs[1]
    for socket, value in zip((node.inputs[0], second), values, strict=True):
        if isinstance(value, bpy.types.NodeSocket):
            tree.links.new(value, socket)
        else:
            socket.default_value = value
    return node.outputs[0]


def _node(tree: bpy.types.NodeTree, kind: str, x: float, y: float = 0.0) -> bpy.types.Node:
    node = tree.nodes.new(kind)
    node.location = (x, y)
    return node
