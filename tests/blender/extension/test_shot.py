# SPDX-License-Identifier: GPL-3.0-or-later
"""A picture in a shot, through the installed extension: frames with passes, strips, slow motion, nodes, assets."""


def test_rendered_frames_go_into_the_timeline_and_the_compositor_and_are_renewed_there(blender, real_worker, tmp_path):
    def script(folder):
        scene, layer = bpy.context.scene, module("scene")
        strips = module("compat").strips
        obj = small_motion_object()
        scene.gid.output, scene.gid.passes = folder, {"MOTION_VECTORS", "COVERAGE"}
        obj["gid_period"] = 4.0
        assert "no rendered frames" in failure(bpy.ops.gid.add_to_timeline)
        assert "no rendered frames" in failure(bpy.ops.gid.setup_compositing)
        assert bpy.ops.gid.render_sequence("EXEC_DEFAULT") == {"FINISHED"}
        (first,) = strips(scene.sequence_editor)
        scene.frame_set(11)
        assert bpy.ops.gid.add_to_timeline(repeat=3) == {"FINISHED"}
        second = next(strip for strip in strips(scene.sequence_editor) if strip != first)
        assert module("compat").strip_range(second) == (11, 23)
        assert len(second.elements) == 12

        assert bpy.ops.gid.setup_compositing() == {"FINISHED"}
        tree = module("compat").existing_compositor(scene)
        parts = {node["gid_part"]: node for node in tree.nodes if "gid_part" in node}
        assert parts["vectors"].outputs["Vector"].is_linked
        assert (parts["frames"].frame_duration, parts["vectors"].frame_duration) == (4, 4)
        assert "has strips" in session.note

        # Real slow motion: the loop in as many frames as were asked for, everywhere it is shown.
        names = [strip.name for strip in strips(scene.sequence_editor)]
        assert bpy.ops.gid.fit_strip("EXEC_DEFAULT", frames=6) == {"FINISHED"}
        assert [strip.name for strip in strips(scene.sequence_editor)] == names
        assert module("compat").strip_range(second) == (11, 29)
        assert (parts["frames"].frame_duration, parts["vectors"].frame_duration) == (6, 6)
        found = layer.rendered(obj)
        assert sorted(found.passes) == ["coverage", "motion_vectors"]
        assert len(list(layer.frame_paths(found.image, 6)[0].parent.glob("*.png"))) == 6
        assert obj["gid_period"] == 4.0

        assert bpy.ops.gid.remove_compositing() == {"FINISHED"}
        assert not any("gid_part" in node for node in tree.nodes)

    said = blender.run(script, worker=real_worker, folder=str(tmp_path))
    # Told at once as well, for the panel that keeps it may be folded.
    assert "is in channel" in said
    assert "has strips, which a render shows instead" in said


def test_the_loop_fits_the_cut(blender):
    def script():
        scene = bpy.context.scene
        obj = small_motion_object()
        obj["gid_period"] = 118.7
        bpy.ops.gid.snap_period()
        assert obj["gid_period"] == 119.0
        scene.frame_start, scene.frame_end = 1, 250
        bpy.ops.gid.snap_period(to="RANGE")
        assert obj["gid_period"] == 125.0
        assert "125 frames" in session.note
        scene.frame_end = 251
        assert "Make it 250 frames long" in failure(bpy.ops.gid.snap_period, to="RANGE")
        assert obj["gid_period"] == 125.0
        assert "No strip is active" in failure(bpy.ops.gid.snap_period, to="STRIP")
        scene.render.fps, scene.render.fps_base = 30, 1.001
        bpy.ops.gid.snap_period()
        assert "29.970 frames a second" in session.note
        obj.keyframe_insert('["gid_period"]', frame=1)
        assert "is animated" in failure(bpy.ops.gid.snap_period)

    blender.run(script)


def test_displacement_needs_no_worker(blender, tmp_path):
    def script(folder):
        scene = bpy.context.scene
        obj = small_motion_object()
        scene.gid.output = folder
        obj["gid_period"] = 3.0

        def written():
            return sum(name.endswith(".exr") for _, _, names in os.walk(folder) for name in names)

        assert bpy.ops.gid.setup_compositing(source="DISPLACE") == {"FINISHED"}
        assert session._client is None
        tree = module("compat").existing_compositor(scene)
        count = len(tree.nodes)
        assert written() == 3
        # Again, with other controls: the same folder and the same nodes.
        obj["gid_period"] = 5.0
        bpy.ops.gid.setup_compositing(source="DISPLACE")
        assert (written(), len(tree.nodes)) == (5, count)

        blocked = os.path.join(folder, "file")
        open(blocked, "w").close()
        scene.gid.output = blocked
        assert "Cannot write frames" in failure(bpy.ops.gid.setup_compositing, source="DISPLACE")
        assert len(tree.nodes) == count
        scene.view_settings.gamma = 2.0
        assert "gamma" in failure(bpy.ops.gid.setup_compositing, source="DISPLACE")

    blender.run(script, worker=["/nonexistent/worker"], folder=str(tmp_path))


def test_a_movie_that_is_none_or_missing(blender, tmp_path):
    (tmp_path / "none.mp4").write_text("no")

    def script(folder):
        assert "is missing" in failure(bpy.ops.gid.add_movie, filepath=os.path.join(folder, "gone.mp4"))
        assert "cannot be read" in failure(bpy.ops.gid.add_movie, filepath=os.path.join(folder, "none.mp4"))
        assert len(module("compat").strips(bpy.context.scene.sequence_editor)) == 0

    blender.run(script, folder=str(tmp_path))


def test_the_asset_library_comes_and_goes_when_asked(blender):
    def script():
        libraries = bpy.context.preferences.filepaths.asset_libraries
        before = [library.path for library in libraries]
        assert not any("image_dynamics" in path for path in before)
        assert bpy.ops.gid.add_asset_library() == {"FINISHED"}
        (path,) = {library.path for library in libraries} - set(before)
        assert libraries[-1].import_method in {"APPEND", "APPEND_REUSE"}
        with bpy.data.libraries.load(os.path.join(path, "image_dynamics.blend")) as (there, _):
            assert {"Swaying Dahlia", "Bird", "Storm"} <= set(there.objects)
            assert sorted(there.node_groups) == ["Image Dynamics Plate", "Image Dynamics Warp"]
        assert not bpy.ops.gid.add_asset_library.poll()
        assert bpy.ops.gid.remove_asset_library() == {"FINISHED"}
        assert [library.path for library in libraries] == before

    blender.run(script)


def test_frames_that_find_no_place_in_the_timeline_are_there_all_the_same(blender, real_worker):
    def script():
        scene, layer = bpy.context.scene, module("scene")
        obj = small_motion_object()
        for channel in scene.sequence_editor_create().channels:
            channel.lock = True
        scene.gid.results = {"PLANE", "STRIP"}
        before = len(bpy.data.objects)
        bpy.ops.ed.undo_push(message="before")
        said = failure(bpy.ops.gid.render_sequence, "EXEC_DEFAULT", True, frames=3)
        assert "The frames are rendered, but have no strip. All 128 channels" in said
        # Everything else came in, as one undo step.
        assert len(bpy.data.objects) == before + 1
        assert layer.has_rendered(obj)
        assert undo_steps()[-1] == "Render Image Sequence"
        for channel in scene.sequence_editor.channels:
            channel.lock = False
        assert bpy.ops.gid.add_to_timeline() == {"FINISHED"}

    blender.run(script, worker=real_worker)


def test_a_strip_goes_where_the_sequencer_looks_and_nothing_is_lost_when_it_cannot(blender, tmp_path):
    def script(folder):
        from pathlib import Path

        scene, layer = bpy.context.scene, module("scene")
        obj = small_motion_object()
        paths = [Path(folder) / f"f_{number:04d}.png" for number in (1, 2)]
        for path in paths:
            image = new_picture(path.stem)
            image.filepath_raw, image.file_format = str(path), "PNG"
            image.save()
        layer.remember_render(obj, layer.sequence_image(paths), count=2, start=1, cyclic=True)

        edit = bpy.data.scenes.new("Edit")
        edit.render.fps = 2 * scene.render.fps
        pinned = hasattr(bpy.context.workspace, "sequencer_scene")
        if pinned:
            bpy.context.workspace.sequencer_scene = edit
        assert bpy.ops.gid.add_to_timeline() == {"FINISHED"}
        home = edit if pinned else scene
        assert [strip.name for _, strip in layer.strips_of(obj)] == [home.sequence_editor.strips[0].name]
        assert ("2 times as fast" in session.note) == pinned

        for _ in range(127):
            bpy.ops.gid.add_to_timeline()
        said = failure(bpy.ops.gid.add_to_timeline)
        assert "No channel of the timeline is free from frame 1 to 2" in said
        assert "go to frame 3" in said
        paths[1].unlink()
        assert "f_0002.png” is missing" in failure(bpy.ops.gid.add_to_timeline)
        assert len(layer.strips_of(obj)) == 128

    blender.run(script, folder=str(tmp_path))
