# SPDX-License-Identifier: GPL-3.0-or-later
# A light wind over water.
import bpy

obj = bpy.context.object
empty = obj if obj.gid.excitation.kind != "NONE" else obj.gid.bake.active
settings = empty.gid.excitation

settings.kind = "WIND"
settings.strength = 0.01
settings.reach = 0.02
settings.attack = 24.0
settings.fade = 24.0
settings.low = 0.0
settings.high = 0.0
settings.gusts = 0.1
settings.gust_seconds = 3.0
