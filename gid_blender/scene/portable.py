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
from .shading import MASK, TEXTURE

__all__ = ["picture_file", "pictures_of", "portable_materials"]

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


def _loaded(path: Path, like: bpy.types.Image) -> bpy.types.Image:
    image = bpy.data.images.load(str(path))
    image.colorspace_settings.name, image.alpha_mode = like.colorspace_settings.name, like.alpha_mode
    return image


def _make_principled(material: bpy.types.Material, light: bool) -> None:
    tree = enable_nodes(material)
    textures = {n.name: n for n in tree.nodes if n.type == "TEX_IMAGE" and n.image is not None}
    texture, mask = textures.get(TEXTURE, next(iter(textures.values()))), textures.get(MASK)
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
