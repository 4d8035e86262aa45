# SPDX-License-Identifier: GPL-3.0-or-later
"""Variations: several motions of one picture on offer, of which any can be put onto it."""


def test_nothing_changes_before_one_is_chosen_and_choosing_asks_nobody(blender):
    def script():
        import numpy as np

        scene = bpy.context.scene
        shown = module("ops.variations").shown
        scene.gid.image = new_picture("flower")
        scene.gid.seed = 3
        objects = len(scene.objects)
        assert bpy.ops.gid.variations("EXEC_DEFAULT", count=3) == {"FINISHED"}
        assert shown.seeds == [3, 4, 5]
        assert len(scene.objects) == objects
        session.restart_worker()
        client = session._client
        assert bpy.ops.gid.choose_variation("EXEC_DEFAULT", index=1) == {"FINISHED"}
        obj = bpy.context.object
        assert module("scene").provenance(obj)["seed"] == 4
        assert np.array_equal(module("ops.volume_store").recall(obj).spectrum, shown.volumes[1].spectrum)
        assert bpy.ops.gid.choose_variation("EXEC_DEFAULT", index=2) == {"FINISHED"}
        assert [o for o in scene.objects if "gid_amplitude" in o] == [obj]
        assert (shown.chosen, scene.gid.seed, module("scene").provenance(obj)["seed"]) == (5, 5, 5)
        assert client.pid is None, "no worker was started for it"
        assert "3 variations" in failure(bpy.ops.gid.choose_variation, "EXEC_DEFAULT", index=3)
        bpy.ops.gid.dismiss_variations()
        assert not bpy.ops.gid.choose_variation.poll()
        assert obj.name in scene.objects

    blender.run(script)


def test_each_has_a_small_loop_that_moves(blender):
    def script():
        import numpy as np

        shown = module("ops.variations").shown
        bpy.context.scene.gid.image = new_picture("wide", 300, 100)
        bpy.ops.gid.variations("EXEC_DEFAULT", count=2)
        previews = shown.thumbnails._previews
        assert len(previews) == 2 * 20
        assert tuple(previews["0-0"].image_size) == (100, 33)
        pixels = [np.array(previews[f"0-{n}"].image_pixels_float[:]) for n in (0, 7)]
        assert np.abs(pixels[0] - pixels[1]).max() > 0.01
        # Without a window Blender gives icons no numbers of their own; asking for one must not fail.
        assert isinstance(shown.thumbnails.icon(1), int)

    blender.run(script)


def test_one_timer_shows_all_loops_and_ends_with_them(blender):
    def script():
        thumbnails = module("ops.thumbnails").Thumbnails()
        thumbnails.start()
        # Blender would never know of a bound method that it is registered already.
        assert bpy.app.timers.is_registered(thumbnails._timer)
        thumbnails.close()
        assert not bpy.app.timers.is_registered(thumbnails._timer)

    blender.run(script)


def test_a_choice_is_one_undo_step_and_outlives_it(blender):
    def script():
        shown = module("ops.variations").shown
        scene = bpy.context.scene
        scene.gid.image = new_picture()
        bpy.ops.ed.undo_push(message="start")
        objects = len(scene.objects)
        bpy.ops.gid.variations("EXEC_DEFAULT", count=2)
        bpy.ops.gid.choose_variation("EXEC_DEFAULT", True, index=0)
        assert len(bpy.context.scene.objects) == objects + 1
        bpy.ops.ed.undo()
        assert len(bpy.context.scene.objects) == objects
        assert bpy.ops.gid.choose_variation("EXEC_DEFAULT", True, index=1) == {"FINISHED"}
        assert module("scene").provenance(bpy.context.object)["seed"] == 1
        bpy.data.images.remove(bpy.data.images["picture"])
        assert "was deleted" in failure(bpy.ops.gid.choose_variation, "EXEC_DEFAULT", index=0)
        assert len(shown.volumes) == 2

    blender.run(script)


def test_those_that_came_before_one_fails_stay_on_offer(blender):
    def script():
        shown = module("ops.variations").shown
        scene = bpy.context.scene
        scene.gid.image = new_picture()
        scene.gid.seed = 665
        assert "too little memory" in failure(bpy.ops.gid.variations, "EXEC_DEFAULT", count=3)
        assert shown.seeds == [665]

    blender.run(script)
