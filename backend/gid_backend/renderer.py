# SPDX-License-Identifier: GPL-3.0-or-later
"""One picture and its motion → frames.

What is splatted forward is the displacement, not the colour: where it lands, each pixel of the frame
knows how far its content came, fetches that content from the picture once, with a cubic filter, and
stays as sharp as the picture. What nothing moved to was uncovered by the motion; it is filled from
the surroundings that move least, for what is uncovered lies behind.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional

from gid_blender.motion import SpectralVolume, SpectralVolumeError

from .colour import Picture
from .device import best_device, usable_device
from .errors import GidError, ImageError, check_cancelled
from .images import checked
from .in_view import MAX_DISPLACEMENT, too_far
from .model_info import sha256_of
from .render_settings import RenderSettings
from .rendering.at_once import at_once
from .rendering.border import held_inside
from .rendering.guided import Guide
from .rendering.holes import REACH
from .rendering.landing import Landing, land, places
from .rendering.neighbours import greatest, least
from .rendering.network import WEIGHTS, RepairNetwork
from .rendering.passes import Passes
from .rendering.repair import Repair
from .rendering.upsample import rows_at_full_size, smoothed
from .rendering.warp import fetch, patch

__all__ = ["MotionRenderer", "RenderSettings"]

# Pixels that are worked on at once: bounds the memory at any picture size (some 350 bytes a pixel, 550 where sums are
# taken in an order of their own).
BAND_PIXELS = 3 << 20
# Bands start at multiples of it, so that pyramids of neighbouring bands agree.
ALIGN = 64
Cancel: TypeAlias = Callable[[], bool] | None


class MotionRenderer:
    """Renders frames of one picture after another on one device.

    A pixel that does not move, and that nothing moves onto, comes out bit-identical.
    """

    def __init__(
        self, device: torch.device, settings: RenderSettings | None = None, network: RepairNetwork | None = None
    ) -> None:
        self.device = device
        self.settings = settings or RenderSettings()
        # Of weights that are not those that are shipped.
        self.weights_sha256: str | None = None
        self._network = network
        self._fingerprint: tuple[object, ...] | None = None
        self._weights: torch.Tensor | None = None

    @classmethod
    def load(
        cls, device: str | None = None, settings: RenderSettings | None = None, weights: Path | None = None
    ) -> MotionRenderer:
        """A renderer on `device`, or on the fastest that can do it, with the network that repairs its frames.

        Args:
            device: as torch names it.
            settings: see there.
            weights: of the network, from `gid train renderer`; None takes those that are shipped.

        Raises:
            GidError: when there is no such device.
            WeightsError: when the network's weights are damaged, or those that were named are missing; where none are
                shipped, nothing is repaired.
        """
        # Cubic sampling is missing on Apple's GPU in some versions of torch, and the CPU is quick enough there.
        chosen = usable_device(device or best_device().replace("mps", "cpu"))
        if not (settings or RenderSettings()).repair or (weights is None and not WEIGHTS.is_file()):
            return cls(chosen, settings)
        renderer = cls(chosen, settings, RepairNetwork.load(weights or WEIGHTS, chosen))
        if weights is not None:
            renderer.weights_sha256 = sha256_of(weights)
        return renderer

    def set_image(
        self, image: npt.ArrayLike, mask: npt.NDArray[np.float32] | None = None, *, cancel: Cancel = None
    ) -> None:
        """Take a picture, (H, W, 1|3|4) uint8, uint16 or float (see `gid_backend.colour`); the slow part, once.

        Args:
            image: the picture.
            mask: (H, W) 0..1 that the displacement of each pixel is multiplied with. What is 0 comes out bit-identical,
                whatever moves beside it. None for all 1.
            cancel: asked between parts of it.

        Raises:
            ImageError: when it is no picture, or the mask is not of its size.
            Cancelled: when `cancel()` says so; the next picture has to be set before anything is rendered.
        """
        picture = checked(image)
        self._weights = None if mask is None else self._mask(mask, picture.shape[:2])
        fingerprint = (picture.shape, picture.dtype.str, zlib.crc32(picture.data), self.settings.repair)
        if fingerprint == self._fingerprint:
            return
        self._fingerprint = None
        values = torch.from_numpy(np.moveaxis(picture, 2, 0).astype(np.float32, order="C"))[None].to(self.device)
        self._dtype = picture.dtype
        self._original = values
        self._peak = 0.0 if picture.dtype.kind == "f" else float(np.iinfo(picture.dtype).max)
        # Straight alpha would drag the invisible colour of transparent places into the frame.
        self._associates = picture.shape[2] == 4 and self._peak > 0
        if self._associates:
            alpha = values[:, 3:] / self._peak
            values = torch.cat([values[:, :3] * alpha, values[:, 3:]], dim=1)
        self._source = values
        # A cubic filter overshoots beside highlights of any brightness: float pixels stay within what the
        # pixels around them hold. Integers have their own limits.
        self._limits = None
        if self._peak == 0:
            self._limits = torch.cat([least(values, 1), greatest(values, 1)], dim=1)
        self._guide: Guide | None = None
        network = self._network if self.settings.repair else None
        self._repair = None if network is None else Repair(network, values, self._peak, cancel)
        self._fingerprint = fingerprint

    def render(
        self,
        image: npt.ArrayLike | None,
        displacement: npt.ArrayLike,
        strength: npt.ArrayLike | None = None,
        *,
        cancel: Cancel = None,
    ) -> Picture:
        """One frame.

        Args:
            image: the picture; None for the last one.
            displacement: (2, h, w) on any grid, in fractions of the picture's width, x right and y down.
            strength: (h, w) how much each place moves over the whole clip, in any unit: what moves more
                is in front. Without it, how far it is displaced now.
            cancel: asked between parts of the frame, which at 4K takes longer than anybody waits for a cancel.

        Returns:
            The frame, of the picture's shape and type.

        Raises:
            ImageError: when the picture is none.
            SpectralVolumeError: when the displacement has a wrong shape, is not finite or absurdly large.
            Cancelled: when `cancel()` says so.
        """
        return self._pixels(self._rendered(image, [displacement], strength, cancel=cancel)[0])

    def render_passes(
        self,
        image: npt.ArrayLike | None,
        displacement: npt.ArrayLike,
        strength: npt.ArrayLike | None = None,
        *,
        before: npt.ArrayLike | None = None,
        after: npt.ArrayLike | None = None,
        cancel: Cancel = None,
    ) -> Passes:
        """One frame with its coverage and, where its neighbours' displacements are given, its motion vectors.

        Args:
            image, displacement, strength, cancel: as for `render`, whose frame this is, bit for bit.
            before: displacement of the frame before, on the same grid.
            after: likewise of the frame after.

        Raises:
            ImageError, SpectralVolumeError, Cancelled: see `render`.
        """
        neighbours = [_checked(other) for other in (before, after) if other is not None]
        result = self._rendered(image, [displacement], strength, neighbours, cancel=cancel)[0]
        channels = self._source.shape[1]
        extra = result[channels:].cpu().numpy()
        vectors = iter(extra[1:].reshape(-1, 2, *extra.shape[1:]))
        return Passes(
            self._pixels(result[:channels]),
            extra[0],
            next(vectors) if before is not None else None,
            next(vectors) if after is not None else None,
        )

    @property
    def at_once(self) -> int:
        """How many frames of the picture that is set `render_frames` makes in one go; see `rendering.at_once`."""
        self._require_image()
        # What a frame is made together with changes how its sums are rounded: frame T would not be frame 0 to the bit,
        # nor a frame that an interrupted render is gone on with.
        if self.settings.deterministic:
            return 1
        return at_once(self.device, self._source.shape[2] * self._source.shape[3], repair=self._repair is not None)

    def render_frames(
        self,
        image: npt.ArrayLike,
        volume: SpectralVolume,
        coefficients: npt.ArrayLike,
        progress: Callable[[str, int, int], None] | None = None,
        cancel: Cancel = None,
        mask: npt.NDArray[np.float32] | None = None,
    ) -> Iterator[Picture]:
        """The frames of any coefficients (F, K): a loop, a push, a gust.

        They are made `at_once` by `at_once`, and come out one after another.

        Args:
            image, mask: as for `set_image`.
            volume: the motion.
            coefficients: (F, K).
            progress: called with the stage, the frames that are done, and F.
            cancel: asked in the middle of a frame too.

        Raises:
            ImageError, SpectralVolumeError: see `render`.
            Cancelled: when `cancel()` says so.
        """
        self.set_image(image, mask, cancel=cancel)
        q = np.asarray(coefficients, np.complex64)
        if q.ndim != 2:
            raise SpectralVolumeError(f"Coefficients have the shape (frames, bands), not {q.shape}.")
        strength = volume.amplitude()
        together = self.at_once
        done = 0
        for first in range(0, len(q), together):
            # One by one: a product of matrices rounds otherwise than one with a vector.
            moves = [volume.synthesize(row) for row in q[first : first + together]]
            for frame in self._rendered(None, moves, strength, cancel=cancel):
                yield self._pixels(frame)
                done += 1
                if progress is not None:
                    progress("Rendering", done, len(q))

    def _rendered(
        self,
        image: npt.ArrayLike | None,
        displacements: Sequence[npt.ArrayLike],
        strength: npt.ArrayLike | None,
        neighbours: Sequence[npt.NDArray[np.float32]] | None = None,
        *,
        cancel: Cancel = None,
    ) -> torch.Tensor:
        """The checks, and `_frames`."""
        if image is not None:
            self.set_image(image, cancel=cancel)
        self._require_image()
        d = np.stack([_checked(displacement) for displacement in displacements])
        w = np.sqrt((d[0] ** 2).sum(axis=0)) if strength is None else np.asarray(strength, np.float32)
        if w.shape != d.shape[2:] or not np.isfinite(w).all():
            raise SpectralVolumeError(f"The motion strength must be finite and of the shape {d.shape[2:]}.")
        if any(other.shape != d.shape[1:] for other in neighbours or ()):
            raise SpectralVolumeError(f"The displacements of neighbouring frames have the shape {d.shape[1:]} too.")
        with torch.inference_mode():
            return self._frames(d, w, neighbours, cancel)

    def _require_image(self) -> None:
        if self._fingerprint is None:
            raise GidError("There is no picture to render.", "Call set_image first.")

    def _mask(self, mask: npt.NDArray[np.float32], size: tuple[int, ...]) -> torch.Tensor:
        if mask.shape != size:
            wrong = "×".join(map(str, mask.shape[::-1]))
            raise ImageError(f"The mask is {wrong} pixels, the picture {size[1]}×{size[0]}; they must be of one size.")
        return torch.from_numpy(np.ascontiguousarray(mask, np.float32))[None, None].to(self.device)

    def _pixels(self, frame: torch.Tensor) -> Picture:
        # Channels last on the way back, in the picture's own type.
        pixels = np.moveaxis(frame.cpu().numpy(), 0, 2)
        return np.ascontiguousarray(pixels.astype(self._dtype))

    def _frames(
        self,
        displacements: npt.NDArray[np.float32],
        strength: npt.NDArray[np.float32],
        neighbours: Sequence[npt.NDArray[np.float32]] | None,
        cancel: Cancel,
    ) -> torch.Tensor:
        """(B, C, H, W) float32 of B displacements, whole numbers for integer pictures.

        With `neighbours` of a single one, what `_with_passes` adds.
        """
        check_cancelled(cancel)
        _, _, height, width = self._source.shape
        flow = torch.from_numpy(displacements * np.float32(width)).to(self.device)
        # In units of the typical strength, so that the order does not depend on the amplitude.
        scale = float(np.sqrt(np.mean(strength**2)))
        w = torch.from_numpy(strength / max(scale, 1e-12)).to(self.device).expand(len(flow), 1, -1, -1)
        given = torch.cat([flow, w], dim=1)
        field = smoothed(given, width)
        field = torch.cat([held_inside(field[:, :2], width, height), field[:, 2:]], dim=1)
        guidance = self._guidance(torch.cat([held_inside(flow, width, height), w], dim=1))
        relative = None
        if neighbours is not None:
            others = [torch.from_numpy(other * np.float32(width))[None].to(self.device) for other in neighbours]
            others = [held_inside(smoothed(other, width), width, height) - field[:, :2] for other in others]
            relative = torch.cat([field[:, :0], *others], dim=1)
        # Guided motion stays within the given one, of which smoothing may have taken the peaks.
        reach_x, reach_y = (math.ceil(max(float(f[:, i].abs().max()) for f in (field, given))) + 1 for i in (0, 1))
        step = max(ALIGN, BAND_PIXELS // (width * len(flow)) // ALIGN * ALIGN)
        if width * height * len(flow) <= BAND_PIXELS:
            step = height
        bands = []
        for top in range(0, height, step):
            bottom = min(top + step, height)
            bands.append(self._band(field, guidance, (reach_x, reach_y), top, bottom, relative, cancel))
        return torch.cat(bands, dim=2)

    def _guidance(self, motion: torch.Tensor) -> tuple[Guide, torch.Tensor] | None:
        """What makes the edges of a coarse motion follow the picture's; None where it is as fine as the picture."""
        grid = (motion.shape[2], motion.shape[3])
        if self._guide is None or self._guide.grid != grid:
            colours = self._source[:, : min(3, self._source.shape[1])]
            # Float pictures are linear; the guide goes by what the eye tells apart.
            colours = colours / self._peak if self._peak else colours.clamp(0.0, 1.0) ** (1 / 2.2)
            self._guide = Guide(colours, grid)
        return (self._guide, self._guide.prepared(motion)) if self._guide.useful else None

    def _band(
        self,
        field: torch.Tensor,
        guidance: tuple[Guide, torch.Tensor] | None,
        reach: tuple[int, int],
        top: int,
        bottom: int,
        relative: torch.Tensor | None,
        cancel: Cancel,
    ) -> torch.Tensor:
        """(B, C, bottom - top, W) of the frames, with `relative` (1, 2·neighbours, h, w) what `_with_passes` adds."""
        _, _, height, width = self._source.shape
        check_cancelled(cancel)
        # Filling looks at the surroundings, which may belong to the neighbouring bands.
        above, below = max(0, top - REACH), min(height, bottom + REACH)
        rows = (above - reach[1], below + reach[1])
        if guidance is None:
            moved = rows_at_full_size(field, (height, width), *rows)
        else:
            guide, prepared = guidance
            moved = guide.rows(field, prepared, *rows)
        pinned = None
        if self._weights is not None:
            inside = torch.arange(*rows, device=self.device).clamp(0, height - 1)
            # Its strength too: what is held back does not cover what moves.
            moved = moved * self._weights[:, :, inside]
            pinned = self._weights[:, :, above:below] == 0
        # The border is a cut through things that go on outside and move alike there.
        moved = functional.pad(moved, (reach[0], reach[0], 0, 0), mode="replicate")
        flow, w = moved[:, :2], moved[:, 2:]
        order = self.settings.depth * (w - field[:, 2:].amax(dim=(1, 2, 3), keepdim=True))
        check_cancelled(cancel)
        size, ordered = (below - above, width), self.settings.deterministic
        around = self._around(rows, reach[0])
        carried = None if around is None else around.expand(len(flow), -1, -1, -1)
        landing = land(flow, order, reach, size, carried, deterministic=ordered)
        check_cancelled(cancel)
        frame = fetch(self._source, landing.came, above, self._limits)
        if bool((landing.sure < 1.0).any()):
            strength = rows_at_full_size(field[:, 2:], (height, width), 0, height)
            frame = patch(frame, landing, strength, self.settings.depth, above)
        check_cancelled(cancel)
        if self._repair is not None:
            frame = self._repair(frame, landing, above, cancel)
        frame = self._finish(frame)
        still = landing.still if pinned is None else landing.still | pinned
        frame = torch.where(still, self._original[:, :, above:below], frame)
        if relative is not None:
            frame = self._with_passes(frame, landing, relative, field[:, 2:], above)
            if pinned is not None:
                # It is all there, and stays where it is.
                whole = torch.zeros_like(frame[:, -1 - relative.shape[1] :])
                whole[:, :1] = 1
                frame[:, -1 - relative.shape[1] :] = torch.where(pinned, whole, frame[:, -1 - relative.shape[1] :])
        return frame[:, :, top - above : bottom - above]

    def _around(self, rows: tuple[int, int], columns: int) -> torch.Tensor | None:
        """The picture in rows that may lie outside of it, continued as the displacement is; for the network."""
        if self._repair is None:
            return None
        height = self._source.shape[2]
        inside = torch.arange(*rows, device=self.device).clamp(0, height - 1)
        return functional.pad(self._source[:, :, inside], (columns, columns, 0, 0), mode="replicate")

    def _with_passes(
        self, frame: torch.Tensor, landing: Landing, relative: torch.Tensor, strength: torch.Tensor, above: int
    ) -> torch.Tensor:
        """The frame, its coverage, and by how far each pixel's content lies elsewhere in each neighbouring frame."""
        size = (self._source.shape[2], self._source.shape[3])
        at = places(landing.came, above, size)
        motion = functional.grid_sample(relative, at, padding_mode="border", align_corners=False)
        if self._weights is not None:
            motion = motion * functional.grid_sample(self._weights, at, padding_mode="border", align_corners=False)
        if motion.shape[1] and bool((landing.sure < 1.0).any()):
            # What was uncovered moves like the surroundings that it is filled from.
            motion = patch(motion, landing, rows_at_full_size(strength, size, 0, size[0]), self.settings.depth, above)
        return torch.cat([frame, landing.sure, motion], dim=1)

    def _finish(self, frame: torch.Tensor) -> torch.Tensor:
        """Straight alpha again and whole numbers, where the picture has them."""
        if self._peak == 0:
            return frame
        frame = frame.clamp(0.0, self._peak)
        if self._associates:
            alpha = frame[:, 3:].round()
            frame = torch.cat([frame[:, :3] * (self._peak / alpha.clamp(min=1.0)), alpha], dim=1)
        return frame.round().clamp(0.0, self._peak)


def _checked(displacement: npt.ArrayLike) -> npt.NDArray[np.float32]:
    d = np.asarray(displacement, np.float32)
    if d.ndim != 3 or d.shape[0] != 2 or 0 in d.shape:
        raise SpectralVolumeError(f"A displacement has the shape (2, height, width), not {d.shape}.")
    if not np.isfinite(d).all():
        raise SpectralVolumeError("The displacement holds values that are not finite (NaN or infinity).")
    peak = float(np.abs(d).max())
    if peak > MAX_DISPLACEMENT:
        raise too_far(peak)
    return d
