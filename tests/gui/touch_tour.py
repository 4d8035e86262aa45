# SPDX-License-Identifier: GPL-3.0-or-later
"""A hand on the picture in a windowed Blender, with a real mouse: pull, ring, cancel, undo, record, bake, play.

    python tests/gui/touch_tour.py --screen PATH --zip dist/image_dynamics-0.1.0.zip --out FOLDER

Waits for what Blender says rather than for a while: without a graphics card a frame takes as long as it takes.
"""

import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from drive import Window, arguments, windowed  # noqa: E402

FLOWER = (0.5, 0.35)


class Mouse:
    """The pointer of the virtual screen, over a picture in an editor of Blender."""

    def __init__(self, window: Window, kind: str = "VIEW_3D", name: str = "") -> None:
        self.window, self.kind, self.name = window, kind, name

    def over(self, x: float, y: float) -> None:
        """To a place of the picture, in picture widths from the top left corner."""
        px, py = self.window.step("place_on_screen", x=x, y=y, kind=self.kind, name=self.name)
        # A pointer that appears out of nowhere is in no editor yet: it has to come from somewhere.
        for back in (9, 4, 0):
            self.window.call("do", "mousemove", str(px - back), str(py + back))
            time.sleep(0.3)
        self.at = (px, py)

    def press(self) -> None:
        held = self.held()
        self.window.call("do", "mousedown", "1")
        self.wait(lambda: self.held() > held, "the press")

    def drag(self, dx: int, dy: int, steps: int = 6) -> None:
        """By so many pixels of the screen, y down, seen step by step."""
        (px, py), before = self.at, 0
        for i in range(1, steps + 1):
            self.window.call("do", "mousemove", str(px + dx * i // steps), str(py + dy * i // steps))
            before = max(self.touch()["updates"])
            self.wait(lambda before=before: max(self.touch()["updates"]) > before, "an update")
        self.at = (px + dx, py + dy)

    def release(self) -> None:
        self.window.call("do", "mouseup", "1")
        self.wait(lambda: self.held() == 0, "letting go")

    def click(self, button: int) -> None:
        self.window.call("do", "click", str(button))

    def touch(self) -> dict:
        return self.window.step("touch")

    def held(self) -> int:
        return self.touch()["phases"].count("held")

    def over_and_done(self) -> None:
        """No touch lasts, no modal operator runs."""
        self.wait(lambda: not (state := self.touch())["phases"] and "GID_OT_touch" not in state["modal"], "the end")

    def wait(self, test, what: str, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while not test():
            if time.monotonic() > deadline:
                raise SystemExit(f"Waited in vain for {what}: {self.touch()}")
            time.sleep(0.1)


def expect(true: object, what: str) -> None:
    print("ok  " if true else "NOT ", what, flush=True)
    if not true:
        raise SystemExit(what)


def pull_and_ring(window: Window, mouse: Mouse) -> None:
    still = mouse.touch()["response"]
    mouse.over(*FLOWER)
    mouse.press()
    mouse.drag(110, -40)
    window.shot("20-pulled")
    expect(any(any(v) for v in mouse.touch()["response"].values()), "a drag moves the picture")
    mouse.release()
    for i in range(4):
        window.shot(f"21-ringing-{i}", wait=0.2)
    expect(mouse.touch()["phases"] == ["ringing"], "let go, it rings")
    window.key("Escape")
    mouse.over_and_done()
    expect(mouse.touch()["response"] == still, "ESC puts everything back, exactly")
    mouse.over(*FLOWER)
    mouse.press()
    mouse.drag(-60, 50)
    mouse.click(3)
    mouse.over_and_done()
    window.call("do", "mouseup", "1")
    expect(mouse.touch()["response"] == still, "so does a right click in the middle of a drag")


def touch_and_undo(window: Window, mouse: Mouse) -> None:
    window.step("press", operator="object.camera_add")
    window.step("activate", name="dahlia.jpg")
    count = window.step("state")["objects"]
    mouse.over(*FLOWER)
    mouse.press()
    mouse.drag(40, 30)
    mouse.release()
    window.key("ctrl+z")
    mouse.over_and_done()
    window.until(lambda s: s["objects"] == count - 1, seconds=60)
    expect(True, "undo takes back what was done before the touch: the touch is no step of its own")
    expect(not any(any(v) for v in mouse.touch()["response"].values()), "and leaves no motion behind")


def two_pictures(window: Window, mouse: Mouse) -> None:
    window.step("press", operator="gid.load_example")
    time.sleep(3)
    window.step("pause")
    window.step("frame_all")
    first, second = Mouse(window, name="dahlia.jpg"), Mouse(window, name="dahlia.jpg.001")
    first.over(*FLOWER)
    first.press()
    first.drag(50, 20, steps=3)
    first.release()
    second.over(*FLOWER)
    second.press()
    second.drag(-40, 10, steps=3)
    expect(sorted(second.touch()["phases"]) == ["held", "ringing"], "one picture is held while another rings")
    window.shot("22-two-pictures")
    second.release()
    window.key("Escape")
    window.key("Escape")
    second.over_and_done()


def load_while_it_rings(window: Window, mouse: Mouse, file: str) -> None:
    window.step("save_file", path=file)
    # What is baked for this frame, which a touch adds to.
    before = mouse.touch()["response"]
    mouse.over(*FLOWER)
    mouse.press()
    mouse.drag(60, 0, steps=3)
    mouse.release()
    window.step("load_file", path=file)
    mouse.over_and_done()
    expect(mouse.touch()["response"] == before, "a file that is loaded ends the touch")


def record_bake_play(window: Window, mouse: Mouse) -> None:
    window.step("settings", touch_record=True)
    window.step("set_range", first=1, last=120)
    window.step("go_to", frame=5)
    window.step("play")
    mouse.over(*FLOWER)
    mouse.press()
    mouse.drag(90, -50)
    window.shot("23-recording", wait=0)
    mouse.release()
    window.step("pause")
    window.key("Escape")
    mouse.over_and_done()
    state = mouse.touch()
    print(state["note"])
    expect(len(state["empties"]) == 1, "what the hand did is an Empty")
    window.key("ctrl+z")
    mouse.wait(lambda: not mouse.touch()["empties"], "undo of the recording")
    window.key("ctrl+shift+z")
    mouse.wait(lambda: mouse.touch()["empties"], "redo of the recording")
    expect(True, "a recording is one undo step")
    window.step("press", operator="gid.bake")
    window.step("go_to", frame=30)
    window.shot("24-baked", wait=3)
    expect(any(any(v) for v in mouse.touch()["response"].values()), "the bake moves it")
    window.step("settings", touch_record=False)


def image_editor(window: Window) -> None:
    window.step("image_editor")
    window.step("show_example")
    window.step("tool", name="gid.touch_image_tool", kind="IMAGE_EDITOR")
    mouse = Mouse(window, "IMAGE_EDITOR", "dahlia.jpg")
    mouse.over(*FLOWER)
    window.shot("25-image-editor")
    mouse.press()
    window.shot("26-image-pressed")
    mouse.drag(150, -60)
    window.shot("27-image-pulled")
    mouse.release()
    window.shot("28-image-ringing", wait=0.3)
    window.key("Escape")
    mouse.over_and_done()
    window.shot("29-image-after")


def show_example(window: Window) -> None:
    """The example stands in the scene, and the tool is in hand."""
    # The first click of all only closes the splash screen.
    for at in ("640", "660"):
        window.call("do", "mousemove", at, "700")
        time.sleep(1)
    window.call("do", "click", "1")
    time.sleep(2)
    window.step("clear")
    window.step("press", operator="gid.load_example")
    time.sleep(3)
    window.step("pause")
    window.step("go_to", frame=1)
    window.step("tool", name="gid.touch_tool")


def tour(window: Window) -> None:
    mouse = Mouse(window, name="dahlia.jpg")
    pull_and_ring(window, mouse)
    touch_and_undo(window, mouse)
    record_bake_play(window, mouse)
    load_while_it_rings(window, mouse, str(window.folder / "touch.blend"))
    two_pictures(window, mouse)
    image_editor(window)


def main() -> None:
    # No worker is needed to touch what is there.
    with windowed(arguments(__doc__).parse_args(), worker=False) as window:
        show_example(window)
        tour(window)


if __name__ == "__main__":
    main()
