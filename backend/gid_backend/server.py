# SPDX-License-Identifier: GPL-3.0-or-later
"""The worker process: speaks the protocol of docs/design.md over stdin and stdout.

Started by Blender as `python -m gid_backend.server`, by people as `gid worker`. Everything that is
imported here comes before the hello, so it is the standard library and little else.
"""

from __future__ import annotations

import logging
import os
import platform
import signal
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any, BinaryIO

from gid_blender.worker.outbox import Outbox, RawWriter
from gid_blender.worker.protocol import (
    PROTOCOL_VERSION,
    Frame,
    ProtocolError,
    Readable,
    Request,
    check_hello,
    parse_request,
    read_frame,
)

from . import __version__
from .environment import number_from_environment
from .jobs import JobRunner, Service

__all__ = ["Server", "claim_streams", "main"]

IDLE_RELEASE_SECONDS = 600.0
# After stdin has ended a step may finish cleanly for this long, then the process ends in the middle of it.
_GRACE_SECONDS = 0.5

_log = logging.getLogger(__name__)


def main(arguments: Sequence[str] | None = None, service: Service | None = None) -> int:
    """Run the worker until stdin ends, and the process with it: once it has served, this does not return.

    Args:
        arguments: `--weights FILE` stands for GID_WEIGHTS, as variables do not travel through ssh; others are ignored.
        service: what to offer instead of the real engine; for tests.

    Returns:
        2 when a person started it at a terminal. Otherwise the process ends with status 0 at the end of
        stdin, and 3 when the client broke the protocol.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    if "--weights" in words[:-1]:
        os.environ["GID_WEIGHTS"] = words[words.index("--weights") + 1]
    if sys.stdin is not None and sys.stdin.isatty():
        print(
            "gid worker is started by Blender and talks to it over a pipe; there is nothing to type here.",
            file=sys.stderr,
        )
        return 2
    stdin, stdout = claim_streams()
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for number in _stop_signals():
        # In the middle of a step too: nothing that matters is ever half-written, so there is nothing to tidy up.
        signal.signal(number, lambda number, frame: os._exit(128 + number))
    if service is None:
        from .engine import Engine

        service = Engine()
    idle_release = number_from_environment("GID_IDLE_SECONDS", IDLE_RELEASE_SECONDS)
    status = Server(service, stdin, stdout, idle_release=idle_release).run()
    logging.shutdown()
    # Not sys.exit: it would wait for threads and destructors of libraries that are in the middle of a step.
    os._exit(status)


def claim_streams() -> tuple[BinaryIO, RawWriter]:
    """(stdin, stdout) for the protocol alone.

    From here on whatever a library prints, in Python or in C, goes to stderr, and whatever reads
    from stdin finds it empty.
    """
    if sys.platform == "win32":
        import msvcrt

        msvcrt.setmode(0, os.O_BINARY)
        msvcrt.setmode(1, os.O_BINARY)
    protocol_in, protocol_out = os.dup(0), os.dup(1)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    return open(protocol_in, "rb", buffering=1 << 16), open(protocol_out, "wb", buffering=0)


class Server:
    """One client's worker. The thread that calls `run` only reads, so it always hears the end of the stream."""

    def __init__(self, service: Service, stdin: Readable, stdout: RawWriter, *, idle_release: float) -> None:
        self._service = service
        self._stdin = stdin
        self._outbox = Outbox(stdout, on_error=_leave)
        self._runner = JobRunner(service, self._outbox, idle_release=idle_release)
        self._device: Mapping[str, Any] = {"torch": None, "device": None}

    def run(self) -> int:
        """Serve until the end of the stream; the exit status of the process."""
        self._outbox.send({"hello": self._hello()})
        threading.Thread(target=self._prepare, name="gid-prepare", daemon=True).start()
        try:
            status = self._serve()
        except ProtocolError as error:
            _log.error("The client broke the protocol. %s", error)
            status = 3
        self._end()
        return status

    def _serve(self) -> int:
        first = read_frame(self._stdin)
        if first is None:
            return 0
        check_hello(first.header, own="the worker", other="the extension")
        self._runner.start()
        while (frame := read_frame(self._stdin)) is not None:
            self._take(frame)
        return 0

    def _take(self, frame: Frame) -> None:
        request = parse_request(frame)
        if request.method == "cancel":
            self._cancel(request)
        elif request.method == "status":
            self._answer(request, self._status())
        else:
            self._runner.add(request)

    def _cancel(self, request: Request) -> None:
        target = request.params.get("target")
        if type(target) is int:
            self._runner.cancel(target)
            self._answer(request, {})
        else:
            error = {"code": "bad_request", "message": "A cancel needs the id of its target.", "hint": ""}
            self._outbox.send({"id": request.id, "event": "error", **error})

    def _answer(self, request: Request, result: Mapping[str, Any]) -> None:
        self._outbox.send({"id": request.id, "event": "result", "result": dict(result)})

    def _status(self) -> Mapping[str, Any]:
        try:
            return {**self._device, **self._service.status()}
        # A GPU in a bad state cannot tell its memory; this thread must go on all the same.
        except Exception as error:
            _log.exception("The status cannot be told")
            return {**self._device, "error": f"{type(error).__name__}: {error}"[:1000]}

    def _hello(self) -> Mapping[str, Any]:
        return {
            "protocol": PROTOCOL_VERSION,
            "version": __version__,
            "python": platform.python_version(),
            "model": self._service.describe_model(),
            "pid": os.getpid(),
        }

    def _prepare(self) -> None:
        try:
            self._device = dict(self._service.prepare())
        # A broken installation can raise anything; each request will then say so.
        except Exception as error:
            _log.exception("The worker's libraries cannot be loaded")
            self._device = {"torch": None, "device": None, "error": f"{type(error).__name__}: {error}"[:1000]}
        self._outbox.send({"event": "device", **self._device})

    def _end(self) -> None:
        """Give the step in hand a moment; who calls this then ends the process in the middle of it."""
        deadline = time.monotonic() + _GRACE_SECONDS
        while self._runner.cancel_all() and time.monotonic() < deadline:
            time.sleep(0.01)
        self._outbox.flush(_GRACE_SECONDS)


def _leave(error: OSError) -> None:
    """Nobody hears us any more. stdin may stay open behind a wrapper, so its end is not waited for."""
    os._exit(0)


def _stop_signals() -> list[signal.Signals]:
    names = ("SIGINT", "SIGTERM", "SIGBREAK", "SIGHUP")
    return [signal.Signals[name] for name in names if name in signal.Signals.__members__]


if __name__ == "__main__":
    sys.exit(main())
