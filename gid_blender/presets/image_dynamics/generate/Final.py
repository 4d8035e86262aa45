# SPDX-License-Identifier: GPL-3.0-or-later
# Slow, and as good as it gets.
import bpy

settings = bpy.context.scene.gid

settings.quality = "HIGH"
settings.natural_period = True
settings.period = 150
settings.columns = 0
settings.pin_border = 0.02
