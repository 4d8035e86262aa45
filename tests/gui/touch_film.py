# SPDX-License-Identifier: GPL-3.0-or-later
"""The animated picture of the documentation: a flower that is pulled and let go, with the mouse, in Blender's window.

    python tests/gui/touch_film.py --screen PATH --zip dist/image_dynamics-0.1.0.zip --out FOLDER [--docs]

Without a graphics card a frame takes a second: the touch's own clock is held, a frame is taken, and the clock goes on.
"""

import argparse
import math
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from drive import ROOT, Window  # noqa: E402
from PIL import Image, ImageDraw  # noqa: E402
from touch_tour import FLOWER, Mouse, begin  # noqa: E402

RATE = 12
PULL_FRAMES, REST_FRAMES, RING_FRAMES = 8, 2, 26
WAY = (150, -70)
WIDTH = 480


def eased(u: float) -> float:
    return (1 - math.cos(math.pi * u)) / 2


def take(window: Window, folder: Path) -> list[tuple[Path, tuple[int, int]]]:
    """Screenshots, each with where the pointer is."""
    window.step("look_closely")
    mouse = Mouse(window, name="dahlia.jpg")
    mouse.over(*FLOWER)
    mouse.press()
    frames, (px, py) = [], mouse.at

    def shoot(at: tuple[int, int]) -> None:
        window.step("hold_clock", seconds=1000.0 + len(frames) / RATE)
        window.call("do", "mousemove", str(at[0]), str(at[1]))
        before = mouse.touch()["updates"]
        mouse.wait(lambda: sum(mouse.touch()["updates"]) > sum(before) + 1, "an update")
        time.sleep(0.2)
        path = folder / f"film-{len(frames):03d}.png"
        window.call("shot", str(path))
        frames.append((path, at))

    for i in range(PULL_FRAMES + REST_FRAMES):
        u = eased(min(1.0, i / (PULL_FRAMES - 1)))
        shoot((round(px + WAY[0] * u), round(py + WAY[1] * u)))
    mouse.release()
    for _ in range(RING_FRAMES):
        shoot((px + WAY[0], py + WAY[1]))
    window.key("Escape")
    mouse.over_and_done()
    return frames


def box(window: Window) -> tuple[int, int, int, int]:
    """The picture on the screen, with a little around it."""
    (x0, y0), (x1, y1) = (
        window.step("place_on_screen", x=x, y=y, name="dahlia.jpg") for x, y in ((0, 0), (1, 427 / 640))
    )
    return x0 + 2, y0 + 2, x1 - 2, y1 - 2


def with_pointer(picture: Image.Image, at: tuple[float, float]) -> Image.Image:
    """A screenshot knows no pointer."""
    x, y = at
    shape = [(0, 0), (0, 17), (4, 13), (7, 20), (10, 19), (7, 12), (12, 12)]
    ImageDraw.Draw(picture).polygon([(x + a, y + b) for a, b in shape], fill="white", outline="black")
    return picture


def save(frames: list[tuple[Path, tuple[int, int]]], area: tuple[int, int, int, int], target: Path) -> None:
    pictures = []
    for path, (x, y) in frames:
        with Image.open(path) as shot:
            picture = shot.convert("RGB").crop(area)
        scale = WIDTH / picture.width
        picture = picture.resize((WIDTH, round(picture.height * scale)), Image.Resampling.LANCZOS)
        pictures.append(with_pointer(picture, ((x - area[0]) * scale, (y - area[1]) * scale)))
    pictures[0].save(
        target, save_all=True, append_images=pictures[1:], duration=1000 // RATE, loop=0, quality=72, method=6
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--screen", required=True)
    parser.add_argument("--zip", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--docs", action="store_true", help="put it into docs/images")
    options = parser.parse_args()
    folder = options.out.resolve()
    window = begin(options.screen, options.zip, folder)
    try:
        frames = take(window, folder)
        area = box(window)
    finally:
        window.call("stop")
    save(frames, area, (ROOT / "docs/images" if options.docs else folder) / "touch.webp")


if __name__ == "__main__":
    main()
