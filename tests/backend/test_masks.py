# SPDX-License-Identifier: GPL-3.0-or-later
"""Rendered with a mask: under black the input to the bit, beyond the feather as without one."""

from __future__ import annotations

import signal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gid_backend.commands import run
from gid_backend.encode import write_image
from gid_backend.errors import ImageError
from gid_backend.images import read_image
from gid_backend.masks import as_weights, condition, read_mask, vertex_weights
from gid_backend.renderer import MotionRenderer, RenderSettings
from gid_backend.shot import Shot
from gid_blender.motion import files
from gid_blender.motion.masking import at_pixels

from .clips import smooth_volume, textured_picture

HEIGHT, WIDTH = 72, 128
VOLUME = smooth_volume(18, 32, amplitude=0.02)


@pytest.fixture(scope="module")
def renderer():
    return MotionRenderer.load("cpu", RenderSettings(repair=False))


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("masks")
    write_image(folder / "flower.png", picture_of("uint8", 3))
    # Another size than the picture's.
    write_image(folder / "mask.png", (half(64, 36) * 255).astype(np.uint8)[..., None])
    write_image(folder / "black.png", np.zeros((36, 64, 1), np.uint8))
    files.save(VOLUME, folder / "flower.npz")
    return folder


def half(width=WIDTH, height=HEIGHT):
    """White on the right."""
    mask = np.zeros((height, width), np.float32)
    mask[:, width // 2 :] = 1
    return mask


def picture_of(kind, channels):
    picture = textured_picture(HEIGHT, WIDTH)
    if channels == 4:
        picture = np.dstack([picture, np.full((HEIGHT, WIDTH), 200, np.uint8)])
    if kind == "float32":
        return picture.astype(np.float32) / 100
    return picture.astype(np.uint16) * 257 if kind == "uint16" else picture


class TestRenderer:
    @pytest.mark.parametrize(("kind", "channels"), [("uint8", 3), ("uint8", 4), ("uint16", 3), ("float32", 3)])
    def test_what_is_pinned_is_the_picture_to_the_bit(self, renderer, kind, channels):
        picture = picture_of(kind, channels)
        shot = Shot.loop(picture, VOLUME, 6, mask=half())
        free = [each.frame for each in Shot.loop(picture, VOLUME, 6).render(renderer)]
        for rendered, before in zip(shot.render(renderer), free, strict=True):
            assert np.array_equal(rendered.frame[:, : WIDTH // 2], picture[:, : WIDTH // 2])
            # 30 pixels are more than anything comes.
            assert np.array_equal(rendered.frame[:, WIDTH // 2 + 30 :], before[:, WIDTH // 2 + 30 :])
        assert any((frame[:, : WIDTH // 2] != picture[:, : WIDTH // 2]).any() for frame in free)

    @given(seed=st.integers(0, 50), cells=st.integers(2, 9), amplitude=st.floats(0, 3))
    @settings(max_examples=8, deadline=None)
    def test_whatever_the_mask_and_however_strong_the_motion(self, renderer, seed, cells, amplitude):
        rng = np.random.default_rng(seed)
        mask = np.kron(rng.choice([0.0, 0.5, 1.0], (cells, cells)), np.ones((8, 8)))
        mask = np.resize(mask, (HEIGHT, WIDTH)).astype(np.float32)
        picture = picture_of("uint8", 3)
        for rendered in Shot.loop(picture, VOLUME, 2, amplitude=amplitude, mask=mask).render(renderer):
            assert np.array_equal(rendered.frame[mask == 0], picture[mask == 0])

    def test_a_white_mask_changes_nothing_and_a_black_one_moves_nothing(self, renderer):
        picture = picture_of("uint8", 3)
        [free] = [each.frame for each in Shot.loop(picture, VOLUME, 3).render(renderer, [1])]
        for value, wanted in ((1, free), (0, picture)):
            mask = np.full((HEIGHT, WIDTH), value, np.float32)
            [rendered] = Shot.loop(picture, VOLUME, 3, mask=mask).render(renderer, [1])
            assert np.array_equal(rendered.frame, wanted)

    def test_passes_say_that_it_is_there_and_stays(self, renderer):
        shot = Shot.loop(picture_of("uint8", 3), VOLUME, 4, mask=half())
        [rendered] = shot.render(renderer, [1], vectors=True, coverage=True)
        pinned = np.s_[..., : WIDTH // 2]
        assert (rendered.coverage[pinned] == 1).all()
        for vectors in rendered.vectors:
            assert (vectors[pinned] == 0).all()
            assert np.abs(vectors).max() > 0.5

    def test_a_mask_of_another_size_is_refused(self, renderer):
        with pytest.raises(ImageError, match="The mask is 64×36 pixels, the picture 128×72"):
            renderer.set_image(picture_of("uint8", 3), half(64, 36))

    def test_other_masks_are_other_frames(self):
        picture = picture_of("uint8", 3)
        names = {Shot.loop(picture, VOLUME, 3, mask=mask).fingerprint() for mask in (None, half(), 1 - half())}
        assert len(names) == 3


class TestWeights:
    @pytest.mark.parametrize("size", [(HEIGHT, WIDTH), (20, 20), (500, 300)])
    def test_under_black_they_are_0_whatever_size_the_mask_has(self, size):
        rng = np.random.default_rng(0)
        mask = (rng.random((size[0] // 10, size[1] // 10)) < 0.7).repeat(10, 0).repeat(10, 1).astype(np.float32)
        full = at_pixels(vertex_weights(mask, VOLUME, HEIGHT, WIDTH), HEIGHT, WIDTH)
        down = ((np.arange(HEIGHT) + 0.5) * mask.shape[0] / HEIGHT).astype(int)
        across = ((np.arange(WIDTH) + 0.5) * mask.shape[1] / WIDTH).astype(int)
        assert (full[mask[down][:, across] == 0] == 0).all()

    def test_an_equaliser_that_strengthens_makes_the_feather_wider(self):
        def weights(amplitude=1.0, gain=None):
            gains = None if gain is None else np.full(VOLUME.bands, gain)
            return vertex_weights(half(), VOLUME, HEIGHT, WIDTH, amplitude, gains)

        np.testing.assert_array_equal(weights(1.5, 2.0), weights(3.0, 1.0))
        assert weights(1.5, 2.0).sum() < weights(1.5).sum()
        # What is taken away may be pulled all the same.
        np.testing.assert_array_equal(weights(1.5, 0.2), weights(1.5))

    @pytest.mark.parametrize("kind", ["uint8", "uint16", "bool"])
    def test_black_and_white_are_0_and_1_in_every_type(self, kind):
        top = 1 if kind == "bool" else np.iinfo(kind).max
        assert as_weights(np.array([[0, top]], kind)).tolist() == [[0, 1]]

    def test_numbers_beyond_are_refused(self):
        with pytest.raises(ImageError, match="from 0"):
            as_weights(np.array([[0.0, 2.0]]))

    def test_a_prediction_is_told_where_anything_may_move(self):
        assert condition(np.array([[0.0, 0.001, 1.0]], np.float32)).tolist() == [[False, True, True]]


class TestCommands:
    @pytest.fixture
    def gid(self, place, capfd, monkeypatch):
        handler = signal.getsignal(signal.SIGTERM)
        monkeypatch.chdir(place)

        def call(*words):
            status = run(list(map(str, words)))
            return status, " ".join(capfd.readouterr().err.split())

        yield call
        signal.signal(signal.SIGTERM, handler)

    def frames(self, folder):
        return [read_image(path) for path in sorted(folder.glob("*.png"))]

    def test_render(self, gid, place, tmp_path):
        out = tmp_path / "frames"
        status, said = gid("render", "flower.png", "flower.npz", "-o", out, "--frames", 3, "--mask", "mask.png")
        assert status == 0, said
        picture = picture_of("uint8", 3)
        for frame in self.frames(out):
            assert np.array_equal(frame[:, : WIDTH // 2], picture[:, : WIDTH // 2])
        assert any((frame[:, WIDTH // 2 :] != picture[:, WIDTH // 2 :]).any() for frame in self.frames(out))

    def test_simulate_pulls_what_can_move(self, gid, place, tmp_path):
        out, words = tmp_path / "frames", ("--frames", 3, "--mask", "mask.png")
        status, said = gid("simulate", "flower.png", "flower.npz", "--pull", "100,36,9,0@3", "-o", out, *words)
        assert status == 0, said
        picture = picture_of("uint8", 3)
        assert all(np.array_equal(f[:, : WIDTH // 2], picture[:, : WIDTH // 2]) for f in self.frames(out))
        assert any((frame != picture).any() for frame in self.frames(out))

    @pytest.mark.parametrize("command", [("simulate", "--pull", "100,36,9,0@3"), ("page",)])
    def test_a_mask_that_pins_everything_is_told_of(self, gid, tmp_path, command):
        out = tmp_path / ("page.html" if command[0] == "page" else "frames")
        status, said = gid(command[0], "flower.png", "flower.npz", *command[1:], "-o", out, "--mask", "black.png")
        assert status != 0
        assert "pins everything" in said
        assert not out.exists()

    def test_a_mask_that_is_no_picture_is_told_of_before_anything_is_made(self, gid, tmp_path):
        status, said = gid("render", "flower.png", "flower.npz", "-o", tmp_path / "frames", "--mask", "flower.npz")
        assert status != 0
        assert "flower.npz" in said
        assert not (tmp_path / "frames").exists()

    @pytest.mark.parametrize("top", [255, 65535])
    @pytest.mark.parametrize(("colour", "bright"), [((1, 1, 1), 1.0), ((1, 0, 0), 0.2126), ((0, 1, 0), 0.7152)])
    def test_a_mask_is_as_bright_as_it_looks(self, place, tmp_path, top, colour, bright):
        values = half()[..., None] * np.array(colour) * top
        write_image(tmp_path / "mask.png", values.astype(np.uint8 if top == 255 else np.uint16))
        # White is 1 to the bit, or a frame would not be the picture where it is black.
        np.testing.assert_allclose(read_mask(tmp_path / "mask.png"), half() * bright, rtol=0 if bright == 1 else 1e-6)

    @pytest.mark.parametrize("suffix", [".png", ".exr"])
    def test_what_is_painted_on_nothing_pins_the_rest(self, place, tmp_path, suffix):
        picture = np.dstack([np.ones((*half().shape, 3)), half()]).astype(np.float32)
        # As files hold it: straight in integers, multiplied in in OpenEXR.
        picture = picture * picture[..., 3:] if suffix == ".exr" else (picture * 255).astype(np.uint8)
        write_image(tmp_path / f"mask{suffix}", picture)
        assert np.array_equal(read_mask(tmp_path / f"mask{suffix}"), half())
