# SPDX-License-Identifier: GPL-3.0-or-later
# As much as a twig can bear.
import bpy

obj = bpy.context.object
empty = obj if obj.gid.excitation.kind != "NONE" else obj.gid.bake.active
settings = empty.gid.excitation

settings.kind = "WIND"
settings.strength = 0.06
settings.reach = 0.02
settings.attack = 12.0
settings.fade = 24.0
settings.low = 0.0
settings.high = 0.0
settings.gusts = 0.5
settings.gust_seconds = 0.8
