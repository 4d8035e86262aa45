# SPDX-License-Identifier: GPL-3.0-or-later
"""Write docs/examples/dahlia.html, the bundled dahlia as a web page; tests/page notice when it has aged.

.venv/worker/bin/python -m scripts.example_page [--picture]

With --picture also docs/images/web-page.jpg, how it looks in headless Chromium when it is drawn aside by the mouse.
"""

from __future__ import annotations

import argparse
import os
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
PICTURE = ROOT / "docs/images/web-page.jpg"
SIZE = 1600


def page_of(picture: PagePicture) -> str:
    """The page's HTML, with the bundled motion and a picture that is ready for it."""
    return web_page(motion.load(EXAMPLE.with_suffix(".npz")), picture, SETTINGS)


def show() -> None:
    """Write the picture of the page."""
    from playwright.sync_api import sync_playwright

    from tests.page.conftest import ARGUMENTS, find_chromium

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=find_chromium(), chromium_sandbox=os.getuid() != 0, args=ARGUMENTS
        )
        page = chromium.new_page(viewport={"width": 900, "height": 600})
        page.goto(PAGE.as_uri())
        page.wait_for_selector("html[data-gid=ready]")
        page.evaluate("gid.reset(); gid.pause()")
        box = page.locator("#view").bounding_box()
        assert box is not None
        for index, (x, y) in enumerate([(0.47, 0.3), (0.56, 0.27), (0.6, 0.25)]):
            page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["width"])
            if index == 0:
                page.mouse.down()
        # The hint goes by itself.
        page.wait_for_timeout(1500)
        page.screenshot(path=PICTURE, type="jpeg", quality=88)
        chromium.close()
    print(PICTURE)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--picture", action="store_true")
    options = parser.parse_args()
    text = page_of(page_picture(read_image(EXAMPLE.with_suffix(".jpg")), linear=False, largest=SIZE))
    PAGE.write_text(text, encoding="utf-8")
    print(f"{PAGE}: {len(text.encode()) / 1e6:.2f} MB")
    if options.picture:
        show()


if __name__ == "__main__":
    main()
