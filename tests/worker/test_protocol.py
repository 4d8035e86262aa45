# SPDX-License-Identifier: GPL-3.0-or-later
"""The wire: what is written comes back; whatever else arrives is refused with one error, at once, in bounded memory."""

import io
import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gid_blender.worker.protocol import (
    MAX_LINE,
    MAX_PARTS,
    PROTOCOL_VERSION,
    ProtocolError,
    StreamEnded,
    VersionMismatch,
    check_hello,
    encode_header,
    parse_event,
    parse_request,
    read_frame,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
HEADERS = st.dictionaries(st.text().filter(lambda key: key != "parts"), JSON, max_size=5)
PARTS = st.lists(st.binary(max_size=300), max_size=4)


def wire(header, parts=()):
    return encode_header(header, parts) + b"".join(parts)


def line(**header):
    return json.dumps(header).encode() + b"\n"


class TestFrames:
    @given(st.lists(st.tuples(HEADERS, PARTS), max_size=4))
    def test_what_is_written_comes_back(self, frames):
        stream = io.BytesIO(b"".join(wire(header, parts) for header, parts in frames))
        for header, parts in frames:
            frame = read_frame(stream)
            assert {key: value for key, value in frame.header.items() if key != "parts"} == header
            assert list(frame.parts) == parts
        assert read_frame(stream) is None

    @given(HEADERS, PARTS, st.data())
    def test_a_frame_that_is_cut_off_is_never_taken_for_a_whole_one(self, header, parts, data):
        whole = wire(header, parts)
        cut = data.draw(st.integers(1, len(whole) - 1))
        with pytest.raises(StreamEnded):
            read_frame(io.BytesIO(whole[:cut]))

    @given(st.binary(max_size=2000))
    @example(b"[" * 100_000 + b"\n")
    @example(b'{"a":' * 100_000 + b"\n")
    @example(b'{"parts": [' + b"9" * 5000 + b"]}\n")
    @example(b'{"parts": [1e400]}\n')
    @example(b'{"parts": [true]}\n')
    @example(b'{"parts": [-1]}\n')
    @example(b'{"parts": {"0": 1}}\n')
    @example(b'{"parts": null}\n')
    @example(b'{"a": NaN}\n')
    @example(b'{"a": "\\ud800"}\n')
    @example(b"\xff\xfe\n")
    @example(b"\n")
    @example(b"null\n")
    def test_random_bytes_give_frames_or_the_one_error(self, data):
        stream = io.BytesIO(data)
        try:
            while (frame := read_frame(stream)) is not None:
                # What passes can be printed and sent on.
                json.dumps(frame.header, ensure_ascii=False).encode()
        except ProtocolError:
            pass

    @given(st.integers(1, 3000))
    def test_a_message_that_nests_to_any_depth_is_read_or_refused(self, depth):
        stream = io.BytesIO(b'{"a": ' + b"[" * depth + b"]" * depth + b"}\n")
        try:
            assert read_frame(stream) is not None
        except ProtocolError:
            assert depth > 100

    @pytest.mark.parametrize(
        "sizes", [[10**10], [2**31, 1], [10**4000], [1] * (MAX_PARTS + 1)], ids=["10 GB", "sum", "digits", "count"]
    )
    def test_an_announcement_beyond_the_limits_is_refused_before_anything_is_read(self, sizes):
        stream = io.BytesIO(b'{"parts": %s}\n' % str(sizes).encode())
        position = len(stream.getvalue())
        with pytest.raises(ProtocolError):
            read_frame(stream)
        assert stream.tell() == position

    def test_a_line_without_end_is_given_up_at_the_limit(self):
        class Endless(io.RawIOBase):
            taken = 0

            def readable(self):
                return True

            def readinto(self, buffer):
                buffer[:] = b"x" * len(buffer)
                Endless.taken += len(buffer)
                return len(buffer)

        with pytest.raises(ProtocolError, match="longer than"):
            read_frame(io.BufferedReader(Endless()))
        assert Endless.taken < 2 * MAX_LINE

    def test_a_name_that_is_not_utf_8_costs_a_character_and_not_the_message(self):
        assert read_frame(io.BytesIO(wire({"path": "a\udcffb"}))).header == {"path": "a?b"}

    @pytest.mark.parametrize("header", [{"a": float("nan")}, {"a": object()}, {"a": "x" * MAX_LINE}])
    def test_what_the_other_side_would_refuse_is_not_written(self, header):
        with pytest.raises(ProtocolError):
            encode_header(header)

    def test_parts_of_every_kind_of_buffer_are_counted_in_bytes(self):
        numbers = memoryview(bytes(12)).cast("I")
        assert json.loads(encode_header({}, [b"ab", bytearray(3), numbers]))["parts"] == [2, 3, 12]

    def test_a_part_that_does_not_lie_in_one_piece_is_refused(self):
        with pytest.raises(ProtocolError, match="one piece"):
            encode_header({}, [memoryview(bytes(10))[::2]])


class TestMessages:
    @given(HEADERS | st.fixed_dictionaries({}, optional={"id": JSON, "method": JSON, "params": JSON, "event": JSON}))
    def test_any_json_is_a_message_or_the_one_error(self, header):
        frame = read_frame(io.BytesIO(wire(header)))
        for parse in (parse_request, parse_event, lambda f: check_hello(f.header, own="a", other="b")):
            try:
                parse(frame)
            except ProtocolError:
                pass

    @pytest.mark.parametrize(
        "header",
        [
            {"id": 1, "event": "progress", "stage": "x", "done": "1", "total": 2},
            {"id": 1, "event": "progress", "stage": "x", "done": True, "total": 2},
            {"id": 1, "event": "progress", "stage": "x", "done": 1, "total": 1 << 60},
            {"id": 1, "event": "progress", "stage": 3, "done": 1, "total": 2},
            {"id": 1, "event": "error", "code": "failed", "message": "x"},
            {"id": 1, "event": "result", "result": []},
            {"id": 1, "event": "frame", "index": 0},
            {"id": "1", "event": "cancelled"},
            {"id": -1, "event": "cancelled"},
            {"event": "result", "result": {}},
            {"event": 3},
            {},
        ],
    )
    def test_an_event_with_a_wrong_field_is_refused(self, header):
        with pytest.raises(ProtocolError):
            parse_event(read_frame(io.BytesIO(line(**header))))

    def test_events_that_a_later_version_may_add_are_let_through(self):
        event = parse_event(read_frame(io.BytesIO(line(event="weather", mood="fine"))))
        assert (event.id, event.name) == (None, "weather")


class TestHello:
    def test_the_same_version_is_accepted(self):
        header = {"hello": {"protocol": PROTOCOL_VERSION, "version": "7"}}
        assert check_hello(header, own="the extension", other="the worker")["version"] == "7"

    @pytest.mark.parametrize(
        ("theirs", "advice"), [(PROTOCOL_VERSION + 1, "update the extension."), (0, "update the worker.")]
    )
    def test_a_mismatch_says_which_side_to_update(self, theirs, advice):
        with pytest.raises(VersionMismatch) as caught:
            check_hello({"hello": {"protocol": theirs}}, own="the extension", other="the worker")
        assert str(caught.value).endswith(advice)

    @pytest.mark.parametrize("hello", [None, [], {}, {"protocol": "1"}, {"protocol": True}, {"protocol": 1.0}])
    def test_anything_else_is_no_hello(self, hello):
        with pytest.raises(ProtocolError):
            check_hello({"hello": hello}, own="a", other="b")
