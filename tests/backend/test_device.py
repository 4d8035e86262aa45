# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known about a device, and what its driver does not say."""

from __future__ import annotations

import signal
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from gid_backend.commands import run
from gid_backend.device import describe_memory, usable_device
from gid_backend.encode import write_image
from gid_backend.errors import GidError
from gid_blender.motion import files

from .clips import smooth_volume, textured_picture


def test_the_processor_has_memory_and_some_of_it_free() -> None:
    memory = describe_memory("cpu")
    if memory["memory_total"] is None:
        pytest.skip("this system does not say")
    assert 0 < memory["memory_free"] <= memory["memory_total"]


@pytest.mark.parametrize("told", [True, False])
def test_many_of_intels_gpus_do_not_say_what_is_free(monkeypatch: pytest.MonkeyPatch, told: bool) -> None:
    def mem_get_info(device: torch.device) -> tuple[int, int]:
        if told:
            return 3 << 30, 16 << 30
        raise RuntimeError(f"The device ({device}) doesn't support querying the available free memory.")

    monkeypatch.setattr(torch.xpu, "mem_get_info", mem_get_info)
    monkeypatch.setattr(torch.xpu, "get_device_properties", lambda _: SimpleNamespace(total_memory=16 << 30))
    assert describe_memory("xpu") == {"memory_total": 16 << 30, "memory_free": 3 << 30 if told else None}


@pytest.mark.parametrize("name", ["tpu", "cuda:x", "cuda:99", "hpu", "meta", "xla"])
def test_a_device_that_is_not_here_is_told_in_a_sentence(name: str) -> None:
    with pytest.raises(GidError, match=f"The device “{name}” cannot be used here") as caught:
        usable_device(name)
    assert caught.value.hint == "Choose cpu."
    assert usable_device("cpu") == torch.device("cpu")


@pytest.mark.parametrize("command", ["predict", "animate", "render", "simulate", "batch"])
def test_every_command_says_so(command: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "photos").mkdir()
    picture, volume, out = tmp_path / "photos" / "a.png", tmp_path / "a.npz", tmp_path / "out"
    write_image(picture, textured_picture(48, 64))
    files.save(smooth_volume(12, 16, amplitude=0.02), volume)
    words = {
        "predict": [picture, "-o", tmp_path / "b.npz"],
        "animate": [picture, "-o", out],
        "render": [picture, volume, "-o", out],
        "simulate": [picture, volume, "-o", out, "--ambient", 1],
        "batch": [picture.parent, "-o", out],
    }
    handler = signal.getsignal(signal.SIGTERM)
    try:
        assert run([command, *map(str, words[command]), "--device", "tpu"]) == 2
    finally:
        signal.signal(signal.SIGTERM, handler)
    said = " ".join(capfd.readouterr().err.split())
    assert "gid: The device “tpu” cannot be used here. Choose cpu." in said
    assert "Traceback" not in said
