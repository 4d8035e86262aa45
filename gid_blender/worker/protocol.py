# SPDX-License-Identifier: GPL-3.0-or-later
"""The wire between Blender and the worker: frames, and what each kind of message must hold.

A frame is one line of UTF-8 JSON (an object), followed by as many raw bytes as its `parts` say.
Both sides import this module, so there is one parser of one format. Everything that arrives is
treated as hostile: whatever the bytes are, a reader gets a frame, the end, or a `ProtocolError`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeAlias

__all__ = [
    "MAX_LINE",
    "MAX_PARTS",
    "MAX_PART_BYTES",
    "PROTOCOL_VERSION",
    "TERMINAL_EVENTS",
    "Event",
    "Frame",
    "Part",
    "ProtocolError",
    "Request",
    "StreamEnded",
    "VersionMismatch",
    "check_hello",
    "encode_header",
    "parse_event",
    "parse_request",
    "read_frame",
]

PROTOCOL_VERSION: Final = 2
MAX_LINE: Final = 1 << 20
MAX_PARTS: Final = 64
MAX_PART_BYTES: Final = 2 << 30
TERMINAL_EVENTS: Final = frozenset({"result", "error", "cancelled"})

# Memory grows with what arrived, not with what was announced: a lie about the size costs at most this.
_CHUNK: Final = 64 << 20
# Every whole number up to here is exact in a JSON reader of any language, and divides without overflow.
_MAX_INT: Final = 1 << 53

Part: TypeAlias = bytes | bytearray | memoryview


class ProtocolError(ValueError):
    """What arrived, or what should be sent, is no message of this protocol. The message is one sentence."""


class StreamEnded(ProtocolError):
    """The stream ended in the middle of a frame: the other side died or was cut off."""


class VersionMismatch(ProtocolError):
    """The other side speaks another version of the protocol; the message says which side to update."""


class Readable(Protocol):
    """The two methods of a binary stream that a reader needs."""

    def readline(self, size: int, /) -> bytes: ...
    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Frame:
    """One message: a JSON object and its binary parts."""

    header: Mapping[str, Any]
    parts: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Request:
    """What the client asks: `method` with `params`; every event that answers it carries `id`."""

    id: int
    method: str
    params: Mapping[str, Any]
    parts: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Event:
    """What the worker says: about a request when `id` is set, about itself when it is None."""

    id: int | None
    name: str
    fields: Mapping[str, Any]
    parts: tuple[bytes, ...] = ()


def encode_header(header: Mapping[str, Any], parts: Sequence[Part] = ()) -> bytes:
    """The line that announces `parts`, each of which must follow whole and in order.

    Raises:
        ProtocolError: when the message is no JSON, or beyond the limits of a frame.
    """
    views = [memoryview(part) for part in parts]
    if not all(view.c_contiguous for view in views):
        raise ProtocolError("The parts of a message must lie in one piece in memory.")
    sizes = [view.nbytes for view in views]
    _check_sizes(sizes)
    try:
        text = json.dumps({**header, "parts": sizes} if sizes else dict(header), ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise ProtocolError(f"The message cannot be written as JSON ({error}).") from error
    # Half a surrogate pair (a file name that is not UTF-8) has no bytes; a question mark loses less than the message.
    line = text.encode("utf-8", "replace") + b"\n"
    if len(line) > MAX_LINE:
        raise ProtocolError(
            f"The message has {len(line)} bytes, where {MAX_LINE} are allowed; send fewer frames at once."
        )
    return line


def read_frame(stream: Readable) -> Frame | None:
    """The next frame, or None when the stream has ended between two frames.

    Raises:
        ProtocolError: when the bytes are no frame, exceed a limit, or end in the middle. The
            stream is then out of step and of no further use.
    """
    line = stream.readline(MAX_LINE + 1)
    if not line:
        return None
    if not line.endswith(b"\n"):
        if len(line) > MAX_LINE:
            raise ProtocolError(f"A message is longer than {MAX_LINE} bytes: {_glimpse(line)}.")
        raise StreamEnded(f"The stream ended in the middle of a message: {_glimpse(line)}.")
    header = _parse_object(line)
    sizes = header.get("parts", [])
    if not isinstance(sizes, list) or not all(type(size) is int and size >= 0 for size in sizes):
        raise ProtocolError("The sizes of the parts are no list of whole numbers.")
    _check_sizes(sizes)
    return Frame(header, tuple(_read_part(stream, size) for size in sizes))


def parse_request(frame: Frame) -> Request:
    """The request in a frame.

    Raises:
        ProtocolError: when id, method or params are missing or of the wrong type.
    """
    header = frame.header
    method, params = header.get("method"), header.get("params", {})
    if not isinstance(method, str) or not isinstance(params, dict):
        raise ProtocolError("A request needs a method and, if it has any, an object of params.")
    return Request(_parse_id(header.get("id")), method, params, frame.parts)


def parse_event(frame: Frame) -> Event:
    """The event in a frame, its fields checked for their types.

    Raises:
        ProtocolError: when the event is of no known shape.
    """
    header = frame.header
    name = header.get("event")
    if not isinstance(name, str):
        raise ProtocolError(
            f"The worker sent something that is no event: {_glimpse(json.dumps(dict(header)).encode())}."
        )
    known = _EVENT_FIELDS.get(name, {})
    for field, kind in known.items():
        value = header.get(field)
        if not isinstance(value, kind) or isinstance(value, bool) or (type(value) is int and abs(value) > _MAX_INT):
            raise ProtocolError(f"The event “{name[:40]}” has no valid “{field}”.")
    concerns_request = name in _EVENT_FIELDS
    identity = _parse_id(header.get("id")) if concerns_request or "id" in header else None
    if name == "frame" and not frame.parts:
        raise ProtocolError("A frame event carries the frame, and its passes if there are any.")
    return Event(identity, name, header, frame.parts)


def check_hello(header: Mapping[str, Any], *, own: str, other: str) -> Mapping[str, Any]:
    """The content of the other side's hello.

    Args:
        header: the first frame that arrived.
        own: what this side is called in a sentence, such as "the extension".
        other: what the other side is called.

    Raises:
        VersionMismatch: when it speaks another version.
        ProtocolError: when it is no hello.
    """
    hello = header.get("hello")
    if not isinstance(hello, dict) or type(hello.get("protocol")) is not int:
        raise ProtocolError(f"The first message of {other} is no hello.")
    theirs = hello["protocol"]
    if theirs != PROTOCOL_VERSION:
        behind = own if theirs > PROTOCOL_VERSION else other
        raise VersionMismatch(
            f"{other.capitalize()} speaks version {theirs} of the protocol and {own} version {PROTOCOL_VERSION}:"
            f" update {behind}."
        )
    return hello


_EVENT_FIELDS: Final[Mapping[str, Mapping[str, type]]] = {
    "progress": {"stage": str, "done": int, "total": int},
    "frame": {"index": int},
    "result": {"result": dict},
    "error": {"code": str, "message": str, "hint": str},
    "cancelled": {},
}


def _parse_object(line: bytes) -> dict[str, Any]:
    try:
        text = line.decode("utf-8")
        header = json.loads(text, parse_constant=_refuse_constant)
        if "\\u" in text:
            # An escaped half of a surrogate pair parses, and then breaks whoever prints or stores it.
            json.dumps(header, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError) as error:
        raise ProtocolError(f"A message is no JSON: {_glimpse(line)}.") from error
    if not isinstance(header, dict):
        raise ProtocolError(f"A message is no JSON object: {_glimpse(line)}.")
    return header


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _parse_id(value: object) -> int:
    if type(value) is not int or not 0 <= value <= _MAX_INT:
        raise ProtocolError("A message has no valid id.")
    return value


def _check_sizes(sizes: Sequence[int]) -> None:
    if len(sizes) > MAX_PARTS:
        raise ProtocolError(f"A message has {len(sizes)} parts, where {MAX_PARTS} are allowed.")
    if sum(sizes) > MAX_PART_BYTES:
        # A number of thousands of digits can be neither a float nor printed.
        raise ProtocolError(
            f"A message announces {min(sum(sizes), _MAX_INT):.3g} bytes, where {MAX_PART_BYTES} are allowed."
        )


def _read_part(stream: Readable, size: int) -> bytes:
    chunks = []
    missing = size
    while missing:
        chunk = stream.read(min(missing, _CHUNK))
        if not chunk:
            raise StreamEnded(f"The stream ended {missing} bytes before the end of a part of {size} bytes.")
        chunks.append(chunk)
        missing -= len(chunk)
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def _glimpse(line: bytes) -> str:
    """The beginning of what arrived, fit to be shown in a sentence."""
    text = line[:120].decode("utf-8", "replace").strip()
    return "“" + "".join(c if c.isprintable() else "·" for c in text) + ("…”" if len(line) > 120 else "”")
