# SPDX-License-Identifier: GPL-3.0-or-later
"""A .blend that can travel: what can be packed is inside, what cannot lies beside it, and every path is relative."""

from __future__ import annotations

import secrets
import shutil
from dataclasses import dataclass, field
from pathlib import Path

import bpy

from .errors import SceneError
from .manifest import write_manifest
from .references import Reference, references
from .relative import relative_path

__all__ = ["SelfContained", "make_self_contained"]


@dataclass
class SelfContained:
    """What was done.

    Attributes:
        packed: labels of what is inside the .blend now.
        copied: folders that were made beside it.
        relative: labels of what lay beside it already and is named relatively now.
        bytes: that were copied.
        left: a sentence for each thing that the .blend still needs from elsewhere.
    """

    packed: list[str] = field(default_factory=list)
    copied: list[Path] = field(default_factory=list)
    relative: list[str] = field(default_factory=list)
    bytes: int = 0
    left: list[str] = field(default_factory=list)

    @property
    def sentence(self) -> str:
        """All of it, for a report."""
        parts = [f"{len(self.packed)} packed."] if self.packed else []
        parts += [f"{len(self.copied)} folders copied ({self.bytes / 1e6:.1f} MB)."] if self.copied else []
        parts += [f"{len(self.relative)} made relative."] if self.relative else []
        return " ".join(parts) if parts else "Nothing had to be done."


def make_self_contained() -> SelfContained:
    """Pack pictures, masks, sounds and fonts; copy sequences, movies and point caches to `image_dynamics` beside the
    .blend unless they lie there; make all paths relative. The .blend has to be saved afterwards to keep it.

    Raises:
        SceneError: when the .blend has no place yet, or the copies cannot be made; nothing is changed then.
    """
    if not bpy.data.filepath:
        raise SceneError("The .blend has no place yet.", "Save it first; what cannot be packed is put beside it.")
    home = Path(bpy.path.abspath("//")).resolve()
    done = SelfContained()
    to_pack: list[Reference] = []
    to_copy: dict[Path, list[Reference]] = {}
    to_name: list[Reference] = []
    for reference in references():
        missing = next((path for path in reference.files if not path.is_file()), None)
        if missing is not None:
            done.left.append(f"“{reference.label}” lacks “{missing}”.")
        elif reference.point_to is None:
            done.left.append(f"“{reference.label}” needs “{reference.files[0]}”, which is linked or none of ours.")
        elif reference.packable:
            to_pack.append(reference)
        elif reference.files[0].resolve().is_relative_to(home):
            to_name.append(reference)
        else:
            to_copy.setdefault(reference.files[0].parent, []).append(reference)

    places = _copy(home / "image_dynamics", to_copy, done)
    for reference in to_name:
        reference.point_to(reference.files[0].parent)
        done.relative.append(reference.label)
    for source, waiting in to_copy.items():
        for reference in waiting:
            reference.point_to(places[source])
    for reference in to_pack:
        if _pack(reference.block, done):
            _name_relatively(reference)
    known = {reference.block for reference in to_pack}
    # What was painted and not saved is nowhere yet.
    for image in [i for i in bpy.data.images if i.is_dirty and i.library is None and i not in known]:
        if image.type in {"IMAGE", "UV_TEST", "MULTILAYER"} and image.source in {"FILE", "GENERATED", "TILED"}:
            _pack(image, done)
    return done


def _pack(block: bpy.types.ID, done: SelfContained) -> bool:
    try:
        block.pack()
    except RuntimeError as error:
        reason = str(error).removeprefix("Error: ").strip().rstrip(".")
        done.left.append(f"“{block.name}” cannot be packed: {reason}.")
        return False
    done.packed.append(block.name)
    return True


def _name_relatively(reference: Reference) -> None:
    """What is packed keeps a path to be unpacked to; one of this machine's folders is none of another's business."""
    name = reference.files[0].name
    image = isinstance(reference.block, bpy.types.Image)
    if not image:
        return
    reference.block.filepath_raw = relative_path(reference.files[0]) if _beside(reference.files[0]) else f"//{name}"


def _beside(path: Path) -> bool:
    return path.resolve().is_relative_to(Path(bpy.path.abspath("//")).resolve())


def _copy(root: Path, wanted: dict[Path, list[Reference]], done: SelfContained) -> dict[Path, Path]:
    """Copy the files of each folder into one of its own; all of them or none."""
    files = {source: {path for r in waiting for path in r.files} for source, waiting in wanted.items()}
    size = sum(path.stat().st_size for paths in files.values() for path in paths)
    hidden: list[tuple[Path, Path]] = []
    places: dict[Path, Path] = {}
    try:
        if files:
            root.mkdir(exist_ok=True)
            free = shutil.disk_usage(root).free
            if free < size:
                raise SceneError(
                    f"The copies need {size / 1e6:.0f} MB, and “{root.parent}” has {free / 1e6:.0f} MB left.",
                    "Make room there, or save the .blend somewhere else.",
                )
        for source, paths in files.items():
            part = root / f".{source.name or 'files'}.{secrets.token_hex(4)}.part"
            part.mkdir()
            places[source] = _free(root, source.name or "files", set(places.values()))
            hidden.append((part, places[source]))
            for path in sorted(paths):
                shutil.copyfile(path, part / path.name)
            write_manifest(part, (path.name for path in paths))
        for part, place in hidden:
            part.rename(place)
            done.copied.append(place)
    except OSError as error:
        raise SceneError(
            f"Cannot copy to “{root}”: {error.strerror or error}.",
            "Make room there, or save the .blend in a folder where you may write.",
        ) from error
    finally:
        for part, _ in hidden:
            shutil.rmtree(part, ignore_errors=True)
    done.bytes = size
    return places


def _free(root: Path, name: str, taken: set[Path]) -> Path:
    place, number = root / name, 2
    while place.exists() or place in taken:
        place, number = root / f"{name} {number}", number + 1
    return place
