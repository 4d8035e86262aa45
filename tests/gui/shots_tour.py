# SPDX-License-Identifier: GPL-3.0-or-later
"""The click paths of the shots in a windowed Blender, with a real mouse, counted for docs/shots.md.

    python tests/gui/shots_tour.py --screen PATH --zip dist/image_dynamics-0.1.0.zip --out FOLDER

Places are those of Blender 5.2's first workspace at 1600 × 900, in the sidebar of an Image Editor with one panel at a
time (folding and scrolling are not counted, for any of the ways that are compared).
"""

import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.path.insert(0, str(HERE.parents[1]))

from drive import ROOT, Window, arguments, windowed  # noqa: E402
from touch_tour import expect  # noqa: E402

# x, y of the middle and half the height of a lantern, in the photograph of 720 × 480; those that hang free.
LANTERNS = (
    (96, 131, 60), (203, 75, 50), (284, 152, 80), (186, 203, 50), (460, 133, 55), (360, 193, 50), (638, 130, 55),
    (519, 220, 65), (102, 276, 55), (98, 410, 45), (172, 374, 55), (230, 414, 45), (259, 272, 50), (408, 330, 80),
    (302, 350, 35), (490, 395, 30), (577, 365, 50), (670, 200, 45),
)  # fmt: skip


class Hand:
    """A mouse that counts."""

    def __init__(self, window: Window) -> None:
        self.window, self.clicks, self.drags, self.keys = window, 0, 0, 0
        self.began = time.monotonic()

    def at(self, x: int, y: int) -> None:
        for back in (5, 0):
            self.window.call("do", "mousemove", str(x - back), str(y - back))
            time.sleep(0.25)

    def click(self, x: int, y: int, times: int = 1) -> None:
        self.at(x, y)
        self.window.call("do", "click", "--repeat", str(times), "--delay", "60", "1")
        self.clicks += times
        time.sleep(0.4)

    def drag(self, start: tuple[int, int], end: tuple[int, int]) -> None:
        self.at(*start)
        self.window.call("do", "mousedown", "1")
        for part in (0.3, 0.6, 1.0):
            place = [round(a + (b - a) * part) for a, b in zip(start, end, strict=True)]
            self.window.call("do", "mousemove", *map(str, place))
            time.sleep(0.1)
        self.window.call("do", "mouseup", "1")
        self.drags += 1
        time.sleep(0.2)

    def enter(self, x: int, y: int, value: str) -> None:
        """Into a field: one click, the digits, Enter."""
        self.click(x, y)
        self.window.call("do", "type", "--delay", "60", value)
        self.window.key("Return")
        self.keys += len(value) + 1
        time.sleep(0.5)

    def until(self, test, what: str, seconds: float = 900) -> None:
        deadline = time.monotonic() + seconds
        while not test(self.window.step("shot_state")):
            if time.monotonic() > deadline:
                raise SystemExit(f"Waited in vain for {what}: {self.window.step('shot_state')}")
            time.sleep(0.3)

    def wait(self, test, what: str, seconds: float = 300) -> None:
        deadline = time.monotonic() + seconds
        while not test():
            if time.monotonic() > deadline:
                raise SystemExit(f"Waited in vain for {what}.")
            time.sleep(0.3)

    def report(self, name: str) -> None:
        """What was needed; the seconds are the robot's, waiting for Blender included."""
        seconds = time.monotonic() - self.began
        print(f"{name}: {self.clicks} clicks, {self.drags} drags, {self.keys} keys, {seconds:.0f} s", flush=True)


def panels(window: Window, names: list[str]) -> None:
    """Those alone, in our tab."""
    window.step("only", names=names)
    time.sleep(2)


def lanterns(window: Window, hand: Hand) -> None:
    """The photograph is open in an Image Editor. Generate, paint the mask, invert it, done."""
    panels(window, ["generate"])
    hand.click(1165, 229)
    hand.until(lambda s: s["motion"] and not s["busy"], "the motion")
    hand.report("generated")

    panels(window, ["motion", "mask"])
    hand.click(1079, 375)
    time.sleep(1)
    hand.click(1165, 409)
    hand.until(lambda s: s["mode"] == "PAINT", "painting")
    time.sleep(2)
    for x, y, half in LANTERNS:
        ends = [
            window.step("place_on_screen", x=x / 720, y=(y + side * half * 0.6) / 720, kind="IMAGE_EDITOR")
            for side in (-1, 1)
        ]
        hand.drag(*ends)
    window.shot("40-mask-painted", wait=3)
    hand.click(1165, 592)
    hand.until(lambda s: s["inverted"], "the inverted mask")
    window.shot("41-mask-inverted", wait=3)
    hand.click(1165, 409)
    hand.until(lambda s: s["mode"] == "VIEW", "the end of painting")
    hand.report("masked")


def gust(window: Window, hand: Hand) -> None:
    """The plane is selected in the 3D Viewport. A gust that swells twice, keyed by hand, baked and rendered."""
    panels(window, ["excitations", "bake"])
    hand.enter(1000, 830, "31")
    hand.click(1264, 127)
    hand.click(1300, 215)
    time.sleep(1)
    hand.enter(1190, 331, "106")
    for frame, strength in ((38, ".004"), (53, ".014"), (68, ".006"), (83, ".012")):
        hand.enter(1000, 830, str(frame))
        hand.enter(1190, 262, strength)
        # The dot beside a field keys it.
        hand.click(1264, 262)
    window.shot("45-gust-keyed")
    expect(
        window.step("keys_of", name="Gust") == [[38, 0.004], [53, 0.014], [68, 0.006], [83, 0.012]],
        "the strength is keyed as it was typed",
    )
    hand.click(1144, 749)
    hand.click(1154, 590)
    hand.wait(lambda: any(window.step("baking")["response"]), "the bake")
    window.shot("46-gust-baked")
    hand.click(1165, 624)
    hand.wait(lambda: window.step("state")["busy"], "the rendering")
    window.shot("47-gust-rendering")
    hand.report("gust keyed, baked, rendering")


def tree(window: Window, hand: Hand) -> None:
    """The tree is selected. Unfold the panel, Move Meshes through Camera, Enter."""
    panels(window, ["mesh"])
    hand.click(1060, 97)
    hand.click(1155, 203)
    time.sleep(1)
    window.shot("50-tree-dialog", wait=1)
    window.key("Return")
    hand.wait(lambda: window.step("moved"), "the tree's motion")
    hand.report("tree moved")
    window.step("go_to", frame=20)
    window.shot("51-tree", wait=3)


def flower(window: Window, hand: Hand) -> None:
    """The cut-out stands on the table. Generate, paint the bottle black, done."""
    panels(window, ["generate"])
    window.shot("60-flower-set", wait=3)
    hand.click(1155, 282)
    hand.wait(lambda: window.step("moved"), "the flower's motion")
    hand.report("flower moved")
    panels(window, ["motion", "mask"])
    hand.click(1075, 402)
    hand.click(1165, 437)
    time.sleep(4)
    for x in (0.36, 0.395):
        hand.drag(*(window.step("place_on_screen", x=x, y=y) for y in (0.42, 0.61)))
    hand.wait(lambda: window.step("moved", weights=True) < 0.99, "the strokes in the mesh")
    window.shot("61-flower-mask", wait=3)
    hand.click(1165, 437)
    time.sleep(2)
    hand.report("flower masked")
    window.shot("62-flower", wait=3)


def main() -> None:
    with windowed(arguments(__doc__).parse_args()) as window:
        window.step("clear")
        window.step("settings", quality="DRAFT", play=False)
        window.step("image_editor")
        window.step("show_picture", path=str(ROOT / "scripts/examples/pictures/lanterns.jpg"))
        window.open_tab("IMAGE_EDITOR")
        lanterns(window, Hand(window))
        expect(True, "the lanterns' click path")
        window.step("view_3d")
        window.open_tab()
        window.step("set_range", first=1, last=150)
        gust(window, Hand(window))
        window.key("Escape")
        window.until(lambda s: not s["busy"], seconds=60)
        for path in (tree, flower):
            window.step("clear")
            window.step(f"{path.__name__}_set")
            path(window, Hand(window))
            expect(True, f"the {path.__name__}'s click path")


if __name__ == "__main__":
    main()
