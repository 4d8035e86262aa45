# SPDX-License-Identifier: GPL-3.0-or-later
"""Many pictures in one go, on one machine or on many: `gid batch`; docs/batch.md."""
