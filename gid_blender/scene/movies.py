# SPDX-License-Identifier: GPL-3.0-or-later
"""Which movie is meant, and which of its frames: a movie clip, a strip, a movie as a picture, or a file.

Pictures in a row are a movie too, of the scene's frame rate.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from pathlib import Path

import bpy

from ..compat import edited_scene, strip_content
from .errors import SceneError
from .movie_pictures import Row, is_picture, numbered_row, only_row
from .objects import is_motion_object
from .picture_files import counted
from .sources import Source, find_source
from .timing import frame_rate

__all__ = ["Movie", "find_movie", "find_movie_object", "movie_of_file", "read_movie", "row_of", "start_frame"]

_CHOOSE = "Choose a movie clip here, open one in the Movie Clip Editor, or select a strip in the Video Sequencer."


@dataclass(frozen=True)
class Movie:
    """A movie file, or pictures in a row, and where in it the scene is.

    Attributes:
        path: absolute; of pictures that of the first, or their folder.
        origin: where it was found, for the panel: "Movie Clip", "Strip", "Picture" or "File".
        frame: at the scene's current frame, 1 the first that is shown; may lie outside the movie.
        shown: frames of the scene that the movie takes where it was found; 0 when they are its own.
        before, behind: of its own frames that are left out at its ends.
        fps: of pictures; 0 for a movie file, which knows its own.
        names: of pictures in the folder of `path`; () for those that are numbered from it on.
    """

    path: Path
    origin: str
    frame: float = 1.0
    shown: float = 0.0
    before: int = 0
    behind: int = 0
    fps: float = 0.0
    names: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def is_row(self) -> bool:
        """Whether it is pictures in a row."""
        return self.fps > 0


def find_movie(context: bpy.types.Context, chosen: bpy.types.MovieClip | None = None) -> Movie:
    """The movie somebody means.

    That of the editor if the context is a Movie Clip Editor, a Video Sequencer or an Image Editor that shows one; else
    the chosen clip; else that of the only Movie Clip Editor on the screen, the active strip, or the active object's
    picture. Cheap enough for `poll` and `draw`: no file is touched.

    Raises:
        SceneError: when there is none; the hint says how to choose one.
    """
    space, scene = context.space_data, context.scene
    if isinstance(space, bpy.types.SpaceClipEditor) and space.clip is not None:
        return movie_of_clip(space.clip, scene)
    edited = edited_scene(context)
    if isinstance(space, bpy.types.SpaceSequenceEditor) and (strip := _active_strip(edited)) is not None:
        return movie_of_strip(strip, edited)
    if isinstance(space, bpy.types.SpaceImageEditor) and (movie := _of_picture(context)) is not None:
        return movie
    if chosen is not None:
        return movie_of_clip(chosen, scene)
    areas = context.screen.areas if context.screen else []
    clips = {area.spaces.active.clip for area in areas if area.type == "CLIP_EDITOR"} - {None}
    if len(clips) == 1:
        return movie_of_clip(clips.pop(), scene)
    if (strip := _active_strip(edited)) is not None:
        return movie_of_strip(strip, edited)
    if (movie := _of_picture(context)) is not None:
        return movie
    raise SceneError("No movie is chosen.", _CHOOSE)


def movie_of_clip(clip: bpy.types.MovieClip, scene: bpy.types.Scene) -> Movie:
    """The movie of a clip, at the scene's frame."""
    frame = scene.frame_current - clip.frame_start + 1 + clip.frame_offset
    fps = 0.0 if clip.source == "MOVIE" else frame_rate(scene)
    return Movie(_absolute(clip.filepath, clip), "Movie Clip", frame, fps=fps)


def movie_of_strip(strip: bpy.types.Strip, scene: bpy.types.Scene) -> Movie:
    """The movie of a strip, at the scene's frame. Raises SceneError for any other kind of strip."""
    if strip.type not in {"MOVIE", "IMAGE"}:
        raise SceneError(f"“{strip.name}” is no movie strip.", _CHOOSE)
    start, shown, before, behind = strip_content(strip)
    frame = scene.frame_current - start + 1
    if strip.type == "IMAGE":
        names = tuple(element.filename for element in strip.elements)
        path = _absolute(strip.directory, scene) / names[0]
        return Movie(path, "Strip", frame, shown, before, behind, frame_rate(scene), names)
    return Movie(_absolute(strip.filepath, scene), "Strip", frame, shown, before, behind)


def movie_of_file(path: str, scene: bpy.types.Scene) -> Movie:
    """The movie in a file, at its first frame; of a picture those that are numbered from it on, of a folder its own.

    Raises:
        SceneError: when no file is named, or a folder holds no sequence or several.
    """
    if not path:
        raise SceneError("No file is chosen.", "Choose a movie file.")
    absolute = Path(bpy.path.abspath(path))
    if absolute.is_dir():
        absolute = Path(only_row(absolute).files[0])
    # A single one may be an animation, as WebP holds them too.
    several = is_picture(absolute) and absolute.is_file() and len(numbered_row(absolute).files) > 1
    return Movie(absolute, "File", fps=frame_rate(scene) if several else 0.0)


def row_of(movie: Movie) -> Row:
    """The files of pictures in a row. Raises SceneError when their folder cannot be searched."""
    if movie.names:
        return Row([movie.path.parent / name for name in movie.names], range(1, len(movie.names) + 1))
    return numbered_row(movie.path)


def start_frame(movie: Movie) -> int:
    """The number of the movie's own frame, 1 the first, that is to be seen at the scene's frame; opens the file.

    A movie of another frame rate than the scene's may be shown slower or faster than frame by frame.
    """
    row = row_of(movie) if movie.is_row else None
    count = _length(movie.path) if row is None else len(row.files)
    frame = movie.frame
    if movie.shown > 0 and count > 0:
        frame = (frame - 1) * (count - movie.before - movie.behind) / movie.shown + 1
    frame += movie.before
    if row is not None:
        # Where pictures are missing, the last one before stands for them.
        frame = bisect_right(row.numbers, row.numbers[0] + frame - 1 + 1e-6) if count else 1
    # The playhead before or behind a movie shows its first or last frame.
    return min(max(int(frame + 1e-6), 1), max(count, 1))


def read_movie(movie: Movie, limit: int) -> bytes:
    """The bytes of the file.

    Raises:
        SceneError: when it is missing, a folder, unreadable, empty, or of more than `limit` bytes.
    """
    if movie.path.is_dir():
        raise SceneError(f"“{movie.path}” is a folder.", "Choose a movie file.")
    try:
        size = movie.path.stat().st_size
        if size > limit:
            raise SceneError(
                f"“{movie.name}” has {size / (1 << 30):.1f} GB; up to {limit / (1 << 30):.0f} GB can be measured.",
                "Cut out the part you want, or save it smaller.",
            )
        data = movie.path.read_bytes()
    except OSError as error:
        raise SceneError(
            f"Cannot open “{movie.path}”: {error.strerror or error}.", "Restore it, or choose another movie."
        ) from error
    if not data:
        raise SceneError(f"“{movie.path}” is empty.", "Choose another movie.")
    return data


def find_movie_object(scene: bpy.types.Scene, movie: Movie, frame: int) -> bpy.types.Object | None:
    """The motion object that was made from that frame of that movie, or None; of several a selected one."""
    found = [
        obj
        for obj in scene.objects
        if is_motion_object(obj) and obj.get("gid_movie") == str(movie.path) and obj.get("gid_frame") == frame
    ]
    layer = scene.view_layers[0]
    return next((obj for obj in found if obj.select_get(view_layer=layer)), found[0] if found else None)


def _of_picture(context: bpy.types.Context) -> Movie | None:
    try:
        source: Source = find_source(context)
    except SceneError:
        return None
    path = _absolute(source.image.filepath, source.image)
    if source.image.source == "SEQUENCE":
        # Its frames are known by the numbers in their names.
        frame = (source.frame or 1) - counted(path)[2] + 1
        return Movie(path, "Picture", frame, fps=frame_rate(context.scene))
    return Movie(path, "Picture", source.frame or 1) if source.image.source == "MOVIE" else None


def _active_strip(scene: bpy.types.Scene | None) -> bpy.types.Strip | None:
    return scene.sequence_editor.active_strip if scene is not None and scene.sequence_editor is not None else None


def _absolute(path: str, owner: bpy.types.ID) -> Path:
    return Path(bpy.path.abspath(path, library=owner.library))


def _length(path: Path) -> int:
    """Frames of a movie; 0 when Blender cannot open it. The worker reads more kinds, and says why it does not."""
    if not path.is_file():
        return 0
    try:
        image = bpy.data.images.load(str(path))
    except RuntimeError:
        return 0
    try:
        return int(image.frame_duration) if image.source == "MOVIE" else 0
    finally:
        bpy.data.images.remove(image)
