# SPDX-License-Identifier: GPL-3.0-or-later
# A strip in the Video Sequencer, losslessly.
import bpy

settings = bpy.context.scene.gid

settings.results = {"MESH", "STRIP"}
settings.format = "PNG"
settings.passes = set()
settings.motion_blur = False
settings.set_range = True
