# SPDX-License-Identifier: GPL-3.0-or-later
"""Words that others put into our sentences, and that know nothing of languages: the system, the protocol, the setup."""

from __future__ import annotations

from bpy.app.translations import pgettext_n as n_

__all__ = ["FAULTS", "REASONS", "SIDES", "STEPS"]

# What the system says of a file that cannot be used; Python has these in English.
REASONS = (
    n_("No such file or directory"),
    n_("Permission denied"),
    n_("Operation not permitted"),
    n_("Is a directory"),
    n_("Not a directory"),
    n_("Directory not empty"),
    n_("File exists"),
    n_("File name too long"),
    n_("No space left on device"),
    n_("Disk quota exceeded"),
    n_("Read-only file system"),
    n_("Input/output error"),
    n_("Too many open files"),
    n_("Device or resource busy"),
    n_("Text file busy"),
    n_("Connection refused"),
    n_("Broken pipe"),
)
# Why a file is refused.
FAULTS = (
    n_("it holds pickled objects, which are never read"),
    n_("the file ends too early"),
    n_("File is not a zip file"),
    n_("a motion prior"),
)
# What the protocol calls its two sides, and the worker what was sent to it.
SIDES = (
    n_("The picture"),
    n_("the picture"),
    n_("A hand's path"),
    n_("The strength of a wind"),
    n_("The worker"),
    n_("the worker"),
    n_("the extension"),
)
# Of setting up the worker.
STEPS = (
    n_("Making the environment"),
    n_("Fetching the installer"),
    n_("Installing PyTorch"),
    n_("Installing the worker"),
    n_("Checking"),
    n_("Ready"),
)
