# SPDX-License-Identifier: GPL-3.0-or-later
# Float frames with motion vectors and coverage, and the scene's range left alone.
import bpy

settings = bpy.context.scene.gid

settings.results = {"EDITOR", "MESH"}
settings.format = "EXR"
settings.passes = {"MOTION_VECTORS", "COVERAGE"}
settings.motion_blur = False
settings.set_range = False
