# SPDX-License-Identifier: GPL-3.0-or-later
"""Two renders of one scene, at rest and at an instant of a wind, and exactly how the one becomes the other."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import bpy
import numpy as np
import numpy.typing as npt

from ..oscillators import angles
from ..wind import Wind
from .families import built
from .poses import instant, moved_points, poses
from .sight import Sight, landing
from .stage import Stage, build

__all__ = ["make_pair"]

Array = npt.NDArray[Any]

# Twice the usual: here noise is what a perfect renderer would be blamed for.
SAMPLES = 16
# How far the farthest goes (the 99th percentile of what moves), pixels of a picture 512 wide; drawn evenly in log.
SMALLEST, LARGEST = 1.0, 20.0
# Radians that one joint in a hundred bends by at most, however far things should go: trees do not become knots.
BEND = 0.8
# What one sees through: the flow is that of the things behind.
UNSEEN = ("clear", "glass")
# A scene in which nothing moves gives way to the one of a number so much higher, so often.
ELSEWHERE, TRIES = 100_000, 8
# Of the distance: nearer than that, a surface cannot hide another one.
TOUCHING = 1e-5


def make_pair(seed: int, family: str | None = None, scale: float = 1.25, reach: float | None = None) -> dict[str, Any]:
    """Build the scene of a number and photograph it twice: the same number, the same pair.

    Depth of field is left out: where an edge is out of focus, a pixel shows two things that go two ways.

    Args:
        seed: the scene's number; `family` stands in for its own.
        family: a name from `families.FAMILIES`.
        scale: of the picture's sides, to 256 × 160 and its like.
        reach: how far things go, pixels of a picture 512 wide, instead of a random one; 0 is no wind.

    Returns:
        `source` and `target` (H, W, 3) float32 linear light, `flow` (2, H, W) float32 pixels and `uncovered` (H, W)
        bool as in `FramePair`; `origin` (2, H, W), from each pixel of the target to where in the source its surface
        was; `part_index` (H, W), the parts' arrays, each named parts_*, and their coordinates
        `sway` and `flutter` (P, K-1), of which the spectral volume is made; `family` and `seed`.
    """
    for again in range(TRIES):
        st, name = built(seed + again * ELSEWHERE, family, scale)
        st.camera = replace(st.camera, blur=0.0)
        made = _photographed(st, np.random.default_rng([30242, seed]), reach)
        if made is not None:
            return made | {"family": name, "seed": seed}
    raise RuntimeError("Nothing moves in any of the scenes of this number.")


def _photographed(st: Stage, rng: np.random.Generator, reach: float | None) -> dict[str, Any] | None:
    """The pair of a stage in a random wind, or None when nothing moves that is seen."""
    wanted = float(np.exp(rng.uniform(np.log(SMALLEST), np.log(LARGEST)))) if reach is None else reach
    table, space = st.rig.table(st.camera), st.rig.space()
    wind, tempo = Wind.random(rng), float(np.exp(rng.normal(0.12, 0.3)))
    wanting: Any = SimpleNamespace(**table)
    sway, flutter = angles(wanting, rng, wind=wind, tempo=tempo)
    turn = rng.integers(8, 143) / 150
    now = instant(sway, turn), instant(flutter, turn)
    surfaces = st.surfaces()

    def stand(gain: float) -> dict[str, Array]:
        pose = poses(space, st.camera, gain * now[0], gain * now[1])
        return {name: moved_points(surface, pose, space["soft"].astype(int)) for name, surface in surfaces.items()}

    cut = _triangulated(surfaces)
    rest = {name: surface["points"] for name, surface in cut.items()}
    with st.set_up(cut):
        seen = Sight(st.survey("number", UNSEEN), _corners(cut, rest), st.camera)
        index = _parts(seen, cut)
        if not index.any():
            return None
        gain = _gain(seen, cut, stand, wanted * st.width / 512, st, _limit(space, now))
        moved = stand(gain)
        source = st.photograph(SAMPLES)
        _move(moved)
        target = st.photograph(SAMPLES)
        numbers = st.survey("number", UNSEEN)
        _move(rest)
        after = Sight(numbers, _corners(cut, moved), st.camera)
        uncovered = _uncovered(seen, after, numbers, cut, rest, moved, st)
    there, back = (_corners(cut, rest), _corners(cut, moved)), (_corners(cut, moved), _corners(cut, rest))
    made: dict[str, Any] = {"source": source, "target": target, "uncovered": uncovered}
    made |= {"flow": _flow(seen, *there, st), "origin": _flow(after, *back, st)}
    made |= {"part_index": index, "sway": gain * sway, "flutter": gain * flutter}
    return made | {"parts_" + name: value for name, value in table.items()}


def _triangulated(surfaces: dict[str, dict[str, Array]]) -> dict[str, dict[str, Array]]:
    """The same surfaces in triangles, cut as Blender cuts them at rest: bent, they would be cut otherwise."""
    out, count = {}, 0
    for name, surface in surfaces.items():
        mesh = build(name, surface)
        mesh.calc_loop_triangles()
        n = len(mesh.loop_triangles)
        corners, loops, owners = np.empty(3 * n, np.int32), np.empty(3 * n, np.int32), np.empty(n, np.int32)
        mesh.loop_triangles.foreach_get("vertices", corners)
        mesh.loop_triangles.foreach_get("loops", loops)
        mesh.loop_triangles.foreach_get("polygon_index", owners)
        bpy.data.meshes.remove(mesh)
        out[name] = {
            "points": surface["points"],
            "corners": corners,
            "sides": np.full(n, 3, np.int32),
            "parts": surface["parts"][owners],
            "tones": surface["tones"][owners],
            "uv": surface["uv"][loops],
            "number": np.arange(count + 1, count + n + 1),
        }
        count += n
    if count >= 1 << 24:
        raise RuntimeError("The scene has more triangles than a map of numbers can tell apart.")
    return out


def _corners(cut: dict[str, dict[str, Array]], points: dict[str, Array]) -> Array:
    """(N, 3, 3) the corners of all triangles, in the order of their numbers."""
    return np.concatenate([points[name][surface["corners"]].reshape(-1, 3, 3) for name, surface in cut.items()])


def _parts(seen: Sight, cut: dict[str, dict[str, Array]]) -> npt.NDArray[np.uint16]:
    index = np.zeros(seen.shape, np.uint16)
    owners = np.concatenate([surface["parts"] for surface in cut.values()])
    index.flat[seen.pixels] = owners[seen.owners]
    return index


def _limit(space: dict[str, Array], now: tuple[Array, Array]) -> float:
    """The gain at which one part in a hundred bends by `BEND`, or what bends most by twice that."""
    bends = np.abs(np.stack([space["drag"] * now[0], space["flutter"] * now[1]])).max(0)[1:]
    return BEND / max(float(np.percentile(bends, 99)), float(bends.max()) / 2, 1e-9)


def _gain(seen: Sight, cut: dict[str, dict[str, Array]], stand: Any, wanted: float, st: Stage, limit: float) -> float:
    """How strong the wind is for what goes farthest to go as far as wanted; 1 where nothing moves anyway."""
    rest = _corners(cut, {name: surface["points"] for name, surface in cut.items()})
    if wanted <= 0:
        return 0.0
    gain = 0.1 * limit
    for _ in range(6):
        size = np.hypot(*_flow(seen, rest, _corners(cut, stand(gain)), st))
        size = size[size > 0]
        if not size.size:
            return 1.0
        gain = min(gain * wanted / max(float(np.percentile(size, 99)), 1e-6), limit)
    return gain


def _flow(seen: Sight, rest: Array, moved: Array, st: Stage) -> npt.NDArray[np.float32]:
    """(2, H, W) pixels from where things are to where they go, given their triangles' corners in both places."""
    before, _ = landing(seen.places(rest), st.width, st.camera)
    after, _ = landing(seen.places(moved), st.width, st.camera)
    flow = np.zeros((2, *seen.shape), np.float32)
    flow.reshape(2, -1)[:, seen.pixels] = (after - before).T
    return flow


def _move(points: dict[str, Array]) -> None:
    for name, places in points.items():
        mesh = bpy.data.objects[name].data
        mesh.vertices.foreach_set("co", places.ravel())
        mesh.update()


def _uncovered(
    seen: Sight,
    after: Sight,
    numbers: npt.NDArray[np.int64],
    cut: dict[str, dict[str, Array]],
    rest: dict[str, Array],
    moved: dict[str, Array],
    st: Stage,
) -> npt.NDArray[np.bool_]:
    """(H, W) what the target shows at a pixel's middle and the source did not; the rest scene stands in Blender."""
    corners, camera = _corners(cut, rest), st.camera
    before = np.zeros(seen.shape, np.int64)
    before.flat[seen.pixels] = seen.owners + 1
    # Where the target shows the sky, the source must have shown it.
    uncovered: npt.NDArray[np.bool_] = (numbers == 0) & (before != 0)
    flat = uncovered.reshape(-1)
    still = (corners[after.owners] == _corners(cut, moved)[after.owners]).all((1, 2))
    same = still & (before.flat[after.pixels] == after.owners + 1)
    places = after.places(corners)
    at, depth = landing(places, st.width, camera)
    inside = (at > 0).all(1) & (at[:, 0] < st.width) & (at[:, 1] < st.height) & (depth > 0.005)
    flat[after.pixels[~inside & ~same]] = True
    for name in UNSEEN:
        if name in bpy.data.objects:
            bpy.data.objects[name].hide_viewport = True
    scene = bpy.context.scene
    graph = bpy.context.evaluated_depsgraph_get()
    graph.update()
    rays = places - camera.position
    distances = np.linalg.norm(rays, axis=1)
    rays /= np.maximum(distances, 1e-9)[:, None]
    for i in np.flatnonzero(inside & ~same):
        hit, _, _, triangle, thing, _ = scene.ray_cast(
            graph, camera.position, rays[i], distance=distances[i] * (1 - TOUCHING)
        )
        if hit:
            flat[after.pixels[i]] = cut[thing.name]["number"][triangle] - 1 != after.owners[i]
    return np.asarray(uncovered)
