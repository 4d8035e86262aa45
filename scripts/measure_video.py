# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures the figures of docs/from-video.md on a folder of looping clips, and prints the tables' rows as they come.

    .venv/worker/bin/python -m scripts.measure_video shake loops/                  # known shake, and its removal
    .venv/worker/bin/python -m scripts.measure_video still loops/                  # what is said of cameras on a tripod
    .venv/worker/bin/python -m scripts.measure_video part loops/pink_rose.mp4 31   # 3 s out of a loop, made one
    .venv/worker/bin/python -m scripts.measure_video again loops/pink_rose.mp4     # rendered again, beside the clip

`--clips name,name` takes some of the folder. The loops are those that the authors of the paper published.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from gid_backend.errors import ImageError
from gid_backend.flow import FlowFromFirst, Span, measure_motion
from gid_backend.flow.spectrum import detrended, transform
from gid_backend.flow.window import window_of_video
from gid_backend.renderer import MotionRenderer
from gid_backend.video import read_video
from gid_blender.motion import loop_coefficients

# What is cut out of the clips' 512×288, so that no shake shows a border; of every second frame of their 30 a second.
WIDTH, HEIGHT, FPS = 384, 216, 15.0
AMOUNTS = (0.01, 0.03, 0.05)
# Focal length of the lens that is turned, in widths of the cut.
LENS = 0.9

Frame = npt.NDArray[np.uint8]


def shakes(count: int, amount: float, width: int, height: int, seed: int = 1) -> list[npt.NDArray[np.float64]]:
    """(3, 3) each: where a hand that holds the camera takes the places of the first frame.

    Turns about all three axes, of 0.25 to 6 Hz, fast ones smaller; the farthest of the cut's corners and its centre
    goes `amount` of its width.
    """
    random = np.random.default_rng(seed)
    seconds, turns = np.arange(count) / FPS, np.zeros((count, 4))
    for axis in range(4):
        for hertz in np.geomspace(0.25, 6, 9):
            turns[:, axis] += np.sin(2 * np.pi * (hertz * seconds + random.random())) / hertz
    turns[:, 2] *= 0.5
    turns -= turns[:1]
    focal = LENS * WIDTH
    lens, middle = np.diag([focal, focal, 1.0]), np.eye(3)
    middle[:2, 2] = 0.5 - width / 2, 0.5 - height / 2
    x, y = (width - WIDTH) / 2, (height - HEIGHT) / 2
    seen = np.array([[[x, y], [x + WIDTH, y], [x, y + HEIGHT], [x + WIDTH, y + HEIGHT], [width / 2, height / 2]]])

    def scaled(size: float) -> list[npt.NDArray[np.float64]]:
        found = []
        for right, down, roll, _ in turns * size:
            rotation, _ = cv2.Rodrigues(np.array([-down / focal, right / focal, roll / (WIDTH / 2)]))
            found.append(np.linalg.inv(middle) @ lens @ rotation @ np.linalg.inv(lens) @ middle)
        return found

    def farthest(size: float) -> float:
        return max(float(np.hypot(*(cv2.perspectiveTransform(seen, m) - seen)[0].T).max()) for m in scaled(size))

    size = amount * WIDTH / farthest(1.0)
    return scaled(size * amount * WIDTH / farthest(size))


def cut(frame: Frame) -> Frame:
    """The middle of a frame."""
    top, left = (frame.shape[0] - HEIGHT) // 2, (frame.shape[1] - WIDTH) // 2
    return np.ascontiguousarray(frame[top : top + HEIGHT, left : left + WIDTH])


def shaken(frames: Sequence[Frame], amount: float) -> list[Frame]:
    """The cuts of frames seen by a camera that shakes."""
    height, width = frames[0].shape[:2]
    moved = [
        cv2.warpPerspective(f, m, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT_101)
        for f, m in zip(frames, shakes(len(frames), amount, width, height), strict=True)
    ]
    return [cut(np.asarray(frame, np.uint8)) for frame in moved]


def size_of(spectrum: npt.NDArray[np.complex64]) -> float:
    """Root mean square displacement of the swinging bands over the picture and a period, in pixels of the cut."""
    return float(np.sqrt((np.abs(spectrum[1:]) ** 2).sum(axis=(0, 1)).mean() / 2)) * WIDTH


def shake(clips: Sequence[Path]) -> None:
    for clip in clips:
        frames = [frame for _, frame in read_video(clip)][::2]
        still = measure_motion([cut(f) for f in frames], Span(loop=True), fps=FPS, camera="keep").volume.spectrum
        print(f"{clip.stem}: its own motion {size_of(still):.2f}", flush=True)
        for amount in AMOUNTS:
            begun, seen = time.monotonic(), shaken(frames, amount)
            kept = measure_motion(seen, Span(loop=True), fps=FPS, camera="keep").volume.spectrum
            told = f"{clip.stem} {amount:.0%}: {size_of(kept - still):.2f}"
            try:
                found = measure_motion(seen, Span(loop=True), fps=FPS)
            except ImageError as error:
                print(told, "refused:", error.args[0], flush=True)
                continue
            camera = found.camera
            assert camera is not None
            # What is left when the camera's rule is only subtracted, and the steadied frames are not followed anew.
            fields = np.stack([camera.field(rule) for rule in camera.rule])
            less = kept - transform(fields, np.arange(len(seen)) / len(seen), len(kept)) / WIDTH
            print(
                f"{told} → {size_of(found.volume.spectrum - still):.2f} (subtracted: {size_of(less - still):.2f}),"
                f" {camera.verdict}, found {camera.amount:.1%},"
                f" {time.monotonic() - begun:.0f} s",
                flush=True,
            )


def still(clips: Sequence[Path], width: int) -> None:
    for clip in clips:
        try:
            found = measure_motion(clip, width=width)
        except ImageError as error:
            print(f"{clip.stem}: refused: {error.args[0]}", flush=True)
            continue
        assert found.camera is not None
        print(f"{clip.stem}: {found.camera.verdict}, loop {found.loop}", *found.sentences, flush=True)


def part(clip: Path, start: int, seconds: float, width: int) -> None:
    """How the end of a part that is no loop is joined to its beginning; all in pixels of the working size."""
    span = Span(start=start, seconds=seconds, loop=False)
    volume = measure_motion(clip, span, width=width, camera="keep").volume
    window = window_of_video(clip, clip.name, span, side=width)
    tracker = FlowFromFirst(window.frames[0])
    flows = np.stack([tracker.to(frame).copy() for frame in window.frames])
    turns = np.array(window.times) / window.duration
    q = loop_coefficients(turns * volume.frames, harmonics=volume.bands, period=volume.frames, offset=True)
    looped = np.einsum("tk,kchw->tchw", q, volume.spectrum).real * volume.width

    def size(difference: npt.NDArray[np.floating]) -> float:
        return float(np.sqrt((difference**2).sum(axis=-3).mean()))

    _, drift = detrended(flows.copy(), turns)
    back = looped + turns[:, None, None, None] * drift
    steps = [size(after - before) for before, after in pairwise(looped)]
    print(
        f"{clip.stem}, {len(flows)} frames from {start}: jump {size(flows[-1] - flows[0]):.2f}, step at the wrap"
        f" {size(looped[0] - looped[-1]):.2f}, mean step {np.mean(steps):.2f}; volume and drift together are the"
        f" clip to {size(back - flows):.2f}"
    )


def again(clip: Path, moments: Sequence[int]) -> None:
    """PSNR of the frames that come out of what was measured, at some moments of the clip."""
    begun = time.process_time()
    found = measure_motion(clip)
    print(f"measured in {time.process_time() - begun:.0f} s of processor")
    frames = [frame for _, frame in read_video(clip)]
    renderer = MotionRenderer.load()
    renderer.set_image(found.still)
    volume = found.volume
    for moment in moments:
        q = loop_coefficients(
            [moment * volume.frames / len(frames)], harmonics=volume.bands, period=volume.frames, offset=True
        )
        made = renderer.render(found.still, np.einsum("k,kchw->chw", q[0], volume.spectrum).real.astype(np.float32))
        print(
            f"frame {moment + 1} of {len(frames)}: {psnr(np.asarray(made), frames[moment]):.1f} dB,"
            f" the start frame itself {psnr(found.still, frames[moment]):.1f} dB"
        )


def psnr(one: npt.NDArray[np.uint8], other: npt.NDArray[np.uint8]) -> float:
    return float(20 * np.log10(255 / max(np.sqrt(((one.astype(np.float64) - other) ** 2).mean()), 1e-9)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("shake", "still", "part", "again"))
    parser.add_argument("clips", type=Path, help="a folder of clips, or one")
    parser.add_argument("start", type=int, nargs="?", default=1, help="first frame of the part")
    parser.add_argument("--seconds", type=float, default=3.0, help="of the part")
    parser.add_argument("--width", type=int, help="working size: 512 for “still”, 256 for “part”")
    parser.add_argument("--clips", dest="names", default="", help="of some clips in the folder")
    options = parser.parse_args()
    clips = sorted(options.clips.glob("*.mp4")) if options.clips.is_dir() else [options.clips]
    if options.names:
        clips = [options.clips / f"{name}.mp4" for name in options.names.split(",")]
    cv2.setNumThreads(1)
    if options.what == "shake":
        shake(clips)
    elif options.what == "still":
        still(clips, options.width or 512)
    elif options.what == "part":
        for clip in clips:
            part(clip, options.start, options.seconds, options.width or 256)
    else:
        for clip in clips:
            again(clip, (0, 30, 60, 90, 120))


if __name__ == "__main__":
    main()
