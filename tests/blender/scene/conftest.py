# SPDX-License-Identifier: GPL-3.0-or-later
"""A scene in which things are baked, and a picture in it."""

import bpy
import pytest

from gid_blender.scene import properties
from tests.blender.scene.baking import VOLUME
from tests.blender.scene.helpers import swaying


@pytest.fixture(scope="module")
def _properties():
    properties.register()
    yield
    properties.unregister()


@pytest.fixture
def scene(_properties):
    scene = bpy.context.scene
    scene.render.fps, scene.frame_start, scene.frame_end = 24, 1, 60
    return scene


@pytest.fixture
def picture(scene):
    obj = swaying(VOLUME)
    obj.gid.bake.ring_out = 0
    return obj
