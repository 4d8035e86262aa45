# SPDX-License-Identifier: GPL-3.0-or-later
# A light wind: small, even, tips a little restless.
import bpy

obj = bpy.context.object

obj["gid_amplitude"] = 0.7
obj["gid_stiffness"] = 1.0
obj["gid_damping"] = 1.2
gains = (0.42, 0.53, 0.63, 0.68, 0.7, 0.69, 0.67, 0.64, 0.61, 0.58, 0.56, 0.54, 0.52, 0.5, 0.49)
for band, gain in enumerate(gains, 1):
    # A motion may have fewer bands.
    if f"gid_gain_{band:02d}" in obj:
        obj[f"gid_gain_{band:02d}"] = gain
