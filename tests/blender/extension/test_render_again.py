# SPDX-License-Identifier: GPL-3.0-or-later
"""A render that did not run through is gone on with by rendering the same again, to the very same frames."""

from pathlib import Path

import pytest


def test_a_worker_that_leaves_frames_out_is_asked_once_more_and_no_more(blender, real_worker, tmp_path):
    def script(folder):
        render, settings = module("ops.render"), bpy.context.scene.gid
        settings.output, settings.results = folder, {"STRIP"}
        for times, problem in ((1, None), (2, "The worker left out 1 of the frames.")):
            task = render.loop_task(bpy.context, small_motion_object(), 6, set_range=False)
            write, lost = task.frame, []

            def frame(index, *parts, write=write, lost=lost, times=times):
                if index == 3 and len(lost) < times:
                    lost.append(index)
                else:
                    write(index, *parts)

            task.frame = frame
            session.run(task)
            assert (session.problem and session.problem.message) == problem, session.problem
            assert len(lost) == times
            bpy.ops.wm.read_homefile()

    blender.run(script, worker=real_worker, folder=str(tmp_path))


ENDS = ["cancelled", "worker killed", "other file opened", "disk full"]


@pytest.mark.parametrize("end", ENDS)
def test_what_is_finished_stays_and_only_the_rest_is_rendered(blender, real_worker, tmp_path, end):
    if end == "disk full" and not Path("/dev/full").exists():
        pytest.skip("needs a device that is always full")

    def script(folder, end):
        import signal
        from pathlib import Path

        render, root, frames = module("ops.render"), Path(folder), 14

        def prepared():
            settings = bpy.context.scene.gid
            settings.output, settings.results, settings.passes = folder, {"STRIP"}, {"MOTION_VECTORS"}
            return render.loop_task(bpy.context, small_motion_object(), frames, set_range=False)

        def finished():
            return sorted(path for path in root.glob(".*.part/*.png") if not path.is_symlink())

        task = prepared()
        assert "indices" not in task.params
        if end == "disk full":
            (task.folders.frames.hidden / "small_0008.png").symlink_to("/dev/full")
        session.start(task)
        pump(lambda: len(finished()) > 3 or not session.busy)
        if end == "cancelled":
            session.cancel()
        elif end == "worker killed":
            os.kill(session.hello["pid"], signal.SIGKILL)
        elif end == "other file opened":
            bpy.ops.wm.read_homefile()
        pump(lambda: not session.busy)
        assert (session.problem is None) == (end in ("cancelled", "other file opened"))
        there = len(finished())
        assert 3 < there < frames
        assert f"{there} of {frames} frames are finished" in session.note
        # Under its own name there is no folder that is not complete.
        assert [path for path in root.iterdir() if not path.name.startswith(".")] == []

        if end == "disk full":
            (task.folders.frames.hidden / "small_0008.png").unlink()
        task = prepared()
        compared, *missing = task.params["indices"]
        assert compared < there
        assert missing == list(range(there, frames))
        session.run(task)
        assert session.problem is None
        assert sorted(path.name for path in root.iterdir()) == ["small", "small vectors"]
        again = prepared()
        assert "indices" not in again.params
        session.run(again)
        for name in ("small", "small vectors"):
            first, second = (sorted((root / each).glob("small*")) for each in (name, f"{name} 2"))
            assert len(first) == len(second) == frames
            assert [path.name for path in first] == [path.name for path in second]
            assert all(one.read_bytes() == two.read_bytes() for one, two in zip(first, second, strict=True))

    blender.run(script, worker=real_worker, folder=str(tmp_path / "frames"), end=end)


def test_frames_of_a_worker_that_renders_otherwise_are_not_mixed_with_its_own(blender, real_worker, tmp_path):
    """An update, other weights or another machine between two tries: all is rendered anew."""

    def script(folder):
        from pathlib import Path

        render, settings = module("ops.render"), bpy.context.scene.gid
        settings.output, settings.results, settings.passes = folder, {"STRIP"}, {"COVERAGE"}
        obj = small_motion_object()
        task = render.loop_task(bpy.context, obj, 8, set_range=False)
        for index in (0, 1, 4):
            task.folders.write(index, b"as another one renders it", b"likewise")
        task.close()
        task = render.loop_task(bpy.context, obj, 8, set_range=False)
        assert sorted(task.params["indices"][1:]) == [2, 3, 5, 6, 7]
        session.run(task)
        assert session.problem is None
        session.run(render.loop_task(bpy.context, obj, 8, set_range=False))
        for name in ("small", "small coverage"):
            first, second = (sorted((Path(folder) / each).glob("small*")) for each in (name, f"{name} 2"))
            assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
            assert len(first) == 8

    blender.run(script, worker=real_worker, folder=str(tmp_path / "frames"))


def test_another_motion_is_another_render(blender, real_worker, tmp_path):
    def script(folder):
        render, settings = module("ops.render"), bpy.context.scene.gid
        settings.output = folder
        obj = small_motion_object()
        task = render.loop_task(bpy.context, obj, 8, set_range=False)
        task.folders.write(0, b"frame")
        task.close()
        session.note = ""
        obj["gid_amplitude"] = 1.5
        bpy.context.view_layer.update()
        other = render.loop_task(bpy.context, obj, 8, set_range=False)
        assert "indices" not in other.params
        other.close()
        # Of what has no frame nothing is said and nothing stays.
        assert session.note == ""
        assert len(os.listdir(folder)) == 1
        settings.format = "WEBP"
        obj["gid_amplitude"] = 1.0
        bpy.context.view_layer.update()
        assert "indices" not in render.loop_task(bpy.context, obj, 8, set_range=False).params
        settings.format = "PNG"
        assert "indices" in render.loop_task(bpy.context, obj, 8, set_range=False).params

    blender.run(script, worker=real_worker, folder=str(tmp_path / "frames"))
