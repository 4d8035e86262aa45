# SPDX-License-Identifier: GPL-3.0-or-later
"""What all suites share: how hypothesis searches, and how a process with bpy in it ends."""

import os
import signal
import sys

import pytest
from hypothesis import HealthCheck, settings

# No deadlines: a busy machine is no defect. On CI the same examples each time, so that a red run can be repeated.
settings.register_profile(
    "here",
    deadline=None,
    derandomize=bool(os.environ.get("CI")),
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("here")

# A shell's background job ignores Ctrl-C, and so would every process that a test starts and interrupts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

_status = 0


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(exitstatus: int) -> None:
    global _status
    _status = int(exitstatus)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    # bpy 4.5 can hang while the interpreter takes it down. That the extension itself leaves nothing behind that would
    # make Blender hang is tested in processes of their own; here all that is left is to hand on the status.
    if "bpy" in sys.modules:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(_status)
