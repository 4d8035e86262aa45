# SPDX-License-Identifier: GPL-3.0-or-later
"""Clicks through the extension in a windowed Blender and takes screenshots to be looked at.

    python tests/gui/drive.py --screen PATH --zip dist/image_dynamics-0.1.0.zip --out FOLDER [--docs]

The screen is a program that shows Blender on a virtual display, with the commands start, shot, do (xdotool) and
stop. The worker runs outside of that Blender's world and is reached through `bridge.py`; GID_WORKER or the checkout's
environment says which.
"""

import argparse
import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT))

from PIL import Image  # noqa: E402

from gid_blender.worker.discovery import find_command  # noqa: E402

DOCUMENTED = {"06-generating-again": "generating", "05-generated": "generated"}


class Window:
    """The windowed Blender, its steps and its screenshots."""

    def __init__(self, tool: str, folder: Path) -> None:
        self.tool = tool
        self.folder = folder

    def call(self, *arguments: str) -> None:
        subprocess.run([self.tool, *arguments], cwd=ROOT, check=True, stdout=subprocess.DEVNULL, timeout=120)

    def step(self, name: str, /, **options: object) -> object:
        """Have `inside.py` do something; returns what it returned."""
        (self.folder / "step.tmp").write_text(json.dumps([name, options]))
        (self.folder / "step.tmp").rename(self.folder / "step.json")
        answer = self.folder / "answer.json"
        deadline = time.monotonic() + 120
        while not answer.exists():
            if time.monotonic() > deadline:
                raise SystemExit(f"No answer to {name}.")
            time.sleep(0.05)
        value = json.loads(answer.read_text())
        answer.unlink()
        if "error" in value:
            raise SystemExit(f"{name}: {value['error']}")
        return value["value"]

    def shot(self, name: str, wait: float = 1.5) -> None:
        time.sleep(wait)
        self.call("shot", str(self.folder / f"{name}.png"))
        print(name, self.step("state"), flush=True)

    def key(self, *names: str) -> None:
        self.call("do", "key", *names)

    def open_tab(self, kind: str = "VIEW_3D") -> None:
        """Click through the tabs of the sidebar until ours is open; Blender lets no script choose one."""
        self.step("sidebar", kind=kind)
        time.sleep(1.5)
        (x, y, width, height), _ = self.step("sidebar", kind=kind)
        for down in range(20, height, 25):
            self.call("do", "mousemove", str(x + width - 12), str(y + down))
            time.sleep(0.15)
            self.call("do", "click", "1")
            time.sleep(0.25)
            if self.step("sidebar", kind=kind)[1] == "Image Dynamics":
                return
        raise SystemExit("There is no tab “Image Dynamics”.")

    def until(self, test, seconds: float = 900) -> dict:
        deadline = time.monotonic() + seconds
        while not test(state := self.step("state")):
            if time.monotonic() > deadline:
                raise SystemExit(f"Waited in vain: {state}")
            time.sleep(0.2)
        return state


def tour(window: Window, picture: str) -> None:
    """What a new user does, in that order."""
    window.open_tab()
    window.shot("01-first-sight")
    window.step("press", operator="gid.load_example")
    time.sleep(10)
    window.step("pause")
    window.shot("02-example")
    window.step("image_editor")
    window.step("show_picture", path=picture)
    window.open_tab("IMAGE_EDITOR")
    window.shot("03-image-editor")
    window.step("view_3d")
    window.open_tab()
    window.step("clear")
    window.step("choose_picture", path=picture)
    window.step("settings", seed=1, quality="DRAFT", play=False)
    window.step("press", operator="gid.generate")
    window.until(lambda s: not s["busy"] or ("oading" not in s["stage"] and s["factor"] > 0.3))
    window.shot("04-generating", wait=0.2)
    window.until(lambda s: not s["busy"])
    window.step("frame_selected")
    window.step("go_to", frame=30)
    window.shot("05-generated", wait=4)
    window.call("do", "mousemove", "600", "400")
    window.key("ctrl+z")
    window.until(lambda s: s["objects"] == 0, seconds=30)
    window.key("ctrl+shift+z")
    window.until(lambda s: s["objects"] == 1, seconds=30)
    window.step("settings", seed=2, quality="HIGH")
    window.step("press", operator="gid.generate")
    window.until(lambda s: s["factor"] > 0.04 or not s["busy"])
    window.shot("06-generating-again", wait=0.2)
    window.key("Escape")
    window.until(lambda s: not s["busy"], seconds=60)
    window.shot("06-cancelled-with-escape")
    window.step("settings", quality="STANDARD", results=["MESH", "PLANE", "STRIP"], format="JPEG")
    window.step("control", name="gid_period", value=6.0)
    window.step("press", operator="gid.render_sequence")
    window.until(lambda s: s["factor"] > 0.1 or not s["busy"])
    window.shot("07-rendering", wait=0.2)
    window.until(lambda s: not s["busy"], seconds=400)
    window.shot("08-rendered", wait=4)
    window.step("press", operator="gid.worker_check")
    window.until(lambda s: not s["busy"])
    window.step("open_panels")
    window.shot("08b-all-panels", wait=3)
    window.step("preferences")
    window.shot("09-preferences", wait=4)


def save_small(source: Path, target: Path) -> None:
    """At the size at which a page shows it; the colours stay whole, since a palette posterises the photograph."""
    with Image.open(source) as picture:
        picture.convert("RGB").resize((1200, 675), Image.Resampling.LANCZOS).save(target, optimize=True)


def arguments(description: str) -> argparse.ArgumentParser:
    """What every tour is told; `description` is its docstring."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--screen", required=True)
    parser.add_argument("--zip", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    return parser


@contextlib.contextmanager
def windowed(options: argparse.Namespace, *, worker: bool = True) -> Iterator[Window]:
    """A windowed Blender with the extension installed, and, where it is needed, a worker; ended afterwards.

    Args:
        options: parsed by `arguments`.
        worker: whether anything is to be predicted or rendered.
    """
    folder = options.out.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    for old in ("step.json", "answer.json"):
        (folder / old).unlink(missing_ok=True)
    with contextlib.ExitStack() as stack:
        command = "none"
        if worker:
            socket = folder / "worker.socket"
            bridge = subprocess.Popen([sys.executable, HERE / "bridge.py", "serve", str(socket), *find_command()])
            stack.callback(bridge.terminate)
            command = f"python3 {HERE / 'bridge.py'} connect {socket}"
        window = Window(options.screen, folder)
        stack.callback(window.call, "stop")
        window.call("start", "--factory-startup", "--python", str(HERE / "inside.py"), "--", str(folder),
                    str(options.zip.resolve()), command)  # fmt: skip
        window.step("install")
        yield window


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument(
        "--docs",
        action="store_true",
        help="put two of the pictures into docs/images; only with the real worker and its trained weights",
    )
    parser.add_argument("--picture", type=Path, default=ROOT / "gid_blender/assets/dahlia.jpg")
    options = parser.parse_args()
    if options.docs and not list((ROOT / "backend/gid_backend/weights").glob("*.safetensors")):
        raise SystemExit("No trained weights: pictures of a stand-in do not belong into the documentation.")
    with windowed(options) as window:
        tour(window, str(options.picture))
    if options.docs:
        for shot, name in DOCUMENTED.items():
            save_small(window.folder / f"{shot}.png", ROOT / f"docs/images/{name}.png")


if __name__ == "__main__":
    main()
