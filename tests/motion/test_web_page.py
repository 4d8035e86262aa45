# SPDX-License-Identifier: GPL-3.0-or-later
"""The page as a file: whole, closed to the network, and safe whatever a picture is called. tests/page opens it."""

import base64
import hashlib
import html
import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from gid_blender.motion import SpectralVolume, SpectralVolumeError
from gid_blender.motion.modal_basis import GROUND, SLIP, ModalBasis
from gid_blender.motion.web_page import PROMISED_BYTES, PagePicture, PageSettings, sheet_of, web_page
from gid_blender.motion.web_volume import unpack

from .volumes import smooth_volume

# No picture at all, but a browser's first look at a file goes no further.
JPEG = b"\xff\xd8\xff" + bytes(range(256)) * 4
PICTURE = PagePicture(JPEG, 320, 200)
# A coarse sheet is made in no time, and nothing here looks at how fine it is.
COARSE = PageSettings(title="A meadow", vertices=600)


class Elements(HTMLParser):
    """Attributes and texts of a page's elements, in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None], str]] = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs), ""))

    def handle_endtag(self, tag):
        # What follows belongs to nobody here.
        self.found.append(("", {}, ""))

    def handle_data(self, data):
        if self.found:
            tag, attributes, text = self.found[-1]
            self.found[-1] = (tag, attributes, text + data)

    def all(self, tag):
        return [(attributes, text) for found, attributes, text in self.found if found == tag]


def facts_of(page: str) -> dict:
    [text] = [text for attributes, text in Elements(page).all("script") if attributes.get("id") == "facts"]
    return json.loads(text)


@pytest.fixture(scope="module")
def page():
    return web_page(smooth_volume(), PICTURE, COARSE)


class TestOneFile:
    def test_everything_is_inside(self, page):
        elements = Elements(page)
        assert not elements.all("link")
        assert not [a for a, _ in elements.all("script") if "src" in a]
        assert [a["src"].partition(",")[0] for a, _ in elements.all("img")] == ["data:image/jpeg;base64"]
        assert base64.b64decode(elements.all("img")[0][0]["src"].partition(",")[2]) == JPEG

    def test_the_policy_allows_this_style_this_script_and_nothing_else(self, page):
        elements = Elements(page)
        policy = next(a["content"] for a, _ in elements.all("meta") if a.get("http-equiv") == "Content-Security-Policy")
        rules = dict(rule.split(maxsplit=1) for rule in policy.split("; "))
        assert rules.pop("default-src") == "'none'"
        assert rules.pop("img-src") == "data:"
        [(_, style)] = elements.all("style")
        [script] = [text for a, text in elements.all("script") if not a]
        for name, text in (("style-src", style), ("script-src", script)):
            assert rules.pop(name) == f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
        assert set(rules.values()) == {"'none'"}

    def test_it_names_no_address(self, page):
        # The name of SVG's namespace is no address that anything is fetched from.
        assert set(re.findall(r"\bhttps?://[^\s'\"]+", page)) <= {"http://www.w3.org/2000/svg"}

    def test_nothing_is_left_to_be_filled_in(self, page):
        assert "{{" not in page

    def test_the_same_input_gives_the_same_page(self, page):
        assert web_page(smooth_volume(), PICTURE, COARSE) == page

    def test_a_picture_of_512_by_288_keeps_the_promise(self):
        """Sixteen lively bands at full resolution, and 500 kB for the picture, which is a JPEG of the best quality."""
        volume = smooth_volume(height=288, width=512).scaled(3)
        page = web_page(volume, PagePicture(JPEG + bytes(500_000), 512, 288))
        assert len(page) < PROMISED_BYTES

    @pytest.mark.parametrize(
        ("start", "kind"),
        [(b"\xff\xd8\xff\xe0", "jpeg"), (b"\x89PNG\r\n\x1a\n", "png"), (b"RIFF\0\0\0\0WEBP", "webp")],
    )
    def test_the_kind_of_the_picture_is_read_off_its_bytes(self, start, kind):
        page = web_page(smooth_volume(), PagePicture(start, 320, 200), COARSE)
        assert Elements(page).all("img")[0][0]["src"].startswith(f"data:image/{kind};")


class TestNames:
    @pytest.mark.parametrize(
        "title",
        [
            "</script><script>alert(1)</script>",
            '" onload="alert(1)',
            "<img src=x onerror=alert(1)>",
            "{{script}}",
            "a & b",
        ],
    )
    def test_a_name_is_a_name_and_nothing_else(self, page, title):
        named = web_page(smooth_volume(), PICTURE, replace(COARSE, title=title))
        parts, plain = Elements(named), Elements(page)
        assert [tag for tag, _, _ in parts.found] == [tag for tag, _, _ in plain.found]
        assert [sorted(a) for _, a, _ in parts.found] == [sorted(a) for _, a, _ in plain.found]
        assert parts.all("title")[0][1].strip() == title
        assert parts.all("img")[0][0]["alt"] == title
        assert f"<title>{html.escape(title)}</title>" in named

    def test_a_page_without_a_name_has_one(self):
        assert Elements(web_page(smooth_volume(), PICTURE, replace(COARSE, title=" "))).all("title")[0][1]


class TestMotion:
    def test_the_page_knows_what_the_dynamics_need(self, page):
        facts = facts_of(page)
        sheet = sheet_of(smooth_volume(), PICTURE, COARSE)
        basis = ModalBasis.at_vertices(unpack(sheet), 200 / 320)
        assert facts["shape"] == list(sheet.shape)
        assert facts["period"] == smooth_volume().duration
        assert (facts["slip"], facts["ground"]) == (SLIP, GROUND * basis.liveliness)

    def test_the_sheet_has_square_cells_and_lies_on_the_border(self):
        _, rows, columns = sheet_of(smooth_volume(), PICTURE).shape
        # Whole numbers of cells: half a cell of 160 is off.
        assert (rows - 1) / (columns - 1) == pytest.approx(200 / 320, rel=0.5 / 160)

    def test_a_pinned_border_stands_still(self):
        spectrum = unpack(sheet_of(smooth_volume(), PICTURE, replace(COARSE, pin=0.1)))
        for edge in (spectrum[..., 0, :], spectrum[..., -1, :], spectrum[..., :, 0], spectrum[..., :, -1]):
            assert not edge.any()

    def test_it_starts_as_it_is_told(self):
        own = {"period": 2.5, "phase": 0.75, "amplitude": 1.5, "speed": 0.5, "stiffness": 4.0, "loop": False}
        facts = facts_of(web_page(smooth_volume(), PICTURE, replace(COARSE, **own)))
        assert {name: facts[name] for name in own} == own

    def test_an_equaliser_acts_on_the_bands(self):
        gains = (1.0,) * 3 + (0.0, 2.0) + (1.0,) * 11
        plain, heard = (
            unpack(sheet_of(smooth_volume(), PICTURE, replace(COARSE, gains=each))) for each in (None, gains)
        )
        assert not heard[3].any()
        # Each is rounded, the plain one before it is doubled.
        np.testing.assert_allclose(heard[4], 2 * plain[4], atol=3 * 2**-16)

    def test_the_mean_offset_is_there_when_it_is_wanted(self):
        """Without it, things sway about the pose that the picture shows."""
        assert not unpack(sheet_of(smooth_volume(), PICTURE, COARSE))[0].any()
        assert unpack(sheet_of(smooth_volume(), PICTURE, replace(COARSE, offset=True)))[0].any()


class TestBadInput:
    def test_a_picture_of_another_aspect(self):
        with pytest.raises(SpectralVolumeError, match="differ in aspect: they do not belong together"):
            web_page(smooth_volume(), PagePicture(JPEG, 200, 320))

    def test_the_aspect_of_a_coarse_grid_is_not_exact(self):
        web_page(smooth_volume(height=9, width=16), PagePicture(JPEG, 512, 300), COARSE)

    @pytest.mark.parametrize("bands", [1, 3])
    def test_motion_that_does_not_move(self, bands):
        spectrum = np.zeros((bands, 2, 20, 32))
        spectrum[0] = 0.01
        with pytest.raises(SpectralVolumeError, match="Nothing in this motion swings"):
            web_page(SpectralVolume(spectrum), PICTURE)

    def test_gains_of_another_volume(self):
        with pytest.raises(SpectralVolumeError, match="Expected 16 band gains, got 3"):
            web_page(smooth_volume(), PICTURE, replace(COARSE, gains=(1.0, 1.0, 1.0)))

    def test_a_picture_that_is_none(self):
        with pytest.raises(ValueError, match="a JPEG, PNG or WebP file"):
            web_page(smooth_volume(), PagePicture(b"GIF89a", 320, 200))

    @pytest.mark.parametrize("wrong", [{"amplitude": -1}, {"amplitude": np.nan}, {"period": 0}, {"speed": np.inf}])
    def test_settings_that_mean_nothing(self, wrong):
        with pytest.raises(ValueError, match=r"An amplitude|A loop|A speed"):
            PageSettings(**wrong)
