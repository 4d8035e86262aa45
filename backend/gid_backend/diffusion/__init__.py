# SPDX-License-Identifier: GPL-3.0-or-later
"""From noise to a spectral volume: normalisation of the bands, sampling, guidance."""
