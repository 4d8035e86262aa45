# SPDX-License-Identifier: GPL-3.0-or-later
"""Each test runs in a Blender of its own, into which the built zip was installed through Blender's extension system."""

from __future__ import annotations

import inspect
import json
import os
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]
PACKAGE = "bl_ext.user_default.image_dynamics"
QUICK_WORKER = [sys.executable, str(Path(__file__).with_name("quick_worker.py"))]

INSTALL = """
import bpy, os, sys
bpy.ops.extensions.package_install_files(repo="user_default", filepath=sys.argv[1], enable_on_install=True)
sys.stdout.flush()
os._exit(0)
"""

# What every script finds: the enabled extension's modules, and a helper that does what the timer does in a window.
PRELUDE = """
import importlib, json, os, sys, time, traceback
import bpy

def module(name):
    return importlib.import_module("bl_ext.user_default.image_dynamics.gid_blender." + name)

def pump(until, seconds=60):
    deadline = time.monotonic() + seconds
    while not until():
        session.pump()
        assert time.monotonic() < deadline, "timed out"
        time.sleep(0.01)

def new_picture(name="picture", width=48, height=32):
    image = bpy.data.images.new(name, width, height)
    image.generated_type = "COLOR_GRID"
    return image

def failure(operator, *args, **options):
    try:
        operator(*args, **options)
    except RuntimeError as error:
        return str(error)
    raise AssertionError("no error")
"""


class Blender:
    """Blender with the extension installed, ready to run scripts one process at a time."""

    def __init__(self, resources: Path, scratch: Path) -> None:
        self.resources = resources
        self.scratch = scratch

    def environment(self, worker: list[str] | None = None) -> dict[str, str]:
        """Variables that keep a process away from this user's Blender and caches."""
        variables = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "GID_"))}
        variables |= {
            "BLENDER_USER_RESOURCES": str(self.resources),
            "XDG_CACHE_HOME": str(self.scratch / "cache"),
            "GID_WORKER": subprocess.list2cmdline(worker if worker is not None else QUICK_WORKER),
        }
        return variables

    def start(
        self, script: Callable[..., Any], *, worker: list[str] | None = None, enable: bool = True, **values: Any
    ) -> subprocess.Popen[str]:
        """Run the body of a function in a new Blender; `values` are its arguments and have to be JSON-able."""
        source = textwrap.dedent(inspect.getsource(script))
        enabling = (
            f'bpy.ops.preferences.addon_enable(module="{PACKAGE}")\nsession = module("ops.session").session\n'
            if enable
            else ""
        )
        text = (
            f"{PRELUDE}\n{enabling}\n{source}\n"
            f"try:\n    {script.__name__}(**json.loads({json.dumps(json.dumps(values))}))\n"
            "except BaseException:\n    traceback.print_exc()\n    sys.stderr.flush()\n    os._exit(1)\n"
            # bpy 4.5 hangs at a normal exit when a timer is still registered; that nothing is, has its own test.
            "sys.stdout.flush()\nos._exit(0)\n"
        )
        path = self.scratch / f"{script.__name__}_{os.urandom(4).hex()}.py"
        path.write_text(text, encoding="utf-8")
        return subprocess.Popen(
            [sys.executable, "-I", "-X", "utf8", str(path)],
            env=self.environment(worker),
            cwd=self.scratch,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
        )

    def finish(self, process: subprocess.Popen[str], *, timeout: float = 120) -> str:
        """Wait for a script and return what it printed; fails with that when the script failed."""
        try:
            output, _ = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            output, _ = process.communicate()
            pytest.fail(f"The script hangs.\n{output}")
        if process.returncode:
            pytest.fail(f"The script ended with status {process.returncode}.\n{output}", pytrace=False)
        return output

    def run(self, script: Callable[..., Any], **options: Any) -> str:
        """`start` and `finish`."""
        return self.finish(self.start(script, **options))


@pytest.fixture(scope="session")
def extension_zip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The zip, built and validated by Blender's own tools."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, str(ROOT / "scripts/build_extension.py"), "--no-sync", "--output-dir", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return next(folder.glob("image_dynamics-*.zip"))


@pytest.fixture(scope="session")
def installed(extension_zip: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """User resources of a Blender that has the zip installed."""
    resources = tmp_path_factory.mktemp("resources")
    install(extension_zip, resources)
    return resources


def install(archive: Path, resources: Path) -> str:
    """Install a zip through Blender's extension system; returns what Blender said."""
    done = subprocess.run(
        [sys.executable, "-I", "-c", INSTALL, str(archive)],
        env={**os.environ, "BLENDER_USER_RESOURCES": str(resources)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert next(resources.glob("extensions/user_default/image_dynamics/__init__.py")).is_file()
    return done.stdout + done.stderr


@pytest.fixture
def blender(installed: Path, tmp_path: Path) -> Blender:
    """Blender with the extension, in a copy of its user resources, so that tests cannot disturb each other."""
    resources = tmp_path / "resources"
    shutil.copytree(installed, resources)
    return Blender(resources, tmp_path)


@pytest.fixture(scope="session")
def real_worker() -> list[str]:
    """The command of the real worker: what GID_WORKER says, or the checkout's own environment."""
    sys.path.insert(0, str(ROOT))
    from gid_blender.worker.discovery import find_command
    from gid_blender.worker.errors import WorkerError

    try:
        return find_command(environments=[ROOT / ".venv/worker"])
    except WorkerError:
        pytest.skip("the worker's environment is not set up")
    finally:
        sys.path.remove(str(ROOT))
