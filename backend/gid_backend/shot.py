# SPDX-License-Identifier: GPL-3.0-or-later
"""What is to be rendered: a picture, its motion, and the coefficients of every frame, with motion blur and passes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from gid_blender.motion import SpectralVolume, SpectralVolumeError, loop_coefficients

from .colour import Picture
from .errors import check_cancelled
from .in_view import require_in_view
from .shutter import average, shutter_times

if TYPE_CHECKING:
    from .renderer import MotionRenderer

__all__ = ["Rendered", "Shot"]


@dataclass(frozen=True)
class Rendered:
    """A frame of a shot, with the passes that were asked for.

    Attributes:
        index: of the frame.
        frame: of the picture's shape and type.
        vectors: to where each pixel's content was in the frame before and will be in the frame after, each
            (2, H, W) pixels, x right and y down.
        coverage: (H, W) 0..1, how much of a pixel the picture itself shows.
    """

    index: int
    frame: Picture
    vectors: tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]] | None = None
    coverage: npt.NDArray[np.float32] | None = None


@dataclass(frozen=True)
class Shot:
    """A picture and how it moves, frame by frame; make one with `loop` or `given`.

    Attributes:
        picture: (H, W, 1|3|4), see `gid_backend.colour`.
        linear: a float picture holds scene-linear values.
        volume: its motion.
        rows: (F, S, K) coefficients of S moments in each frame, whose light is averaged.
        middle: (F + 2, K) coefficients of each frame's own moment, one frame before the first to one after the last.
        mask: (H, W) 0..1 that the displacement of each pixel is multiplied with; None for all 1.

    Raises:
        SpectralVolumeError: when any of its moments moves something out of view (`in_view`).
    """

    picture: Picture
    linear: bool
    volume: SpectralVolume
    rows: npt.NDArray[np.complex128]
    middle: npt.NDArray[np.complex128]
    mask: npt.NDArray[np.float32] | None = None

    def __post_init__(self) -> None:
        # Of all frames, whichever are asked for: a folder of which some can never be made is never complete.
        for rows in (self.rows.reshape(-1, self.rows.shape[-1]), self.middle):
            require_in_view(self.volume, rows)

    @classmethod
    def loop(
        cls,
        picture: Picture,
        volume: SpectralVolume,
        frames: int,
        *,
        linear: bool = False,
        amplitude: float = 1.0,
        offset: bool = False,
        shutter: float = 0.0,
        samples: int = 1,
        mask: npt.NDArray[np.float32] | None = None,
    ) -> Shot:
        """One seamless loop of any number of frames: more than the volume's are slow motion, without interpolation.

        Args:
            picture, volume, linear, mask: see `Shot`.
            frames: length of the loop.
            amplitude: 1 as predicted.
            offset: whether the mean offset, band 0, takes part.
            shutter: degrees that it is open, 0 for sharp frames; see `gid_backend.shutter`.
            samples: moments while it is open, each evaluated at its own time.
        """

        def coefficients(times: npt.NDArray[np.float64]) -> npt.NDArray[np.complex128]:
            return amplitude * loop_coefficients(times, harmonics=volume.bands, period=frames, offset=offset)

        times = np.arange(frames, dtype=np.float64)
        around = np.arange(-1, frames + 1, dtype=np.float64)
        rows = coefficients(shutter_times(times, shutter, samples))
        return cls(picture, linear, volume, rows, coefficients(around), mask)

    @classmethod
    def given(
        cls,
        picture: Picture,
        volume: SpectralVolume,
        rows: npt.NDArray[np.complex128],
        *,
        linear: bool = False,
        samples: int = 1,
        cyclic: bool = True,
        mask: npt.NDArray[np.float32] | None = None,
    ) -> Shot:
        """Any motion, by its coefficients.

        Moments between given ones cannot be made up: the chord between two points on the circle of a fast band is
        shorter than its arc, and the motion would shrink. So whoever wants motion blur gives every moment.

        Args:
            picture, volume, linear, mask: see `Shot`.
            rows: (F · S, K); the S moments of each frame follow one another, in order of time.
            samples: S.
            cyclic: the last frame is followed by the first; otherwise nothing moves before the first and after the
                last, as far as motion vectors tell.

        Raises:
            SpectralVolumeError: when the rows are no multiple of `samples`.
        """
        if rows.ndim != 2 or len(rows) == 0 or len(rows) % samples:
            raise SpectralVolumeError(
                f"With {samples} moments a frame there are as many rows of coefficients for each frame, not {len(rows)}"
                " in all."
            )
        moments = rows.reshape(-1, samples, rows.shape[1])
        # Of an even number, the two in the middle are a fraction of a frame apart: there a chord is as good as its arc.
        own = (moments[:, (samples - 1) // 2] + moments[:, samples // 2]) / 2
        ends = (own[-1:], own[:1]) if cyclic else (own[:1], own[-1:])
        return cls(picture, linear, volume, moments, np.concatenate([ends[0], own, ends[1]]), mask)

    @property
    def frames(self) -> int:
        """F, the number of frames."""
        return len(self.rows)

    def fingerprint(self, **settings: Any) -> str:
        """A name for the frames of this shot: the same only if all that they depend on is the same.

        Args:
            settings: what else they depend on, in JSON, such as the renderer's identity and the file format.
        """
        digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode())
        arrays = [self.picture, self.volume.spectrum, self.rows, self.middle]
        for array in arrays if self.mask is None else [*arrays, self.mask]:
            digest.update(f"{array.shape} {array.dtype.str} {self.linear};".encode())
            digest.update(np.ascontiguousarray(array).view(np.uint8).data)
        return digest.hexdigest()

    def render(
        self,
        renderer: MotionRenderer,
        indices: Sequence[int] | None = None,
        *,
        vectors: bool = False,
        coverage: bool = False,
        progress: Callable[[str, int, int], None] | None = None,
        cancel: Callable[[], bool] | None = None,
    ) -> Iterator[Rendered]:
        """The frames in order, each as soon as it is made.

        Args:
            renderer: that makes them.
            indices: which frames; None for all.
            vectors, coverage: the passes that are wanted.
            progress, cancel: see `MotionRenderer.render_frames`.

        Raises:
            ImageError, SpectralVolumeError: see `MotionRenderer.render`.
            Cancelled: when `cancel()` says so, in the middle of a frame too.
        """
        chosen = list(range(self.frames) if indices is None else indices)
        if vectors or coverage:
            frames = self._with_passes(renderer, chosen, vectors, coverage, cancel)
        else:
            frames = self._plain(renderer, chosen, cancel)
        for done, frame in enumerate(frames, 1):
            yield frame
            if progress is not None:
                progress("Rendering", done, len(chosen))

    def _plain(
        self, renderer: MotionRenderer, indices: list[int], cancel: Callable[[], bool] | None
    ) -> Iterator[Rendered]:
        samples, bands = self.rows.shape[1:]
        moments = renderer.render_frames(
            self.picture, self.volume, self.rows[indices].reshape(-1, bands), cancel=cancel, mask=self.mask
        )
        for index in indices:
            yield Rendered(index, average(islice(moments, samples), linear=self.linear))

    def _with_passes(
        self,
        renderer: MotionRenderer,
        indices: list[int],
        vectors: bool,
        coverage: bool,
        cancel: Callable[[], bool] | None,
    ) -> Iterator[Rendered]:
        renderer.set_image(self.picture, self.mask, cancel=cancel)
        strength = self.volume.amplitude()
        sharp = self.rows.shape[1] == 1
        for index in indices:
            covered: list[npt.NDArray[np.float32]] = []
            between = None
            if vectors:
                rows = list(self.middle[index : index + 3])
                if sharp:
                    # As without vectors; simulated in other steps, the same moment may be rounded otherwise.
                    rows[1] = self.rows[index, 0]
                # One by one: a product of matrices rounds otherwise than one with a vector.
                before, now, after = map(self.volume.synthesize, rows)
                passes = renderer.render_passes(None, now, strength, before=before, after=after, cancel=cancel)
                assert passes.before is not None
                assert passes.after is not None
                between = (passes.before, passes.after)
            if vectors and sharp:
                frame, seen = passes.frame, passes.coverage
            else:
                frame = average(self._moments(renderer, index, strength, covered, cancel), linear=self.linear)
                seen = np.asarray(covered[0] / self.rows.shape[1], np.float32)
            check_cancelled(cancel)
            yield Rendered(index, frame, between, seen if coverage else None)

    def _moments(
        self,
        renderer: MotionRenderer,
        index: int,
        strength: npt.NDArray[np.float32],
        covered: list[npt.NDArray[np.float32]],
        cancel: Callable[[], bool] | None,
    ) -> Iterator[Picture]:
        """The pictures of a frame's moments; their coverages are summed up in `covered`."""
        for row in self.rows[index]:
            passes = renderer.render_passes(None, self.volume.synthesize(row), strength, cancel=cancel)
            covered[:] = [passes.coverage + covered[0] if covered else passes.coverage]
            yield passes.frame
