# SPDX-License-Identifier: GPL-3.0-or-later
"""How a picture's plane takes light, lets it through, and throws a shadow; chosen at first and changed at any time.

Colour and alpha come from one texture node. Blender filters a texture with alpha multiplied in and divides it out
again where both outputs are used, so the edge of a cut-out takes no colour from what is invisible beside it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any, Literal

import bpy

from ..compat import enable_nodes
from .errors import SceneError

__all__ = [
    "MASK",
    "SHADERS",
    "TEXTURE",
    "Shader",
    "Shading",
    "behind_of",
    "build_surface",
    "clean_edge",
    "set_shading",
    "shading_of",
]

Shader = Literal["SHADELESS", "EMISSION", "PRINCIPLED"]
SHADERS: tuple[Shader, ...] = ("SHADELESS", "EMISSION", "PRINCIPLED")

TEXTURE, MASK, BEHIND = "Picture", "Layer Mask", "Behind"
# On each node that is ours: what somebody adds is left alone.
_OURS = "gid_node"
_KEPT = "gid_shading"
# What materials of early versions are made of, which marked nothing.
_KNOWN = {"OUTPUT_MATERIAL", "TEX_IMAGE", "EMISSION", "BSDF_PRINCIPLED", "LIGHT_PATH", "MATH", "BSDF_TRANSPARENT"}
_KNOWN |= {"MIX_SHADER"}


@dataclass(frozen=True)
class Shading:
    """The choices, with the names that Blender's Import Images as Planes has for them.

    Attributes:
        shader: SHADELESS looks like the photo to the camera and lights nothing, EMISSION also lights its
            surroundings, PRINCIPLED takes the scene's light.
        emit_strength: of EMISSION.
        use_transparency: whether the picture's alpha makes the plane transparent.
        casts_shadow: whether the scene's lights see it; None does what is usual for the shader, and what looks like a
            photo usually throws no shadow.
        render_method: DITHERED or BLENDED, for EEVEE.
        use_backface_culling: hide the back.
        show_transparent_back: of BLENDED, draw what lies behind within the same object.
        interpolation: of the texture.
        extension: of the texture beyond its border. EXTEND, where Blender has CLIP, which would mix the outermost half
            pixel with black.
    """

    shader: Shader = "SHADELESS"
    emit_strength: float = 1.0
    use_transparency: bool = True
    casts_shadow: bool | None = None
    render_method: str = "DITHERED"
    use_backface_culling: bool = False
    show_transparent_back: bool = True
    interpolation: str = "Linear"
    extension: str = "EXTEND"

    @property
    def shadow(self) -> bool:
        """Whether it throws one."""
        return self.shader != "SHADELESS" if self.casts_shadow is None else self.casts_shadow


def build_surface(
    material: bpy.types.Material,
    image: bpy.types.Image,
    shading: Shading,
    *,
    mask: bpy.types.Image | None = None,
    behind: bpy.types.Image | None = None,
) -> bpy.types.Node:
    """Make the material show the image; returns its texture node. Nodes that others have added stay, unconnected.

    Args:
        material: local and editable.
        image: the picture; its colour space and alpha mode stay as they are.
        shading: how.
        mask: a grey image over the whole picture that its alpha is multiplied with.
        behind: what the picture would show without what the mask cuts out. Where the mask is soft, the picture is a
            mixture of both; with this its share is taken out again, or it would be seen as a fringe.
    """
    tree = enable_nodes(material)
    for node in [n for n in tree.nodes if _OURS in n or n.type == "OUTPUT_MATERIAL"]:
        tree.nodes.remove(node)
    output = _node(tree, "ShaderNodeOutputMaterial", 600)
    texture = _texture(tree, TEXTURE, image, shading, 0)
    colour = texture.outputs["Color"]
    alpha = texture.outputs["Alpha"] if shading.use_transparency else None
    if mask is not None:
        drawn = _texture(tree, MASK, mask, shading, -300).outputs["Color"]
        if behind is not None:
            back = _texture(tree, BEHIND, behind, shading, -600).outputs["Color"]
            colour = _unmixed(tree, colour, back, drawn, is_float=image.is_float)
        alpha = drawn if alpha is None else _math(tree, "MULTIPLY", alpha, drawn)

    if shading.shader == "PRINCIPLED":
        surface = _node(tree, "ShaderNodeBsdfPrincipled", 200)
        tree.links.new(colour, surface.inputs["Base Color"])
        if alpha is not None:
            tree.links.new(alpha, surface.inputs["Alpha"])
        tree.links.new(surface.outputs[0], output.inputs["Surface"])
    else:
        emission = _node(tree, "ShaderNodeEmission", 0)
        tree.links.new(colour, emission.inputs["Color"])
        if shading.shader == "EMISSION":
            emission.inputs["Strength"].default_value = shading.emit_strength
        else:
            rays = _node(tree, "ShaderNodeLightPath", -400, 400)
            seen = rays.outputs["Is Camera Ray"]
            if shading.shadow:
                # Never both at once, so their sum is either.
                seen = _math(tree, "ADD", seen, rays.outputs["Is Shadow Ray"])
            alpha = seen if alpha is None else _math(tree, "MULTIPLY", alpha, seen)
        tree.links.new(_seen_through(tree, emission, alpha), output.inputs["Surface"])

    # Solid viewports and `sources.find_source` take the active one for the picture.
    tree.nodes.active = texture
    material.surface_render_method = shading.render_method
    material.use_backface_culling = shading.use_backface_culling
    material.use_transparency_overlap = shading.show_transparent_back
    material[_KEPT] = {name: value for name, value in asdict(shading).items() if value is not None}
    return texture


def shading_of(material: bpy.types.Material) -> Shading:
    """The choices a material was made with; the defaults, and what its nodes say, where it was not made here."""
    kept = material.get(_KEPT)
    if kept is not None:
        known = {field.name for field in fields(Shading)}
        found: dict[str, Any] = {name: value for name, value in dict(kept).items() if name in known}
        for name in ("use_transparency", "casts_shadow", "use_backface_culling", "show_transparent_back"):
            if name in found:
                found[name] = bool(found[name])
        return Shading(**found)
    nodes = list(material.node_tree.nodes) if material.node_tree is not None else []
    kinds = {node.type for node in nodes}
    shader: Shader = "PRINCIPLED" if "BSDF_PRINCIPLED" in kinds else "SHADELESS"
    if shader == "SHADELESS" and "LIGHT_PATH" not in kinds:
        shader = "EMISSION"
    textures = [node for node in nodes if node.type == "TEX_IMAGE"]
    return Shading(shader=shader, use_transparency=any(node.outputs["Alpha"].is_linked for node in textures))


def set_shading(obj: bpy.types.Object, shading: Shading) -> bpy.types.Material:
    """Give a picture's plane another shading; what its texture shows stays, sequences too.

    A material whose nodes somebody has edited is left as it is, with a fake user, and replaced by a new one.

    Args:
        obj: with a picture in its active material.
        shading: all of it, see `shading_of` for what it has.

    Returns:
        its material.

    Raises:
        SceneError: when it shows no picture, or is linked.
    """
    material = obj.active_material
    texture = _picture_node(material)
    if texture is None:
        raise SceneError(f"“{obj.name}” shows no picture.", "Select a picture's plane.")
    for block in (obj, material):
        if block.library is not None:
            raise SceneError(
                f"“{block.name}” is linked from {block.library.filepath}.",
                "Edit it there, or choose Object > Relations > Make Local > All.",
            )
    image, user = texture.image, _user_of(texture)
    mask, behind = (_image_of(material, name) for name in (MASK, BEHIND))
    if not _is_ours(material):
        material.use_fake_user = True
        material = bpy.data.materials.new(material.name)
        enable_nodes(material).nodes.clear()
        obj.active_material = material
    elif not any(_OURS in node for node in material.node_tree.nodes):
        material.node_tree.nodes.clear()
    texture = build_surface(material, image, shading, mask=mask, behind=behind)
    for name, value in user.items():
        setattr(texture.image_user, name, value)
    # Cycles and EEVEE both ask the object too; a plane that lets all light through still costs them samples.
    obj.visible_shadow = shading.shadow
    if obj.type == "MESH" and "gid_width" in obj.data:
        obj.data["gid_shader"] = shading.shader
    return material


def clean_edge(material: bpy.types.Material, behind: bpy.types.Image) -> None:
    """Take out of a layer's soft edge what lies behind it; see `build_surface`. Without a mask, nothing."""
    texture, mask = _picture_node(material), _image_of(material, MASK)
    if texture is not None and mask is not None and _is_ours(material):
        build_surface(material, texture.image, shading_of(material), mask=mask, behind=behind)


def behind_of(material: bpy.types.Material | None) -> bpy.types.Image | None:
    """What is taken out of a layer's soft edge (`clean_edge`); None where nothing is."""
    return None if material is None or material.node_tree is None else _image_of(material, BEHIND)


def _image_of(material: bpy.types.Material, name: str) -> bpy.types.Image | None:
    return next((n.image for n in material.node_tree.nodes if n.name == name and _OURS in n), None)


def _is_ours(material: bpy.types.Material) -> bool:
    nodes = material.node_tree.nodes
    if any(_OURS in node for node in nodes):
        return all(_OURS in node for node in nodes)
    return {node.type for node in nodes} <= _KNOWN


def _picture_node(material: bpy.types.Material | None) -> bpy.types.Node | None:
    if material is None or material.node_tree is None:
        return None
    textures = [n for n in material.node_tree.nodes if n.type == "TEX_IMAGE" and n.image is not None]
    named = [n for n in textures if n.name == TEXTURE]
    return next(iter(named or [n for n in textures if n.name not in {MASK, BEHIND}]), None)


def _user_of(texture: bpy.types.Node) -> dict[str, Any]:
    names = ("frame_duration", "frame_start", "frame_offset", "use_cyclic", "use_auto_refresh")
    return {name: getattr(texture.image_user, name) for name in names}


def _texture(tree: bpy.types.NodeTree, name: str, image: bpy.types.Image, shading: Shading, y: float) -> bpy.types.Node:
    node = _node(tree, "ShaderNodeTexImage", -700, y)
    node.name = node.label = name
    node.image = image
    node.interpolation = shading.interpolation
    node.extension = shading.extension
    return node


def _math(
    tree: bpy.types.NodeTree, operation: str, first: bpy.types.NodeSocket | float, second: bpy.types.NodeSocket | float
) -> bpy.types.NodeSocket:
    node = _node(tree, "ShaderNodeMath", -200, 300)
    node.operation = operation
    _feed(tree, node.inputs[0], first)
    _feed(tree, node.inputs[1], second)
    return node.outputs[0]


def _vector(
    tree: bpy.types.NodeTree,
    operation: str,
    first: bpy.types.NodeSocket,
    second: bpy.types.NodeSocket | tuple[float, float, float],
) -> bpy.types.NodeSocket:
    node = _node(tree, "ShaderNodeVectorMath", -200, -400)
    node.operation = operation
    _feed(tree, node.inputs[0], first)
    _feed(tree, node.inputs["Scale"] if operation == "SCALE" else node.inputs[1], second)
    return node.outputs[0]


def _feed(tree: bpy.types.NodeTree, socket: bpy.types.NodeSocket, value: object) -> None:
    if isinstance(value, bpy.types.NodeSocket):
        tree.links.new(value, socket)
    else:
        socket.default_value = value


def _unmixed(
    tree: bpy.types.NodeTree,
    colour: bpy.types.NodeSocket,
    back: bpy.types.NodeSocket,
    share: bpy.types.NodeSocket,
    *,
    is_float: bool,
) -> bpy.types.NodeSocket:
    """The front of a mixture, (colour − (1 − share) · back) / share: not negative, and of a byte picture at most 1.

    The front over the same back is the mixture again, so a picture that is split looks as it did.
    """
    rest = _math(tree, "SUBTRACT", 1.0, share)
    front = _vector(tree, "SUBTRACT", colour, _vector(tree, "SCALE", back, rest))
    # Below a twentieth, nothing of it is seen but the noise of a division.
    front = _vector(tree, "SCALE", front, _math(tree, "DIVIDE", 1.0, _math(tree, "MAXIMUM", share, 0.05)))
    front = _vector(tree, "MAXIMUM", front, (0.0, 0.0, 0.0))
    return front if is_float else _vector(tree, "MINIMUM", front, (1.0, 1.0, 1.0))


def _seen_through(
    tree: bpy.types.NodeTree, surface: bpy.types.Node, factor: bpy.types.NodeSocket | None
) -> bpy.types.NodeSocket:
    """The surface where the factor is 1, transparency where it is 0."""
    if factor is None:
        return surface.outputs[0]
    clear = _node(tree, "ShaderNodeBsdfTransparent", 0, -150)
    mix = _node(tree, "ShaderNodeMixShader", 300)
    tree.links.new(factor, mix.inputs[0])
    tree.links.new(clear.outputs[0], mix.inputs[1])
    tree.links.new(surface.outputs[0], mix.inputs[2])
    return mix.outputs[0]


def _node(tree: bpy.types.NodeTree, kind: str, x: float, y: float = 0) -> bpy.types.Node:
    node = tree.nodes.new(kind)
    node.location = (x, y)
    node[_OURS] = True
    return node
