# SPDX-License-Identifier: GPL-3.0-or-later
"""The spectral volume of a real video: what moves in it, band by band."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from gid_blender.motion import SpectralVolume

from ..errors import Cancelled, ImageError
from ..picture_sequence import PictureSequence
from ..video import VideoSource, video_name
from .camera import Camera, find_camera, sample
from .dense import FlowFromFirst
from .methods import DEFAULT_METHOD
from .spectrum import detrended, transform
from .window import Progress, Span, Window, window_of_frames, window_of_video

__all__ = ["CameraMode", "Measured", "extract_motion", "measure_motion"]

CameraMode = Literal["remove", "keep"]
# A camera that takes a place of the picture farther than this fraction of its width shows things from another side,
# which no rule takes back, and what it brings in at the border was never in the start frame (docs/from-video.md).
MOST_SHAKE = 0.05
# Of a picture with any texture so much has to be followed.
LEAST_FOLLOWED = 0.1
# Where nothing stands still and no rule was found: when more than this share of the picture moves farther than this
# (working pixels, of 512; the filter of data sets), and most of that is one motion of all of it, the camera moved.
MOVED, MOVED_SHARE, TOGETHER = 2.0, 0.95, 0.8


@dataclass(frozen=True, eq=False)
class Measured:
    """What was measured in a video.

    Attributes:
        volume: its motion; `meta["settings"]` says how it was measured.
        still: (H, W, 3) uint8, the start frame that the motion is relative to, in the video's own size.
        loop: whether the clip was a seamless loop; otherwise its drift was taken off to make it one.
        followed: share of the textured places whose motion could be followed for half of the time at least.
        camera: what the camera did.
    """

    volume: SpectralVolume
    still: npt.NDArray[np.uint8]
    loop: bool
    followed: float
    camera: Camera | None

    @property
    def sentences(self) -> list[str]:
        """What is worth knowing about the measurement, one thing each."""
        said = []
        if not self.loop:
            said.append("The clip is no loop; its drift was taken off to make it one.")
        if self.camera is not None and self.camera.verdict == "shake":
            pixels = self.camera.amount * self.still.shape[1]
            said.append(f"The camera moved by up to {pixels:.1f} pixels; that was taken off.")
        if self.camera is not None and self.camera.verdict == "unknown":
            said.append("Too little stands still to tell whether the camera did; it was taken to.")
        if self.followed < 0.5:
            said.append(f"Only {self.followed:.0%} of what has texture could be followed; expect gaps.")
        return said


def measure_motion(
    source: VideoSource | Iterable[npt.NDArray[np.uint8]],
    span: Span | None = None,
    *,
    name: str | None = None,
    fps: float = 30.0,
    bands: int = 16,
    frames: int = 150,
    width: int = 512,
    clean: bool = True,
    camera: CameraMode = "remove",
    progress: Progress | None = None,
    cancel: Callable[[], bool] | None = None,
) -> Measured:
    """Measure how everything in a clip moves away from its start frame, and how fast it swings.

    The clip is taken as one period: its n frames give S_k = (2/n) Σ_i F_i exp(-2πi·k·i/n) with the mean
    flow as S_0, so that displacement = Re Σ_k S_k exp(+2πi·k·t/T). That is exact for any n ≥ 2K-1, and
    the volume is stated for `frames` frames of the same duration without interpolating anything. Of a clip that is
    no loop the steady drift is taken off first, so that the result is one. Every band is what the transform says;
    none is looked for in the spectrum.

    Args:
        source: a video file, the bytes of one, a `PictureSequence`, or frames, (H, W, 3) uint8 each, in order.
        span: which part of it, and whether that is a loop.
        name: what to call it in sentences and in the volume's description; a file's own by default.
        fps: frame rate, where `source` is frames; a video brings its own times.
        bands: K, the mean counted.
        frames: T, the length of the resulting period.
        width: of the working size, in pixels; wider (or, upright, higher) video is shrunk to it. It is the grid of the
            result, too.
        clean: see `FlowFromFirst`; without it, places with no texture show the noise of the search.
        camera: "remove" takes a camera's shake off, or refuses it; "keep" takes all motion for that of things.
        progress: called after each frame, with the stage.
        cancel: asked before each frame.

    Raises:
        ImageError: when the video cannot be read, is too short, cut or of changing size, or its camera moves too far.
        Cancelled: when `cancel()` says so.
    """
    span = span or Span()
    meta: dict[str, Any] = {}
    if isinstance(source, (str, os.PathLike, bytes, PictureSequence)):
        shown = video_name(source) if name is None else f"“{name}”"
        meta["source"] = name or _own_name(source)
        window = window_of_video(source, shown, span, side=width, progress=progress, cancel=cancel)
    else:
        window = window_of_frames(source, fps, span, side=width, progress=progress, cancel=cancel)
    if len(window.frames) < 2 * bands - 1:
        raise ImageError(
            f"{window.name} has {len(window.frames)} frames from the start frame on; {bands} bands of motion need at"
            f" least {2 * bands - 1}.",
            "Take a longer part, or film at more frames a second.",
        )
    track = _followed(window.frames, "Following the motion", clean, progress, cancel)
    if track.followed < LEAST_FOLLOWED and track.textured >= LEAST_FOLLOWED:
        raise ImageError(
            f"Only {track.followed:.0%} of {window.name} can be followed: it jumps, fades, or moves too fast.",
            "Choose another part of it, or film at more frames a second.",
        )
    found = None
    if camera == "remove":
        found = find_camera(track.sampled, sample(track.confidence), track.width, track.height, cancel)
        _require_steady(window, track, found)
        if found.verdict == "shake":
            # Followed anew instead of subtracted: in frames that stand still flow finds a third of the error.
            steady = [found.steadied(frame, index) for index, frame in enumerate(window.frames)]
            track = _followed(steady, "Following what is not the camera", clean, progress, cancel)
            for flow, rest in zip(track.flows, found.rest(track.sampled), strict=True):
                flow -= found.field(rest)
    turns = np.array(window.times) / window.duration
    flows = track.flows
    if not window.loop:
        flows, _ = detrended(flows, turns)
    spectrum = transform(flows, turns, bands)
    meta |= {
        "model": "optical flow",
        "settings": {
            "method": DEFAULT_METHOD,
            "clean": clean,
            "start": span.start,
            "source_frames": len(window.frames),
            "every": window.skipped,
            "width": spectrum.shape[3],
            "loop": window.loop,
            "followed": round(track.followed, 3),
            "camera": None if found is None else found.verdict,
            "camera_amount": None if found is None else round(found.amount, 5),
        },
    }
    volume = SpectralVolume(spectrum / spectrum.shape[3], fps=frames / window.duration, frames=frames, meta=meta)
    return Measured(volume, window.still, window.loop, track.followed, found)


def _own_name(source: VideoSource) -> str:
    if isinstance(source, PictureSequence):
        return os.path.basename(source.name.strip("“”"))
    return "" if isinstance(source, bytes) else os.path.basename(os.fspath(source))


def extract_motion(
    source: VideoSource | Iterable[npt.NDArray[np.uint8]],
    *,
    seconds: float | None = None,
    periodic: bool | None = None,
    camera: CameraMode = "keep",
    **options: Any,
) -> SpectralVolume:
    """The volume alone of a clip from its first frame on, by default from a camera that is known to stand still.

    Args:
        source: as in `measure_motion`, as are `camera` and the other options.
        seconds: use only the beginning of the clip.
        periodic: whether it is a seamless loop; None looks whether its last frame leads on to its first.
    """
    return measure_motion(source, Span(seconds=seconds, loop=periodic), camera=camera, **options).volume


@dataclass(frozen=True, eq=False)
class _Track:
    """What was followed in all frames.

    Attributes:
        flows: (n, 2, h, w) working pixels.
        sampled: of each frame, see `camera.sample`.
        confidence: (h, w) in 0..1, the mean over the frames.
        followed: share of the textured places that were followed for half of the time at least.
        textured: share of the places that have texture.
    """

    flows: npt.NDArray[np.float32]
    sampled: list[npt.NDArray[np.float32]]
    confidence: npt.NDArray[np.float32]
    followed: float
    textured: float

    @property
    def width(self) -> int:
        return int(self.flows.shape[3])

    @property
    def height(self) -> int:
        return int(self.flows.shape[2])


def _followed(
    frames: Sequence[npt.NDArray[np.uint8]],
    stage: str,
    clean: bool,
    progress: Progress | None,
    cancel: Callable[[], bool] | None,
) -> _Track:
    count = len(frames)
    tracker = FlowFromFirst(frames[0], clean=clean)
    flows = np.zeros((count, 2, *frames[0].shape), np.float32)
    confidence = np.zeros(frames[0].shape, np.float32)
    for index, frame in enumerate(frames):
        if cancel is not None and cancel():
            raise Cancelled
        flows[index] = tracker.to(frame)
        confidence += tracker.confidence / count
        if progress is not None:
            progress(stage, index + 1, count)
    textured = tracker.texture > 0.5
    followed = float((confidence[textured] > 0.5).mean()) if textured.any() else 0.0
    # Where there is no texture, nothing was measured, cleaned or not.
    return _Track(
        flows,
        [sample(flow) for flow in flows],
        np.minimum(confidence, tracker.texture),
        followed,
        float(textured.mean()),
    )


def _require_steady(window: Window, track: _Track, camera: Camera) -> None:
    """Refuse what cannot be taken off."""
    hint = "Film from a tripod, stabilise the video first, or choose a steadier part of it."
    columns = window.still.shape[1]
    if camera.amount > MOST_SHAKE:
        raise ImageError(
            f"The camera of {window.name} moves by up to {camera.amount * columns:.0f} pixels,"
            f" {camera.amount:.1%} of the width; up to {MOST_SHAKE:.0%} can be taken off.",
            hint,
        )
    if camera.verdict == "unknown":
        known = sample(track.confidence) > 0.5
        moved = np.stack(track.sampled)[:, :, known]
        if not known.any():
            return
        far = np.hypot(moved[:, 0], moved[:, 1])
        common = np.hypot(*np.median(moved, axis=2).T)
        scale = 512 / max(track.width, track.height)
        together = np.sqrt((common**2).mean() / max(float((far**2).mean()), 1e-12))
        if float((far.mean(axis=0) * scale > MOVED).mean()) > MOVED_SHARE and together > TOGETHER:
            pixels = float(common.max()) * columns / track.width
            raise ImageError(
                f"In {window.name} everything moves together, by up to {pixels:.0f} pixels: the camera must have"
                " moved, in a way that cannot be taken off.",
                hint,
            )
