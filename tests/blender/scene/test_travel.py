# SPDX-License-Identifier: GPL-3.0-or-later
"""A motion object plays on wherever it goes: linked with overrides, appended, recovered, opened by a newer Blender."""

import os
import shutil
import subprocess
from pathlib import Path

import bpy
import numpy as np
import pytest

from gid_blender.compat import action_curve_owners
from gid_blender.scene import SceneError, bake, clear_bake, has_linked_keys, is_baked, own_keys
from tests.blender.scene.baking import pull
from tests.blender.scene.helpers import evaluated, saved, swaying
from tests.blender.scene.travelling import full_scene
from tests.motion.volumes import smooth_volume

ROOT = Path(__file__).resolve().parents[3]
# Metres, in a picture 1.5 m wide. Both sides are the same single-precision sums; a newer Blender may add them up in
# another order.
TOLERANCE = 1e-6
FRAMES = (1, 7, 13, 24.5, 33, 60)


def rich(scene):
    """A loop, a bake, a mask and a keyed control on one object, as `FRAMES` → vertices."""
    obj = swaying(smooth_volume(bands=4, frames=20), period=40.0)
    obj.gid.bake.ring_out = 0
    group = obj.vertex_groups.new(name="Image Dynamics Mask")
    for vertex in obj.data.vertices:
        group.add([vertex.index], float(0.5 + vertex.co.y), "REPLACE")
    for key in obj.data.shape_keys.key_blocks[1:]:
        key.vertex_group = group.name
    # After the mask, which a bake takes into account.
    pull(scene, obj)
    bake(scene, obj)
    for frame, amplitude in ((1, 1.0), (30, 2.0), (60, 0.5)):
        obj["gid_amplitude"] = amplitude
        obj.keyframe_insert('["gid_amplitude"]', frame=frame)
    return obj


def played(obj):
    return np.array([evaluated(obj, frame) for frame in FRAMES])


def turn(obj, **controls):
    """What the sliders do; a script has to say itself that something has changed."""
    for name, value in controls.items():
        obj[name] = value
    obj.update_tag()


def moves(vertices):
    return np.ptp(vertices, axis=0).max() > 0.01


def empty():
    bpy.ops.wm.read_homefile(app_template="", use_factory_startup=True, use_empty=True)
    scene = bpy.context.scene
    scene.render.fps, scene.frame_start, scene.frame_end = 24, 1, 60
    return scene


@pytest.fixture
def shot(scene, tmp_path):
    """A saved file with the object in it, and what it does there."""
    obj = rich(scene)
    wanted = played(obj)
    assert moves(wanted)
    return saved(tmp_path / "shot.blend"), obj.name, wanted


class TestLinked:
    @pytest.fixture
    def linked(self, shot):
        path, name, wanted = shot
        scene = empty()
        with bpy.data.libraries.load(str(path), link=True) as (_, here):
            here.objects = [name]
        scene.collection.objects.link(here.objects[0])
        return scene, here.objects[0], wanted

    def test_plays(self, linked):
        _, obj, wanted = linked
        assert np.abs(played(obj) - wanted).max() < TOLERANCE

    def test_with_an_override_its_controls_are_ones_own_and_keyable(self, linked, tmp_path):
        scene, obj, wanted = linked
        override = obj.override_hierarchy_create(scene, bpy.context.view_layer)
        assert np.abs(played(override) - wanted).max() < TOLERANCE
        turn(override, gid_gain_01=0.0, gid_speed=2.0)
        changed = played(override)
        assert np.abs(changed - wanted).max() > 100 * TOLERANCE
        # The keys of a bake are the library's; a copy of them is one's own, and more can be added.
        assert has_linked_keys(override)
        assert own_keys(override)
        assert np.abs(played(override) - changed).max() < TOLERANCE
        for frame, phase in ((1, 0.0), (60, 0.5)):
            override["gid_phase"] = phase
            assert override.keyframe_insert('["gid_phase"]', frame=frame)
        keyed = played(override)
        assert np.abs(keyed - changed).max() > 100 * TOLERANCE
        name = override.name
        bpy.ops.wm.open_mainfile(filepath=str(saved(tmp_path / "user.blend")))
        again = next(o for o in bpy.context.scene.objects if o.name == name and o.override_library)
        assert np.abs(played(again) - keyed).max() < TOLERANCE
        assert not has_linked_keys(again)

    @pytest.mark.parametrize("change", ["bake", "clear"])
    def test_what_is_baked_anew_or_cleared_in_an_override_stays_so(self, linked, tmp_path, change):
        """Blender lets a script write into the library's action, and forgets it with the file."""
        scene, obj, wanted = linked
        override = obj.override_hierarchy_create(scene, bpy.context.view_layer)
        library = override.animation_data.action
        keys = {(c.data_path, c.array_index): len(c.keyframe_points) for o in action_curve_owners(override) for c in o}
        if change == "bake":
            pull(scene, override).gid.excitation.strength = 0.5
            bake(scene, override)
        else:
            assert clear_bake(override)
        changed = played(override)
        assert np.abs(changed - wanted).max() > 100 * TOLERANCE
        # The keyed control came along.
        assert any(c.data_path == '["gid_amplitude"]' for o in action_curve_owners(override) for c in o)
        override.animation_data.action = library
        override.animation_data.action_slot = library.slots[0]
        there = {(c.data_path, c.array_index): len(c.keyframe_points) for o in action_curve_owners(override) for c in o}
        assert there == keys

    @pytest.mark.parametrize("change", ["bake", "clear"])
    def test_and_it_is_so_when_the_file_is_opened_again(self, linked, tmp_path, change):
        scene, obj, _ = linked
        override = obj.override_hierarchy_create(scene, bpy.context.view_layer)
        if change == "bake":
            pull(scene, override).gid.excitation.strength = 0.5
            bake(scene, override)
        else:
            clear_bake(override)
        changed, name = played(override), override.name
        bpy.ops.wm.open_mainfile(filepath=str(saved(tmp_path / "user.blend")))
        again = next(o for o in bpy.context.scene.objects if o.name == name and o.override_library)
        assert np.abs(played(again) - changed).max() < TOLERANCE

    def test_a_bake_in_the_nla_of_a_library_is_left_to_it(self, scene, tmp_path):
        obj = rich(scene)
        animation = obj.animation_data
        animation.nla_tracks.new().strips.new("bake", 1, animation.action)
        animation.action = None
        path, name = saved(tmp_path / "shot.blend"), obj.name
        scene = empty()
        with bpy.data.libraries.load(str(path), link=True) as (_, here):
            here.objects = [name]
        scene.collection.objects.link(here.objects[0])
        override = here.objects[0].override_hierarchy_create(scene, bpy.context.view_layer)
        pull(scene, override)
        for change in (lambda: bake(scene, override), lambda: clear_bake(override)):
            with pytest.raises(SceneError, match="NLA strips of a linked file"):
                change()
        assert is_baked(override)

    def test_the_library_is_found_after_both_have_moved(self, linked, tmp_path):
        _, _, wanted = linked
        saved(tmp_path / "user.blend")
        shutil.copytree(tmp_path, tmp_path.with_name("moved"))
        (tmp_path / "shot.blend").unlink()
        bpy.ops.wm.open_mainfile(filepath=str(tmp_path.with_name("moved") / "user.blend"))
        (obj,) = (o for o in bpy.context.scene.objects if o.type == "MESH")
        assert np.abs(played(obj) - wanted).max() < TOLERANCE


class TestAppended:
    def test_plays(self, shot):
        path, name, wanted = shot
        scene = empty()
        with bpy.data.libraries.load(str(path), link=False) as (_, here):
            here.objects = [name]
        (obj,) = here.objects
        scene.collection.objects.link(obj)
        path.unlink()
        assert obj.library is None
        assert np.abs(played(obj) - wanted).max() < TOLERANCE
        # It is controlled by its own properties, not by those of the file it came from.
        turn(obj, gid_gain_02=0.0)
        assert np.abs(played(obj) - wanted).max() > 100 * TOLERANCE

    def test_twice_makes_two_that_do_not_know_each_other(self, shot):
        path, name, wanted = shot
        scene = empty()
        found = []
        for _ in range(2):
            with bpy.data.libraries.load(str(path), link=False) as (_, here):
                here.objects = [name]
            scene.collection.objects.link(here.objects[0])
            found += here.objects
        turn(found[0], gid_gain_01=0.0)
        assert np.abs(played(found[1]) - wanted).max() < TOLERANCE


class TestSaved:
    def test_the_backup_of_the_last_save_plays(self, shot):
        path, name, wanted = shot
        bpy.context.preferences.filepaths.save_version = 1
        bpy.data.objects[name]["gid_amplitude"] = 0.0
        bpy.ops.wm.save_mainfile()
        bpy.ops.wm.open_mainfile(filepath=f"{path}1")
        assert np.abs(played(bpy.data.objects[name]) - wanted).max() < TOLERANCE

    def test_save_as_keeps_playing_there(self, scene, tmp_path):
        cache = full_scene(tmp_path / "files")["cache"]
        saved(tmp_path / "shot.blend")
        wanted = evaluated(cache, 3)
        (tmp_path / "other").mkdir()
        path = saved(tmp_path / "other" / "shot.blend")
        bpy.ops.wm.open_mainfile(filepath=str(path))
        again = next(o for o in bpy.context.scene.objects if o.modifiers)
        assert np.array_equal(evaluated(again, 3), wanted)


OTHER = {(4, 5): ROOT / ".venv/bpy52/bin/python", (5, 2): ROOT / ".venv/bpy45/bin/python"}.get(bpy.app.version[:2])


@pytest.mark.skipif(
    OTHER is None or not OTHER.exists(), reason="needs Blender 4.5 and 5.2, each as a module in its environment"
)
def test_a_file_of_4_5_opens_in_5_2_and_keeps_playing(scene, tmp_path):
    """Made by the older one, played by the newer one, whichever of them runs this test."""
    path, numbers = tmp_path / "old.blend", tmp_path / "wanted.npy"
    if bpy.app.version < (5, 0):
        make(path, numbers)
        elsewhere("check", path, numbers)
    else:
        elsewhere("make", path, numbers)
        check(path, numbers)


def make(path, numbers):
    assert bpy.app.version < (5, 0)
    scene = empty()
    obj = rich(scene)
    np.save(numbers, played(obj))
    saved(path)


def check(path, numbers):
    assert bpy.app.version >= (5, 2)
    bpy.ops.wm.open_mainfile(filepath=str(path))
    (obj,) = (o for o in bpy.context.scene.objects if o.type == "MESH")
    wanted = np.load(numbers)
    assert moves(wanted)
    assert np.abs(played(obj) - wanted).max() < TOLERANCE
    # And is still under control: the bake's curves and the keys are where tools look for them.
    turn(obj, gid_gain_01=0.0)
    assert np.abs(played(obj) - wanted).max() > 100 * TOLERANCE
    turn(obj, gid_gain_01=1.0)
    assert bake(bpy.context.scene, obj).excitations == 1
    assert np.abs(played(obj) - wanted).max() < TOLERANCE


def elsewhere(what, path, numbers):
    """Run `make` or `check` in the other Blender."""
    code = (
        "import os, sys, traceback\n"
        "from pathlib import Path\n"
        "from gid_blender.scene import properties\n"
        "properties.register()\n"
        "from tests.blender.scene import test_travel\n"
        f"try:\n    test_travel.{what}(*map(Path, sys.argv[1:]))\n"
        # bpy 4.5 may hang at an ordinary exit.
        "except BaseException:\n    traceback.print_exc()\n    os._exit(1)\n"
        "os._exit(0)\n"
    )
    done = subprocess.run(
        [str(OTHER), "-c", code, str(path), str(numbers)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "backend")])},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
