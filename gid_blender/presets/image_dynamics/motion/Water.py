# SPDX-License-Identifier: GPL-3.0-or-later
# What swims on a pond: slow and smooth.
import bpy

obj = bpy.context.object

obj["gid_amplitude"] = 1.3
obj["gid_stiffness"] = 0.5
obj["gid_damping"] = 1.5
gains = (1.2, 1.11, 0.52, 0.18, 0.07, 0.04, 0.02, 0.01, 0.01, 0, 0, 0, 0, 0, 0)
for band, gain in enumerate(gains, 1):
    # A motion may have fewer bands.
    if f"gid_gain_{band:02d}" in obj:
        obj[f"gid_gain_{band:02d}"] = gain
