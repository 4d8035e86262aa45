# SPDX-License-Identifier: GPL-3.0-or-later
"""Presets of the equaliser: functions of the frequency, whatever the length of the loop."""

import numpy as np
import pytest

from gid_blender.motion import PRESETS, preset_gains


def test_the_presets_that_there_are():
    assert set(PRESETS) >= {"neutral", "breeze", "gusty", "flutter", "heavy", "underwater"}
    assert all(p.label and p.description and not p.description.endswith(".") for p in PRESETS.values())


@pytest.mark.parametrize("name", PRESETS)
def test_gains_can_be_used_as_they_are(name):
    gains = preset_gains(name, 16, 5.0)
    assert gains.shape == (16,)
    # The controls in Blender go to 2 by hand.
    assert ((gains >= 0) & (gains <= 2)).all()
    assert gains[0] == 1.0


@pytest.mark.parametrize("name", PRESETS)
def test_the_same_frequency_has_the_same_gain_in_a_loop_of_any_length(name):
    np.testing.assert_allclose(preset_gains(name, 31, 10.0)[2::2], preset_gains(name, 16, 5.0)[1:])


def test_they_do_what_they_are_called():
    gains = {name: preset_gains(name, 16, 5.0) for name in PRESETS}
    slow, fast = slice(1, 3), slice(8, 16)
    assert (gains["neutral"] == 1).all()
    assert gains["breeze"].max() == 1
    assert gains["breeze"][1:].max() < 0.8
    assert gains["gusty"][slow].min() > 1.2
    assert gains["gusty"][8:11].max() > gains["gusty"][4]
    assert gains["flutter"][fast].min() > 3 * gains["flutter"][slow].max()
    assert gains["heavy"][slow].min() > 8 * gains["heavy"][fast].max()
    assert gains["underwater"][slow].min() > 1
    assert gains["underwater"][fast].max() < 0.02


@pytest.mark.parametrize("arguments", [("storm", 16, 5.0), ("heavy", 0, 5.0), ("heavy", 16, 0.0)])
def test_what_there_is_not_is_refused(arguments):
    with pytest.raises(ValueError, match=r"\.$"):
        preset_gains(*arguments)
