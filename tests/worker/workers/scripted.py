# SPDX-License-Identifier: GPL-3.0-or-later
"""The real server with requests that show one behaviour each, instead of the models."""

import os
import subprocess
import sys
import time

from gid_backend import server
from gid_backend.errors import Cancelled, ImageError


def echo(request, context):
    return dict(request.params), request.parts


def wait(request, context):
    """Work in steps of 10 ms, and look for a cancel between them."""
    total = int(request.params.get("steps", 1000))
    for done in range(total):
        context.progress("Waiting", done, total)
        if context.cancelled():
            raise Cancelled
        time.sleep(0.01)
    return {"waited": total}, []


def stubborn(request, context):
    """One long step that looks at nothing, as a matrix product does."""
    context.progress("Busy", 0, 1)
    time.sleep(60)
    return {}, []


def frames(request, context):
    for index in range(int(request.params["count"])):
        context.check()
        context.frame(index, bytes([index % 256]) * int(request.params["size"]))
    return {"count": request.params["count"]}, []


def numpy_out_of_memory(request, context):
    import numpy

    return {}, [numpy.zeros(1 << 60, numpy.uint8)]


def torch_out_of_memory(request, context):
    """What torch really raises on the CPU when an allocation fails."""
    import torch

    return {"never": torch.zeros(1 << 50).shape}, []


def bug(request, context):
    return {"quotient": 1 // int(request.params.get("divisor", 0))}, []


def bad_image(request, context):
    raise ImageError("The picture is upside down.", "Turn it.")


def leave(request, context):
    sys.exit("a library had enough")


def chatty(request, context):
    """What libraries do: print from Python, print from C, start a program that prints, read from stdin."""
    print("a library says hello")
    os.write(1, b"a C library says hello\n")
    subprocess.run(["sh", "-c", "echo a program says hello; cat"], check=True)
    return {"stdin": sys.stdin.read()}, []


class Service:
    """Everything that `gid_backend.engine.Engine` is to the server."""

    def __init__(self):
        self.loaded = False

    @property
    def handlers(self):
        return {**HANDLERS, "load": self.load}

    def load(self, request, context):
        self.loaded = True
        return {}, []

    def describe_model(self):
        return {"id": "scripted", "sha256": "0" * 64}

    def prepare(self):
        if os.environ.get("GID_TEST_BROKEN"):
            raise OSError("libtorch.so: cannot open shared object file")
        return {"torch": "0", "device": "cpu", "name": "scripted", "memory_total": 2, "memory_free": 1}

    def status(self):
        bad_gpu()
        return {"loaded": self.loaded}

    def is_loaded(self):
        return self.loaded

    def release(self):
        bad_gpu()
        self.loaded = False


def bad_gpu():
    if os.environ.get("GID_TEST_BAD_GPU"):
        raise RuntimeError("CUDA error: an illegal memory access was encountered")


HANDLERS = {
    function.__name__: function
    for function in (
        echo,
        wait,
        stubborn,
        frames,
        numpy_out_of_memory,
        torch_out_of_memory,
        bug,
        bad_image,
        leave,
        chatty,
    )
}

if __name__ == "__main__":
    sys.exit(server.main(service=Service()))
