# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that were cut short are found out by what their formats say of their own end."""

import struct
import zipfile

import pytest

from gid_blender.motion.complete import is_complete

BODY = bytes(range(256))
FBX_END = bytes.fromhex("f85a8c6adef5d97eece90ce3758f290b")
WHOLE = {
    "a.glb": b"glTF" + struct.pack("<II", 2, 12 + len(BODY)) + BODY,
    "a.fbx": b"Kaydara FBX Binary  \0" + BODY + FBX_END,
    "a.usdc": b"PXR-USDC" + bytes(8) + struct.pack("<q", 200) + BODY,
    "a.usd": b"PXR-USDC" + bytes(8) + struct.pack("<q", 200) + BODY,
}


@pytest.mark.parametrize("name", WHOLE)
def test_whole_and_cut(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(WHOLE[name])
    assert is_complete(path)
    for kept in (len(WHOLE[name]) // 2, 10, 0):
        path.write_bytes(WHOLE[name][:kept])
        assert not is_complete(path)


def test_alembic_that_was_never_closed(tmp_path):
    path = tmp_path / "a.abc"
    path.write_bytes(b"Ogawa\xff\x00\x01" + BODY)
    assert is_complete(path)
    path.write_bytes(b"Ogawa\x00\x00\x01" + BODY)
    assert not is_complete(path)


def test_a_zip_has_its_table_at_the_end(tmp_path):
    path = tmp_path / "a.usdz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.usdc", BODY)
    raw = path.read_bytes()
    assert is_complete(path)
    path.write_bytes(raw[: len(raw) // 2])
    assert not is_complete(path)


def test_what_has_no_rule_needs_bytes(tmp_path):
    path = tmp_path / "a.obj"
    assert not is_complete(path)
    path.write_bytes(b"")
    assert not is_complete(path)
    path.write_bytes(b"v 0 0 0")
    assert is_complete(path)
    assert not is_complete(tmp_path)
