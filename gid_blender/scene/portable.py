# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures and materials for other programs: the picture as a file beside the export, the material as they know it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import bpy
import numpy as np

from ..compat import enable_nodes
from .errors import SceneError
from .layers import layer_pixels, mask_of_layer
from .pixels import image_from_pixels, read_pixels
from .shading import MASK, TEXTURE

__all__ = ["gltf_materials", "picture_file", "pictures_of", "portable_materials"]

_SUFFIXES = {"PNG": ".png", "JPEG": ".jpg", "OPEN_EXR": ".exr", "TIFF": ".tif", "WEBP": ".webp", "BMP": ".bmp"}
_SUFFIXES |= {"TARGA": ".tga", "HDR": ".hdr", "OPEN_EXR_MULTILAYER": ".exr", "JPEG2000": ".jp2"}


def pictures_of(mesh: bpy.types.Mesh) -> list[bpy.types.Image]:
    """The still pictures that the mesh's materials show, each once."""
    nodes = [n for m in mesh.materials if m is not None and m.node_tree is not None for n in m.node_tree.nodes]
    images = [n.image for n in nodes if n.type == "TEX_IMAGE" and n.image is not None]
    return list(dict.fromkeys(i for i in images if i.source in {"FILE", "GENERATED"}))


def picture_file(image: bpy.types.Image, folder: Path) -> Path:
    """Write a picture into a folder: the bytes of its own file where it has one, else its pixels.

    Raises:
        SceneError: when its file is missing.
        OSError: when the folder takes nothing.
    """
    stem = bpy.path.clean_name(Path(image.name).stem) or "picture"
    source = Path(bpy.path.abspath(image.filepath, library=image.library)) if image.filepath else None
    if image.is_dirty or image.source == "GENERATED":
        return _painted(image, folder / stem)
    suffix = (source.suffix if source is not None else "") or _SUFFIXES.get(image.file_format, ".png")
    path = folder / f"{stem}{suffix.lower()}"
    if image.packed_file is not None:
        path.write_bytes(image.packed_file.data)
    elif source is not None and source.is_file():
        shutil.copyfile(source, path)
    else:
        raise SceneError(
            f"The picture “{image.name}” is missing: there is no file “{source}”.",
            "Choose File › External Data › Find Missing Files, or switch Textures off.",
        )
    return path


def _painted(image: bpy.types.Image, stem: Path) -> Path:
    width, height = image.size
    if min(width, height) < 1:
        raise SceneError(f"The picture “{image.name}” has no pixels.", "Choose another, or switch Textures off.")
    # A copy, because what a picture is saved as is a property of the picture.
    copy = bpy.data.images.new(image.name, width, height, alpha=True, float_buffer=image.is_float)
    try:
        copy.colorspace_settings.name = image.colorspace_settings.name
        values = np.empty(width * height * image.channels, np.float32)
        image.pixels.foreach_get(values)
        copy.pixels.foreach_set(values)
        copy.file_format = "OPEN_EXR" if image.is_float else "PNG"
        path = stem.with_name(stem.name + _SUFFIXES[copy.file_format])
        copy.save(filepath=str(path))
    except RuntimeError as error:
        raise SceneError(f"Blender cannot write the picture “{image.name}”: {error}.") from error
    finally:
        bpy.data.images.remove(copy)
    return path


@contextmanager
def portable_materials(
    mesh: bpy.types.Mesh, stage: Callable[[bpy.types.Image], Path], *, light: bool
) -> Iterator[None]:
    """Give a mesh, for as long as this lasts, copies of its materials that exporters understand.

    A plane that shows its picture without light becomes a Principled one: exporters look at nothing else.

    Args:
        mesh: a temporary one.
        stage: writes a picture where it will lie and says where that is.
        light: whether a picture that needs no light shines by itself, in a format whose readers show that; else it is
            plain colour.
    """
    images, materials = {}, []
    try:
        for index, material in enumerate(mesh.materials):
            if material is None or material.node_tree is None:
                continue
            copy = material.copy()
            materials.append((copy, material.name))
            mesh.materials[index] = copy
            shown = [n for n in copy.node_tree.nodes if n.type == "TEX_IMAGE" and n.image is not None]
            for node in shown:
                if node.image.source not in {"FILE", "GENERATED"}:
                    continue
                if node.image not in images:
                    images[node.image] = _loaded(stage(node.image), node.image)
                node.image = images[node.image]
            if shown and not any(n.type == "BSDF_PRINCIPLED" for n in copy.node_tree.nodes):
                _make_principled(copy, light)
        yield
    finally:
        mesh.materials.clear()
        for copy, _ in materials:
            bpy.data.materials.remove(copy)
        for image in images.values():
            bpy.data.images.remove(image)


@contextmanager
def gltf_materials(mesh: bpy.types.Mesh, obj: bpy.types.Object) -> Iterator[None]:
    """Give a mesh, for as long as this lasts, copies of its see-through materials that Blender's glTF exporter
    understands: it knows alpha only as the picture's own, and what needs no light by a few arrangements of nodes.

    Args:
        mesh: a temporary one.
        obj: that it is the double of; the mask of a layer becomes its picture's alpha.
    """
    made: list[bpy.types.Material] = []
    cut = None
    try:
        if len(mesh.materials) and mask_of_layer(obj) is not None:
            cut = image_from_pixels(obj.name, layer_pixels(obj))
        for index, material in enumerate(mesh.materials):
            if material is None or material.node_tree is None:
                continue
            texture = _picture(material)
            if texture is None or not (cut is not None or _has_alpha(material, texture)):
                continue
            made.append(material.copy())
            mesh.materials[index] = made[-1]
            _make_recognised(made[-1], cut)
        yield
    finally:
        mesh.materials.clear()
        for copy in made:
            bpy.data.materials.remove(copy)
        if cut is not None:
            bpy.data.images.remove(cut)


def _make_recognised(material: bpy.types.Material, cut: bpy.types.Image | None) -> None:
    tree, texture = material.node_tree, _picture(material)
    if cut is not None:
        texture.image = cut
    surface = next((n for n in tree.nodes if n.type == "BSDF_PRINCIPLED"), None)
    if surface is not None:
        tree.links.new(texture.outputs["Color"], surface.inputs["Base Color"])
        tree.links.new(texture.outputs["Alpha"], surface.inputs["Alpha"])
        return
    for node in [n for n in tree.nodes if n != texture]:
        tree.nodes.remove(node)
    output, mix = tree.nodes.new("ShaderNodeOutputMaterial"), tree.nodes.new("ShaderNodeMixShader")
    clear = tree.nodes.new("ShaderNodeBsdfTransparent")
    tree.links.new(texture.outputs["Alpha"], mix.inputs[0])
    tree.links.new(clear.outputs[0], mix.inputs[1])
    tree.links.new(texture.outputs["Color"], mix.inputs[2])
    tree.links.new(mix.outputs[0], output.inputs["Surface"])


def _picture(material: bpy.types.Material) -> bpy.types.Node | None:
    textures = {n.name: n for n in material.node_tree.nodes if n.type == "TEX_IMAGE" and n.image is not None}
    return textures.get(TEXTURE, next(iter(textures.values()), None))


def _has_alpha(material: bpy.types.Material, texture: bpy.types.Node) -> bool:
    """Whether the picture is transparent anywhere, and the material shows that."""
    if not any(link.from_socket == texture.outputs["Alpha"] for link in material.node_tree.links):
        return False
    return texture.image.source not in {"FILE", "GENERATED"} or read_pixels(texture.image).array.shape[2] == 4


def _loaded(path: Path, like: bpy.types.Image) -> bpy.types.Image:
    image = bpy.data.images.load(str(path))
    image.colorspace_settings.name, image.alpha_mode = like.colorspace_settings.name, like.alpha_mode
    return image


def _make_principled(material: bpy.types.Material, light: bool) -> None:
    tree = enable_nodes(material)
    texture = _picture(material)
    mask = next((n for n in tree.nodes if n.name == MASK and n.type == "TEX_IMAGE" and n.image is not None), None)
    transparent = any(link.from_socket == texture.outputs["Alpha"] for link in tree.links)
    for node in [n for n in tree.nodes if n not in {texture, mask}]:
        tree.nodes.remove(node)
    output, surface = tree.nodes.new("ShaderNodeOutputMaterial"), tree.nodes.new("ShaderNodeBsdfPrincipled")
    surface.inputs["Roughness"].default_value = 1.0
    if light:
        surface.inputs["Base Color"].default_value = (0.0, 0.0, 0.0, 1.0)
        surface.inputs["Emission Strength"].default_value = 1.0
    tree.links.new(texture.outputs["Color"], surface.inputs["Emission Color" if light else "Base Color"])
    if mask is not None:
        # Of a layer: what it cuts out counts more than what the picture leaves out.
        tree.links.new(mask.outputs["Color"], surface.inputs["Alpha"])
    elif transparent:
        tree.links.new(texture.outputs["Alpha"], surface.inputs["Alpha"])
    tree.links.new(surface.outputs[0], output.inputs["Surface"])
