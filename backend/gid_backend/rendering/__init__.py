# SPDX-License-Identifier: GPL-3.0-or-later
"""What `gid_backend.renderer` is made of: splatting, holes, borders, and motion at the picture's size."""
