# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever goes wrong: a sentence, nothing half-written, Blender alive, and the next attempt works."""

import os
import shutil
import sys
import time

import pytest

from .conftest import QUICK_WORKER, ROOT


def test_without_a_worker_a_sentence_says_how_to_get_one(blender):
    def script():
        bpy.context.scene.gid.image = new_picture()
        said = failure(bpy.ops.gid.generate, "EXEC_DEFAULT")
        assert "/nonexistent/worker" in said
        assert "Set up worker" in said
        assert session.problem.code == "worker_missing"
        assert not session.busy

    blender.run(script, worker=["/nonexistent/worker"])


def test_a_worker_without_weights_says_so(blender, real_worker, tmp_path):
    """The real worker from a copy of its sources that has none."""

    def script():
        bpy.context.scene.gid.image = new_picture()
        said = failure(bpy.ops.gid.generate, "EXEC_DEFAULT")
        assert session.problem.code == "bad_weights"
        assert "no trained model" in said

    (tmp_path / "backend").mkdir()
    shutil.copytree(
        ROOT / "backend/gid_backend", tmp_path / "backend/gid_backend", ignore=shutil.ignore_patterns("weights")
    )
    (tmp_path / "backend/gid_backend/weights").mkdir()
    code = (
        f"import sys; sys.path[:0] = [{str(tmp_path / 'backend')!r}, {str(ROOT)!r}]\n"
        "from gid_backend.server import main; main()"
    )
    python = real_worker[0] if "python" in os.path.basename(real_worker[0]) else str(ROOT / ".venv/worker/bin/python")
    blender.run(script, worker=[python, "-c", code])


def test_an_error_stays_until_it_is_dismissed_and_can_be_reported(blender):
    def script():
        scene = bpy.context.scene
        scene.gid.image = new_picture()
        scene.gid.seed = 666
        assert "too little memory" in failure(bpy.ops.gid.generate, "EXEC_DEFAULT")
        assert session.problem.hint
        report = session.problem.text()
        for needed in ("out_of_memory", "Generative Image Dynamics", bpy.app.version_string):
            assert needed in report
        assert bpy.ops.gid.dismiss_error.poll()
        bpy.ops.gid.dismiss_error()
        assert session.problem is None
        assert not bpy.ops.gid.copy_report.poll()
        scene.gid.seed = 1
        assert bpy.ops.gid.generate("EXEC_DEFAULT") == {"FINISHED"}, "the worker survives its errors"

    blender.run(script)


def test_without_a_picture_generate_is_disabled(blender):
    def script():
        assert not bpy.ops.gid.generate.poll()
        assert "picture" in failure(bpy.ops.gid.generate).lower()

    blender.run(script)


def test_a_picture_file_that_vanished_is_named(blender, tmp_path):
    def script(path):
        new_picture().save(filepath=path)
        image = bpy.data.images.load(path)
        bpy.context.scene.gid.image = image
        os.remove(path)
        assert path in failure(bpy.ops.gid.generate, "EXEC_DEFAULT")

    blender.run(script, path=str(tmp_path / "gone.png"))


@pytest.mark.parametrize("what", ["folder", "text", "truncated", "empty"])
def test_what_is_no_picture_cannot_be_opened(blender, tmp_path, what):
    def script(path):
        said = failure(bpy.ops.gid.open_picture, "EXEC_DEFAULT", filepath=path)
        assert os.path.basename(path) in said
        assert "Traceback" not in said
        assert bpy.context.scene.gid.image is None

    path = tmp_path / "thing.png"
    if what == "folder":
        path.mkdir()
    elif what == "text":
        path.write_text("no picture")
    elif what == "truncated":
        path.write_bytes((ROOT / "gid_blender/assets/dahlia.jpg").read_bytes()[:300])
    else:
        path.write_bytes(b"")
    blender.run(script, path=str(path))


def test_a_picture_deleted_while_its_motion_is_on_the_way(blender):
    def script():
        generate = module("ops.generate")
        scene = bpy.context.scene
        scene.gid.image = image = new_picture()
        session.start(generate.GenerateTask(scene, generate.picture(bpy.context)))
        bpy.data.images.remove(image)
        pump(lambda: not session.busy)
        assert "deleted" in session.problem.message
        assert [o for o in scene.objects if "gid_amplitude" in o] == []

    blender.run(script)


def test_a_read_only_folder_loses_nothing_and_is_named(blender, real_worker, tmp_path):
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        # Root may write anywhere; a file in the folder's place refuses everybody.
        target = tmp_path / "frames"
        target.write_text("in the way")
    else:
        target = tmp_path / "frames"
        target.mkdir(mode=0o500)

    def script(folder):
        bpy.ops.gid.load_example("EXEC_DEFAULT")
        bpy.context.scene.gid.output = folder
        said = failure(bpy.ops.gid.render_sequence, "EXEC_DEFAULT")
        assert "frames" in said
        assert "Traceback" not in said
        assert not session.busy
        assert bpy.context.object is not None

    blender.run(script, worker=real_worker, folder=str(target))


def test_names_in_any_script_and_long_paths(blender, tmp_path):
    def script(path):
        new_picture().save(filepath=path)
        bpy.ops.gid.open_picture("EXEC_DEFAULT", filepath=path)
        assert bpy.ops.gid.generate("EXEC_DEFAULT") == {"FINISHED"}
        assert bpy.context.object is not None

    folder = tmp_path
    # Blender itself refuses more than 1023 bytes.
    while len(os.fsencode(folder)) < 700:
        folder = folder / "Ünïcödé 名前 имя"
    folder.mkdir(parents=True)
    blender.run(script, path=str(folder / "Blüte 🌼.png"))


def test_opening_another_file_stops_the_job_cleanly(blender, tmp_path):
    def script():
        generate = module("ops.generate")
        scene = bpy.context.scene
        scene.gid.image = new_picture()
        scene.gid.quality = "HIGH"
        session.start(generate.GenerateTask(scene, generate.picture(bpy.context)))
        pump(lambda: "Denoising" in session.stage)
        bpy.ops.wm.read_homefile(use_empty=True)
        assert not session.busy
        assert "another file" in session.note
        pump(lambda: not session._leaving)
        bpy.context.scene.gid.image = new_picture()
        assert bpy.ops.gid.generate("EXEC_DEFAULT") == {"FINISHED"}

    blender.run(script)


def test_disabling_the_extension_during_a_job_ends_the_worker(lone_blender):
    def script():
        generate = module("ops.generate")
        scene = bpy.context.scene
        scene.gid.image = new_picture()
        scene.gid.quality = "HIGH"
        session.start(generate.GenerateTask(scene, generate.picture(bpy.context)))
        pump(lambda: "Denoising" in session.stage)
        process = session._client._process
        bpy.ops.preferences.addon_disable(module="bl_ext.user_default.image_dynamics")
        assert not process.is_running()

    lone_blender.run_alone(script)


@pytest.mark.skipif(sys.platform == "win32", reason="process ids are looked up in /proc or by signal 0")
def test_quitting_during_a_job_leaves_no_worker(lone_blender):
    def script():
        generate = module("ops.generate")
        scene = bpy.context.scene
        scene.gid.image = new_picture()
        scene.gid.quality = "HIGH"
        session.start(generate.GenerateTask(scene, generate.picture(bpy.context)))
        pump(lambda: "Denoising" in session.stage)
        print("PID", session._client.pid)
        # As hard as it gets: no handler and no unregister runs. The end of its input tells the worker.
        sys.stdout.flush()
        os._exit(0)

    output = lone_blender.run_alone(script)
    pid = int(output.rsplit("PID", 1)[1].split()[0])
    deadline = time.monotonic() + 20
    while _lives(pid) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not _lives(pid)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return True


def test_two_blenders_at_once(lone_blender):
    def script():
        scene = bpy.context.scene
        scene.gid.image = new_picture()
        for seed in range(3):
            scene.gid.seed = seed
            assert bpy.ops.gid.generate("EXEC_DEFAULT") == {"FINISHED"}

    first, second = lone_blender.start(script), lone_blender.start(script)
    lone_blender.finish(first)
    lone_blender.finish(second)


def test_a_worker_that_dies_is_named_and_started_again(blender, tmp_path):
    def script(flag):
        scene = bpy.context.scene
        scene.gid.image = new_picture()
        said = failure(bpy.ops.gid.generate, "EXEC_DEFAULT")
        assert session.problem.code == "worker_died"
        assert "last words" in session.problem.text()
        assert "Traceback" not in said
        open(flag, "w").close()
        assert bpy.ops.gid.generate("EXEC_DEFAULT") == {"FINISHED"}

    flag = tmp_path / "mended"
    code = (
        "import os, sys, runpy\n"
        f"if not os.path.exists({str(flag)!r}): sys.exit('last words')\n"
        f"runpy.run_path({QUICK_WORKER[1]!r}, run_name='__main__')"
    )
    blender.run(script, worker=[sys.executable, "-c", code], flag=str(flag))
