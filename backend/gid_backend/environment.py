# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings of the worker that come from the environment, as there is no other way through every wrapper."""

from __future__ import annotations

import logging
import math
import os

__all__ = ["number_from_environment"]

_log = logging.getLogger(__name__)


def number_from_environment(name: str, default: float) -> float:
    """The number in a variable; the default, with a line in the log, when it is none or negative."""
    text = os.environ.get(name, "").strip()
    if not text:
        return default
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not number >= 0 or math.isinf(number):
        _log.warning("%s is %r, which is no number; %g is used.", name, text, default)
        return default
    return number
