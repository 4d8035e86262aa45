# SPDX-License-Identifier: GPL-3.0-or-later
"""The `.npz` file: what is written comes back bit for bit, and the worst that a file can do is raise one error."""

import contextlib
import io
import json
import os
import stat
import struct
import sys
import zipfile
import zlib

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gid_blender.motion import SpectralVolumeError, dumps, load, loads, save
from gid_blender.motion.files import MAX_BYTES
from tests.motion.volumes import META, smooth_volume, volumes


def npz(**members):
    """An `.npz` as numpy writes it; the members of a good volume, less those that are None, plus what is given."""
    good = {
        "spectrum": np.zeros((2, 2, 3, 4), np.complex64),
        "fps": np.float64(30),
        "frames": np.int64(150),
        "meta": np.array("{}"),
    }
    buffer = io.BytesIO()
    np.savez(buffer, **{name: value for name, value in {**good, **members}.items() if value is not None})
    return buffer.getvalue()


def with_raw_member(name, raw, compression=zipfile.ZIP_STORED):
    """A good volume, with the bytes of one of its `.npy` members replaced."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(npz())) as good, zipfile.ZipFile(buffer, "w", compression) as archive:
        for member in good.namelist():
            archive.writestr(member, raw if member == f"{name}.npy" else good.read(member))
    return buffer.getvalue()


def npy_header(descr, shape, fortran_order=False):
    """The first bytes of an array file that claims this shape and type, whatever follows."""
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(buffer, {"descr": descr, "fortran_order": fortran_order, "shape": shape})
    return buffer.getvalue()


def assert_same(one, other):
    assert one.spectrum.tobytes() == other.spectrum.tobytes()
    assert one.spectrum.shape == other.spectrum.shape
    assert (one.fps, one.frames, one.meta) == (other.fps, other.frames, other.meta)


class TestRoundTrip:
    @given(volumes(meta=META), st.booleans())
    def test_every_volume_comes_back_bit_for_bit(self, volume, compress):
        assert_same(loads(dumps(volume, compress=compress)), volume)

    @pytest.mark.parametrize("compress", [False, True])
    def test_through_a_file(self, tmp_path, compress):
        volume = smooth_volume()
        save(volume, tmp_path / "motion.npz", compress=compress)
        assert_same(load(tmp_path / "motion.npz"), volume)
        assert_same(load(str(tmp_path / "motion.npz")), volume)

    def test_names_of_any_alphabet(self, tmp_path):
        path = tmp_path / "Дахлия 牡丹 🌼 (copie d’été).npz"
        save(smooth_volume(), path)
        assert_same(load(path), smooth_volume())

    def test_a_name_as_long_as_the_system_allows(self, tmp_path):
        path = tmp_path / ("m" * 251 + ".npz")
        save(smooth_volume(), path)
        assert_same(load(path), smooth_volume())

    def test_what_was_loaded_can_be_saved_again(self):
        volume = loads(dumps(smooth_volume()))
        assert dumps(volume) == dumps(smooth_volume())

    def test_a_file_without_a_format_number_is_format_1(self):
        assert dict(loads(npz(meta=np.array('{"seed": 3}'))).meta) == {"seed": 3}

    def test_other_layouts_of_the_same_numbers_are_read_too(self):
        spectrum = smooth_volume(bands=2).spectrum
        for stored in (np.asfortranarray(spectrum), spectrum.astype(np.complex128), spectrum.astype(">c8")):
            assert np.array_equal(loads(npz(spectrum=stored)).spectrum, spectrum)

    def test_additional_members_are_left_alone(self):
        assert loads(npz(preview=np.zeros(3))).bands == 2


class TestTheFile:
    """The layout in docs/design.md; whoever changes it breaks everybody's files."""

    def test_numpy_alone_can_read_it(self):
        volume = smooth_volume()
        with np.load(io.BytesIO(dumps(volume)), allow_pickle=False) as archive:
            assert sorted(archive.files) == ["fps", "frames", "meta", "spectrum"]
            assert (archive["spectrum"].dtype, archive["spectrum"].shape) == (np.complex64, (16, 2, 20, 32))
            assert (archive["fps"].dtype, archive["fps"].shape) == (np.float64, ())
            assert (archive["frames"].dtype, archive["frames"].shape) == (np.int64, ())
            assert json.loads(str(archive["meta"]))["format"] == 1

    def test_the_same_volume_gives_the_same_bytes(self):
        """The cache and the tests compare files; a timestamp inside would make each of them new."""
        assert dumps(smooth_volume()) == dumps(smooth_volume())


class TestSaving:
    def test_it_replaces_an_older_file(self, tmp_path):
        path = tmp_path / "motion.npz"
        save(smooth_volume(seed=1), path)
        save(smooth_volume(seed=2), path)
        assert_same(load(path), smooth_volume(seed=2))
        assert os.listdir(tmp_path) == ["motion.npz"]

    def test_a_full_disk_leaves_the_older_file_and_nothing_else(self, tmp_path, monkeypatch):
        path = tmp_path / "motion.npz"
        save(smooth_volume(seed=1), path)

        def full(descriptor):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space left"):
            save(smooth_volume(seed=2), path)
        assert_same(load(path), smooth_volume(seed=1))
        assert os.listdir(tmp_path) == ["motion.npz"]

    def test_a_folder_that_is_not_there(self, tmp_path):
        with pytest.raises(FileNotFoundError) as caught:
            save(smooth_volume(), tmp_path / "none" / "motion.npz")
        assert caught.value.filename == str(tmp_path / "none" / "motion.npz")

    @pytest.mark.parametrize("name", ["", "folder"])
    def test_a_folder_instead_of_a_file_is_named_and_left_alone(self, tmp_path, monkeypatch, name):
        monkeypatch.chdir(tmp_path)
        (tmp_path / "folder").mkdir()
        with pytest.raises(OSError, match="directory") as caught:
            save(smooth_volume(), name)
        assert caught.value.filename == (name or ".")
        assert os.listdir(tmp_path) == ["folder"]

    @pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions")
    def test_others_may_read_it_as_any_other_new_file(self, tmp_path):
        save(smooth_volume(), tmp_path / "motion.npz")
        (tmp_path / "plain").touch()
        modes = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("motion.npz", "plain")]
        assert modes[0] == modes[1]


class TestWhatIsNoVolume:
    @pytest.mark.parametrize("member", ["spectrum", "fps", "frames", "meta"])
    def test_a_missing_array_is_named(self, member):
        with pytest.raises(SpectralVolumeError, match=f"lacks {member}"):
            loads(npz(**{member: None}))

    @pytest.mark.parametrize("shape", [(), (2, 3, 4), (2, 3, 4, 5), (0, 2, 4, 5), (1, 2, 3, 4, 5)])
    def test_a_spectrum_of_another_shape(self, shape):
        with pytest.raises(SpectralVolumeError, match="shape"):
            loads(npz(spectrum=np.zeros(shape, np.complex64)))

    @pytest.mark.parametrize("dtype", [np.float32, np.int64, "U2", [("x", "<f4")]])
    def test_a_spectrum_of_anything_but_complex_numbers(self, dtype):
        with pytest.raises(SpectralVolumeError, match="not of complex numbers"):
            loads(npz(spectrum=np.zeros((2, 2, 3, 4), dtype)))

    @pytest.mark.parametrize("value", [np.nan, np.inf, 1e30])
    def test_a_spectrum_that_is_not_finite_or_not_in_fractions(self, value):
        spectrum = np.zeros((2, 2, 3, 4), np.complex64)
        spectrum[1, 1, 2, 3] = value
        with pytest.raises(SpectralVolumeError, match=r"not finite|fractions"):
            loads(npz(spectrum=spectrum))

    @pytest.mark.parametrize("fps", [np.nan, np.inf, 0.0, -30.0])
    def test_a_frame_rate_that_is_none(self, fps):
        with pytest.raises(SpectralVolumeError, match="frame rate"):
            loads(npz(fps=np.float64(fps)))

    @pytest.mark.parametrize("member", ["fps", "frames"])
    @pytest.mark.parametrize("value", [np.zeros(3), np.array("30"), np.array(30j), np.zeros((0,))])
    def test_fps_and_frames_are_one_number_each(self, member, value):
        with pytest.raises(SpectralVolumeError, match="no single number"):
            loads(npz(**{member: value}))

    def test_a_period_too_short_for_its_bands(self):
        with pytest.raises(SpectralVolumeError, match="whole frames"):
            loads(npz(frames=np.int64(2)))

    @pytest.mark.parametrize("text", ["", "{", "[1]", "3", "null", '"text"', "[" * 100_000])
    def test_a_description_that_is_no_json_object(self, text):
        with pytest.raises(SpectralVolumeError, match="not a JSON object"):
            loads(npz(meta=np.array(text)))

    @pytest.mark.parametrize("meta", [np.array(b"{}"), np.array(["{}"]), np.zeros(3)])
    def test_a_description_that_is_no_text(self, meta):
        with pytest.raises(SpectralVolumeError, match="not a JSON object"):
            loads(npz(meta=meta))

    def test_a_newer_format_says_what_to_do(self):
        with pytest.raises(SpectralVolumeError, match=r"newer version.*update"):
            loads(npz(meta=np.array('{"format": 2}')))

    @pytest.mark.parametrize("number", ["0", "-1", "true", '"1"', "null", "1.0"])
    def test_a_format_that_is_no_number(self, number):
        with pytest.raises(SpectralVolumeError, match="no valid number of its format"):
            loads(npz(meta=np.array(f'{{"format": {number}}}')))

    @pytest.mark.parametrize(
        "data", [b"", b"PK", b"\x89PNG\r\n\x1a\n", b"{}", b"\0" * 1000, b"PK\x05\x06" + b"\0" * 18]
    )
    def test_other_files(self, data):
        with pytest.raises(SpectralVolumeError):
            loads(data)

    def test_the_message_names_the_file(self, tmp_path):
        path = tmp_path / "holiday.jpg"
        path.write_bytes(b"\xff\xd8\xff")
        with pytest.raises(SpectralVolumeError, match=r"holiday\.jpg"):
            load(path)


class TestPathsThatCannotBeRead:
    def test_a_file_that_is_not_there(self, tmp_path):
        with pytest.raises(SpectralVolumeError, match=r"Cannot open .*none\.npz.*No such file"):
            load(tmp_path / "none.npz")

    def test_a_folder(self, tmp_path):
        with pytest.raises(SpectralVolumeError, match="Cannot open"):
            load(tmp_path)

    def test_a_name_that_no_file_can_have(self):
        with pytest.raises(SpectralVolumeError, match="Cannot open"):
            load("a\0b.npz")

    def test_a_name_longer_than_the_system_allows(self, tmp_path):
        with pytest.raises(SpectralVolumeError, match="Cannot open"):
            load(tmp_path / ("m" * 300))


class Bomb:
    """Pickles to a call that would leave a trace."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (self.path, "w"))


class TestHostileFiles:
    @pytest.mark.parametrize("member", ["spectrum", "fps", "frames", "meta"])
    def test_a_pickle_is_refused_and_never_run(self, tmp_path, member):
        trace = tmp_path / "it-ran"
        data = npz(**{member: np.array([Bomb(str(trace))], dtype=object)})
        with pytest.raises(SpectralVolumeError, match="pickled"):
            loads(data)
        assert not trace.exists()

    def test_a_header_is_no_python_expression(self, tmp_path):
        trace = tmp_path / "it-ran"
        text = f"{{'descr': '<c8', 'fortran_order': False, 'shape': open({str(trace)!r}, 'w')}}\n".encode()
        raw = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text
        with pytest.raises(SpectralVolumeError):
            loads(with_raw_member("spectrum", raw))
        assert not trace.exists()

    @pytest.mark.parametrize(
        "shape",
        [(16, 2, 10**6, 10**6), (2**40,), (2**62, 2**62), (0, 2**62), (10**400,), (-1, 2, 3, 4), (2, 2, -3, -4)],
    )
    def test_a_shape_beyond_the_data_takes_no_memory(self, shape):
        """numpy's own reader takes the memory first: 2^40 complex numbers are 8 TB."""
        with pytest.raises(SpectralVolumeError, match=r"does not fit|not valid|cannot be read"):
            loads(with_raw_member("spectrum", npy_header("<c8", shape) + bytes(384)))

    @pytest.mark.parametrize("descr", ["<U1000000000", "V2000000000", "|S2147483647"])
    def test_a_huge_element_takes_no_memory(self, descr):
        with pytest.raises(SpectralVolumeError, match=r"does not fit|not a valid dtype"):
            loads(with_raw_member("meta", npy_header(descr, ()) + b"{}"))

    def test_more_data_than_its_shape_needs(self):
        raw = npy_header("<c8", (1, 2, 1, 1)) + bytes(17)
        with pytest.raises(SpectralVolumeError, match="does not fit"):
            loads(with_raw_member("spectrum", raw))

    def test_an_unpacked_size_beyond_the_limit_is_refused_before_unpacking(self):
        """A compressed bomb: the sizes that the directory declares are added up first."""
        data = bytearray(with_raw_member("spectrum", bytes(10**6), zipfile.ZIP_DEFLATED))
        central = data.find(b"PK\x01\x02")
        name = data.find(b"spectrum.npy", central)
        struct.pack_into("<I", data, name - 46 + 24, MAX_BYTES)
        with pytest.raises(SpectralVolumeError, match="oversized"):
            loads(bytes(data))

    def test_a_bomb_that_declares_less_than_it_unpacks_to_is_cut_off(self):
        raw = npy_header("<c8", (2, 2, 3, 4)) + bytes(10**8)
        data = bytearray(with_raw_member("spectrum", raw, zipfile.ZIP_DEFLATED))
        name = data.find(b"spectrum.npy", data.find(b"PK\x01\x02"))
        small = len(npy_header("<c8", (2, 2, 3, 4))) + 384
        struct.pack_into("<I", data, name - 46 + 24, small)
        # Also the checksum of what is left, so that this is not what stops it.
        struct.pack_into("<I", data, name - 46 + 16, zlib.crc32(raw[:small]))
        assert len(data) < 200_000
        volume = loads(bytes(data))
        assert volume.spectrum.nbytes == 384

    def test_a_damaged_member_is_noticed(self):
        data = bytearray(dumps(smooth_volume()))
        data[len(data) // 2] ^= 0xFF
        with pytest.raises(SpectralVolumeError, match="CRC"):
            loads(bytes(data))

    def test_array_formats_of_the_future(self):
        with pytest.raises(SpectralVolumeError, match="unknown array format 9"):
            loads(with_raw_member("spectrum", b"\x93NUMPY\x09\x00" + bytes(500)))

    @pytest.mark.parametrize("kept", [0.1, 0.5, 0.9, 0.99, 0.9999])
    @pytest.mark.parametrize("compress", [False, True])
    def test_a_file_that_ends_too_early(self, tmp_path, kept, compress):
        whole = dumps(smooth_volume(), compress=compress)
        path = tmp_path / "cut.npz"
        path.write_bytes(whole[: int(len(whole) * kept)])
        with pytest.raises(SpectralVolumeError):
            load(path)


GOOD = npz(meta=np.array('{"seed": 1}'))


class TestFuzzing:
    """Whatever the bytes are: a valid volume or a SpectralVolumeError, and nothing else."""

    @staticmethod
    def read(data):
        with contextlib.suppress(SpectralVolumeError):
            assert np.isfinite(loads(data).spectrum.view(np.float32)).all()

    @given(st.binary(max_size=2000))
    def test_noise(self, data):
        self.read(data)

    @given(st.integers(0, len(GOOD) - 1), st.binary(min_size=1, max_size=16))
    @example(GOOD.find(b"PK\x01\x02") + 10, b"\x63")  # An unknown compression method.
    @example(GOOD.find(b"PK\x01\x02") + 8, b"\x01")  # “Encrypted”.
    def test_a_good_file_with_some_bytes_changed(self, where, new):
        self.read(GOOD[:where] + new + GOOD[where + len(new) :])

    @given(st.integers(0, len(GOOD)), st.integers(0, len(GOOD)))
    def test_a_good_file_with_a_piece_missing(self, a, b):
        self.read(GOOD[: min(a, b)] + GOOD[max(a, b) :])

    @given(st.sampled_from(["spectrum", "fps", "frames", "meta"]), st.binary(max_size=300))
    def test_a_member_of_noise(self, member, raw):
        self.read(with_raw_member(member, b"\x93NUMPY\x01\x00" + raw))

    @given(
        st.sampled_from(["spectrum", "fps", "frames", "meta"]),
        st.sampled_from(["<c8", ">c16", "<f8", "<i8", "|u1", "|b1", "<U7", "|S3", "|O", "<M8[s]", "V5", "<e"]),
        st.lists(st.integers(-3, 2**65), max_size=5).map(tuple),
        st.booleans(),
        st.binary(max_size=200),
    )
    def test_headers_that_claim_anything(self, member, descr, shape, fortran_order, data):
        self.read(with_raw_member(member, npy_header(descr, shape, fortran_order) + data))

    @given(st.text(max_size=60) | META.map(json.dumps))
    def test_any_description(self, text):
        self.read(npz(meta=np.array(text)))
