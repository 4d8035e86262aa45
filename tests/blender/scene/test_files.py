# SPDX-License-Identifier: GPL-3.0-or-later
"""Statistics of what is on the disk, and a clean-up that takes nothing that is used or was made by somebody else."""

import json
import os
import time

import bpy
import pytest

from gid_blender.compat import strips
from gid_blender.scene import add_strip, sequence_image, sequence_object
from gid_blender.scene.files import claim_used, clean, look, roots_of_file
from gid_blender.scene.manifest import NAME, claim, read_manifest
from tests.blender.scene.helpers import saved, swaying
from tests.blender.scene.test_sequence import render
from tests.motion.volumes import smooth_volume


@pytest.fixture
def root(scene, tmp_path):
    """The folder of a saved .blend's renders."""
    saved(tmp_path / "shot.blend")
    (root,) = roots_of_file()
    assert root == tmp_path / "image_dynamics"
    return root


def by_name(items):
    return {item.path.name: item for item in items}


class TestNote:
    def test_each_render_says_who_made_it_and_what(self, root):
        paths = render(root)
        manifest = read_manifest(root / "rose")
        assert (manifest.label, manifest.is_this_files) == ("shot.blend", True)
        assert sorted(manifest.files) == [path.name for path in paths]

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "[]",
            "{}",
            '{"made_by": "me", "blend": "", "files": []}',
            '{"made_by": "Generative Image Dynamics", "blend": 1, "files": []}',
            '{"made_by": "Generative Image Dynamics", "blends": [1], "files": []}',
            '{"made_by": "Generative Image Dynamics", "blends": 1, "files": []}',
            '{"made_by": "Generative Image Dynamics", "blend": "", "files": 3}',
        ],
    )
    def test_what_is_no_note_is_none(self, tmp_path, text):
        (tmp_path / NAME).write_text(text)
        assert read_manifest(tmp_path) is None

    def test_names_that_lead_elsewhere_are_left_out(self, tmp_path):
        names = ["../up.png", "/etc/passwd", "a/b.png", "", "..", 5, "fine.png"]
        (tmp_path / NAME).write_text(
            json.dumps({"made_by": "Generative Image Dynamics", "blend": "a.blend", "files": names})
        )
        assert set(read_manifest(tmp_path).files) <= {"fine.png", ".."}
        assert "fine.png" in read_manifest(tmp_path).files


class TestLook:
    def test_counts_bytes_and_says_which_scene_uses_them(self, scene, root):
        paths = render(root)
        render(root, name="unused")
        sequence_object(scene, sequence_image(paths), frames=5, start=1)
        bpy.data.scenes.new("Other")
        items = by_name(look([root]))
        assert items["rose"].scenes == ("Scene",)
        assert items["unused"].scenes == ()
        size = sum(path.stat().st_size for path in paths)
        assert size < items["rose"].bytes < size + 1000
        assert abs(items["rose"].modified - time.time()) < 100

    def test_strips_count_in_their_own_scene(self, root):
        other = bpy.data.scenes.new("Edit")
        add_strip(other, render(root), start=1)
        assert by_name(look([root]))["rose"].scenes == ("Edit",)

    def test_volumes_that_objects_came_from(self, scene, tmp_path):
        obj = swaying(smooth_volume(bands=2, frames=20))
        obj["gid_volume"] = "a" * 64
        for name in ("a" * 64, "b" * 64):
            (tmp_path / f"{name}.npz").write_bytes(b"x" * 100)
        items = by_name(look([], volumes=tmp_path))
        assert items["a" * 64 + ".npz"].scenes == ("Scene",)
        assert items["b" * 64 + ".npz"].scenes == ()

    def test_a_folder_that_is_not_there_holds_nothing(self, tmp_path):
        assert look([tmp_path / "none"], tmp_path / "none", tmp_path / "none") == []


class TestTwoBlends:
    """What a .blend needs, no clean-up of another one takes, whatever it is called and wherever it lies."""

    @pytest.fixture
    def shared(self, tmp_path):
        """The common folder of two shots that are called alike; the first one is open."""
        for name in ("010", "020", "renders"):
            (tmp_path / name).mkdir()
        saved(tmp_path / "010" / "shot.blend")
        return tmp_path / "renders"

    def test_of_one_name_are_two(self, scene, shared, tmp_path):
        paths = render(shared)
        add_strip(scene, paths, start=1)
        saved(tmp_path / "010" / "shot.blend")
        bpy.ops.wm.read_homefile(app_template="", use_factory_startup=True, use_empty=True)
        saved(tmp_path / "020" / "shot.blend")
        (item,) = look([shared])
        assert (item.ours, item.blend, item.goes(others=False)) == (False, "010/shot.blend", False)
        assert clean([item]).removed == ()
        assert all(path.is_file() for path in paths)

    def test_a_folder_knows_its_own_again_when_all_of_it_has_moved(self, shared, tmp_path):
        render(shared)
        (tmp_path / "project").mkdir()
        for name in ("010", "020", "renders"):
            (tmp_path / name).rename(tmp_path / "project" / name)
        bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "project" / "010" / "shot.blend"))
        assert read_manifest(tmp_path / "project" / "renders" / "rose").is_this_files

    def test_a_link_leads_to_the_same(self, shared, tmp_path):
        render(shared)
        (tmp_path / "link").symlink_to(tmp_path / "010", target_is_directory=True)
        bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "link" / "shot.blend"))
        assert read_manifest(shared / "rose").is_this_files

    def test_a_note_that_has_only_a_name_is_nobodys_for_certain(self, root):
        paths = render(root)
        text = {"made_by": "Generative Image Dynamics", "blend": "shot.blend", "files": [path.name for path in paths]}
        (root / "rose" / NAME).write_text(json.dumps(text))
        (item,) = look([root])
        assert (item.ours, item.blend) == (False, "shot.blend")
        assert clean([item]).removed == ()
        claim(root / "rose", root.parent / "shot.blend")
        assert clean(look([root])).removed == ()
        assert [path.name for path in clean(look([root]), others=True).removed] == ["rose"]

    def test_save_as_makes_the_frames_those_of_both(self, scene, root, tmp_path):
        paths = render(root)
        add_strip(scene, paths, start=1)
        claim_used(saved(tmp_path / "shot v002.blend"))
        bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "shot.blend"))
        (item,) = look([root])
        assert (item.ours, item.scenes, item.blend) == (False, (), "shot v002.blend")
        assert clean([item]).removed == ()
        assert all(path.is_file() for path in paths)
        # The first version has said that it does without them; when the second does too, they may go.
        bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "shot v002.blend"))
        editor = bpy.context.scene.sequence_editor
        strips(editor).remove(strips(editor)[0])
        (item,) = look([root])
        assert (item.ours, item.scenes) == (True, ())
        assert [path.name for path in clean([item]).removed] == ["rose"]

    def test_noted_after_the_look_is_noted_in_time(self, root, tmp_path):
        render(root)
        items = look([root])
        assert items[0].goes(others=False)
        claim(root / "rose", tmp_path / "shot v002.blend")
        assert clean(items).removed == ()
        assert len(os.listdir(root / "rose")) == 6

    def test_the_same_twice_is_noted_once(self, scene, root, tmp_path):
        add_strip(scene, render(root), start=1)
        for _ in range(2):
            assert claim_used(tmp_path / "shot.blend") == []
        assert read_manifest(root / "rose").blends == (tmp_path / "shot.blend",)
        assert sorted(os.listdir(root / "rose"))[0] == NAME
        assert len(os.listdir(root / "rose")) == 6

    def test_frames_of_before_the_file_had_a_name_are_its_own_once_it_is_saved(self, scene, tmp_path):
        add_strip(scene, render(tmp_path / "cache"), start=1)
        claim_used(saved(tmp_path / "shot.blend"))
        assert read_manifest(tmp_path / "cache" / "rose").is_this_files

    def test_a_folder_that_takes_no_notes_is_named(self, scene, root, tmp_path, monkeypatch):
        add_strip(scene, render(root), start=1)

        def full(*_, **__):
            raise OSError(28, "No space left on device")

        # Not by permissions: who runs tests as root may write anywhere.
        monkeypatch.setattr("pathlib.Path.write_text", full)
        (sentence,) = claim_used(tmp_path / "shot v002.blend")
        assert "rose" in sentence
        assert "No space left" in sentence
        monkeypatch.undo()
        assert read_manifest(root / "rose").is_this_files

    def test_a_render_takes_the_place_of_its_own_folder_only(self, shared, tmp_path):
        first = render(shared, replace=True)
        assert render(shared, replace=True)[0].parent == first[0].parent
        (shared / "rose" / "mine.psd").write_bytes(b"work")
        assert render(shared, replace=True)[0].parent.name == "rose 2"
        saved(tmp_path / "020" / "shot.blend")
        assert render(shared, replace=True)[0].parent.name == "rose 3"
        assert (shared / "rose" / "mine.psd").is_file()


class TestClean:
    def test_takes_what_no_scene_uses_and_says_how_much_that_was(self, scene, root):
        used, unused = render(root), render(root, name="old")
        sequence_object(scene, sequence_image(used), frames=5, start=1)
        size = sum(path.stat().st_size for path in unused)
        done = clean(look([root]))
        assert (done.bytes, [path.name for path in done.removed], done.left) == (size, ["old"], ())
        assert os.listdir(root) == ["rose"]
        assert all(path.is_file() for path in used)

    def test_looks_again_before_it_deletes(self, scene, root):
        paths = render(root)
        before = look([root])
        add_strip(scene, paths, start=1)
        assert clean(before).removed == ()
        assert all(path.is_file() for path in paths)

    def test_leaves_what_somebody_put_there(self, root):
        render(root)
        (root / "rose" / "mine.psd").write_bytes(b"work")
        (root / "by hand").mkdir()
        (root / "by hand" / "frame_0001.png").write_bytes(b"work")
        done = clean(look([root]), others=True)
        assert os.listdir(root / "rose") == ["mine.psd"]
        assert os.listdir(root / "by hand") == ["frame_0001.png"]
        (sentence,) = done.left
        assert "did not make" in sentence

    def test_leaves_what_other_blends_made_unless_that_is_chosen(self, root, tmp_path):
        render(root)
        saved(tmp_path / "shot 2.blend")
        items = look([root])
        assert (items[0].blend, items[0].ours) == ("shot.blend", False)
        assert clean(items).removed == ()
        assert [path.name for path in clean(items, others=True).removed] == ["rose"]
        assert os.listdir(root) == []

    def test_never_what_this_one_uses_even_then(self, scene, root, tmp_path):
        add_strip(scene, render(root), start=1)
        saved(tmp_path / "shot 2.blend")
        assert clean(look([root]), others=True).removed == ()

    def test_what_a_crash_left_goes_when_it_is_old(self, root):
        root.mkdir()
        for name, age in ((".rose.0123abcd.part", 48), (".young.0123abcd.part", 1)):
            (root / name).mkdir()
            (root / name / "rose_0001.png").write_bytes(b"x" * 50)
            os.utime(root / name, (time.time() - age * 3600,) * 2)
        done = clean(look([root]))
        assert (done.bytes, os.listdir(root)) == (50, [".young.0123abcd.part"])

    def test_a_render_that_can_be_gone_on_with_waits_for_two_weeks(self, root):
        """It may be that of another .blend, and is worth more than what a crash left."""
        root.mkdir()
        for name, age in ((".rose.0123456789ab.part", 48), (".old.0123456789ab.part", 15 * 24)):
            (root / name).mkdir()
            (root / name / ".finished.jsonl").write_text("")
            os.utime(root / name, (time.time() - age * 3600,) * 2)
        clean(look([root]))
        assert os.listdir(root) == [".rose.0123456789ab.part"]

    def test_a_link_to_another_folder_is_not_followed(self, root, tmp_path):
        render(tmp_path / "elsewhere", name="precious")
        root.mkdir()
        (root / "link").symlink_to(tmp_path / "elsewhere" / "precious", target_is_directory=True)
        assert look([root]) == []
        assert clean(look([root]), others=True).removed == ()
        assert len(os.listdir(tmp_path / "elsewhere" / "precious")) == 6

    def test_kept_volumes_of_this_file_stay(self, scene, tmp_path):
        obj = swaying(smooth_volume(bands=2, frames=20))
        obj["gid_volume"] = "a" * 64
        for name in ("a" * 64, "b" * 64):
            (tmp_path / f"{name}.npz").write_bytes(b"x" * 100)
        assert clean(look([], volumes=tmp_path)).removed == ()
        assert clean(look([], volumes=tmp_path), others=True).bytes == 100
        assert os.listdir(tmp_path) == ["a" * 64 + ".npz"]
