# SPDX-License-Identifier: GPL-3.0-or-later
"""How good a predicted motion is: measured figures, baselines in the same table, and sheets to look at.

One figure is one function, in `where`, `spectrum`, `coherence`, `smoothness`, `variety`, `seam` and `distances`;
`measure` and `summary` call them all.
"""
