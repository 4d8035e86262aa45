# SPDX-License-Identifier: GPL-3.0-or-later
"""The offline help: made of docs/, complete in itself, and small."""

import re

import pytest

pytest.importorskip("markdown_it")

from scripts import help_pages

PAGES = help_pages.files()


def test_the_pages_are_what_the_documents_say():
    assert not help_pages.outdated(), "run .venv/worker/bin/python -m scripts.help_pages"


def test_every_document_has_its_page_or_is_left_out_on_purpose():
    named = {path.stem for path in help_pages.DOCS.glob("*.md")}
    assert {f"{name}.html" for name in named - help_pages.LEFT_OUT} == set(PAGES) - {"style.css"}


@pytest.mark.parametrize("name", sorted(PAGES))
class TestPage:
    def test_links_lead_to_a_place_in_a_page_or_to_the_web(self, name):
        for link in re.findall(r'href="([^"]*)"', PAGES[name]):
            page, _, place = link.partition("#")
            if not link.startswith(("http://", "https://")):
                assert (page or name) in PAGES, link
                assert not place or f'id="{place}"' in PAGES[page or name], link

    def test_nothing_is_loaded_from_elsewhere(self, name):
        assert not re.search(r"<(img|script|iframe|video)\b|@import|url\(", PAGES[name])

    def test_no_markdown_is_left_over(self, name):
        text = re.sub(r"<(pre|code)\b.*?</\1>", "", PAGES[name], flags=re.DOTALL)
        assert not re.search(r"\]\(|^#+ |^\|", text, re.MULTILINE)


def test_they_weigh_little():
    """The zip may grow by 1.5 MB; HTML packs to a third at least."""
    assert sum(len(text.encode()) for text in PAGES.values()) < 2_000_000


def test_headings_are_called_as_the_documents_links_call_them():
    assert help_pages.anchor("Pull, poke and blow on it") == "pull-poke-and-blow-on-it"
    assert help_pages.anchor("3. In Blender, in the shell") == "3-in-blender-in-the-shell"
