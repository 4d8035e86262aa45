# SPDX-License-Identifier: GPL-3.0-or-later
"""The worker: a learned prior on how a picture sways, and a renderer that shows it."""

__version__ = "0.1.0"
