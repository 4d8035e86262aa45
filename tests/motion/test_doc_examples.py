# SPDX-License-Identifier: GPL-3.0-or-later
"""The examples in the docstrings are true."""

import doctest
import importlib
import pkgutil

import numpy as np
import pytest

import gid_blender.motion

MODULES = [f"gid_blender.motion.{module.name}" for module in pkgutil.iter_modules(gid_blender.motion.__path__)]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name):
    assert doctest.testmod(importlib.import_module(name), extraglobs={"np": np}).failed == 0


def test_the_main_classes_have_examples():
    found = [t for name in MODULES for t in doctest.DocTestFinder().find(importlib.import_module(name)) if t.examples]
    names = {t.name.rpartition(".")[2] for t in found}
    assert {"SpectralVolume", "loop_coefficients", "loads"} <= names
