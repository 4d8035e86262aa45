# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests run in Blenders into which the built zip was installed through Blender's own extension system."""

from __future__ import annotations

import inspect
import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Callable, Iterator
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
PRELUDE = '''
import contextlib, importlib, json, os, sys, time, traceback
import bpy

PACKAGE = "bl_ext.user_default.image_dynamics"

def module(name):
    return importlib.import_module(f"{PACKAGE}.gid_blender.{name}")

def pump(until, seconds=120):
    deadline = time.monotonic() + seconds
    while not until():
        session.pump()
        assert time.monotonic() < deadline, "timed out"
        time.sleep(0.01)

def new_picture(name="picture", width=48, height=32):
    image = bpy.data.images.new(name, width, height)
    image.generated_type = "COLOR_GRID"
    return image

def small_motion_object():
    """The example's motion on a picture that a renderer is done with soon."""
    bpy.context.scene.gid.image = new_picture("small", 96, 64)
    bpy.ops.gid.import_volume("EXEC_DEFAULT", filepath=str(module("ops.paths").asset("dahlia.npz")))
    return bpy.context.object

def small_example():
    """The example on a mesh of few vertices, whose weights are soon reckoned."""
    paths = module("ops.paths")
    bpy.context.scene.gid.columns = 64
    bpy.context.scene.gid.image = module("scene").image_from_file(str(paths.asset("dahlia.jpg")))
    bpy.ops.gid.import_volume("EXEC_DEFAULT", filepath=str(paths.asset("dahlia.npz")))
    return bpy.context.object

def cube_in_camera():
    """A cube that is selected, before a camera, in a scene that renders in no time."""
    scene = bpy.context.scene
    for obj in list(bpy.data.objects):
        bpy.data.objects.remove(obj)
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    camera.location, camera.rotation_euler = (0, -6, 0), (1.5708, 0, 0)
    scene.collection.objects.link(camera)
    scene.camera = camera
    scene.render.engine, scene.cycles.samples = "CYCLES", 1
    scene.render.resolution_x, scene.render.resolution_y = 192, 128
    bpy.ops.mesh.primitive_cube_add(size=1.5, rotation=(0.3, 0.2, 0.4))
    return bpy.context.object

def sway(obj):
    """How far a vertex gets between two frames, in metres."""
    found = []
    for frame in (1, 20):
        bpy.context.scene.frame_set(frame)
        mesh = obj.evaluated_get(bpy.context.evaluated_depsgraph_get()).data
        found.append([v.co.copy() for v in mesh.vertices])
    return max((b - a).length for a, b in zip(*found))

def undo_steps():
    """Names of the undo steps, oldest first. Blender tells them only in print, past Python's own files."""
    import ctypes, re, tempfile
    with tempfile.TemporaryFile() as file:
        libc, kept = ctypes.CDLL(None), os.dup(1)
        libc.fflush(None)
        os.dup2(file.fileno(), 1)
        try:
            bpy.context.window_manager.print_undo_steps()
            libc.fflush(None)
        finally:
            os.dup2(kept, 1)
            os.close(kept)
        file.seek(0)
        return re.findall("name='(.*?)'", file.read().decode())

def failure(operator, *args, **options):
    try:
        operator(*args, **options)
    except RuntimeError as error:
        return str(error)
    raise AssertionError("no error")

def skip(reason):
    """This Blender cannot do what a script that runs alone is about."""
    print("SKIPPED " + reason, flush=True)
    os._exit(0)

@contextlib.contextmanager
def german():
    """Sentences as in a Blender that speaks German; the module is built without languages."""
    sentences = module("translations.sentences")
    known, english = module("translations").catalogues()["de_DE"], sentences.rpt_
    sentences.rpt_ = lambda text: known.get(("*", text), text)
    try:
        yield
    finally:
        sentences.rpt_ = english

bpy.ops.preferences.addon_enable(module=PACKAGE)
session = module("ops.session").session
'''

# Runs scripts as they come, each in a fresh file; most of a Blender's time goes into starting it.
SERVE = """
for line in sys.stdin:
    source, name, values, worker = json.loads(line)
    session.close()
    session.problem, session.note = None, ""
    bpy.ops.wm.read_homefile(use_factory_startup=True)
    module("preferences").preferences().worker_command = worker
    try:
        space = dict(globals())
        exec(compile(source, name, "exec"), space)
        space[name](**values)
        outcome = "passed"
    except BaseException:
        outcome = "failed\\n" + traceback.format_exc()
    sys.stdout.flush()
    print("OUTCOME " + json.dumps(outcome), flush=True)
"""


class Blender:
    """Blender with the extension installed, ready to run scripts: functions whose source is executed there."""

    def __init__(self, resources: Path, scratch: Path) -> None:
        self.resources = resources
        self.scratch = scratch
        self._server: subprocess.Popen[str] | None = None

    def run(self, script: Callable[..., Any], *, worker: list[str] | None = None, **values: Any) -> str:
        """Run the body of a function in a new file of a Blender that serves many; returns what it printed.

        Args:
            script: finds the names of PRELUDE; fails by raising.
            worker: the command of the worker; the quick one by default.
            values: its arguments; JSON-able.
        """
        return self.run_source(textwrap.dedent(inspect.getsource(script)), script.__name__, worker=worker, **values)

    def run_source(self, source: str, name: str, *, worker: list[str] | None = None, **values: Any) -> str:
        """`run`, of a function's source."""
        if self._server is None or self._server.poll() is not None:
            self._server = self._python(PRELUDE + SERVE, stdin=subprocess.PIPE)
        server = self._server
        command = shlex.join(worker if worker is not None else QUICK_WORKER)
        server.stdin.write(json.dumps([source, name, values, command]) + "\n")
        server.stdin.flush()
        said: list[str] = []
        for line in server.stdout:
            if line.startswith("OUTCOME "):
                outcome = json.loads(line.removeprefix("OUTCOME "))
                if outcome != "passed":
                    pytest.fail("".join(said) + outcome, pytrace=False)
                return "".join(said)
            said.append(line)
        pytest.fail(f"Blender ended with status {server.wait()}.\n{''.join(said)}", pytrace=False)

    def start(self, script: Callable[..., Any], **values: Any) -> subprocess.Popen[str]:
        """Run the body of a function in a Blender of its own, with the quick worker."""
        source = textwrap.dedent(inspect.getsource(script))
        command = f'module("preferences").preferences().worker_command = {shlex.join(QUICK_WORKER)!r}'
        call = f"{script.__name__}(**json.loads({json.dumps(json.dumps(values))}))"
        # Not a normal exit, which hangs in bpy 4.5 when a timer is still registered; that none is, has its own test.
        ending = "except BaseException:\n    traceback.print_exc()\n    sys.stderr.flush()\n    os._exit(1)\n"
        code = f"{PRELUDE}\n{command}\n{source}\ntry:\n    {call}\n{ending}sys.stdout.flush()\nos._exit(0)\n"
        return self._python(code)

    def finish(self, process: subprocess.Popen[str], *, timeout: float = 150) -> str:
        """Wait for a script and return what it printed; fails with that when the script failed."""
        try:
            output, _ = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            output, _ = process.communicate()
            pytest.fail(f"The script hangs.\n{output}")
        if process.returncode:
            pytest.fail(f"The script ended with status {process.returncode}.\n{output}", pytrace=False)
        for line in output.splitlines():
            if line.startswith("SKIPPED "):
                pytest.skip(line.removeprefix("SKIPPED "))
        return output

    def run_alone(self, script: Callable[..., Any], **values: Any) -> str:
        """`start` and `finish`: for what changes the installation or ends Blender."""
        return self.finish(self.start(script, **values))

    def close(self) -> None:
        if self._server is not None:
            self._server.kill()
            self._server.communicate()

    def environment(self) -> dict[str, str]:
        """Variables that keep a process away from this user's Blender and caches."""
        variables = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "GID_"))}
        return variables | {
            "BLENDER_USER_RESOURCES": str(self.resources),
            "XDG_CACHE_HOME": str(self.scratch / "cache"),
        }

    def _python(self, code: str, **options: Any) -> subprocess.Popen[str]:
        handle, path = tempfile.mkstemp(suffix=".py", dir=self.scratch)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(code)
        return subprocess.Popen(
            [sys.executable, "-I", "-X", "utf8", path],
            env=self.environment(),
            cwd=self.scratch,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            **options,
        )


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


@pytest.fixture(scope="module")
def shared_blender(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Blender]:
    """A Blender that serves all tests of a file."""
    blender = Blender(installed, tmp_path_factory.mktemp("blender"))
    yield blender
    blender.close()


@pytest.fixture
def blender(shared_blender: Blender) -> Blender:
    """Blender with the extension."""
    return shared_blender


@pytest.fixture
def lone_blender(installed: Path, tmp_path: Path) -> Blender:
    """Blender with the extension in a copy of its user resources, for tests that change the installation."""
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
