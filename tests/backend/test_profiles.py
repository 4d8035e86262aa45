# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures of wide gamut are read in the colours that they show, whatever their depth and channels."""

from __future__ import annotations

import struct
import zlib

import cv2
import numpy as np
import pytest
from PIL import Image

from gid_backend.encode import encode_image
from gid_backend.images import read_image
from gid_backend.profiles import deep_to_srgb

# Colorants under D50 (columns' XYZ) as their makers publish them.
DISPLAY_P3 = ((0.51512, 0.2412, -0.00105), (0.29198, 0.69225, 0.04189), (0.1571, 0.06657, 0.78407))
ADOBE_RGB = ((0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457))
# What (200, 60, 60) of Display P3 is in sRGB by Little CMS.
SHOWN = (217, 42, 52)
SRGB_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)


def curve(parameters: tuple[float, ...]) -> bytes:
    """A tag `para` for several parameters, `curv` with a gamma for one."""
    if len(parameters) == 1:
        return b"curv" + struct.pack(">IIH", 0, 1, round(parameters[0] * 256))
    kind = {3: 1, 4: 2, 5: 3, 7: 4}[len(parameters)]
    return b"para" + struct.pack(f">IHH{len(parameters)}i", 0, kind, 0, *(round(p * 65536) for p in parameters))


def profile(colorants=DISPLAY_P3, parameters=SRGB_CURVE, space=b"RGB ", table: np.ndarray | None = None) -> bytes:
    """An ICC profile of three colorants and one curve, or of grey by a curve."""

    def xyz(values):
        return b"XYZ " + struct.pack(">I3i", 0, *(round(v * 65536) for v in values))

    tone = curve(parameters)
    if table is not None:
        tone = b"curv" + struct.pack(">II", 0, len(table)) + np.rint(table * 65535).astype(">u2").tobytes()
    name = b"a test"
    described = b"desc" + struct.pack(">II", 0, len(name) + 1) + name + bytes(1 + 4 + 4 + 2 + 1 + 67)
    tags = {b"desc": described, b"wtpt": xyz((0.9642, 1.0, 0.8249))}
    if space == b"GRAY":
        tags[b"kTRC"] = tone
    else:
        for letter, colorant in zip(b"rgb", colorants, strict=True):
            tags[bytes([letter]) + b"XYZ"] = xyz(colorant)
            tags[bytes([letter]) + b"TRC"] = tone
    entries, body = b"", b""
    start = 132 + 12 * len(tags)
    for tag, data in tags.items():
        body += bytes(-len(body) % 4)
        entries += tag + struct.pack(">II", start + len(body), len(data))
        body += data
    size = start + len(body)
    head = struct.pack(">I4sI4s4s4s12s4s", size, b"none", 0x02400000, b"mntr", space, b"XYZ ", bytes(12), b"acsp")
    head = head.ljust(68, b"\0") + struct.pack(">3i", 63190, 65536, 54061)
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + entries + body


def saved(path, pixels: np.ndarray, icc: bytes) -> None:
    """An 8-bit picture with its profile."""
    Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels).save(path, icc_profile=icc)


def deep_png(path, pixels: np.ndarray, icc: bytes) -> None:
    """A 16-bit PNG with its profile, which none of our libraries writes: the chunk goes behind the header."""
    data = encode_image(pixels, "png")
    path.write_bytes(data[:33] + chunk(b"iCCP", b"p\0\0" + zlib.compress(icc)) + data[33:])


def deep_grey_and_alpha_png(path, grey: int, alpha: int, icc: bytes, size=24) -> None:
    """The same of grey with alpha, of which our own writer makes colours."""
    row = b"\0" + struct.pack(">2H", grey, alpha) * size
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", size, size, 16, 4, 0, 0, 0))
    parts = [chunk(b"iCCP", b"p\0\0" + zlib.compress(icc)), chunk(b"IDAT", zlib.compress(row * size))]
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + header + b"".join(parts) + chunk(b"IEND", b""))


def chunk(kind: bytes, data: bytes) -> bytes:
    """Of a PNG: its length, kind, data and checksum."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def flat(colour, dtype=np.uint8, size=24) -> np.ndarray:
    return np.broadcast_to(np.array(colour, dtype), (size, size, len(colour))).copy()


@pytest.mark.parametrize("suffix", [".png", ".tif", ".webp"])
@pytest.mark.parametrize("alpha", [(), (90,)])
def test_eight_bits_are_converted_with_and_without_alpha(tmp_path, suffix, alpha):
    path = tmp_path / f"a{suffix}"
    image = Image.fromarray(flat((200, 60, 60, *alpha)))
    image.save(path, icc_profile=profile(), **({"lossless": True, "exact": True} if suffix == ".webp" else {}))
    read = read_image(path)[3, 3]
    # One step of 8 bits is what another rounding inside the library may make.
    np.testing.assert_allclose(read[:3], SHOWN, atol=1)
    assert tuple(read[3:]) == alpha


@pytest.mark.parametrize("alpha", [(), (30000,)])
def test_sixteen_bits_are_converted_as_precisely_as_they_are_stored(tmp_path, alpha):
    path = tmp_path / "a.png"
    deep_png(path, flat((200 * 257, 60 * 257, 60 * 257, *alpha), np.uint16), profile())
    read = read_image(path)
    assert read.dtype == np.uint16
    np.testing.assert_allclose(read[3, 3, :3] / 257, SHOWN, atol=0.6)
    assert tuple(read[3, 3, 3:]) == alpha


@pytest.mark.parametrize(
    ("colorants", "parameters"),
    [
        (DISPLAY_P3, SRGB_CURVE),
        (ADOBE_RGB, (2.19921875,)),
        (ADOBE_RGB, (1.8,)),
        # Black stays nearly black: the library would lift what is lighter, as a printer's black.
        (DISPLAY_P3, (2.2, 1.1, -0.1)),
        (DISPLAY_P3, (2.2, 1.1, -0.1, 0.0002)),
        (DISPLAY_P3, (*SRGB_CURVE, 0.0002, 0.0001)),
    ],
)
def test_sixteen_bits_agree_with_little_cms_at_eight(tmp_path, colorants, parameters):
    icc = profile(colorants, parameters)
    # Colours that sRGB can show: what lies outside is clipped by both, each in its way.
    colours = np.random.default_rng(0).integers(90, 170, (32, 32, 3)).astype(np.uint8)
    saved(tmp_path / "8.png", colours, icc)
    deep_png(tmp_path / "16.png", colours.astype(np.uint16) * 257, icc)
    eight, sixteen = read_image(tmp_path / "8.png"), read_image(tmp_path / "16.png")
    assert np.abs(eight.astype(int) - colours).max() > 5
    # Eight bits are rounded to half a step, and the library's integer pipeline adds its own half.
    np.testing.assert_allclose(sixteen / 257, eight, atol=1.1)


def test_a_curve_may_be_a_table(tmp_path):
    x = np.linspace(0, 1, 1024)
    icc = profile(table=np.where(x <= 0.04045, x / 12.92, ((x + 0.055) / 1.055) ** 2.4))
    deep_png(tmp_path / "a.png", flat((200 * 257, 60 * 257, 60 * 257), np.uint16), icc)
    np.testing.assert_allclose(read_image(tmp_path / "a.png")[0, 0] / 257, SHOWN, atol=0.6)


def test_a_tiff_of_sixteen_bits_that_pillow_cannot_read_keeps_its_colours(tmp_path):
    path = tmp_path / "a.tif"
    pixels = flat((200 * 257, 60 * 257, 60 * 257), np.uint16)
    icc = profile()
    # A little-endian TIFF: header, pixels, profile, then its directory.
    strip, offset = pixels.astype("<u2").tobytes(), 8 + pixels.nbytes
    bits = offset + len(icc)
    end = bits + 6
    entries = [
        (256, 4, 1, 24), (257, 4, 1, 24), (258, 3, 3, bits), (259, 3, 1, 1), (262, 3, 1, 2), (273, 4, 1, 8),
        (277, 3, 1, 3), (278, 4, 1, 24), (279, 4, 1, len(strip)), (34675, 7, len(icc), offset),
    ]  # fmt: skip
    directory = struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", *entry) for entry in entries) + bytes(4)
    path.write_bytes(b"II*\0" + struct.pack("<I", end) + strip + icc + struct.pack("<3H", 16, 16, 16) + directory)
    np.testing.assert_array_equal(cv2.imread(str(path), cv2.IMREAD_UNCHANGED)[..., ::-1], pixels)
    np.testing.assert_allclose(read_image(path)[0, 0] / 257, SHOWN, atol=0.6)


@pytest.mark.parametrize("alpha", [False, True])
@pytest.mark.parametrize("deep", [False, True])
def test_grey_pictures_have_grey_profiles(tmp_path, deep, alpha):
    icc = profile(parameters=(1.8,), space=b"GRAY")
    path = tmp_path / "a.png"
    if deep and alpha:
        deep_grey_and_alpha_png(path, 100 * 257, 90 * 257, icc)
    elif deep:
        deep_png(path, flat((100 * 257,), np.uint16), icc)
    else:
        saved(path, flat((100, 90) if alpha else (100,)), icc)
    light = (100 / 255) ** 1.8
    expected = 255 * (1.055 * light ** (1 / 2.4) - 0.055)
    read = read_image(path)
    assert read.shape == (24, 24, 4 if alpha else 1)
    values = read[0, 0] / (257 if deep else 1)
    np.testing.assert_allclose(values, [*[expected] * 3, 90] if alpha else [expected], atol=1)


@pytest.mark.parametrize("broken", [b"", b"nonsense", bytes(200), profile()[:140], profile(space=b"GRAY")])
def test_a_broken_profile_or_one_for_other_pictures_is_no_reason_to_refuse_one(tmp_path, broken):
    pixels = np.random.default_rng(1).integers(0, 65535, (20, 20, 3)).astype(np.uint16)
    np.testing.assert_array_equal(deep_to_srgb(pixels, broken), pixels)
    if broken:
        saved(tmp_path / "a.png", (pixels >> 8).astype(np.uint8), broken)
        np.testing.assert_array_equal(read_image(tmp_path / "a.png"), pixels >> 8)


def test_srgb_itself_keeps_every_bit(tmp_path):
    from PIL import ImageCms

    icc = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    pixels = np.random.default_rng(1).integers(0, 65535, (20, 20, 4)).astype(np.uint16)
    np.testing.assert_array_equal(deep_to_srgb(pixels, icc), pixels)
    saved(tmp_path / "a.png", (pixels >> 8).astype(np.uint8), icc)
    np.testing.assert_array_equal(read_image(tmp_path / "a.png"), pixels >> 8)
