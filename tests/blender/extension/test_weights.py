# SPDX-License-Identifier: GPL-3.0-or-later
"""Weights of one's own are chosen in the preferences, and the worker has them from the next request on."""


def test_the_worker_takes_the_weights_of_the_preferences(blender):
    def script():
        settings = module("preferences").preferences()
        bpy.ops.gid.worker_check("EXEC_DEFAULT")
        assert session.hello["model"]["id"] == "made-up"
        settings.weights = os.path.join(os.path.expanduser("~"), "meadow.safetensors")
        bpy.context.scene.gid.image = new_picture()
        bpy.ops.gid.generate("EXEC_DEFAULT")
        assert session.hello["model"]["id"] == "meadow", session.hello
        settings.weights = ""
        bpy.ops.gid.generate("EXEC_DEFAULT")
        assert session.hello["model"]["id"] == "made-up"

    blender.run(script)


def test_paths_are_made_whole_for_a_process_in_another_folder(blender):
    def script():
        settings = module("preferences").preferences()
        variables = module("ops.worker_command").worker_variables
        settings.weights = "  "
        assert variables() == {}
        settings.weights = "~/meadow.safetensors"
        assert variables() == {"GID_WEIGHTS": os.path.expanduser("~/meadow.safetensors")}
        settings.weights = ""

    blender.run(script)
