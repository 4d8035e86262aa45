# SPDX-License-Identifier: GPL-3.0-or-later
"""The touch tool's operator, event by event, in the regions that Blender has without a window too.

Blender, picture, views, timers and draw callbacks are the real ones. Events are made up, and so is who hands them on: a
script can neither make an operator nor give it events where there is no window. With a real mouse it is tried by
`tests/gui/touch_tour.py`.
"""

import inspect
import textwrap

import pytest


def tool():
    """A hand with a mouse over a 3D Viewport; what was lent is counted."""
    import contextlib
    import types

    op = module("ops.touch")
    lent = types.SimpleNamespace(timers=[], handlers=[])

    class Manager:
        def __getattr__(self, name):
            return getattr(bpy.context.window_manager, name)

        def event_timer_add(self, *args, **options):
            lent.timers.append(bpy.context.window_manager.event_timer_add(*args, **options))
            return lent.timers[-1]

        def event_timer_remove(self, timer):
            lent.timers.remove(timer)
            bpy.context.window_manager.event_timer_remove(timer)

        def modal_handler_add(self, operator):
            pass

    class Context:
        window_manager = Manager()

        def __getattr__(self, name):
            return getattr(bpy.context, name)

    class Bpy:
        context = Context()

        def __getattr__(self, name):
            return getattr(bpy, name)

    class Hand:
        record = False

        def __init__(self, obj, place=(0.5, 0.35)):
            self.reports, self.now, self.obj = [], 0.0, obj
            self.x, self.y = self.pixel(place)

        def report(self, kinds, text):
            self.reports.append(text)

        def pixel(self, place):
            return module("ops.touch_views").view_of(bpy.context).pixel(bpy.context, self.obj, place)

        def event(self, kind, value):
            region = bpy.context.region
            return types.SimpleNamespace(
                type=kind, value=value, mouse_region_x=self.x, mouse_region_y=self.y,
                mouse_x=region.x + self.x, mouse_y=region.y + self.y,
            )  # fmt: skip

        def press(self):
            found = self.invoke(Bpy.context, self.event("LEFTMOUSE", "PRESS"))
            if found == {"RUNNING_MODAL"}:
                self._touching.live._clock = lambda: self.now
                lent.handlers.append(self._touching._handler)
            return found

        def does(self, kind, value="PRESS"):
            return self.modal(Bpy.context, self.event(kind, value))

        def drag(self, dx, dy):
            self.x, self.y = self.x + dx, self.y + dy
            assert self.does("MOUSEMOVE", "NOTHING") == {"RUNNING_MODAL"}
            return self.passes(0.02)

        def passes(self, seconds):
            self.now += seconds
            return self.does("TIMER", "NOTHING")

    for name in ("invoke", "modal", "cancel", "_handle", "_step", "_let_go", "_finish"):
        setattr(Hand, name, op.GID_OT_touch.__dict__[name])

    def all_given_back():
        # Blender itself says of a callback whether it is still drawn.
        assert all("REMOVED" in repr(handler) for handler in lent.handlers), lent.handlers
        assert not lent.timers
        assert op.running() == 0
        return True

    @contextlib.contextmanager
    def viewport():
        window = bpy.context.window_manager.windows[0]
        area = next(area for area in window.screen.areas if area.type == "VIEW_3D")
        region = next(region for region in area.regions if region.type == "WINDOW")
        with bpy.context.temp_override(window=window, area=area, region=region):
            if window.screen.is_animation_playing:
                bpy.ops.screen.animation_cancel()
            op.bpy = Bpy()
            try:
                yield
            finally:
                op.end_all()
                op.bpy = bpy

    return Hand, lent, all_given_back, viewport


@pytest.fixture
def run(blender):
    """Run a script that finds the tool as `Hand`, `lent`, `all_given_back`, `viewport` and a picture as `obj`."""

    def run_it(script):
        lines = inspect.getsource(script).splitlines()
        body = textwrap.dedent("\n".join(lines[1:]))
        prelude = [
            "def script():",
            textwrap.indent(textwrap.dedent(inspect.getsource(tool)), "    "),
            "    Hand, lent, all_given_back, viewport = tool()",
            "    obj = small_motion_object()",
            "    still = list(obj['gid_response'])",
            "    with viewport():",
        ]
        return blender.run_source("\n".join([*prelude, textwrap.indent(body, "        ")]), "script")

    return run_it


def test_pressed_dragged_let_go_and_rung_out(run):
    def script():
        hand = Hand(obj)
        assert hand.press() == {"RUNNING_MODAL"}
        assert lent.timers
        assert hand.drag(60, 20) == {"PASS_THROUGH"}
        assert any(obj["gid_response"])
        assert hand.does("LEFTMOUSE", "RELEASE") == {"RUNNING_MODAL"}
        # Looking around goes on meanwhile.
        assert hand.does("MIDDLEMOUSE") == {"PASS_THROUGH"}
        while (answer := hand.passes(0.1)) == {"PASS_THROUGH"}:
            assert hand.now < 300
        assert answer == {"FINISHED", "PASS_THROUGH"}
        assert list(obj["gid_response"]) == still
        assert all_given_back()
        assert not hand.reports

    run(script)


def test_every_other_end_gives_everything_back_too(run):
    def script():
        for kind, released in (("ESC", False), ("RIGHTMOUSE", False), ("ESC", True), ("RIGHTMOUSE", True), ("G", True)):
            hand = Hand(obj)
            assert hand.press() == {"RUNNING_MODAL"}
            hand.drag(40, -30)
            if released:
                hand.does("LEFTMOUSE", "RELEASE")
                hand.passes(0.05)
            answer = hand.does(kind)
            assert answer == ({"FINISHED", "PASS_THROUGH"} if kind == "G" else {"CANCELLED"}), (kind, answer)
            assert list(obj["gid_response"]) == still
            assert all_given_back()
        # Blender ends it, as when a file is loaded.
        hand = Hand(obj)
        hand.press()
        hand.drag(40, -30)
        hand.cancel(bpy.context)
        assert list(obj["gid_response"]) == still
        assert all_given_back()
        # Beside the picture nothing begins.
        hand.x, hand.y = 3, 3
        assert hand.press() == {"PASS_THROUGH"}
        assert all_given_back()

    run(script)


def test_so_does_what_goes_wrong(run):
    def script():
        hand = Hand(obj)
        hand.press()
        hand.drag(40, -30)
        del obj["gid_damping"]
        assert hand.passes(0.1) == {"CANCELLED", "PASS_THROUGH"}
        assert "“gid_damping”" in hand.reports[0]
        assert list(obj["gid_response"]) == still
        assert all_given_back()
        hand = Hand(obj)
        assert hand.press() == {"CANCELLED"}
        assert "“gid_damping”" in hand.reports[0]
        assert list(obj["gid_response"]) == still
        assert all_given_back()
        obj["gid_damping"] = 1.0

        # A defect, even in putting the object back.
        def broken(*_):
            raise KeyError("defect")

        hand = Hand(obj)
        hand.press()
        hand._touching.live.step = hand._touching.live.end = broken
        try:
            hand.does("TIMER", "NOTHING")
        except KeyError:
            pass
        else:
            raise AssertionError("a defect is not to be hidden")
        assert all_given_back()

        hand = Hand(obj)
        hand.press()
        hand.drag(40, -30)
        bpy.data.objects.remove(obj)
        assert hand.passes(0.1) == {"CANCELLED", "PASS_THROUGH"}
        assert "was deleted" in hand.reports[0]
        assert all_given_back()

    run(script)


def test_a_recording_is_kept_or_it_is_said_why_not(run):
    def script():
        scene, empties = bpy.context.scene, lambda: [o for o in bpy.data.objects if o.type == "EMPTY"]
        scene.gid.touch_record = True
        hand = Hand(obj)
        hand.press()
        hand.drag(40, -30)
        hand.does("LEFTMOUSE", "RELEASE")
        assert hand.reports == ["Nothing was recorded: start the playback first."]
        assert session.note == hand.reports[0]
        hand.does("ESC")
        assert not empties()

        bpy.ops.screen.animation_play()
        hand = Hand(obj)
        scene.frame_set(5)
        hand.press()
        for frame in range(6, 12):
            scene.frame_set(frame)
            hand.drag(8, -4)
        hand.does("LEFTMOUSE", "RELEASE")
        assert "Recorded" in session.note
        assert not hand.reports
        (empty,) = empties()
        assert empty.gid.excitation.kind == "PULL"
        hand.does("ESC")
        bpy.ops.screen.animation_cancel()
        assert all_given_back()

    run(script)
