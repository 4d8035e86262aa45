# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests, executed one after another on a thread of their own; each gets exactly one terminal event."""

from __future__ import annotations

import gc
import logging
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeAlias

from gid_blender.worker.outbox import Outbox
from gid_blender.worker.protocol import Part, ProtocolError, Request

from .errors import Cancelled

__all__ = ["Context", "Handler", "JobRunner", "Reply", "Service"]

Reply: TypeAlias = tuple[Mapping[str, Any], Sequence[Part]]

_log = logging.getLogger(__name__)


class Context:
    """What a handler may tell and ask while it works on a request."""

    def __init__(self, request_id: int, outbox: Outbox) -> None:
        self._id = request_id
        self._outbox = outbox
        self._cancelled = threading.Event()

    def progress(self, stage: str, done: int, total: int) -> None:
        """Tell how far the work is."""
        event = {"id": self._id, "event": "progress", "stage": stage, "done": int(done), "total": int(total)}
        self._outbox.send(event)

    def frame(self, index: int, data: Part, *passes: Part) -> None:
        """Hand over a frame and its passes; waits while the client is behind, so frames never pile up here."""
        self._outbox.send({"id": self._id, "event": "frame", "index": int(index)}, [data, *passes], wait=True)

    def cancelled(self) -> bool:
        """Whether the client wants this to end. Ask between steps, then raise `Cancelled`."""
        return self._cancelled.is_set()

    def check(self) -> None:
        """Raise `Cancelled` when the client wants this to end."""
        if self.cancelled():
            raise Cancelled

    def cancel(self) -> None:
        """Make `cancelled` true."""
        self._cancelled.set()


Handler: TypeAlias = Callable[[Request, Context], Reply]


class Service(Protocol):
    """What a worker can do; `gid_backend.engine.Engine` is the real one, tests bring their own."""

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """Requests that take their time, by method."""
        ...

    def describe_model(self) -> Mapping[str, str] | None:
        """The id and sha256 of the model for the hello; must be quick and load nothing."""
        ...

    def prepare(self) -> Mapping[str, Any]:
        """Do the slow imports, after the hello; the fields of the device event."""
        ...

    def status(self) -> Mapping[str, Any]:
        """Answered at once, from another thread than the handlers'."""
        ...

    def is_loaded(self) -> bool:
        """Whether there is memory to release."""
        ...

    def release(self) -> None:
        """Free the memory of the models; called between requests."""
        ...


class JobRunner:
    """The queue of requests and the thread that works on them."""

    def __init__(self, service: Service, outbox: Outbox, *, idle_release: float) -> None:
        """Prepare a runner; `start` starts it.

        Args:
            service: what to do for each method.
            outbox: where events go.
            idle_release: seconds without a request after which memory is released.
        """
        self._service = service
        self._outbox = outbox
        self._idle_release = idle_release
        self._queue: deque[tuple[Request, Context]] = deque()
        self._current: tuple[Request, Context] | None = None
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="gid-jobs", daemon=True)

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def add(self, request: Request) -> None:
        """Put a request at the end of the queue."""
        with self._changed:
            self._queue.append((request, Context(request.id, self._outbox)))
            self._changed.notify_all()

    def cancel(self, target: int) -> None:
        """Ask a request to end. One that has not begun ends at once; one that has ended already stays as it is."""
        with self._changed:
            for entry in self._queue:
                if entry[0].id == target:
                    self._queue.remove(entry)
                    self._outbox.send({"id": target, "event": "cancelled"})
                    return
            if self._current is not None and self._current[0].id == target:
                self._current[1].cancel()

    def cancel_all(self) -> bool:
        """Ask everything to end; True when something is still being worked on."""
        with self._changed:
            self._queue.clear()
            if self._current is not None:
                self._current[1].cancel()
            return self._current is not None

    def _run(self) -> None:
        while True:
            with self._changed:
                self._current = None
                if not self._changed.wait_for(lambda: self._queue, self._idle_release):
                    entry = None
                else:
                    entry = self._current = self._queue.popleft()
            if entry is not None:
                self._execute(*entry)
            elif self._service.is_loaded():
                _log.info("Idle: releasing the model's memory.")
                self._try_to_release()

    def _execute(self, request: Request, context: Context) -> None:
        # Not at the top: it knows numpy's and the models' errors, and the hello does not wait for numpy.
        from .failures import Failure, describe_failure, is_out_of_memory

        failure: Failure | None = None
        release = False
        try:
            result, parts = self._handler(request.method)(request, context)
            self._outbox.send({"id": request.id, "event": "result", "result": dict(result)}, parts, wait=True)
        except Cancelled:
            self._outbox.send({"id": request.id, "event": "cancelled"})
        # Whatever a library raises belongs to this request alone; SystemExit of a library too.
        except BaseException as error:
            failure = describe_failure(error)
            release = is_out_of_memory(error)
            if failure.is_unexpected:
                _log.exception("“%s” failed", request.method)
        if release:
            # Only here, past the except block: until its end the traceback keeps every tensor alive.
            self._try_to_release()
        if failure is not None:
            self._outbox.send(
                {
                    "id": request.id,
                    "event": "error",
                    "code": failure.code,
                    "message": failure.message[:4000],
                    "hint": failure.hint[:4000],
                }
            )

    def _try_to_release(self) -> None:
        """A GPU in a bad state fails at this too, which must not end the thread that all requests need."""
        try:
            self._service.release()
            gc.collect()
        except Exception:
            _log.exception("The memory of the models cannot be released")

    def _handler(self, method: str) -> Handler:
        if method == "release":
            return self._release
        handler = self._service.handlers.get(method)
        if handler is None:
            raise ProtocolError(f"The worker knows no method “{method[:40]}”.")
        return handler

    def _release(self, request: Request, context: Context) -> Reply:
        self._service.release()
        return {}, []
