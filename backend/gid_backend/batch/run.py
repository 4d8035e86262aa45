# SPDX-License-Identifier: GPL-3.0-or-later
"""Running a batch: every motion of every picture once, whatever fails or is killed on the way."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..atomic import OutputError
from ..encode import FORMATS
from ..errors import GidError, ImageError
from ..failures import Failure
from ..frames_folder import FramesFolder, open_folder
from ..images import is_linear, read_file
from .errors import BatchError
from .outputs import Results, check_writable
from .pictures import PictureFile
from .pool import Pool
from .recipe import Recipe
from .report import Line, Report
from .work import Answer, Work

__all__ = ["Batch", "Watch"]

# Frames that are rendered as one piece of work. It has to be small enough to lie in memory, and worth its way.
FRAMES_AT_ONCE = 8
SEEDS_AT_ONCE = 8

# What ends a batch, for it would end every work alike.
_FATAL = {"unusable", "version_mismatch"}


class Watch:
    """Somebody who is told; this one does not listen."""

    def total(self, count: int) -> None:
        """So many lines will the report have."""

    def told(self, work: Work, stage: str, done: int, total: int) -> None:
        """How far a piece of work is."""

    def ended(self, work: Work) -> None:
        """A piece of work has ended."""

    def line(self, line: Line) -> None:
        """The report has a new line."""


@dataclass
class _Item:
    """One motion of one picture, or its contact sheet, while it is under way."""

    seed: int | None
    files: list[str] = field(default_factory=list)
    missing: set[str] = field(default_factory=set)
    failure: Failure | None = None
    has_worked: bool = False
    started: float = field(default_factory=time.monotonic)
    closed: bool = False


class _Picture:
    """A picture that is under way."""

    def __init__(
        self, file: PictureFile, data: bytes, mask: bytes, results: Results, seeds: Sequence[int], sheet: bool
    ) -> None:
        self.file, self.data, self.mask, self.results = file, data, mask, results
        self.items: dict[int | None, _Item] = {seed: _Item(seed) for seed in seeds}
        if sheet:
            self.items[None] = _Item(None)
        self.frames: dict[int, FramesFolder] = {}

    def work(
        self,
        kind: str,
        seeds: Sequence[int],
        recipe: Recipe,
        volumes: Sequence[bytes] = (),
        indices: Sequence[int] = (),
    ) -> Work:
        """A piece of work on it."""
        name = "" if self.file.mask is None else str(self.file.mask)
        return Work(
            kind, self.file.name, self.data, tuple(seeds), recipe, tuple(volumes), tuple(indices), self.mask, name
        )


class Batch:
    """One run over many pictures.

    Attributes:
        report: what became of what, so far.
    """

    def __init__(
        self,
        pictures: Sequence[PictureFile],
        output: Path,
        recipe: Recipe,
        seeds: Sequence[int],
        pool: Pool,
        report: Report,
        watch: Watch | None = None,
    ) -> None:
        """Prepare; `run` runs it.

        Args:
            pictures: to animate.
            output: folder of the results.
            recipe: what is made of each.
            seeds: a motion for each of them.
            pool: does the work.
            report: is entered into.
            watch: is told of the progress.
        """
        self.report = report
        self._files = deque(pictures)
        self._output, self._recipe, self._seeds, self._pool = output, recipe, tuple(seeds), pool
        self._watch = watch or Watch()
        self._open: dict[str, _Picture] = {}
        self._ready: deque[Work] = deque()
        self._taken: dict[Path, str] = {}

    def run(self) -> None:
        """Do everything that is missing.

        Raises:
            OutputError: when nothing can be written any more, a full disk for example; all that was written stays.
            BatchError: when nobody can do the work.
        """
        self._watch.total(len(self._files) * (len(self._seeds) + bool(self._recipe.sheet)))
        try:
            for work, answer in self._pool.run(self._take, self._watch.told):
                self._watch.ended(work)
                if isinstance(answer, Failure) and answer.code in _FATAL:
                    raise BatchError(answer.message, answer.hint)
                # A picture that was given up may still get answers.
                if work.name in self._open:
                    self._enter(self._open[work.name], work, answer)
        finally:
            self._pool.close()
            for picture in self._open.values():
                for folder in picture.frames.values():
                    folder.close()

    def _take(self) -> Work | None:
        while not self._ready and self._files:
            self._begin(self._files.popleft())
        return self._ready.popleft() if self._ready else None

    # ---- a picture begins

    def _begin(self, file: PictureFile) -> None:
        try:
            data = read_file(file.path)
            mask = b"" if file.mask is None else read_file(file.mask)
            if file.mask is not None and not mask:
                raise ImageError(f"“{file.mask}” is empty.", "Make the mask anew, or delete it.")
        except GidError as error:
            self._refuse(file, "failed", error.message, error.hint)
            return
        folder = self._recipe.folder(file.name, data, mask)
        if folder in self._taken:
            self._refuse(file, "skipped", f"It is the same picture as “{self._taken[folder]}”.")
            return
        self._taken[folder] = file.name
        title = {"picture": file.name, "model": dict(self._recipe.model), **self._recipe.prediction.as_dict()}
        if file.mask is not None:
            title["mask"] = file.mask.name
        results = Results(self._output / folder, title)
        picture = self._open[file.name] = _Picture(file, data, mask, results, self._seeds, bool(self._recipe.sheet))
        missing = [seed for seed in self._seeds if not results.has(self._recipe.volume(seed))]
        size = SEEDS_AT_ONCE if self._pool.on_gpu else 1
        for first in range(0, len(missing), size):
            seeds = tuple(missing[first : first + size])
            for seed in seeds:
                picture.items[seed].missing.add("volumes")
            self._ready.append(picture.work("volumes", seeds, self._recipe))
        for seed in self._seeds:
            if seed not in missing:
                picture.items[seed].files.append(self._recipe.volume(seed))
                self._render(picture, seed)
        self._settle(picture)

    def _refuse(self, file: PictureFile, state: str, sentence: str, hint: str = "") -> None:
        for seed in (*self._seeds, *([None] if self._recipe.sheet else [])):
            self._line(Line(file.name, seed, state, (), sentence, hint))  # type: ignore[arg-type]

    def _render(self, picture: _Picture, seed: int) -> None:
        """What is to be made of a motion that is there."""
        item, recipe = picture.items[seed], self._recipe
        works = []
        for kind in recipe.make:
            name = recipe.result(seed, kind)
            item.files.append(name)
            if kind == "frames":
                works += self._frames(picture, seed, name)
            elif not picture.results.has(name):
                item.missing.add(kind)
                works.append(picture.work(kind, [seed], recipe, self._volumes(picture, [seed])))
        # Before other pictures are begun: what is finished first is of use first.
        self._ready.extendleft(reversed(works))

    def _frames(self, picture: _Picture, seed: int, name: str) -> list[Work]:
        from gid_blender.motion import files

        recipe = self._recipe
        volumes = self._volumes(picture, [seed])
        count = recipe.frames or files.loads(volumes[0]).frames
        suffix = FORMATS[recipe.frame_format(is_linear(picture.file.name))]
        try:
            folder = open_folder(picture.results.folder / name, recipe.render("frames"), count, suffix)
        except OutputError as error:
            self._fail(picture, seed, Failure(error.code, error.message, error.hint))
            return []
        if not folder.missing:
            folder.finish()
            folder.close()
            return []
        picture.frames[seed] = folder
        picture.items[seed].missing.add("frames")
        missing = folder.missing
        return [
            picture.work("frames", [seed], recipe, volumes, missing[i : i + FRAMES_AT_ONCE])
            for i in range(0, len(missing), FRAMES_AT_ONCE)
        ]

    def _volumes(self, picture: _Picture, seeds: Sequence[int]) -> tuple[bytes, ...]:
        return tuple(picture.results.read(self._recipe.volume(seed)) for seed in seeds)

    # ---- an answer comes

    def _enter(self, picture: _Picture, work: Work, answer: Answer) -> None:
        for seed in work.seeds:
            if work.kind != "sheet":
                picture.items[seed].has_worked = True
        try:
            if isinstance(answer, Failure):
                self._give_up(picture, work, answer)
            elif work.kind == "sheet":
                self._write_sheet(picture, answer[0])
            elif work.kind == "volumes":
                for seed, data in zip(work.seeds, answer, strict=True):
                    picture.results.write(self._recipe.volume(seed), data)
                    picture.items[seed].files.append(self._recipe.volume(seed))
                    picture.items[seed].missing.discard("volumes")
                    self._render(picture, seed)
            elif work.kind == "frames":
                self._write_frames(picture, work, answer)
            else:
                [seed] = work.seeds
                picture.results.write(self._recipe.result(seed, work.kind), answer[0])
                picture.items[seed].missing.discard(work.kind)
        except OutputError as error:
            # One name may be too long, or the whole disk full.
            check_writable(self._output)
            if "No space" in error.message or "quota" in error.message:
                raise
            self._give_up(picture, work, Failure(error.code, error.message, error.hint))
        self._settle(picture)

    def _write_sheet(self, picture: _Picture, data: bytes) -> None:
        item = picture.items[None]
        name = self._recipe.sheet_of(self._seeds)
        picture.results.write(name, data)
        item.has_worked = True
        item.files.append(name)
        item.missing.clear()

    def _write_frames(self, picture: _Picture, work: Work, answer: Sequence[bytes]) -> None:
        [seed] = work.seeds
        if seed not in picture.frames:
            return
        folder = picture.frames[seed]
        for index, data in zip(work.indices, answer, strict=True):
            folder.write(index, data)
        if not folder.missing:
            folder.finish()
            folder.close()
            del picture.frames[seed]
            picture.items[seed].missing.discard("frames")

    def _give_up(self, picture: _Picture, work: Work, failure: Failure) -> None:
        if work.kind == "sheet":
            item = picture.items[None]
            item.failure, item.has_worked = failure, True
            item.missing.clear()
            return
        for seed in work.seeds:
            self._fail(picture, seed, failure)
            picture.items[seed].missing.discard(work.kind)
            if work.kind == "frames":
                # What is left of this folder would meet the same, and what there is stays for the next run.
                self._ready = deque(
                    w for w in self._ready if (w.name, w.kind, w.seeds) != (work.name, "frames", work.seeds)
                )
                if opened := picture.frames.pop(seed, None):
                    opened.close()

    def _fail(self, picture: _Picture, seed: int, failure: Failure) -> None:
        item = picture.items[seed]
        item.failure = item.failure or failure

    # ---- an end is reached

    def _settle(self, picture: _Picture) -> None:
        """Report what has come to its end, begin the sheet when all motions are there, let a finished picture go."""
        motions = [item for seed, item in picture.items.items() if seed is not None]
        for item in motions:
            if not item.missing:
                self._close(picture, item)
        sheet = picture.items.get(None)
        if sheet is not None and not sheet.closed:
            self._settle_sheet(picture, sheet, motions)
        if all(item.closed for item in picture.items.values()):
            del self._open[picture.file.name]

    def _settle_sheet(self, picture: _Picture, sheet: _Item, motions: Sequence[_Item]) -> None:
        if "sheet" in sheet.missing:
            return
        if sheet.has_worked:
            self._close(picture, sheet)
            return
        if any("volumes" in item.missing for item in motions):
            return
        lacking = [str(item.seed) for item in motions if self._recipe.volume(item.seed or 0) not in item.files]
        if lacking:
            sheet.failure = Failure("failed", f"There is no sheet without the motion of seed {', '.join(lacking)}.")
            self._close(picture, sheet)
            return
        name = self._recipe.sheet_of(self._seeds)
        if picture.results.has(name):
            sheet.files.append(name)
            self._close(picture, sheet)
            return
        sheet.missing.add("sheet")
        sheet.started = time.monotonic()
        volumes = self._volumes(picture, self._seeds)
        self._ready.append(picture.work("sheet", self._seeds, self._recipe, volumes))

    def _close(self, picture: _Picture, item: _Item) -> None:
        if item.closed:
            return
        item.closed = True
        finished = [name for name in item.files if (picture.results.folder / name).exists()]
        failure = item.failure
        self._line(
            Line(
                picture.file.name,
                item.seed,
                "failed" if failure else "done" if item.has_worked else "skipped",
                [Path(path).as_posix() for path in picture.results.paths(finished)],
                failure.message if failure else "" if item.has_worked else "It was there.",
                failure.hint if failure else "",
                round(time.monotonic() - item.started, 3) if item.has_worked else 0.0,
            )
        )

    def _line(self, line: Line) -> None:
        self.report.add(line)
        self._watch.line(line)
