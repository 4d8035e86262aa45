# SPDX-License-Identifier: GPL-3.0-or-later
"""The queue: many pictures and seeds, one after another, whatever becomes of each."""


def test_every_waiting_picture_gets_its_motion_and_one_undo_step(blender):
    def script():
        bpy.ops.ed.undo_push(message="start")
        scene = bpy.context.scene
        images = [new_picture(f"picture {n}") for n in range(3)]
        assert bpy.ops.gid.queue_add("EXEC_DEFAULT", source="IMAGES") == {"FINISHED"}
        queue = scene.gid_queue
        assert [(e.name, e.state) for e in queue.entries] == [(i.name, "WAITING") for i in images]
        assert bpy.ops.gid.queue_add("EXEC_DEFAULT", source="IMAGES") == {"CANCELLED"}
        bpy.ops.ed.undo_push(message="queue filled")
        objects = len(scene.objects)
        assert bpy.ops.gid.queue_run("EXEC_DEFAULT", True) == {"FINISHED"}
        assert {e.state for e in queue.entries} == {"DONE"}
        moving = [o for o in scene.objects if "gid_amplitude" in o]
        assert {module("scene").motion_image(o) for o in moving} == set(images)
        assert session.note == "Queue: 3 done."
        bpy.ops.ed.undo()
        assert len(bpy.context.scene.objects) == objects + 2
        assert {e.state for e in bpy.context.scene.gid_queue.entries} == {"DONE"}, "what was done is not waiting again"

    said = blender.run(script)
    assert "The same waits in the queue already." in said


def test_seeds_beyond_the_first_make_objects_of_their_own(blender):
    def script():
        scene = bpy.context.scene
        scene.gid.image = new_picture()
        scene.gid.seed = 5
        bpy.ops.gid.generate("EXEC_DEFAULT")
        assert bpy.ops.gid.queue_add("EXEC_DEFAULT", source="SELECTED", seeds=3) == {"FINISHED"}
        bpy.ops.gid.queue_run("EXEC_DEFAULT")
        seeds = sorted(module("scene").provenance(o)["seed"] for o in scene.objects if "gid_amplitude" in o)
        assert seeds == [5, 6, 7]

    blender.run(script)


def test_what_fails_says_why_and_the_next_goes_on(blender):
    def script():
        scene = bpy.context.scene
        queue = scene.gid_queue
        for name in ("memory", "dies", "gone", "small", "well"):
            new_picture(name)
        bpy.ops.gid.queue_add("EXEC_DEFAULT", source="IMAGES")
        named = {e.name: e for e in queue.entries}
        named["memory"].seed, named["dies"].seed = 666, 667
        bpy.data.images.remove(bpy.data.images["gone"])
        bpy.data.images["small"].scale(8, 8)
        assert bpy.ops.gid.queue_run("EXEC_DEFAULT") == {"FINISHED"}
        found = {e.name: (e.state, e.sentence) for e in queue.entries}
        assert {name: state for name, (state, _) in found.items()} == {
            "memory": "FAILED",
            "dies": "FAILED",
            "gone": "FAILED",
            "small": "FAILED",
            "well": "DONE",
        }
        assert "too little memory" in found["memory"][1]
        assert "worker" in found["dies"][1].lower()
        assert "was deleted" in found["gone"][1]
        assert "16" in found["small"][1]
        assert session.note == "Queue: 1 done, 4 failed."
        assert bpy.ops.gid.queue_clear("EXEC_DEFAULT") == {"FINISHED"}
        assert len(queue.entries) == 0

    blender.run(script)


def test_without_a_worker_nothing_in_the_queue_is_lost(blender):
    def script():
        new_picture("one")
        new_picture("two")
        bpy.ops.gid.queue_add("EXEC_DEFAULT", source="IMAGES")
        bpy.ops.gid.queue_run("EXEC_DEFAULT")
        assert session.problem.code == "worker_missing"
        assert [e.state for e in bpy.context.scene.gid_queue.entries] == ["WAITING", "WAITING"]

    blender.run(script, worker=["/nonexistent/worker"])


def test_pause_cancel_reorder_and_undo_while_it_runs(blender):
    def script():
        scene = bpy.context.scene
        runner = module("ops.queue_run").runner
        for n in range(5):
            new_picture(f"p{n}")
        bpy.ops.gid.queue_add("EXEC_DEFAULT", source="IMAGES")
        bpy.ops.ed.undo_push(message="queue filled")

        def states():
            return {e.name: e.state for e in bpy.context.scene.gid_queue.entries}

        # The last one becomes the first.
        scene.gid_queue.index = 4
        for _ in range(4):
            assert bpy.ops.gid.queue_move("EXEC_DEFAULT", direction="UP") == {"FINISHED"}
        assert bpy.ops.gid.queue_move("EXEC_DEFAULT", direction="UP") == {"CANCELLED"}
        scene.gid_queue.entries[1].quality = "HIGH"
        runner.begin(scene, wait=False)
        assert not bpy.ops.gid.queue_run.poll()
        pump(lambda: states()["p4"] == "DONE")
        # An edit of the scene and its undo, while p0 is in progress.
        assert runner.current == bpy.context.scene.gid_queue.entries[1].key
        bpy.ops.mesh.primitive_cube_add()
        bpy.ops.ed.undo_push(message="a cube")
        bpy.ops.ed.undo()
        assert states()["p4"] == "DONE"
        pump(lambda: session.factor > 0)
        # Given up, and the next goes on.
        bpy.context.scene.gid_queue.index = 1
        assert bpy.ops.gid.queue_cancel("EXEC_DEFAULT") == {"FINISHED"}
        pump(lambda: states()["p1"] == "DONE")
        assert states()["p0"] == "CANCELLED"
        assert bpy.ops.gid.queue_pause("EXEC_DEFAULT") == {"FINISHED"}
        pump(lambda: not session.busy)
        assert (states()["p2"], states()["p3"]) == ("DONE", "WAITING")
        assert not bpy.ops.gid.queue_pause.poll()
        # Cancel stops the queue, and what was in progress waits again.
        bpy.context.scene.gid_queue.entries[-1].quality = "HIGH"
        runner.begin(bpy.context.scene, wait=False)
        pump(lambda: session.factor > 0)
        bpy.ops.gid.cancel()
        pump(lambda: not session.busy)
        assert states()["p3"] == "WAITING"
        assert not runner.running

    blender.run(script)


def test_the_scene_is_deleted_while_it_runs(blender):
    def script():
        module_queue, runner = module("scene.queue"), module("ops.queue_run").runner
        other = bpy.data.scenes.new("other")
        for name in ("first", "second"):
            source = module("scene").Source(new_picture(name))
            module_queue.add(other, source, seed=0, quality="HIGH", replace=True)
        runner.begin(other, wait=False)
        pump(lambda: session.factor > 0)
        bpy.data.scenes.remove(other)
        pump(lambda: not session.busy)
        assert not runner.running
        assert session.problem.message.startswith("The scene was deleted")

    blender.run(script)


def test_what_waits_is_in_the_saved_file_and_does_not_run(blender, tmp_path):
    def script(path):
        scene = bpy.context.scene
        runner = module("ops.queue_run").runner
        new_picture("kept")
        new_picture("kept too")
        bpy.ops.gid.queue_add("EXEC_DEFAULT", source="IMAGES", seeds=2)
        for entry in scene.gid_queue.entries:
            entry.quality = "HIGH"
        runner.begin(scene, wait=False)
        pump(lambda: session.factor > 0)
        bpy.ops.wm.save_as_mainfile(filepath=path)
        bpy.ops.wm.open_mainfile(filepath=path)
        assert not session.busy
        assert not runner.running
        entries = bpy.context.scene.gid_queue.entries
        assert [(e.name, e.seed, e.state) for e in entries] == [
            ("kept", 0, "WAITING"),
            ("kept", 1, "WAITING"),
            ("kept too", 0, "WAITING"),
            ("kept too", 1, "WAITING"),
        ]
        assert all(e.image is not None for e in entries)
        for entry in entries:
            entry.quality = "DRAFT"
        bpy.ops.gid.queue_run("EXEC_DEFAULT")
        assert {e.state for e in bpy.context.scene.gid_queue.entries} == {"DONE"}

    blender.run(script, path=str(tmp_path / "queue.blend"))


def test_files_that_are_no_pictures_are_told_of_and_the_others_added(blender, tmp_path):
    (tmp_path / "notes.png").write_text("no picture")

    def script(folder):
        new_picture("good").save_render(f"{folder}/good.png")
        files = [{"name": name} for name in ("good.png", "notes.png", "missing.png")]
        bpy.ops.gid.queue_add("EXEC_DEFAULT", source="FILES", directory=folder, files=files)
        assert [e.name for e in bpy.context.scene.gid_queue.entries] == ["good.png"]

    said = blender.run(script, folder=str(tmp_path))
    assert "“notes.png” cannot be read as a picture" in said
    assert "missing.png" in said


def test_an_empty_selection_is_one_sentence(blender):
    def script():
        bpy.ops.object.select_all(action="DESELECT")
        assert "no picture to add" in failure(bpy.ops.gid.queue_add, "EXEC_DEFAULT", source="SELECTED")
        assert "add pictures" in failure(bpy.ops.gid.queue_run, "EXEC_DEFAULT")

    blender.run(script)
