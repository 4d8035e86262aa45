# SPDX-License-Identifier: GPL-3.0-or-later
"""A picture with a mask or with the worker's motion blur in a shot, through the installed extension."""


def test_an_inverted_mask_is_inverted_in_the_compositor_and_cut_out_by_its_other_side(blender, tmp_path):
    def script(folder):
        import numpy as np

        scene = bpy.context.scene
        obj = small_motion_object()
        scene.gid.output, obj["gid_period"] = folder, 3.0
        mask = bpy.data.images.new("left", 96, 64, is_data=True)
        pixels = np.ones((64, 96, 4), np.float32)
        pixels[:, 48:, :3] = 0
        mask.pixels.foreach_set(pixels.ravel())
        assert bpy.ops.gid.mask_from("EXEC_DEFAULT", source="IMAGE", image="left") == {"FINISHED"}

        def parts():
            tree = module("compat").existing_compositor(scene)
            return {node["gid_part"] for node in tree.nodes if "gid_part" in node}

        options = {"source": "DISPLACE", "use_mask": True}
        assert bpy.ops.gid.setup_compositing(**options) == {"FINISHED"}
        assert "mask" in parts()
        assert "mask inverted" not in parts()
        bpy.ops.gid.mask_invert("EXEC_DEFAULT")
        bpy.ops.gid.setup_compositing(**options)
        assert {"mask", "mask inverted"} <= parts()

        # What no image says goes by the weights, and a sentence says so.
        obj.vertex_groups.new(name="all").add(range(len(obj.data.vertices)), 1.0, "REPLACE")
        bpy.ops.gid.mask_from("EXEC_DEFAULT", source="VERTEX_GROUP", group="all", combine=True)
        bpy.ops.gid.setup_compositing(**options)
        assert not {"mask", "mask inverted"} & parts()
        assert "not of pictures alone" in session.note

        assert bpy.ops.gid.split_layers("EXEC_DEFAULT", own_mask=True, background=False) == {"FINISHED"}
        alpha = module("scene").layer_pixels(bpy.context.object).array[..., 3]
        assert alpha[:, :44].max() == 0
        assert alpha[:, 52:].min() == 255

    blender.run(script, worker=["/nonexistent/worker"], folder=str(tmp_path))


def test_frames_that_the_worker_blurred_are_not_blurred_again(blender, real_worker, tmp_path):
    def script(folder):
        scene = bpy.context.scene
        obj = small_motion_object()
        scene.gid.output, scene.gid.passes, obj["gid_period"] = folder, {"MOTION_VECTORS"}, 3.0
        for blur in (True, False):
            scene.gid.motion_blur = blur
            assert bpy.ops.gid.render_sequence("EXEC_DEFAULT") == {"FINISHED"}
            assert module("scene").rendered(obj).blurred == blur
            bpy.ops.gid.setup_compositing()
            tree = module("compat").existing_compositor(scene)
            assert any(node.get("gid_part") == "vectors" for node in tree.nodes) != blur
            assert ("blurred already" in session.note) == blur

    blender.run(script, worker=real_worker, folder=str(tmp_path))


def test_frames_of_a_film_are_told_to_be_of_one_picture(blender, real_worker, tmp_path):
    def script(folder):
        scene, layer = bpy.context.scene, module("scene")
        obj = small_motion_object()
        scene.gid.output, obj["gid_period"] = folder, 3.0
        assert bpy.ops.gid.render_sequence("EXEC_DEFAULT") == {"FINISHED"}
        assert "single picture" not in session.note
        # Any sequence will do: here that of its own frames.
        film = layer.rendered(obj).image
        module("scene.material").show_sequence(obj.active_material, film, frames=3, start=1)
        assert bpy.ops.gid.render_sequence("EXEC_DEFAULT") == {"FINISHED"}
        assert "single picture of it: Set Up Compositing plays it with Displacement." in session.note
        bpy.ops.gid.setup_compositing(shutter=0)
        assert "single picture" in session.note
        bpy.ops.gid.setup_compositing(source="DISPLACE", shutter=0)
        assert "single picture" not in session.note

    blender.run(script, worker=real_worker, folder=str(tmp_path))
