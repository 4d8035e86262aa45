# SPDX-License-Identifier: GPL-3.0-or-later
"""The exceptions of the motion package."""

__all__ = ["ExcitationError", "PointCacheError", "SpectralVolumeError"]


class SpectralVolumeError(ValueError):
    """A spectral volume, or a file that should hold one, is not valid.

    The message is one sentence for the person in front of the screen: what is wrong and, where
    it helps, what to do about it.
    """


class ExcitationError(ValueError):
    """A pull, a poke or a wind cannot act as it is asked to: one sentence, like the others."""


class PointCacheError(ValueError):
    """A point cache (PC2, MDD) cannot be written or read as it is: one sentence, like the others."""
