# SPDX-License-Identifier: GPL-3.0-or-later
"""Excitations as an animator meets them: menu, list, bake, out of date, presets."""


def test_from_the_menu_to_a_bake(blender):
    def script():
        bpy.ops.gid.load_example("EXEC_DEFAULT")
        picture = bpy.context.object
        for kind in ("PULL", "POKE", "LOAD", "GUST", "WIND"):
            bpy.context.scene.frame_set(10)
            assert bpy.ops.gid.add_excitation("EXEC_DEFAULT", kind=kind) == {"FINISHED"}
            empty = bpy.context.object
            assert (empty.name, empty.parent) == (kind.capitalize(), picture)
            # Each moves something at once, as it comes from the menu.
            empty.gid.excitation.solo = True
            assert bpy.ops.gid.bake("EXEC_DEFAULT") == {"FINISHED"}
            assert not session.note
            bpy.context.scene.frame_set(25)
            assert max(abs(value) for value in picture["gid_response"]) > 0.01, kind
            empty.gid.excitation.solo = False
        assert len(module("scene").empties_of(bpy.context.scene, picture)) == 5
        assert bpy.ops.gid.clear_bake("EXEC_DEFAULT") == {"FINISHED"}
        assert not any(picture["gid_response"])
        assert not bpy.ops.gid.clear_bake.poll()
        for left in (4, 3, 2, 1, 0):
            assert bpy.ops.gid.remove_excitation("EXEC_DEFAULT") == {"FINISHED"}
            assert len(module("scene").empties_of(bpy.context.scene, picture)) == left
        assert bpy.context.object == picture
        assert not bpy.ops.gid.remove_excitation.poll()

    blender.run(script)


def test_at_the_cursor_if_that_is_on_the_picture(blender):
    def script():
        bpy.ops.gid.load_example("EXEC_DEFAULT")
        picture = bpy.context.object
        bpy.context.view_layer.update()
        wanted = picture.matrix_world @ module("scene.empties").on_plane(picture, 0.3, 0.2)
        bpy.context.scene.cursor.location = wanted
        bpy.ops.gid.add_excitation("EXEC_DEFAULT", kind="POKE")
        bpy.context.view_layer.update()
        assert (bpy.context.object.matrix_world.translation - wanted).xy.length < 1e-4
        bpy.context.scene.cursor.location = (100, 0, 0)
        bpy.ops.gid.add_excitation("EXEC_DEFAULT", kind="POKE")
        assert bpy.context.object.location.xy.length < 1e-4

    blender.run(script)


def test_the_bake_knows_when_it_is_out_of_date(blender):
    def script():
        is_stale = module("ops.watching").is_stale
        scene = bpy.context.scene
        bpy.ops.gid.load_example("EXEC_DEFAULT")
        picture = bpy.context.object
        bpy.ops.gid.add_excitation("EXEC_DEFAULT", kind="PULL")
        empty = bpy.context.object
        carrier = bpy.data.objects.new("carrier", None)
        scene.collection.objects.link(carrier)
        empty.constraints.new("COPY_ROTATION").target = carrier
        bpy.ops.gid.bake("EXEC_DEFAULT")

        def stale():
            bpy.context.view_layer.update()
            return is_stale(picture)

        def edit(change, back):
            assert not stale()
            change()
            assert stale(), change
            back()
            assert not stale(), back

        def strength(value):
            empty.gid.excitation.strength = value

        def tag(name, value):
            picture[name] = value
            picture.update_tag()

        edit(lambda: strength(0.5), lambda: strength(1.0))
        edit(lambda: setattr(empty.gid.excitation, "mute", True), lambda: setattr(empty.gid.excitation, "mute", False))
        edit(lambda: setattr(carrier, "location", (1, 0, 0)), lambda: setattr(carrier, "location", (0, 0, 0)))
        edit(lambda: setattr(scene, "frame_end", 77), lambda: setattr(scene, "frame_end", 120))
        edit(lambda: setattr(picture.gid.bake, "cyclic", True), lambda: setattr(picture.gid.bake, "cyclic", False))
        edit(lambda: tag("gid_stiffness", 2.0), lambda: tag("gid_stiffness", 1.0))
        edit(lambda: tag("gid_gain_03", 0.0), lambda: tag("gid_gain_03", 1.0))
        curve = next(iter(module("compat").curve_owners(empty)))[0][0]
        key = curve.keyframe_points[-1]
        was = key.co.y
        edit(lambda: setattr(key.co, "y", was + 0.1), lambda: setattr(key.co, "y", was))

        # What stays live changes nothing, and neither does looking at it.
        tag("gid_amplitude", 0.3)
        tag("gid_phase", 0.4)
        assert not stale()
        for frame in (1, 50, 90):
            scene.frame_set(frame)
        assert not stale()
        strength(2.0)
        assert stale()
        bpy.ops.gid.bake("EXEC_DEFAULT", picture=picture.name)
        assert not stale()

    blender.run(script)


def test_the_mark_is_there_again_after_loading(blender, tmp_path):
    def script(path):
        is_stale = module("ops.watching").is_stale
        bpy.ops.gid.load_example("EXEC_DEFAULT")
        name = bpy.context.object.name
        bpy.ops.gid.add_excitation("EXEC_DEFAULT", kind="GUST")
        bpy.ops.gid.bake("EXEC_DEFAULT")
        bpy.ops.wm.save_as_mainfile(filepath=path)
        bpy.ops.wm.open_mainfile(filepath=path)
        assert not is_stale(bpy.data.objects[name])
        bpy.data.objects["Gust"].gid.excitation.seed = 4
        bpy.ops.wm.save_as_mainfile(filepath=path)
        bpy.ops.wm.read_homefile(use_factory_startup=True)
        bpy.ops.wm.open_mainfile(filepath=path)
        assert is_stale(bpy.data.objects[name])

    blender.run(script, path=str(tmp_path / "gust.blend"))


def test_an_automatic_bake_waits_for_the_end_of_an_edit(blender):
    def script():
        watching = module("ops.watching")
        bpy.ops.gid.load_example("EXEC_DEFAULT")
        picture = bpy.context.object
        bpy.ops.gid.add_excitation("EXEC_DEFAULT", kind="GUST")
        empty = bpy.context.object
        bpy.ops.gid.bake("EXEC_DEFAULT")
        bpy.context.scene.frame_set(25)
        before = list(picture["gid_response"])
        picture.gid.bake.auto = True
        empty.gid.excitation.strength *= 2
        bpy.context.view_layer.update()
        # No timer in background mode: who edits there bakes there.
        assert not bpy.app.timers.is_registered(watching._bake_again)
        assert watching.is_stale(picture)
        # What the timer does in a window: nothing while it plays.
        assert watching._bake_again() is not None
        with bpy.context.temp_override(window=bpy.context.window_manager.windows[0]):
            bpy.ops.screen.animation_cancel()
        assert watching._bake_again() is None
        assert not watching.is_stale(picture)
        bpy.context.scene.frame_set(25)
        assert abs(picture["gid_response"][0] - 2 * before[0]) < 1e-5
        empty.gid.excitation.mute = True
        bpy.context.view_layer.update()
        assert watching._bake_again() is None
        assert not watching.is_stale(picture)
        bpy.context.scene.frame_set(25)
        assert not any(picture["gid_response"])

    blender.run(script)


def test_undo_is_one_step(blender):
    def script():
        bpy.ops.gid.load_example("EXEC_DEFAULT")
        name = bpy.context.object.name
        bpy.ops.gid.add_excitation("EXEC_DEFAULT", kind="GUST")
        bpy.ops.ed.undo_push(message="gust")
        bpy.ops.gid.bake("EXEC_DEFAULT", True)
        assert module("scene").is_baked(bpy.data.objects[name])
        bpy.ops.ed.undo_push(message="end")
        bpy.ops.ed.undo()
        bpy.ops.ed.undo()
        assert "Gust" in bpy.data.objects
        assert not module("scene").is_baked(bpy.data.objects[name])

    blender.run(script)


def test_undo_beside_a_linked_picture(blender, tmp_path):
    """A linked datablock that points at a local one ends Blender with the undo after it."""

    def script(path):
        name = small_motion_object().name
        bpy.ops.wm.save_as_mainfile(filepath=path)
        bpy.ops.wm.read_homefile(use_factory_startup=True)
        bpy.context.preferences.edit.use_global_undo = True
        bpy.ops.wm.link(directory=path + "/Object/", filename=name)
        bpy.context.view_layer.objects.active = bpy.data.objects[name]
        bpy.ops.ed.undo_push(message="before")
        assert bpy.ops.gid.add_excitation("EXEC_DEFAULT", kind="POKE") == {"FINISHED"}
        bpy.ops.gid.setup_compositing("EXEC_DEFAULT", source="DISPLACE")
        bpy.ops.ed.undo_push(message="excited")
        bpy.ops.ed.undo()
        assert "Poke" not in bpy.data.objects
        bpy.ops.ed.redo()
        assert "Poke" in bpy.data.objects

    blender.run(script, path=str(tmp_path / "library.blend"))


def test_all_pictures_of_a_scene_headless(blender):
    def script():
        bpy.ops.gid.load_example("EXEC_DEFAULT")
        one = bpy.context.object
        bpy.ops.gid.add_excitation("EXEC_DEFAULT", kind="GUST")
        bpy.ops.gid.load_example("EXEC_DEFAULT")
        two = bpy.context.object
        assert one != two
        bpy.ops.gid.add_excitation("EXEC_DEFAULT", kind="POKE")
        bpy.context.view_layer.objects.active = bpy.data.objects["Cube"]
        assert "No picture is active" in failure(bpy.ops.gid.bake, "EXEC_DEFAULT")
        assert bpy.ops.gid.bake("EXEC_DEFAULT", whole_scene=True) == {"FINISHED"}
        is_baked = module("scene").is_baked
        assert is_baked(one)
        assert is_baked(two)
        assert "no motion object “rose”" in failure(bpy.ops.gid.bake, "EXEC_DEFAULT", picture="rose")

    blender.run(script)


def test_what_went_wrong_stays_in_the_panel(blender):
    def script():
        bpy.ops.gid.load_example("EXEC_DEFAULT")
        picture = bpy.context.object
        assert "Nothing excites" in failure(bpy.ops.gid.bake, "EXEC_DEFAULT")
        assert session.problem.code == "scene"
        bpy.ops.gid.add_excitation("EXEC_DEFAULT", kind="POKE")
        bpy.ops.gid.add_excitation("EXEC_DEFAULT", kind="POKE")
        lost = bpy.context.object
        lost.location.x = 9
        assert bpy.ops.gid.bake("EXEC_DEFAULT") == {"FINISHED"}
        assert session.problem is None
        assert f"“{lost.name}” is outside" in session.note
        bpy.context.view_layer.objects.active = lost
        bpy.data.objects.remove(picture)
        bpy.ops.gid.load_example("EXEC_DEFAULT")
        bpy.context.view_layer.objects.active = lost
        assert f"“{lost.name}” acts on no picture" in failure(bpy.ops.gid.bake, "EXEC_DEFAULT")

    blender.run(script)


def test_an_excitation_that_is_parented_to_a_hand_asks_for_its_picture(blender):
    """Blender knows one parent: which picture a hand pulls has to be said, and there is a place to say it."""

    def script():
        scene = bpy.context.scene
        bpy.ops.gid.load_example("EXEC_DEFAULT")
        picture = bpy.context.object
        bpy.ops.gid.add_excitation("EXEC_DEFAULT", kind="PULL")
        empty = bpy.context.object
        panel, bake = bpy.types.GID_PT_view3d_excitations, bpy.types.GID_PT_view3d_bake
        assert panel.poll(bpy.context)
        hand = bpy.data.objects.new("hand", None)
        scene.collection.objects.link(hand)
        with bpy.context.temp_override(object=hand, active_object=hand, selected_editable_objects=[empty]):
            empty.animation_data_clear()
            bpy.ops.object.parent_set(type="OBJECT", keep_transform=True)
        empty.gid.excitation.use_range = True
        assert empty.parent == hand

        def lost():
            assert panel.poll(bpy.context)
            assert not bake.poll(bpy.context)
            assert "acts on no picture" in failure(bpy.ops.gid.remove_excitation, "EXEC_DEFAULT")
            assert f"“{empty.name}” acts on no picture." in failure(bpy.ops.gid.bake, "EXEC_DEFAULT")
            return True

        assert lost()
        empty.gid.excitation.picture = picture
        assert bake.poll(bpy.context)
        assert module("ops.excitations").chosen(bpy.context, picture) == empty
        assert bpy.ops.gid.bake("EXEC_DEFAULT") == {"FINISHED"}
        # What is deleted in a window stays in the file for as long as it is named somewhere.
        bpy.ops.gid.load_example("EXEC_DEFAULT")
        with bpy.context.temp_override(selected_objects=[picture]):
            bpy.ops.object.delete()
        assert empty.gid.excitation.picture == picture
        bpy.context.view_layer.objects.active = empty
        assert lost()

    blender.run(script)


def test_the_list_follows_what_is_active(blender):
    def script():
        scene = bpy.context.scene
        bpy.ops.gid.load_example("EXEC_DEFAULT")
        picture = bpy.context.object
        assert scene.gid.excitation_index == -1
        bpy.ops.gid.add_excitation("EXEC_DEFAULT", kind="POKE")
        bpy.ops.gid.add_excitation("EXEC_DEFAULT", kind="GUST")
        poke, gust = bpy.data.objects["Poke"], bpy.data.objects["Gust"]
        assert scene.objects[scene.gid.excitation_index] == gust
        scene.gid.excitation_index = scene.objects.find("Poke")
        assert bpy.context.object == poke
        bpy.context.view_layer.objects.active = picture
        scene.gid.excitation_index = scene.objects.find("Gust")
        assert bpy.context.object == picture
        assert picture.gid.bake.active == gust
        bpy.data.objects.remove(gust)
        assert scene.gid.excitation_index == -1

    blender.run(script)


def test_equaliser_presets_and_one_s_own(blender):
    def script():
        motion, scene = module("motion"), bpy.context.scene
        bpy.ops.gid.load_example("EXEC_DEFAULT")
        obj = bpy.context.object
        gains = lambda: [obj[f"gid_gain_{band:02d}"] for band in range(1, 16)]  # noqa: E731
        for name in ("breeze", "gusty", "flutter", "heavy", "underwater", "neutral"):
            assert bpy.ops.gid.equaliser_preset("EXEC_DEFAULT", preset=name.upper()) == {"FINISHED"}
            seconds = obj["gid_period"] / (scene.render.fps / scene.render.fps_base)
            wanted = motion.preset_gains(name, 16, seconds)[1:]
            assert max(abs(a - b) for a, b in zip(gains(), wanted, strict=True)) < 1e-6
            assert obj["gid_gain_00"] == 0
        bpy.ops.gid.equaliser_preset("EXEC_DEFAULT", preset="HEAVY")
        obj["gid_amplitude"], obj["gid_damping"] = 1.75, 0.5
        heavy = gains()
        assert bpy.ops.gid.add_preset("EXEC_DEFAULT", name="My Wind") == {"FINISHED"}
        bpy.ops.gid.equaliser_preset("EXEC_DEFAULT", preset="NEUTRAL")
        obj["gid_amplitude"], obj["gid_damping"] = 1.0, 1.0
        folder = bpy.utils.user_resource("SCRIPTS", path="presets/image_dynamics/motion")
        path = os.path.join(folder, "My_Wind.py")
        assert bpy.ops.script.execute_preset(filepath=path, menu_idname="GID_PT_motion_presets") == {"FINISHED"}
        assert gains() == heavy
        assert (obj["gid_amplitude"], obj["gid_damping"]) == (1.75, 0.5)
        assert bpy.ops.gid.add_preset("EXEC_DEFAULT", name="My Wind", remove_name=True) == {"FINISHED"}
        assert not os.path.exists(path)

    blender.run(script)


def test_copies_of_a_picture_do_not_sway_in_step(blender):
    def script():
        bpy.ops.gid.load_example("EXEC_DEFAULT")
        for _ in range(4):
            bpy.ops.object.duplicate()
        copies = [o for o in bpy.context.scene.objects if "gid_phase" in o]
        assert len(copies) == 5
        for obj in copies:
            obj.select_set(True)
        assert bpy.ops.gid.randomise_phase("EXEC_DEFAULT", seed=3) == {"FINISHED"}
        phases = sorted(obj["gid_phase"] for obj in copies)
        assert min(phases[i + 1] - phases[i] for i in range(4)) > 0.19
        np = module("motion").files.np

        def shape(obj):
            mesh = obj.evaluated_get(bpy.context.evaluated_depsgraph_get()).data
            places = np.empty(3 * len(mesh.vertices), np.float32)
            mesh.vertices.foreach_get("co", places)
            return places

        shapes = [shape(obj) for obj in copies]
        moves = np.abs(shapes[0] - np.mean(shapes, axis=0)).max()
        assert moves > 0.005
        apart = [np.abs(a - b).max() for i, a in enumerate(shapes) for b in shapes[:i]]
        assert len(apart) == 10
        assert min(apart) > 0.5 * moves
        # It is the same motion at another time: at no other frame do two of them look alike by chance.
        start, turn = bpy.context.scene.frame_current, copies[1]["gid_phase"] - copies[0]["gid_phase"]
        later = turn * copies[0]["gid_period"]
        bpy.context.scene.frame_set(start + int(later // 1), subframe=later % 1)
        assert np.abs(shape(copies[0]) - shapes[1]).max() < 1e-4
        bpy.context.scene.frame_set(start)
        again = {obj.name: obj["gid_phase"] for obj in copies}
        bpy.ops.gid.randomise_phase("EXEC_DEFAULT", seed=3)
        assert again == {obj.name: obj["gid_phase"] for obj in copies}

    blender.run(script)


def test_nothing_stays_behind_when_it_is_switched_off(lone_blender):
    def script():
        bpy.ops.gid.load_example("EXEC_DEFAULT")
        bpy.ops.gid.add_excitation("EXEC_DEFAULT", kind="GUST")
        bpy.ops.gid.bake("EXEC_DEFAULT")
        bpy.ops.preferences.addon_disable(module=PACKAGE)
        handlers = bpy.app.handlers
        for name in ("depsgraph_update_post", "load_post", "undo_post", "redo_post", "frame_change_post"):
            assert not [f for f in getattr(handlers, name) if "image_dynamics" in f.__module__], name
        assert not hasattr(bpy.types.Object, "gid")
        bpy.context.scene.frame_set(20)

    lone_blender.run_alone(script)


def test_the_keys_of_a_linked_picture_become_ones_own(blender, tmp_path):
    """The panel offers it where it is needed; one undo step takes it back."""

    def script(path):
        small_motion_object()
        bpy.ops.gid.add_excitation("EXEC_DEFAULT", kind="PULL")
        bpy.ops.gid.bake("EXEC_DEFAULT")
        bpy.ops.wm.save_as_mainfile(filepath=path)
        bpy.ops.wm.read_homefile(use_factory_startup=True)
        scene = bpy.context.scene
        with bpy.data.libraries.load(path, link=True) as (_, here):
            here.objects = ["small"]
        scene.collection.objects.link(here.objects[0])
        obj = here.objects[0].override_hierarchy_create(scene, bpy.context.view_layer)
        bpy.context.view_layer.objects.active = obj
        bpy.ops.ed.undo_push(message="before")
        assert not obj.keyframe_insert('["gid_amplitude"]', frame=1)
        assert bpy.ops.gid.own_keys("EXEC_DEFAULT", True) == {"FINISHED"}
        assert not bpy.ops.gid.own_keys.poll()
        assert obj.keyframe_insert('["gid_amplitude"]', frame=1)
        assert undo_steps()[-1] == "Make Keys Editable"
        bpy.ops.ed.undo()
        assert bpy.ops.gid.own_keys.poll()

    blender.run(script, path=str(tmp_path / "library.blend"))
