# SPDX-License-Identifier: GPL-3.0-or-later
"""Any mesh through the camera, by the operators of the installed extension, with the worker's real protocol."""

from .conftest import ROOT


def test_the_worker_predicts_a_render_and_the_mesh_sways(blender):
    def script():
        cube, scene = cube_in_camera(), bpy.context.scene
        scene.gid.seed = 7
        assert bpy.ops.gid.mesh_motion("EXEC_DEFAULT", longer_side=96) == {"FINISHED"}
        assert len(cube.data.shape_keys.key_blocks) == 1 + 8
        assert sway(cube) > 1e-4
        assert tuple(cube["gid_plate"].size) == (96, 64)
        assert module("scene").provenance(cube)["seed"] == 7
        assert (scene.render.resolution_x, scene.cycles.samples, len(bpy.data.scenes)) == (192, 1, 1)
        assert session.problem is None

    blender.run(script)


def test_what_renders_show_otherwise_than_the_viewport_is_remarked(blender):
    def script():
        push = cube_in_camera().modifiers.new("Push", "DISPLACE")
        push.strength, push.show_viewport = 0.1, False
        assert bpy.ops.gid.mesh_motion("EXEC_DEFAULT", longer_side=64) == {"FINISHED"}
        assert "“Push” of “Cube” is on in renders only" in session.note, session.note

    blender.run(script)


def test_it_is_one_undo_step_and_takes_the_plate_along(blender):
    def script():
        cube_in_camera()
        bpy.ops.ed.undo_push(message="start")
        bpy.ops.gid.mesh_motion("EXEC_DEFAULT", True, longer_side=64)
        bpy.ops.ed.undo()
        cube = bpy.context.object
        assert cube.data.shape_keys is None
        assert "gid_view" not in cube
        bpy.ops.ed.redo()
        assert len(bpy.context.object.data.shape_keys.key_blocks) == 9

    blender.run(script)


def test_in_a_window_it_goes_on_while_somebody_works_and_can_be_cancelled(blender):
    def script():
        cube = cube_in_camera()
        ops = module("ops.mesh_motion")

        def start():
            options = type(
                "Options",
                (ops._Options,),
                {
                    "source": "RENDER",
                    "image": "",
                    "collection": "",
                    "hold_together": True,
                    "spread_edges": True,
                    "pin_base": 0.0,
                    "single_user": True,
                },
            )()
            seen = options._look(bpy.context, plate=True, longer_side=64)
            session.start(ops.MeshTask(bpy.context.scene, seen))

        start()
        assert session.busy
        session.cancel()
        pump(lambda: not session.busy)
        assert cube.data.shape_keys is None
        assert session.note == "Cancelled."
        start()
        # Meanwhile the camera goes elsewhere; the motion is that of the plate all the same.
        bpy.context.scene.camera.location.x = 3
        pump(lambda: not session.busy)
        assert session.problem is None
        assert len(cube.data.shape_keys.key_blocks) == 9
        images = len(bpy.data.images)
        start()
        bpy.data.objects.remove(cube)
        pump(lambda: not session.busy)
        assert "deleted" in session.problem.message
        assert len(bpy.data.images) == images

    blender.run(script)


def test_a_saved_motion_needs_no_worker(blender):
    def script(example):
        cube = cube_in_camera()
        assert bpy.ops.gid.mesh_motion_from_volume("EXEC_DEFAULT", filepath=example) == {"FINISHED"}
        assert sway(cube) > 1e-4
        assert session._client is None or not session.busy
        # A second time it takes the place of the first.
        bpy.ops.gid.mesh_motion_from_volume("EXEC_DEFAULT", filepath=example, pin_base=0.5)
        assert len(cube.data.shape_keys.key_blocks) == 33
        assert bpy.ops.gid.mesh_motion_remove() == {"FINISHED"}
        assert cube.data.shape_keys is None
        assert [name for name in cube.keys() if name.startswith("gid_")] == []

    blender.run(script, example=str(ROOT / "gid_blender/assets/dahlia.npz"))


def test_a_collection_moves_by_one_set_of_controls(blender):
    def script(example):
        cube = cube_in_camera()
        bpy.ops.mesh.primitive_uv_sphere_add(radius=0.4, location=(1.1, 0, 0.5))
        ball = bpy.context.object
        collection = bpy.data.collections.new("Plants")
        bpy.context.scene.collection.children.link(collection)
        for obj in (cube, ball):
            collection.objects.link(obj)
        bpy.ops.object.select_all(action="DESELECT")
        bpy.ops.gid.mesh_motion_from_volume("EXEC_DEFAULT", filepath=example, collection="Plants")
        assert module("scene").leader_of(cube) == ball
        assert sway(cube) > 1e-4
        bpy.context.view_layer.objects.active = cube
        assert bpy.ops.gid.mesh_motion_controls() == {"FINISHED"}
        assert bpy.context.object == ball
        # What excites a follower excites all.
        bpy.context.view_layer.objects.active = cube
        assert module("ops.excitations").picture_in(bpy.context) == ball
        bpy.ops.object.select_all(action="DESELECT")
        ball.select_set(True)
        bpy.ops.gid.mesh_motion_remove()
        assert cube.data.shape_keys is None
        assert ball.data.shape_keys is None

    blender.run(script, example=str(ROOT / "gid_blender/assets/dahlia.npz"))


def test_a_chosen_picture_and_a_background_image_are_plates(blender):
    def script():
        cube = cube_in_camera()
        scene = bpy.context.scene
        assert "no background image" in failure(bpy.ops.gid.mesh_motion, "EXEC_DEFAULT", source="BACKGROUND")
        assert "No picture is chosen" in failure(bpy.ops.gid.mesh_motion, "EXEC_DEFAULT", source="IMAGE")
        assert "no picture “Nobody”" in failure(bpy.ops.gid.mesh_motion, "EXEC_DEFAULT", source="IMAGE", image="Nobody")
        new_picture("earlier", 96, 64)
        assert bpy.ops.gid.mesh_motion("EXEC_DEFAULT", source="IMAGE", image="earlier") == {"FINISHED"}
        assert sway(cube) > 1e-4
        scene.camera.data.background_images.new().image = bpy.data.images["earlier"]
        assert bpy.ops.gid.mesh_motion("EXEC_DEFAULT", source="BACKGROUND") == {"FINISHED"}
        assert session.problem is None

    blender.run(script)


def test_bad_input_is_one_sentence_and_changes_nothing(blender):
    def script(example):
        cube = cube_in_camera()
        move = bpy.ops.gid.mesh_motion_from_volume
        assert "No such file" in failure(move, "EXEC_DEFAULT", filepath="/nowhere/motion.npz")
        assert "no collection “Nobody”" in failure(move, "EXEC_DEFAULT", filepath=example, collection="Nobody")
        camera = bpy.context.scene.camera
        camera.rotation_euler.z = 3.14159
        assert "behind it" in failure(move, "EXEC_DEFAULT", filepath=example)
        camera.data.type = "PANO"
        assert "panoramic" in failure(move, "EXEC_DEFAULT", filepath=example)
        bpy.context.scene.camera = None
        assert not move.poll()
        assert not bpy.ops.gid.mesh_motion.poll()
        bpy.context.scene.camera = camera
        bpy.ops.object.select_all(action="DESELECT")
        assert "No object is selected" in failure(move, "EXEC_DEFAULT", filepath=example)
        assert not bpy.ops.gid.mesh_motion_remove.poll()
        assert cube.data.shape_keys is None
        assert len(bpy.data.meshes) == 1 + len([m for m in bpy.data.meshes if m != cube.data])
        assert not [obj for obj in bpy.data.objects if obj.type == "MESH" and obj != cube]

    blender.run(script, example=str(ROOT / "gid_blender/assets/dahlia.npz"))


def test_what_needs_a_picture_says_so(blender):
    def script(example):
        cube_in_camera()
        bpy.ops.gid.mesh_motion_from_volume("EXEC_DEFAULT", filepath=example)
        said = "through the camera"
        assert said in failure(bpy.ops.gid.render_sequence, "EXEC_DEFAULT")
        assert said in failure(bpy.ops.gid.render_frames, "EXEC_DEFAULT")
        assert said in failure(bpy.ops.gid.setup_compositing, "EXEC_DEFAULT")
        assert said in failure(bpy.ops.gid.export_page, "EXEC_DEFAULT", filepath="/tmp/page.html")
        # The motion of its picture is there as long as the cache is.
        path = bpy.app.tempdir + "again.npz"
        assert bpy.ops.gid.export_volume("EXEC_DEFAULT", filepath=path) == {"FINISHED"}
        module("ops.volume_store").clear()
        assert "not on this computer" in failure(bpy.ops.gid.export_volume, "EXEC_DEFAULT", filepath=path)

    blender.run(script, example=str(ROOT / "gid_blender/assets/dahlia.npz"))
