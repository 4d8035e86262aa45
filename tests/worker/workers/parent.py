# SPDX-License-Identifier: GPL-3.0-or-later
"""Stands for Blender: starts a worker with the arguments given, gives it a long request, tells its pid, and waits."""

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from gid_blender.worker.client import WorkerClient

client = WorkerClient(sys.argv[1:])
job = client.submit("stubborn")
while job.stage != "Busy":
    client.pump()
    time.sleep(0.01)
print(client.hello["pid"], flush=True)
time.sleep(60)
