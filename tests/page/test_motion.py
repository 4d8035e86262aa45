# SPDX-License-Identifier: GPL-3.0-or-later
"""What the page shows: it sways, follows the hand, rings out and returns, as gid_blender/motion computes it."""

from dataclasses import replace

import numpy as np
import pytest

from gid_blender.motion import SpectralVolume, loop_coefficients
from gid_blender.motion.hand import HAND, Hand
from gid_blender.motion.modal_basis import ModalBasis
from gid_blender.motion.oscillators import DEMO, PAPER, Oscillators
from gid_blender.motion.touch import Ringing, Touch, resisted
from gid_blender.motion.web_page import sheet_of, web_page
from gid_blender.motion.web_volume import unpack

from .conftest import BALL, COARSE, HEIGHT, WIDTH, ball_picture, ball_volume

DRAG = np.array([0.09, -0.03])


@pytest.fixture(scope="module")
def basis():
    """The page's own motion, as Python sees it."""
    return ModalBasis.at_vertices(unpack(sheet_of(ball_volume(), ball_picture(), COARSE)), HEIGHT / WIDTH)


def coefficients(page) -> np.ndarray:
    return np.array(page.evaluate("gid.coefficients()")).view(np.complex128)


def samples(page, x, y) -> np.ndarray:
    """(K, 2) complex, as `Spot.samples`."""
    return np.array(page.evaluate(f"gid.samples({x}, {y})")).view(np.complex128).reshape(-1, 2)


def loop(time: float, amplitude: float = 1.0) -> np.ndarray:
    return amplitude * loop_coefficients(
        time, harmonics=ball_volume().bands, period=ball_volume().duration, offset=False
    )


def pull(page, x, y, dx, dy) -> None:
    page.mouse.move(*page.pixel(x, y))
    page.mouse.down()
    page.mouse.move(*page.pixel(x + dx / 2, y + dy / 2))
    page.mouse.move(*page.pixel(x + dx, y + dy))


class TestLoop:
    def test_it_sways_by_itself(self, opened):
        page = opened(paused=False)
        page.wait("gid.time > 0")
        page.evaluate("gid.pause()")
        time = page.evaluate("gid.time")
        np.testing.assert_allclose(coefficients(page), loop(time), atol=1e-12)

    def test_what_is_seen_moves_as_the_motion_says(self, opened, basis):
        page = opened()
        rest = page.ball()
        page.evaluate("gid.loop = true; gid.amplitude = 2; gid.advance(2.4)")
        expected = basis.spot(*BALL).displacement(coefficients(page))
        # A picture of 160 pixels shown 480 wide: a tenth of a pixel of the picture.
        np.testing.assert_allclose(page.ball() - rest, expected, atol=0.1 / WIDTH)
        assert np.linalg.norm(expected) > 2 / WIDTH

    def test_it_swells_and_fades_when_it_is_switched(self, opened):
        page = opened()
        assert not coefficients(page).any()
        page.evaluate("gid.loop = true; gid.advance(0.2)")
        assert 0 < abs(coefficients(page)[1]) < 1
        page.evaluate("gid.advance(0.5)")
        assert abs(coefficients(page)[1]) == pytest.approx(1)
        page.evaluate("gid.loop = false; gid.advance(0.7)")
        assert not coefficients(page).any()


class TestHand:
    def test_what_is_touched_follows_the_hand(self, opened, basis):
        page = opened()
        rest = page.ball()
        pull(page, *BALL, *DRAG)
        moved = page.ball() - rest
        expected = basis.spot(*BALL).displacement(Touch(basis.spot(*BALL, HAND)).hold(*resisted(*DRAG)))
        # The mouse goes in whole pixels, of which three are one of the picture's.
        np.testing.assert_allclose(moved, expected, atol=0.5 / WIDTH)
        assert moved @ DRAG > 0.99 * np.linalg.norm(moved) * np.linalg.norm(DRAG)
        assert np.linalg.norm(moved) > 5 / WIDTH
        # The far corner stands still.
        assert np.abs(page.evaluate("gid.displacement(0.95, 0.5)")).max() < 0.1 / WIDTH

    def test_an_arrow_goes_from_the_place_to_the_hand(self, opened):
        page = opened()
        pull(page, *BALL, *DRAG)
        page.evaluate("gid.advance(0)")
        arrow = page.locator("#arrows path").last.bounding_box()
        hand = page.pixel(*(BALL + DRAG))
        # Half the width of the line and of the head.
        assert arrow["x"] + arrow["width"] == pytest.approx(hand[0], abs=4)
        assert arrow["y"] == pytest.approx(hand[1], abs=6)
        page.mouse.up()
        page.evaluate("gid.advance(0)")
        assert page.locator("#arrows path").last.get_attribute("d") == ""

    def test_it_rings_out_and_returns(self, opened):
        page = opened()
        before = page.look()
        pull(page, *BALL, *DRAG)
        held = coefficients(page)
        page.mouse.up()
        np.testing.assert_allclose(coefficients(page), held, atol=1e-12)
        rounds = page.evaluate("Array.from({length: 40}, () => (gid.advance(0.25), gid.coefficients()))")
        swings = np.linalg.norm(rounds, axis=1)
        assert max(swings[20:]) < max(swings[:20])
        assert swings[-1] < 0.2 * np.linalg.norm(held)
        page.evaluate("gid.advance(60)")
        assert not page.evaluate("gid.ringing")
        # Between the hint above and the bar below.
        np.testing.assert_array_equal(page.look()[60:180], before[60:180])

    def test_it_returns_to_the_very_loop(self, opened):
        page = opened()
        page.evaluate("gid.loop = true; gid.amplitude = 0.5; gid.advance(1)")
        pull(page, *BALL, *DRAG)
        page.mouse.up()
        page.evaluate("gid.advance(0.1)")
        assert np.abs(coefficients(page) - loop(page.evaluate("gid.time"), 0.5)).max() > 0.1
        page.evaluate("for (let i = 0; i < 60; i++) gid.advance(1)")
        np.testing.assert_allclose(coefficients(page), loop(page.evaluate("gid.time"), 0.5), atol=1e-12)

    def test_a_moving_hand_throws_as_in_blender(self, opened, basis):
        page = opened()
        hand = Hand(Oscillators.of(ball_volume()), peak=0.02)
        page.evaluate(f"gid.press({BALL[0]}, {BALL[1]}, 1)")
        hand.press(basis.spot(*BALL, HAND), *BALL, 0.0)
        # The last stretch far faster than any hand: the throw has no more energy than the pull.
        for time, x in ((0.05, 0.41), (0.1, 0.42), (0.12, 0.6)):
            page.evaluate(f"gid.advance({time} - (window.now ?? 0)); now = {time}; gid.drag({x}, {BALL[1]}, 1)")
            hand.drag(x, BALL[1], time)
        page.evaluate("document.getElementById('view').dispatchEvent(new PointerEvent('pointerup', {pointerId: 1}))")
        hand.release(0.12)
        for time in (0.2, 0.3, 0.4):
            page.evaluate("gid.advance(0.1)") if time > 0.2 else page.evaluate("gid.advance(0.08)")
            # The way is measured from the same sample on, which rounding could change for another.
            np.testing.assert_allclose(coefficients(page), hand.advance(time), rtol=1e-6, atol=1e-9)

    @pytest.mark.parametrize("key", ["Escape", None])
    def test_escape_and_the_right_button_let_go(self, opened, key):
        page = opened()
        pull(page, *BALL, *DRAG)
        assert len(page.evaluate("gid.touches")) == 1
        page.keyboard.press(key) if key else page.mouse.click(*page.pixel(*BALL), button="right")
        assert page.evaluate("gid.touches") == []

    def test_two_fingers_pull_at_once(self, opened):
        page = opened(has_touch=True)
        finger = page.context.new_cdp_session(page.page)

        def touch(kind, *places):
            points = [{"x": x, "y": y, "id": i} for i, (x, y) in enumerate(page.pixel(*place) for place in places)]
            finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

        touch("touchStart", BALL)
        touch("touchStart", BALL, (0.5, 0.3))
        # Far enough for Chromium to take it for no trembling of a finger that rests.
        touch("touchMove", (0.5, 0.22), (0.5, 0.42))
        page.wait(
            "gid.touches.length == 2 && gid.touches.every((t) => Math.max(t.hand[0] - 0.45, t.hand[1] - 0.4) > 0)"
        )
        both = coefficients(page)
        touch("touchEnd", (0.5, 0.22))
        page.wait("gid.touches.length == 1")
        # What was let go rings from where it was: nothing jumps.
        np.testing.assert_allclose(coefficients(page), both, atol=1e-12)
        touch("touchEnd")
        page.wait("gid.touches.length == 0")


# Python averages the motion under a hand in single precision, which is what the motion has.
AVERAGED = {"rtol": 1e-5, "atol": 1e-7}


class TestSameAsInPython:
    @pytest.mark.parametrize("place", [BALL, (0.0, 0.0), (1.0, HEIGHT / WIDTH), (0.31, 0.4)])
    def test_the_motion_that_was_packed(self, opened, basis, place):
        # JSON has all digits of a double.
        np.testing.assert_allclose(samples(opened(), *place), basis.spot(*place).samples, atol=1e-15)

    @pytest.mark.parametrize("vertices", [150, 2000, 12000])
    @pytest.mark.parametrize("place", [BALL, (0.31, 0.4), (0.0, 0.1), (1.0, HEIGHT / WIDTH), (0.993, 0.004)])
    def test_a_hand_is_as_wide_as_in_blender(self, opened, tmp_path, vertices, place):
        """On a sheet coarser than a hand, too, where what lies between two vertices is linear, and at the border."""
        settings, path = replace(COARSE, vertices=vertices), tmp_path / "page.html"
        path.write_text(web_page(ball_volume(), ball_picture(), settings), encoding="utf-8")
        page = opened(path)
        page.evaluate(f"gid.press({place[0]}, {place[1]}); gid.drag({place[0] + 0.03}, {place[1] - 0.02})")
        sheet = ModalBasis.at_vertices(unpack(sheet_of(ball_volume(), ball_picture(), settings)), HEIGHT / WIDTH)
        held = Touch(sheet.spot(*place, HAND)).hold(*resisted(0.03, -0.02))
        np.testing.assert_allclose(coefficients(page), held, **AVERAGED)

    def test_a_hand_is_wider_than_a_point(self, basis):
        """So that the comparisons here could fail: a point's grip is another."""
        wide, point = (Touch(basis.spot(0.37, 0.25, reach)).hold(0.03, 0.02) for reach in (HAND, 0.0))
        assert np.abs(wide - point).max() > 0.001 * np.abs(point).max()

    @pytest.mark.parametrize(("dx", "dy"), [(0.05, 0.0), (0.0, -0.04), (-0.2, 0.1), (1e-4, 1e-4)])
    def test_a_pull_and_what_rings_after_it(self, opened, basis, dx, dy):
        page, place = opened(), (0.37, 0.25)
        page.evaluate(f"gid.press({place[0]}, {place[1]}); gid.drag({place[0] + dx}, {place[1] + dy})")
        touch, ringing = Touch(basis.spot(*place, HAND)), Ringing(Oscillators.of(ball_volume(), PAPER))
        held = touch.hold(*resisted(dx, dy))
        np.testing.assert_allclose(coefficients(page), held, **AVERAGED)
        page.evaluate("gid.release([0.1, 0.2])")
        ringing.release(held, touch.hold(0.1, 0.2))
        for step in (1e-3, 1 / 60, 0.4, 2.0):
            page.evaluate(f"gid.advance({step})")
            np.testing.assert_allclose(coefficients(page), ringing.advance(step), **AVERAGED)

    def test_stiff_things_and_a_damping_of_their_own(self, opened, basis, tmp_path):
        path = tmp_path / "stiff.html"
        stiff = replace(COARSE, stiffness=3.0, damping=DEMO, period=2.0)
        path.write_text(web_page(ball_volume(), ball_picture(), stiff), encoding="utf-8")
        page = opened(path)
        page.evaluate(f"gid.press({BALL[0]}, {BALL[1]}); gid.drag(0.45, 0.2); gid.release()")
        held = Touch(basis.spot(*BALL, HAND)).hold(*resisted(0.45 - BALL[0], 0.2 - BALL[1]))
        after, _ = Oscillators.of_period(2.0, len(held), DEMO).tuned(3.0).free(held, 0 * held, 0.3)
        page.evaluate("gid.advance(0.3)")
        np.testing.assert_allclose(coefficients(page), after, **AVERAGED)

    def test_the_mean_offset_of_a_measured_clip(self, opened, tmp_path):
        """With it, the loop passes through the picture as it is at its first frame."""
        volume = ball_volume()
        through = volume.spectrum.copy()
        through[0] = -volume.spectrum[1:].sum(axis=0)
        path = tmp_path / "clip.html"
        page = web_page(SpectralVolume(through, frames=120), ball_picture(), replace(COARSE, offset=True))
        path.write_text(page, encoding="utf-8")
        page = opened(path)
        page.evaluate("gid.loop = true; gid.advance(1.5)")
        assert np.abs(page.evaluate(f"gid.displacement({BALL[0]}, {BALL[1]})")).max() > 0.01
        page.evaluate(f"gid.advance({volume.duration} - gid.time)")
        assert np.abs(page.evaluate(f"gid.displacement({BALL[0]}, {BALL[1]})")).max() < 1e-4

    def test_a_step_may_be_of_any_length(self, opened):
        """60 frames a second, or one: the same motion at the same time."""
        page, ends = opened(), []
        for steps in (60, 24, 1):
            page.evaluate("gid.reset(); gid.pause(); gid.loop = false; gid.advance(1)")
            page.evaluate(f"gid.press({BALL[0]}, {BALL[1]}); gid.drag(0.5, 0.2); gid.release()")
            page.evaluate(f"for (let i = 0; i < {steps}; i++) gid.advance(1 / {steps})")
            ends.append(coefficients(page))
        np.testing.assert_allclose(ends[1:], [ends[0]] * 2, atol=1e-12)

    def test_ground_resists_a_hand(self, opened, basis):
        """Where nothing moves, a pull must not tear along what does."""
        page = opened()
        page.evaluate("gid.press(0.9, 0.5); gid.drag(0.7, 0.4)")
        assert np.abs(coefficients(page) @ basis.spot(*BALL).samples).max() < 0.05
        np.testing.assert_allclose(
            coefficients(page), Touch(basis.spot(0.9, 0.5, HAND)).hold(*resisted(-0.2, -0.1)), rtol=1e-6, atol=1e-12
        )
