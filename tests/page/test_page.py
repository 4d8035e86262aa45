# SPDX-License-Identifier: GPL-3.0-or-later
"""The page as a thing to use: from a file, without a network, with keys, and where it cannot move."""

import re

import numpy as np
import pytest

from gid_blender.motion.web_page import web_page

from .conftest import BALL, COARSE, ball_picture, ball_volume

SENTENCE = "This is the still picture. It cannot move here: "


class TestOpening:
    def test_it_opens_from_a_file_and_asks_for_nothing_else(self, opened, ball_page):
        page = opened()
        assert page.evaluate("document.documentElement.dataset.gid") == "ready"
        assert [url for url in page.asked if not url.startswith("data:")] == [ball_page.as_uri()]
        assert page.said == []
        assert page.title() == "A ball"

    def test_nothing_can_be_sent(self, opened):
        page = opened()
        page.evaluate("fetch('data:text/plain,x').catch((error) => (window.refused = String(error)))")
        page.wait("window.refused")
        assert any("Content Security Policy" in line for line in page.said)

    def test_the_picture_fills_the_window_in_its_aspect(self, opened):
        page = opened()
        for width, height in ((480, 270), (300, 400), (600, 200)):
            page.set_viewport_size({"width": width, "height": height})
            page.wait(f"Math.abs(view.clientWidth - {min(width, height * 16 / 9)}) < 1")
            box = page.locator("#view").bounding_box()
            assert box["width"] / box["height"] == pytest.approx(16 / 9, rel=0.01)
            assert box["width"] == pytest.approx(min(width, height * 16 / 9), abs=1)

    def test_at_rest_it_shows_the_picture(self, opened):
        page = opened()
        seen = page.look()
        np.testing.assert_allclose(page.ball(), BALL, atol=0.2 / 160)
        # Blue everywhere but on the ball; the page's own ground is grey.
        assert (seen[:180, :, 2].astype(int) - seen[:180, :, 1] > 10)[:, [0, -1]].all()

    def test_a_border_that_sways_leaves_no_gap(self, opened, tmp_path):
        volume = ball_volume()
        everywhere = np.ones_like(volume.spectrum) * np.array([0.03, 0.03j])[None, :, None, None]
        path = tmp_path / "all.html"
        path.write_text(web_page(type(volume)(everywhere, frames=120), ball_picture(), COARSE), encoding="utf-8")
        page = opened(path)
        page.evaluate("gid.loop = true; gid.advance(3)")
        assert np.abs(page.evaluate("gid.displacement(0.5, 0.3)")).max() > 0.1
        seen = page.look().astype(int)
        assert (seen[:180, :, 2] - seen[:180, :, 1] > 10)[:, [0, -1]].all()

    def test_who_asked_for_less_motion_is_left_in_peace(self, opened):
        page = opened(paused=False, reduced_motion="reduce")
        assert not page.evaluate("gid.loop")
        assert page.get_by_role("button", name="Loop").get_attribute("aria-pressed") == "false"
        page.evaluate(f"gid.press({BALL[0]}, {BALL[1]}); gid.drag(0.5, 0.2)")
        assert np.abs(page.evaluate(f"gid.displacement({BALL[0]}, {BALL[1]})")).max() > 0.02

    def test_it_goes_on_when_the_graphics_memory_was_taken_away(self, opened):
        page = opened()
        before = page.look()
        page.evaluate("""
            window.lost = document.getElementById('view').getContext('webgl2').getExtension('WEBGL_lose_context');
            document.getElementById('view').addEventListener('webglcontextrestored', () => (window.back = true));
            lost.loseContext();
        """)
        page.wait("document.getElementById('view').getContext('webgl2').isContextLost()")
        page.evaluate("setTimeout(() => lost.restoreContext())")
        page.wait("window.back")
        page.evaluate("gid.advance(0)")
        np.testing.assert_array_equal(page.look()[60:180], before[60:180])


class TestControls:
    def test_the_bar(self, opened):
        page = opened()
        page.get_by_role("button", name="Play").click()
        assert not page.evaluate("gid.paused")
        page.get_by_role("button", name="Pause").click()
        assert page.evaluate("gid.paused")
        page.get_by_role("button", name="Loop").click()
        assert page.evaluate("gid.loop")
        page.get_by_role("slider", name="Amplitude").fill("2.5")
        page.get_by_role("slider", name="Speed").fill("0.5")
        assert page.evaluate("[gid.amplitude, gid.speed]") == [2.5, 0.5]
        assert "2.50×" in page.locator("#controls").inner_text()
        page.get_by_role("button", name="Reset").click()
        assert page.evaluate("[gid.amplitude, gid.speed, gid.paused, gid.loop]") == [1, 1, False, True]

    def test_amplitude_makes_the_loop_stronger(self, opened):
        page = opened()
        page.evaluate("gid.loop = true; gid.advance(1); gid.amplitude = 1")
        once = np.array(page.evaluate("gid.coefficients()"))
        page.evaluate("gid.amplitude = 2")
        np.testing.assert_allclose(page.evaluate("gid.coefficients()"), 2 * once)

    def test_speed_makes_time_go_faster(self, opened):
        """In the time that the browser shows it for, whatever that is."""
        page = opened()
        passed = page.evaluate("""async () => {
            const results = [];
            gid.loop = true;
            for (const speed of [0.5, 2]) {
                gid.speed = speed;
                gid.play();
                const frame = () => new Promise(requestAnimationFrame);
                // A frame that comes late counts as a tenth of a second; both have as many steps of at most that.
                let shown = await frame(), time = gid.time, real = 0;
                for (let i = 0; i < 5; i++) {
                    const now = await frame();
                    real += Math.min(Math.max((now - shown) / 1000, 0), 0.1);
                    shown = now;
                }
                results.push((gid.time - time) / real);
                gid.pause();
            }
            return results;
        }""")
        # The page's own frame may come before or after the test's: one of five steps more or less.
        assert passed[1] > 1.5 * passed[0]

    def test_the_keys(self, opened):
        page = opened()
        press = page.keyboard.press
        press("Space")
        assert not page.evaluate("gid.paused")
        press("Space")
        assert page.evaluate("gid.paused")
        press("l")
        assert page.evaluate("gid.loop")
        press("ArrowUp")
        press("ArrowRight")
        assert page.evaluate("[gid.amplitude, gid.speed]") == pytest.approx([1.1, 1.1])
        press("ArrowDown")
        press("ArrowLeft")
        assert page.evaluate("[gid.amplitude, gid.speed]") == pytest.approx([1, 1])
        press("p")
        assert page.evaluate("gid.ringing")
        press("r")
        assert page.evaluate("[gid.ringing, gid.paused]") == [False, False]

    def test_a_slider_that_has_the_focus_moves_once(self, opened):
        page = opened()
        page.get_by_role("slider", name="Speed").focus()
        page.keyboard.press("ArrowRight")
        assert page.evaluate("gid.speed") == pytest.approx(1.05)
        assert page.evaluate("gid.amplitude") == 1

    def test_a_button_that_has_the_focus_is_pressed_once(self, opened):
        page = opened()
        page.get_by_role("button", name="Loop").focus()
        page.keyboard.press("Space")
        assert page.evaluate("[gid.loop, gid.paused]") == [True, True]

    def test_the_tab_key_reaches_everything(self, opened):
        page, reached = opened(), []
        for _ in range(6):
            page.keyboard.press("Tab")
            reached.append(page.evaluate("document.activeElement.id"))
        assert reached == ["view", "play", "loop", "amplitude", "speed", "reset"]


class TestWhereItCannotMove:
    def test_without_webgl(self, launch, opened):
        page = opened(within=launch("--disable-3d-apis"))
        assert page.locator("#message").inner_text().startswith(f"{SENTENCE}WebGL 2 is missing or switched off")
        assert page.locator("#picture").is_visible()
        assert not page.locator("#controls").is_visible()

    def test_in_an_old_browser(self, opened):
        page = opened(script="delete window.DecompressionStream")
        assert "this browser is too old" in page.locator("#message").inner_text()
        assert page.locator("#picture").is_visible()

    def test_without_scripts(self, opened):
        page = opened(java_script_enabled=False)
        assert "it moves when JavaScript is allowed" in page.locator("noscript").inner_text()
        assert page.locator("#picture").is_visible()

    def test_a_file_that_was_cut_off_or_changed(self, opened, ball_page, tmp_path):
        text = ball_page.read_text(encoding="utf-8")
        damaged = tmp_path / "damaged.html"
        damaged.write_text(re.sub(r'(octet-stream">.{40}).{8}', r"\1AAAAAAAA", text), encoding="utf-8")
        page = opened(damaged)
        assert page.locator("#message").inner_text().startswith(SENTENCE)
        assert page.locator("#picture").is_visible()
