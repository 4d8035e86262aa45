# SPDX-License-Identifier: GPL-3.0-or-later
"""The checkout is registered in this process for the tests of a file, and what Blender knows of it is looked at."""

import pytest

import gid_blender


@pytest.fixture(scope="module", autouse=True)
def _registered():
    gid_blender.register()
    yield
    gid_blender.unregister()
