# SPDX-License-Identifier: GPL-3.0-or-later
"""Make the extension's offline help (gid_blender/help/*.html) of docs/*.md.

    .venv/worker/bin/python -m scripts.help_pages            # write what has changed
    .venv/worker/bin/python -m scripts.help_pages --check    # only say whether the pages are up to date

The pages are kept in the repository, because Blender's Python, which builds the zip, has no Markdown. They are small:
pictures are left out, and links lead only to what is in the zip or on the web.
"""

from __future__ import annotations

import argparse
import re
from html import escape
from itertools import pairwise
from pathlib import Path, PurePosixPath

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
TARGET = ROOT / "gid_blender/help"
# What is for those who build, train or measure it, and not for those who use it in Blender.
LEFT_OUT = {
    "benchmarks",
    "dataset",
    "design",
    "evaluation",
    "renderer-evaluation",
    "synthetic",
    "training",
    "translating",
}

_PAGE = """<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<link rel="stylesheet" href="style.css">
<nav>{contents}</nav>
<main>
{body}</main>
</html>
"""
# Black on white and white on black alike: what the reader's system prefers.
_STYLE = """:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; padding: 1em; max-width: 52em; }
nav { font-size: 0.85em; border-bottom: 1px solid; padding-bottom: 0.6em; }
table { border-collapse: collapse; display: block; overflow-x: auto; }
td, th { border: 1px solid #8888; padding: 0.2em 0.6em; text-align: left; vertical-align: top; }
pre { background: #8882; padding: 0.6em; overflow-x: auto; }
code { font-size: 0.9em; }
"""


def pages() -> dict[str, Path]:
    """Name of a page (without its suffix) → the document that it is made of; the manual first."""
    names = sorted((path.stem for path in DOCS.glob("*.md")), key=lambda name: (name != "manual", name))
    return {name: DOCS / f"{name}.md" for name in names if name not in LEFT_OUT}


def anchor(heading: str) -> str:
    """What a heading is called in links; the same as where the documents are read on the web."""
    return re.sub(r"\s", "-", re.sub(r"[^\w\- ]", "", heading.strip().lower()))


def render(name: str) -> str:
    """A page as HTML."""
    known = pages()
    tokens = MarkdownIt("commonmark", {"html": False}).enable("table").parse(known[name].read_text(encoding="utf-8"))
    titles: list[str] = []
    taken: dict[str, int] = {}
    for opening, inline in pairwise(tokens):
        if opening.type == "heading_open":
            text = _plain(inline)
            titles.append(text)
            place = anchor(text)
            taken[place] = taken.get(place, -1) + 1
            opening.attrSet("id", f"{place}-{taken[place]}" if taken[place] else place)
    for token in tokens:
        if token.children:
            token.children = _inline(token.children, known)
    # A paragraph of which nothing is left had only pictures.
    kept = [
        token
        for i, token in enumerate(tokens)
        if not (_is_empty(tokens, i) or _is_empty(tokens, i - 1) or _is_empty(tokens, i - 2))
    ]
    markdown = MarkdownIt()
    contents = " · ".join(
        f"<b>{_title(other)}</b>" if other == name else f'<a href="{other}.html">{_title(other)}</a>' for other in known
    )
    body = markdown.renderer.render(kept, markdown.options, {})
    return _PAGE.format(title=escape(titles[0] if titles else name), contents=contents, body=body)


def files() -> dict[str, str]:
    """File name → text of everything that belongs into the folder."""
    return {"style.css": _STYLE, **{f"{name}.html": render(name) for name in pages()}}


def outdated() -> list[str]:
    """Names of files that are missing, not what they should be, or too many."""
    wanted = files()
    present = {path.name: path.read_text(encoding="utf-8") for path in TARGET.glob("*.*")}
    return sorted(name for name in wanted.keys() | present.keys() if wanted.get(name) != present.get(name))


def write() -> list[str]:
    """Bring the folder up to date; returns the names of what has changed."""
    changed, wanted = outdated(), files()
    TARGET.mkdir(exist_ok=True)
    for name in changed:
        if name in wanted:
            (TARGET / name).write_text(wanted[name], encoding="utf-8")
        else:
            (TARGET / name).unlink()
    return changed


def _title(name: str) -> str:
    heading = re.search(r"^# (.+)$", pages()[name].read_text(encoding="utf-8"), re.MULTILINE)
    return escape(heading[1] if heading else name)


def _plain(token: Token) -> str:
    return "".join(child.content for child in token.children or [] if child.type in {"text", "code_inline"})


def _is_empty(tokens: list[Token], i: int) -> bool:
    """Whether a paragraph opens here that has nothing in it."""
    return (
        0 <= i < len(tokens) - 2
        and tokens[i].type == "paragraph_open"
        and not any(child.content.strip() or child.type == "link_open" for child in tokens[i + 1].children or [])
    )


def _inline(children: list[Token], known: dict[str, Path]) -> list[Token]:
    """Without pictures, and with links that lead somewhere: to a page in the folder or to the web."""
    kept: list[Token] = []
    # One entry for each link that is open: whether it is kept.
    links: list[bool] = []
    for child in children:
        if child.type == "image":
            continue
        if child.type == "link_open":
            target = _target(str(child.attrGet("href")), known)
            links.append(target is not None)
            if target is None:
                continue
            child.attrSet("href", target)
        elif child.type == "link_close" and not links.pop():
            continue
        kept.append(child)
    return kept


def _target(link: str, known: dict[str, Path]) -> str | None:
    if re.match(r"https?:", link) or link.startswith("#"):
        return link
    path, _, place = link.partition("#")
    page = PurePosixPath(path)
    if page.suffix != ".md" or str(page.parent) != "." or page.stem not in known:
        return None
    return f"{page.stem}.html" + (f"#{place}" if place else "")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing, fail when something is out of date")
    if parser.parse_args().check:
        if names := outdated():
            raise SystemExit(f"Out of date: {', '.join(names)}. Run scripts/help_pages.py.")
        return
    for name in write():
        print(f"gid_blender/help/{name}")


if __name__ == "__main__":
    main()
