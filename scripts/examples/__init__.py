# SPDX-License-Identifier: GPL-3.0-or-later
"""Three shots, each built by the operators that the buttons call; docs/shots.md shows what comes of them."""
