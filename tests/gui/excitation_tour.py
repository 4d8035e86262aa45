# SPDX-License-Identifier: GPL-3.0-or-later
"""Pulls, gusts and their bake in a windowed Blender: add, edit, bake, edit again with Auto Bake on, mute, equalise.

python tests/gui/excitation_tour.py --screen PATH --zip dist/image_dynamics-0.1.0.zip --out FOLDER
"""

import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from drive import Window, arguments, windowed  # noqa: E402
from touch_tour import expect, show_example  # noqa: E402


def until(window: Window, test, what: str, seconds: float = 60) -> dict:
    deadline = time.monotonic() + seconds
    while not test(state := window.step("baking")):
        if time.monotonic() > deadline:
            raise SystemExit(f"Waited in vain for {what}: {state}")
        time.sleep(0.2)
    return state


def tour(window: Window) -> None:
    window.open_tab()
    window.step("only", names=["excitations", "bake"])
    window.step("go_to", frame=10)
    window.step("press", operator="gid.add_excitation", kind="PULL")
    window.shot("30-pull-added")
    window.step("press", operator="gid.bake")
    window.step("go_to", frame=24)
    pulled = window.step("baking")
    expect(any(pulled["response"]) and not pulled["stale"], "a bake plays the pull")
    window.shot("31-pull-baked")

    window.step("excitation", name="Pull", strength=0.5)
    until(window, lambda s: s["stale"], "the mark of a bake out of date")
    expect(True, "an edit marks the bake as out of date")
    window.shot("32-out-of-date")
    window.step("press", operator="gid.bake")
    halved = until(window, lambda s: not s["stale"], "the bake")
    off = max(abs(2 * a - b) for a, b in zip(halved["response"], pulled["response"], strict=True))
    expect(off < 1e-4 * max(map(abs, pulled["response"])) + 2e-6, "half the strength is half the motion")

    window.step("baking", auto=True)
    window.step("excitation", name="Pull", strength=1.0)
    again = until(window, lambda s: not s["stale"] and s["response"] != halved["response"], "the automatic bake")
    expect(again["response"] == pulled["response"], "Auto Bake follows an edit, to the bit")
    window.step("excitation", name="Pull", mute=True)
    until(window, lambda s: not any(s["response"]), "the bake without the muted pull")
    expect(True, "a muted pull leaves the bake by itself")
    window.step("excitation", name="Pull", mute=False)
    until(window, lambda s: any(s["response"]), "the pull in the bake again")

    window.step("activate", name="dahlia.jpg")
    window.step("go_to", frame=60)
    window.step("press", operator="gid.add_excitation", kind="GUST")
    window.step("baking", auto=False)
    window.step("press", operator="gid.bake")
    window.step("go_to", frame=75)
    window.shot("33-gust")
    window.step("activate", name="dahlia.jpg")
    window.step("only", names=["motion", "equaliser"])
    window.shot("34-equaliser")
    window.step("only", names=[])


def main() -> None:
    # No worker is needed to touch what is there.
    with windowed(arguments(__doc__).parse_args(), worker=False) as window:
        show_example(window)
        tour(window)


if __name__ == "__main__":
    main()
