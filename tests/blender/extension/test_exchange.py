# SPDX-License-Identifier: GPL-3.0-or-later
"""Export Motion from the installed extension: each format by one call, bad input by one sentence."""


def test_every_format_by_one_call(blender, tmp_path):
    def script(folder):
        obj = small_motion_object()
        before = {name: len(getattr(bpy.data, name)) for name in ("objects", "meshes", "images", "scenes", "actions")}
        for kind, suffixes in module("scene.exchange").FORMATS.items():
            # A name without suffix gets the format's.
            path = os.path.join(folder, "small")
            assert bpy.ops.gid.export_motion(
                "EXEC_DEFAULT", filepath=path, kind=kind, frames="OWN", first=1, last=5, columns=16
            ) == {"FINISHED"}
            assert os.path.getsize(path + suffixes[0]) > 1000, kind
        assert {name: len(getattr(bpy.data, name)) for name in before} == before
        assert bpy.context.object == obj

    blender.run(script, folder=str(tmp_path))


def test_automatic_frames_are_one_loop_closed(blender, tmp_path):
    def script(path):
        obj = small_motion_object()
        obj["gid_period"], obj["gid_start"] = 10.0, 3.0
        bpy.ops.gid.export_motion("EXEC_DEFAULT", filepath=path, kind="PC2", play=True, rest_mesh=False)
        cache = module("motion.point_cache").read_cache(path)
        assert cache.times.tolist() == list(range(3, 14))
        assert abs(cache.sample(0) - cache.sample(-1)).max() < 1e-6
        twin = next(o for o in bpy.context.scene.objects if o.modifiers)
        assert twin.modifiers[0].type == "MESH_CACHE"
        assert twin.animation_data.drivers[0].driver.is_simple_expression
        bpy.ops.ed.undo_push(message="x")

    blender.run(script, path=str(tmp_path / "a.pc2"))


def test_what_cannot_be_written_is_said_in_the_panel(blender, tmp_path):
    def script(folder):
        obj = small_motion_object()
        nowhere = os.path.join(folder, "none", "a.abc")
        assert "Cannot write" in failure(bpy.ops.gid.export_motion, "EXEC_DEFAULT", filepath=nowhere)
        assert session.problem.code == "scene"
        path = os.path.join(folder, "a.usdc")
        said = failure(
            bpy.ops.gid.export_motion, "EXEC_DEFAULT", filepath=path, kind="USD", frames="OWN", first=9, last=2
        )
        assert "comes before the first" in said
        obj.select_set(False)
        bpy.context.view_layer.objects.active = None
        assert "Select an object that moves" in failure(bpy.ops.gid.export_motion, "EXEC_DEFAULT", filepath=path)
        assert os.listdir(folder) == []

    blender.run(script, folder=str(tmp_path))
