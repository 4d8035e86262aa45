# SPDX-License-Identifier: GPL-3.0-or-later
# A tree in a fresh wind: the crown sways, leaves tremble on it.
import bpy

obj = bpy.context.object

obj["gid_amplitude"] = 1.2
obj["gid_stiffness"] = 0.8
obj["gid_damping"] = 0.8
gains = (0.99, 1.09, 0.72, 0.53, 0.51, 0.57, 0.67, 0.74, 0.79, 0.8, 0.79, 0.75, 0.71, 0.66, 0.61)
for band, gain in enumerate(gains, 1):
    # A motion may have fewer bands.
    if f"gid_gain_{band:02d}" in obj:
        obj[f"gid_gain_{band:02d}"] = gain
