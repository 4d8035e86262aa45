# SPDX-License-Identifier: GPL-3.0-or-later
"""The two node groups for the compositor, built the same for a scene's tree and for the asset library.

*Image Dynamics Warp* moves a still by a displacement; *Image Dynamics Plate* masks, blurs, fits and lays a moving
picture over or behind a render. Both know the picture's size themselves, so that a proxy or half the resolution needs
nothing changed, and both work by hand without the extension.
"""

from __future__ import annotations

import bpy

from ..compat import alpha_over_sockets, set_node_mode

__all__ = ["GROUPS", "is_older", "plate_group", "warp_group"]

GROUPS = {"plate": "Image Dynamics Plate", "warp": "Image Dynamics Warp"}
# Counted up when a group changes, so that an older one in a file stays what its scene was made with.
_VERSIONS = {"plate": 2, "warp": 2}
_MARK = "gid_group"
# Motion of fewer pixels than this changes no 8-bit value.
_STILL_PIXELS = 1e-3
# Pixels of motion blur from which on Vector Blur's is taken, and from which on wholly. It is too soft by about one, so
# that short blur is worse than none: docs/compositing.md has the figures.
_SEEN = 1.0, 3.0

# (name, type, default, description); a fifth element is the number of components of a vector.
_PLATE_INPUTS = (
    ("Render", "NodeSocketColor", (0.0, 0.0, 0.0, 0.0), "What the picture is laid over, or behind"),
    ("Frames", "NodeSocketColor", (0.0, 0.0, 0.0, 0.0), "The moving picture"),
    ("Still", "NodeSocketColor", (0.0, 0.0, 0.0, 0.0), "The picture itself, shown where the mask is black"),
    ("Mask", "NodeSocketFloat", 1.0, "White shows the frames, black the still"),
    ("Vectors", "NodeSocketVector", None, "Motion vectors as of the Vector pass, for motion blur", 4),
    ("Shutter", "NodeSocketFloat", 0.5, "How long the shutter is open, in frames; 0 is no motion blur"),
    ("Opacity", "NodeSocketFloat", 1.0, "Of the picture over the render"),
    ("Behind", "NodeSocketBool", False, "Lay the render over the picture instead; it needs a transparent film"),
)
_WARP_INPUTS = (
    ("Still", "NodeSocketColor", (0.0, 0.0, 0.0, 0.0), "The picture to be moved"),
    (
        "Displacement",
        "NodeSocketVector",
        None,
        "How far what is seen has come, in picture widths, x right and y up; any resolution",
        3,
    ),
    ("Mask", "NodeSocketFloat", 1.0, "White moves, black is still, grey moves less"),
    ("Amount", "NodeSocketFloat", 1.0, "Strength of the motion"),
    ("Before", "NodeSocketVector", None, "The displacement of the frame before, for the motion vectors", 3),
    ("After", "NodeSocketVector", None, "The displacement of the frame after, for the motion vectors", 3),
)


def plate_group() -> bpy.types.NodeTree:
    """*Image Dynamics Plate*: the one that the file has, or a new one."""
    return _found("plate") or _plate(_new("plate", _PLATE_INPUTS, (("Image",), ("Plate",))))


def warp_group() -> bpy.types.NodeTree:
    """*Image Dynamics Warp*: the one that the file has, or a new one."""
    group = _found("warp") or _warp(_new("warp", _WARP_INPUTS, (("Image",), ("Vectors", "NodeSocketVector", 4))))
    for node in group.nodes:
        # One that was made in 4.5 comes as Anisotropic into 5.x, which softens there, and did not in 4.5.
        if node.bl_idname == "CompositorNodeDisplace" and "Interpolation" in node.inputs and group.library is None:
            node.inputs["Interpolation"].default_value = "Bilinear"
    return group


def is_older(tree: bpy.types.NodeTree | None, group: bpy.types.NodeTree) -> bool:
    """Whether a tree is an earlier version of the group, so lacks what this one has. A copy that was changed is not."""
    mine, newest = (str(each.get(_MARK, "")).partition(" ") for each in (tree or {}, group))
    return mine[0] == newest[0] and mine[2] != newest[2]


def _found(kind: str) -> bpy.types.NodeTree | None:
    mark = f"{kind} {_VERSIONS[kind]}"
    groups = [group for group in bpy.data.node_groups if group.get(_MARK) == mark]
    return min(groups, key=lambda group: group.library is not None, default=None)


def _new(kind: str, inputs: tuple, outputs: tuple[tuple, ...]) -> bpy.types.NodeTree:
    tree = bpy.data.node_groups.new(GROUPS[kind], "CompositorNodeTree")
    tree[_MARK] = f"{kind} {_VERSIONS[kind]}"
    for name, *vector in outputs:
        socket = tree.interface.new_socket(
            name, in_out="OUTPUT", socket_type=vector[0] if vector else "NodeSocketColor"
        )
        if vector:
            socket.dimensions = vector[1]
    for name, socket_type, default, description, *components in inputs:
        socket = tree.interface.new_socket(name, in_out="INPUT", socket_type=socket_type)
        socket.description = description
        if components:
            # From here on the socket is of another type than this reference thinks; it is zero as it comes.
            socket.dimensions = components[0]
        else:
            socket.default_value = default
        if socket_type == "NodeSocketFloat":
            socket.min_value, socket.max_value = 0.0, 10.0 if name == "Amount" else 1.0
            socket.subtype = "FACTOR"
    return tree


def _plate(tree: bpy.types.NodeTree) -> bpy.types.NodeTree:
    given, link = _node(tree, "NodeGroupInput", -1000, 0).outputs, tree.links.new
    mask = _to_size_of(tree, given["Frames"], given["Mask"], -700, 250)

    shown = _mixed(tree, mask, given["Still"], given["Frames"], -300, 0)

    # In the picture's own pixels, which is what vectors count; so it comes before anything is scaled.
    fitted = _node(tree, "CompositorNodeScale", 250, 0)
    set_node_mode(fitted, "space", "RENDER_SIZE", "Type", "Render Size")
    set_node_mode(fitted, "frame_method", "FIT", "Frame Type", "Fit")
    link(_blurred(tree, given, shown), fitted.inputs["Image"])

    over = _node(tree, "CompositorNodeAlphaOver", 550, 150)
    background, foreground, opacity = alpha_over_sockets(over)
    link(given["Render"], background)
    link(fitted.outputs[0], foreground)
    link(given["Opacity"], opacity)

    # An empty picture as large as the render: the first layer decides how large the result is.
    empty = _node(tree, "CompositorNodeSetAlpha", 250, -250)
    set_node_mode(empty, "mode", "APPLY", "Type", "Apply Mask")
    link(given["Render"], empty.inputs["Image"])
    empty.inputs["Alpha"].default_value = 0.0
    canvas = _node(tree, "CompositorNodeAlphaOver", 550, -150)
    background, foreground, _ = alpha_over_sockets(canvas)
    link(empty.outputs[0], background)
    link(fitted.outputs[0], foreground)
    behind = _node(tree, "CompositorNodeAlphaOver", 800, -150)
    background, foreground, _ = alpha_over_sockets(behind)
    link(canvas.outputs[0], background)
    link(given["Render"], foreground)

    switch = _node(tree, "CompositorNodeSwitch", 1050, 0)
    link(given["Behind"], switch.inputs["Switch"])
    link(over.outputs[0], switch.inputs["Off"])
    link(behind.outputs[0], switch.inputs["On"])
    taken = _node(tree, "NodeGroupOutput", 1300, 0).inputs
    link(switch.outputs[0], taken["Image"])
    link(canvas.outputs[0], taken["Plate"])
    return tree


def _blurred(
    tree: bpy.types.NodeTree, given: bpy.types.NodeOutputs, shown: bpy.types.NodeSocket
) -> bpy.types.NodeSocket:
    """Motion blur that leaves what stands still alone: Vector Blur softens that too, up to 60 pixels around."""
    link = tree.links.new
    moves = _drawn_out(tree, given["Vectors"], given["Shutter"])
    # What moves, by itself: what is drawn out of it lies over what stands still.
    alone = _node(tree, "CompositorNodeSetAlpha", -300, -500)
    set_node_mode(alone, "mode", "APPLY", "Type", "Apply Mask")
    link(shown, alone.inputs["Image"])
    link(moves, alone.inputs["Alpha"])
    drawn = []
    for index, picture in enumerate((shown, alone.outputs[0])):
        node = _node(tree, "CompositorNodeVecBlur", 0, -400 * index)
        link(picture, node.inputs["Image"])
        link(given["Vectors"], node.inputs["Speed"])
        link(given["Shutter"], node.inputs["Shutter"])
        drawn.append(node.outputs[0])
    over = _node(tree, "CompositorNodeAlphaOver", 250, -500)
    background, foreground, _ = alpha_over_sockets(over)
    link(shown, background)
    link(drawn[1], foreground)
    return _mixed(tree, moves, over.outputs[0], drawn[0], 500, -700)


def _drawn_out(
    tree: bpy.types.NodeTree, vectors: bpy.types.NodeSocket, shutter: bpy.types.NodeSocket
) -> bpy.types.NodeSocket:
    """How much of the motion blur is to be seen, by its length: from 0 for `_SEEN[0]` pixels to 1 for `_SEEN[1]`."""
    link = tree.links.new
    # 4.5 would take a vector's fourth number for 1 here, had not another node for colours handed it on.
    handed_on = _node(tree, "CompositorNodeSwitch", -1500, -900)
    handed_on.inputs["Switch"].default_value = True
    link(vectors, handed_on.inputs["On"])
    parts = _node(tree, "CompositorNodeSeparateColor", -1300, -900)
    link(handed_on.outputs[0], parts.inputs[0])
    found = None
    for index in range(4):
        size = _math(tree, "ABSOLUTE", (parts.outputs[index],), -1100, -700 - 160 * index)
        found = size if found is None else _math(tree, "MAXIMUM", (found, size), -900, -700 - 160 * index)
    length = _math(tree, "MULTIPLY", (found, shutter), -700, -900)
    low, high = _SEEN
    share = _math(tree, "MULTIPLY_ADD", (length, 1 / (high - low), -low / (high - low)), -500, -900)
    share.node.use_clamp = True
    return share


def _warp(tree: bpy.types.NodeTree) -> bpy.types.NodeTree:
    given, link = _node(tree, "NodeGroupInput", -1000, 0).outputs, tree.links.new
    field = _to_size_of(tree, given["Still"], given["Displacement"], -700, 0)
    mask = _to_size_of(tree, given["Still"], given["Mask"], -700, -350)

    amount = _math(tree, "MULTIPLY", (mask, given["Amount"]), -200, -250)
    size = _node(tree, "CompositorNodeImageInfo", -450, -550)
    link(given["Still"], size.inputs[0])
    width = _node(tree, "ShaderNodeSeparateXYZ", -200, -550)
    link(size.outputs["Dimensions"], width.inputs[0])
    pixels = _math(tree, "MULTIPLY", (amount, width.outputs["X"]), 50, -350)
    scaled = _node(tree, "ShaderNodeVectorMath", 300, -100)
    scaled.operation = "SCALE"
    link(field, scaled.inputs[0])
    link(pixels, scaled.inputs["Scale"])

    moved = _node(tree, "CompositorNodeDisplace", 550, 0)
    link(given["Still"], moved.inputs["Image"])
    link(scaled.outputs[0], moved.inputs[1])
    _hold_border(moved)
    for name in ("X Scale", "Y Scale"):
        if name in moved.inputs:
            moved.inputs[name].default_value = 1.0

    # Looking up softens in some versions, so what does not move is the still itself.
    length = _node(tree, "ShaderNodeVectorMath", 550, -350)
    length.operation = "LENGTH"
    link(scaled.outputs[0], length.inputs[0])
    moves = _math(tree, "GREATER_THAN", (length.outputs["Value"], _STILL_PIXELS), 800, -350)
    shown = _mixed(tree, moves, given["Still"], moved.outputs[0], 1100, 0)
    taken = _node(tree, "NodeGroupOutput", 1550, 0).inputs
    link(shown, taken["Image"])
    link(_vectors(tree, given, field, pixels), taken["Vectors"])
    return tree


def _vectors(
    tree: bpy.types.NodeTree,
    given: bpy.types.NodeOutputs,
    field: bpy.types.NodeSocket,
    pixels: bpy.types.NodeSocket,
) -> bpy.types.NodeSocket:
    """X, Y, Z, W of a Vector pass: from what is seen to where it was, and to it from where it will be, in pixels.

    Displacements of one pixel are compared, not of one point of the still: off by the slope of the motion, and no more
    than the Displace node is itself.
    """
    link = tree.links.new
    vectors = _node(tree, "CompositorNodeCombineColor", 1100, -700)
    for index, name in enumerate(("Before", "After")):
        other = _to_size_of(tree, given["Still"], given[name], -700, -850 - 350 * index)
        ways = _node(tree, "ShaderNodeVectorMath", 300, -700 - 350 * index)
        ways.operation = "SUBTRACT"
        for socket, taken in zip(ways.inputs, (other, field) if name == "Before" else (field, other), strict=False):
            link(taken, socket)
        scaled = _node(tree, "ShaderNodeVectorMath", 550, -700 - 350 * index)
        scaled.operation = "SCALE"
        link(ways.outputs[0], scaled.inputs[0])
        link(pixels, scaled.inputs["Scale"])
        parts = _node(tree, "ShaderNodeSeparateXYZ", 800, -700 - 350 * index)
        link(scaled.outputs[0], parts.inputs[0])
        for axis in range(2):
            link(parts.outputs[axis], vectors.inputs[2 * index + axis])
    return vectors.outputs[0]


def _to_size_of(
    tree: bpy.types.NodeTree, like: bpy.types.NodeSocket, socket: bpy.types.NodeSocket, x: float, y: float
) -> bpy.types.NodeSocket:
    """A picture stretched over all of another: the compositor itself would centre it, pixel on pixel."""
    size = _node(tree, "CompositorNodeImageInfo", x - 50, y - 150)
    tree.links.new(like, size.inputs[0])
    sides = _node(tree, "ShaderNodeSeparateXYZ", x + 100, y - 150)
    tree.links.new(size.outputs["Dimensions"], sides.inputs[0])
    scaled = _node(tree, "CompositorNodeScale", x + 250, y)
    set_node_mode(scaled, "space", "ABSOLUTE", "Type", "Absolute")
    set_node_mode(scaled, "interpolation", "BILINEAR", "Interpolation", "Bilinear")
    _hold_border(scaled)
    tree.links.new(socket, scaled.inputs["Image"])
    tree.links.new(sides.outputs["X"], scaled.inputs["X"])
    tree.links.new(sides.outputs["Y"], scaled.inputs["Y"])
    return scaled.outputs[0]


def _hold_border(node: bpy.types.Node) -> None:
    """Let a node look up the border itself beyond it. 4.5 finds nothing there, so pictures fade along their border."""
    for name in ("Extension X", "Extension Y"):
        if name in node.inputs:
            node.inputs[name].default_value = "Extend"


def _mixed(
    tree: bpy.types.NodeTree,
    factor: bpy.types.NodeSocket,
    black: bpy.types.NodeSocket,
    white: bpy.types.NodeSocket,
    x: float,
    y: float,
) -> bpy.types.NodeSocket:
    """Two pictures mixed with their alpha. A Mix node takes the first one's alpha in 4.5, so that is mixed apart."""
    result = _node(tree, "CompositorNodeSetAlpha", x + 200, y)
    set_node_mode(result, "mode", "REPLACE_ALPHA", "Type", "Replace Alpha")
    for kind, taken, below in (("RGBA", "Image", 0), ("FLOAT", "Alpha", 250)):
        mix = _node(tree, "ShaderNodeMix", x, y - below)
        mix.data_type = kind
        share, first, second, out = _mix_sockets(mix)
        tree.links.new(factor, share)
        for socket, picture, up in ((first, black, 0), (second, white, 60)):
            if kind == "FLOAT":
                parts = _node(tree, "CompositorNodeSeparateColor", x - 200, y - below + up)
                tree.links.new(picture, parts.inputs[0])
                picture = parts.outputs["Alpha"]
            tree.links.new(picture, socket)
        tree.links.new(out, result.inputs[taken])
    return result.outputs[0]


def _math(
    tree: bpy.types.NodeTree, operation: str, values: tuple[bpy.types.NodeSocket | float, ...], x: float, y: float
) -> bpy.types.NodeSocket:
    node = _node(tree, "ShaderNodeMath", x, y)
    node.operation = operation
    for socket, value in zip(node.inputs, values, strict=False):
        if isinstance(value, float):
            socket.default_value = value
        else:
            tree.links.new(value, socket)
    return node.outputs[0]


def _mix_sockets(node: bpy.types.Node) -> tuple[bpy.types.NodeSocket, ...]:
    """Factor, A, B and result of a Mix node for colours, which has those of all types."""
    shown = [socket for socket in node.inputs if socket.enabled]
    return *shown[:3], next(socket for socket in node.outputs if socket.enabled)


def _node(tree: bpy.types.NodeTree, kind: str, x: float, y: float) -> bpy.types.Node:
    node = tree.nodes.new(kind)
    node.location = (x, y)
    return node
