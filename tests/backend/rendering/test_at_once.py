# SPDX-License-Identifier: GPL-3.0-or-later
"""Frames that are made together are those that are made one by one, and no more of them than there is memory for."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from gid_backend import renderer as renderer_module
from gid_backend.errors import Cancelled
from gid_backend.renderer import MotionRenderer, RenderSettings
from gid_backend.rendering import at_once as module
from gid_backend.rendering.at_once import BYTES, MOST, PIXELS, SHARE, at_once
from gid_blender.motion import loop_coefficients

from ..clips import smooth_volume, textured_picture

CUDA = torch.device("cuda")
HEIGHT, WIDTH, FRAMES = 72, 128, 5
PICTURE = textured_picture(HEIGHT, WIDTH)
VOLUME = smooth_volume(18, 32, amplitude=0.03)
COEFFICIENTS = loop_coefficients(np.arange(FRAMES), harmonics=VOLUME.bands, period=FRAMES, offset=False)


@pytest.fixture
def together(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Three frames at once on the processor too, which else makes one; the numbers that were made."""
    made: list[int] = []
    monkeypatch.setattr(renderer_module, "at_once", lambda *_, **__: 3)
    frames = MotionRenderer._frames

    def watched(self: MotionRenderer, displacements: npt.NDArray[np.float32], *rest: object) -> torch.Tensor:
        made.append(len(displacements))
        return frames(self, displacements, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(MotionRenderer, "_frames", watched)
    return made


def picture_of(kind: str, channels: int) -> npt.NDArray[np.uint8 | np.uint16 | np.float32]:
    values = np.dstack([PICTURE, textured_picture(HEIGHT, WIDTH, seed=1)[..., :1]])[..., :channels]
    if kind == "float32":
        return (values / np.float32(128)).astype(np.float32)
    return values.astype(kind) * (np.iinfo(kind).max // 255)


@pytest.mark.parametrize("repair", [False, True])
@pytest.mark.parametrize("kind", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("masked", [False, True])
def test_they_are_those_that_are_made_one_by_one(
    together: list[int], kind: str, channels: int, repair: bool, masked: bool
) -> None:
    picture = picture_of(kind, channels)
    mask = np.linspace(0, 1, WIDTH, dtype=np.float32)[None].repeat(HEIGHT, axis=0) if masked else None
    renderer = MotionRenderer.load("cpu", RenderSettings(repair=repair))
    renderer.set_image(picture, mask)
    alone = [
        renderer.render(None, VOLUME.synthesize(row.astype(np.complex64)), VOLUME.amplitude()) for row in COEFFICIENTS
    ]
    assert together == [1] * FRAMES
    together.clear()
    frames = list(renderer.render_frames(picture, VOLUME, COEFFICIENTS, mask=mask))
    assert together == [3, 2]
    white = 1.0 if kind == "float32" else float(np.iinfo(kind).max)
    for one, other in zip(alone, frames, strict=True):
        assert (one.dtype, one.shape) == (other.dtype, other.shape)
        difference = np.abs(one.astype(float) - other.astype(float)) / white
        # Places that are rounded otherwise by a millionth may fall on the other side of one of the warp's choices.
        assert (difference > 1.01 / 255).mean() < 1e-3
        assert np.abs(frames[0].astype(float) - frames[1].astype(float)).mean() / white > 0.01


def test_what_has_to_be_the_same_to_the_bit_is_made_one_by_one(together: list[int]) -> None:
    renderer = MotionRenderer.load("cpu", RenderSettings(deterministic=True))
    list(renderer.render_frames(PICTURE, VOLUME, COEFFICIENTS))
    assert together == [1] * FRAMES


def test_each_is_told_of_as_it_comes_out_and_a_cancel_is_heard_between_two_lots(together: list[int]) -> None:
    renderer = MotionRenderer.load("cpu", RenderSettings(repair=False))
    said: list[tuple[str, int, int]] = []
    frames = renderer.render_frames(
        PICTURE, VOLUME, COEFFICIENTS, progress=lambda *words: said.append(words), cancel=lambda: len(said) >= 2
    )
    assert len([next(frames) for _ in range(3)]) == 3
    assert [done for _, done, _ in said] == [1, 2]
    with pytest.raises(Cancelled):
        next(frames)
    assert together == [3, 2]


def test_a_processor_makes_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "describe_memory", lambda _: {"memory_total": None, "memory_free": 1 << 40})
    assert at_once(torch.device("cpu"), 512 * 288, repair=True) == 1
    assert at_once(CUDA, 512 * 288, repair=True) == MOST


@given(pixels=st.integers(1, 1 << 27), free=st.none() | st.integers(0, 1 << 38), repair=st.booleans())
def test_no_more_than_the_memory_is_fit_for(pixels: int, free: int | None, repair: bool) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "describe_memory", lambda _: {"memory_total": None, "memory_free": free})
        number = at_once(CUDA, pixels, repair=repair)
    assert 1 <= number <= MOST
    # One is always made, in bands of bounded memory.
    if number > 1:
        assert number * pixels <= PIXELS
        assert free is None or number * pixels * BYTES <= SHARE * free
