# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures the figures of docs/web-page.md: what a page's motion weighs and loses, and what a frame costs.

    .venv/worker/bin/python -m scripts.measure_page [--browser] [rose4.png ivy1.png pink_rose.mp4 ...]

The bundled dahlia first. The motion of a picture is predicted with seed 0 and the weights that are shipped, that of a
video measured. With --browser, the dahlia's page is drawn by headless Chromium, in software where there is no GPU.
"""

from __future__ import annotations

import argparse
import os
import time
import zlib
from pathlib import Path

import numpy as np
import numpy.typing as npt

from gid_backend.flow import measure_motion
from gid_backend.images import read_image
from gid_backend.page_commands import page_picture
from gid_backend.predictor import MotionPredictor
from gid_blender import motion
from gid_blender.motion.web_page import PagePicture, PageSettings, at_sheet, web_page
from gid_blender.motion.web_volume import pack, unpack
from scripts.example_page import EXAMPLE, PAGE

LARGEST = 1600
# Pixels of a picture so many wide.
PIXELS = 512
# Every third frame of the loop tells the mean as well as all do.
MOMENTS = np.arange(0, 150, 3)

Planes = npt.NDArray[np.float64]


def of(path: Path) -> tuple[motion.SpectralVolume, PagePicture]:
    """Motion and picture of a file."""
    if path.suffix == ".mp4":
        found = measure_motion(path)
        return found.volume, page_picture(found.still, linear=False, largest=LARGEST)
    picture = read_image(path)
    ready = path.with_suffix(".npz")
    volume = motion.load(ready) if ready.exists() else MotionPredictor.load().predict(picture, seed=0)
    return volume, page_picture(picture, linear=False, largest=LARGEST)


def lost(error: npt.NDArray[np.complex64]) -> str:
    """Mean and largest error of the displacement over a loop, in pixels."""
    q = motion.loop_coefficients(MOMENTS, harmonics=len(error), period=150)[:, 1:]
    mean, largest = [], 0.0
    for moment in q:
        off = np.hypot(*np.einsum("k,kchw->chw", moment, error[1:]).real) * PIXELS
        mean.append(off.mean())
        largest = max(largest, float(off.max()))
    return f"{np.mean(mean):.3f}, {largest:.2f}"


def of_planes(spectrum: npt.NDArray[np.complex64]) -> Planes:
    """(4K, rows, columns) real and imaginary parts, x before y."""
    parts = [spectrum[:, 0].real, spectrum[:, 0].imag, spectrum[:, 1].real, spectrum[:, 1].imag]
    return np.stack(parts, axis=1).reshape(-1, *spectrum.shape[2:]).astype(np.float64)


def of_bands(planes: Planes) -> npt.NDArray[np.complex64]:
    xr, xi, yr, yi = np.moveaxis(planes.reshape(-1, 4, *planes.shape[1:]), 1, 0)
    return np.asarray(np.stack([xr + 1j * xi, yr + 1j * yi], axis=1), np.complex64)


def bytes_of(codes: npt.NDArray[np.int64]) -> int:
    """Deflated, by whichever guess of a code from its neighbours needs the fewest bytes."""
    above, plane = codes.copy(), codes.copy()
    above[:, 1:] -= codes[:, :-1]
    plane[:, 1:] -= codes[:, :-1]
    plane[:, :, 1:] -= codes[:, :, :-1]
    plane[:, 1:, 1:] += codes[:, :-1, :-1]
    return min(len(zlib.compress((each % 256).astype(np.uint8).tobytes())) for each in (codes, above, plane))


def eight_bits(spectrum: npt.NDArray[np.complex64], *, root: bool) -> tuple[int, npt.NDArray[np.complex64]]:
    """Bytes and what is read back when each band has 255 steps to its largest value, as in the authors' demo.

    Args:
        spectrum: (K, 2, rows, columns), of which band 0 does not swing and is left out.
        root: whether the steps are those of the square root, finer where there is less.
    """
    planes = of_planes(spectrum[1:])
    largest = np.abs(planes).reshape(-1, 4 * planes.shape[1] * planes.shape[2]).max(axis=1).repeat(4)[:, None, None]
    share = planes / np.maximum(largest, 1e-20)
    codes = np.rint(127 * (np.sign(share) * np.sqrt(np.abs(share)) if root else share)).astype(np.int64)
    back = codes / 127
    back = np.sign(back) * back**2 if root else back
    return bytes_of(codes), np.concatenate([spectrum[:1], of_bands(back * largest)])


def row(path: Path) -> None:
    volume, picture = of(path)
    settings = PageSettings()
    exact = at_sheet(volume, picture, settings)
    packed = pack(exact)
    cells = [f"{4 / 3e3 * len(packed.data):.0f}, {lost(unpack(packed) - exact)}"]
    for root in (False, True):
        size, back = eight_bits(exact, root=root)
        cells.append(f"{4 / 3e3 * size:.0f}, {lost(back - exact)}")
    page = web_page(volume, picture, settings)
    _, rows, columns = packed.shape
    print(f"| {path.stem} | " + " | ".join(cells) + f" |   page {len(page.encode()) / 1e6:.2f} MB,", end=" ")
    print(f"picture {picture.width}×{picture.height}, sheet {columns}×{rows} = {columns * rows}", flush=True)


def browser() -> None:
    """Milliseconds of a frame of 512×342, drawn and waited for, and of the page's own code alone."""
    from playwright.sync_api import sync_playwright

    from tests.page.conftest import ARGUMENTS, find_chromium

    drawn = """(times) => {
        const gl = document.querySelector('#view').getContext('webgl2');
        const pixel = new Uint8Array(4), start = performance.now();
        for (let i = 0; i < times; i++) {
            gid.advance(1 / 60);
            gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, pixel);
        }
        return (performance.now() - start) / times;
    }"""
    alone = """() => {
        const start = performance.now();
        for (let i = 0; i < 200; i++) gid.coefficients();
        return (performance.now() - start) / 200;
    }"""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=find_chromium(), chromium_sandbox=os.getuid() != 0, args=ARGUMENTS
        )
        page = chromium.new_page(viewport={"width": 512, "height": 342})
        page.goto(PAGE.as_uri())
        page.wait_for_selector("html[data-gid=ready]")
        page.evaluate("gid.pause(); gid.press(0.5, 0.3); gid.drag(0.55, 0.3)")
        page.evaluate(drawn, 3)
        began = time.monotonic()
        print(f"a frame of 512×342: {page.evaluate(drawn, 20):.0f} ms ({time.monotonic() - began:.0f} s for 20)")
        print(f"the page's own code: {page.evaluate(alone):.3f} ms a frame for the coefficients")
        chromium.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", type=Path, nargs="*")
    parser.add_argument("--browser", action="store_true")
    options = parser.parse_args()
    print("| kB, mean, max error | one step for all | 8 bits a band, linear | 8 bits a band, square root |")
    for path in [EXAMPLE.with_suffix(".jpg"), *options.files]:
        row(path)
    if options.browser:
        browser()


if __name__ == "__main__":
    main()
