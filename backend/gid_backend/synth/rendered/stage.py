# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that a family of rendered pictures builds with, and the way to pixels.

A family is a function `(st: Stage) -> None`. It may be written without knowing Blender:

1. `st.look(...)` places the camera (first: `st.camera` may be asked what is in view), `st.light` may be replaced.
2. `st.mesh("leaf")` is the `mesh.Mesh` of a material (names: `materials.MATERIALS`); add faces with a part and a tone
   each. Whatever does not move has part 0.
3. `st.rig.add / add_many / chain` make parts (see `rig`); frequencies from `rig.branch_frequency` and its like.

Metres; x right, y away from the viewer, z up; the ground is z = 0 and the usual camera stands at −y and looks along +y.
All randomness comes from `st.rng`. Tones are linear RGB 0..1; `tint` and `vary` make them from hue, saturation, value.
Nothing has to be freed: the scene is thrown away after the picture.
"""

from __future__ import annotations

import colorsys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import bpy
import numpy as np
import numpy.typing as npt

from .camera import Camera
from .light import Light
from .materials import material, number_material
from .mesh import Mesh
from .rig import Rig

__all__ = ["SIZES", "Stage", "build", "clear", "tint", "vary"]

Array = npt.NDArray[Any]

# (height, width, share): as the drawn scenes, about 256·160 pixels each, sides of 16.
SIZES = ((160, 256, 0.42), (144, 256, 0.26), (192, 256, 0.1), (208, 208, 0.08), (256, 160, 0.1), (256, 192, 0.04))
SAMPLES = 8
SAMPLES_BLURRED = 12
SENSOR = 0.036


def tint(hue: float, saturation: float, value: float) -> Array:
    """(3,) linear RGB of hue in turns, saturation and value 0..1 as one sees them."""
    rgb = np.array(colorsys.hsv_to_rgb(hue % 1.0, min(max(saturation, 0.0), 1.0), min(max(value, 0.0), 1.0)))
    return np.asarray(rgb**2.2)


def vary(rng: np.random.Generator, tone: Array, n: int, value: float = 0.25, hue: float = 0.12) -> Array:
    """(n, 3) tones around one: each lighter or darker, and a little more of one channel or another."""
    tones = np.asarray(tone) * np.exp(rng.normal(0, value, (n, 1)) + rng.normal(0, hue, (n, 3)))
    return np.asarray(np.clip(tones, 0, 1))


@dataclass
class Stage:
    """One scene in the making.

    Attributes:
        rng: all of the scene's random numbers.
        height: rows of the picture, `width` its columns.
        light: sun and sky; an outdoor one to begin with.
        rig: the parts.
        camera: set by `look`.
    """

    rng: np.random.Generator
    height: int
    width: int
    light: Light
    rig: Rig = field(default_factory=Rig)
    camera: Camera = field(default_factory=lambda: Camera((0.0, -10.0, 1.6), (0.0, 0.0, 1.6), 1.2, 0.625))
    _meshes: dict[str, Mesh] = field(default_factory=dict)

    @classmethod
    def random(cls, rng: np.random.Generator, scale: float = 1.0) -> Stage:
        """An empty stage of a random shape, in daylight; `scale` enlarges the picture, to sides of 16 again."""
        shares = np.array([s[2] for s in SIZES])
        h, w, _ = SIZES[rng.choice(len(SIZES), p=shares / shares.sum())]
        return cls(rng, round(h * scale / 16) * 16, round(w * scale / 16) * 16, Light.outdoor(rng))

    @property
    def aspect(self) -> float:
        """Height of the picture over its width."""
        return self.height / self.width

    def chance(self, p: float) -> bool:
        """True with the probability p."""
        return bool(self.rng.random() < p)

    def u(self, low: float, high: float) -> float:
        """A number between two others."""
        return float(self.rng.uniform(low, high))

    def spread(self, median: float, factor: float) -> float:
        """A positive number around `median`, two thirds of them within a `factor` of it."""
        return float(median * np.exp(self.rng.normal(0, np.log(factor))))

    def mesh(self, name: str) -> Mesh:
        """What is made of a material."""
        return self._meshes.setdefault(name, Mesh())

    def look(
        self,
        target: Any,
        distance: float,
        *,
        width: float | None = None,
        focal: float | None = None,
        eye: float | None = None,
        side: float = 0.0,
        blur: float = 0.0,
        focus: float = 0.0,
        roll: float | None = None,
    ) -> Camera:
        """Place the camera `distance` metres before a target (3,), and return it.

        Args:
            target: the middle of the picture.
            distance: horizontal metres to it.
            width: metres that the picture is wide at the target, or `focal` (1.2 if neither is given).
            focal: focal length over the sensor's width.
            eye: height of the camera, metres; as high as the target if it is not given.
            side: radians by which the viewer stands to the right of straight ahead.
            blur: circle of confusion at infinity in fractions of the width: 0.01 a little, 0.08 strong.
            focus: distance in focus, the target's if 0.
            roll: radians; a hand's small error if it is not given.
        """
        t = np.asarray(target, float)
        p = np.array([t[0] + distance * np.sin(side), t[1] - distance * np.cos(side), t[2] if eye is None else eye])
        far = float(np.linalg.norm(t - p))
        f = focal if focal is not None else far / width if width is not None else 1.2
        tilt = float(self.rng.normal(0, 0.012)) if roll is None else roll
        self.camera = Camera(tuple(p), tuple(t), f, self.aspect, focus, blur, tilt)
        return self.camera

    def render(self) -> tuple[Array, npt.NDArray[np.uint16]]:
        """The picture (H, W, 3), float32 and linear, and the part at each pixel's centre (H, W)."""
        with self.set_up(self.surfaces()):
            picture = self.photograph()
            index = self.survey("part")
        if index.max() >= len(self.rig):
            raise RuntimeError("The part map does not hold whole numbers of parts.")
        return picture, index.astype(np.uint16)

    def surfaces(self) -> dict[str, dict[str, Array]]:
        """What is there, by material: the arrays of `Mesh`."""
        return {name: mesh.arrays() for name, mesh in self._meshes.items() if not mesh.empty}

    @contextmanager
    def set_up(self, surfaces: dict[str, dict[str, Array]]) -> Iterator[None]:
        """Everything stands in Blender, lit and before the camera, until the block ends."""
        clear()
        scene = bpy.context.scene
        for name, arrays in surfaces.items():
            scene.collection.objects.link(bpy.data.objects.new(name, build(name, arrays)))
        self.light.build(scene)
        self._place_camera(scene)
        try:
            yield
        finally:
            clear()

    def photograph(self, samples: int | None = None) -> Array:
        """(H, W, 3) float32 linear light; within `set_up`."""
        scene = bpy.context.scene
        _settings(scene, self.height, self.width)
        if self.camera.blur > 0:
            # Out of focus, colours and normals are as noisy as the light; as guides they would print that noise.
            scene.cycles.samples, scene.cycles.denoising_input_passes = SAMPLES_BLURRED, "RGB"
        if samples is not None:
            scene.cycles.samples = samples
        return np.ascontiguousarray(_rendered(scene)[..., :3])

    def survey(self, attribute: str, unseen: Iterable[str] = ()) -> npt.NDArray[np.int64]:
        """(H, W) a whole number that each face has, at each pixel's centre, 0 where there is none; within `set_up`.

        `unseen` are materials to look through.
        """
        scene = bpy.context.scene
        _settings(scene, self.height, self.width)
        world, blurred = scene.world, scene.camera.data.dof.use_dof
        hidden = [t for t in scene.objects if t.type == "LIGHT" or t.name in unseen]
        cycles = scene.cycles
        scene.view_layers[0].material_override = number_material(attribute)
        scene.world, scene.camera.data.dof.use_dof = None, False
        for thing in hidden:
            thing.hide_render = True
        cycles.samples, cycles.use_denoising, cycles.max_bounces = 1, False, 0
        cycles.pixel_filter_type, cycles.filter_width = "BOX", 0.01
        found = _rendered(scene)[..., 0]
        scene.view_layers[0].material_override = None
        scene.world, scene.camera.data.dof.use_dof = world, blurred
        for thing in hidden:
            thing.hide_render = False
        numbers = np.round(found)
        if np.abs(found - numbers).max() > 1e-3:
            raise RuntimeError("The map of numbers does not hold whole numbers.")
        return numbers.astype(np.int64)

    def _place_camera(self, scene: Any) -> None:
        from mathutils import Matrix

        c = self.camera
        lens = bpy.data.cameras.new("gid camera")
        lens.sensor_fit, lens.sensor_width, lens.lens = "HORIZONTAL", SENSOR * 1000, c.focal * SENSOR * 1000
        lens.clip_start, lens.clip_end = 0.005, 5000.0
        if c.blur > 0:
            distance = c.focus or c.distance
            lens.dof.use_dof = True
            lens.dof.focus_distance = distance
            lens.dof.aperture_fstop = max(c.focal**2 * SENSOR / (c.blur * distance), 0.05)
        right, up, forward = c.axes()
        thing = bpy.data.objects.new("gid camera", lens)
        axes = np.eye(4)
        axes[:3, 0], axes[:3, 1], axes[:3, 2], axes[:3, 3] = right, up, -forward, c.position
        thing.matrix_world = Matrix(axes.tolist())
        scene.collection.objects.link(thing)
        scene.camera = thing


def _settings(scene: Any, height: int, width: int) -> None:
    render, cycles = scene.render, scene.cycles
    render.engine = "CYCLES"
    render.resolution_x, render.resolution_y, render.resolution_percentage = width, height, 100
    render.threads_mode, render.threads = "FIXED", 1
    render.use_persistent_data = False
    render.use_compositing = render.use_sequencer = False
    render.image_settings.file_format = "OPEN_EXR"
    render.image_settings.color_depth, render.image_settings.exr_codec = "32", "NONE"
    scene.view_layers[0].material_override = None
    cycles.device, cycles.samples, cycles.seed = "CPU", SAMPLES, 1
    cycles.use_adaptive_sampling = False
    cycles.use_light_tree = False
    cycles.max_bounces, cycles.diffuse_bounces, cycles.glossy_bounces, cycles.transmission_bounces = 3, 2, 1, 2
    cycles.transparent_max_bounces = 6
    cycles.caustics_reflective = cycles.caustics_refractive = False
    cycles.sample_clamp_indirect = 4.0
    cycles.pixel_filter_type, cycles.filter_width = "BLACKMAN_HARRIS", 1.3
    cycles.use_denoising, cycles.denoiser = True, "OPENIMAGEDENOISE"
    cycles.denoising_prefilter, cycles.denoising_quality = "NONE", "FAST"
    cycles.denoising_input_passes = "RGB_ALBEDO_NORMAL"


def build(name: str, a: dict[str, Array]) -> Any:
    """A mesh in Blender of the arrays of `Mesh`; "rest" and "number", where given, are more of points and of faces."""
    made = bpy.data.meshes.new(name)
    made.vertices.add(len(a["points"]))
    made.vertices.foreach_set("co", a["points"].ravel())
    made.loops.add(len(a["corners"]))
    made.loops.foreach_set("vertex_index", a["corners"])
    made.polygons.add(len(a["sides"]))
    made.polygons.foreach_set("loop_start", (np.cumsum(a["sides"]) - a["sides"]).astype(np.int32))
    made.attributes.new("part", "FLOAT", "FACE").data.foreach_set("value", a["parts"])
    made.attributes.new("rest", "FLOAT_VECTOR", "POINT").data.foreach_set("vector", a.get("rest", a["points"]).ravel())
    if "number" in a:
        made.attributes.new("number", "FLOAT", "FACE").data.foreach_set("value", a["number"].astype(np.float32))
    tones = np.concatenate([a["tones"], np.ones((len(a["tones"]), 1), np.float32)], 1)
    made.attributes.new("tone", "FLOAT_COLOR", "FACE").data.foreach_set("color", tones.ravel())
    made.attributes.new("UVMap", "FLOAT2", "CORNER").data.foreach_set("vector", a["uv"].ravel())
    made.materials.append(material(name))
    made.update()
    return made


def _rendered(scene: Any) -> Array:
    """(H, W, 4) float32, the first row at the top."""
    with tempfile.TemporaryDirectory() as folder:
        scene.render.filepath = str(Path(folder) / "picture.exr")
        bpy.ops.render.render(write_still=True)
        image = bpy.data.images.load(scene.render.filepath)
        (width, height), channels = image.size, image.channels
        pixels = np.empty(width * height * channels, np.float32)
        # Read here, where the file still is.
        image.pixels.foreach_get(pixels)
        bpy.data.images.remove(image)
    # Blender's first row is the lowest.
    return pixels.reshape(height, width, channels)[::-1]


def clear() -> None:
    """Throw away everything but the materials and panoramas, which serve again."""
    for thing in list(bpy.data.objects):
        bpy.data.objects.remove(thing, do_unlink=True)
    for kind in (bpy.data.meshes, bpy.data.lights, bpy.data.cameras, bpy.data.worlds):
        for block in list(kind):
            kind.remove(block)
