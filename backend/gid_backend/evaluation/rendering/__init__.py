# SPDX-License-Identifier: GPL-3.0-or-later
"""How close rendered frames come to real ones, beside other ways to move a picture, and what rendering costs."""
