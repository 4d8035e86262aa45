# SPDX-License-Identifier: GPL-3.0-or-later
"""The worker's own server and protocol, with a prediction that is made up in no time instead of the model.

Run as a script by the extension under test, with any Python. "steps" is how many twentieths of a second it takes.
"""

import os
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT), str(ROOT / "backend")]

from gid_backend.errors import OutOfMemory  # noqa: E402
from gid_backend.server import main  # noqa: E402


class QuickService:
    def describe_model(self):
        return {"id": Path(os.environ.get("GID_WEIGHTS", "made-up")).stem, "sha256": "0" * 64}

    def prepare(self):
        return {"torch": "none", "device": "cpu", "name": "No device", "memory_total": 2, "memory_free": 1}

    def status(self):
        return {"loaded": False, "cache_bytes": 0, "cache_limit": 1000, "model": self.describe_model()}

    def is_loaded(self):
        return False

    def release(self):
        pass

    @property
    def handlers(self):
        return {"predict": self.predict, "release": lambda *_: ({}, []), "clear_cache": lambda *_: ({"freed": 0}, [])}

    def predict(self, request, context):
        import numpy as np

        from gid_blender import motion

        seed = request.params.get("seed", 0)
        if seed == 666:
            raise OutOfMemory("The device has too little memory.", "Close other programs that use it.")
        if seed == 667:
            # As the system does when memory is short.
            os._exit(137)
        steps = request.params.get("steps", 2)
        for step in range(steps):
            context.progress("Denoising", step, steps)
            context.check()
            time.sleep(0.05)
        fields = np.random.default_rng(seed).normal(size=(2, 4, 2, 10, 16)) * 0.003
        meta = {"seed": seed, "model": "made-up", "settings": {"mask": request.params.get("mask")}}
        volume = motion.SpectralVolume(fields[0] + 1j * fields[1], meta=meta)
        return {"cached": False}, [motion.dumps(volume)]


if __name__ == "__main__":
    main(service=QuickService())
