# SPDX-License-Identifier: GPL-3.0-or-later
"""What a user sees: every button and field explains itself, and panels draw in every state."""

import shlex

from .conftest import QUICK_WORKER


def test_every_operator_and_property_has_a_description(blender):
    def script():
        # Those of Blender's own file dialogues come undescribed.
        inherited = {"rna_type", "filepath", "check_existing", "filter_glob"}
        described = 0
        for name in dir(bpy.ops.gid):
            rna = getattr(bpy.ops.gid, name).get_rna_type()
            assert rna.description not in {"", "(undocumented operator)"}, name
            for prop in rna.properties:
                if prop.identifier not in inherited:
                    assert prop.description, (name, prop.identifier)
                    described += 1
        types = [type(bpy.context.scene.gid), module("preferences").GID_AP_preferences]
        types += module("scene.properties").CLASSES
        for cls in types:
            for prop in cls.bl_rna.properties:
                if prop.identifier not in {"rna_type", "name", "bl_idname"}:
                    assert prop.description, (cls, prop.identifier)
                    assert not prop.description.endswith("."), "Blender adds the full stop"
                    described += 1
                for item in getattr(prop, "enum_items", ()):
                    assert item.description, (cls, prop.identifier, item.identifier)
        assert described > 15

    blender.run(script)


def test_a_disabled_button_says_why(blender):
    def script():
        for name in dir(bpy.ops.gid):
            operator = getattr(bpy.ops.gid, name)
            if not operator.poll():
                said = failure(operator)
                assert "context is incorrect" not in said, f"{name}: {said}"

    blender.run(script)


def test_set_up_worker_is_refused_offline(blender):
    def script():
        bpy.context.preferences.system.use_online_access = False
        if not bpy.app.online_access:
            assert not bpy.ops.gid.worker_setup.poll()
            assert "Online access is off" in failure(bpy.ops.gid.worker_setup)

    blender.run(script)


def test_check_says_what_the_worker_is(blender):
    def script():
        assert bpy.ops.gid.worker_check("EXEC_DEFAULT") == {"FINISHED"}
        text = "\n".join(session.worker_facts)
        for needed in (f"Python {sys.version.split()[0]}", "No device", "made-up", "Cache"):
            assert needed in text, text
        assert bpy.ops.gid.worker_release("EXEC_DEFAULT") == {"FINISHED"}
        assert bpy.ops.gid.cache_clear("EXEC_DEFAULT") == {"FINISHED"}
        assert "freed" in session.note

    blender.run(script)


def test_the_command_in_the_preferences_comes_first(blender):
    def script(command):
        os.environ["GID_WORKER"] = command
        preferences = module("preferences").preferences()
        preferences.worker_command = '"/nowhere/my worker" --fast'
        bpy.context.scene.gid.image = new_picture()
        assert "/nowhere/my worker" in failure(bpy.ops.gid.generate, "EXEC_DEFAULT")
        preferences.worker_command = ""
        assert bpy.ops.gid.generate("EXEC_DEFAULT") == {"FINISHED"}
        del os.environ["GID_WORKER"]

    blender.run(script, command=shlex.join(QUICK_WORKER))
