# SPDX-License-Identifier: GPL-3.0-or-later
"""Render Frames: what is played in the scene, a bake too, comes as frames and as motion vectors, however long it is."""

import numpy as np
import pytest

from tests.blender.scene.exr import read_vectors


def at_size(field, height, width):
    """(2, h, w) at the middles of other cells, linearly between its own."""
    for axis, count in ((1, height), (2, width)):
        old = field.shape[axis]
        places = np.clip((np.arange(count) + 0.5) * old / count - 0.5, 0, old - 1)
        low = np.minimum(places.astype(int), old - 2)
        share = (places - low).reshape((-1, 1) if axis == 1 else (1, -1))
        field = field.take(low, axis) * (1 - share) + field.take(low + 1, axis) * share
    return field


def test_a_bake_is_rendered_as_it_is_played(blender, real_worker, tmp_path):
    def script(folder):
        scene = bpy.context.scene
        obj = small_motion_object()
        bpy.ops.gid.add_excitation("EXEC_DEFAULT", kind="POKE")
        scene.frame_start, scene.frame_end, scene.gid.output = 1, 4, folder
        bpy.context.object.gid.excitation.start = 2
        assert bpy.ops.gid.bake("EXEC_DEFAULT") == {"FINISHED"}
        obj["gid_amplitude"] = 0.0
        assert bpy.ops.gid.render_frames("EXEC_DEFAULT", motion_vectors=True) == {"FINISHED"}
        (strip,) = module("compat").strips(scene.sequence_editor)
        assert len(strip.elements) == 4
        assert (scene.frame_start, scene.frame_end) == (1, 4)
        directory = bpy.path.abspath(strip.directory)
        frames = []
        for element in strip.elements:
            image = bpy.data.images.load(os.path.join(directory, element.filename))
            frames.append(list(image.pixels))
        # Still before the poke, moved after it.
        assert frames[0] == frames[1]
        assert frames[2] != frames[1]
        assert frames[3] != frames[2]
        # How far each place of the picture at rest goes from one frame to the next, in pixels, y up.
        q, volume = module("scene").frame_coefficients(obj, scene, 1, 4), module("ops.volume_store").recall(obj)
        np = module("motion").files.np
        steps = 96 * np.einsum("fk,kchw->fchw", np.diff(q, axis=0), volume.spectrum).real
        np.save(os.path.join(folder, "steps.npy"), steps * np.array([1, -1])[:, None, None])

    blender.run(script, worker=real_worker, folder=str(tmp_path))
    steps = np.load(tmp_path / "steps.npy")
    _, folder = sorted(path for path in tmp_path.iterdir() if path.is_dir())
    vectors = [read_vectors(path.read_bytes()) for path in sorted(folder.glob("*.exr"))]
    before = [np.stack(each[:2]) for each in vectors]
    after = [np.stack(each[2:]) for each in vectors]
    assert len(vectors) == 4
    assert before[0].shape == (2, 64, 96)
    # Nothing before the first frame and behind the last is known, and the poke comes after the second.
    for still in (before[0], after[0], before[1], after[3]):
        assert not still.any()
    # They lead back: content that moves by v has -v. As long on the whole; the renderer lets motion end at the
    # picture's own edges and fade at its border, which is a ninth of it in a picture as small as this.
    for found, step in zip((after[1], before[2], after[2], before[3]), steps[[1, 1, 2, 2]], strict=True):
        wanted = -at_size(step, 64, 96)
        assert np.abs(wanted).max() > 0.1
        for axis in (0, 1):
            assert (found[axis] * wanted[axis]).sum() == pytest.approx((wanted[axis] ** 2).sum(), rel=0.1)
        assert np.abs(found - wanted).mean() < 0.3 * np.abs(wanted).mean()


def test_many_frames_with_motion_blur_fit_into_one_request(blender):
    """Built as the operator builds it, and written as the client writes it; rendering them all would last."""

    def script():
        import types

        render, protocol = module("ops.render"), module("worker.protocol")
        scene, np = bpy.context.scene, module("motion").files.np
        obj = small_motion_object()
        scene.gid.motion_blur = True
        scene.render.motion_blur_shutter = 0.5

        chosen = types.SimpleNamespace(use_range=True, first=1, last=600, motion_vectors=False)
        task = render.GID_OT_render_frames.request(chosen, bpy.context)
        header = {"id": 1, "method": task.method, "params": task.params}
        assert len(protocol.encode_header(header, task.parts)) < 4096
        assert task.params["samples"] == 8
        assert task.params["coefficients"] == {"shape": [4800, 16], "dtype": "complex64"}
        rows = np.frombuffer(task.parts[2], "<c8").reshape(600, 8, 16)
        played = module("scene").frame_coefficients(obj, scene, 300, 300)
        # The middle of the moments is the frame itself, to what the chord of a fast band leaves.
        assert np.abs(rows[299, 3:5].mean(axis=0) - played[0]).max() < 1e-3
        assert np.abs(rows[299, 0] - rows[299, 7]).max() > 0.01
        task.close()

        said = failure(bpy.ops.gid.render_frames, "EXEC_DEFAULT", use_range=True, first=1, last=100_001)
        assert "100001 frames are too many" in said
        assert "Render 100000 at a time." in said

    blender.run(script)
