# SPDX-License-Identifier: GPL-3.0-or-later
"""When a bake is out of date, and when it is baked again by itself: after an edit, never after an undo."""


def test_an_undo_is_not_answered_with_another_bake(blender):
    """The automatic bake is an undo step; one more after each undo would leave nothing to redo and no way back."""

    def script():
        watching = module("ops.watching")
        bpy.context.preferences.edit.use_global_undo = True
        name = small_motion_object().name
        with bpy.context.temp_override(window=bpy.context.window_manager.windows[0]):
            # Nothing is baked while the scene plays.
            bpy.ops.screen.animation_cancel()
        bpy.ops.gid.add_excitation("EXEC_DEFAULT", kind="GUST")
        bpy.ops.gid.bake("EXEC_DEFAULT", picture=name)
        bpy.data.objects[name].gid.bake.auto = True
        bpy.context.view_layer.update()
        bpy.ops.ed.undo_push(message="ready")
        strength = lambda: round(bpy.data.objects["Gust"].gid.excitation.strength, 6)  # noqa: E731
        before = strength()
        bpy.data.objects["Gust"].gid.excitation.strength = 0.05
        bpy.context.view_layer.update()
        bpy.ops.ed.undo_push(message="edited")
        assert watching._due
        assert watching._bake_again() is None
        assert not watching.is_stale(bpy.data.objects[name])
        assert undo_steps()[-1] == "Bake Excitations"

        def undo():
            bpy.ops.ed.undo()
            # Blender tells of what it has read back as of an edit.
            for obj in bpy.data.objects:
                obj.update_tag()
            bpy.context.view_layer.update()
            assert not watching._due
            steps = undo_steps()
            assert watching._bake_again() is None
            assert undo_steps() == steps

        undo()
        assert strength() == 0.05
        assert watching.is_stale(bpy.data.objects[name])
        undo()
        assert strength() == before
        assert not watching.is_stale(bpy.data.objects[name])
        bpy.ops.ed.redo()
        bpy.ops.ed.redo()
        bpy.context.view_layer.update()
        assert not watching._due
        assert strength() == 0.05
        assert not watching.is_stale(bpy.data.objects[name])
        # The next edit is one.
        undo()
        bpy.data.objects["Gust"].gid.excitation.strength = 0.07
        bpy.context.view_layer.update()
        assert watching._due

    blender.run(script)


def test_neither_is_a_file_that_is_loaded(blender, tmp_path):
    def script(path):
        watching = module("ops.watching")
        name = small_motion_object().name
        bpy.ops.gid.add_excitation("EXEC_DEFAULT", kind="GUST")
        bpy.ops.gid.bake("EXEC_DEFAULT", picture=name)
        bpy.data.objects["Gust"].gid.excitation.seed = 9
        bpy.data.objects[name].gid.bake.auto = True
        bpy.ops.wm.save_as_mainfile(filepath=path)
        bpy.ops.wm.open_mainfile(filepath=path)
        bpy.context.view_layer.update()
        assert watching.is_stale(bpy.data.objects[name])
        assert not watching._due
        # Who switches it on wants it at once.
        bpy.data.objects[name].gid.bake.auto = False
        bpy.context.view_layer.update()
        bpy.data.objects[name].gid.bake.auto = True
        bpy.context.view_layer.update()
        assert watching._due

    blender.run(script, path=str(tmp_path / "gust.blend"))


def test_paint_is_remembered_across_undo_saving_and_leaving_the_mode(blender, tmp_path):
    def script(path):
        watching = module("ops.watching")
        bpy.context.preferences.edit.use_global_undo = True
        obj = small_motion_object()
        name = obj.name
        obj.vertex_groups.new(name="leaf").add(range(len(obj.data.vertices)), 1.0, "REPLACE")
        bpy.ops.gid.add_excitation("EXEC_DEFAULT", kind="WIND")
        bpy.context.object.gid.excitation.area = "leaf"
        assert bpy.ops.gid.bake("EXEC_DEFAULT") == {"FINISHED"}
        bpy.context.view_layer.objects.active = obj
        bpy.ops.ed.undo_push(message="baked")

        def stale():
            return watching.is_stale(bpy.data.objects[name])

        def paint(weight):
            picture = bpy.data.objects[name]
            picture.vertex_groups["leaf"].add(range(50), weight, "REPLACE")
            picture.data.update_tag()
            bpy.context.view_layer.update()

        bpy.ops.object.mode_set(mode="WEIGHT_PAINT")
        bpy.context.view_layer.update()
        assert not stale()
        paint(0.2)
        assert stale()
        paint(1.0)
        bpy.ops.object.mode_set(mode="OBJECT")
        bpy.context.view_layer.update()
        assert not stale(), "painted back to what it was"

        bpy.ops.object.mode_set(mode="WEIGHT_PAINT")
        paint(0.2)
        bpy.ops.object.mode_set(mode="OBJECT")
        bpy.context.view_layer.update()
        assert stale()
        bpy.ops.ed.undo_push(message="painted")
        bpy.context.scene.frame_end += 1
        bpy.ops.ed.undo_push(message="something else")
        bpy.ops.ed.undo()
        bpy.context.view_layer.update()
        assert stale(), "undoing something else has not painted it back"
        bpy.ops.wm.save_as_mainfile(filepath=path)
        bpy.ops.wm.open_mainfile(filepath=path)
        assert stale(), "saving has not either"
        assert bpy.ops.gid.bake("EXEC_DEFAULT", picture=name) == {"FINISHED"}
        assert not stale()

    blender.run(script, path=str(tmp_path / "leaf.blend"))


def test_looking_at_a_mesh_in_its_modes_is_no_edit(blender):
    def script():
        watching = module("ops.watching")
        obj = small_motion_object()
        bpy.ops.gid.add_excitation("EXEC_DEFAULT", kind="WIND")
        assert bpy.ops.gid.bake("EXEC_DEFAULT") == {"FINISHED"}
        bpy.context.view_layer.objects.active = obj

        def visit(mode, edit=lambda: None):
            bpy.ops.object.mode_set(mode=mode)
            obj.data.update_tag()
            bpy.context.view_layer.update()
            edit()
            obj.data.update_tag()
            bpy.context.view_layer.update()
            bpy.ops.object.mode_set(mode="OBJECT")
            bpy.context.view_layer.update()
            return watching.is_stale(obj)

        def shape():
            obj.data.shape_keys.key_blocks["Re 07"].points[200].co.x += 0.01

        for mode in ("WEIGHT_PAINT", "SCULPT", "EDIT"):
            assert not visit(mode), mode
        assert visit("SCULPT", shape)
        assert bpy.ops.gid.bake("EXEC_DEFAULT", picture=obj.name) == {"FINISHED"}
        assert not watching.is_stale(obj)

    blender.run(script)
