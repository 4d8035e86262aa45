# SPDX-License-Identifier: GPL-3.0-or-later
"""The one error that a job can end with."""

from __future__ import annotations

__all__ = ["WorkerError"]


class WorkerError(Exception):
    """A request failed; enough is here to say what happened and what to do about it.

    Attributes:
        code: short stable name: `bad_request`, `bad_image`, `bad_volume`, `bad_weights`,
            `out_of_memory` or `failed` from the worker; `worker_missing`, `worker_died`,
            `worker_silent`, `protocol_error`, `version_mismatch` or `stopped` from the client.
        message: one sentence: what is wrong.
        hint: one sentence: what to do, or "".
        log: the last lines that the worker wrote to its log, oldest first.
        status: exit status of the worker as Python counts it (-9: killed by signal 9); None while it lives.
    """

    def __init__(
        self, code: str, message: str, hint: str = "", log: tuple[str, ...] = (), status: int | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint
        self.log = log
        self.status = status

    def report(self) -> str:
        """Everything, as text to be copied into a bug report."""
        lines = [f"{self.code}: {self.message}"]
        if self.hint:
            lines.append(self.hint)
        if self.status is not None:
            lines.append(f"Exit status {self.status}.")
        if self.log:
            lines += ["", "Last lines of the worker's log:", *self.log]
        return "\n".join(lines)
