# SPDX-License-Identifier: GPL-3.0-or-later
"""A web page in a real browser: Chromium without a window, drawing WebGL 2 in software where there is no GPU."""

import io
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gid_blender.motion import SpectralVolume
from gid_blender.motion.web_page import PagePicture, PageSettings, web_page

# Without the first two, a page has no WebGL where there is no GPU; the others keep Chromium from calling home.
ARGUMENTS = [
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-quic",
    "--disable-sync",
]
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
WIDTH, HEIGHT = 160, 90
# Where the ball is at rest, in picture widths.
BALL = (0.4, 0.22)


def find_chromium() -> str | None:
    """GID_CHROMIUM, or what is installed."""
    return os.environ.get("GID_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


@pytest.fixture(scope="session")
def launch() -> Iterator[Callable]:
    """Start a browser with more arguments; all of them end with the session."""
    sync_api = pytest.importorskip("playwright.sync_api")
    path = find_chromium()
    if path is None:
        why = "no Chromium is installed (Debian: apt install chromium), and GID_CHROMIUM names none"
        # There, .ci/run has installed it; a run without would pass for one that has looked.
        pytest.fail(why) if os.environ.get("CI") else pytest.skip(why)
    with sync_api.sync_playwright() as playwright:
        opened = []

        def start(*arguments: str):
            browser = playwright.chromium.launch(
                executable_path=path,
                # As root, which CI may be, Chromium's own sandbox does not start.
                chromium_sandbox=os.getuid() != 0,
                args=[*ARGUMENTS, *arguments],
            )
            opened.append(browser)
            return browser

        yield start
        for browser in opened:
            browser.close()


@pytest.fixture(scope="session")
def browser(launch):
    return launch()


def ball_picture() -> PagePicture:
    """A bright ball on a dark ground that is not quite even."""
    y, x = (np.mgrid[0:HEIGHT, 0:WIDTH] + 0.5) / WIDTH
    pixels = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    pixels[..., 2] = 40 + 20 * np.sin(40 * x)
    pixels[np.hypot(x - BALL[0], y - BALL[1]) < 0.05] = (255, 220, 30)
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "png")
    return PagePicture(stream.getvalue(), WIDTH, HEIGHT)


def ball_volume(bands: int = 6) -> SpectralVolume:
    """The ball and what is around it sway, each band another way; the rest stands still."""
    rows, columns = 36, 64
    y, x = (np.mgrid[0:rows, 0:columns] + 0.5) / columns
    near = np.exp(-0.5 * (np.hypot(x - BALL[0], y - BALL[1]) / 0.16) ** 4)
    turns = np.exp(1j * np.linspace(0, 5, 2 * bands)).reshape(bands, 2, 1, 1)
    size = 0.02 / (1 + np.arange(bands))[:, None, None, None]
    return SpectralVolume(turns * size * near, frames=120)


COARSE = PageSettings(title="A ball", vertices=2000)


@pytest.fixture(scope="session")
def ball_page(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("page") / "ball.html"
    path.write_text(web_page(ball_volume(), ball_picture(), COARSE), encoding="utf-8")
    return path


@dataclass
class Opened:
    """A page, and what it said and asked for while it was open."""

    page: object
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def wait(self, condition: str) -> None:
        """Until a JavaScript condition holds. Playwright's own way of waiting needs `eval`, which the page forbids."""
        self.page.evaluate(f"""async () => {{
            const until = Date.now() + 60000;
            while (!({condition})) {{
                if (Date.now() > until) throw new Error({condition!r} + " did not come about");
                await new Promise((done) => setTimeout(done, 10));
            }}
        }}""")

    def look(self) -> np.ndarray:
        """(height, width, 3) the window as a person sees it."""
        return np.asarray(Image.open(io.BytesIO(self.page.screenshot())).convert("RGB"))

    def ball(self) -> np.ndarray:
        """Where the ball's middle is, in picture widths."""
        seen = self.look().astype(np.float32)
        yellow = np.clip(seen[..., 0] - seen[..., 2] - 100, 0, 60)
        # The bar has grey writing, and the ball is far above it.
        y, x = np.mgrid[0 : seen.shape[0], 0 : seen.shape[1]] + 0.5
        return np.array([(x * yellow).sum(), (y * yellow).sum()]) / yellow.sum() / seen.shape[1]

    def pixel(self, x: float, y: float) -> tuple[float, float]:
        """Where a place given in picture widths is in the window, for the mouse."""
        box = self.page.locator("#view").bounding_box()
        return box["x"] + x * box["width"], box["y"] + y * box["width"]

    def __getattr__(self, name: str):
        return getattr(self.page, name)


@pytest.fixture
def opened(browser, ball_page) -> Iterator[Callable[..., Opened]]:
    """Open a page (the ball's unless another is given) in a window of 480×270; options are Playwright's."""
    contexts = []

    def open_page(path: Path = ball_page, *, within=browser, script: str | None = None, paused: bool = True, **options):
        context = within.new_context(viewport={"width": 480, "height": 270}, **options)
        contexts.append(context)
        page = context.new_page()
        found = Opened(page)
        page.on("console", lambda message: found.said.append(message.text))
        page.on("pageerror", lambda error: found.said.append(str(error)))
        page.on("request", lambda request: found.asked.append(request.url))
        if script is not None:
            page.add_init_script(script)
        page.goto(path.as_uri())
        if options.get("java_script_enabled", True):
            page.wait_for_selector("html[data-gid]")
            if paused and page.evaluate("'gid' in window"):
                # From here on nothing moves but by the test's own clock, which shows one second.
                page.evaluate("gid.reset(); gid.pause(); gid.loop = false; gid.advance(1)")
        return found

    yield open_page
    for context in contexts:
        context.close()
