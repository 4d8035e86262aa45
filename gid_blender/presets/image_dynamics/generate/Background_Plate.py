# SPDX-License-Identifier: GPL-3.0-or-later
# A picture that fills the frame: a fine grid, and a wide border at rest.
import bpy

settings = bpy.context.scene.gid

settings.quality = "HIGH"
settings.natural_period = True
settings.period = 150
settings.columns = 320
settings.pin_border = 0.08
