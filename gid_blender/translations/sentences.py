# SPDX-License-Identifier: GPL-3.0-or-later
"""What was said in an English sentence, said again in the user's language.

Where something goes wrong, the code says so in a plain f-string, in packages that know nothing of Blender, and in the
worker, from where the sentence comes through a pipe or ssh. Translations know it as a template: “{name}” has no size.
So a sentence is recognised here by the templates of the catalogues, whatever way it took, and what was put into it is
put into the template's translation. What no template explains as a whole stays as it was said.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import NamedTuple

from bpy.app.translations import pgettext_rpt as rpt_

__all__ = ["said", "shape", "use"]

# What a person can still read, and what a hostile worker cannot make us search for long.
_LONGEST = 2000
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_BOUNDARY = re.compile(r"(?<=[.!?…)]) ")


class _Piece(NamedTuple):
    """A part of a text that a template explains.

    Attributes:
        template: as the catalogues have it.
        values: name → what was put in.
        weight: characters that are the template's own.
    """

    template: str
    values: dict[str, str]
    weight: int


class _Template:
    """A text with names in braces, and what it looks for."""

    def __init__(self, text: str) -> None:
        self.text = text
        # Text, name, text, name, …, text.
        self.parts = _PLACEHOLDER.split(text)
        self.literals = self.parts[::2]
        self.weight = sum(map(len, self.literals))
        self._pattern: re.Pattern[str] | None = None

    def values(self, text: str) -> dict[str, str] | None:
        """What was put in to make `text` of it, or None when it is none of it."""
        if not (text.startswith(self.literals[0]) and text.endswith(self.literals[-1])):
            return None
        # Nearly all end here, without a pattern that would have to be compiled first.
        if not all(literal in text for literal in self.literals):
            return None
        if self._pattern is None:
            self._pattern = re.compile("".join(self._sources()), re.DOTALL)
        found = self._pattern.fullmatch(text)
        return found.groupdict() if found else None

    def _sources(self) -> Iterable[str]:
        seen: set[str] = set()
        for index, part in enumerate(self.parts):
            if index % 2 == 0:
                yield re.escape(part)
            else:
                # The same name twice is the same text twice.
                yield f"(?P={part})" if part in seen else f"(?P<{part}>.+?)"
                seen.add(part)


_exact: set[str] = set()
_templates: list[_Template] = []


def use(texts: Iterable[str]) -> None:
    """Recognise these from now on, and nothing else: the English texts of all catalogues."""
    _exact.clear()
    _exact.update(texts)
    # Where two explain a text, that with more words of its own is meant.
    found = (_Template(text) for text in _exact if "{" in text)
    _templates[:] = sorted(found, key=lambda template: (-template.weight, template.text))
    _reading.cache_clear()
    _piece.cache_clear()


def said(text: str, translate: Callable[[str], str] | None = None) -> str:
    """A text that the code has said in English, in the user's language as far as the catalogues know all of it.

    Args:
        text: one sentence or several, each a text of the catalogues or made by one of their templates.
        translate: gives a template in the user's language; by default as Blender does it for reports.
    """
    pieces = _reading(text) if len(text) <= _LONGEST else None
    return " ".join(_spoken(piece, translate or rpt_) for piece in pieces) if pieces else text


def shape(text: str) -> str:
    """A template without the names of its placeholders."""
    return _PLACEHOLDER.sub("{}", text)


def _spoken(piece: _Piece, translate: Callable[[str], str]) -> str:
    translation = translate(piece.template)
    # Replaced by hand: whatever a catalogue has in braces, a report never fails.
    return _PLACEHOLDER.sub(lambda found: _value(found.group(1), piece, translate), translation)


def _value(name: str, piece: _Piece, translate: Callable[[str], str]) -> str:
    value = piece.values.get(name)
    if value is None:
        return f"{{{name}}}"
    # In quotation marks it is a name that somebody has given; elsewhere it may be a sentence or a word of ours.
    return value if f"“{{{name}}}”" in piece.template else said(value, translate)


@lru_cache(maxsize=256)
def _reading(text: str) -> tuple[_Piece, ...] | None:
    """The pieces that a text is made of, with a blank between them, so that they explain as much of it as possible."""
    whole = _piece(text)
    best: tuple[_Piece, ...] | None = (whole,) if whole is not None else None
    for boundary in _BOUNDARY.finditer(text):
        first = _piece(text[: boundary.start()])
        rest = _reading(text[boundary.end() :]) if first else None
        if first and rest and _weight((first, *rest)) > _weight(best or ()):
            best = (first, *rest)
    return best


def _weight(pieces: Iterable[_Piece]) -> int:
    return sum(piece.weight for piece in pieces)


@lru_cache(maxsize=1024)
def _piece(text: str) -> _Piece | None:
    if text in _exact and "{" not in text:
        return _Piece(text, {}, len(text))
    for template in _templates:
        values = template.values(text)
        if values is not None:
            return _Piece(template.text, values, template.weight)
    return None
