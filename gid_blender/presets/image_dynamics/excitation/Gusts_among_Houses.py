# SPDX-License-Identifier: GPL-3.0-or-later
# Wind that comes from everywhere by turns.
import bpy

obj = bpy.context.object
empty = obj if obj.gid.excitation.kind != "NONE" else obj.gid.bake.active
settings = empty.gid.excitation

settings.kind = "WIND"
settings.strength = 0.025
settings.reach = 0.02
settings.attack = 12.0
settings.fade = 12.0
settings.low = 0.0
settings.high = 0.0
settings.gusts = 0.3
settings.gust_seconds = 1.5
