# SPDX-License-Identifier: GPL-3.0-or-later
"""Frames written out as a film or an animated picture, whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .animations import write_gif, write_webp
from .atomic import OutputError, replacing
from .colour import Picture
from .encode import to_8_bit, to_16_bit
from .transparency import Background, laid_on, require_alpha
from .video_encoders import require_encoder, write_mp4, write_prores

__all__ = ["MOVIES", "is_movie", "writing"]


@dataclass(frozen=True)
class _Kind:
    """How films of a suffix are written; `encoder` is FFmpeg's, None where it takes no part."""

    write: Callable[..., None]
    encoder: str | None
    alpha: bool
    deep: bool = False


MOVIES = {
    ".mp4": _Kind(write_mp4, "libx264", alpha=False),
    ".mov": _Kind(write_prores, "prores_ks", alpha=True, deep=True),
    ".webp": _Kind(write_webp, None, alpha=True),
    ".gif": _Kind(write_gif, "gif", alpha=False),
}


def is_movie(path: str | os.PathLike[str]) -> bool:
    """Whether a result of this name is one file, and not a folder of frames.

    Raises:
        OutputError: when it has the suffix of a file, but of none that can be written.
    """
    suffix = Path(path).suffix.lower()
    if suffix in MOVIES:
        return True
    # os.path and not Path: it takes a name that is too long for “no”; who makes the folder finds the words for it.
    if suffix and not os.path.isdir(path):
        raise OutputError(f"“{Path(path).name}” is no kind of film: choose one of {', '.join(MOVIES)}, or a folder.")
    return False


@contextmanager
def writing(
    path: str | os.PathLike[str], *, linear: bool = False, background: Background | None = None
) -> Iterator[Callable[[Iterator[Picture], float, int], None]]:
    """Claim the place of a film before the work for it begins; the film appears there, whole, at the end.

    Frames are encoded as they come; no more than a few are held at a time, whatever their number.

    Args:
        path: *.mp4, *.mov, *.webp or *.gif.
        linear: float frames hold scene-linear values; films hold sRGB-encoded ones.
        background: what transparent frames are laid on.

    Yields:
        A function that takes the frames, their rate per second and their number, once. It raises ImageError when
        frames are transparent, the film cannot be, and there is no background.

    Raises:
        OutputError: when the place cannot be written, or there is no encoder for it.
    """
    target = Path(path)
    suffix = target.suffix.lower()
    if not is_movie(target):
        raise OutputError(f"“{target.name}” is no kind of film: choose one of {', '.join(MOVIES)}.")
    kind = MOVIES[suffix]
    if os.path.isdir(target):
        raise OutputError(f"“{target}” is a folder, where a {suffix} file is to be written.")
    if kind.encoder is not None:
        require_encoder(kind.encoder, suffix)

    def prepared(frame: Picture) -> Any:
        if background is not None:
            frame = laid_on(frame, background, linear=linear)
        if kind.deep:
            return to_16_bit(frame, linear=linear)
        if not kind.alpha:
            require_alpha(frame, suffix)
        return to_8_bit(frame, linear=linear, alpha=kind.alpha)

    with replacing(target) as temporary:

        def take(frames: Iterator[Picture], fps: float, count: int) -> None:
            options = {} if kind.encoder is None else {"encoder": kind.encoder}
            kind.write(temporary, map(prepared, frames), fps, count, **options)

        yield take
