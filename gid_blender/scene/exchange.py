# SPDX-License-Identifier: GPL-3.0-or-later
"""A moving picture for other programs: point caches, Alembic, USD, and morphs in glTF and FBX. docs/exchange.md

Whatever moves it is played once, frame by frame, and written from there: a temporary double in a scene of its own is
what the exporters see. The object, the selection, the mode, the frame and the scene stay as they are, also when
something fails, and files appear whole or not at all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from math import floor
from pathlib import Path
from typing import Literal

import bpy
import numpy as np

from ..motion.errors import PointCacheError
from ..motion.point_cache import cache_bytes, write_mdd, write_pc2
from .controls import controls_animated, loop_length
from .delivery import Delivery
from .doubles import double, key_matrices, play_cache, play_morphs
from .errors import SceneError
from .exporters import write_alembic, write_fbx, write_gltf, write_obj, write_usd
from .film import Film, film, own_scene
from .morphs import morphs_of
from .playback import has_drivers
from .portable import gltf_materials, picture_file, pictures_of, portable_materials
from .timing import frame_rate

__all__ = ["FORMATS", "ExportSettings", "Exported", "Format", "export_motion", "frames_of"]

Format = Literal["PC2", "MDD", "ALEMBIC", "USD", "GLTF", "FBX"]
FORMATS: dict[Format, tuple[str, ...]] = {
    "PC2": (".pc2",),
    "MDD": (".mdd",),
    "ALEMBIC": (".abc",),
    "USD": (".usdc", ".usd", ".usda", ".usdz"),
    "GLTF": (".glb",),
    "FBX": (".fbx",),
}
# Blender's last frame; its scenes begin at 0 and not before.
_LAST_FRAME = 1_048_574
# A deviation that nobody sees: a tenth of a pixel in a picture of a thousand.
_VISIBLE = 1e-4


@dataclass(frozen=True)
class ExportSettings:
    """How much of the motion is written.

    Attributes:
        first, last: frames of the scene, both included.
        step: every how many frames a sample is taken; what lies between is straight.
        columns: vertices along the width of the grid; 0 takes all of the mesh's own.
        textures: whether the picture goes along.
        rest_mesh: of a point cache, whether the mesh it belongs to is written beside it, as OBJ.
        unit_weights: of morphs, keep all weights between 0 and 1, where no program cuts them off.
    """

    first: int
    last: int
    step: int = 1
    columns: int = 0
    textures: bool = True
    rest_mesh: bool = True
    unit_weights: bool = True

    @property
    def frames(self) -> list[int]:
        return list(range(self.first, self.last + 1, max(1, self.step)))


@dataclass(frozen=True)
class Exported:
    """What came of it.

    Attributes:
        files: the main one first.
        points, samples: vertices, and frames that were written.
        remarks: a sentence for each thing that is not as it may have been meant.
    """

    files: list[Path]
    points: int
    samples: int
    remarks: list[str] = field(default_factory=list)


def frames_of(scene: bpy.types.Scene, obj: bpy.types.Object) -> tuple[int, int]:
    """First and last frame worth writing: one loop and the frame that closes it where nothing but the loop moves the
    object; the scene's range otherwise.
    """
    if has_drivers(obj) and not controls_animated(obj) and "gid_period" in obj:
        try:
            length = loop_length(obj)
        except SceneError:
            length = 0.0
        if 1 < length <= 100_000 and length == round(length):
            first = max(0, round(float(obj["gid_start"])))
            return first, first + round(length)
    return scene.frame_start, scene.frame_end


def export_motion(
    scene: bpy.types.Scene, obj: bpy.types.Object, path: Path, kind: Format, settings: ExportSettings
) -> Exported:
    """Write the motion of an object to a file.

    Args:
        scene: it plays in.
        obj: a mesh object, also a hidden or linked one.
        path: of the file; its suffix has to be one of the format's.
        kind: the format.
        settings: how much of it.

    Raises:
        SceneError: when it cannot be done; nothing is written or changed then.
    """
    _check(path, kind, settings)
    with Delivery(path) as delivery, film(scene, obj, settings.frames, columns=settings.columns) as played:
        task = _Task(scene, obj, kind, settings, delivery, played)
        try:
            task.run()
        except PointCacheError as error:
            raise SceneError(f"“{obj.name}” cannot be written: {error}", "Look at what moves it.") from error
        except RuntimeError as error:
            raise SceneError(
                f"Blender cannot write “{path.name}”: {_last_line(error)}", "Choose another folder."
            ) from error
        files = delivery.commit()
    return Exported(files, task.points, len(settings.frames), task.remarks)


class _Task:
    """One export on its way."""

    def __init__(
        self,
        scene: bpy.types.Scene,
        obj: bpy.types.Object,
        kind: Format,
        settings: ExportSettings,
        delivery: Delivery,
        played: Film,
    ) -> None:
        self.scene, self.obj, self.kind, self.settings = scene, obj, kind, settings
        self.delivery, self.film = delivery, played
        self.points = played.points
        self.remarks: list[str] = []

    def run(self) -> None:
        # Before anything long begins: a picture that is missing ends it here.
        files = {image: picture_file(image, self.delivery.companions) for image in self._pictures()}
        if self.kind in {"PC2", "MDD"}:
            self._write_cache(self.delivery.path, self.kind)
            if self.settings.rest_mesh:
                self._on_stage(files, self._rest)
        elif self.kind in {"ALEMBIC", "USD"}:
            self._on_stage(files, self._cached)
        else:
            self._on_stage(files, self._morphed)

    def _pictures(self) -> list[bpy.types.Image]:
        return pictures_of(self.film.mesh) if self.settings.textures else []

    def _write_cache(self, path: Path, kind: str) -> None:
        frames, count = self.settings.frames, len(self.settings.frames)
        self.delivery.require_room(cache_bytes(self.points, count))
        if kind == "PC2":
            write_pc2(
                path,
                self.film.samples(),
                points=self.points,
                count=count,
                start=self.settings.first,
                interval=self.settings.step,
            )
        else:
            # Seconds from the first sample on, as Blender's own exporter has them.
            seconds = (np.array(frames) - frames[0]) / frame_rate(self.scene)
            write_mdd(path, self.film.samples(), points=self.points, times=seconds)

    def _on_stage(self, files: dict[bpy.types.Image, Path], act: Callable[[bpy.types.Scene], None]) -> None:
        mesh = self.film.mesh
        if not self.settings.textures:
            mesh.materials.clear()
        if self.kind == "GLTF":
            # Its exporter takes pictures from Blender itself, and knows what a picture without light is.
            with gltf_materials(mesh, self.obj), own_scene(self.scene) as stage:
                act(stage)
            self._drop_companions()
            return
        with portable_materials(mesh, files.__getitem__, light=self.kind == "USD"), own_scene(self.scene) as stage:
            act(stage)
        if self.kind == "FBX" or self.delivery.path.suffix == ".usdz":
            self._drop_companions()

    def _drop_companions(self) -> None:
        """The pictures are inside the file."""
        for path in self.delivery.companions.iterdir():
            path.unlink()

    def _rest(self, stage: bpy.types.Scene) -> None:
        with double(stage, self.obj, self.film.mesh):
            write_obj(stage, self.delivery.path.with_suffix(".obj"))

    def _cached(self, stage: bpy.types.Scene) -> None:
        settings, count = self.settings, len(self.settings.frames)
        cache = self.delivery.path.with_name("samples.pc2")
        # The cache on its way, and the file made of it.
        self.delivery.require_room(2 * cache_bytes(self.points, count))
        self._write_cache(cache, "PC2")
        # One frame of this scene is one sample, at the same second as in the scene it comes from.
        stage.render.fps_base *= settings.step
        stage.render.frame_map_old = stage.render.frame_map_new = 100
        begin = floor(settings.first / settings.step)
        late = settings.first / settings.step - begin
        if self.kind == "USD" and (late or begin < 0):
            raise SceneError(
                f"USD counts whole frames from 0 on, and {settings.first} in steps of {settings.step} is none.",
                f"Begin at frame {max(0, begin + 1) * settings.step}.",
            )
        stage.frame_start, stage.frame_end = max(0, begin), max(0, begin) + count - 1
        times = [begin + late + i for i in range(count)]
        with double(stage, self.obj, self.film.mesh) as made:
            key_matrices(made, self.film.matrices, times)
            play_cache(made, str(cache), kind="PC2", start=times[0])
            if self.kind == "USD":
                write_usd(stage, self.delivery.path)
            else:
                write_alembic(stage, self.delivery.path, begin, begin + count - 1, late)
        cache.unlink()

    def _morphed(self, stage: bpy.types.Scene) -> None:
        settings = self.settings
        for _ in self.film.samples():
            # Where it is matters here, and that it stays one mesh.
            continue
        morphs, deviation = morphs_of(self.scene, self.film, columns=settings.columns)
        if deviation > _VISIBLE:
            self.remarks.append(
                f"Morphs are a sum, and the modifiers of “{self.obj.name}” are not: it is off by up to {deviation:.2%} "
                "of its size. Alembic, USD and point caches have it exactly."
            )
        if settings.unit_weights:
            morphs = morphs.within_unit()
        self.delivery.require_room(morphs.targets.nbytes)
        frames = settings.frames
        stage.frame_start, stage.frame_end = frames[0], frames[-1]
        stage.render.frame_map_old = stage.render.frame_map_new = 100
        with double(stage, self.obj, self.film.mesh) as made:
            key_matrices(made, self.film.matrices, frames)
            play_morphs(made, morphs, frames)
            write = write_gltf if self.kind == "GLTF" else write_fbx
            write(stage, self.delivery.path, settings.step)


def _check(path: Path, kind: Format, settings: ExportSettings) -> None:
    suffixes = FORMATS[kind]
    if path.suffix.lower() not in suffixes:
        raise SceneError(f"“{path.name}” does not end in {', '.join(suffixes)}.", "Change the name of the file.")
    if settings.last < settings.first:
        raise SceneError(
            f"The last frame, {settings.last}, comes before the first, {settings.first}.",
            "Set the last frame behind the first.",
        )
    lowest = -_LAST_FRAME if kind in {"PC2", "MDD", "ALEMBIC"} else 0
    if not lowest <= settings.first <= settings.last <= _LAST_FRAME:
        raise SceneError(f"Frames from {lowest} to {_LAST_FRAME} can be exported.", "Choose others.")


def _last_line(error: Exception) -> str:
    lines = [line for line in str(error).splitlines() if line.strip()]
    return lines[-1].removeprefix("Error: ").rstrip(".") + "." if lines else type(error).__name__
