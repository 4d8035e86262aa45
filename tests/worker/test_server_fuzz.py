# SPDX-License-Identifier: GPL-3.0-or-later
"""The reader of the server gets anything at all: it serves, ends, or breaks off; it never crashes or hangs."""

import io
import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

pytest.importorskip("gid_backend", reason="the worker's package is not installed in Blender's Python")

from gid_backend.jobs import Context
from gid_backend.server import Server
from gid_blender.worker.protocol import Request, parse_event, read_frame

HELLO = b'{"hello": {"protocol": 2}}\n'


class Echo:
    """The least that a server can offer."""

    handlers = {"echo": lambda request, context: (dict(request.params), request.parts)}

    def describe_model(self):
        return None

    def prepare(self):
        return {"torch": None}

    def status(self):
        return {"loaded": False}

    def is_loaded(self):
        return False

    def release(self):
        pass


class Sink(io.BytesIO):
    """stdout, kept after it was closed."""

    def close(self):
        pass


def serve(data):
    """(status, frames that the server wrote) for a client that says `data` and is gone."""
    sink = Sink()
    status = Server(Echo(), io.BytesIO(data), sink, idle_release=60.0).run()
    sink.seek(0)
    frames = []
    while (frame := read_frame(sink)) is not None:
        frames.append(frame)
    return status, frames


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=5,
)
REQUEST = st.fixed_dictionaries(
    {},
    optional={
        "id": st.integers(0, 3) | JSON,
        "method": st.sampled_from(["echo", "status", "cancel", "release", "nonsense"]) | JSON,
        "params": st.just({}) | st.fixed_dictionaries({"target": JSON}) | JSON,
        "parts": st.lists(st.integers(0, 8), max_size=2) | JSON,
    },
).map(lambda request: json.dumps(request).encode() + b"\n")


@given(st.lists(REQUEST | st.binary(max_size=20), max_size=6).map(b"".join))
@example(b"[" * 300_000 + b"\n")
@example(b'{"id": ' + b"1" * 5000 + b', "method": "echo"}\n')
@example(b'{"id": 1, "method": "echo", "parts": [2147483648]}\n')
@example(b'{"id": 1, "method": "echo", "parts": [99999999999]}\n')
@example(b'{"id": 1, "method": "cancel", "params": {"target": 1e999}}\n')
def test_anything_is_answered_or_broken_off(data):
    status, frames = serve(HELLO + data)
    assert status in (0, 3)
    assert "hello" in frames[0].header
    for frame in frames[1:]:
        parse_event(frame)


@given(st.binary(max_size=60) | REQUEST)
def test_whoever_does_not_say_hello_is_not_served(data):
    status, frames = serve(data)
    assert status == (0 if data == b"" else 3)
    assert not any("id" in frame.header for frame in frames)


@given(
    st.lists(
        st.tuples(st.integers(0, 1000), st.sampled_from(["status", "cancel"])), max_size=8, unique_by=lambda r: r[0]
    )
)
def test_what_is_answered_at_once_has_exactly_one_terminal_event_each(requests):
    data = b"".join(
        json.dumps({"id": identity, "method": method, "params": {"target": 0}}).encode() + b"\n"
        for identity, method in requests
    )
    _, frames = serve(HELLO + data)
    ends = [frame.header["id"] for frame in frames if frame.header.get("event") == "result"]
    assert ends == [identity for identity, _ in requests]


def test_a_context_of_a_request_says_when_it_is_cancelled():
    context = Context(1, None)
    assert not context.cancelled()
    context.cancel()
    assert context.cancelled()
    assert Request(1, "echo", {}).parts == ()
