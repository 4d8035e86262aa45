# SPDX-License-Identifier: GPL-3.0-or-later
"""What the exit status of a worker means, in words."""

from __future__ import annotations

import signal

__all__ = ["describe_exit"]

_SEE_LOG = "Look at the log; the next request starts a new worker."


def describe_exit(status: int | None, *, said_hello: bool) -> tuple[str, str]:
    """(“The worker ended unexpectedly with ….”, hint) for an exit status as `subprocess` gives it."""
    when = "" if said_hello else " before it said hello"
    if status is None:
        return "The worker hangs and cannot be ended.", "Restart the computer if it does not disappear."
    if status == 0:
        return f"The worker ended unexpectedly{when}.", _SEE_LOG
    # A shell that wrapped the worker reports the signal as 128 + n; ssh reports its own trouble as 255.
    number = -status if status < 0 else status - 128 if 128 < status < 160 else 0
    if number:
        try:
            name = signal.Signals(number).name
        except ValueError:
            name = f"signal {number}"
        if name == "SIGKILL":
            return (
                f"The worker was killed (SIGKILL){when}.",
                "Often the system does that when memory is short; close something or use a smaller picture.",
            )
        return f"The worker was ended by {name}{when}.", _SEE_LOG
    if status == 127:
        return (
            "The worker could not be started (exit status 127).",
            "A program in the worker command was not found; check the preferences.",
        )
    if status == 255:
        return (
            f"The worker ended unexpectedly with exit status 255{when}.",
            "If the command is ssh, check that you can log in without a password.",
        )
    return f"The worker ended unexpectedly with exit status {status}{when}.", _SEE_LOG
