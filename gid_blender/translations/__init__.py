# SPDX-License-Identifier: GPL-3.0-or-later
"""Other languages than English: one .po file each, named as Blender names the language. docs/translating.md"""

from __future__ import annotations

from pathlib import Path

import bpy

from . import sentences
from .po import read_po

__all__ = ["Catalogue", "catalogue", "catalogues", "register", "unregister"]

FOLDER = Path(__file__).resolve().parent

# (context, English text) → translation; Blender's own format.
Catalogue = dict[tuple[str, str], str]


def catalogue(path: Path) -> Catalogue:
    """A language as Blender takes it. Raises PoError for a file that is none.

    What has no translation of its own as an operator's text has that of the same words elsewhere: Blender itself looks
    under the context alone.
    """
    general = bpy.app.translations.contexts.default
    operator = bpy.app.translations.contexts.operator_default
    known = {(context or general, text): said for (context, text), said in read_po(path).items()}
    shared = {(operator, text): said for (context, text), said in known.items() if context == general}
    return shared | known


def catalogues() -> dict[str, Catalogue]:
    """Language → its translations, of all that are here."""
    return {path.stem: catalogue(path) for path in sorted(FOLDER.glob("*.po"))}


def register(package: str) -> None:
    """Hand all languages to Blender, under the extension's own name."""
    known = catalogues()
    bpy.app.translations.register(package, known)
    sentences.use(text for each in known.values() for _, text in each)


def unregister(package: str) -> None:
    sentences.use(())
    bpy.app.translations.unregister(package)
