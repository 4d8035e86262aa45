# SPDX-License-Identifier: GPL-3.0-or-later
# A flag, a scarf: wide, with waves that run through it.
import bpy

obj = bpy.context.object

obj["gid_amplitude"] = 1.6
obj["gid_stiffness"] = 0.7
obj["gid_damping"] = 1.0
gains = (0.48, 0.94, 1.3, 1.4, 1.34, 1.21, 1.07, 0.94, 0.83, 0.74, 0.67, 0.61, 0.57, 0.53, 0.51)
for band, gain in enumerate(gains, 1):
    # A motion may have fewer bands.
    if f"gid_gain_{band:02d}" in obj:
        obj[f"gid_gain_{band:02d}"] = gain
