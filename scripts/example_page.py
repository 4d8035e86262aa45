# SPDX-License-Identifier: GPL-3.0-or-later
"""Write docs/examples/dahlia.html, the bundled dahlia as a web page; tests/page notice when it has aged.

.venv/worker/bin/python -m scripts.example_page
"""

from __future__ import annotations

from pathlib import Path

from gid_backend.images import read_image
from gid_backend.page_commands import page_picture
from gid_blender import motion
from gid_blender.motion.web_page import PagePicture, PageSettings, web_page

__all__ = ["PAGE", "SETTINGS", "page_of"]

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / "gid_blender/assets/dahlia"
PAGE = ROOT / "docs/examples/dahlia.html"
SETTINGS = PageSettings(title="Dahlia. Photograph: vultilion, CC-BY 2.0")
SIZE = 1600


def page_of(picture: PagePicture) -> str:
    """The page's HTML, with the bundled motion and a picture that is ready for it."""
    return web_page(motion.load(EXAMPLE.with_suffix(".npz")), picture, SETTINGS)


def main() -> None:
    text = page_of(page_picture(read_image(EXAMPLE.with_suffix(".jpg")), linear=False, largest=SIZE))
    PAGE.write_text(text, encoding="utf-8")
    print(f"{PAGE}: {len(text.encode()) / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
