# SPDX-License-Identifier: GPL-3.0-or-later
"""Any picture can be read, and whatever cannot is refused in one sentence."""

from __future__ import annotations

import io
import struct

import cv2
import numpy as np
import pytest
from PIL import Image

from gid_backend.colour import from_linear, to_linear
from gid_backend.encode import encode_image, write_image
from gid_backend.errors import ImageError
from gid_backend.exr import decode_exr, encode_channels, encode_exr
from gid_backend.images import checked, decode_image, prepare, read_image

from .clips import textured_picture

RNG = np.random.default_rng(0)
PICTURE = textured_picture(48, 64)


def random_picture(dtype, channels):
    if dtype == np.float32:
        return RNG.uniform(0, 4, (32, 40, channels)).astype(np.float32)
    return RNG.integers(0, np.iinfo(dtype).max, (32, 40, channels), dtype, endpoint=True)


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_png_keeps_every_bit_of_8_and_16_bit_pictures(tmp_path, dtype, channels):
    picture = random_picture(dtype, channels)
    write_image(tmp_path / "a.png", picture)
    again = read_image(tmp_path / "a.png")
    assert again.dtype == dtype
    np.testing.assert_array_equal(again, picture)


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_exr_keeps_every_bit_of_float_pictures(channels):
    picture = random_picture(np.float32, channels)
    np.testing.assert_array_equal(decode_exr(encode_image(picture, "exr", linear=True)), picture)


@pytest.mark.parametrize("half", [False, True])
def test_grey_exr_with_alpha_becomes_colours(half):
    grey, alpha = RNG.uniform(0, 1, (2, 17, 37)).astype(np.float16).astype(np.float32)
    picture = decode_exr(encode_channels({"Y": grey, "A": alpha}, half=half))
    np.testing.assert_array_equal(picture, np.dstack([grey, grey, grey, alpha]))


def test_exr_of_an_8_bit_frame_is_linear_and_half():
    data = encode_image(PICTURE, "exr")
    assert len(data) < 48 * 64 * 3 * 2.5
    back = from_linear(decode_exr(data))
    # Half has 11 bits: 8-bit values survive the way there and back.
    np.testing.assert_array_equal(np.rint(back * 255), PICTURE)


def test_odd_widths_survive_the_padding_of_exr_rows():
    picture = RNG.uniform(0, 1, (17, 37, 4)).astype(np.float32)
    np.testing.assert_array_equal(decode_exr(encode_exr(picture, half=False)), picture)


@pytest.mark.parametrize("suffix", [".jpg", ".webp", ".tif", ".bmp"])
def test_the_usual_formats_are_read(tmp_path, suffix):
    Image.fromarray(PICTURE).save(tmp_path / f"a{suffix}", quality=95)
    assert np.abs(read_image(tmp_path / f"a{suffix}").astype(int) - PICTURE).mean() < 4


@pytest.mark.parametrize("dtype", [np.uint16, np.float32])
def test_deep_tiff_is_read(tmp_path, dtype):
    picture = random_picture(dtype, 3)
    cv2.imwrite(str(tmp_path / "a.tif"), picture[..., ::-1])
    np.testing.assert_array_equal(read_image(tmp_path / "a.tif"), picture)


def deep_tiff(pixels: np.ndarray, photometric: int, extra: int | None = None) -> bytes:
    """A little-endian TIFF of 16 bits or of floats: header, pixels, depths and kinds, directory."""
    height, width, channels = pixels.shape
    is_float = pixels.dtype.kind == "f"
    strip = pixels.astype("<f4" if is_float else "<u2").tobytes()
    depths = struct.pack(f"<{channels}H", *[32 if is_float else 16] * channels)
    entries = [
        (256, 4, 1, width), (257, 4, 1, height), (258, 3, channels, 8 + len(strip)), (259, 3, 1, 1),
        (262, 3, 1, photometric), (273, 4, 1, 8), (277, 3, 1, channels), (278, 4, 1, height), (279, 4, 1, len(strip)),
    ]  # fmt: skip
    if extra is not None:
        entries.append((338, 3, 1, extra))
    if is_float:
        entries.append((339, 3, channels, 8 + len(strip) + len(depths)))
        depths += struct.pack(f"<{channels}H", *[3] * channels)
    directory = struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", *entry) for entry in entries) + bytes(4)
    return b"II*\0" + struct.pack("<I", 8 + len(strip) + len(depths)) + strip + depths + directory


@pytest.mark.parametrize(("extra", "red"), [(1, 200 * 257), (2, 100 * 257), (0, 100 * 257)])
def test_alpha_that_a_deep_tiff_has_associated_is_straight_here(extra, red):
    pixels = np.broadcast_to(np.array([100 * 257, 0, 0, 32768], np.uint16), (20, 24, 4))
    read = decode_image(deep_tiff(pixels, 2, extra), "a.tif")
    np.testing.assert_allclose(read[0, 0], [red, 0, 0, 32768], atol=2)


@pytest.mark.parametrize(("extra", "red"), [(1, 0.4), (2, 0.2), (0, 0.4)])
def test_alpha_that_a_float_tiff_has_straight_is_associated_here(extra, red):
    pixels = np.broadcast_to(np.array([0.4, 0, 0, 0.5], np.float32), (20, 24, 4))
    read = decode_image(deep_tiff(pixels, 2, extra), "a.tif")
    assert read.dtype == np.float32
    np.testing.assert_allclose(read[0, 0], [red, 0, 0, 0.5], rtol=1e-6)


def test_inks_of_sixteen_bits_are_read_at_eight():
    pixels = np.broadcast_to(np.array([0, 65535, 65535, 0], np.uint16), (20, 24, 4))
    read = decode_image(deep_tiff(pixels, 5), "a.tif")
    assert (read.shape, read[0, 0].tolist()) == ((20, 24, 3), [255, 0, 0])


def test_lab_has_no_alpha(tmp_path):
    Image.new("LAB", (20, 24), (255, 0, 0)).save(tmp_path / "a.tif")
    assert read_image(tmp_path / "a.tif").shape == (24, 20, 3)


def test_radiance_hdr_is_read(tmp_path):
    picture = random_picture(np.float32, 3)
    cv2.imwrite(str(tmp_path / "a.hdr"), picture[..., ::-1])
    again = read_image(tmp_path / "a.hdr")
    # One exponent for three channels of 8 bits.
    np.testing.assert_allclose(again, picture, atol=4 / 128)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_photographs_are_turned_upright(tmp_path, orientation):
    upright = np.zeros((32, 48, 3), np.uint8)
    upright[:16, :24] = 255, 0, 0
    upright[:16, 24:] = 0, 255, 0
    upright[16:, :24] = 0, 0, 255
    # How a camera stores it, from the definition of the tag: which side row 0 and column 0 are.
    stored = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.transpose(1, 0, 2),
        6: upright.transpose(1, 0, 2)[::-1],
        7: upright.transpose(1, 0, 2)[::-1, ::-1],
        8: upright.transpose(1, 0, 2)[:, ::-1],
    }[orientation]
    tag = Image.Exif()
    tag[0x0112] = orientation
    Image.fromarray(np.ascontiguousarray(stored)).save(tmp_path / "8.png", exif=tag)
    np.testing.assert_array_equal(read_image(tmp_path / "8.png"), upright)
    deep = np.ascontiguousarray(stored[..., ::-1]).astype(np.uint16) * 257
    png = bytearray(cv2.imencode(".png", deep)[1].tobytes())
    Image.fromarray(np.zeros((1, 1), np.uint8)).save(small := io.BytesIO(), "PNG", exif=tag)
    chunk = small.getvalue()
    start = chunk.index(b"eXIf") - 4
    length = int.from_bytes(chunk[start : start + 4], "big") + 12
    png[33:33] = chunk[start : start + length]
    (tmp_path / "16.png").write_bytes(png)
    np.testing.assert_array_equal(read_image(tmp_path / "16.png"), upright.astype(np.uint16) * 257)


def test_palettes_and_grey_with_alpha_become_colours(tmp_path):
    Image.fromarray(PICTURE).quantize(64).save(tmp_path / "p.png")
    assert read_image(tmp_path / "p.png").shape == (48, 64, 3)
    Image.fromarray(PICTURE[..., :2], "LA").save(tmp_path / "la.png")
    assert read_image(tmp_path / "la.png").shape == (48, 64, 4)


def test_names_in_any_script_work(tmp_path):
    path = tmp_path / "Löwenzahn 蒲公英 🌼.png"
    write_image(path, PICTURE)
    np.testing.assert_array_equal(read_image(path), PICTURE)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda path: None, "cannot be opened"),
        (lambda path: path.mkdir(), "is a folder"),
        (lambda path: path.symlink_to(path), "cannot be opened"),
        (lambda path: path.write_bytes(b""), "empty"),
        (lambda path: path.write_text("hello"), "no picture"),
        (lambda path: path.write_bytes(encode_image(PICTURE, "jpeg")[:1500]), "damaged"),
        (lambda path: path.write_bytes(encode_image(PICTURE, "png")[:1500]), "damaged"),
        (lambda path: path.write_bytes(encode_image(PICTURE.astype(np.uint16), "png")[:1500]), "damaged"),
        (lambda path: path.write_bytes(encode_image(PICTURE, "exr")[:300]), "damaged"),
        (lambda path: Image.new("RGB", (1, 1)).save(path), "1×1 pixels"),
        (lambda path: Image.new("RGB", (40000, 10)).save(path), "40000×10 pixels"),
        (lambda path: Image.new("RGB", (2000, 20)).save(path), "strip"),
        (lambda path: Image.new("1", (16000, 16000)).save(path), "megapixels"),
    ],
    ids=[
        "missing",
        "folder",
        "circle",
        "empty",
        "text",
        "jpeg",
        "png",
        "png16",
        "exr",
        "1x1",
        "40000x10",
        "strip",
        "huge",
    ],
)
def test_what_cannot_be_used_is_refused_in_one_sentence(tmp_path, make, sentence):
    path = tmp_path / "a.png"
    make(path)
    with pytest.raises(ImageError, match=sentence) as caught:
        read_image(path)
    assert "a.png" in caught.value.message
    assert "\n" not in caught.value.message


def test_a_name_that_is_too_long_is_said_to_be(tmp_path):
    with pytest.raises(ImageError, match="cannot be opened"):
        read_image(tmp_path / ("a" * 300 + ".png"))


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((32, 32, 2), np.uint8),
        np.zeros((32, 32, 3), np.int64),
        np.zeros((2, 32, 32, 3), np.uint8),
        np.full((32, 32, 3), np.nan, np.float32),
        np.zeros((32, 32, 3), np.complex64),
    ],
)
def test_arrays_that_are_no_pictures_are_refused(array):
    with pytest.raises(ImageError):
        checked(array)


def test_the_model_sees_the_same_picture_in_every_format():
    eight = prepare(PICTURE)
    assert eight.shape == (48, 64, 3)
    assert eight.dtype == np.float32
    np.testing.assert_array_equal(prepare(PICTURE.astype(np.uint16) * 257), eight)
    linear = to_linear(eight)
    # The conversion and its inverse are each good to single precision.
    np.testing.assert_allclose(prepare(linear, linear=True), eight, atol=1e-5)
    np.testing.assert_array_equal(prepare(PICTURE[..., :1])[..., 2], eight[..., 0])


def test_transparent_places_are_mid_grey_to_the_model():
    straight = np.dstack([PICTURE, np.full((48, 64), 51, np.uint8)])
    seen = prepare(straight)
    np.testing.assert_allclose(seen, 0.2 * prepare(PICTURE) + 0.4, atol=1e-6)
    associated = np.dstack([to_linear(prepare(PICTURE)) * 0.2, np.full((48, 64), 0.2)]).astype(np.float32)
    np.testing.assert_allclose(prepare(associated, linear=True), seen, atol=1e-5)
