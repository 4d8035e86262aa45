# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes wrong, and what is reported of what went well, is said in German to whom Blender speaks German.

Blender as a module is built without languages: `german()` of conftest.py puts our catalogue in its dictionary's place.
tests/blender/interface/test_translations.py asks a whole Blender, where there is one.
"""

import pytest


class TestErrors:
    def test_what_scene_and_operators_refuse(self, blender, tmp_path):
        def script(folder):
            obj = small_motion_object()
            ops = bpy.ops.gid
            with german():
                assert failure(ops.bake, picture="Niemand") == (
                    "Error: In der Szene gibt es kein Bewegungsobjekt „Niemand“. Den Namen prüfen.\n"
                )
                assert f"Nichts regt „{obj.name}“ an. „Hinzufügen › Image Dynamics ›" in failure(ops.bake)
                path = os.path.join(folder, "a.glb")
                said = failure(ops.export_motion, filepath=path, kind="GLTF", frames="OWN", first=9, last=3)
                assert said == (
                    "Error: Das letzte Einzelbild, 3, kommt vor dem ersten, 9."
                    " Das letzte Einzelbild hinter das erste setzen.\n"
                ), said
                obj["gid_period"] = 0.25
                said = failure(ops.convert_to_keyframes)
                assert "Eine Schleife von 1 Einzelbildern bewegt sich nicht. 2 Einzelbilder oder mehr" in said, said
                obj["gid_period"] = 100.0
                # A number in the middle, and a path with blanks and a full stop in it.
                missing = os.path.join(folder, "kein Ordner. Oder doch")
                said = failure(ops.open_picture, filepath=os.path.join(missing, "bild.png"))
                assert said == (
                    f"Error: „{missing}/bild.png“ lässt sich nicht öffnen: Datei oder Verzeichnis nicht gefunden."
                    " Eine Bilddatei wählen.\n"
                ), said
                cube_in_camera()
                assert failure(ops.mesh_motion, "EXEC_DEFAULT", collection="Wald") == (
                    "Error: Es gibt keine Sammlung „Wald“. Ihren Namen prüfen.\n"
                )

        blender.run(script, folder=str(tmp_path))

    def test_what_the_motion_package_refuses(self, blender, tmp_path):
        def script(path):
            small_motion_object()
            with german():
                said = failure(bpy.ops.gid.import_volume, "EXEC_DEFAULT", filepath=path)
                reason = "Die Datei ist kein Zip-Archiv"
                assert said == f"Error: „{path}“ lässt sich nicht als Spektralvolumen lesen ({reason}).\n", said

        path = tmp_path / "meadow.npz"
        path.write_text("not a volume")
        blender.run(script, path=str(path))

    def test_what_the_system_refuses(self, blender, tmp_path):
        def script(folder):
            small_motion_object()
            path = os.path.join(folder, "nirgends", "a.npz")
            with german():
                said = failure(bpy.ops.gid.export_volume, filepath=path)
            assert said.startswith(f"Error: „{path}“: Datei oder Verzeichnis nicht gefunden. Einen anderen Ordner"), (
                said
            )

        blender.run(script, folder=str(tmp_path))

    def test_what_the_worker_answers_in_english_comes_out_german(self, blender):
        def script():
            bpy.context.scene.gid.image = new_picture()
            bpy.context.scene.gid.seed = 666
            with german():
                said = failure(bpy.ops.gid.generate, "EXEC_DEFAULT")
            assert said.startswith("Error: Für diese Anfrage ist zu wenig Speicher da. Ein kleineres Bild nehmen"), said
            # What is sent to those who help, and what scripts look at, is one language.
            assert session.problem.message == "There is too little memory for this request."
            assert "zu wenig" not in session.problem.text()

        blender.run(
            script,
        )

    @pytest.mark.parametrize(
        ("command", "said"),
        [
            ("/nowhere/python3", "Das Programm „/nowhere/python3“ des Workers existiert nicht"),
            ("sh -c 'exit 3'", "Der Worker endete unerwartet mit Exit-Status 3, bevor er sich gemeldet hatte."),
            ("sh -c 'echo hello'", "Eine Nachricht ist kein JSON: “hello”. Nur der Worker darf auf die"),
        ],
    )
    def test_what_ails_a_worker(self, blender, command, said):
        def script(command, expected):
            module("preferences").preferences().worker_command = command
            session.restart_worker()
            bpy.context.scene.gid.image = new_picture()
            with german():
                said = failure(bpy.ops.gid.generate, "EXEC_DEFAULT")
            session.restart_worker()
            assert expected in said, said

        blender.run(script, command=command, expected=said)


class TestSuccess:
    def test_reports_and_warnings(self, blender, tmp_path):
        def script(folder):
            obj = small_motion_object()
            with german():
                bpy.ops.gid.export_volume(filepath=os.path.join(folder, "a.npz"))
                bpy.ops.gid.add_excitation(kind="POKE")
                bpy.context.view_layer.objects.active = obj
                bpy.ops.gid.bake(picture=obj.name)

        said = blender.run(script, folder=str(tmp_path))
        assert f"Info: „{tmp_path}/a.npz“ gespeichert." in said
        assert "1 Anregung gebacken, Einzelbilder " in said

    def test_the_note_of_a_queue(self, blender):
        def script():
            new_picture("one")
            bpy.ops.gid.queue_add("EXEC_DEFAULT", source="IMAGES")
            with german():
                bpy.ops.gid.queue_run("EXEC_DEFAULT")

        assert "Info: Warteschlange: 1 " in blender.run(
            script,
        )
