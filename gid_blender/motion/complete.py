# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a file that somebody else wrote is all there: writers of other programs say nothing when a disk is full.

Each format tells at its head how long it is, or that it was closed, or has a mark at its very end.
"""

from __future__ import annotations

import os
import struct
import zipfile
from pathlib import Path

__all__ = ["is_complete"]

# The last bytes of any binary FBX.
_FBX_END = bytes.fromhex("f85a8c6adef5d97eece90ce3758f290b")


def is_complete(path: str | os.PathLike[str]) -> bool:
    """Whether a file ends where its format says it should; of a suffix without a rule, whether it has any bytes.

    `.glb`, `.abc`, `.usdc`, `.usd` (binary), `.usdz` and `.fbx` have rules. A file that cannot be read is not complete.
    """
    target = Path(path)
    try:
        size = target.stat().st_size
        with open(target, "rb") as file:
            head = file.read(32)
            file.seek(max(0, size - 16))
            tail = file.read()
        return size > 0 and _whole(target, head, tail, size)
    except OSError:
        return False


def _whole(path: Path, head: bytes, tail: bytes, size: int) -> bool:
    match path.suffix.lower():
        case ".glb":
            return head[:4] == b"glTF" and len(head) >= 12 and struct.unpack_from("<I", head, 8)[0] == size
        case ".abc":
            # Ogawa turns this byte from 0 into 255 when everything else was written.
            return head[:6] == b"Ogawa\xff"
        case ".usd" | ".usdc" if head[:8] == b"PXR-USDC":
            # The table of contents comes last, and the head says where it begins.
            return len(head) >= 24 and 24 < struct.unpack_from("<q", head, 16)[0] < size
        case ".usdc":
            return False
        case ".fbx":
            return tail == _FBX_END and head[:18] == b"Kaydara FBX Binary"
        case ".usdz":
            return zipfile.is_zipfile(path)
    return True
