# SPDX-License-Identifier: GPL-3.0-or-later
# A flat plane with small files, for a background far away.
import bpy

settings = bpy.context.scene.gid

settings.results = {"PLANE"}
settings.format = "WEBP"
settings.passes = set()
settings.motion_blur = False
settings.set_range = True
