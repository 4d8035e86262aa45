# SPDX-License-Identifier: GPL-3.0-or-later
"""A scene in which things are baked, and a picture in it; and the engines that can render here."""

import subprocess
import sys

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


# 4.5 has a name of its own for what 4.2 brought and 5.0 calls EEVEE again.
EEVEE = "BLENDER_EEVEE" if bpy.app.version >= (5, 0) else "BLENDER_EEVEE_NEXT"


@pytest.fixture(scope="session")
def eevee():
    """Its name, where it can draw: it wants a graphics card, or software in its place, and may crash without."""
    code = (
        "import bpy, os\n"
        f"scene = bpy.context.scene\nscene.render.engine = {EEVEE!r}\n"
        "scene.render.resolution_x = scene.render.resolution_y = 8\n"
        "bpy.ops.render.render()\nos._exit(0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=100, check=False)
    if done.returncode:
        pytest.skip("EEVEE cannot draw here")
    return EEVEE


@pytest.fixture(params=["CYCLES", "EEVEE"])
def engine(request):
    return request.getfixturevalue("eevee") if request.param == "EEVEE" else request.param
