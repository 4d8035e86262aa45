# SPDX-License-Identifier: GPL-3.0-or-later
"""A network that is told to stop stops before its next layer, and works again afterwards."""

import pytest
import torch

from gid_backend.errors import Cancelled
from gid_backend.interrupting import cancelled_between_layers


class Counting(torch.nn.Module):
    calls = 0

    def forward(self, x):
        Counting.calls += 1
        return x


@pytest.mark.parametrize("allowed", [0, 1, 5])
def test_no_layer_runs_after_the_cancel(allowed):
    Counting.calls = 0
    network = torch.nn.Sequential(*(Counting() for _ in range(10)))
    with pytest.raises(Cancelled), cancelled_between_layers(lambda: Counting.calls >= allowed):
        network(torch.zeros(1))
    assert Counting.calls == allowed
    network(torch.zeros(1))
    assert Counting.calls == allowed + 10


def test_without_a_cancel_nothing_changes():
    layer = torch.nn.Linear(3, 2)
    x = torch.ones(1, 3)
    with cancelled_between_layers(lambda: False):
        inside = layer(x)
    assert torch.equal(inside, layer(x))
