# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting for a worker without sleeping longer than needed."""

import os
import time
from pathlib import Path

from gid_blender.worker.supervision import Timing

# Long enough for a busy machine, short enough to wait for where a test is about waiting.
QUICK = Timing(hello=60.0, silence=60.0, grace=0.3, ladder=0.3, restart=0.1)


def answer_of(client):
    """What a hostile worker that behaves (again) answers."""
    job = client.submit("predict")
    assert client.wait(job, 60)
    result, _ = job.value()
    return result["answer"]


def pump_until(client, condition, seconds=60):
    """Pump as Blender's timer does, until `condition()`."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        client.pump()
        time.sleep(0.002)


def wait_until(condition, seconds=60):
    """Wait for something that happens in another process."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def is_alive(pid):
    """Whether a process runs; one that is dead and only not yet buried by its parent does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    try:
        is_dead = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
        # Its parent is told only when the last of its threads is gone too.
        return not is_dead or len(list(Path(f"/proc/{pid}/task").iterdir())) > 1
    except FileNotFoundError:
        return not Path("/proc/self").exists()
    except ProcessLookupError:
        # Buried between the opening of its file and the reading.
        return False
