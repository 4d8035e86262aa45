# SPDX-License-Identifier: GPL-3.0-or-later
"""The zip: what is in it, and that Blender takes it in and lets it go without a trace."""

import os
import shlex
import subprocess
import sys
import tomllib
import zipfile

from gid_blender import __version__

from .conftest import PACKAGE, QUICK_WORKER, ROOT, install


def test_the_manifest_lists_the_files_as_they_are():
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts/build_extension.py"), "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_the_zip_carries_the_add_on_and_the_sources_of_the_worker(extension_zip):
    with zipfile.ZipFile(extension_zip) as archive:
        names = set(archive.namelist())
        manifest = tomllib.loads(archive.read("blender_manifest.toml").decode())
    assert manifest["version"] == __version__
    assert {
        "__init__.py",
        "LICENSE",
        "pyproject.toml",
        "constraints/worker.txt",
        "backend/gid_backend/server.py",
        "gid_blender/assets/dahlia.npz",
        "gid_blender/assets/LICENSE.dahlia.txt",
    } <= names
    assert not [name for name in names if name.endswith(".whl") or "__pycache__" in name or name.startswith("tests")]


def test_each_permission_has_a_reason_that_blender_accepts(extension_zip):
    with zipfile.ZipFile(extension_zip) as archive:
        permissions = tomllib.loads(archive.read("blender_manifest.toml").decode())["permissions"]
    assert set(permissions) == {"files", "network", "clipboard"}
    for reason in permissions.values():
        assert len(reason) <= 64
        assert reason[-1].isalnum()


def test_installing_and_enabling_brings_no_policy_warning(extension_zip, tmp_path):
    said = install(extension_zip, tmp_path)
    assert "policy" not in said.lower()
    assert "warning" not in said.lower()
    assert "traceback" not in said.lower()


def test_disabling_leaves_nothing_behind(lone_blender):
    def script():
        def found():
            return {
                *(name for name in dir(bpy.types) if name.startswith("GID_")),
                *(f"ops.{name}" for name in dir(bpy.ops.gid)),
                *(f"Scene.{name}" for name in dir(bpy.types.Scene) if name.startswith("gid")),
                *(
                    f"handlers.{name}"
                    for name in dir(bpy.app.handlers)
                    if isinstance(getattr(bpy.app.handlers, name), list)
                    for entry in getattr(bpy.app.handlers, name)
                    if "image_dynamics" in getattr(entry, "__module__", "")
                ),
            }

        assert len(found()) > 30
        bpy.context.scene.gid.image = new_picture()
        bpy.ops.gid.generate("EXEC_DEFAULT")
        tick = module("ops.session")._tick
        bpy.ops.preferences.addon_disable(module="bl_ext.user_default.image_dynamics")
        assert found() == set()
        assert not bpy.app.timers.is_registered(tick)
        assert session._client is None

    lone_blender.run_alone(script)


def test_enabling_disabling_and_uninstalling_can_be_repeated(lone_blender):
    def script():
        package = "bl_ext.user_default.image_dynamics"
        for _ in range(3):
            bpy.ops.preferences.addon_disable(module=package)
            bpy.ops.preferences.addon_enable(module=package)
        assert bpy.ops.gid.load_example.poll()
        folder = bpy.utils.user_resource("EXTENSIONS", path="user_default/image_dynamics")
        assert os.path.isdir(folder)
        index = next(i for i, r in enumerate(bpy.context.preferences.extensions.repos) if r.module == "user_default")
        bpy.ops.extensions.package_uninstall(repo_index=index, pkg_id="image_dynamics")
        assert not os.path.exists(folder)
        assert not [name for name in dir(bpy.types) if name.startswith("GID_")]

    lone_blender.run_alone(script)


def test_a_normal_exit_after_a_job_does_not_hang(lone_blender):
    """bpy 4.5 hangs for ever at exit when a timer is registered, or when a thread that is no daemon lives on."""
    code = (
        "import bpy\n"
        'bpy.ops.preferences.addon_enable(module="bl_ext.user_default.image_dynamics")\n'
        f'bpy.context.preferences.addons["{PACKAGE}"].preferences.worker_command = {shlex.join(QUICK_WORKER)!r}\n'
        'bpy.context.scene.gid.image = bpy.data.images.new("a", 32, 32)\n'
        'bpy.ops.gid.generate("EXEC_DEFAULT")\n'
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", code], env=lone_blender.environment(), timeout=60, check=False, capture_output=True
    )
    # Not the status: the bpy module itself may complain about memory when it is taken down.
    assert b"Traceback" not in done.stderr


def test_nothing_is_written_into_the_extensions_own_folder(lone_blender):
    def listing():
        folder = lone_blender.resources / "extensions/user_default/image_dynamics"
        return sorted(
            (str(p.relative_to(folder)), p.stat().st_size) for p in folder.rglob("*") if "__pycache__" not in p.parts
        )

    before = listing()

    def script():
        bpy.ops.gid.load_example("EXEC_DEFAULT")
        bpy.context.scene.gid.image = new_picture()
        bpy.ops.gid.generate("EXEC_DEFAULT")

    lone_blender.run_alone(script)
    assert listing() == before
    assert os.listdir(lone_blender.resources / "extensions/.user/user_default/image_dynamics")


def test_ones_own_presets_survive_an_update(lone_blender, extension_zip):
    def script(archive):
        def found(name):
            return bpy.utils.preset_find(name, "image_dynamics/motion")

        bpy.ops.gid.load_example("EXEC_DEFAULT")
        bpy.context.object["gid_amplitude"] = 1.75
        assert bpy.ops.gid.add_preset("EXEC_DEFAULT", name="Mine") == {"FINISHED"}
        assert "image_dynamics/motion/Mine.py" in found("Mine").replace(os.sep, "/")
        assert not bpy.utils.is_path_extension(found("Mine"))
        assert bpy.utils.is_path_extension(found("Tree"))
        bpy.ops.extensions.package_install_files(repo="user_default", filepath=archive, enable_on_install=True)
        assert found("Mine")
        assert found("Tree")
        bpy.context.object["gid_amplitude"] = 1.0
        bpy.ops.script.execute_preset(filepath=found("Mine"), menu_idname="GID_PT_motion_presets")
        assert bpy.context.object["gid_amplitude"] == 1.75
        # Those that come along are not lost by a click on the minus.
        bpy.ops.script.execute_preset(filepath=found("Tree"), menu_idname="GID_PT_motion_presets")
        bpy.ops.gid.add_preset("EXEC_DEFAULT", remove_active=True)
        assert found("Tree")
        index = next(i for i, r in enumerate(bpy.context.preferences.extensions.repos) if r.module == "user_default")
        bpy.ops.extensions.package_uninstall(repo_index=index, pkg_id="image_dynamics")
        assert found("Mine")
        assert not found("Tree")

    lone_blender.run_alone(script, archive=str(extension_zip))
