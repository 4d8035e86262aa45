# SPDX-License-Identifier: GPL-3.0-or-later
"""A composited shot needs files that Blender knows, goes along with them, and looks the same on a farm and in 5.2."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import bpy
import numpy as np
import pytest

from gid_blender.motion import SpectralVolume
from gid_blender.scene import (
    Composite,
    Rendered,
    add_movie,
    create_motion_object,
    frame_folder,
    remember_render,
    sequence_image,
    setup_compositing,
    write_displacement,
)
from gid_blender.scene.references import references
from gid_blender.scene.self_contained import make_self_contained
from tests.blender.scene import test_timeline
from tests.blender.scene.exr import vectors
from tests.blender.scene.helpers import SMALL, saved
from tests.blender.scene.test_compositing import HEIGHT, WIDTH, moved, photograph, scene, shown
from tests.blender.scene.test_pixels import write_png
from tests.blender.scene.test_travel import OTHER, ROOT
from tests.blender.scene.travelling import outside

__all__ = ["scene"]

FRAMES = [f"rose_{n:04d}.png" for n in range(1, 4)]
VECTORS = [f"rose vectors_{n:04d}.exr" for n in range(1, 4)]
# Not by whole pixels, so that it matters how Blender filters.
SWING = 3.3
DISPLACEMENT = [f"displacement_{n:04d}.exr" for n in range(1, 5)]


def by_frames(scene, folder):
    """A picture composited from frames with motion vectors, under AgX, which would change their colours."""
    scene.view_settings.view_transform = "AgX"
    obj = photographed(scene, folder)
    with frame_folder(folder, "rose") as written:
        for index in range(3):
            written.write(index, write_png(folder / "one.png", moved(index)).read_bytes(), ".png")
        image = sequence_image(written.commit())
    with frame_folder(folder, "rose vectors") as written:
        for index in range(3):
            written.write(index, vectors(WIDTH, HEIGHT, (0, 0, 0, 0)), ".exr")
        passes = {"motion_vectors": sequence_image(written.commit(), layered=True)}
    remember_render(obj, image, count=3, start=1, cyclic=True, passes=passes)
    assert setup_compositing(scene, obj) == ()
    return obj


def by_displacement(scene, folder, shutter=0.5):
    """The still, warped in the compositor: its left third swings by 3.3 pixels, the rest stands still."""
    obj = photographed(scene, folder, np.round(waves()).astype(np.uint8))
    obj["gid_period"] = 4.0
    warp(scene, obj, folder, shutter)
    return obj


def sharp(scene, folder):
    return by_displacement(scene, folder, shutter=0)


def warp(scene, obj, folder, shutter):
    spectrum = np.zeros((2, 2, HEIGHT // 4, WIDTH // 4), np.complex64)
    spectrum[1, :, :, :5] = SWING / WIDTH
    with frame_folder(folder, "displacement", replace=True) as written:
        q = np.exp(2j * np.pi * np.arange(4)[:, None] / 4 * np.arange(2))
        image = sequence_image(write_displacement(written, SpectralVolume(spectrum), q))
    image.colorspace_settings.name = "Non-Color"
    setup_compositing(scene, obj, Composite(displacement=Rendered(image, 4, 1, True, {}), shutter=shutter))


def waves(moved=0.0):
    """(H, W, 3) 0..255 of 12 pixels and more, like a picture that was not sharpened to its last pixel; to the right and
    down by so many pixels.
    """
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH] - moved
    steps = (1 / 12, 1 / 30), (1 / 20, -1 / 14), (1 / 16, 1 / 25)
    return 127.5 + 100 * np.stack([np.sin(2 * np.pi * (x * a + y * b)) for a, b in steps], axis=-1)


def photographed(scene, folder, picture=None):
    folder.mkdir(exist_ok=True)
    still = bpy.data.images.load(str(write_png(folder / "still.png", photograph() if picture is None else picture)))
    still.pack()
    volume = SpectralVolume(np.zeros((3, 2, 6, 8), np.complex64))
    obj = create_motion_object(scene, still, volume, settings=SMALL, period=3, start=1)
    obj.location.x = 50
    return obj


def needed():
    """The names of what Blender lists, without what is packed."""
    packed = {os.path.basename(image.filepath) for image in bpy.data.images if image.packed_file}
    return {os.path.basename(path) for path in outside()} - packed


SHOTS = pytest.mark.parametrize(
    ("build", "files"), [(by_frames, {*FRAMES, *VECTORS}), (by_displacement, set(DISPLACEMENT))]
)


class TestFiles:
    @SHOTS
    def test_blender_itself_knows_all_of_them(self, scene, tmp_path, build, files):
        build(scene, tmp_path / "far")
        # Of a sequence that is an image Blender names the first file, of one in a strip each.
        assert needed() == {name for name in files if name.endswith("_0001" + name[-4:])}
        assert {path.name for r in references() for path in r.files} - {"still.png"} == files

    def test_a_movie_in_a_strip_is_one(self, scene, tmp_path):
        add_movie(scene, test_timeline.TestMovie().movie(scene, tmp_path / "loop.mp4", [0.2, 0.8]), start=1, repeat=2)
        assert "loop.mp4" in needed()
        saved(tmp_path / "shot.blend")
        (tmp_path / "deep").mkdir()
        saved(tmp_path / "deep" / "shot.blend")
        assert "//../loop.mp4" in outside()
        done = make_self_contained()
        assert len(done.copied) == 1
        assert (done.copied[0] / "loop.mp4").is_file()
        assert not any(path.endswith("loop.mp4") and not path.startswith("//image_dynamics/") for path in outside())

    @SHOTS
    def test_it_goes_anywhere_and_looks_the_same_there(self, scene, tmp_path, build, files):
        build(scene, tmp_path / "far")
        (tmp_path / "shot").mkdir()
        saved(tmp_path / "shot" / "shot.blend")
        wanted = [shown(scene, tmp_path / "x.png", frame) for frame in (1, 2)]
        assert np.abs(wanted[0] - wanted[1]).max() > 50
        assert make_self_contained().left == []
        saved(tmp_path / "shot" / "shot.blend")
        shutil.rmtree(tmp_path / "far")
        (tmp_path / "shot").rename(tmp_path / "elsewhere")
        bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "elsewhere" / "shot.blend"))
        assert files <= {path.name for r in references() for path in r.files if path.is_file()}
        for frame, before in zip((1, 2), wanted, strict=True):
            assert np.array_equal(shown(bpy.context.scene, tmp_path / "y.png", frame), before)


RENDER = """
import os, sys
import bpy
bpy.ops.wm.open_mainfile(filepath=sys.argv[1])
assert not [name for name in sys.modules if name.startswith("gid_blender")]
bpy.context.scene.frame_set(2)
bpy.context.scene.render.filepath = sys.argv[2]
bpy.ops.render.render(write_still=True)
sys.stdout.flush()
os._exit(0)
"""


@SHOTS
def test_a_farm_without_the_extension_renders_the_same_pixels(scene, tmp_path, build, files):
    build(scene, tmp_path / "shot")
    wanted = shown(scene, tmp_path / "x.png", 2)
    saved(tmp_path / "shot" / "shot.blend")
    (tmp_path / "shot").rename(tmp_path / "farm")
    run(Path(sys.executable), "-I", "-c", RENDER, tmp_path / "farm" / "shot.blend", tmp_path / "y.png", home=tmp_path)
    assert np.array_equal(read(tmp_path / "y.png"), wanted)


@pytest.mark.skipif(
    OTHER is None or not OTHER.exists(), reason="needs Blender 4.5 and 5.2, each as a module in its environment"
)
@pytest.mark.parametrize("build", [by_frames, sharp])
def test_a_file_of_4_5_in_5_2(scene, tmp_path, build):
    """Made by the older one and opened by the newer one, whichever of them runs this test."""
    path, picture = tmp_path / "shot" / "shot.blend", tmp_path / "x.png"
    if bpy.app.version < (5, 0):
        make(build.__name__, path, picture)
        elsewhere("check", build.__name__, path, picture)
    else:
        elsewhere("make", build.__name__, path, picture)
        check(build.__name__, path, picture)


def make(name, path, picture):
    assert bpy.app.version < (5, 0)
    globals()[name](bpy.context.scene, path.parent)
    shown(bpy.context.scene, picture)
    saved(path)


def check(name, path, picture):
    assert bpy.app.version >= (5, 2)
    wanted = read(picture)
    bpy.ops.wm.open_mainfile(filepath=str(path))
    scene = bpy.context.scene
    error = np.abs(shown(scene, path.with_name("y.png")) - wanted)
    if name == "by_frames":
        assert error.max() == 0
        return
    # What stands still stays as it was.
    assert error[:, 30:].max() <= 1
    # What moves was looked up otherwise by 4.5's Displace node, and Blender converts that to one that softens.
    opened = off(read(path.with_name("y.png")))
    (obj,) = (o for o in scene.objects if o.type == "MESH")
    warp(scene, obj, path.parent, 0)
    again = shown(scene, path.with_name("z.png"))
    assert np.abs(again - wanted)[:, 30:].max() <= 1
    print(f"off: {off(wanted):.1f} of 255 in 4.5, {opened:.1f} as opened, {off(again):.1f} after Set Up Compositing")
    # Between two pixels of a wave of 12 a straight line is off by 100·(2π/12)²/8 = 3.4 of 255; so in both directions.
    assert off(again) < 7
    assert off(again) < opened


def off(seen):
    """How far what moves is from the waves themselves, moved by exactly that much."""
    return np.abs(seen[10:38, 6:12, :3] - waves(SWING)[10:38, 6:12]).max()


def elsewhere(what, *arguments):
    code = (
        "import os, sys, traceback\n"
        "from pathlib import Path\n"
        "import bpy\n"
        "bpy.ops.wm.read_homefile(app_template='', use_factory_startup=True, use_empty=True)\n"
        "from gid_blender.scene import properties\n"
        "properties.register()\n"
        "from tests.blender.scene import test_composited_travel as there\n"
        f"try:\n    there.scene.__wrapped__()\n    there.{what}(sys.argv[1], *map(Path, sys.argv[2:]))\n"
        "except BaseException:\n    traceback.print_exc()\n    os._exit(1)\n"
        "sys.stdout.flush()\nos._exit(0)\n"
    )
    print(run(OTHER, "-c", code, *arguments, PYTHONPATH=os.pathsep.join([str(ROOT), str(ROOT / "backend")])))


def run(python, *arguments, home=None, **environment):
    if home is not None:
        (home / "nobody").mkdir()
        environment["BLENDER_USER_RESOURCES"] = str(home / "nobody")
    done = subprocess.run(
        [str(python), *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def read(path):
    """(H, W, 4) int of 0..255, top row first."""
    image = bpy.data.images.load(str(path))
    found = np.array(image.pixels).reshape(HEIGHT, WIDTH, 4)[::-1]
    bpy.data.images.remove(image)
    return np.round(found * 255).astype(int)
