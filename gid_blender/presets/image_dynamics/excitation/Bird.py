# SPDX-License-Identifier: GPL-3.0-or-later
# A bird that lands, sits and leaves.
import bpy

obj = bpy.context.object
empty = obj if obj.gid.excitation.kind != "NONE" else obj.gid.bake.active
settings = empty.gid.excitation

settings.kind = "LOAD"
settings.strength = 0.03
settings.reach = 0.03
settings.attack = 4.0
settings.fade = 3.0
settings.low = 0.0
settings.high = 0.0
settings.gusts = 0.3
settings.gust_seconds = 1.5
