# SPDX-License-Identifier: GPL-3.0-or-later
"""What is done to a drawn spectral volume before it is handed out.

What a small prior leaves of its noise is smoothed and brought to rest; the loop starts where its wrap is least seen.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from gid_blender.motion import SpectralVolume, loop_coefficients

__all__ = ["EXPECTED", "MOVING", "STILL", "as_expected", "cohering", "of_strength", "settled", "start_calm"]

# Of the width: over which distance moving neighbours are made to agree, and how far a band may be raised again for it.
COHERENCE, MOST_GAIN = 0.04, 1.6
# How far a place's swing is drawn towards what is expected there: 0 leaves it as drawn, 1 has where things move
# decided by the regressor, but for what is finer than the surroundings (in widths) over which both are compared;
# and how much it may be raised. On 19 synthetic scenes 0, 0.5, 0.75 and 1 rank places at 0.50, 0.60, 0.62 and 0.64.
EXPECTED, SURROUNDINGS, MOST_PULL = 1.0, 0.02, 3.0
# Root-mean-square swings in fractions of the width. A third of a pixel on a picture 1000 pixels wide is not seen.
STILL, MOVING = 0.0003, 0.0008


def cohering(spectrum: npt.NDArray[np.complex64]) -> npt.NDArray[np.complex64]:
    """Let neighbours that move, move alike.

    The shipped prior has seen few pictures: it knows better *where* things move than that a flower is one
    thing, and its latents show as a grid of patches. Each place takes the mean of its moving surroundings, weighted by
    their swing, so that still places beside them neither slow them down nor start to move; every band keeps
    its energy.

    Args:
        spectrum: (K, 2, H, W) complex64.

    Returns:
        The same shape, smooth over `COHERENCE` of the width within what moves.
    """
    sigma = COHERENCE * spectrum.shape[3]
    swing = SpectralVolume(spectrum).amplitude()

    def blur(field: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        return np.asarray(cv2.GaussianBlur(field, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE), np.float32)

    # The swing itself is smoothed over less than the motion, which takes the patches out and leaves the outline.
    outline = np.asarray(cv2.GaussianBlur(swing, (0, 0), sigma / 2.0), np.float32)
    weight = blur(swing)
    reach = outline / np.maximum(np.maximum(weight, outline), 1e-12)
    out = np.empty_like(spectrum)
    for band in range(spectrum.shape[0]):
        for axis in range(2):
            field = spectrum[band, axis] * swing
            mixed = blur(field.real.copy()) + 1j * blur(field.imag.copy())
            out[band, axis] = mixed / np.maximum(weight, 1e-12) * reach
        before, after = (float((np.abs(s[band]) ** 2).sum()) for s in (spectrum, out))
        # Bands that agreed on nothing are not blown up again without bound.
        out[band] *= min(np.sqrt(before / max(after, 1e-30)), MOST_GAIN)
    return out


def as_expected(spectrum: npt.NDArray[np.complex64], expected: npt.NDArray[np.complex64]) -> npt.NDArray[np.complex64]:
    """Draw the swing of every place towards what the picture lets expect of it.

    The regressor knows better where things move than the denoiser, which leaves a trace of its noise everywhere; the
    denoiser knows how they move, and has the finer outline. So each place is multiplied by (expected / drawn) to the
    power `EXPECTED`, of the swings around it, all bands and both axes alike.

    Args:
        spectrum: (K, 2, H, W) complex64, as drawn.
        expected: the same shape, of which only the moduli matter.

    Returns:
        The same shape; phases, and the shape of each place's spectrum, are those drawn.
    """
    sigma = SURROUNDINGS * spectrum.shape[3]
    drawn, hoped = (SpectralVolume(s).amplitude() for s in (spectrum, expected))
    around = np.sqrt(cv2.GaussianBlur(drawn * drawn, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE))
    gain = ((hoped + STILL / 3.0) / (around + STILL / 3.0)) ** EXPECTED
    return np.asarray(spectrum * np.minimum(gain, MOST_PULL), np.complex64)


def of_strength(spectrum: npt.NDArray[np.complex64], strength: float) -> npt.NDArray[np.complex64]:
    """The same motion with the mean swing that is asked for, Σ a² / Σ a over the swings a of all places.

    The denoiser has been told the strength already and has drawn the motion of such a wind; this sets the number right.

    Args:
        spectrum: (K, 2, H, W) complex64.
        strength: in fractions of the width, above 0.

    Returns:
        The same shape; stillness stays stillness.
    """
    swing = SpectralVolume(spectrum).amplitude()
    mean = float((swing * swing).sum() / max(swing.sum(), 1e-12))
    return np.asarray(spectrum * np.float32(strength / max(mean, 1e-9)) if mean > 1e-7 else spectrum, np.complex64)


def settled(spectrum: npt.NDArray[np.complex64]) -> npt.NDArray[np.complex64]:
    """Bring to rest what moves too little to be meant.

    A denoiser leaves a trace of noise everywhere. On a wall it would be seen as a shimmer, and keep a renderer
    from passing the pixels through untouched, so below `STILL` the motion is exactly zero.

    Args:
        spectrum: (K, 2, H, W) complex64, fractions of the width.

    Returns:
        The same, faded out smoothly where its root-mean-square swing falls from `MOVING` to `STILL`.
    """
    swing = SpectralVolume(spectrum).amplitude()
    share = np.clip((swing - STILL) / (MOVING - STILL), 0.0, 1.0)
    return np.asarray(spectrum * (share * share * (3.0 - 2.0 * share)), np.complex64)


def start_calm(spectrum: npt.NDArray[np.complex64], frames: int) -> npt.NDArray[np.complex64]:
    """Start the loop at its calmest moment, with the picture itself as frame 0.

    A loop may start anywhere. Where everything all but stands still, cutting, holding or blending at
    the wrap is least seen, and the last step is never larger than the others.

    Args:
        spectrum: (K, 2, H, W) complex64.
        frames: T.

    Returns:
        The same motion, later by a whole number of frames, with S_0 = -Re Σ_{k≥1} S_k.
    """
    bands = spectrum.shape[0]
    # Mean squared step between neighbouring frames needs the bands' mutual products only, not 150 fields.
    flat = spectrum[1:].reshape(bands - 1, -1)
    q = loop_coefficients(np.arange(frames), harmonics=bands, period=frames)[:, 1:]
    step = np.roll(q, -1, axis=0) - q
    hermitian = flat @ flat.conj().T
    symmetric = flat @ flat.T
    speed = np.einsum("fk,kl,fl->f", step, hermitian, step.conj()) + np.einsum("fk,kl,fl->f", step, symmetric, step)
    # The step from the last frame to frame 0 is the one that must be small.
    start = (int(np.argmin(speed.real)) + 1) % frames
    moved = spectrum * np.exp(2j * np.pi * np.arange(bands) * start / frames)[:, None, None, None].astype(np.complex64)
    moved[0] = -moved[1:].real.sum(axis=0)
    return np.asarray(moved, np.complex64)
