# SPDX-License-Identifier: GPL-3.0-or-later
"""Any mesh through the camera: the motion of a picture of the scene, on the vertices that the picture shows.

Three steps, so that the middle one may take its time: `look` at the meshes through the camera, have the motion of the
plate predicted, `move` the meshes by it. The same 2K relative shape keys as of a picture's plane, the same controls.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import bpy
import numpy as np
import numpy.typing as npt
from mathutils import Vector
from mathutils.kdtree import KDTree

from ..motion import SpectralVolume
from ..motion.grid import at_points
from ..motion.mesh_graph import HalfEdges, fill_along_edges, fill_from_nearest, islands
from ..motion.regularize import spread_edges
from . import mesh_arrays
from .errors import SceneError
from .hold_together import Holds, find_holds, hold
from .mesh_keys import key_owner, move_keys
from .mesh_targets import require_targets
from .mesh_view import PLATE, write_view
from .projection import View
from .shape_keys import band_keys
from .stand_ins import Posed, posed
from .visibility import surfaces_before, visible

__all__ = ["Looked", "MeshSettings", "at_rest", "look", "move"]

Real = npt.NDArray[np.float64]
Progress = Callable[[str, int, int], None]

_NEIGHBOURS = 8
# Share of the vertices below which nobody needs to hear about them.
_FEW = 0.01
# Share of the size of all below which a part that nobody saw moves as one piece.
_SMALL = 0.05


@dataclass(frozen=True)
class MeshSettings:
    """How a picture's motion goes onto meshes.

    Attributes:
        hold_together: let parts that only touch, such as leaves and twigs, move together where they touch.
        spread_edges: let what moves do so up to its outline and beyond, where the picture's motion fades into what
            stands behind.
        pin_base: height above the lowest vertex over which the motion grows from none, as a share of the whole height.
        single_user: give objects that share a mesh one of their own each; otherwise they are refused.
    """

    hold_together: bool = True
    spread_edges: bool = True
    pin_base: float = 0.05
    single_user: bool = True


@dataclass(frozen=True, eq=False)
class Looked:
    """Meshes as a camera saw them, all of them in one row of V vertices.

    Attributes:
        view: out of the world, onto the plate.
        names: `session_uid` of each object.
        starts: (N + 1,) where each object's vertices begin.
        posed: of each object.
        edges: (E, 2), triangles: (T, 3), between vertices of the row.
        seen: (V,) whether the camera sees them.
        remarks: sentences about what is not as it may have been meant.
    """

    view: View
    uids: tuple[int, ...]
    starts: npt.NDArray[np.intp]
    posed: tuple[Posed, ...]
    edges: npt.NDArray[np.intp]
    triangles: npt.NDArray[np.intp]
    seen: npt.NDArray[np.bool_]
    remarks: tuple[str, ...]

    @property
    def points(self) -> Real:
        """(V, 3) in the world."""
        return np.concatenate([each.points for each in self.posed])


@contextmanager
def at_rest(scene: bpy.types.Scene, layer: bpy.types.ViewLayer) -> Iterator[None]:
    """The scene without the motion of the meshes that were moved through a camera before; put back at the end."""
    keys = [key for obj in scene.objects if key_owner(obj) for key in band_keys(obj)]
    before = [key.mute for key in keys]
    try:
        for key in keys:
            key.mute = True
        layer.update()
        yield
    finally:
        for key, mute in zip(keys, before, strict=True):
            key.mute = mute
        layer.update()


def look(
    scene: bpy.types.Scene,
    layer: bpy.types.ViewLayer,
    objects: Sequence[bpy.types.Object],
    view: View,
    *,
    settings: MeshSettings | None = None,
    progress: Progress | None = None,
) -> Looked:
    """Find out where in the picture each vertex is, and which of them it shows. Call it `at_rest`.

    Raises:
        SceneError: for what cannot be moved, and when the camera sees nothing of it; nothing is changed then.
    """
    require_targets(objects, single_user=(settings or MeshSettings()).single_user)
    say = progress or (lambda stage, done, total: None)
    found = []
    for number, obj in enumerate(objects):
        say("Looking at meshes", number, len(objects))
        found.append(posed(scene, layer, obj, view.axes()))
    starts = np.cumsum([0, *(len(each.points) for each in found)])
    points = np.concatenate([each.points for each in found])
    edges = _joined([mesh_arrays.edges(obj.data) for obj in objects], starts)
    triangles = _joined([mesh_arrays.triangles(obj.data) for obj in objects], starts)
    if not np.isfinite(points).all():
        raise SceneError("Some vertices are nowhere (NaN).", "Recalculate or apply what deforms them.")
    # Without the stand-ins; the graph still knows of them, and they are gone.
    layer.update()
    surfaces = surfaces_before(layer.depsgraph, view, points)
    seen = visible(
        view, points, _shortest(edges, points), surfaces, progress=lambda done, total: say("Casting rays", done, total)
    )
    if not seen.any():
        raise _why_unseen(objects, view, points)
    remarks = _what_is_held(objects, found, starts, seen)
    if surfaces.left_out:
        remarks.append(f"{surfaces.left_out} small things were too many to be looked behind, and count as not there.")
    return Looked(
        view, tuple(obj.session_uid for obj in objects), starts, tuple(found), edges, triangles, seen, tuple(remarks)
    )


def move(
    scene: bpy.types.Scene,
    objects: Sequence[bpy.types.Object],
    looked: Looked,
    volume: SpectralVolume,
    *,
    settings: MeshSettings | None = None,
    period: float | None = None,
    start: float | None = None,
    leader: bpy.types.Object | None = None,
    plate: bpy.types.Image | None = None,
    progress: Progress | None = None,
) -> bpy.types.Object:
    """Give meshes the motion of the picture they were looked at through; an earlier one is replaced, in place.

    Args:
        scene: gives the frame rate and the first frame.
        objects: those of `look`, in its order.
        looked: what came of it.
        volume: motion of the plate.
        settings: as for `look`.
        period, start: as for `objects.create_motion_object`; controls that are there keep their values.
        leader: whose controls move them all; by default one that did before, else the first.
        plate: the picture, kept with the leader.
        progress: called with a stage, what is done and in all.

    Returns:
        the object with the controls.

    Raises:
        SceneError: when something cannot be moved any more, or its vertices were changed meanwhile.
    """
    settings = settings or MeshSettings()
    require_targets(objects, single_user=settings.single_user)
    for number, obj in enumerate(objects):
        if len(obj.data.vertices) != looked.starts[number + 1] - looked.starts[number]:
            raise SceneError(f"Vertices of “{obj.name}” were added or removed meanwhile.", "Start again.")
    steps = _steps(looked, volume, settings, progress or (lambda stage, done, total: None))
    places, widths = looked.view.places(looked.points)
    leader = move_keys(scene, objects, _offsets(looked, steps), volume, period=period, start=start, leader=leader)
    axes = looked.view.axes()
    for number, obj in enumerate(objects):
        part, pose = slice(*looked.starts[number : number + 2]), looked.posed[number]
        own = pose.back @ axes if pose.deformed else None
        write_view(obj, looked.view.from_object(pose.matrix), places[part], widths[part], looked.seen[part], own)
    if plate is not None:
        leader[PLATE] = plate
    return leader


def _steps(looked: Looked, volume: SpectralVolume, settings: MeshSettings, say: Progress) -> npt.NDArray[np.complex64]:
    """(V, K, 2) motion in metres in the camera plane, x right, y down, in units of `View.axes`."""
    points, bands = looked.points, volume.bands
    places, widths = looked.view.places(points)
    spectrum = volume.spectrum
    if settings.spread_edges:
        spectrum = spread_edges(spectrum, (1 / volume.width, looked.view.aspect / volume.height))
    motion = np.zeros((len(points), 2 * bands, 2), np.float32)
    seen = np.flatnonzero(looked.seen)
    found = at_points(spectrum, places[seen, 0], places[seen, 1] / looked.view.aspect)
    # Metres, not widths of the picture: the far side of a stem moves as far as its near side.
    metres = found.transpose(2, 0, 1) * widths[seen, None, None].astype(np.float32)
    motion[seen, 0::2], motion[seen, 1::2] = metres.real, metres.imag
    values = motion.reshape(len(points), -1)

    labels = islands(len(points), looked.edges)
    count = int(labels.max()) + 1
    holds = Holds()
    if settings.hold_together:
        say("Finding what hangs together", 0, 1)
        holds = find_holds(points, looked.triangles, labels, count)
    graph = HalfEdges(looked.edges, points)
    values, there = fill_along_edges(
        values, looked.seen, graph, progress=lambda done, total: say("Filling in what is hidden", done, total)
    )
    if not there.all():
        _fill_unseen_parts(values, there, looked.seen, points, labels)
    if holds.parts:
        known = np.zeros(count, bool)
        known[labels[looked.seen]] = True
        hold(values, known, points, labels, count, holds)
    if settings.pin_base > 0:
        height = points[:, 2] - points[:, 2].min()
        s = np.clip(height / max(settings.pin_base * float(height.max()), 1e-9), 0, 1)
        values *= (s * s * (3 - 2 * s)).astype(np.float32)[:, None]
    parts = values.reshape(len(points), bands, 2, 2)
    return np.asarray(parts[:, :, 0] + 1j * parts[:, :, 1], np.complex64)


def _offsets(looked: Looked, steps: npt.NDArray[np.complex64]) -> list[Callable[[int], npt.NDArray[np.complex128]]]:
    """For each object what makes, of the number of a band, (V, 3) complex offsets in the object's own coordinates."""
    axes, out = looked.view.axes(), []
    for number, pose in enumerate(looked.posed):
        part = slice(*looked.starts[number : number + 2])

        def offset(band: int, part: slice = part, own: Real = pose.back @ axes) -> npt.NDArray[np.complex128]:
            u = steps[part, band].astype(np.complex128)
            return np.einsum("...ij,...j->...i", own, u)

        out.append(offset)
    return out


def _fill_unseen_parts(
    values: npt.NDArray[np.float32], there: npt.NDArray[np.bool_], seen: npt.NDArray[np.bool_], points: Real,
    labels: npt.NDArray[np.intp],
) -> None:  # fmt: skip
    """Parts of which nothing was seen move as what was seen nearest to them; small ones as one piece."""
    known = np.flatnonzero(seen)
    # A tree of a share of them finds as near a neighbour, and is built in a moment.
    known = known[:: max(1, len(known) // 50_000)]
    tree = KDTree(len(known))
    for index, point in enumerate(points[known].tolist()):
        tree.insert(point, index)
    tree.balance()
    hidden = np.flatnonzero(~there)
    parts, own = np.unique(labels[hidden], return_inverse=True)
    own = own.reshape(-1)
    low, high = np.full((len(parts), 3), np.inf), np.full((len(parts), 3), -np.inf)
    np.minimum.at(low, own, points[hidden])
    np.maximum.at(high, own, points[hidden])
    small = np.linalg.norm(high - low, axis=1) < _SMALL * np.linalg.norm(np.ptp(points, axis=0))
    middle = (low + high) / 2
    # One question for each small part, and one for each vertex of the others.
    question = np.where(small[own][:, None], middle[own], points[hidden])
    which, back = np.unique(question, axis=0, return_inverse=True)
    nearest = min(_NEIGHBOURS, len(known))
    answers = [tree.find_n(Vector(place), nearest) for place in which.tolist()]
    chosen = known[np.array([[index for _, index, _ in answer] for answer in answers])]
    distances = np.array([[far for _, _, far in answer] for answer in answers])
    values[hidden] = fill_from_nearest(values, chosen, distances)[back.reshape(-1)]


def _what_is_held(
    objects: Sequence[bpy.types.Object], found: Sequence[Posed], starts: npt.NDArray[np.intp],
    seen: npt.NDArray[np.bool_],
) -> list[str]:  # fmt: skip
    """Remarks about vertices that a modifier keeps where they are. Raises SceneError where those are all of a mesh."""
    remarks = []
    for number, (obj, pose) in enumerate(zip(objects, found, strict=True)):
        shown = seen[slice(*starts[number : number + 2])]
        if pose.astray is None or pose.stuck is None or not shown.any():
            continue
        held, count = int((shown & pose.astray).sum()), int(shown.sum())
        if (shown & pose.stuck).sum() == count:
            raise SceneError(
                f"The modifier “{pose.modifier}” of “{obj.name}” says where its vertices are, whatever moves them "
                "before it, so a motion would not show.",
                "Switch it off while the motion is made, or apply it.",
            )
        if held > _FEW * count:
            remarks.append(
                f"The modifier “{pose.modifier}” of “{obj.name}” keeps {held} of {count} seen vertices from moving as "
                "in the picture."
            )
    return remarks


def _why_unseen(objects: Sequence[bpy.types.Object], view: View, points: Real) -> SceneError:
    what = f"“{objects[0].name}”" if len(objects) == 1 else "the selected meshes"
    places, widths = view.places(points)
    if not (widths > 0).any():
        return SceneError(f"The camera has {what} behind it.", "Turn the camera towards it.")
    inside = (widths > 0) & (places >= 0).all(axis=1) & (places[:, 0] <= 1) & (places[:, 1] <= view.aspect)
    if not inside.any():
        return SceneError(f"No vertex of {what} lies in the camera's frame.", "Move the camera, or subdivide the mesh.")
    return SceneError(f"The camera sees nothing of {what}: all of it is behind other things.", "Hide those in renders.")


def _joined(parts: Sequence[npt.NDArray[np.intp]], starts: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
    return np.concatenate([part + start for part, start in zip(parts, starts, strict=False)])


def _shortest(edges: npt.NDArray[np.intp], points: Real) -> Real:
    length = np.linalg.norm(points[edges[:, 0]] - points[edges[:, 1]], axis=1)
    shortest = np.full(len(points), np.inf)
    np.minimum.at(shortest, edges[:, 0], length)
    np.minimum.at(shortest, edges[:, 1], length)
    return np.where(np.isfinite(shortest), shortest, 0.0)
