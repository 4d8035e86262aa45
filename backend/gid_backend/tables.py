# SPDX-License-Identifier: GPL-3.0-or-later
"""From the tables of a TOML file to dataclasses, with one sentence for whatever does not fit."""

from __future__ import annotations

import difflib
import json
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeVar

from .errors import GidError

__all__ = ["ConfigurationError", "as_dataclass", "read_tables", "refuse_unknown"]

T = TypeVar("T")


class ConfigurationError(GidError):
    """A configuration cannot be read, or has settings that do not exist or do not fit."""

    code = "bad_configuration"


def read_tables(path: Path, known: Sequence[str]) -> dict[str, dict[str, Any]]:
    """The tables of a TOML file by name, those that it leaves out empty.

    Args:
        path: of the file.
        known: names of tables that may be there.

    Raises:
        ConfigurationError: when it cannot be read, is no TOML, or holds anything but these tables.
    """
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(f"The configuration “{path}” cannot be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"“{path}” is no TOML file: {error}.") from error
    refuse_unknown(values, known, f"“{path}”")
    for name, value in values.items():
        if not isinstance(value, dict):
            raise ConfigurationError(f"“{name}” of “{path}” must be a table, [{name}].")
    return {name: values.get(name, {}) for name in known}


def as_dataclass(cls: type[T], table: Mapping[str, Any], place: str) -> T:
    """A dataclass from a table: settings that are left out keep the dataclass' defaults.

    Args:
        cls: whose annotations say what fits; pydantic's `Field` in `Annotated` gives ranges.
        table: as TOML or JSON holds it: a list stands for a tuple.
        place: of the table, for the message.

    Raises:
        ConfigurationError: for a setting that does not exist or does not fit.
    """
    import pydantic

    refuse_unknown(table, [field.name for field in fields(cls)], place)  # type: ignore[arg-type]
    try:
        # Through JSON, for there a list may be a tuple while “16” is still no number.
        return pydantic.TypeAdapter(cls).validate_json(json.dumps(table, default=str), strict=True)
    except pydantic.ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        told = first["msg"][:1].lower() + first["msg"][1:]
        raise ConfigurationError(f"“{name}” of {place} does not fit: {told}.") from error


def refuse_unknown(given: Iterable[str], known: Sequence[str], place: str) -> None:
    """Raise ConfigurationError for the first name that is not known, with the one that was probably meant."""
    for name in given:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            meant = f"“{near[0]}” may be meant" if near else f"it has {', '.join(known)}"
            raise ConfigurationError(f"“{name}” is no setting of {place}; {meant}.")
