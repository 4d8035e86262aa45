# SPDX-License-Identifier: GPL-3.0-or-later
"""The touch as the extension brings it: its tools, its scripted form and its undo step, and what it draws."""


def test_the_tool_is_in_both_editors_with_its_key_where_it_can_be_changed(blender):
    def script():
        from bl_ui.space_toolsystem_common import ToolSelectPanelHelper

        found = {}
        for space, mode in (("VIEW_3D", "OBJECT"), ("IMAGE_EDITOR", "VIEW")):
            helper = ToolSelectPanelHelper._tool_class_from_space_type(space)
            tools = [t for t in helper._tools_flatten(helper._tools[mode]) if t is not None]
            found[space] = [t for t in tools if t.idname.startswith("gid.")]
            assert [t.label for t in found[space]] == ["Touch Picture"], space
        keymaps = [k for k in bpy.context.window_manager.keyconfigs.addon.keymaps if "Touch Picture" in k.name]
        items = [(i.idname, i.type, i.value) for keymap in keymaps for i in keymap.keymap_items]
        assert items == [("gid.touch", "LEFTMOUSE", "PRESS")] * 2

    blender.run(script)


def test_the_extension_takes_its_tools_along(lone_blender):
    def script():
        from bl_ui.space_toolsystem_common import ToolSelectPanelHelper

        bpy.ops.preferences.addon_disable(module=PACKAGE)
        for space, mode in (("VIEW_3D", "OBJECT"), ("IMAGE_EDITOR", "VIEW")):
            helper = ToolSelectPanelHelper._tool_class_from_space_type(space)
            tools = [t for t in helper._tools_flatten(helper._tools[mode]) if t is not None]
            assert not [t.idname for t in tools if t.idname.startswith("gid.")]
        assert not hasattr(bpy.types, "GID_OT_touch")

    lone_blender.run_alone(script)


def test_a_scripted_touch_is_a_keyframed_pull_and_one_undo_step(blender):
    def script():
        obj = small_motion_object()
        bpy.context.scene.frame_set(10)
        bpy.ops.ed.undo_push(message="Ready")
        path = [{"name": "", "loc": (0.03, 0.0), "time": 0.5}, {"name": "", "loc": (0.05, -0.02), "time": 1.0}]
        assert bpy.ops.gid.touch("EXEC_DEFAULT", True, point=(0.5, 0.35), path=path) == {"FINISHED"}
        rate = bpy.context.scene.render.fps
        (empty,) = [o for o in bpy.data.objects if o.type == "EMPTY"]
        assert empty.gid.excitation.kind == "PULL"
        assert empty.parent == obj
        curves = {c.array_index: c for c in next(iter(module("compat").action_curve_owners(empty)))}
        assert [curves[0].keyframe_points[i].co.x for i in (0, -1)] == [10, 10 + rate]
        width = obj.data["gid_width"]
        assert abs(curves[0].evaluate(10 + rate) - curves[0].evaluate(10) - 0.05 * width) < 1e-5
        assert abs(curves[1].evaluate(10 + rate) - curves[1].evaluate(10) - 0.02 * width) < 1e-5
        assert "Recorded" in session.note
        bpy.ops.ed.undo()
        assert not [o for o in bpy.data.objects if o.type == "EMPTY"]
        bpy.ops.ed.redo()
        assert [o for o in bpy.data.objects if o.type == "EMPTY"]
        assert bpy.ops.gid.bake("EXEC_DEFAULT") == {"FINISHED"}
        assert module("ops.touch").running() == 0

    blender.run(script)


def test_a_path_that_cannot_be_gone_says_why_and_adds_nothing(blender):
    def script():
        def refused(sentence, **options):
            said = failure(bpy.ops.gid.touch, "EXEC_DEFAULT", **options)
            assert sentence in said, said
            assert not [o for o in bpy.data.objects if o.type == "EMPTY"]

        there = [{"name": "", "loc": (0.03, 0.0), "time": 0.5}]
        for obj in list(bpy.data.objects):
            bpy.data.objects.remove(obj)
        refused("no picture with motion", path=there)
        obj = small_motion_object()
        refused("The path is empty")
        refused("do not rise", path=[*there, *there])
        refused("outside the picture", point=(0.5, 2.0), path=there)
        obj.hide_set(True)
        refused("is hidden", path=there)
        obj.hide_set(False)
        other = obj.copy()
        bpy.context.scene.collection.objects.link(other)
        bpy.context.view_layer.objects.active = None
        refused("several pictures", path=there)

    blender.run(script)


def test_what_an_image_editor_is_given_to_draw(lone_blender):
    """At rest the very pixels of the picture; pulled, they go along; the border stays; what is clear is chequered."""

    def script():
        import gpu
        import numpy as np
        from mathutils import Matrix

        if not hasattr(gpu, "init"):
            skip("this Blender draws only with a window")
        gpu.init()
        drawing, motion = module("ops.touch_drawing"), module("motion")
        warp = module("motion.warp")
        volume = motion.load(module("ops.paths").asset("dahlia.npz"))
        width, height = 320, 212
        y, x = np.mgrid[0:height, 0:width]
        # Stripes of a pixel and a half would show any shift or blur.
        rgba = np.stack([x / width, y / height, (np.sin(x * 2.1) + 1) / 2, np.ones_like(x)], axis=-1)
        image = bpy.data.images.new("stripes", width, height, alpha=True)
        image.pixels.foreach_set(rgba.astype(np.float32).ravel())
        image.update()

        spectrum = module("motion.grid").at_vertices(volume, 107, 161)
        sheet = drawing.Sheet(image, warp.Warp.of(spectrum, height / width))
        target = gpu.types.GPUOffScreen(width, height, format="RGBA8")

        def drawn(q, target=target, encode=True):
            with target.bind():
                frame = gpu.state.active_framebuffer_get()
                frame.clear(color=(1.0, 0.0, 1.0, 1.0) if encode else (0.0, 0.0, 0.0, 0.0))
                with gpu.matrix.push_pop():
                    gpu.matrix.load_matrix(Matrix.Identity(4))
                    gpu.matrix.load_projection_matrix(
                        Matrix.Translation((-1, -1, 0)) @ Matrix.Diagonal((2 / width, 2 / height, 1, 1))
                    )
                    sheet.draw((0, 0), (width, height), q, encode=encode)
                pixels = frame.read_color(0, 0, width, height, 4, 0, "UBYTE" if encode else "FLOAT")
            pixels.dimensions = width * height * 4
            values = np.array(pixels, np.uint8 if encode else np.float32).reshape(height, width, 4)
            return values.astype(int) if encode else values

        stored = np.empty(width * height * 4, np.float32)
        image.pixels.foreach_get(stored)
        stored = np.round(stored.reshape(height, width, 4) * 255)
        rest = drawn(np.zeros(volume.bands))
        # One step of 255 for the way to linear values and back.
        assert np.abs(rest - stored).max() <= 1

        basis = motion.ModalBasis.of(volume)
        spot = basis.spot(0.5, 0.35, 0.02)
        q = motion.Touch(spot).hold(0.05, 0.0)
        pulled = drawn(q)
        # Red counts columns: what is seen at the place was further left, by as much as the place gave way.
        row = height - 1 - round(0.35 * width)
        came_from = rest[row, width // 2, 0] - pulled[row, width // 2, 0]
        gave = spot.displacement(q)[0] * 255
        assert gave > 8
        assert abs(came_from - gave) < 0.25 * gave + 1, (came_from, gave)
        for edge in (np.s_[0], np.s_[-1], np.s_[:, 0], np.s_[:, -1]):
            assert np.abs(pulled[edge] - rest[edge]).max() <= 40

        # A region is given what Blender makes the same colours of, x^(1/2.2); what stands still is left to the editor.
        image.alpha_mode = "NONE"
        deep = gpu.types.GPUOffScreen(width, height, format="RGBA32F")
        given = drawn(q, target=deep, encode=False)
        moved = given[..., 3] == 1
        assert moved.mean() > 0.5
        assert np.abs(given[moved] ** (1 / 2.2) * 255 - pulled[moved]).max() <= 1
        # At the place itself by a fiftieth of a pixel, and by less elsewhere.
        slightly = drawn(q * 0.02 / (spot.displacement(q)[0] * width), target=deep, encode=False)
        moved = slightly[..., 3] == 1
        assert moved[row, width // 2]
        assert 0.01 < moved.mean() < 0.99
        assert not slightly[~moved].any()
        assert not drawn(np.zeros(volume.bands), target=deep, encode=False).any()

        image.alpha_mode = "STRAIGHT"
        clear = rgba.copy()
        clear[..., 3] = 0.0
        image.pixels.foreach_set(clear.astype(np.float32).ravel())
        image.update()
        colours = np.unique(drawn(np.zeros(volume.bands)).reshape(-1, 4), axis=0)
        assert len(colours) == 2, colours[:9]

    lone_blender.run_alone(script)
