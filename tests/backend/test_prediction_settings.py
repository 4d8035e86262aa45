# SPDX-License-Identifier: GPL-3.0-or-later
"""One place knows what a prediction may be told; shell and wire add nothing of their own."""

from dataclasses import fields
from typing import Any

import pytest

from gid_backend.prediction_settings import DEFAULTS, PredictionSettings, SettingsError
from gid_backend.request_params import PredictParams

IMAGE = {"shape": [16, 16, 3], "dtype": "uint8"}


@pytest.mark.parametrize(
    "setting",
    [
        {"steps": 0},
        {"steps": 1001},
        {"guidance": -0.1},
        {"guidance": 20.1},
        {"guidance": float("nan")},
        {"loop_guidance": float("inf")},
        {"strength": 0.0},
        {"strength": 0.11},
        {"solver": "euler"},
    ],
    ids=str,
)
def test_what_is_out_of_range_is_refused_in_a_sentence(setting: dict[str, Any]) -> None:
    with pytest.raises(SettingsError, match=r"must be|choose one of") as refusal:
        PredictionSettings(**setting)
    assert isinstance(refusal.value, ValueError)
    assert refusal.value.code == "bad_request"


@pytest.mark.parametrize(
    "setting",
    [
        {"steps": 1},
        {"steps": 1000},
        {"guidance": 0.0},
        {"guidance": 20.0},
        {"loop_guidance": 1000.0},
        {"strength": 0.1},
    ],
    ids=str,
)
def test_the_ends_of_a_range_belong_to_it(setting: dict[str, Any]) -> None:
    assert PredictionSettings(**setting).as_dict() == {**DEFAULTS.as_dict(), **setting}


class TestOverTheWire:
    def test_a_request_without_settings_has_the_predictors_own(self) -> None:
        assert PredictParams.model_validate({"image": IMAGE}).settings() == DEFAULTS

    def test_every_setting_can_be_sent(self) -> None:
        wanted = PredictionSettings(steps=3, guidance=2.0, loop_guidance=5.0, solver="ddim", strength=0.004)
        sent = wanted.as_dict()
        assert sent.keys() == {field.name for field in fields(PredictionSettings)}
        assert PredictParams.model_validate({"image": IMAGE, "seed": 1, **sent}).settings() == wanted
