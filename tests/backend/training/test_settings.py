# SPDX-License-Identifier: GPL-3.0-or-later
"""Configurations: TOML files, changes to them, and one sentence for what does not fit."""

from __future__ import annotations

from dataclasses import asdict, fields, make_dataclass
from pathlib import Path

import pytest

from gid_backend.models.config import CONFIGURATIONS, PAPER, SMALL, PriorConfig, configuration_file
from gid_backend.tables import ConfigurationError, as_dataclass, read_tables
from gid_backend.training.settings import TrainingSettings, read_configuration


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_what_comes_with_the_package_says_every_setting_of_the_training(name: str) -> None:
    """Whoever copies the file to change it should see what there is; steps are for tests, windows for a comparison."""
    told = read_tables(configuration_file(name), ("model", "training"))["training"]
    untold = {field.name for field in fields(TrainingSettings)} - told.keys()
    assert {setting for setting in untold if not setting.endswith("_steps")} <= {"windows"}


def test_a_name_stands_for_a_file_of_the_package() -> None:
    assert read_configuration("small")[0] == SMALL
    assert read_configuration("paper")[0] == PAPER
    assert read_configuration("paper")[1].accumulate == 4


def test_a_file_may_say_little(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text("[model]\nname = 'mine'\nvae_channels = [8, 16]\n")
    config, settings = read_configuration(str(tmp_path / "mine.toml"))
    assert asdict(config) == asdict(PriorConfig(name="mine", vae_channels=(8, 16)))
    assert settings == TrainingSettings()


def test_the_command_line_has_the_last_word(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text("[model]\nbands = 8\n[training]\nbatch = 3\nloop_share = 0.5\n")
    config, settings = read_configuration(
        str(tmp_path / "mine.toml"),
        ["bands=4", "vae_channels = [8, 16]", "mixed_precision=no", "batch=5", "denoiser_minutes=inf"],
        batch=7,
        loop_share=None,
    )
    assert (config.bands, config.vae_channels) == (4, (8, 16))
    assert (settings.batch, settings.loop_share, settings.mixed_precision) == (7, 0.5, "no")
    assert settings.denoiser_minutes == float("inf")


def test_a_new_field_needs_no_code() -> None:
    """What is read follows from the annotations of the dataclass alone."""
    grown = make_dataclass("Grown", [("features", str, "lite0"), ("drops", tuple[float, ...], (0.1,))])
    assert asdict(as_dataclass(grown, {"drops": [0.1, 0.5]}, "[model]")) == {"features": "lite0", "drops": (0.1, 0.5)}  # type: ignore[call-overload]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "[model]\nunet_chanels = 3",
            "“unet_chanels” is no setting of [model] in “FILE”; “unet_channels” may be meant.",
        ),
        (
            "[training]\nbatch = 0",
            "“batch” of [training] in “FILE” does not fit: input should be greater than or equal to 1.",
        ),
        ("[model]\nbands = '16'", "“bands” of [model] in “FILE” does not fit: input should be a valid integer."),
        ("[training]\nmixed_precision = 'fp8'", "“mixed_precision” of [training] in “FILE” does not fit:"),
        ("[models]\nbands = 16", "“models” is no setting of “FILE”; “model” may be meant."),
        ("model = 3", "“model” of “FILE” must be a table, [model]."),
        ("[model\n", "“FILE” is no TOML file: "),
    ],
)
def test_what_does_not_fit_is_refused_by_name(tmp_path: Path, text: str, sentence: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(ConfigurationError) as refused:
        read_configuration(str(path))
    assert refused.value.message.startswith(sentence.replace("FILE", str(path)))
    assert "\n" not in refused.value.message


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ("bnds=3", "“bnds” is no setting of “.*small.toml”; “bands” may be meant"),
        ("bands", "“bands” is no setting=value"),
        ("bands=many", "“bands” of .* does not fit"),
    ],
)
def test_changes_that_do_not_fit_are_refused_by_name(change: str, sentence: str) -> None:
    with pytest.raises(ConfigurationError, match=sentence):
        read_configuration("small", [change])


def test_a_configuration_that_is_not_there_is_told_with_those_that_are() -> None:
    with pytest.raises(ConfigurationError, match=r"no configuration “smal”; give a TOML file or one of small, paper"):
        read_configuration("smal")
