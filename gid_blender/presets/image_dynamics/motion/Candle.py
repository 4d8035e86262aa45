# SPDX-License-Identifier: GPL-3.0-or-later
# A flame: hardly leans, and flickers.
import bpy

obj = bpy.context.object

obj["gid_amplitude"] = 1.2
obj["gid_stiffness"] = 2.0
obj["gid_damping"] = 2.0
gains = (0.3, 0.31, 0.34, 0.4, 0.51, 0.65, 0.79, 0.91, 1.01, 1.09, 1.16, 1.21, 1.25, 1.28, 1.31)
for band, gain in enumerate(gains, 1):
    # A motion may have fewer bands.
    if f"gid_gain_{band:02d}" in obj:
        obj[f"gid_gain_{band:02d}"] = gain
