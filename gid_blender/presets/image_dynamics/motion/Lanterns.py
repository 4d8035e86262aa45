# SPDX-License-Identifier: GPL-3.0-or-later
# What hangs from a thread: swings in its own time, for long.
import bpy

obj = bpy.context.object

obj["gid_amplitude"] = 1.1
obj["gid_stiffness"] = 1.0
obj["gid_damping"] = 0.4
gains = (0.13, 0.78, 1.2, 0.97, 0.62, 0.37, 0.24, 0.17, 0.13, 0.12, 0.11, 0.1, 0.1, 0.1, 0.1)
for band, gain in enumerate(gains, 1):
    # A motion may have fewer bands.
    if f"gid_gain_{band:02d}" in obj:
        obj[f"gid_gain_{band:02d}"] = gain
