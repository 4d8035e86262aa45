# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be wrong with a data set."""

from ..errors import GidError

__all__ = ["DatasetError"]


class DatasetError(GidError):
    """A data set is missing, damaged, or was built otherwise than asked for."""

    code = "bad_dataset"
