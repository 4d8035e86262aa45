# SPDX-License-Identifier: GPL-3.0-or-later
"""Strips: exact lengths, repeats, renewal in place, and what the sequencer really shows of them."""

import os

import bpy
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gid_blender.compat import set_strip_end, strip_range, strips
from gid_blender.scene import (
    SceneError,
    add_movie,
    add_strip,
    drift,
    fitting_period,
    frame_folder,
    frame_paths,
    remember_render,
    rendered,
    renew_movie,
    renew_strips,
    sequence_image,
    strips_of,
)
from tests.blender.scene.helpers import saved
from tests.blender.scene.test_pixels import write_png

SIZE = 8


def greys(root, levels, name="flag"):
    """A folder of frames, each of one grey level, so that a rendered frame says which one it is."""
    with frame_folder(root, name) as folder:
        for index, level in enumerate(levels):
            path = write_png(root / "encoded.png", np.full((SIZE, SIZE, 3), level, np.uint8))
            folder.write(index, path.read_bytes(), ".png")
        return folder.commit()


def plays(scene, frames, path):
    """The grey levels that the sequencer renders at frames of the scene."""
    render = scene.render
    render.resolution_x = render.resolution_y = SIZE
    render.resolution_percentage, render.use_sequencer, render.dither_intensity = 100, True, 0
    render.image_settings.file_format, render.image_settings.color_mode = "PNG", "RGB"
    render.filepath = str(path)
    scene.view_settings.view_transform = "Standard"
    bpy.context.window.scene = scene
    found = []
    for frame in frames:
        scene.frame_set(frame)
        bpy.ops.render.render(write_still=True)
        image = bpy.data.images.load(str(path))
        found.append(round(255 * image.pixels[0]))
        bpy.data.images.remove(image)
    return found


@pytest.fixture
def scene():
    return bpy.context.scene


@pytest.fixture
def picture(scene):
    obj = bpy.data.objects.new("rose", None)
    scene.collection.objects.link(obj)
    return obj


class TestRepeat:
    def test_plays_every_frame_in_order_and_over_again(self, scene, tmp_path):
        strip = add_strip(scene, greys(tmp_path, [10, 20, 30]), start=5, repeat=3)
        assert strip_range(strip) == (5, 14)
        # Before and behind the strip the timeline is black.
        assert plays(scene, range(4, 15), tmp_path / "x.png") == [0, *[10, 20, 30] * 3, 0]

    def test_too_many_for_one_strip(self, scene, tmp_path):
        with pytest.raises(SceneError, match="too many") as caught:
            add_strip(scene, greys(tmp_path, [1, 2]), repeat=60_000)
        assert "50000 times" in caught.value.hint
        assert not strips(scene.sequence_editor_create())

    def test_a_locked_channel_is_nobodys_free_channel(self, scene, tmp_path):
        scene.sequence_editor_create().channels[1].lock = True
        assert add_strip(scene, greys(tmp_path, [1]), start=1).channel == 2

    def test_where_no_channel_is_free_the_sentence_says_where_one_is(self, scene, tmp_path):
        """Each channel is taken at the place, and one of them for less long than the others."""
        frames = greys(tmp_path, [1, 2, 3])
        editor = scene.sequence_editor_create()
        for channel in range(1, 129):
            length = 40 if channel == 7 else 1000
            strip = strips(editor).new_image(
                name=f"c{channel}", filepath=str(frames[0]), channel=channel, frame_start=1, fit_method="FIT"
            )
            set_strip_end(strip, 1 + length)
        with pytest.raises(SceneError, match="No channel of the timeline is free from frame 10 to 12") as caught:
            add_strip(scene, frames, start=10)
        assert "go to frame 41 " in caught.value.hint
        # What is advised works.
        assert add_strip(scene, frames, start=41).channel == 7

    def test_where_every_channel_is_locked_there_is_nowhere_to_go(self, scene, tmp_path):
        for channel in scene.sequence_editor_create().channels:
            channel.lock = True
        with pytest.raises(SceneError, match="All 128 channels of the timeline are locked") as caught:
            add_strip(scene, greys(tmp_path, [1]), start=1)
        assert caught.value.hint == "Unlock one."


class TestRenewal:
    def test_shows_the_new_frames_in_the_same_strip(self, scene, picture, tmp_path):
        strip = add_strip(scene, greys(tmp_path, [10, 20, 30]), start=3, repeat=2, picture=picture)
        strip.blend_alpha, strip.blend_type, strip.name = 1.0, "ALPHA_OVER", "the loop"
        strip.transform.offset_x = 0.0
        strip.keyframe_insert("blend_alpha", frame=1)
        plays(scene, [3], tmp_path / "x.png")
        assert renew_strips(picture, greys(tmp_path, [40, 50, 60])).remarks == ()
        assert plays(scene, range(3, 9), tmp_path / "x.png") == [40, 50, 60] * 2
        assert len(strips(scene.sequence_editor)) == 1
        again = strips(scene.sequence_editor)["the loop"]
        assert (again.channel, again.blend_type, strip_range(again)) == (1, "ALPHA_OVER", (3, 9))
        assert scene.animation_data.action is not None

    @pytest.mark.parametrize("levels", [[1, 2, 3, 4, 5], [1, 2]])
    def test_the_length_follows_and_effects_with_it(self, scene, picture, tmp_path, levels):
        strip = add_strip(scene, greys(tmp_path, [10, 20, 30]), start=1, repeat=2, picture=picture)
        effect = blur(scene, strip)
        assert renew_strips(picture, greys(tmp_path, levels)).count == 1
        assert strip_range(strip) == strip_range(effect) == (1, 1 + 2 * len(levels))

    def test_stops_at_a_neighbour_and_says_so(self, scene, picture, tmp_path):
        strip = add_strip(scene, greys(tmp_path, [10, 20]), start=1, picture=picture)
        other = add_strip(scene, greys(tmp_path, [99], name="next"), start=4)
        assert (strip.channel, other.channel) == (1, 1)
        renewal = renew_strips(picture, greys(tmp_path, [1, 2, 3, 4, 5, 6]))
        assert strip_range(strip) == (1, 4)
        assert strip_range(other) == (4, 5)
        (remark,) = renewal.remarks
        assert "6 frames now" in remark
        assert "“next” follows in channel 1 at frame 4" in remark
        # Nothing is lost: pulled, the handle shows what is behind it.
        assert len(strip.elements) == 6

    def test_a_cut_by_hand_stays(self, scene, picture, tmp_path):
        strip = add_strip(scene, greys(tmp_path, [1, 2, 3, 4, 5, 6]), start=1, picture=picture)
        cut(strip, 1, 2)
        assert strip_range(strip) == (2, 5)
        renew_strips(picture, greys(tmp_path, [10, 20, 30, 40, 50, 60, 70, 80]))
        assert strip_range(strip) == (2, 5)
        assert plays(scene, [1, 2, 4, 5], tmp_path / "x.png") == [0, 20, 40, 0]
        renew_strips(picture, greys(tmp_path, [11, 21, 31]))
        assert strip_range(strip) == (2, 4)

    def test_both_halves_of_a_split_strip(self, scene, picture, tmp_path):
        strip = add_strip(scene, greys(tmp_path, [1, 2, 3, 4]), start=1, picture=picture)
        strip.split(frame=3, split_method="SOFT")
        assert renew_strips(picture, greys(tmp_path, [10, 20, 30, 40])).count == 2
        assert plays(scene, range(1, 5), tmp_path / "x.png") == [10, 20, 30, 40]

    def test_a_strip_that_begins_behind_the_new_end_keeps_its_frames(self, scene, picture, tmp_path):
        strip = add_strip(scene, greys(tmp_path, [1, 2, 3, 4]), start=1, picture=picture)
        cut(strip, 3, 0)
        renewal = renew_strips(picture, greys(tmp_path, [10, 20]))
        assert renewal.count == 0
        assert "begins behind the last of the 2 frames" in renewal.remarks[0]
        assert (strip_range(strip), len(strip.elements)) == ((4, 5), 4)

    def test_in_a_meta_and_in_another_scene(self, scene, picture, tmp_path):
        frames = greys(tmp_path, [1, 2])
        strip = add_strip(scene, frames, start=1, picture=picture)
        meta = strips(scene.sequence_editor).new_meta(name="meta", channel=3, frame_start=1)
        strip.move_to_meta(meta)
        edit = bpy.data.scenes.new("Edit")
        add_strip(edit, frames, start=7, picture=picture)
        assert {scene.name for scene, _ in strips_of(picture)} == {scene.name, "Edit"}
        assert renew_strips(picture, greys(tmp_path, [30, 40])).count == 2
        assert plays(edit, [7, 8], tmp_path / "x.png") == [30, 40]

    def test_leaves_others_alone(self, scene, picture, tmp_path):
        frames = greys(tmp_path, [1, 2])
        other = bpy.data.objects.new("tulip", None)
        kept = [add_strip(scene, frames, start=1), add_strip(scene, frames, start=1, picture=other)]
        shot = add_strip(scene, frames, start=1, picture=picture, cyclic=False)
        assert renew_strips(picture, greys(tmp_path, [30, 40, 50])).count == 0
        assert [len(strip.elements) for strip in [*kept, shot]] == [2, 2, 2]

    @pytest.mark.skipif(bpy.app.version < (5, 0, 0), reason="adding a retiming key from Python crashes 4.5")
    def test_retiming_keys_keep_the_strip_at_their_length(self, scene, picture, tmp_path):
        strip = add_strip(scene, greys(tmp_path, [10, 20, 30]), start=1, picture=picture)
        strip.retiming_keys.add(timeline_frame=4).timeline_frame = 7
        assert strip_range(strip) == (1, 7)
        renew_strips(picture, greys(tmp_path, [11, 22, 33, 44, 55, 66]))
        assert strip_range(strip) == (1, 7)
        assert plays(scene, range(1, 7), tmp_path / "x.png") == [11, 22, 33, 44, 55, 66]

    def test_is_found_after_saving_renaming_and_loading(self, scene, picture, tmp_path):
        add_strip(scene, greys(tmp_path / "image_dynamics", [1, 2]), start=1, picture=picture)
        picture.name = "peony"
        saved(tmp_path / "x.blend")
        bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "x.blend"))
        (found,) = strips_of(bpy.data.objects["peony"])
        assert found[1].directory.startswith("//image_dynamics")


def cut(strip, start, end):
    """Pull the handles of a strip inwards by that many frames."""
    names = ("left_handle_offset", "right_handle_offset")
    if not hasattr(strip, names[0]):
        names = ("frame_offset_start", "frame_offset_end")
    for name, frames in zip(names, (start, end), strict=True):
        setattr(strip, name, frames)


def blur(scene, strip):
    options = {"length": 6} if bpy.app.version >= (5, 0, 0) else {"frame_end": 7}
    return strips(scene.sequence_editor).new_effect(
        name="blur", type="GAUSSIAN_BLUR", channel=9, frame_start=1, input1=strip, **options
    )


class TestMovie:
    def movie(self, scene, path, levels):
        """A movie of grey frames, made by Blender itself from a strip."""
        other = bpy.data.scenes.new("movie")
        add_strip(other, greys(path.parent, levels, name="source"), start=1)
        other.view_settings.view_transform = "Standard"
        render = other.render
        if hasattr(render.image_settings, "media_type"):
            render.image_settings.media_type = "VIDEO"
        render.image_settings.file_format = "FFMPEG"
        render.ffmpeg.format, render.ffmpeg.codec = "MPEG4", "H264"
        render.resolution_x = render.resolution_y = 32
        render.resolution_percentage, render.filepath = 100, str(path)
        other.frame_start, other.frame_end = 1, len(levels)
        bpy.context.window.scene = other
        bpy.ops.render.render(animation=True)
        bpy.context.window.scene = scene
        bpy.data.scenes.remove(other)
        return path

    def test_repeats_side_by_side_on_one_channel(self, scene, tmp_path):
        path = self.movie(scene, tmp_path / "loop.mp4", [50, 150, 250])
        scene.frame_set(5)
        first, second = add_movie(scene, path, repeat=2)
        assert [strip_range(strip) for strip in (first, second)] == [(5, 8), (8, 11)]
        assert first.channel == second.channel == 1
        # Compressed with limited range: 4 of 255 are the codec's.
        assert plays(scene, range(5, 11), tmp_path / "x.png") == pytest.approx([50, 150, 250] * 2, abs=6)

    def rendered_anew(self, scene, path, levels):
        """The same file, of other frames; told apart by its time even where that is coarse."""
        before = path.stat().st_mtime_ns
        self.movie(scene, path, levels)
        os.utime(path, ns=(before + 10**9,) * 2)

    @pytest.mark.parametrize("levels", [[200, 20, 90, 160, 240], [220, 120]])
    def test_written_anew_it_is_shown_in_its_strips_and_they_stay_a_row(self, scene, tmp_path, levels):
        path = self.movie(scene, tmp_path / "loop.mp4", [50, 150, 250])
        row = add_movie(scene, path, start=5, repeat=3)
        row[0].blend_alpha, row[1].name = 0.9, "the second"
        row[0].blend_alpha = 1.0
        effect = blur(scene, row[1])
        assert renew_movie(path).count == 0
        self.rendered_anew(scene, path, levels)
        renewal = renew_movie(path)
        assert (renewal.count, renewal.remarks) == (3, ())
        length = len(levels)
        ranges = [strip_range(strip) for strip in row]
        assert ranges == [(5 + turn * length, 5 + (turn + 1) * length) for turn in range(3)]
        assert strip_range(effect) == ranges[1]
        assert {strip.channel for strip in row} == {1}
        assert len(strips(scene.sequence_editor)) == 4
        assert strips(scene.sequence_editor)["the second"] == row[1]
        strips(scene.sequence_editor).remove(effect)
        shown = plays(scene, range(5, 5 + 3 * length), tmp_path / "x.png")
        assert shown == pytest.approx(levels * 3, abs=6)
        assert renew_movie(path).count == 0

    def test_a_row_stops_at_its_neighbour_and_says_so(self, scene, tmp_path):
        path = self.movie(scene, tmp_path / "loop.mp4", [50, 150, 250])
        row = add_movie(scene, path, start=1, repeat=2)
        other = add_strip(scene, greys(tmp_path, [99], name="next"), start=8)
        assert other.channel == 1
        self.rendered_anew(scene, path, [10, 60, 110, 160, 210])
        renewal = renew_movie(path)
        # Nothing is moved where there is no room for all of it.
        assert [strip_range(strip) for strip in row] == [(1, 4), (4, 8)]
        assert strip_range(other) == (8, 9)
        assert len(renewal.remarks) == 2
        assert "next" in " ".join(renewal.remarks)

    def test_a_cut_and_a_held_strip_keep_their_edits(self, scene, tmp_path):
        path = self.movie(scene, tmp_path / "loop.mp4", [50, 150, 250, 100])
        (cut_short,), (held,), (late,) = (add_movie(scene, path, start=start) for start in (1, 21, 41))
        set_strip_end(cut_short, 3)
        set_strip_end(held, 30)
        cut(late, 3, 0)
        self.rendered_anew(scene, path, [10, 60, 110])
        (remark,) = renew_movie(path).remarks
        assert [strip_range(strip) for strip in (cut_short, held, late)] == [(1, 3), (21, 30), (44, 45)]
        assert late.name in remark
        self.rendered_anew(scene, path, [10, 60, 110, 160, 210])
        assert renew_movie(path).remarks == ()
        assert [strip_range(strip) for strip in (cut_short, held)] == [(1, 3), (21, 30)]

    def test_in_a_meta_in_another_scene_and_by_another_path(self, scene, tmp_path):
        path = self.movie(scene, tmp_path / "loop.mp4", [50, 150, 250])
        other = bpy.data.scenes.new("Edit")
        saved(tmp_path / "shot.blend")
        (strip,) = add_movie(other, path, start=1)
        assert strip.filepath == "//loop.mp4"
        meta = strips(scene.sequence_editor_create()).new_meta(name="meta", channel=1, frame_start=1)
        (inner,) = add_movie(scene, path, start=1)
        inner.move_to_meta(meta)
        stranger = strips(other.sequence_editor).new_movie(
            name="mine", filepath=str(path), channel=3, frame_start=1, fit_method="FIT"
        )
        self.rendered_anew(scene, path, [10, 60, 110, 160, 210])
        assert renew_movie(path).count == 3
        # What was put there without the extension shows the same file.
        assert [strip_range(each) for each in (strip, meta.strips[0], stranger)] == [(1, 6)] * 3

    def test_what_cannot_be_read_any_more_leaves_the_strips_alone(self, scene, tmp_path):
        path = self.movie(scene, tmp_path / "loop.mp4", [50, 150, 250])
        (strip,) = add_movie(scene, path, start=1)
        path.write_text("no movie")
        with pytest.raises(SceneError, match="cannot be read"):
            renew_movie(path)
        assert strip_range(strip) == (1, 4)
        assert len(strips(scene.sequence_editor)) == 1
        path.unlink()
        with pytest.raises(SceneError, match="is missing"):
            renew_movie(path)

    def test_leaves_nothing_behind_when_it_cannot_be_read(self, scene, tmp_path):
        (tmp_path / "none.mp4").write_text("no movie")
        for name, message in (("none.mp4", "cannot be read"), ("gone.mp4", "is missing")):
            with pytest.raises(SceneError, match=message):
                add_movie(scene, tmp_path / name)
        assert not strips(scene.sequence_editor_create())


class TestRendered:
    def test_the_object_knows_its_frames(self, picture, tmp_path):
        with pytest.raises(SceneError, match="has no rendered frames"):
            rendered(picture)
        frames = greys(tmp_path, [1, 2, 3])
        remember_render(picture, sequence_image(frames), count=3, start=5, cyclic=True)
        found = rendered(picture)
        assert (found.count, found.start, found.cyclic, found.passes) == (3, 5, True, {})
        assert frame_paths(found.image, found.count) == frames
        frames[1].unlink()
        with pytest.raises(SceneError, match=r"flag_0002\.png” is missing"):
            frame_paths(found.image, found.count)


class TestPeriod:
    @given(length=st.integers(2, 2000), period=st.floats(2, 600))
    def test_whole_loops_fill_the_stretch_or_a_sentence_says_what_would(self, length, period):
        try:
            found = fitting_period(length, period)
        except SceneError as error:
            near = int(error.hint.split()[2])
            assert near % fitting_period(near, period) == 0
        else:
            assert length % found == 0
            assert max(found / period, period / found) <= 1.5

    def test_the_nearest_one(self):
        assert fitting_period(250, 120) == 125
        assert fitting_period(240, 100) == 120  # 80 is further away as a speed
        with pytest.raises(SceneError, match="251 frames cannot be divided") as caught:
            fitting_period(251, 120)
        assert caught.value.hint == "Make it 250 frames long: loops of 125 frames."

    def test_broken_rates_drift_and_whole_ones_do_not(self, scene):
        scene.render.fps, scene.render.fps_base = 30, 1.0
        assert drift(scene, 150) == ""
        scene.render.fps_base = 1.001
        assert drift(scene, 150).startswith("At 29.970 frames a second the loop lasts 5.005 s, not 5.000 s")
        scene.render.fps = 24
        # 24/1.001 lacks 0.024 frames a second, so it is one short after 41.7 s.
        assert drift(scene, 120).endswith("a frame off after 42 s.")
