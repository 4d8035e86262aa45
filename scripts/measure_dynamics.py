# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures pulls, taps and what rings after them, beside the authors' page; the tables are in docs/dynamics.md.

    python -m scripts.measure_dynamics DATA

DATA holds `stills/` and `pokes/` (points from the bottom left corner, angles counter-clockwise). The motion of each
still is predicted with seed 0 and the weights that are shipped. Times depend on the machine, all else does not.
"""

from __future__ import annotations

import csv
import math
import sys
import timeit
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from gid_backend.images import read_image
from gid_backend.predictor import MotionPredictor
from gid_blender.motion import (
    DAMPINGS,
    DEMO,
    PAPER,
    Curve,
    Damping,
    Force,
    ModalBasis,
    Oscillators,
    Poke,
    Pull,
    Ringing,
    SpectralVolume,
    Spot,
    Touch,
    Wind,
    simulate,
)

Vector = npt.NDArray[np.float64]
Case = tuple[str, tuple[float, float], Vector]
# Of the demo: the middle one of its pictures' frequency scales.
DEMO_OMEGA = 2.5 * 30 / 76
REACH = 0.01


def cases(data: Path) -> Iterator[Case]:
    """Each place and direction once: the forces differ in length only."""
    for path in sorted((data / "pokes").glob("*.csv")):
        seen = set()
        for row in csv.DictReader(path.read_text(encoding="utf-8").splitlines()):
            if row["angle"] in {"angle", *seen}:
                continue
            seen.add(row["angle"])
            width, angle = float(row["width"]), math.radians(float(row["angle"]))
            point = (float(row["coordx"]) / width, (float(row["height"]) - float(row["coordy"])) / width)
            yield path.stem, point, np.array([math.cos(angle), -math.sin(angle)])


def cosine(moved: Vector, direction: Vector) -> float:
    return float(moved @ direction / np.linalg.norm(moved))


def paper_start(spot: Spot, direction: Vector) -> Vector:
    """Where the supplement's equations 9 and 10 put the point, up to their unit of force."""
    s = spot.samples[1:]
    return np.real((s * (s @ direction).conj()[:, None]).sum(axis=0))


def demo_start(spot: Spot, direction: Vector) -> Vector:
    """Where the page puts it: x and y apart, each with the phase that moves it farthest."""
    s = spot.samples[1:]
    return direction * (np.abs(s @ direction)[:, None] * np.abs(s)).sum(axis=0)


def directions(spots: list[tuple[Spot, Vector]]) -> None:
    turn = np.array([[1, -1], [1, 1]]) / math.sqrt(2)
    print("| start of a pull | cosine, as dragged | at 45° to that | displacement for the same drag, largest/least |")
    print("|---|---:|---:|---:|")
    ways: dict[str, Callable[[Spot, Vector], Vector]] = {
        "one coordinate a harmonic, pinned (here)": lambda spot, d: spot.displacement(spot.grip() @ d),
        "paper, S eq. 9–10": paper_start,
        "authors' page, x and y apart": demo_start,
    }
    for name, way in ways.items():
        straight = [cosine(way(spot, d), d) for spot, d in spots]
        oblique = [cosine(way(spot, turned), turned) for spot, d in spots for turned in (turn @ d, turn.T @ d)]
        lengths = [float(np.linalg.norm(way(spot, d))) for spot, d in spots]
        print(f"| {name} | {min(straight):.4f} | {min(oblique):.3f} | {max(lengths) / min(lengths):.3g} |")
    follow = [float(spot.displacement(spot.grip() @ d) @ d) for spot, d in spots]
    print(f"\nOf the hand's way the point goes {min(follow):.1%} to {max(follow):.1%}.\n")


def ringing(spots: list[tuple[Spot, Vector]]) -> None:
    print("| after a pull, mean of the cases | half way back | overshoot | within 5 % for good |")
    print("|---|---:|---:|---:|")
    times = np.arange(0, 20, 0.005)
    rows = [(f"{name}, {d.alpha:g} + {d.beta:g}·ω²", d, 2 * math.pi / 5) for name, d in DAMPINGS.items()]
    for name, damping, unit in [*rows, ("authors' page: demo at its own ω", DEMO, DEMO_OMEGA)]:
        omega = unit * np.arange(16)
        oscillators = Oscillators(omega, damping.rate(omega))
        halves, overshoots, ends = [], [], []
        for spot, d in spots:
            q = spot.grip() @ d
            along = spot.displacement(oscillators.free(q, 0 * q, times)[0]) @ d
            along /= along[0]
            halves.append(times[np.argmax(along < 0.5)])
            overshoots.append(-along.min())
            ends.append(times[np.flatnonzero(np.abs(along) > 0.05)[-1]])
        print(f"| {name} | {np.mean(halves):.2f} s | {np.mean(overshoots):.0%} | {np.mean(ends):.1f} s |")
    print()


def weightings(spots: list[tuple[Spot, Vector]]) -> None:
    oscillators = Oscillators.of_period(5.0, 16, PAPER)
    omega = np.maximum(oscillators.omega, oscillators.omega[1])
    times = np.arange(0, 20, 0.005)
    print("| share of harmonic k | pull: half way back | overshoot | tap of 0.3/s: farthest | when | 5 % of it after |")
    print("|---|---:|---:|---:|---:|---:|")
    for power in (-2, -1, 0, 1, 2):
        found = []
        for spot, d in spots:
            q = spot.grip(omega**power) @ d
            pulled = spot.displacement(oscillators.free(q, 0 * q, times)[0]) @ d
            tapped = spot.displacement(oscillators.free(0 * q, 0.3 * q, times)[0]) @ d
            pulled /= pulled[0]
            peak = int(np.argmax(tapped))
            late = np.flatnonzero(np.abs(tapped) > 0.05 * tapped[peak])[-1]
            found.append((times[np.argmax(pulled < 0.5)], -pulled.min(), tapped[peak], times[peak], times[late]))
        half, overshoot, far, when, gone = np.mean(found, axis=0)
        print(f"| ω^{power} | {half:.2f} s | {overshoot:.0%} | {far:.3f} | {when:.2f} s | {gone:.1f} s |")
    print()


def euler(spot: Spot, d: Vector, oscillators: Oscillators, dt: float, seconds: float, implicit: bool) -> Vector:
    """(N,) displacement along the pull at whole steps: the page's order of updates, or the new speed at once."""
    q = spot.grip() @ d
    v = 0 * q
    out = []
    for _ in range(round(seconds / dt) + 1):
        out.append(float(spot.displacement(q) @ d))
        a = -oscillators.gamma * v - oscillators.omega**2 * q
        if implicit:
            v = v + a * dt
            q = q + v * dt
        else:
            q, v = q + v * dt, v + a * dt
    return np.array(out)


def integrators(spot: Spot, d: Vector) -> None:
    print("| step by step, demo damping | off the solution at 60/s | at 30/s | at 24/s | undamped for 60 s at 30/s |")
    print("|---|---:|---:|---:|---:|")
    oscillators, free = Oscillators.of_period(5.0, 16, DEMO), Oscillators.of_period(5.0, 16, Damping(0, 0))
    q = spot.grip() @ d
    for name, implicit in (("explicit Euler (paper, page)", False), ("semi-implicit Euler (spring rigs)", True)):
        cells = []
        for rate in (60, 30, 24):
            times = np.arange(3 * rate + 1) / rate
            exact = spot.displacement(oscillators.free(q, 0 * q, times)[0]) @ d
            cells.append(np.abs(euler(spot, d, oscillators, 1 / rate, 3, implicit) - exact).max())
        grown = np.abs(euler(spot, d, free, 1 / 30, 60, implicit)).max()
        print(f"| {name} | {' | '.join(f'{c:.1%}' for c in cells)} | ×{grown:.3g} |")
    cells = []
    for rate in (60, 30, 24):
        times = np.arange(3 * rate + 1) / rate
        exact = spot.displacement(oscillators.free(q, 0 * q, times)[0])
        stepped = spot.displacement(oscillators.series(1 / rate, np.zeros((len(times), 16)), q)[0])
        cells.append(np.abs(stepped - exact).max())
    still = spot.displacement(free.series(1 / 30, np.zeros((1801, 16)), q)[0]) @ d
    print(f"| exact step (here) | {' | '.join(f'{c:.0e}' for c in cells)} | ×{np.abs(still).max():.3g} |\n")


def best(function: Callable[[], object]) -> float:
    """Seconds of a call, the best of several."""
    timer = timeit.Timer(function)
    count, _ = timer.autorange()
    return min(timer.repeat(5, count)) / count


def costs(volume: SpectralVolume, point: tuple[float, float]) -> None:
    basis, oscillators = ModalBasis.of(volume), Oscillators.of(volume)
    touch, ring = Touch(basis.spot(*point, REACH)), Ringing(oscillators)
    ring.release(touch.hold(0.03, 0.0))
    times = np.arange(250) / 30
    excitations = [
        Pull(point, Curve.drawn(0.5, 1.2, (0.03, 0.0)), REACH),
        Poke(point, (0.1, 0.0), 2.0, REACH),
        Force(point, Curve.pulse(3.0, 5.0, (0.0, 0.02), 0.3, 0.3), REACH),
        Wind(Curve.constant((0.004, 0.0))),
    ]
    force = np.ones((251, 16))
    print(f"| {volume.width}×{volume.height} volume, one core | |")
    print("|---|---:|")
    for name, call in (
        ("read a picture's basis", lambda: ModalBasis.of(volume)),
        ("take hold of a place", lambda: Touch(basis.spot(*point, REACH))),
        ("hold: q of a hand", lambda: touch.hold(0.03, 0.01)),
        ("an update of what rings", lambda: ring.advance(1 / 60)),
        ("250 frames of 16 oscillators under a force", lambda: oscillators.series(1 / 30, force)),
        ("250 frames: a pull", lambda: simulate(basis, oscillators, excitations[:1], times)),
        (
            "250 frames: a pull, a tap, a load and a gusty wind",
            lambda: simulate(basis, oscillators, excitations, times),
        ),
    ):
        seconds = best(call)
        print(f"| {name} | {seconds * 1e6:.0f} µs |" if seconds < 1e-3 else f"| {name} | {seconds * 1e3:.1f} ms |")


def main(data: Path) -> None:
    predictor = MotionPredictor.load(device="cpu")
    listed = list(cases(data))
    volumes = {name: predictor.predict(read_image(data / "stills" / f"{name}.png"), seed=0) for name, _, _ in listed}
    bases = {name: ModalBasis.of(volume) for name, volume in volumes.items()}
    spots = [(bases[name].spot(*point, REACH), d) for name, point, d in listed]
    print(f"{len(volumes)} photographs, {len(listed)} drags\n")
    directions(spots)
    ringing(spots)
    weightings(spots)
    rose = next(index for index, (name, _, _) in enumerate(listed) if name == "rose4")
    integrators(*spots[rose])
    costs(volumes["rose4"], listed[rose][1])


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
