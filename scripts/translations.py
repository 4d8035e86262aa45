# SPDX-License-Identifier: GPL-3.0-or-later
"""What the translations lack: compares gid_blender/translations/*.po with the texts of the extension as it is.

.venv/bpy52/bin/python -m scripts.translations                    # print what is missing, as entries to be filled in
.venv/bpy52/bin/python -m scripts.translations --write            # put them into the files, and drop what is obsolete
.venv/bpy52/bin/python -m scripts.translations --merge NEW.po     # take in entries that somebody has filled in
.venv/bpy52/bin/python -m scripts.translations --write --language fr_FR    # begin another language
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path

from gid_blender.translations import FOLDER, po
from gid_blender.translations.sentences import shape
from scripts.interface_texts import Text, of_interface

ROOT = Path(__file__).resolve().parent.parent
HEADING = """# SPDX-License-Identifier: GPL-3.0-or-later
# {language}: texts of Generative Image Dynamics. docs/translating.md
msgid ""
msgstr ""
"Project-Id-Version: Generative Image Dynamics\\n"
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"""
DEFAULT = "*"

Entries = dict[tuple[str, str], str]


def missing(texts: list[Text], entries: Entries) -> list[Text]:
    """Texts without a translation. One that is given for no context in particular holds in each."""
    find = _finder(entries)
    return [text for text in texts if find(text) is None]


def obsolete(texts: list[Text], entries: Entries) -> list[tuple[str, str]]:
    """Translations of what the extension does not say any more."""
    find = _finder(entries)
    said = {_key(t) for t in texts} | {("", t.text) for t in texts} | {find(t) for t in texts}
    return [key for key in entries if key not in said]


def written(language: str, texts: list[Text], entries: Entries) -> str:
    """A whole .po file, in the order of the interface; what is missing has an empty translation."""
    parts, done, find = [HEADING.format(language=language)], set(), _finder(entries)
    for text in texts:
        # What operators are called differently gets both, each under its context.
        key = find(text) or ("", text.text)
        if key not in done:
            done.add(key)
            parts.append(entry(key, entries.get(key, ""), text.source))
    return "\n".join(parts)


def _finder(entries: Entries) -> Callable[[Text], tuple[str, str] | None]:
    """What finds a text's entry: under its context, under none, and a sentence's also under other placeholders."""
    shapes = {shape(text): (context, text) for context, text in entries if not context}

    def find(text: Text) -> tuple[str, str] | None:
        for key in (_key(text), ("", text.text)):
            if key in entries:
                return key
        return shapes.get(shape(text.text)) if text.is_sentence else None

    return find


def entry(key: tuple[str, str], translation: str, source: str) -> str:
    """One entry, ended by a line break."""
    context, text = key
    lines = [f"#: {source}"]
    if context:
        lines.append(f"msgctxt {_quoted(context)}")
    return "\n".join([*lines, f"msgid {_quoted(text)}", f"msgstr {_quoted(translation)}", ""])


def interface() -> list[Text]:
    """All texts of the checkout, registered for the moment."""
    import gid_blender

    gid_blender.register()
    try:
        return of_interface("gid_blender", ROOT / "gid_blender")
    finally:
        gid_blender.unregister()


def _key(text: Text) -> tuple[str, str]:
    return ("" if text.context == DEFAULT else text.context, text.text)


def _quoted(text: str) -> str:
    for plain, escaped in (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t")):
        text = text.replace(plain, escaped)
    return f'"{text}"'


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--language", default="", help="this one only (default: all there are)")
    parser.add_argument("--write", action="store_true", help="bring the files up to date")
    parser.add_argument("--merge", type=Path, help="a .po file whose translations are taken in first")
    options = parser.parse_args()

    texts, lacking = interface(), 0
    known = [options.language] if options.language else sorted(path.stem for path in FOLDER.glob("*.po"))
    for language in known:
        path = FOLDER / f"{language}.po"
        entries = po.read_po(path) if path.exists() else {}
        if options.merge:
            entries |= po.read_po(options.merge)
        gone = obsolete(texts, entries)
        if options.write or options.merge:
            path.write_text(written(language, texts, entries), encoding="utf-8")
        else:
            seen = set()
            for text in missing(texts, entries):
                if text.text not in seen:
                    seen.add(text.text)
                    print(entry(("", text.text), "", text.source))
        lacking += len({text.text for text in missing(texts, entries)})
        print(f"# {language}: {len(missing(texts, entries))} missing, {len(gone)} obsolete", file=sys.stderr)
    return 1 if lacking else 0


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    # Blender 4.5 as a module may hang in a normal exit.
    os._exit(status)
