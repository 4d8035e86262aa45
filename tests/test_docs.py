# SPDX-License-Identifier: GPL-3.0-or-later
"""What the documents promise exists: links lead somewhere, and commands are commands."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "backend").rglob("*.md")])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
class TestPages:
    def test_links_within_the_repository_lead_somewhere(self, page):
        targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8"))
        missing = [t for t in targets if "://" not in t and not (page.parent / t).exists()]
        assert not missing

    def test_files_that_commands_name_are_there(self, page):
        commands = re.findall(r"^    (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
        paths = [word for line in commands for word in re.findall(r"(?:scripts|tests)/[\w./]+", line)]
        assert not [path for path in paths if not (ROOT / path).exists()]

    @pytest.mark.skipif(shutil.which("make") is None, reason="needs make")
    def test_make_knows_what_they_tell_to_make(self, page):
        named = set(re.findall(r"(?:`|^ {4})make ([a-z]+)", page.read_text(encoding="utf-8"), re.MULTILINE))
        listed = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
        assert named <= set(re.findall(r"make (\w+)", listed))


def test_the_manual_of_the_make_file_is_complete():
    """Every target that is for people has its line in `make help`."""
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    phony = set(re.search(r"^\.PHONY: (.+)$", text, re.MULTILINE)[1].split())
    described = set(re.findall(r"^([a-z]+):.*## ", text, re.MULTILINE))
    assert phony == described
