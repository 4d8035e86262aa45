# SPDX-License-Identifier: GPL-3.0-or-later
"""The one exception of the motion package."""

__all__ = ["SpectralVolumeError"]


class SpectralVolumeError(ValueError):
    """A spectral volume, or a file that should hold one, is not valid.

    The message is one sentence for the person in front of the screen: what is wrong and, where
    it helps, what to do about it.
    """
