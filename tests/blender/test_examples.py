# SPDX-License-Identifier: GPL-3.0-or-later
"""The shots of docs/shots.md, small: each is run as a reader would run it, with the real worker and its model.

What is asserted is what the shot is for, in numbers. Numbers are of 8-bit pixels, 0..255.
"""

import os
import subprocess
import sys
from pathlib import Path

import bpy
import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
FRAMES = 10


def run(name: str, out: Path, *options: str) -> Path:
    """An example, as its documentation says that it is run."""
    done = subprocess.run(
        [sys.executable, "-m", f"scripts.examples.{name}", "--out", str(out), *options],
        cwd=ROOT,
        env={**os.environ, "GID_CACHE_DIR": str(out / "cache")},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return out


def pixels(path: Path) -> np.ndarray:
    """(H, W, 4), row 0 at the top."""
    image = bpy.data.images.load(str(path))
    width, height = image.size
    values = np.empty(width * height * 4, np.float32)
    image.pixels.foreach_get(values)
    bpy.data.images.remove(image)
    return np.rint(values.reshape(height, width, 4)[::-1] * 255)


def film(paths: list[Path]) -> np.ndarray:
    """(F, H, W, 3)."""
    return np.stack([pixels(path)[..., :3] for path in paths])


@pytest.fixture(scope="module")
def lanterns(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("lanterns")
    return run("lanterns", out, "--width", "96", "--frames", str(FRAMES), "--quality", "DRAFT")


@pytest.fixture(scope="module")
def cutout(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("cutout")
    return run("cutout", out, "--width", "96", "--frames", "4", "--samples", "2", "--quality", "DRAFT")


@pytest.fixture(scope="module")
def tree(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("tree")
    small = ("--size", "64", "--frames", "4", "--samples", "1", "--leaves", "120")
    return run("tree_through_camera", out, *small, "--quality", "DRAFT")


@pytest.mark.slow
@pytest.mark.timeout(660)
class TestLanterns:
    @pytest.fixture
    def frames(self, lanterns) -> np.ndarray:
        return film(sorted((lanterns / "frames").rglob("*.png")))

    @pytest.fixture
    def scene(self, lanterns):
        bpy.ops.wm.open_mainfile(filepath=str(lanterns / "shot.blend"))
        return bpy.context.scene

    @pytest.fixture
    def black(self, scene) -> np.ndarray:
        """(H, W): well inside of what is painted black; how far the feather goes is the mask's own tests' matter."""
        picture = next(o for o in scene.objects if "gid_mask" in o)
        mask = picture["gid_mask"]
        width, height = mask.size
        values = np.empty(width * height * 4, np.float32)
        mask.pixels.foreach_get(values)
        return values.reshape(height, width, 4)[::-1, :, 0] == 0

    def test_what_is_painted_black_is_the_photograph_in_each_frame(self, frames, scene, black):
        picture = next(o for o in scene.objects if "gid_mask" in o)
        image = picture["gid_image"]
        still = np.empty(len(image.pixels), np.float32)
        image.pixels.foreach_get(still)
        still = np.rint(still.reshape(image.size[1], image.size[0], 4)[::-1, :, :3] * 255)
        # A pixel beside the paint takes part in what is bilinear around it.
        inner = black.copy()
        for axis in (0, 1):
            inner &= np.roll(black, 1, axis) & np.roll(black, -1, axis)
        assert inner.mean() > 0.1
        assert np.array_equal(frames[:, inner], np.broadcast_to(still[inner], frames[:, inner].shape))

    def test_the_lanterns_move(self, frames, black):
        moved = np.abs(frames - frames[0]).max(axis=(0, 3))
        assert np.median(moved[~black]) > 4

    def test_the_gust_moves_them_more_than_the_calm_loop_does(self, scene):
        picture = next(o for o in scene.objects if "gid_mask" in o)
        blown = sway(scene, picture)
        picture.animation_data.action = None
        picture["gid_response"] = [0.0] * len(picture["gid_response"])
        calm = sway(scene, picture)
        # The gust begins after a fifth of the film and has its peaks in the middle.
        middle = slice(FRAMES // 3, 2 * FRAMES // 3)
        assert blown[middle].mean() > 1.2 * calm[middle].mean()

    def test_the_film_is_there(self, lanterns):
        assert (lanterns / "lanterns.webp").read_bytes()[8:12] == b"WEBP"


def sway(scene, picture) -> np.ndarray:
    """(F,): how far the vertices are from the picture at rest, on average, in metres."""
    rest = np.empty(len(picture.data.vertices) * 3, np.float32)
    picture.data.vertices.foreach_get("co", rest)
    frames = range(scene.frame_start, scene.frame_end + 1)
    moved = [(vertices(scene, picture, frame) - rest).reshape(-1, 3) for frame in frames]
    return np.array([np.linalg.norm(each, axis=1).mean() for each in moved])


def vertices(scene, obj, frame: int) -> np.ndarray:
    """(3·V,) metres, as they are at a frame."""
    scene.frame_set(frame)
    mesh = obj.evaluated_get(bpy.context.evaluated_depsgraph_get()).data
    values = np.empty(len(mesh.vertices) * 3, np.float32)
    mesh.vertices.foreach_get("co", values)
    return values


@pytest.mark.slow
@pytest.mark.timeout(660)
class TestCutout:
    @pytest.fixture
    def frames(self, cutout) -> np.ndarray:
        return film(sorted(cutout.glob("shot_*.png")))

    @pytest.fixture
    def scene(self, cutout):
        bpy.ops.wm.open_mainfile(filepath=str(cutout / "shot.blend"))
        return bpy.context.scene

    @pytest.fixture
    def flower(self, scene):
        return next(o for o in scene.objects if "gid_amplitude" in o)

    @pytest.fixture
    def alpha(self, cutout) -> np.ndarray:
        return pixels(cutout / "rose.png")[..., 3]

    def test_the_cut_has_a_clean_edge_and_whole_insides(self, alpha):
        # Of cloth nothing is left, of the bottle nothing is missing, and half-transparent is the edge alone.
        assert (alpha == 0).mean() > 0.8
        height, width = alpha.shape
        assert (
            alpha[round(0.72 * height) : round(0.92 * height), round(0.36 * width) : round(0.4 * width)] == 255
        ).all()
        assert ((alpha > 0) & (alpha < 255)).mean() < 0.06

    def test_no_white_cloth_shines_at_the_edge(self, cutout):
        cut = pixels(cutout / "rose.png")
        edge = (cut[..., 3] > 60) & (cut[..., 3] < 200)
        edge[round(0.5 * len(cut)) :] = False
        # The dullest of a petal's, leaf's and stem's colours: cloth has more than 190 of each.
        assert np.median(cut[edge][:, :3].min(axis=1)) < 120

    def test_the_flower_lies_over_the_render_in_its_own_colours(self, cutout, scene, tmp_path):
        frame = rendered(scene, tmp_path / "blurred.png")
        cut = pixels(cutout / "rose.png")
        # The bottle: it does not sway, so each frame has it as it was cut out.
        solid = cut[..., 3] == 255
        solid[: round(0.65 * len(cut))] = False
        assert solid.sum() > 100
        # One level, for the render is dithered.
        assert np.abs(frame[solid] - cut[solid][:, :3]).max() <= 1

    def test_it_sways_and_the_bottle_stands(self, frames):
        moved = np.abs(frames - frames[0]).max(axis=(0, 3))
        height, width = moved.shape
        flower = moved[: round(0.2 * height), round(0.28 * width) : round(0.42 * width)]
        assert np.percentile(flower, 90) > 25

    def test_its_shadow_falls_on_the_table(self, scene, flower, tmp_path):
        with_shadow = rendered(scene, tmp_path / "with.png")
        flower.hide_render = True
        without = rendered(scene, tmp_path / "without.png")
        height, width = with_shadow.shape[:2]
        table = (slice(round(0.6 * height), height), slice(round(0.45 * width), width))
        darker = without[table].mean(axis=2) - with_shadow[table].mean(axis=2)
        # Where the shadow lies it takes most of the lamp's light; samples of Cycles are noisy, their sum is not.
        assert (darker > 10).mean() > 0.03
        assert darker.mean() > 0.5

    def test_what_moves_is_blurred_and_nothing_else(self, scene, tmp_path):
        scene.frame_set(3)
        blurred = rendered(scene, tmp_path / "blurred.png")
        plate(scene).inputs["Shutter"].default_value = 0
        sharp = rendered(scene, tmp_path / "sharp.png")
        differs = np.abs(blurred - sharp).max(axis=2)
        height = len(differs)
        assert differs[: round(0.3 * height)].max() > 8
        # The set and the bottle do not move. One level, for the render is dithered.
        assert differs[round(0.65 * height) :].max() <= 1


@pytest.mark.slow
@pytest.mark.timeout(660)
class TestTree:
    def test_the_tree_moves_in_the_film_and_the_sky_beside_it_does_not(self, tree):
        frames = film(sorted(tree.glob("frame_*.png")))
        moved = np.abs(frames - frames[0]).max(axis=(0, 3))
        assert len(frames) == 4
        assert (moved > 20).mean() > 0.01
        # The left edge, above the horizon. One sample with a fixed seed: the same light in each frame.
        assert moved[: moved.shape[0] // 4, :3].max() <= 1

    def test_its_vertices_loop_exactly(self, tree):
        bpy.ops.wm.open_mainfile(filepath=str(tree / "tree.blend"))
        scene, obj = bpy.context.scene, bpy.data.objects["Tree"]
        first, middle, again = (vertices(scene, obj, frame) for frame in (1, 3, 5))
        assert np.abs(middle - first).max() > 1e-3
        assert np.array_equal(first, again)


@pytest.mark.timeout(120)
def test_what_is_said_of_the_ways_by_hand_is_what_they_do(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "scripts.examples.by_hand"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    totals = [line for line in done.stdout.splitlines() if "in all" in line]
    assert [line.split("; ")[-1] for line in totals] == [f"{ways} independent ways" for ways in (1, 10, 1, 4, 46)]
    # What a Wave modifier does goes towards the viewer.
    assert [line.split("; ")[-2] for line in totals] == [f"{seen}% of it seen" for seen in (100, 100, 100, 0, 100)]
    page = (ROOT / "docs/shots.md").read_text(encoding="utf-8")
    hands = [line for line in page.splitlines() if line.startswith("| hands alone")]
    for line in totals:
        # “… 28 clicks, 1 drags, 31 keys, 60 in all; 38 s; …”
        gestures, taken = line.split(": ")[1].split(", ")[:3], line.split("; ")[1]
        assert " + ".join(each.split()[0] for each in gestures) in page, line
        assert any(f"| {taken} |" in row for row in hands), line
    others = [line for line in done.stdout.splitlines() if line.startswith(("this extension", "Wiggle 2"))]
    assert len(others) == 6
    for line in others:
        gestures, taken = line.split(": ")[1].split(", ")
        assert f"{gestures} |" in page or f"{gestures}:" in page, line
        assert any(f"| {taken} |" in row for row in hands), line


def rendered(scene, path: Path) -> np.ndarray:
    scene.render.filepath = str(path)
    bpy.ops.render.render(write_still=True)
    return pixels(path)[..., :3]


def plate(scene):
    """The node in the compositor that lays the picture over the render."""
    tree = scene.compositing_node_group if hasattr(scene, "compositing_node_group") else scene.node_tree
    return next(node for node in tree.nodes if node.get("gid_part") == "plate")
