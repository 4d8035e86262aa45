# SPDX-License-Identifier: GPL-3.0-or-later
"""Files: statistics and clean-up from the installed extension, and a .blend that takes everything along."""


def test_statistics_and_clean_up(blender, tmp_path):
    def script(folder):
        from pathlib import Path

        scene, files = module("scene"), module("ops.files")
        bpy.ops.wm.save_as_mainfile(filepath=os.path.join(folder, "shot.blend"))
        root = Path(folder) / "image_dynamics"
        for name in ("used", "old"):
            with scene.frame_folder(root, name) as frames:
                for index in range(3):
                    picture = new_picture("frame")
                    picture.filepath_raw, picture.file_format = os.path.join(folder, "frame.png"), "PNG"
                    picture.save()
                    bpy.data.images.remove(picture)
                    frames.write(index, (Path(folder) / "frame.png").read_bytes(), ".png")
                paths = frames.commit()
            if name == "used":
                scene.add_strip(bpy.context.scene, paths, start=1)
        assert not files.found.is_known
        assert bpy.ops.gid.files_refresh() == {"FINISHED"}
        # Of this folder: other tests have rendered for the same user.
        rows = {row.name: row.use for row in files.found.rows if row.name in {"used", "old"}}
        assert rows == {"used": "Scene", "old": "not used"}, rows
        # What the dialogue lists is what goes.
        assert [item.path.name for item in files.found.going(False)] == ["old"]
        assert bpy.ops.gid.files_clean("EXEC_DEFAULT") == {"FINISHED"}
        assert sorted(os.listdir(root)) == ["used"]
        assert "freed" in session.note
        assert "Nothing had" not in session.note

    blender.run(script, folder=str(tmp_path))


def test_a_saved_version_keeps_its_frames_from_the_clean_up_of_another(blender, tmp_path):
    def script(folder):
        from pathlib import Path

        scene, files, notes = module("scene"), module("ops.files"), module("scene.manifest")

        def place(name):
            return os.path.join(folder, name)

        bpy.ops.wm.save_as_mainfile(filepath=place("v001.blend"))
        picture = new_picture("frame")
        picture.filepath_raw, picture.file_format = place("frame.png"), "PNG"
        picture.save()
        with scene.frame_folder(Path(folder) / "image_dynamics", "rose") as frames:
            frames.write(0, Path(place("frame.png")).read_bytes(), ".png")
            paths = frames.commit()
        scene.add_strip(bpy.context.scene, paths, start=1)
        bpy.ops.wm.save_as_mainfile(filepath=place("v002.blend"))
        bpy.ops.wm.save_as_mainfile(filepath=place("copy.blend"), copy=True)
        noted = notes.read_manifest(paths[0].parent).blends
        assert [path.name for path in noted] == ["v001.blend", "v002.blend", "copy.blend"], noted
        # The first version was saved without the strip.
        bpy.ops.wm.open_mainfile(filepath=place("v001.blend"))
        assert bpy.ops.gid.files_clean("EXEC_DEFAULT") == {"FINISHED"}
        assert paths[0].is_file()
        rows = {row.name: row.use for row in files.found.rows}
        assert rows["rose"] == "v002.blend, copy.blend", rows

    blender.run(script, folder=str(tmp_path))


def test_a_startup_file_is_no_blend_that_uses_frames(blender, tmp_path):
    def script(folder):
        from pathlib import Path

        scene, notes = module("scene"), module("scene.manifest")
        picture = new_picture("frame")
        picture.filepath_raw, picture.file_format = os.path.join(folder, "frame.png"), "PNG"
        picture.save()
        with scene.frame_folder(Path(folder) / "image_dynamics", "rose") as frames:
            frames.write(0, Path(folder, "frame.png").read_bytes(), ".png")
            [path] = frames.commit()
        picture.filepath = str(path)
        before = notes.read_manifest(path.parent)
        assert bpy.ops.wm.save_homefile() == {"FINISHED"}
        assert notes.read_manifest(path.parent) == before
        assert before.blends == ()

    blender.run(script, folder=str(tmp_path))


def test_kept_motions_of_this_file_stay(blender):
    def script():
        store, files = module("ops.volume_store"), module("ops.files")
        obj = small_motion_object()
        before = store.recall(obj)
        store.remember(obj, before)
        size = store.size()
        assert size > 0
        bpy.ops.gid.files_clean("EXEC_DEFAULT", others=True)
        assert 0 < store.size() <= size
        assert any(item.path.stem == obj["gid_volume"] for item in files.found.items)

    blender.run(script)


def test_make_self_contained(blender, tmp_path):
    def script(folder):
        assert "Save the .blend first" in failure(bpy.ops.gid.make_self_contained)
        picture = small_motion_object()["gid_image"]
        picture.filepath_raw, picture.file_format = os.path.join(folder, "small.png"), "PNG"
        picture.save()
        picture.source = "FILE"
        bpy.ops.wm.save_as_mainfile(filepath=os.path.join(folder, "shot.blend"))
        assert bpy.ops.gid.make_self_contained() == {"FINISHED"}
        bpy.ops.wm.save_mainfile()
        bpy.ops.wm.open_mainfile(filepath=os.path.join(folder, "shot.blend"))
        picture = bpy.context.object["gid_image"]
        assert picture.packed_file
        assert picture.filepath == "//small.png"
        assert not any("image_dynamics" in name for name in os.listdir(folder))

    blender.run(script, folder=str(tmp_path))
