# SPDX-License-Identifier: GPL-3.0-or-later
"""Flowers, cloths, lanterns, candles and furniture as they are built, without Blender: real rigs, real meshes."""

from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gid_backend.synth.rendered import candles, drapes, forms, fruits, hangings, petals, props
from gid_backend.synth.rendered.camera import Camera
from gid_backend.synth.rendered.craft import joint, put
from gid_backend.synth.rendered.mesh import Mesh
from gid_backend.synth.rendered.rig import Rig

UP = np.array([0.0, 0.0, 1.0])
RED = np.array([0.6, 0.05, 0.05])


@dataclass
class Bench:
    """The part of a stage that needs no Blender."""

    rng: np.random.Generator
    rig: Rig = field(default_factory=Rig)
    meshes: dict[str, Mesh] = field(default_factory=dict)

    def mesh(self, name):
        return self.meshes.setdefault(name, Mesh())

    def u(self, low, high):
        return float(self.rng.uniform(low, high))

    def chance(self, p):
        return bool(self.rng.random() < p)

    def spread(self, median, factor):
        return float(median * np.exp(self.rng.normal(0, np.log(factor))))


def setting():
    return {"drag": 0.2, "frequency": 0.8}


def neck(bench):
    return joint(bench, 0, UP, UP, frequency=1.0, drag=0.1)


MOVING = {
    **{kind: lambda b, k=kind: petals.head(b, k, neck(b), 2 * UP, (0, -1, 0.3), 0.05) for kind in petals.KINDS},
    "sheet": lambda b: drapes.sheet(b, 2 * UP, (1, 0, 0), -UP, columns=4, rows=5, **setting()),
    "shirt": lambda b: drapes.shirt(b, 2 * UP, (0.6, 0, 2), 0.7, **setting()),
    "trousers": lambda b: drapes.trousers(b, 2 * UP, (0.4, 0, 2), 1.0, **setting()),
    "curtain": lambda b: drapes.curtain(b, 2 * UP, 0.8, 1.8, sheer=True, **setting()),
    "flag": lambda b: drapes.flag(b, 4 * UP, 0.8, 1, limp=0.3),
    "pennants": lambda b: drapes.bunting(b, (-1, 0, 2), (1, 0, 2), 0.1, kind="pennant", n=6, size=0.2),
    "prayer flags": lambda b: drapes.bunting(b, (-1, 0, 2), (1, 0, 2), 0.1, kind="prayer", n=6, size=0.2),
    "cloth over an edge": lambda b: drapes.over_edge(b, (-0.5, 0, 0.8), (1, 0, 0), (0, 0.4, 0), 0.3, **setting()),
    "lantern": lambda b: hangings.lantern(b, 3 * UP, 0.3, 0.2, tone=RED, kind=1, glow=False),
    "bauble": lambda b: hangings.bauble(b, 2 * UP, 0.05, 0.03),
    "card": lambda b: hangings.card(b, 2 * UP, 0.15),
    "glove": lambda b: hangings.glove(b, 2 * UP, 0.2, RED, hand=-1),
    "sock": lambda b: hangings.sock(b, 2 * UP, 0.2, RED, hand=1),
    "chime": lambda b: hangings.chime(b, 2 * UP, 0.3),
    "basket": lambda b: hangings.basket(b, 2 * UP, 0.3),
    "sign": lambda b: hangings.sign(b, 2 * UP, 0.5),
    **{f"swing {k}": lambda b, k=k: hangings.swing(b, 2 * UP, 1.4, 0.5, k) for k in range(4)},
    "leaf": lambda b: fruits.leaf(b, 0, UP, (1, 0, 0.2), 0.1, RED),
    "apple": lambda b: fruits.apple(b, 2 * UP, 0.04, 0, RED, RED),
    "cherries": lambda b: fruits.cherries(b, 2 * UP, 0.01, 0, RED),
    "grapes": lambda b: fruits.grapes(b, 2 * UP, 0.01, 0, RED),
}
STILL = {
    "table": lambda b: props.table(b, 0.75, -0.5, 0.5, 1.5),
    "pot": lambda b: props.pot(b, UP, 0.3, 0.3),
    "vase": lambda b: props.vase(b, UP, 0.1, 0.3),
    "mug": lambda b: props.mug(b, UP, 0.1),
    "books": lambda b: props.book_row(b, UP, 0.4, 0.25),
    "crate": lambda b: props.crate(b, UP, (0.5, 0.4, 0.3)),
    "ironing board": lambda b: props.ironing_board(b, (0, 0, 0), 0.9, 0.2),
    "chair": lambda b: props.chair(b, (0, 0, 0), 0.5),
    "bench": lambda b: props.bench(b, (0, 0, 0), 1.5),
    "bicycle": lambda b: props.bicycle(b, (0, 0, 0), 0.1),
    "person": lambda b: props.person(b, (0, 0, 0)),
    "window": lambda b: props.window(b, UP, 1.0, 1.2),
    "shelf": lambda b: props.shelf(b, (0, 0, 0), 1.2, 3),
    "peg": lambda b: drapes.peg(b, UP),
    "lettering": lambda b: hangings.lettering(b, UP, 0.1, RED),
    "any thing": lambda b: props.any_thing(b, UP, 0.2),
}


def built(make, seed=1):
    bench = Bench(np.random.default_rng(seed))
    make(bench)
    return bench


def faces(bench):
    """All faces: (points, corners, parts, tones) of every material."""
    return {name: mesh.arrays() for name, mesh in bench.meshes.items() if not mesh.empty}


@pytest.mark.parametrize("name", [*MOVING, *STILL])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_thing_is_made_of_valid_faces_of_parts_that_exist(name, seed):
    bench = built({**MOVING, **STILL}[name], seed)
    made = faces(bench)
    assert made
    for a in made.values():
        assert np.isfinite(a["points"]).all()
        assert np.isfinite(a["uv"]).all()
        assert a["corners"].min() >= 0
        assert a["corners"].max() < len(a["points"])
        assert set(np.unique(a["parts"])) <= set(range(len(bench.rig)))
        assert a["tones"].min() >= 0
        # A thing a hundred times too large would be a mistake of units.
        assert np.ptp(a["points"], axis=0).max() < 5


@pytest.mark.parametrize("name", MOVING)
def test_what_swings_has_faces_that_move_and_parts_that_a_camera_sees_move(name):
    bench = built(MOVING[name])
    parts = np.concatenate([a["parts"] for a in faces(bench).values()]).astype(int)
    assert (parts > 0).mean() > 0.2
    table = bench.rig.table(Camera((0.0, -4.0, 1.6), (0.0, 0.0, 1.6), 1.2, 0.625))
    moves = (table["drag"] > 0) | (np.abs(table["sway"]).max(1) > 0) | (table["flutter"] > 0)
    assert moves[np.unique(parts[parts > 0])].all()
    assert (table["frequency"][1:] > 0.2).all()
    assert (table["frequency"][1:] < 12).all()
    assert np.abs(table["drag"]).max() < 0.6


@pytest.mark.parametrize("name", STILL)
def test_furniture_tools_and_people_are_part_of_the_world(name):
    bench = built(STILL[name])
    assert len(bench.rig) == 1
    assert not any(a["parts"].any() for a in faces(bench).values())


@pytest.mark.parametrize("name", [*MOVING, *STILL])
def test_the_same_number_builds_the_same_thing(name):
    make = {**MOVING, **STILL}[name]
    a, b = faces(built(make, 5)), faces(built(make, 5))
    assert a.keys() == b.keys()
    for material in a:
        assert all(np.array_equal(a[material][k], b[material][k]) for k in a[material])


@pytest.mark.parametrize("kind", ["tealight", "pillar", "heart", "taper", "jar"])
def test_of_a_candle_the_flame_alone_moves(kind):
    bench = Bench(np.random.default_rng(2))
    light = candles.candle(bench, (0, 0, 0), 0.06, 0.15, kind, RED)
    made = faces(bench)
    assert (made["flame"]["parts"] > 0).all()
    assert not any(a["parts"].any() for name, a in made.items() if name != "flame")
    low, high = made["flame"]["points"].min(0), made["flame"]["points"].max(0)
    assert (low < light).all()
    assert (light < high).all()


def test_of_a_cloth_on_a_board_the_overhanging_part_alone_moves():
    bench = Bench(np.random.default_rng(3))
    corner, along, back = props.ironing_board(bench, (0, 0, 0), 0.9)
    board = {name: mesh.arrays()["parts"].size for name, mesh in bench.meshes.items()}
    drapes.over_edge(bench, corner + 0.3 * along, 0.3 * along, back, 0.4, **setting())
    for name, a in faces(bench).items():
        moving = np.repeat(a["parts"] > 0, 4)
        height = a["points"][a["corners"], 2]
        assert not a["parts"][: board.get(name, 0)].any()
        if moving.any():
            assert name == "cloth"
            assert height[moving].max() < 0.95
            assert height[moving].min() < 0.6
            assert height[~moving].min() > 0.9


def test_a_sheet_hangs_on_its_line_and_each_row_on_the_one_above():
    bench = Bench(np.random.default_rng(4))
    line = bench.rig.add(0, (0, 0, 2), (1, 0, 2), frequency=1.0, drag=0.0, sway=(0, 0, 0.01))
    drapes.sheet(bench, (0, 0, 2), (1, 0, 0), (0, 0, -1), columns=3, rows=4, parent=line, **setting())
    table = bench.rig.table(Camera((0.0, -4.0, 1.6), (0.5, 0.0, 1.6), 1.2, 0.625))
    parent, y = table["parent"], table["pivot"][:, 1]
    assert (parent[2:] == line).sum() == 3
    lower = np.flatnonzero(parent > line)
    assert lower.size == 9
    assert (y[lower] > y[parent[lower]]).all()
    assert len(set(table["soft"][2:])) == 1


directions = st.tuples(*[st.floats(-1, 1)] * 3).filter(lambda d: np.linalg.norm(d) > 0.1)


@given(directions, st.floats(-3.2, 3.2))
def test_a_frame_is_right_handed_and_stands_on_its_axis(axis, roll):
    f = forms.frame(axis, roll)
    assert np.allclose(f @ f.T, np.eye(3), atol=1e-9)
    assert np.isclose(np.linalg.det(f), 1)
    assert np.allclose(f[2], np.array(axis) / np.linalg.norm(axis))


@given(st.integers(2, 9), st.integers(3, 9), st.booleans())
def test_a_lattice_has_a_quad_for_each_cell(rows, columns, wrap):
    points = np.random.default_rng(0).normal(size=(rows, columns, 3))
    form = forms.lattice(points, wrap)
    assert len(form.quads) == (rows - 1) * (columns if wrap else columns - 1)
    assert all(len(set(q)) == 4 for q in form.quads.tolist())
    assert len(form.uv) == len(form.colour) == len(form.vertices) == rows * columns


@settings(max_examples=40)
@given(
    st.floats(0, 6.3),
    st.floats(-0.5, 1.5),
    st.floats(0.1, 2),
    st.floats(0.05, 1.5),
    st.floats(-1.5, 1.5),
    st.floats(0, 1),
)
def test_a_petal_reaches_no_farther_than_its_length_and_width(azimuth, elevation, length, width, curl, blunt):
    form = forms.petal(azimuth=azimuth, elevation=elevation, length=length, width=width, curl=curl, blunt=blunt)
    far = np.linalg.norm(form.vertices, axis=1).max()
    assert far <= np.hypot(length * 1.2, width)
    assert far > 0.3 * length or abs(curl) > 1


def test_joining_keeps_every_face_of_every_form():
    a, b = forms.box((1, 1, 1)).of(3), forms.ball().of(7)
    both = forms.join([a, b])
    assert len(both.quads) == len(a.quads) + len(b.quads)
    assert np.array_equal(both.vertices[both.quads[len(a.quads) :]], b.vertices[b.quads])
    assert set(both.part) == {3, 7}


def test_a_form_on_the_stage_keeps_its_colours_and_tells_materials_along_and_across():
    bench = Bench(np.random.default_rng(0))
    put(bench, "petal", forms.plate(1.0, 2.0).tinted(RED).of(0))
    a = bench.mesh("petal").arrays()
    assert np.allclose(a["tones"], RED)
    assert a["uv"][:, 0].min() == 0
    assert a["uv"][:, 1].min() == -1
    assert a["uv"][:, 1].max() == 1


def test_an_arm_reaches_from_its_pivot():
    bench = Bench(np.random.default_rng(0))
    assert joint(bench, 0, (1, 0, 1), (0, 0, -0.5), frequency=1.0, drag=0.1) == 1
    table = bench.rig.table(Camera((0.0, -4.0, 1.0), (0.0, 0.0, 1.0), 1.0, 1.0))
    assert np.allclose(table["lever"][1], [0, 1])
    assert np.isclose(table["pivot"][1, 0], 0.75)


@given(st.integers(0, 1000), st.integers(2, 40), st.integers(2, 40))
@settings(max_examples=30)
def test_noise_is_smooth_and_of_unit_size(seed, rows, columns):
    field = forms.noise(np.random.default_rng(seed), rows, columns, (2, 2))
    assert field.shape == (rows, columns)
    assert np.isclose(field.std(), 1)
