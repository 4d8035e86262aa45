# SPDX-License-Identifier: GPL-3.0-or-later
"""Every family of rendered scenes is built (rendering them all would take a minute) and looked over."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

BACKEND = Path(__file__).resolve().parents[3] / "backend"
STILL = {"still", "street", "facade", "indoors", "parked"}

# In a process of its own, as the generator has it: Blender's Python has no installed backend.
PROGRAM = """
import json, os
import numpy as np
from gid_backend.synth.rendered.families import FAMILIES
from gid_backend.synth.rendered.materials import MATERIALS
from gid_backend.synth.rendered.stage import Stage

report = {}
for name, (build, share) in FAMILIES.items():
    st = Stage.random(np.random.default_rng([1, 2]))
    build(st)
    table = st.rig.table(st.camera)
    made = {k: m.arrays() for k, m in st._meshes.items() if not m.empty}
    parts = np.concatenate([a["parts"] for a in made.values()])
    tones = np.concatenate([a["tones"].ravel() for a in made.values()])
    points = np.concatenate([a["points"].ravel() for a in made.values()])
    report[name] = {
        "share": share,
        "unknown": sorted(set(made) - set(MATERIALS)),
        "parts": len(st.rig),
        "largest": int(parts.max()),
        "whole": bool((parts == np.round(parts)).all() and parts.min() >= 0),
        "moving": int((parts > 0).sum()),
        "faces": len(parts),
        "finite": bool(np.isfinite(points).all() and all(np.isfinite(v).all() for v in table.values())),
        "tones": [float(tones.min()), float(tones.max())],
        "frequency": [float(table["frequency"].min()), float(table["frequency"].max())],
        "drag": [float(table["drag"].min()), float(table["drag"].max())],
        "damping": [float(table["damping"][1:].min(initial=1)), float(table["damping"][1:].max(initial=0))],
        "local": [float(table["local"].min()), float(table["local"].max())],
        "ordered": bool((table["parent"][1:] < np.arange(1, len(st.rig))).all()),
        "levers": float(np.abs(np.linalg.norm(table["lever"], axis=1) - 1).max()),
    }
print("REPORT" + json.dumps(report), flush=True)
os._exit(0)
"""


@pytest.fixture(scope="module")
def report():
    environment = dict(os.environ, PYTHONPATH=str(BACKEND), OMP_NUM_THREADS="1")
    command = [sys.executable, "-W", "ignore", "-c", PROGRAM]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=170)
    line = next((s for s in done.stdout.splitlines() if s.startswith("REPORT")), None)
    assert line, done.stderr[-3000:]
    return json.loads(line.removeprefix("REPORT"))


def test_there_are_many_families(report):
    assert len(report) >= 30
    assert all(r["share"] > 0 for r in report.values())


def test_every_family_but_the_still_ones_moves(report):
    still = {name for name, r in report.items() if r["moving"] == 0}
    assert still <= STILL
    assert "still" in still


def test_faces_belong_to_parts_that_exist_and_materials_that_exist(report):
    for name, r in report.items():
        assert r["whole"], name
        assert r["largest"] < r["parts"], name
        assert not r["unknown"], name
        assert 20 < r["faces"] < 200_000, name


def test_parts_are_physical(report):
    for name, r in report.items():
        assert r["finite"], name
        assert r["ordered"], name
        assert r["levers"] < 1e-4, name
        low, high = r["frequency"]
        # The slowest swing hangs on some twenty metres; nothing that is seen to sway does so above 10 Hz.
        assert 0.08 < low, name
        assert high < 12, name
        assert r["drag"][0] >= 0, name
        assert r["drag"][1] < 1.0, name
        assert r["damping"][0] > 0.005, name
        assert r["damping"][1] < 1.0, name
        assert r["local"][0] >= 0, name
        assert r["local"][1] <= 1, name


def test_colours_are_reflectances(report):
    for name, r in report.items():
        # A flame's or a lamp's tone may be above one; nothing gives back less than no light.
        assert r["tones"][0] >= 0, name
        assert r["tones"][1] < 30, name
