# SPDX-License-Identifier: GPL-3.0-or-later
"""What ends a whole batch; what ends one picture of it is a `Failure` in the report."""

from ..errors import GidError

__all__ = ["BatchError", "Interrupted"]


class BatchError(GidError):
    """There is nothing to do, or nobody who could do it."""

    code = "bad_batch"


class Interrupted(GidError):
    """Ctrl-C, with something to go on with."""

    code = "interrupted"
