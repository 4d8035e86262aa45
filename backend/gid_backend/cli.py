# SPDX-License-Identifier: GPL-3.0-or-later
"""The command `gid`: what people type, and what Blender starts (`gid worker`).

Nothing is imported here that takes time: the worker has to say hello within a fraction of a second.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `gid` with `arguments` (or the process's own) and return its exit status.

    0: done. 2: wrong use or unusable input, with one line on stderr. 130: interrupted. 1: anything else.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words[:1] == ["worker"] and not {"-h", "--help"} & set(words):
        from .server import main as serve

        return serve(words[1:])
    from .commands import run

    return run(words)


if __name__ == "__main__":
    sys.exit(main())
