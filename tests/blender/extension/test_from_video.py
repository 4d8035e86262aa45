# SPDX-License-Identifier: GPL-3.0-or-later
"""From Video: a movie file goes to the real worker, and its start frame sways in the scene as the movie does."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from .conftest import ROOT

# Run by the worker's Python: Blender's has nothing that writes a movie without rendering it.
MAKE_MOVIE = """
import sys
from pathlib import Path
import av, cv2, numpy as np
from tests.backend.clips import smooth_volume, textured_picture, warped
path, shake = Path(sys.argv[1]), float(sys.argv[2])
picture, volume = textured_picture(64, 96), smooth_volume(64, 96, amplitude=0.02, bands=3)
# Only the middle sways.
y, x = np.mgrid[-1:1:64j, -1:1:96j]
weight = np.clip(1.6 - 2.4 * np.hypot(x, y), 0, 1).astype(np.float32)
frames = []
for i in range(45):
    d = 96 * weight * (volume.displacement(i * 150 / 45) - volume.displacement(0))
    d[0] += shake * np.sin(0.25 * i)
    frames.append(warped(picture, d))
if not path.suffix:
    path.mkdir()
    for number, frame in enumerate(frames, 101):
        (path / f"wiese_{number:04d}.png").write_bytes(cv2.imencode(".png", frame[..., ::-1])[1].tobytes())
    sys.exit()
with av.open(str(path), "w") as film:
    stream = film.add_stream("libx264", rate=15, options={"crf": "8"})
    stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
    for frame in frames:
        film.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
    film.mux(stream.encode())
"""


@pytest.fixture(scope="session")
def make_movie(real_worker, tmp_path_factory):
    """Write a movie of 45 frames at 15 fps, 96×64; without a suffix a folder of its frames. Returns its path."""
    folder = tmp_path_factory.mktemp("movies")
    own = "python" in os.path.basename(real_worker[0])
    python = real_worker[0] if own else str(ROOT / ".venv/worker/bin/python")
    variables = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "backend")])}

    def make(name: str = "Wiese – 風.mp4", shake: float = 0.0) -> Path:
        path = folder / name
        if not path.exists():
            subprocess.run([python, "-c", MAKE_MOVIE, str(path), str(shake)], env=variables, check=True)
        return path

    return make


def test_a_file_becomes_a_plane_that_moves_as_the_movie_does(blender, real_worker, make_movie):
    def script(path):
        import numpy as np

        scene = bpy.context.scene
        scene.gid.movie_start = 4
        assert bpy.ops.gid.from_video("EXEC_DEFAULT", filepath=path) == {"FINISHED"}
        obj = bpy.context.object
        assert obj.select_get()
        assert obj["gid_period"] == 72, "45 frames at 15 fps are 3 s, and the scene has 24 fps"
        assert (scene.frame_start, scene.frame_end) == (1, 72)
        assert obj["gid_gain_00"] == 1.0, "it passes through the start frame"
        image = module("scene").motion_image(obj)
        assert tuple(image.size) == (96, 64)
        assert image.packed_file is not None
        assert module("scene").provenance(obj)["settings"]["start"] == 4
        volume = module("ops.volume_store").recall(obj)
        amplitude = volume.amplitude()
        middle, corner = amplitude[24:40, 36:60].mean(), amplitude[:8, :8].mean()
        assert middle > 0.003, middle
        assert corner < 0.15 * middle, (corner, middle)
        # The movie is a loop, so the measurement went round: at its start nothing is displaced.
        assert np.abs(volume.displacement(0)).max() < 0.25 * middle
        assert session.problem is None
        assert session.note == ""

    blender.run(script, worker=real_worker, path=str(make_movie()))


def test_the_same_frame_again_renews_its_plane_and_another_makes_another(blender, real_worker, make_movie):
    def script(path):
        scene = bpy.context.scene
        bpy.ops.gid.from_video("EXEC_DEFAULT", filepath=path)
        obj = bpy.context.object
        obj["gid_amplitude"] = 2.0
        obj.location.x = 5.0
        bpy.ops.gid.from_video("EXEC_DEFAULT", filepath=path)
        assert [o for o in scene.objects if "gid_amplitude" in o] == [obj]
        assert (obj["gid_amplitude"], obj.location.x) == (2.0, 5.0)
        scene.gid.movie_start = 9
        bpy.ops.gid.from_video("EXEC_DEFAULT", filepath=path)
        assert len([o for o in scene.objects if "gid_amplitude" in o]) == 2

    blender.run(script, worker=real_worker, path=str(make_movie()))


def test_it_is_one_undo_step_that_takes_the_picture_along(blender, real_worker, make_movie):
    def script(path):
        bpy.ops.ed.undo_push(message="start")
        objects, images = len(bpy.context.scene.objects), len(bpy.data.images)
        bpy.ops.gid.from_video("EXEC_DEFAULT", True, filepath=path)
        assert len(bpy.context.scene.objects) == objects + 1
        bpy.ops.ed.undo()
        assert (len(bpy.context.scene.objects), len(bpy.data.images)) == (objects, images)
        bpy.ops.ed.redo()
        assert len(bpy.context.scene.objects) == objects + 1

    blender.run(script, worker=real_worker, path=str(make_movie()))


def test_a_clip_is_taken_at_the_playhead(blender, real_worker, make_movie):
    def script(path):
        scene = bpy.context.scene
        scene.gid.movie = clip = bpy.data.movieclips.load(path)
        clip.frame_start, clip.frame_offset = 11, 2
        scene.frame_set(15)
        assert module("ops.from_video").movie(bpy.context).origin == "Movie Clip"
        assert bpy.ops.gid.from_video("EXEC_DEFAULT") == {"FINISHED"}
        assert bpy.context.object["gid_frame"] == 15 - 11 + 1 + 2
        # Behind its end a clip shows its last frame, from which the loop goes on from its beginning.
        scene.frame_set(1000)
        assert bpy.ops.gid.from_video("EXEC_DEFAULT") == {"FINISHED"}
        assert bpy.context.object["gid_frame"] == 45

    blender.run(script, worker=real_worker, path=str(make_movie()))


def test_a_strip_is_taken_at_the_playhead_where_it_was_trimmed_too(blender, real_worker, make_movie):
    def script(path):
        scene = bpy.context.scene
        editor = scene.sequence_editor_create()
        strips = module("compat").strips(editor)
        strip = strips.new_movie("a strip", path, 1, 10)
        editor.active_strip = strip
        # Left out at the ends; in Blender 5 what is left stays where it was, in 4 it moves to where the strip began.
        newer = hasattr(strip, "content_start")
        setattr(strip, "content_trim_start" if newer else "animation_offset_start", 3)
        setattr(strip, "content_trim_end" if newer else "animation_offset_end", 8)
        scene.frame_set(17 if newer else 14)
        movies = module("scene.movies")
        movie = movies.find_movie(bpy.context)
        assert movie.origin == "Strip"
        assert movies.start_frame(movie) == 4 + 1 + 3
        assert bpy.ops.gid.from_video("EXEC_DEFAULT") == {"FINISHED"}
        assert bpy.context.object["gid_frame"] == 8
        scene.frame_set(-100)
        assert movies.start_frame(movies.find_movie(bpy.context)) == 1
        scene.frame_set(1000)
        assert movies.start_frame(movies.find_movie(bpy.context)) == 45

    blender.run(script, worker=real_worker, path=str(make_movie()))


def test_a_movie_shown_slower_than_frame_by_frame_is_taken_where_it_shows(blender, make_movie):
    def script(path):
        movies = module("scene.movies")
        # As a strip of a 15 fps movie does in a scene of 30 fps: 45 frames take 90.
        movie = movies.Movie(movies.Path(path), "Strip", frame=21.0, shown=90.0)
        assert movies.start_frame(movie) == 11
        trimmed = movies.Movie(movies.Path(path), "Strip", frame=21.0, shown=70.0, before=4, behind=6)
        assert movies.start_frame(trimmed) == 15

    blender.run(script, path=str(make_movie()))


def test_a_movie_as_picture_will_do(blender, make_movie):
    def script(path):
        image = bpy.data.images.load(path)
        material = bpy.data.materials.new("screen")
        tree = module("compat").enable_nodes(material)
        node = tree.nodes.new("ShaderNodeTexImage")
        node.image, tree.nodes.active = image, node
        node.image_user.frame_duration, node.image_user.frame_start = 45, 1
        cube = bpy.data.objects["Cube"]
        cube.data.materials.clear()
        cube.data.materials.append(material)
        bpy.context.view_layer.objects.active = cube
        bpy.context.scene.frame_set(7)
        movies = module("scene.movies")
        movie = movies.find_movie(bpy.context)
        assert (movie.origin, movies.start_frame(movie)) == ("Picture", 7)

    blender.run(script, path=str(make_movie()))


@pytest.mark.parametrize("how", ["clip", "strip", "image", "first file", "folder"])
def test_pictures_in_a_row_are_a_movie_of_the_scenes_frame_rate(blender, real_worker, make_movie, how):
    """wiese_0101.png to wiese_0145.png, taken at the fifth of them."""

    def script(how, folder):
        from pathlib import Path

        scene, movies = bpy.context.scene, module("scene.movies")
        first, options = str(Path(folder) / "wiese_0101.png"), {}
        scene.render.fps = 15
        if how == "clip":
            scene.gid.movie = clip = bpy.data.movieclips.load(first)
            assert clip.source == "SEQUENCE"
            clip.frame_start = 11
            scene.frame_set(15)
        elif how == "strip":
            editor = scene.sequence_editor_create()
            strip = module("compat").strips(editor).new_image("row", first, 1, 11)
            for number in range(102, 146):
                strip.elements.append(f"wiese_{number:04d}.png")
            editor.active_strip = strip
            scene.frame_set(15)
        elif how == "image":
            image = bpy.data.images.load(first)
            image.source = "SEQUENCE"
            plane = bpy.data.objects.new("screen", None)
            plane.empty_display_type, plane.data = "IMAGE", image
            plane.image_user.frame_duration, plane.image_user.frame_start = 45, 11
            plane.image_user.frame_offset = 100
            scene.collection.objects.link(plane)
            bpy.context.view_layer.objects.active = plane
            scene.frame_set(15)
        else:
            scene.gid.movie_start = 5
            options = {"filepath": first if how == "first file" else folder}
        if not options:
            found = movies.find_movie(bpy.context, scene.gid.movie)
            assert (found.name, found.is_row) == ("wiese_0101.png", True)
            assert movies.start_frame(found) == 5
        assert bpy.ops.gid.from_video("EXEC_DEFAULT", **options) == {"FINISHED"}
        obj = bpy.context.object
        assert (obj["gid_period"], obj["gid_frame"]) == (45, 5), "3 s at 15 frames a second"
        # Lossless, so the picture is that file, bit for bit.
        seen = module("scene").read_pixels(module("scene").motion_image(obj)).array
        there = module("scene").read_pixels(bpy.data.images.load(str(Path(folder) / "wiese_0105.png"))).array
        assert (seen == there).all()
        amplitude = module("ops.volume_store").recall(obj).amplitude()
        middle, corner = amplitude[24:40, 36:60].mean(), amplitude[:8, :8].mean()
        assert middle > 0.003, middle
        assert corner < 0.15 * middle, (corner, middle)
        # The same again renews it.
        count = len(scene.objects)
        bpy.context.view_layer.objects.active = bpy.data.objects.get("screen", obj)
        assert bpy.ops.gid.from_video("EXEC_DEFAULT", **options) == {"FINISHED"}
        assert len(scene.objects) == count

    blender.run(script, worker=real_worker, how=how, folder=str(make_movie("Wiese – 風")))


def test_of_pictures_only_the_seconds_that_are_measured_are_read(blender, real_worker, make_movie, tmp_path):
    def script(folder):
        from pathlib import Path

        scene, movies = bpy.context.scene, module("scene.movies")
        scene.render.fps = 15
        scene.gid.movie_start, scene.gid.movie_seconds = 3, 2.2
        files = sorted(Path(folder).iterdir())
        # Outside of them, nobody looks at what is there.
        for path in (files[0], files[-1]):
            path.write_bytes(b"no picture")
        files[20].unlink()
        first = str(files[0])
        row = movies.row_of(movies.movie_of_file(first, scene))
        assert (len(row.files), row.numbers[19:21]) == (44, [120, 122])
        assert bpy.ops.gid.from_video("EXEC_DEFAULT", filepath=first) == {"FINISHED"}
        assert abs(bpy.context.object["gid_period"] - 33) <= 1
        scene.gid.movie_start = 45
        assert "there is no frame 45" in failure(bpy.ops.gid.from_video, "EXEC_DEFAULT", filepath=first)
        scene.gid.movie_start = 3
        files[10].write_bytes(b"")
        assert "“" + str(files[10]) + "” is empty" in failure(bpy.ops.gid.from_video, "EXEC_DEFAULT", filepath=first)
        files[10].write_bytes(b"no picture")
        assert "“wiese_0101.png”, picture 111: this is no picture" in failure(
            bpy.ops.gid.from_video, "EXEC_DEFAULT", filepath=first
        )

    folder = shutil.copytree(make_movie("Wiese – 風"), tmp_path / "row")
    blender.run(script, worker=real_worker, folder=str(folder))


def test_shake_is_taken_off_and_told_or_refused_with_its_amount(blender, real_worker, make_movie):
    def script(slight, strong):
        bpy.ops.gid.from_video("EXEC_DEFAULT", filepath=slight)
        assert "camera moved by up to" in session.note
        said = failure(bpy.ops.gid.from_video, "EXEC_DEFAULT", filepath=strong)
        assert "strong.mp4" in said
        assert "pixels" in said
        assert "tripod" in said
        assert session.problem.code == "bad_image"
        bpy.context.scene.gid.movie_steady = False
        assert bpy.ops.gid.from_video("EXEC_DEFAULT", filepath=strong) == {"FINISHED"}

    slight, strong = make_movie("slight.mp4", 1.5), make_movie("strong.mp4", 7.0)
    blender.run(script, worker=real_worker, slight=str(slight), strong=str(strong))


def test_progress_is_shown_and_it_can_be_cancelled(blender, real_worker, make_movie):
    def script(path):
        video = module("ops.from_video")
        scene = bpy.context.scene
        objects = len(scene.objects)
        session.start(video.VideoTask(scene, video.movie_of_file(path, scene)))
        pump(lambda: "Following the motion" in session.stage and session.factor > 0)
        assert not bpy.ops.gid.from_video.poll()
        bpy.ops.gid.cancel()
        pump(lambda: not session.busy)
        assert len(scene.objects) == objects
        assert (session.problem, session.note) == (None, "Cancelled.")

    # Not the file of the other tests, whose result may be in the cache.
    blender.run(script, worker=real_worker, path=str(make_movie("to be cancelled.mp4", 0.2)))


def test_frames_can_be_had_at_once(blender, real_worker, make_movie, tmp_path):
    def script(path, folder):
        scene = bpy.context.scene
        scene.gid.results, scene.gid.output, scene.gid.format = {"STRIP"}, folder, "JPEG"
        scene.gid.natural_period, scene.gid.period = False, 3
        assert bpy.ops.gid.from_video("EXEC_DEFAULT", filepath=path) == {"FINISHED"}
        (strip,) = module("compat").strips(scene.sequence_editor)
        assert len(strip.elements) == 3
        assert not [o for o in scene.objects if "gid_amplitude" in o]

    blender.run(script, worker=real_worker, path=str(make_movie()), folder=str(tmp_path))


@pytest.mark.parametrize("what", ["none", "missing", "folder", "empty", "text", "picture", "images", "no such frame"])
def test_what_cannot_be_measured_is_named_in_a_sentence_and_nothing_is_lost(
    blender, real_worker, make_movie, tmp_path, what
):
    def script(what, path):
        scene = bpy.context.scene
        objects, images = len(scene.objects), len(bpy.data.images)
        options = {"filepath": path}
        if what == "none":
            options = {}
        elif what == "images":
            scene.gid.movie = bpy.data.movieclips.load(path)
            options, images = {}, len(bpy.data.images)
        elif what == "no such frame":
            scene.gid.movie_start = 46
        said = failure(bpy.ops.gid.from_video, "EXEC_DEFAULT", **options)
        expected = {
            "none": "No movie is chosen",
            "missing": "No such file",
            "folder": "holds no pictures",
            "empty": "is empty",
            "text": "cannot be read as a video",
            "picture": "cannot be read as a video",
            "images": "is a single picture",
            "no such frame": "there is no frame 46",
        }
        assert expected[what] in said, said
        assert "Traceback" not in said
        assert (len(scene.objects), len(bpy.data.images)) == (objects, images)
        assert not session.busy

    path = tmp_path / "thing.mp4"
    if what == "folder":
        path.mkdir()
    elif what == "empty":
        path.write_bytes(b"")
    elif what == "text":
        path.write_text("not a movie" * 100)
    elif what in {"picture", "images"}:
        path = ROOT / "gid_blender/assets/dahlia.jpg"
    elif what == "no such frame":
        path = make_movie()
    blender.run(script, worker=real_worker, what=what, path=str(path))


def test_a_worker_that_sends_no_picture_is_refused(blender):
    def script():
        video, scene_error = module("ops.from_video"), module("scene").SceneError
        good = {"image": {"shape": [2, 2, 3]}}
        assert video._still(good, (b"", bytes(12))).array.shape == (2, 2, 3)
        for result, parts in (
            ({}, (b"", b"")),
            (good, (b"",)),
            (good, (b"", bytes(11))),
            ({"image": None}, (b"", b"")),
        ):
            try:
                video._still(result, parts)
            except scene_error:
                continue
            raise AssertionError(result)

    blender.run(script)
