# SPDX-License-Identifier: GPL-3.0-or-later
"""Motion vectors as the worker writes them; neither Blender's Python nor its tests have a library for OpenEXR."""

import struct
import zlib

import numpy as np


def vectors(width, height, values):
    """The bytes of an OpenEXR file as the worker writes it: X, Y, Z and W of a Vector pass, (H, W) or one for all."""

    def attribute(name, kind, data):
        return f"{name}\0{kind}\0".encode() + struct.pack("<i", len(data)) + data

    channels = {f"Layer.Vector.{name}": value for name, value in zip("XYZW", values, strict=True)}
    listed = b"".join(name.encode() + b"\0" + struct.pack("<iB3xii", 2, 0, 1, 1) for name in sorted(channels)) + b"\0"
    window = struct.pack("<4i", 0, 0, width - 1, height - 1)
    header = b"".join(
        [
            struct.pack("<ii", 20000630, 2),
            attribute("channels", "chlist", listed),
            attribute("compression", "compression", b"\0"),
            attribute("dataWindow", "box2i", window),
            attribute("displayWindow", "box2i", window),
            attribute("lineOrder", "lineOrder", b"\0"),
            attribute("pixelAspectRatio", "float", struct.pack("<f", 1)),
            attribute("screenWindowCenter", "v2f", struct.pack("<ff", 0, 0)),
            attribute("screenWindowWidth", "float", struct.pack("<f", 1)),
            b"\0",
        ]
    )
    planes = [np.broadcast_to(np.asarray(channels[name], "<f4"), (height, width)) for name in sorted(channels)]
    rows = [b"".join(plane[y].tobytes() for plane in planes) for y in range(height)]
    first = len(header) + 8 * height
    offsets = struct.pack(f"<{height}q", *(first + y * (8 + len(rows[0])) for y in range(height)))
    return header + offsets + b"".join(struct.pack("<ii", y, len(row)) + row for y, row in enumerate(rows))


def read_vectors(data):
    """(X, Y, Z, W), each (H, W), out of the bytes of a file that the worker wrote: float, ZIP, 16 rows a block."""
    at, header = 8, {}
    while data[at]:
        name, kind, _ = data[at : at + 512].split(b"\0", 2)
        at += len(name) + len(kind) + 2
        (size,) = struct.unpack_from("<i", data, at)
        header[name.decode()] = data[at + 4 : at + 4 + size]
        at += 4 + size
    _, _, right, bottom = struct.unpack("<4i", header["dataWindow"])
    width, height = right + 1, bottom + 1
    # A channel is its name, four whole numbers, of which the first is 2 for float, and nothing else here.
    names, listed = [], header["channels"]
    while listed[0]:
        name, listed = listed.split(b"\0", 1)
        assert struct.unpack_from("<i", listed) == (2,)
        names.append(name.decode())
        listed = listed[16:]
    assert header["compression"] == b"\3"
    rows = np.empty((height, len(names), width), np.float32)
    for block in struct.unpack_from(f"<{-(-height // 16)}q", data, at + 1):
        first, size = struct.unpack_from("<ii", data, block)
        count = min(16, height - first)
        packed, raw = data[block + 8 : block + 8 + size], 4 * count * len(names) * width
        # What does not get smaller is stored as it is.
        if size < raw:
            steps = np.frombuffer(zlib.decompress(packed), np.uint8).astype(np.int64)
            steps[1:] -= 128
            whole = steps.cumsum().astype(np.uint8)
            plain = np.empty_like(whole)
            plain[::2], plain[1::2] = np.split(whole, [-(-raw // 2)])
            packed = plain.tobytes()
        rows[first : first + count] = np.frombuffer(packed, "<f4").reshape(count, len(names), width)
    return tuple(rows[:, names.index(f"Layer.Vector.{name}")] for name in "XYZW")
