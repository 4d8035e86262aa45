# SPDX-License-Identifier: GPL-3.0-or-later
"""Dialogs and lists with a real mouse: import, queue, variations, presets, export, files, layers; to be looked at.

    python tests/gui/dialogs_tour.py --screen PATH --zip dist/image_dynamics-0.1.0.zip --out FOLDER

Places are those of Blender 5.2's first workspace at 1600 × 900, with one panel at a time. File dialogs open in the
window itself, where no window manager is.
"""

import shutil
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.path.insert(0, str(HERE.parents[1]))

from drive import ROOT, Window, arguments, windowed  # noqa: E402
from shots_tour import Hand, panels  # noqa: E402
from touch_tour import expect  # noqa: E402

CONFIRM = (1527, 857)


def choose(window: Window, hand: Hand, folder: Path, *rows: int) -> None:
    """In an open file dialog: go to a folder and click files, the topmost 0."""
    time.sleep(2)
    hand.click(722, 47, times=2)
    window.key("ctrl+a")
    window.call("do", "type", "--delay", "40", f"{folder}/")
    window.key("Return")
    time.sleep(2)
    # Beside all files: the field for the folder would keep the next click for itself.
    press(window, hand, 770, 700)
    for row in rows:
        press(window, hand, 770, 108 + 22 * row)


def press(window: Window, hand: Hand, x: int, y: int) -> None:
    """A click that lasts as long as a person's; a list of files misses a shorter one."""
    hand.at(x, y)
    window.call("do", "mousedown", "1")
    time.sleep(0.2)
    window.call("do", "mouseup", "1")
    time.sleep(0.6)


def bring_in(window: Window, hand: Hand, pictures: Path) -> None:
    window.step("press", operator="gid.import_pictures")
    choose(window, hand, pictures)
    window.shot("70-import-dialog")
    hand.click(*CONFIRM)
    window.until(lambda s: "No files are chosen" in (s["problem"] or ""), seconds=20)
    expect(True, "a dialog in which nothing was chosen says so")
    for row in (0, 1):
        window.step("press", operator="gid.import_pictures")
        choose(window, hand, pictures, row)
        hand.click(*CONFIRM)
        window.until(lambda s, count=row + 1: s["objects"] == count, seconds=30)
    expect(True, "each picture that was chosen stands in the scene")


def queue(window: Window, hand: Hand) -> None:
    panels(window, ["queue"])
    window.step("select_all")
    hand.click(1066, 97)
    hand.click(1264, 127)
    hand.click(1334, 152)
    hand.wait(lambda: len(window.step("queue_states")) == 2, "two entries")
    before = [name for name, _ in window.step("queue_states")]
    hand.click(1264, 175)
    expect([name for name, _ in window.step("queue_states")] == before[::-1], "the arrow moves the chosen entry up")
    hand.click(1165, 275)
    window.until(lambda s: s["busy"], seconds=20)
    hand.click(1243, 275)
    window.shot("71-queue-pausing", wait=0.2)
    window.until(lambda s: not s["busy"])
    expect([state for _, state in window.step("queue_states")] == ["DONE", "WAITING"], "a pause ends after one")
    hand.click(1100, 154)
    hand.click(1264, 223)
    expect(window.step("queue_states")[1][1] == "CANCELLED", "a cancelled entry is no longer waiting")
    window.shot("72-queue")
    hand.click(1264, 243)
    expect(not window.step("queue_states"), "what is over is cleared")


def export(window: Window, hand: Hand, folder: Path) -> None:
    window.step("press", operator="gid.export_page")
    time.sleep(2)
    window.shot("73-export-page")
    hand.click(*CONFIRM)
    hand.wait(lambda: list(folder.glob("*.html")), "the page")
    expect(True, "a page lies beside the .blend, named as its picture")


def files(window: Window, hand: Hand) -> None:
    panels(window, ["files"])
    hand.click(1066, 97)
    hand.click(1105, 154)
    window.shot("74-files")
    hand.click(1223, 154)
    window.shot("75-clean-up")
    window.key("Escape")


def main() -> None:
    options = arguments(__doc__).parse_args()
    folder = options.out.resolve()
    pictures, work = folder / "pictures", folder / "work"
    for place in (pictures, work):
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
    shutil.copy(ROOT / "gid_blender/assets/dahlia.jpg", pictures)
    shutil.copy(ROOT / "scripts/examples/pictures/rose.jpg", pictures)
    with windowed(options) as window:
        window.step("dialogs_inside")
        hand = Hand(window)
        # The first click of all only closes the splash screen.
        hand.click(700, 760)
        window.step("clear")
        window.step("save_file", path=str(work / "shot.blend"))
        window.step("settings", quality="DRAFT", play=False)
        bring_in(window, hand, pictures)
        window.open_tab()
        queue(window, hand)
        export(window, hand, work)
        files(window, hand)


if __name__ == "__main__":
    main()
