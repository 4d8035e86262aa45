# SPDX-License-Identifier: GPL-3.0-or-later
"""Motion vectors as the worker writes them; neither Blender's Python nor its tests have a library for OpenEXR."""

import struct

import numpy as np


def vectors(width, height, values):
    """The bytes of an OpenEXR file as the worker writes it: X, Y, Z and W of a Vector pass, all the same everywhere."""

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
    row = b"".join(np.full(width, channels[name], "<f4").tobytes() for name in sorted(channels))
    first = len(header) + 8 * height
    offsets = struct.pack(f"<{height}q", *(first + y * (8 + len(row)) for y in range(height)))
    return header + offsets + b"".join(struct.pack("<ii", y, len(row)) + row for y in range(height))
