# SPDX-License-Identifier: GPL-3.0-or-later
"""From files to planes to layers, through the operators, in Blenders with the built zip."""

import zlib
from pathlib import Path

import numpy as np
import pytest


def write_png(path, pixels):
    """(H, W, 3|4) uint8."""
    height, width, channels = pixels.shape
    lines = b"".join(b"\0" + row.tobytes() for row in pixels)

    def chunk(kind, data):
        body = kind + data
        return len(data).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big")

    head = width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes([8, {3: 2, 4: 6}[channels], 0, 0, 0])
    data = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + data)


@pytest.fixture
def folder(tmp_path):
    """Two pictures, two masks and a file that is no picture."""
    random = np.random.default_rng(0)
    for name, size in (("meadow", (64, 96)), ("tower", (96, 48))):
        write_png(tmp_path / f"{name}.png", random.integers(0, 255, (*size, 3), np.uint8))
    for name, part in (("1 flower", np.s_[:, :30]), ("2 grass", np.s_[:, 60:])):
        mask = np.zeros((64, 96, 3), np.uint8)
        mask[part] = 255
        write_png(tmp_path / f"{name}.png", mask)
    (tmp_path / "broken.png").write_bytes(b"no picture")
    return str(tmp_path)


def test_a_batch_comes_in_at_its_size_and_generate_moves_one_in_place(blender, folder):
    def script(folder):
        files = [{"name": name} for name in ("tower.png", "broken.png", "meadow.png")]
        bpy.context.scene.cursor.location = (1, 2, 3)
        assert bpy.ops.gid.import_pictures(
            "EXEC_DEFAULT", directory=folder, files=files, size_mode="DPBU", factor=96, align_axis="-Y", columns=9
        ) == {"FINISHED"}
        meadow, tower = (bpy.data.objects[name] for name in ("meadow", "tower"))
        assert set(bpy.context.selected_objects) == {meadow, tower}
        bpy.context.view_layer.update()
        assert [round(v, 5) for v in meadow.dimensions] == [1, 0.66667, 0]
        assert [round(v, 5) for v in tower.dimensions] == [0.5, 1, 0]
        gap = tower.location.x - meadow.location.x - 0.75
        assert abs(gap - 0.1) < 1e-5
        bpy.context.view_layer.objects.active = tower
        tower.select_set(True)
        meadow.select_set(False)
        place = tower.matrix_world.copy()
        assert bpy.ops.gid.generate("EXEC_DEFAULT") == {"FINISHED"}
        scene = module("scene")
        assert scene.is_motion_object(tower)
        assert tower.matrix_world == place
        assert scene.is_waiting(meadow)
        assert len([obj for obj in bpy.context.scene.objects if obj.type == "MESH"]) == 3  # and the default cube
        said = failure(bpy.ops.gid.import_pictures, "EXEC_DEFAULT", directory=folder, files=[{"name": "broken.png"}])
        assert "cannot be read as a picture" in said

    assert "broken.png" in blender.run(script, folder=folder)


def test_what_cannot_become_a_plane_is_named_and_one_undo_takes_the_others_back(blender, folder):
    """“slit.png” can be read, but a grid of 9 columns would have more rows than are possible."""
    write_png(Path(folder) / "slit.png", np.zeros((4200, 16, 3), np.uint8))

    def script(folder):
        files = [{"name": name} for name in ("meadow.png", "slit.png", "tower.png")]
        bpy.ops.ed.undo_push(message="before")
        before = len(bpy.data.objects)
        options = {"directory": folder, "columns": 9}
        assert bpy.ops.gid.import_pictures("EXEC_DEFAULT", True, files=files, **options) == {"FINISHED"}
        assert {"meadow", "tower"} <= set(bpy.data.objects.keys())
        assert "slit" not in bpy.data.objects
        assert undo_steps()[-2:] == ["before", "Picture with Motion"]
        bpy.ops.ed.undo()
        assert len(bpy.data.objects) == before
        # Nothing but what cannot be: an error, and nothing is changed.
        said = failure(bpy.ops.gid.import_pictures, "EXEC_DEFAULT", files=[{"name": "slit.png"}], **options)
        assert "“slit.png”: A grid of 9×2101 vertices is not possible. Choose a density between 2 and" in said
        several = [{"name": name} for name in ("broken.png", "slit.png")]
        said = failure(bpy.ops.gid.import_pictures, "EXEC_DEFAULT", files=several, **options)
        assert "“broken.png”, “slit.png” were left out; the first because: “broken.png” cannot be read" in said
        assert len(bpy.data.objects) == before

    assert "“slit.png”: A grid of" in blender.run(script, folder=folder)


def test_all_get_motion_at_once_when_asked(blender, folder):
    def script(folder):
        files = [{"name": name} for name in ("tower.png", "meadow.png")]
        bpy.ops.gid.import_pictures("EXEC_DEFAULT", directory=folder, files=files, columns=9, generate=True)
        assert all(module("scene").is_motion_object(bpy.data.objects[name]) for name in ("meadow", "tower"))
        assert len(bpy.data.objects) == 5

    blender.run(script, folder=folder)


def test_what_needs_a_camera_says_so_and_what_tracks_it_does(blender, folder):
    def script(folder):
        scene = bpy.context.scene
        options = {"directory": folder, "files": [{"name": "meadow.png"}], "columns": 9}
        camera, scene.camera = scene.camera, None
        said = failure(bpy.ops.gid.import_pictures, "EXEC_DEFAULT", size_mode="CAMERA", **options)
        assert "no camera to fit the pictures to" in said
        assert not [obj for obj in bpy.data.objects if obj.name.startswith("meadow")]
        scene.camera = camera
        bpy.ops.gid.import_pictures("EXEC_DEFAULT", align_axis="CAM", align_track=True, **options)
        assert bpy.context.object.constraints[0].target == camera

    blender.run(script, folder=folder)


def test_split_by_masks_fill_order_and_depth(blender, folder, real_worker):
    def script(folder):
        scene = module("scene")
        target = bpy.context.scene
        bpy.ops.gid.import_pictures("EXEC_DEFAULT", directory=folder, files=[{"name": "meadow.png"}], columns=9)
        masks = [{"name": "2 grass.png"}, {"name": "1 flower.png"}]
        target.cycles.transparent_max_bounces = 1
        assert bpy.ops.gid.split_layers("EXEC_DEFAULT", directory=folder, files=masks) == {"FINISHED"}
        assert session.problem is None, session.problem
        # Two layers, and a background that may be transparent too.
        assert target.cycles.transparent_max_bounces == 3
        stack = scene.stack_of(bpy.context.object)
        names = [layer.name for layer in scene.layers_of(stack)]
        assert names == ["meadow Background", "2 grass", "1 flower"]
        assert bpy.data.objects["meadow"].hide_render
        background = scene.layers_of(stack)[0]
        image = background["gid_layer_picture"]
        assert tuple(image.size) == (96, 64)
        assert image.packed_file
        filled = scene.read_pixels(image).array
        whole = scene.read_pixels(bpy.data.images["meadow.png"]).array
        # The fringe of 3 pixels is filled too; the middle is as it was.
        assert (filled[:, 34:56] == whole[:, 34:56]).all()
        assert (filled[:, :30] != whole[:, :30]).mean() > 0.5
        bpy.context.view_layer.objects.active = bpy.data.objects["1 flower"]
        assert bpy.ops.gid.layer_move("EXEC_DEFAULT", direction="BACK") == {"FINISHED"}
        assert [layer.name for layer in scene.layers_of(stack)][1:] == ["1 flower", "2 grass"]
        target.camera.location, target.camera.rotation_euler = (0, -5, 0), (1.5708, 0, 0)
        bpy.context.view_layer.update()
        for obj in stack.objects:
            obj.rotation_euler.x = 1.5708
        bpy.context.view_layer.update()
        assert bpy.ops.gid.layers_spread("EXEC_DEFAULT", nearest=2.0) == {"FINISHED"}
        bpy.context.view_layer.update()
        assert abs(scene.distance_of(target, bpy.data.objects["2 grass"]) - 2) < 1e-4
        assert bpy.ops.gid.layer_distance("EXEC_DEFAULT", distance=3.0) == {"FINISHED"}
        target.camera = None
        assert "no camera" in failure(bpy.ops.gid.layer_distance, "EXEC_DEFAULT", distance=3.0)
        # The list in the panel goes by the number of the active object.
        target.gid.layer_index = stack.objects.find("2 grass")
        assert bpy.context.object.name == "2 grass"
        bpy.ops.ed.undo_push(message="before")
        assert bpy.ops.gid.fill_background("EXEC_DEFAULT", True, grow=1) == {"FINISHED"}
        assert undo_steps()[-1] == "Fill Background"
        assert [layer.name for layer in scene.layers_of(stack)].count("meadow Background") == 1
        assert len(scene.layers_of(stack)) == 3

    blender.run(script, worker=real_worker, folder=folder)


@pytest.mark.parametrize("format", ["PNG", "EXR"])
def test_frames_of_a_float_picture_have_its_colours_along_a_soft_edge(blender, real_worker, tmp_path, format):
    def script(format, folder):
        scene, np = bpy.context.scene, module("motion").files.np
        alpha = np.broadcast_to(np.linspace(0, 1, 96, dtype=np.float32)[:, None], (64, 96, 1))
        # Blender holds floats with alpha multiplied in.
        light = np.concatenate([np.broadcast_to(np.float32((0.6, 0.2, 0.05)), (64, 96, 3)) * alpha, alpha], axis=2)
        picture = bpy.data.images.new("light", 96, 64, alpha=True, float_buffer=True)
        picture.pixels.foreach_set(light.ravel())
        scene.gid.image = picture
        bpy.ops.gid.import_volume("EXEC_DEFAULT", filepath=str(module("ops.paths").asset("dahlia.npz")))
        bpy.context.object["gid_amplitude"] = 0.0
        scene.gid.format, scene.gid.output = format, folder
        assert bpy.ops.gid.render_sequence("EXEC_DEFAULT", frames=2) == {"FINISHED"}
        (strip,) = module("compat").strips(scene.sequence_editor)
        path = os.path.join(bpy.path.abspath(strip.directory), strip.elements[0].filename)
        # PNG has 16 bits, encoded, with straight alpha, which Blender turns into light with alpha multiplied in.
        found = module("scene").read_pixels(bpy.data.images.load(path)).array
        # Half floats have 11 bits.
        assert np.abs(found - light).max() < 1e-3, np.abs(found - light).max(axis=(0, 1))

    blender.run(script, worker=real_worker, format=format, folder=str(tmp_path))


def test_toward_the_camera_at_once_or_not_at_all(blender, folder):
    def script(folder):
        scene = module("scene")
        target = bpy.context.scene
        camera = target.camera
        camera.location, camera.rotation_euler = (0, 0, 4), (0, 0, 0)
        options = {"directory": folder, "files": [{"name": "1 flower.png"}], "depth": "CAMERA", "background": False}
        bpy.ops.gid.import_pictures(
            "EXEC_DEFAULT", directory=folder, files=[{"name": "meadow.png"}], columns=9, align_axis="+Z"
        )
        plane, before = bpy.context.object, len(bpy.data.objects)
        bpy.context.view_layer.update()
        assert "between 0.1 and 4 from the camera" in failure(
            bpy.ops.gid.split_layers, "EXEC_DEFAULT", nearest=5, **options
        )
        assert (len(bpy.data.objects), plane.hide_render) == (before, False)
        # What else is selected stays where it is.
        bystanders = [bpy.data.objects["Cube"], bpy.data.objects["Light"]]
        places = [obj.matrix_world.copy() for obj in bystanders]
        for obj in bystanders:
            obj.select_set(True)
        assert bpy.ops.gid.split_layers("EXEC_DEFAULT", nearest=2.5, **options) == {"FINISHED"}
        bpy.context.view_layer.update()
        assert [obj.matrix_world for obj in bystanders] == places
        assert abs(scene.distance_of(target, bpy.context.object) - 2.5) < 1e-4
        # Its background is where the picture was.
        stack = scene.stack_of(bpy.context.object)
        pixels = scene.read_pixels(bpy.data.images["meadow.png"])
        background = scene.add_background(target, stack, pixels, scene.hidden_region(stack))
        bpy.context.view_layer.update()
        assert abs(scene.distance_of(target, background) - 4) < 1e-4

    blender.run(script, folder=folder)


def test_without_a_worker_the_layers_are_there_and_the_sentence_says_what_is_not(blender, folder):
    def script(folder):
        bpy.ops.gid.import_pictures("EXEC_DEFAULT", directory=folder, files=[{"name": "meadow.png"}], columns=9)
        module("preferences").preferences().worker_command = "/nowhere/worker"
        masks = [{"name": "1 flower.png"}]
        said = failure(bpy.ops.gid.split_layers, "EXEC_DEFAULT", directory=folder, files=masks)
        assert "/nowhere/worker" in said
        assert "1 flower" in bpy.data.objects

    blender.run(script, folder=folder)


def test_shading_is_changed_for_all_that_are_selected(blender, folder):
    def script(folder):
        files = [{"name": name} for name in ("tower.png", "meadow.png")]
        bpy.ops.gid.import_pictures("EXEC_DEFAULT", directory=folder, files=files, columns=9)
        assert not any(obj.visible_shadow for obj in bpy.context.selected_objects)
        assert bpy.ops.gid.set_shading("EXEC_DEFAULT", shader="PRINCIPLED") == {"FINISHED"}
        for obj in bpy.context.selected_objects:
            assert obj.visible_shadow
            assert module("scene").shading_of(obj.active_material).shader == "PRINCIPLED"
        for obj in bpy.context.selected_objects:
            obj.select_set(False)
        bpy.context.view_layer.objects.active = bpy.data.objects["Cube"]
        assert "Select a picture's plane" in failure(bpy.ops.gid.set_shading, "EXEC_DEFAULT")
        assert "Select a picture's plane" in failure(bpy.ops.gid.split_layers, "EXEC_DEFAULT")

    blender.run(script, folder=folder)


def test_pictures_can_be_dropped_and_are_in_the_menus(blender):
    def script():
        handler = bpy.types.GID_FH_pictures
        assert handler.bl_import_operator == "gid.import_pictures"
        assert ".png" in handler.bl_file_extensions.split(";")
        for menu in (bpy.types.VIEW3D_MT_image_add, bpy.types.TOPBAR_MT_file_import):
            assert [draw for draw in menu._dyn_ui_initialize() if draw.__module__.endswith("layers_panel")]

    blender.run(script)


def test_a_dialog_in_which_nothing_was_chosen_says_so(blender, folder):
    def script(folder):
        # As the dialog leaves it: the folder, and no name.
        nothing = {"filepath": f"{folder}/", "directory": f"{folder}/"}
        assert "No files are chosen" in failure(bpy.ops.gid.import_pictures, "EXEC_DEFAULT", **nothing)
        bpy.ops.gid.import_pictures("EXEC_DEFAULT", directory=folder, files=[{"name": "meadow.png"}], columns=9)
        assert "No masks are chosen" in failure(bpy.ops.gid.split_layers, "EXEC_DEFAULT", **nothing)

    blender.run(script, folder=folder)
