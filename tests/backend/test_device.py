# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known about a device, and what its driver does not say."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch

from gid_backend.device import describe_memory


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
