# SPDX-License-Identifier: GPL-3.0-or-later
"""Painting what moves: into painting and out of it again, a stroke that takes effect, and all that honours the mask."""

import numpy as np

from gid_blender.motion import load


def test_one_click_makes_a_mask_and_leaves_as_it_came(blender):
    def script():
        scene, screen = bpy.context.scene, bpy.context.screen
        small_example()
        obj, tools = bpy.context.object, scene.tool_settings.image_paint
        colours = module("compat").paint_colours(scene)
        colours.color = (0.2, 0.4, 0.6)
        view = next(area.spaces.active for area in screen.areas if area.type == "VIEW_3D")
        own, materials = obj.material_slots[0].material, len(bpy.data.materials)

        def shown():
            slot = obj.material_slots[0]
            colour = [round(c, 5) for c in colours.color]
            return slot.link, slot.material, obj.mode, tools.mode, tools.canvas, colour, view.shading.type

        before, keys = shown(), set(obj.keys())
        assert not bpy.ops.gid.mask_done.poll()
        assert bpy.ops.gid.mask_paint("EXEC_DEFAULT") == {"FINISHED"}
        image = obj["gid_mask"]
        assert (image.name, tuple(image.size)) == ("dahlia.jpg Mask", (640, 427))
        assert (obj.mode, tools.mode, tools.canvas) == ("TEXTURE_PAINT", "IMAGE", image)
        assert tuple(colours.color) == (0, 0, 0)
        overlay = obj.material_slots[0].material
        assert {n.image for n in overlay.node_tree.nodes if n.type == "TEX_IMAGE"} == {obj["gid_image"], image}
        assert obj.data.materials[0] == own, "the mesh keeps its material"
        assert view.shading.type == "MATERIAL"
        # Once more is the same.
        assert bpy.ops.gid.mask_paint("EXEC_DEFAULT") == {"FINISHED"}
        assert obj["gid_mask"] == image
        assert bpy.ops.gid.mask_done("EXEC_DEFAULT") == {"FINISHED"}
        assert shown() == before
        assert len(bpy.data.materials) == materials
        assert {name for name in obj.keys() if not name.startswith("gid_mask")} == keys
        bpy.ops.gid.mask_remove("EXEC_DEFAULT")
        assert set(obj.keys()) == keys

    blender.run(script)


def test_in_an_image_editor_the_mask_is_shown_and_then_the_picture_again(blender):
    def script():
        obj = small_example()
        area = next(a for a in bpy.context.screen.areas if a.type == "OUTLINER")
        area.type = "IMAGE_EDITOR"
        space = area.spaces.active
        space.image = obj["gid_image"]
        bpy.context.view_layer.objects.active = None
        with bpy.context.temp_override(area=area):
            assert bpy.ops.gid.mask_paint("EXEC_DEFAULT") == {"FINISHED"}
            assert (space.image, space.mode) == (obj["gid_mask"], "PAINT")
            assert module("ops.mask_drawing")._handler is not None
            assert bpy.ops.gid.mask_done("EXEC_DEFAULT") == {"FINISHED"}
        assert (space.image, space.mode) == (obj["gid_image"], "VIEW")
        assert module("ops.mask_drawing")._handler is None
        area.type = "OUTLINER"

    blender.run(script)


def test_a_stroke_takes_effect_between_two_strokes(blender):
    def script():
        import numpy as np

        masks, watching = module("scene.masks"), module("ops.mask_watching")
        small_example()
        bpy.ops.gid.mask_paint("EXEC_DEFAULT")
        obj = bpy.context.object
        image = obj["gid_mask"]
        assert masks.mask_weights(obj).min() == 1

        def stroke(columns):
            width, height = image.size
            pixels = np.ones((height, width, 4), np.float32)
            pixels[:, :columns, :3] = 0
            image.pixels.foreach_set(pixels.ravel())

        # What the timer calls, which runs in a window alone.
        stroke(100)
        assert watching._look() == watching.LOOK_SECONDS, "it goes on while somebody paints"
        weights = masks.mask_weights(obj)
        columns = weights.shape[1]
        assert (weights[:, : columns * 100 // 640] == 0).all()
        assert weights[:, -1].min() == 1
        assert not image.is_dirty, "it is in the file"
        stroke(300)
        watching._look()
        assert (masks.mask_weights(obj)[:, : columns * 300 // 640] == 0).all()
        obj["gid_mask_feather"] = 0.5
        watching._look()
        assert np.diff(masks.mask_weights(obj), axis=1).max() < 1 / (columns - 1) / 0.5 + 1e-5
        # An image that goes while it is painted costs one sentence, not one at each look.
        bpy.data.images.remove(image)
        watching._look()
        assert "deleted" in session.problem.message
        session.problem = None
        watching._look()
        assert session.problem is None
        assert bpy.ops.gid.mask_done("EXEC_DEFAULT") == {"FINISHED"}
        assert watching._look() is None

    blender.run(script)


def test_what_was_painted_survives_saving_and_the_file_can_be_finished_later(blender, tmp_path):
    def script(path):
        import numpy as np

        small_example()
        bpy.ops.gid.mask_paint("EXEC_DEFAULT")
        image = bpy.context.object["gid_mask"]
        image.pixels.foreach_set(np.tile(np.float32([0, 0, 0, 1]), image.size[0] * image.size[1]))
        bpy.ops.wm.save_as_mainfile(filepath=path)
        bpy.ops.wm.open_mainfile(filepath=path)
        obj = next(o for o in bpy.context.scene.objects if "gid_mask" in o)
        assert obj["gid_mask"].pixels[0] == 0
        bpy.context.view_layer.objects.active = obj
        assert bpy.ops.gid.mask_done("EXEC_DEFAULT") == {"FINISHED"}
        assert obj.mode == "OBJECT"
        assert obj.material_slots[0].link == "DATA"
        assert not [m for m in bpy.data.materials if "Overlay" in m.name]
        assert module("scene.masks").mask_weights(obj).max() == 0

    blender.run(script, path=str(tmp_path / "half.blend"))


def test_every_operator_is_one_undo_step(blender):
    def script():
        small_example()
        name = bpy.context.object.name
        picture = bpy.context.object["gid_image"].name
        bpy.ops.ed.undo_push(message="start")

        def state():
            obj = bpy.data.objects[name]
            weights = module("scene.masks").mask_weights(obj)
            mean = None if weights is None else round(float(weights.mean()), 5)
            return sorted(k for k in obj.keys() if k.startswith("gid_mask")), obj.mode, mean

        states = [state()]
        for step in (
            lambda: bpy.ops.gid.mask_from("EXEC_DEFAULT", True, source="IMAGE", image=picture),
            lambda: bpy.ops.gid.mask_invert("EXEC_DEFAULT", True),
            lambda: bpy.ops.gid.mask_remove("EXEC_DEFAULT", True),
        ):
            assert step() == {"FINISHED"}
            states.append(state())
        assert len({repr(s) for s in states}) == 3
        for wanted in states[-2::-1]:
            bpy.ops.ed.undo()
            assert state() == wanted, (state(), wanted)

    blender.run(script)


def test_sources_can_be_combined_and_inverted(blender):
    def script():
        import numpy as np

        masks = module("scene.masks")
        obj = small_example()
        half = bpy.data.images.new("half", 64, 64, is_data=True)
        pixels = np.ones((64, 64, 4), np.float32)
        pixels[:, :32, :3] = 0
        half.pixels.foreach_set(pixels.ravel())
        top = obj.vertex_groups.new(name="top")
        top.add([v.index for v in obj.data.vertices if v.co.y > 0], 1.0, "REPLACE")
        assert bpy.ops.gid.mask_from("EXEC_DEFAULT", source="IMAGE", image="half") == {"FINISHED"}
        left = masks.mask_weights(obj)
        assert bpy.ops.gid.mask_from("EXEC_DEFAULT", source="VERTEX_GROUP", group="top", combine=True) == {"FINISHED"}
        both = masks.mask_weights(obj)
        assert (both <= left + 1e-6).all()
        assert both[-1].max() == 0
        bpy.ops.gid.mask_invert("EXEC_DEFAULT")
        assert obj["gid_mask_invert"]
        assert masks.mask_weights(obj)[0, -1] == 0
        bpy.ops.gid.mask_from("EXEC_DEFAULT", source="IMAGE", image="half")
        assert np.array_equal(masks.mask_weights(obj), left), "what is not combined replaces"

    said = blender.run(script)
    assert "64×64 pixels, the picture 640×427" in said


def test_a_mask_of_the_clip_editor_is_a_source_and_can_be_kept_together_with_another(blender):
    def script():
        import numpy as np

        masks = module("scene.masks")
        obj = small_example()
        mask = bpy.data.masks.new("rotoscoped")
        spline = mask.layers.new().splines.new()
        spline.points.add(3)
        spline.use_cyclic = True
        # The left half of the picture, and more on three sides; it has the coordinates of its longer side.
        for point, place in zip(spline.points, ((-0.1, -0.1), (-0.1, 1.1), (0.5, 1.1), (0.5, -0.1)), strict=True):
            point.handle_type = "FREE"
            point.co = point.handle_left = point.handle_right = place
        mask.layers[0].alpha = 1.0
        assert bpy.ops.gid.mask_from("EXEC_DEFAULT", source="MASK", mask="rotoscoped") == {"FINISHED"}
        left = masks.mask_weights(obj)
        half = left.shape[1] // 2
        assert left[:, : half // 2].min() == 1
        assert left[:, half + 1 :].max() == 0
        top = obj.vertex_groups.new(name="top")
        top.add([v.index for v in obj.data.vertices if v.co.y > 0], 1.0, "REPLACE")
        assert bpy.ops.gid.mask_from("EXEC_DEFAULT", source="VERTEX_GROUP", group="top", combine=True) == {"FINISHED"}
        both = masks.mask_weights(obj)
        assert both[left == 0].max() == 0
        assert both[-1].max() == 0
        # It is saved with the file and made anew there.
        path = bpy.app.tempdir + "rotoscoped.blend"
        name = obj.name
        bpy.ops.wm.save_as_mainfile(filepath=path)
        bpy.ops.wm.open_mainfile(filepath=path)
        obj = bpy.data.objects[name]
        bpy.context.view_layer.objects.active = obj
        bpy.ops.gid.mask_update("EXEC_DEFAULT")
        assert np.array_equal(masks.mask_weights(obj), both)

    blender.run(script)


def test_what_cannot_be_is_one_sentence(blender):
    def script():
        assert not bpy.ops.gid.mask_paint.poll()
        obj = small_example()
        for operator in (bpy.ops.gid.mask_update, bpy.ops.gid.mask_invert, bpy.ops.gid.mask_remove):
            assert not operator.poll()
        for options, sentence in (
            ({"source": "IMAGE"}, "No image is chosen."),
            ({"source": "IMAGE", "image": "nothing"}, "There is no image “nothing” in this file."),
            ({"source": "ALPHA"}, "has no transparency"),
            ({"source": "VERTEX_GROUP"}, "No vertex group is chosen."),
            ({"source": "VERTEX_GROUP", "group": "nothing"}, "no vertex group “nothing”"),
            ({"source": "MASK"}, "No mask is chosen."),
            ({"source": "MASK", "mask": "nothing"}, "There is no mask “nothing” in this file."),
        ):
            assert sentence in failure(bpy.ops.gid.mask_from, "EXEC_DEFAULT", **options)
            assert not obj.vertex_groups
        obj.hide_set(True)
        assert "is hidden" in failure(bpy.ops.gid.mask_paint, "EXEC_DEFAULT")
        obj.hide_set(False)
        bpy.context.view_layer.objects.active = obj
        bpy.ops.object.mode_set(mode="SCULPT")
        assert "is being edited" in failure(bpy.ops.gid.mask_paint, "EXEC_DEFAULT")
        bpy.ops.object.mode_set(mode="OBJECT")
        assert not any(name.startswith("gid_mask") for name in obj.keys())
        assert not [image for image in bpy.data.images if "Mask" in image.name]

    blender.run(script)


def test_the_model_is_told_of_the_mask_and_a_black_one_is_refused(blender):
    def script():
        import json

        import numpy as np

        scene = bpy.context.scene
        scene.gid.image = new_picture()
        bpy.ops.gid.generate("EXEC_DEFAULT")
        obj = bpy.context.object

        def asked():
            scene.gid.seed += 1
            bpy.ops.gid.generate("EXEC_DEFAULT")
            return json.loads(obj["gid_settings"])["mask"]

        assert asked() is None
        bpy.ops.gid.mask_paint("EXEC_DEFAULT")
        bpy.ops.gid.mask_done("EXEC_DEFAULT")
        assert asked() == {"shape": [32, 48]}
        assert obj.data.shape_keys.key_blocks["Re 02"].vertex_group == "Image Dynamics Mask"
        scene.gid.mask_predicts = False
        assert asked() is None
        scene.gid.mask_predicts = True
        obj["gid_mask"].pixels.foreach_set(np.tile(np.float32([0, 0, 0, 1]), 32 * 48))
        assert "black everywhere" in failure(bpy.ops.gid.generate, "EXEC_DEFAULT")
        bpy.ops.gid.mask_update("EXEC_DEFAULT")
        bpy.ops.gid.mask_remove("EXEC_DEFAULT")
        assert asked() is None

    assert "nothing moves" in blender.run(script)


def test_frames_motion_and_pages_are_masked(blender, real_worker, tmp_path):
    def script(folder):
        import numpy as np

        scene = bpy.context.scene
        scene.gid.columns = 64
        obj = small_motion_object()
        half = bpy.data.images.new("half", 96, 64, is_data=True)
        pixels = np.ones((64, 96, 4), np.float32)
        pixels[:, :48, :3] = 0
        half.pixels.foreach_set(pixels.ravel())
        bpy.ops.gid.mask_from("EXEC_DEFAULT", source="IMAGE", image="half")
        np.save(f"{folder}/picture.npy", module("scene").read_pixels(obj["gid_image"]).array)
        scene.gid.results, scene.gid.output = {"MESH", "STRIP"}, folder
        obj["gid_period"], obj["gid_amplitude"] = 4.0, 3.0
        assert bpy.ops.gid.render_sequence("EXEC_DEFAULT") == {"FINISHED"}
        for path in sorted(__import__("pathlib").Path(folder).glob("*/*.png")):
            frame = bpy.data.images.load(str(path))
            np.save(str(path.with_suffix(".npy")), module("scene").read_pixels(frame).array)
        bpy.ops.gid.export_volume("EXEC_DEFAULT", filepath=f"{folder}/masked.npz")
        bpy.ops.gid.export_volume("EXEC_DEFAULT", filepath=f"{folder}/free.npz", apply_mask=False)
        bpy.ops.gid.export_page("EXEC_DEFAULT", filepath=f"{folder}/page.html")

    from tests.blender.extension.test_export_page import read

    blender.run(script, worker=real_worker, folder=str(tmp_path))
    picture = np.load(tmp_path / "picture.npy")
    frames = [np.load(path) for path in sorted(tmp_path.glob("*/*.npy"))]
    assert len(frames) == 4
    assert all(np.array_equal(frame[:, :48], picture[:, :48]) for frame in frames)
    assert any((frame != picture).any() for frame in frames)
    masked, free = load(tmp_path / "masked.npz").spectrum, load(tmp_path / "free.npz").spectrum
    middle = free.shape[3] // 2
    assert not masked[..., :middle].any()
    assert free[..., :middle].any()
    assert np.array_equal(masked[..., -4:], free[..., -4:])
    _, _, spectrum = read(tmp_path / "page.html")
    assert not spectrum[..., : spectrum.shape[3] // 2].any()
    assert spectrum[..., -9:].any()


def test_nothing_of_it_stays_when_the_extension_is_switched_off(lone_blender):
    def script():
        small_example()
        bpy.ops.gid.mask_paint("EXEC_DEFAULT")
        bpy.ops.preferences.addon_disable(module=PACKAGE)
        for name in ("depsgraph_update_post", "load_post", "save_pre", "undo_post", "redo_post"):
            assert not [f for f in getattr(bpy.app.handlers, name) if "image_dynamics" in f.__module__], name

    lone_blender.run_alone(script)


def test_the_picture_lies_half_transparent_over_the_mask(lone_blender):
    def script():
        import gpu
        import numpy as np
        from mathutils import Matrix

        if not hasattr(gpu, "init"):
            skip("this Blender draws only with a window")
        gpu.init()
        red = bpy.data.images.new("red", 4, 4)
        red.pixels.foreach_set(np.tile(np.float32([1, 0, 0, 1]), 16))
        target = gpu.types.GPUOffScreen(32, 32)
        with target.bind():
            frame = gpu.state.active_framebuffer_get()
            frame.clear(color=(1.0, 1.0, 1.0, 1.0))
            with gpu.matrix.push_pop():
                gpu.matrix.load_matrix(Matrix.Identity(4))
                gpu.matrix.load_projection_matrix(
                    Matrix.Translation((-1, -1, 0)) @ Matrix.Diagonal((2 / 32, 2 / 32, 1, 1))
                )
                module("ops.mask_drawing").draw_picture(red, (0, 0), (16, 32))
            pixels = np.array(frame.read_color(0, 0, 32, 32, 3, 0, "FLOAT").to_list())
        # 0.6 of the picture, the rest of the white mask beneath.
        assert np.allclose(pixels[:, :15], (1, 0.4, 0.4), atol=0.01)
        assert np.allclose(pixels[:, 17:], 1)

    lone_blender.run_alone(script)
