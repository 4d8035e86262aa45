# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads what translators' programs write: gettext's .po, as far as Blender has a use for it (no plurals)."""

from __future__ import annotations

import re
from pathlib import Path

__all__ = ["PoError", "parse_po", "read_po"]

_LINE = re.compile(r'(?:(msgctxt|msgid|msgstr) )?"((?:[^"\\]|\\.)*)"')
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}


class PoError(ValueError):
    """A file is no catalogue; the sentence names the line."""


def read_po(path: Path) -> dict[tuple[str, str], str]:
    """`parse_po` of a file."""
    return parse_po(path.read_text(encoding="utf-8"), path.name)


def parse_po(text: str, name: str = "The catalogue") -> dict[tuple[str, str], str]:
    r"""(context or "", English text) → translation; without what is empty, fuzzy or obsolete.

    Raises:
        PoError: for anything else than entries and comments, and for two entries of one text.

    Example:
        >>> parse_po('msgctxt "Operator"\nmsgid "Bake"\nmsgstr "Backen"')
        {('Operator', 'Bake'): 'Backen'}
    """
    found: dict[tuple[str, str], str] = {}
    entry: dict[str, str] = {}
    field, fuzzy = "", False

    def finish(number: int) -> None:
        if not entry:
            return
        if "msgid" not in entry or "msgstr" not in entry:
            raise PoError(f"{name}: the entry before line {number} lacks its msgid or its msgstr.")
        key = (entry.get("msgctxt", ""), entry["msgid"])
        if key in found:
            raise PoError(f"{name}: the entry before line {number} translates “{key[1]}” a second time.")
        # The first entry, of an empty text, is the file's heading.
        if key[1]:
            found[key] = "" if fuzzy else entry["msgstr"]

    # Not `splitlines`, which also breaks at characters that a translation may hold.
    lines = text.split("\n")
    for number, line in enumerate([*lines, ""], 1):
        line = line.strip(" \t\r")
        if not line or line.startswith("#"):
            # A comment belongs to the entry behind it.
            if "msgstr" in entry or number > len(lines):
                finish(number)
                entry, field, fuzzy = {}, "", False
            fuzzy = fuzzy or bool(re.match(r"#,.*\bfuzzy\b", line))
            continue
        match = _LINE.fullmatch(line)
        if match is None or not (match[1] or field):
            raise PoError(f"{name}: line {number} is no line of a .po file: {line[:60]}")
        if match[1] in {"msgctxt", "msgid"} and "msgstr" in entry:
            finish(number)
            entry, fuzzy = {}, False
        if match[1]:
            field = match[1]
            entry[field] = ""
        entry[field] += re.sub(r"\\(.)", lambda m: _ESCAPES.get(m[1], m[0]), match[2])
    return {key: said for key, said in found.items() if said}
