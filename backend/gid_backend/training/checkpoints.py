# SPDX-License-Identifier: GPL-3.0-or-later
"""Checkpoints of a training run: whole or not there at all, in files small enough to travel, without pickle.

<folder>/step-000001200/checkpoint.json       facts, and which piece of which tensor is in which file
                        00001.safetensors …   at most 16 MB each
<folder>/step-000001100/…                     the one before, for when the newest turns out damaged
"""

from __future__ import annotations

import json
import os
import shutil
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from ..errors import GidError

__all__ = ["Checkpoint", "CheckpointError", "read_checkpoint", "write_checkpoint"]

FORMAT = "gid-training-2"
INDEX = "checkpoint.json"
KEPT = 2
# Bytes of tensors in a file; the header comes on top, and 16 MB in all is what may travel.
FILE_BYTES = 15_000_000


class CheckpointError(GidError):
    """A checkpoint cannot be written, read, or used for this run."""

    code = "bad_checkpoint"


@dataclass(frozen=True)
class Checkpoint:
    """What was read.

    Attributes:
        folder: of this checkpoint.
        facts: JSON values as given to `write_checkpoint`.
        tensors: by name, on the CPU.
    """

    folder: Path
    facts: dict[str, Any]
    tensors: dict[str, Tensor]


def write_checkpoint(folder: Path, step: int, tensors: Mapping[str, Tensor], facts: dict[str, Any]) -> Path:
    """Write the checkpoint of a step, then let go of all but it and the one before.

    At every moment, also when the process is killed or the power fails, the newest or the one before is whole.

    Args:
        folder: of the run, made when missing.
        step: its number.
        tensors: by name.
        facts: JSON values.

    Raises:
        CheckpointError: when it cannot be written; those that were there are still there.
    """
    target = folder / f"step-{step:09d}"
    partial = folder / f".{target.name}.part"
    try:
        # What a killed process was writing, of whichever step.
        for left in folder.glob(".step-*.part"):
            shutil.rmtree(left, ignore_errors=True)
        partial.mkdir(parents=True)
        files: dict[str, Any] = {}
        index: dict[str, Any] = {name: {"shape": list(t.shape), "pieces": []} for name, t in tensors.items()}
        for number, pieces in enumerate(_packed(tensors), 1):
            file = f"{number:05d}.safetensors"
            content = save({str(place): piece for place, (_, piece) in enumerate(pieces)})
            _write(partial / file, content)
            files[file] = {"bytes": len(content), "crc32": zlib.crc32(content)}
            for place, (name, _) in enumerate(pieces):
                index[name]["pieces"].append([file, str(place)])
        document = {"format": FORMAT, "facts": facts, "files": files, "tensors": index}
        _write(partial / INDEX, json.dumps(document).encode())
        _settle(partial)
        # A damaged one of the same step is in the way when a run went on from the one before it.
        _remove(target)
        os.replace(partial, target)
        _settle(folder)
    except OSError as error:
        shutil.rmtree(partial, ignore_errors=True)
        kept = ", ".join(path.name for path in _present(folder)[:1])
        raise CheckpointError(
            f"The checkpoint of step {step} cannot be written to “{folder}”: {error.strerror or error}; "
            + (f"{kept} is still there." if kept else "there is none from before."),
            "Make room there and run the same command again to go on.",
        ) from error
    newer = [path for path in _present(folder) if path.name > target.name]
    older = [path for path in _present(folder) if path.name <= target.name]
    for path in (*newer, *older[KEPT:]):
        _remove(path)
    return target


def read_checkpoint(
    folder: Path, *, prefix: str = "", warn: Callable[[str], None] = lambda sentence: None
) -> Checkpoint | None:
    """The newest checkpoint that is whole.

    Args:
        folder: of the run.
        prefix: of the names of the tensors that are wanted; files without any are not opened.
        warn: told about damaged ones that are passed over.

    Returns:
        None when there is no checkpoint at all.

    Raises:
        CheckpointError: when all are damaged, or the newest whole one is of another version.
    """
    present = _present(folder)
    if not present and folder.is_dir() and any(path.suffix in {".pkl", ".safetensors"} for path in folder.iterdir()):
        raise CheckpointError(
            f"“{folder}” holds a checkpoint that another version wrote (this one reads {FORMAT}).",
            "Choose another --work folder.",
        )
    for path in present:
        try:
            return _read(path, prefix)
        except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            warn(f"“{path}” is damaged ({reason}); going on from the checkpoint before it.")
    if present:
        raise CheckpointError(
            f"No checkpoint in “{folder}” is whole.", "Remove the folder to start again, or choose another --work."
        )
    return None


def _read(path: Path, prefix: str) -> Checkpoint:
    document = json.loads((path / INDEX).read_text())
    if document["format"] != FORMAT:
        raise CheckpointError(
            f"“{path}” was written by another version (format {document['format']}; this one reads {FORMAT}).",
            "Choose another --work folder.",
        )
    wanted = {name: entry for name, entry in document["tensors"].items() if name.startswith(prefix)}
    pieces: dict[str, dict[str, Tensor]] = {}
    for file in {file for entry in wanted.values() for file, _ in entry["pieces"]}:
        content = (path / file).read_bytes()
        expected = document["files"][file]
        if len(content) != expected["bytes"] or zlib.crc32(content) != expected["crc32"]:
            raise ValueError(f"{file} is not as it was written")
        pieces[file] = load(content)
    tensors = {
        name: torch.cat([pieces[file][key] for file, key in entry["pieces"]]).reshape(entry["shape"])
        for name, entry in wanted.items()
    }
    return Checkpoint(path, document["facts"], tensors)


def _packed(tensors: Mapping[str, Tensor]) -> Iterator[list[tuple[str, Tensor]]]:
    """Names and flat pieces, in portions of at most `FILE_BYTES`; a large tensor is cut."""
    portion: list[tuple[str, Tensor]] = []
    room = FILE_BYTES
    for name, tensor in tensors.items():
        flat = tensor.detach().cpu().flatten()
        # An empty tensor is one empty piece.
        for piece in flat.split(FILE_BYTES // flat.element_size()) if flat.numel() else [flat]:
            size = piece.numel() * piece.element_size()
            if size > room:
                yield portion
                portion, room = [], FILE_BYTES
            # A copy: pieces of one tensor share its memory, which safetensors refuses.
            portion.append((name, piece.clone()))
            room -= size
    if portion:
        yield portion


def _write(path: Path, content: bytes) -> None:
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _settle(folder: Path) -> None:
    """Have the disk know the names in a folder; Windows does so by itself and cannot open folders."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _present(folder: Path) -> list[Path]:
    """Finished checkpoints, newest first."""
    return sorted(folder.glob("step-*"), reverse=True)


def _remove(path: Path) -> None:
    # Without its index it is no checkpoint any more, so one that is half removed is not taken for whole.
    with suppress(FileNotFoundError):
        (path / INDEX).unlink()
    shutil.rmtree(path, ignore_errors=True)
