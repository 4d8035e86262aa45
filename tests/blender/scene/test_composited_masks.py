# SPDX-License-Identifier: GPL-3.0-or-later
"""Composited, a picture shows and moves what its plane does: the side of its mask, a layer's part, a film."""

import bpy
import numpy as np
import pytest

from gid_blender.compat import existing_compositor
from gid_blender.motion import SpectralVolume
from gid_blender.scene import (
    Composite,
    Rendered,
    frame_folder,
    motion_image,
    remember_render,
    remove_compositing,
    renew_compositing,
    sequence_image,
    setup_compositing,
    split_layers,
    write_displacement,
)
from gid_blender.scene.material import show_sequence
from gid_blender.scene.shading import clean_edge
from tests.blender.scene.exr import vectors
from tests.blender.scene.test_compositing import (
    HEIGHT,
    WIDTH,
    apart,
    frames,
    moved,
    photograph,
    picture,
    scene,
    shown,
)
from tests.blender.scene.test_pixels import write_png

__all__ = ["frames", "picture", "scene"]

HALF = WIDTH // 2
# Along a seam an enlarged mask is grey, half of its own cell wide on both sides.
LEFT, RIGHT = np.s_[:, : HALF - 4], np.s_[:, HALF + 4 :]
SHIFT = 4


def halves(left, right, *, name="halves", size=(8, 4)):
    """An image whose left half has one grey and whose right half has another."""
    width, height = size
    image = bpy.data.images.new(name, width, height, is_data=True)
    row = np.repeat([left, right], width // 2)
    rgba = np.dstack([*[np.tile(row, (height, 1))] * 3, np.ones((height, width))])
    image.pixels.foreach_set(rgba.ravel().astype(np.float32))
    return image


def parts_of(scene, picture):
    nodes = existing_compositor(scene).nodes
    return {node["gid_part"]: node for node in nodes if node.get("gid_picture") == picture}


def displaced(scene, picture, folder, **how):
    """All of it swings by `SHIFT` pixels to the right and down in a loop of 4 frames, beginning there."""
    spectrum = np.zeros((2, 2, HEIGHT // 4, WIDTH // 4), np.complex64)
    spectrum[1] = SHIFT / WIDTH
    with frame_folder(folder, "displacement", replace=True) as written:
        q = np.exp(2j * np.pi * np.arange(4)[:, None] / 4 * np.arange(2))
        image = sequence_image(write_displacement(written, SpectralVolume(spectrum), q))
    image.colorspace_settings.name = "Non-Color"
    how = {"shutter": 0} | how
    return setup_compositing(scene, picture, Composite(displacement=Rendered(image, 4, 1, True, {}), **how))


def shifted():
    """The photograph where the displacement has brought it in frame 1."""
    return np.roll(photograph(), (SHIFT, SHIFT), axis=(0, 1))


def encoded(values):
    """Light as bytes of sRGB."""
    values = np.clip(values, 0, 1)
    return np.round(255 * np.where(values <= 0.0031308, 12.92 * values, 1.055 * values ** (1 / 2.4) - 0.055))


def light(values):
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


# Where both the moved and the unmoved picture lie within the frame.
INNER = np.s_[2 * SHIFT : -2 * SHIFT, 2 * SHIFT : -2 * SHIFT]


def inside(seen, side):
    """Of a half what is far from the border, too."""
    rows = slice(2 * SHIFT, -2 * SHIFT)
    return seen[rows, 2 * SHIFT : HALF - 8] if side == "left" else seen[rows, HALF + 8 : -2 * SHIFT]


class TestMask:
    def test_inverted_it_holds_the_other_side_of_frames(self, scene, picture, frames, tmp_path):
        mask = halves(1, 0)
        for inverted, moves, held in ((True, RIGHT, LEFT), (False, LEFT, RIGHT), (True, RIGHT, LEFT)):
            setup_compositing(scene, picture, Composite(shutter=0, mask=mask, mask_inverted=inverted))
            seen = shown(scene, tmp_path / "x.png", 3)
            assert apart(seen[moves], moved(2)[moves]) <= 1
            assert apart(seen[held], photograph()[held]) <= 1
            assert ("mask inverted" in parts_of(scene, picture)) == inverted
        remove_compositing(scene, picture)
        assert parts_of(scene, picture) == {}

    def test_inverted_it_holds_the_other_side_of_a_displacement(self, scene, picture, tmp_path):
        picture["gid_period"] = 4.0
        for inverted, moves, held in ((True, "right", "left"), (False, "left", "right")):
            displaced(scene, picture, tmp_path, mask=halves(1, 0), mask_inverted=inverted)
            seen = shown(scene, tmp_path / "x.png", 1)
            assert apart(inside(seen, moves), inside(shifted(), moves)) <= 1
            assert apart(inside(seen, held), inside(photograph(), held)) <= 1

    @pytest.mark.parametrize("inverted", [False, True])
    def test_of_the_pictures_alpha(self, scene, picture, frames, tmp_path, inverted):
        # Half transparent, so that it is seen whether it is the still or the frames, which are opaque.
        cutout = np.dstack([photograph(), np.full((HEIGHT, WIDTH), 255, np.uint8)])
        cutout[:, :HALF, 3] = 0
        background = shown(scene, tmp_path / "x.png")[0, 0, :3]
        self.repaint(picture, cutout, tmp_path)
        setup_compositing(scene, picture, Composite(shutter=0, mask_alpha=True, mask_inverted=inverted))
        seen = shown(scene, tmp_path / "x.png", 3)
        left, right = (moved(2), photograph()) if inverted else (np.broadcast_to(background, moved(2).shape), moved(2))
        assert apart(seen[:, :HALF], left[:, :HALF]) <= 1
        assert apart(seen[:, HALF:], right[:, HALF:]) <= 1

    def test_of_alpha_and_an_image_of_another_size_is_of_both(self, scene, picture, frames, tmp_path):
        cutout = np.dstack([photograph(), np.full((HEIGHT, WIDTH), 255, np.uint8)])
        cutout[: HEIGHT // 2, :, 3] = 0
        background = shown(scene, tmp_path / "x.png")[0, 0, :3]
        self.repaint(picture, cutout, tmp_path)
        setup_compositing(scene, picture, Composite(shutter=0, mask=halves(0, 1), mask_alpha=True))
        seen, low = shown(scene, tmp_path / "x.png", 3), HEIGHT // 2
        # Enlarged, a mask of four rows fades over half of its outermost one in 4.5.
        assert apart(seen[low:-8, HALF + 4 : -8], moved(2)[low:-8, HALF + 4 : -8]) <= 1
        assert apart(seen[low:, : HALF - 4], photograph()[low:, : HALF - 4]) <= 1
        assert apart(seen[:low], background) <= 1
        setup_compositing(scene, picture, Composite(shutter=0))
        assert set(parts_of(scene, picture)) == {"frame", "plate", "still", "frames"}

    def repaint(self, picture, pixels, folder):
        still = motion_image(picture)
        still.unpack(method="USE_ORIGINAL")
        write_png(folder / "still.png", pixels)
        still.reload()


class TestLayer:
    @pytest.fixture
    def layer(self, scene, picture):
        """The right half of the photograph, cut out."""
        (layer,), _ = split_layers(scene, picture, [halves(0, 1, name="right", size=(WIDTH, HEIGHT))], overlap=0)
        layer["gid_period"], layer.hide_render = 4.0, True
        return layer

    def test_only_what_it_shows_is_displaced(self, scene, layer, tmp_path):
        background = shown(scene, tmp_path / "x.png")[0, 0, :3]
        displaced(scene, layer, tmp_path)
        seen = shown(scene, tmp_path / "x.png", 1)
        # Along the border of the frame an enlarged displacement fades in 4.5.
        rows, edge = slice(2 * SHIFT, -2 * SHIFT), HALF + SHIFT
        assert apart(seen[rows, :edge], background) <= 1
        assert apart(seen[rows, edge : -2 * SHIFT], shifted()[rows, edge : -2 * SHIFT]) <= 1
        # Half a loop later its edge has gone the other way.
        seen, edge = shown(scene, tmp_path / "x.png", 3), HALF - SHIFT
        assert apart(seen[rows, :edge], background) <= 1
        back = np.roll(photograph(), (-SHIFT, -SHIFT), axis=(0, 1))
        assert apart(seen[rows, edge : -2 * SHIFT], back[rows, edge : -2 * SHIFT]) <= 1

    def test_where_its_mask_holds_frames_it_stays_cut_out(self, scene, layer, frames, tmp_path):
        background = shown(scene, tmp_path / "x.png")[0, 0, :3]
        remember_render(layer, frames, count=3, start=1, cyclic=True)
        held = bpy.data.images.new("held", 8, 4, is_data=True)
        setup_compositing(scene, layer, Composite(shutter=0, mask=held))
        seen = shown(scene, tmp_path / "x.png", 3)
        assert apart(seen[:, :HALF], background) <= 1
        assert apart(seen[:, HALF:], photograph()[:, HALF:]) <= 1

    @pytest.mark.parametrize("is_float", [False, True])
    def test_its_soft_edge_lets_go_of_what_lies_behind_it(self, scene, picture, tmp_path, is_float):
        # In its left half, half of the picture is the green behind it: in light, as a camera mixes them.
        shares, green = np.array([128 / 255, 1.0, 5 / 255]), np.array([0.1, 0.6, 0.2])
        share = np.repeat(shares, (16, 32, 16))[None, :, None] * np.ones((HEIGHT, 1, 1))
        front = np.array([0.7, 0.2, 0.05]) * (3 if is_float else 1)
        mixture = front * share + green * (1 - share)
        picture["gid_image"] = self.image("mixture", mixture, is_float)
        mask = bpy.data.images.new("soft", WIDTH, HEIGHT, is_data=True)
        mask.pixels.foreach_set(np.dstack([*[share] * 3, np.ones_like(share)]).ravel().astype(np.float32))
        (layer,), _ = split_layers(scene, picture, [mask], overlap=0, kind="MASKS")
        layer["gid_period"], layer.hide_render = 4.0, True
        background = light(shown(scene, tmp_path / "x.png")[0, 0, :3] / 255)
        displaced(scene, layer, tmp_path)
        plain = shown(scene, tmp_path / "x.png", 2)
        assert apart(plain, encoded(mixture * share + background * (1 - share))) <= 1
        assert "behind" not in parts_of(scene, layer)

        clean_edge(layer.active_material, self.image("green", np.broadcast_to(green, mixture.shape), is_float))
        displaced(scene, layer, tmp_path)
        seen, wanted = shown(scene, tmp_path / "x.png", 2), encoded(front * share + background * (1 - share))
        # What is rounded to a byte is off by up to twice that, where half of it is taken away.
        assert apart(seen[:, :48], wanted[:, :48]) <= 3
        # Where the mask is nearly black, less of it, as in the material.
        part = 5 / 255
        thin = encoded(front * part * part / 0.05 + background * (1 - part))
        assert apart(seen[:, 48:], np.broadcast_to(thin, seen[:, 48:, :3].shape)) <= 2
        remove_compositing(scene, layer)
        assert parts_of(scene, layer) == {}

    def image(self, name, values, is_float):
        """Light as a picture of bytes or of floats."""
        image = bpy.data.images.new(name, WIDTH, HEIGHT, float_buffer=is_float)
        if is_float:
            image.colorspace_settings.name = "Linear Rec.709"
        colours = values if is_float else encoded(values) / 255
        image.pixels.foreach_set(np.dstack([colours, np.ones((HEIGHT, WIDTH))]).ravel().astype(np.float32))
        image.pack()
        return image

    def test_its_nodes_are_taken_out_with_the_others(self, scene, layer, tmp_path):
        displaced(scene, layer, tmp_path)
        first = set(parts_of(scene, layer))
        displaced(scene, layer, tmp_path)
        assert {"layer", "cut"} <= first == set(parts_of(scene, layer))
        remove_compositing(scene, layer)
        assert parts_of(scene, layer) == {}


class TestBlurredFrames:
    def test_are_not_blurred_once_more(self, scene, picture, frames, tmp_path):
        with frame_folder(tmp_path, "rose vectors") as folder:
            for index in range(3):
                folder.write(index, vectors(WIDTH, HEIGHT, (-8, -8, -8, -8)), ".exr")
            found = {"motion_vectors": sequence_image(folder.commit(), layered=True)}
        for blurred in (False, True, False):
            remember_render(picture, frames, count=3, start=1, cyclic=True, passes=found, blurred=blurred)
            remarks = setup_compositing(scene, picture, Composite(shutter=1.0))
            assert ("blurred already" in " ".join(remarks)) == blurred
            assert (apart(shown(scene, tmp_path / "x.png"), moved(0)) <= 1) == blurred
        # Rendered again with the worker's motion blur: what is there is brought up to date.
        remember_render(picture, frames, count=3, start=1, cyclic=True, passes=found, blurred=True)
        renew_compositing(picture)
        assert apart(shown(scene, tmp_path / "x.png"), moved(0)) <= 1


class TestLoops:
    @pytest.mark.parametrize(
        ("name", "value", "told"),
        [("gid_period", 12.5, "a loop of 12.5"), ("gid_speed", 0.7, "a loop of"), ("gid_start", 1.5, "from frame 1.5")],
    )
    def test_that_run_away_from_the_mesh_are_told(self, scene, picture, frames, tmp_path, name, value, told):
        picture["gid_period"] = 4.0
        assert setup_compositing(scene, picture, Composite(shutter=0)) == ()
        assert displaced(scene, picture, tmp_path) == ()
        picture[name] = value
        for remarks in (
            setup_compositing(scene, picture, Composite(shutter=0)),
            displaced(scene, picture, tmp_path),
        ):
            (remark,) = remarks
            assert told in remark
            assert "whole number" in remark
        # Frames of the scene are played frame by frame, whatever the loop's length.
        remember_render(picture, frames, count=3, start=1, cyclic=False)
        assert setup_compositing(scene, picture, Composite(shutter=0)) == ()

    def test_another_time_than_the_meshs_is_told(self, scene, picture, frames):
        scene.render.frame_map_new = 200
        (remark,) = setup_compositing(scene, picture, Composite(shutter=0))
        assert "Time Remapping" in remark

    def test_a_loop_that_stands_still_needs_no_sentence(self, scene, picture, frames):
        picture["gid_speed"] = 0.0
        assert setup_compositing(scene, picture, Composite(shutter=0)) == ()


class TestFilm:
    @pytest.fixture
    def film(self, picture, tmp_path):
        """Three pictures of another colour each, which the picture's plane plays from frame 2 on, over and over."""
        with frame_folder(tmp_path, "film") as folder:
            for index in range(3):
                folder.write(index, write_png(tmp_path / "one.png", self.frame(index)).read_bytes(), ".png")
            image = sequence_image(folder.commit())
        show_sequence(picture.active_material, image, frames=3, start=2)
        return image

    def frame(self, index):
        return np.full((HEIGHT, WIDTH, 3), [40 + 60 * index, 200 - 60 * index, 90], np.uint8)

    def test_is_played_by_displacement(self, scene, picture, film, tmp_path):
        picture["gid_period"] = 4.0
        assert displaced(scene, picture, tmp_path) == ()
        for frame, index in ((2, 0), (3, 1), (4, 2), (5, 0), (1, 2)):
            assert apart(shown(scene, tmp_path / "x.png", frame)[INNER], self.frame(index)[INNER]) <= 1

    def test_of_rendered_frames_is_told(self, scene, picture, frames, film, tmp_path):
        (remark,) = setup_compositing(scene, picture, Composite(shutter=0))
        assert "single picture" in remark
        assert "Displacement" in remark
        assert apart(shown(scene, tmp_path / "x.png"), moved(0)) <= 1


def test_pixels_that_are_not_square_are_told(scene, picture, frames):
    scene.render.pixel_aspect_x = 2.0
    (remark,) = setup_compositing(scene, picture, Composite(shutter=0))
    assert "not square" in remark
