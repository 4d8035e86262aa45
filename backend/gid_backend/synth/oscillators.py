# SPDX-License-Identifier: GPL-3.0-or-later
"""How the parts of a scene answer a wind; numpy alone, for Blender's Python has no more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from .wind import Wind

if TYPE_CHECKING:
    from .scene import Parts

__all__ = ["angles", "transfer"]

# Stems and cloth have higher modes than the one that a part stands for; their share of the quasi-static response
# keeps the quick bands alive. The second mode of a clamped bar is 6.3 times as high, of a tapering one 2.5–4.
OVERTONE = 0.25
OVERTONE_PITCH = 3.5


def transfer(frequency: npt.ArrayLike, damping: npt.ArrayLike, at: npt.ArrayLike) -> npt.NDArray[np.complex64]:
    """(P, K) response of oscillators of natural `frequency` (P,) Hz to a force at the frequencies `at` (K,) Hz.

    ω0² / (ω0² − ω² + 2iζω0ω): 1 for slow forces, a peak of 1/(2ζ) at resonance, nothing far above.
    """
    w0 = np.asarray(frequency, np.float32)[:, None]
    w = np.asarray(at, np.float32)[None, :]
    zeta = np.asarray(damping, np.float32)[:, None]
    return np.asarray(w0 * w0 / (w0 * w0 - w * w + 2j * zeta * w0 * w), np.complex64)


def angles(
    parts: Parts,
    rng: np.random.Generator,
    *,
    bands: int = 16,
    frames: int = 150,
    fps: float = 30.0,
    wind: Wind | None = None,
    tempo: float = 1.0,
    windows: int = 1,
) -> tuple[npt.NDArray[np.complex64], npt.NDArray[np.complex64]]:
    """The parts' coordinates in a wind: the sway (P, bands-1), for drag and sway, and the flutter, alike.

    `tempo` multiplies all natural frequencies. With `windows` above 1 the wind repeats only after so many periods, and
    what is returned is the transform of the first of them.
    """
    wind = wind or Wind.random(rng)
    places = np.concatenate([parts.pivot, parts.depth[:, None]], 1)
    if windows > 1:
        long = angles(
            parts, rng, bands=bands * windows, frames=frames * windows, fps=fps, wind=wind, tempo=tempo, windows=1
        )
        return _cut(long[0], bands, frames, windows), _cut(long[1], bands, frames, windows)
    vector, out = wind.force(places, rng, bands=bands, frames=frames, fps=fps)
    # (J·lever)·w with J = [[0, -1], [1, 0]]: wind along the lever does not turn it.
    torque = vector[..., 1] * parts.lever[:, :1] - vector[..., 0] * parts.lever[:, 1:]
    size = 1.0 / np.arange(1, bands) ** wind.slope
    size /= np.sqrt((size**2).sum())
    noise = rng.standard_normal((2, len(parts.parent), bands - 1, 2), np.float32).view(np.complex64)[
        ..., 0
    ] * size.astype(np.float32)
    own = parts.local[:, None]
    shared = np.sqrt(1.0 - own * own)
    at = np.arange(1, bands) * fps / frames
    frequency = parts.frequency * np.float32(tempo)
    response = (1.0 - OVERTONE) * transfer(frequency, parts.damping, at)
    response += OVERTONE * transfer(OVERTONE_PITCH * frequency, parts.damping, at)
    return response * (shared * torque + own * noise[0]), response * (shared * out + own * noise[1])


def _cut(spectrum: npt.NDArray[np.complex64], bands: int, frames: int, windows: int) -> npt.NDArray[np.complex64]:
    """The one-sided transform over `frames` samples of what has (P, M) harmonics of a period `windows` times as long.

    With d(t) = Re Σ_m A_m exp(2πi·m·t / (windows·frames)), S_k = (2/T) Σ_t d(t)·exp(-2πi·k·t/T) is a sum over the A_m
    and their conjugates: an oscillation that does not fit the window leaks into all bands.
    """
    m = np.arange(1, spectrum.shape[1] + 1) / windows
    k = np.arange(1, bands)
    t = np.arange(frames) / frames

    def leak(sign: float) -> npt.NDArray[np.complex64]:
        waves = np.exp(2j * np.pi * sign * m[:, None] * t)
        return np.asarray(waves @ np.exp(-2j * np.pi * t[:, None] * k) / frames, np.complex64)

    return np.asarray(spectrum @ leak(1.0) + spectrum.conj() @ leak(-1.0), np.complex64)
