# SPDX-License-Identifier: GPL-3.0-or-later
# A curtain, a carpet on the line: only the slow swing.
import bpy

obj = bpy.context.object

obj["gid_amplitude"] = 0.9
obj["gid_stiffness"] = 0.6
obj["gid_damping"] = 1.8
gains = (0.99, 0.84, 0.57, 0.36, 0.24, 0.17, 0.13, 0.1, 0.08, 0.06, 0.05, 0.04, 0.04, 0.03, 0.03)
for band, gain in enumerate(gains, 1):
    # A motion may have fewer bands.
    if f"gid_gain_{band:02d}" in obj:
        obj[f"gid_gain_{band:02d}"] = gain
