# SPDX-License-Identifier: GPL-3.0-or-later
"""Frames as files: what other readers find in them, and the colours that they are tagged with."""

from __future__ import annotations

import io

import cv2
import numpy as np
import OpenEXR
import pytest
from PIL import Image, ImageCms

from gid_backend.colour import from_linear, to_linear
from gid_backend.encode import FormatError, encode_image, to_8_bit, to_16_bit
from gid_backend.errors import ImageError
from gid_backend.exr import decode_exr

# Corners of the colour cube, where a wrong matrix or order of channels shows most, and greys.
PATCHES = [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0), (0, 255, 255), (255, 0, 255)]
PATCHES += [(255, 255, 255), (128, 128, 128), (16, 16, 16), (0, 0, 0), (255, 128, 0), (64, 0, 128)]
COLOURS = np.array(PATCHES, np.uint8).reshape(3, 4, 3).repeat(16, axis=0).repeat(16, axis=1)
RNG = np.random.default_rng(0)


def middles(pixels):
    return np.asarray(pixels)[8::16, 8::16, :3].reshape(-1, 3).astype(float)


def chunks(data):
    """The chunks of a PNG by name, in order."""
    found, place = {}, 8
    while place < len(data):
        size = int.from_bytes(data[place : place + 4], "big")
        found[data[place + 4 : place + 8]] = data[place + 8 : place + 8 + size]
        place += 12 + size
    return found


def by_opencv(data):
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if pixels.ndim == 2:
        return pixels[..., None]
    return pixels[..., [2, 1, 0, 3][: pixels.shape[2]]]


def exr_channels(data):
    with OpenEXR.File(io.BytesIO(data), separate_channels=True) as file:
        return {name: channel.pixels for name, channel in file.channels().items()}, dict(file.header())


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_png_is_lossless_and_tagged_srgb_before_its_pixels(dtype, channels):
    frame = RNG.integers(0, np.iinfo(dtype).max, (20, 24, channels), dtype, endpoint=True)
    data = encode_image(frame, "png")
    np.testing.assert_array_equal(by_opencv(data), frame)
    names = list(chunks(data))
    assert chunks(data)[b"sRGB"] == b"\0"
    assert names[0] == b"IHDR"
    assert names.index(b"sRGB") < names.index(b"IDAT")
    with Image.open(io.BytesIO(data)) as opened:
        # Pillow checks the checksums of chunks, and reports the rendering intent.
        opened.load()
        assert opened.info["srgb"] == 0
        if dtype == np.uint8:
            assert np.array_equal(np.asarray(opened).reshape(frame.shape), frame)


@pytest.mark.parametrize(("depth", "dtype"), [(8, np.uint8), (16, np.uint16)])
@pytest.mark.parametrize("given", [np.uint8, np.uint16, np.float32])
def test_png_has_the_bits_that_were_asked_for(depth, dtype, given):
    frame = COLOURS if given == np.uint8 else COLOURS / np.float32(255)
    frame = np.rint(frame * 65535).astype(np.uint16) if given == np.uint16 else frame
    pixels = by_opencv(encode_image(frame, "png", depth=depth))
    assert pixels.dtype == dtype
    np.testing.assert_array_equal(pixels, COLOURS.astype(dtype) * (1 if depth == 8 else 257))


@pytest.mark.parametrize(("format", "tolerance"), [("jpeg", 2), ("webp", 5)])
def test_lossy_formats_keep_saturated_colours_and_are_tagged_srgb(format, tolerance):
    """Full chroma at quality 95; webp halves chroma and uses the limited range, at quality 90."""
    data = encode_image(COLOURS, format)
    with Image.open(io.BytesIO(data)) as opened:
        assert opened.format == format.upper()
        profile = ImageCms.ImageCmsProfile(io.BytesIO(opened.info["icc_profile"]))
        assert "sRGB" in ImageCms.getProfileDescription(profile)
        assert np.abs(middles(opened.convert("RGB")) - PATCHES).max() <= tolerance
    assert np.abs(middles(by_opencv(data)) - PATCHES).max() <= tolerance


@pytest.mark.parametrize("format", ["png", "jpeg", "webp", "exr"])
def test_the_same_frame_is_the_same_file(format):
    assert encode_image(COLOURS, format) == encode_image(COLOURS.copy(), format)


@pytest.mark.parametrize(("depth", "dtype"), [(None, np.float16), (16, np.float16), (32, np.float32)])
def test_exr_is_linear_rec_709_in_half_or_float(depth, dtype):
    channels, header = exr_channels(encode_image(COLOURS, "exr", depth=depth))
    assert sorted(channels) == ["B", "G", "R"]
    assert all(plane.dtype == dtype for plane in channels.values())
    assert header["chromaticities"] == pytest.approx((0.64, 0.33, 0.30, 0.60, 0.15, 0.06, 0.3127, 0.3290))
    shown = np.stack([channels[name] for name in "RGB"], axis=2).astype(np.float32)
    # Half has 11 significant bits.
    np.testing.assert_allclose(shown, to_linear(COLOURS / np.float32(255)), rtol=2**-11, atol=1e-7)


@pytest.mark.parametrize("depth", [None, 16, 32])
def test_scene_linear_values_above_1_survive_exr(depth):
    """FFmpeg is the second reader."""
    frame = RNG.lognormal(0, 3, (20, 24, 4)).astype(np.float32)
    frame[..., 3] = RNG.random((20, 24))
    data = encode_image(frame, "exr", linear=True, depth=depth)
    channels, _ = exr_channels(data)
    shown = np.stack([channels[name] for name in "RGBA"], axis=2)
    np.testing.assert_allclose(shown, frame, rtol=0 if depth != 16 else 2**-11, atol=1e-7)
    np.testing.assert_array_equal(decode_exr(data), shown.astype(np.float32))
    assert shown.max() > 100


@pytest.mark.parametrize("linear", [False, True])
def test_integers_with_alpha_are_associated_in_exr(linear):
    frame = RNG.integers(0, 256, (20, 24, 4), np.uint8)
    colour, alpha = np.split(frame / np.float32(255), [3], axis=2)
    shown = decode_exr(encode_image(frame, "exr", linear=linear, depth=32))
    np.testing.assert_array_equal(shown[..., 3:], alpha)
    np.testing.assert_allclose(shown[..., :3], (colour if linear else to_linear(colour)) * alpha, rtol=1e-6)


def test_half_has_a_largest_value_and_no_infinity():
    frame = np.full((16, 16, 3), 1e6, np.float32)
    assert decode_exr(encode_image(frame, "exr", linear=True, depth=16)).max() == 65504


def test_grey_stays_grey_where_a_format_has_it():
    grey = RNG.integers(0, 256, (20, 24, 1), np.uint8)
    assert by_opencv(encode_image(grey, "png")).shape == (20, 24, 1)
    assert list(exr_channels(encode_image(grey, "exr"))[0]) == ["Y"]
    with Image.open(io.BytesIO(encode_image(grey, "jpeg"))) as opened:
        assert opened.mode == "L"
    with Image.open(io.BytesIO(encode_image(grey, "webp"))) as opened:
        assert opened.mode == "RGB"
    assert to_8_bit(grey).shape == to_16_bit(grey).shape == (20, 24, 3)


CUTOUT = np.zeros((32, 32, 4), np.uint8)
CUTOUT[:] = [0, 0, 255, 0]
CUTOUT[8:24, 8:24] = [200, 0, 0, 255]


@pytest.mark.parametrize("format", ["png", "webp", "exr"])
def test_transparency_is_kept(format):
    data = encode_image(CUTOUT, format)
    if format == "exr":
        channels, _ = exr_channels(data)
        np.testing.assert_array_equal(channels["A"], CUTOUT[..., 3] / 255)
        # Associated: what is invisible is black.
        assert channels["B"].max() == 0
        return
    with Image.open(io.BytesIO(data)) as opened:
        np.testing.assert_array_equal(np.asarray(opened)[..., 3], CUTOUT[..., 3])


def test_jpeg_refuses_transparency_or_takes_a_background():
    with pytest.raises(ImageError, match="transparent in places, and JPEG cannot be"):
        encode_image(CUTOUT, "jpeg")
    shown = by_opencv(encode_image(CUTOUT, "jpeg", background=(1.0, 1.0, 0.0))).astype(int)
    assert np.abs(shown[2:5, 2:5] - [255, 255, 0]).max() <= 3
    assert np.abs(shown[14:18, 14:18] - [200, 0, 0]).max() <= 3


def test_a_background_is_taken_by_formats_with_transparency_too():
    assert by_opencv(encode_image(CUTOUT, "png", background=(0.0, 1.0, 0.0))).shape == (32, 32, 3)


def test_scene_linear_frames_are_encoded_for_8_bits_and_clipped_at_white():
    frame = np.full((16, 16, 3), [0.5, 7.0, 0.0], np.float32)
    np.testing.assert_array_equal(
        to_8_bit(frame, linear=True)[0, 0], [np.rint(255 * from_linear(np.float32(0.5))), 255, 0]
    )


@pytest.mark.parametrize(("format", "depth"), [("tiff", None), ("png", 32), ("jpeg", 16), ("webp", 16), ("exr", 8)])
def test_what_a_format_has_not_is_refused_in_a_sentence(format, depth):
    with pytest.raises(FormatError, match=r"no frame format|bits a channel"):
        encode_image(COLOURS, format, depth=depth)
