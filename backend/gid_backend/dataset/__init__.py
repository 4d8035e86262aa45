# SPDX-License-Identifier: GPL-3.0-or-later
"""Data sets of real motion: from folders of videos to pictures with their spectral volumes, in shards."""
