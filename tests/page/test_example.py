# SPDX-License-Identifier: GPL-3.0-or-later
"""The page in docs/examples: a whole picture, 41,000 vertices and 16 bands, and as this checkout would write it."""

import base64
import re

import numpy as np
import pytest

from gid_blender.motion import load
from gid_blender.motion.hand import HAND
from gid_blender.motion.modal_basis import ModalBasis
from gid_blender.motion.touch import Touch, resisted
from gid_blender.motion.web_page import PagePicture, sheet_of
from gid_blender.motion.web_volume import unpack

pytest.importorskip("gid_backend", reason="runs in the worker's environment")
from scripts.example_page import EXAMPLE, PAGE, SETTINGS, page_of

# A petal that moves, and where it is drawn, in picture widths.
PETAL, DRAG = (0.5, 0.3), np.array([0.06, 0.02])
VOLUME = re.compile(r'(octet-stream">)([^<]*)')
PICTURE = re.compile(r'src="data:image/webp;base64,([^"]*)"')
GROUND = re.compile(r'("ground": )([^,]*)')
SIZE = re.compile(r'"picture": \[(\d+), (\d+)\]')


@pytest.fixture(scope="module")
def text():
    return PAGE.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def picture(text):
    width, height = map(int, SIZE.search(text).groups())
    return PagePicture(base64.b64decode(PICTURE.search(text)[1]), width, height)


@pytest.fixture(scope="module")
def sheet(picture):
    return sheet_of(load(EXAMPLE.with_suffix(".npz")), picture, SETTINGS)


class TestAge:
    """When one of these fails: .venv/worker/bin/python -m scripts.example_page."""

    def test_all_but_picture_and_motion_is_letter_by_letter_what_is_written_now(self, text, picture):
        """Compressed bytes are left out: two versions of a library may pack one thing differently."""
        now = page_of(picture)
        template, template_now = (GROUND.sub(r"\1", VOLUME.sub(r"\1", page)) for page in (text, now))
        assert template == template_now
        # A mean over all of the motion, of which another processor may round a value the other way.
        assert float(GROUND.search(text)[2]) == pytest.approx(float(GROUND.search(now)[2]), rel=1e-4)

    def test_its_motion_is_that_of_the_bundled_dahlia(self, text, sheet):
        packed = VOLUME.search(text)[2]
        there = unpack(type(sheet)(base64.b64decode(packed), sheet.step, sheet.shape))
        # Another processor may round a step up where this one rounds it down.
        assert np.abs(there - unpack(sheet)).max() <= 1.5 * sheet.step


class TestInABrowser:
    def test_it_is_drawn_aside_by_the_mouse_and_rings_out(self, opened, sheet, picture):
        page = opened(PAGE)
        assert page.said == []
        rest = page.look()
        page.mouse.move(*page.pixel(*PETAL))
        page.mouse.down()
        page.mouse.move(*page.pixel(*(PETAL + DRAG / 2)))
        page.mouse.move(*page.pixel(*(PETAL + DRAG)))
        page.evaluate("gid.advance(0)")
        [touch] = page.evaluate("gid.touches")
        # The mouse goes in whole pixels of a window 480 wide, of which the picture takes 405.
        np.testing.assert_allclose(touch["place"], PETAL, atol=1 / 405)
        way = np.subtract(touch["hand"], touch["place"])
        np.testing.assert_allclose(way, DRAG, atol=2 / 405)
        basis = ModalBasis.at_vertices(unpack(sheet), picture.height / picture.width)
        held = Touch(basis.spot(*touch["place"], HAND)).hold(*resisted(*way))
        found = np.array(page.evaluate("gid.coefficients()")).view(np.complex128)
        # As in Blender. Its liveliness went through the page's facts with all digits.
        np.testing.assert_allclose(found, held, rtol=1e-6, atol=1e-9)
        went = np.array(page.evaluate(f"gid.displacement({touch['place'][0]}, {touch['place'][1]})"))
        assert went @ DRAG > 0.5 * np.linalg.norm(went) * np.linalg.norm(DRAG)
        assert np.linalg.norm(went) > 0.02
        drawn = page.look()
        # The arrow alone is a hundredth of it.
        assert (np.abs(drawn.astype(int) - rest).max(axis=2) > 16).mean() > 0.05
        page.mouse.up()
        page.evaluate("for (let i = 0; i < 60; i++) gid.advance(1)")
        assert not page.evaluate("gid.ringing")
        # Above the bar.
        np.testing.assert_array_equal(page.look()[60:200], rest[60:200])

    def test_it_sways_and_comes_round(self, opened):
        page = opened(PAGE)
        page.evaluate("gid.loop = true; gid.advance(4)")
        begin = page.look()
        page.evaluate("gid.advance(1.7)")
        swayed = page.look()
        page.evaluate("gid.advance(3.3)")
        differs = [(np.abs(other.astype(int) - begin)[:200].max(axis=2) > 4).mean() for other in (swayed, page.look())]
        assert differs[0] > 0.02
        assert differs[1] < 1e-3
