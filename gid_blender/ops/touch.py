# SPDX-License-Identifier: GPL-3.0-or-later
"""The hand on the picture: press, drag, see it stretch, let go, see it ring out. A mere touch leaves nothing behind."""

from __future__ import annotations

import bpy
from bpy.app.translations import pgettext_n as n_
from bpy.props import BoolProperty, CollectionProperty, FloatVectorProperty

from .. import scene
from ..motion.hand import Phase
from ..motion.warp import Warp
from ..translations.sentences import said
from . import status_bar
from .report import EXPECTED
from .session import session
from .touch_drawing import Sheet, draw_arrow
from .touch_live import LiveTouch
from .touch_record import deliver_takes
from .touch_views import corners, view_of

__all__ = ["GID_OT_touch", "end_all", "running"]

# More often than a screen is refreshed: a timer of exactly its rate would miss every other one.
TIMER_SECONDS = 1 / 120

# What may go on while a picture rings out, because it changes nothing that an undo step would hold. Anything else that
# is pressed ends the ringing first.
_HARMLESS = {
    "TIMER", "TIMER_REPORT", "TIMER0", "TIMER1", "TIMER2", "TIMER_JOBS", "TIMER_AUTOSAVE", "TIMERREGION", "NONE",
    "MOUSEMOVE", "INBETWEEN_MOUSEMOVE", "WINDOW_DEACTIVATE", "MIDDLEMOUSE", "WHEELUPMOUSE", "WHEELDOWNMOUSE",
    "WHEELINMOUSE", "WHEELOUTMOUSE", "WHEELLEFTMOUSE", "WHEELRIGHTMOUSE", "TRACKPADPAN", "TRACKPADZOOM",
    "MOUSEROTATE", "MOUSESMARTZOOM", "NDOF_MOTION", "LEFT_SHIFT", "RIGHT_SHIFT", "LEFT_CTRL", "RIGHT_CTRL",
    "LEFT_ALT", "RIGHT_ALT", "OSKEY", "SPACE", "HOME", "NUMPAD_PERIOD", "NUMPAD_0", "NUMPAD_1", "NUMPAD_2",
    "NUMPAD_3", "NUMPAD_4", "NUMPAD_5", "NUMPAD_6", "NUMPAD_7", "NUMPAD_8", "NUMPAD_9", "NUMPAD_PLUS", "NUMPAD_MINUS",
}  # fmt: skip

_HINTS = {
    Phase.HELD: (
        (["MOUSE_LMB_DRAG"], n_("Pull")),
        (["MOUSE_LMB"], n_("Let Go")),
        (["EVENT_ESC", "MOUSE_RMB"], n_("Put Back")),
    ),
    Phase.RINGING: (
        (["MOUSE_LMB_DRAG"], n_("Pull Again")),
        (["EVENT_ESC", "MOUSE_RMB"], n_("Put Back")),
    ),
}

_running: list[_Touching] = []


class _Touching:
    """A touch in an editor: what is drawn and which timer runs, both given back by `end`.

    Attributes:
        live: the touch.
        view: how the editor shows pictures.
    """

    def __init__(self, context: bpy.types.Context, view: object, live: LiveTouch) -> None:
        self.view, self.live = view, live
        self._area, self._region = context.area.as_pointer(), context.region.as_pointer()
        self._space = type(context.space_data)
        self._sheet: Sheet | None = None
        self._timer = context.window_manager.event_timer_add(TIMER_SECONDS, window=context.window)
        self._handler = self._space.draw_handler_add(self._draw, (), "WINDOW", "POST_PIXEL")
        _running.append(self)

    def tell(self, sentence: str = "") -> None:
        """Say in the status bar what can be done now, after a sentence about what has been done."""
        hints = _HINTS.get(self.live.phase, ())
        status_bar.show(bpy.context, ((["ERROR"], sentence), *hints) if sentence else hints)

    def shown_in(self, context: bpy.types.Context) -> bool:
        """Whether the context is still the editor in which it began."""
        area, region = context.area, context.region
        return (
            area is not None
            and region is not None
            and (area.as_pointer(), region.as_pointer()) == (self._area, self._region)
            and isinstance(context.space_data, self._space)
        )

    def end(self) -> None:
        """Put the object back, and give back what Blender lent. Twice does no harm."""
        if self in _running:
            _running.remove(self)
            try:
                self.live.end()
            finally:
                self._space.draw_handler_remove(self._handler, "WINDOW")
                bpy.context.window_manager.event_timer_remove(self._timer)
                # Another picture may ring on, and what it allows is the same.
                if not _running:
                    status_bar.hide(bpy.context)

    def _draw(self) -> None:
        context = bpy.context
        if context.region.as_pointer() != self._region:
            return
        try:
            obj = self.live.obj()
        except scene.SceneError:
            return
        if self.view.draws_picture:
            image = context.space_data.image
            if image is None:
                return
            if self._sheet is None:
                plain = self.live.body.plain
                self._sheet = Sheet(scene.motion_image(obj) or image, Warp.of(plain.spectrum, plain.aspect))
            self._sheet.draw(*corners(context.region), self.live.q)
        if self.live.phase is Phase.HELD:
            ends = [self.view.pixel(context, obj, place) for place in (self.live.seen_at(), self.live.pointer)]
            if None not in ends:
                draw_arrow(*ends)


def running() -> int:
    """How many touches last at the moment."""
    return len(_running)


def end_all() -> None:
    """End all touches at once: the extension is switched off."""
    for touching in list(_running):
        touching.end()


class GID_OT_touch(bpy.types.Operator):
    """Pull at a picture and let go: it stretches, rings, and comes to rest as its motion says"""

    bl_idname = "gid.touch"
    bl_label = "Touch Picture"
    # No undo: a touch that is not recorded leaves everything as it was.
    bl_options = {"BLOCKING", "INTERNAL"}

    point: FloatVectorProperty(
        name="Point",
        description="For scripts: the place to take, in picture widths from the top left corner",
        size=2,
        default=(0.5, 0.25),
        options={"SKIP_SAVE", "HIDDEN"},
    )
    path: CollectionProperty(
        name="Path",
        description="For scripts: how far the place is drawn aside, in picture widths, at times in seconds from the "
        "current frame; it is recorded as a keyframed pull",
        type=bpy.types.OperatorMousePath,
        options={"SKIP_SAVE", "HIDDEN"},
    )
    record: BoolProperty(
        name="Record",
        description="Keep what the hand does during the playback as a keyframed pull",
        default=False,
        options={"SKIP_SAVE", "HIDDEN"},
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if context.mode != "OBJECT":
            cls.poll_message_set("Pictures are touched in Object Mode")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        """What a script asks for: a pull along a path, recorded from the current frame on."""
        path = [{"name": step.name, "loc": step.loc, "time": step.time} for step in self.path]
        try:
            return bpy.ops.gid.record_touch("EXEC_DEFAULT", True, point=self.point, path=path)
        except RuntimeError:
            self.report({"ERROR"}, said(session.problem.sentence))
            return {"CANCELLED"}

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        view = view_of(context)
        if view is None:
            self.report({"ERROR"}, "Pictures are touched in a 3D Viewport or an Image Editor.")
            return {"CANCELLED"}
        pixel = (event.mouse_region_x, event.mouse_region_y)
        try:
            found = view.find(context, pixel)
            if found is None:
                # Nothing of ours: whatever else the click means may happen.
                return {"PASS_THROUGH"}
            obj, x, y = found
            live = LiveTouch(
                obj,
                context.scene,
                context.view_layer,
                give=context.scene.gid.touch_give,
                recorded=self.record or context.scene.gid.touch_record,
                alone=view.draws_picture,
            )
            try:
                live.press(x, y)
            except BaseException:
                live.end()
                raise
        except EXPECTED as error:
            self.report({"WARNING"}, said(session.fail(error).sentence))
            return {"CANCELLED"}
        self._touching = _Touching(context, view, live)
        self._touching.tell()
        context.window_manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        touching = self._touching
        if touching not in _running or not touching.shown_in(context):
            touching.end()
            return {"CANCELLED", "PASS_THROUGH"}
        try:
            return self._handle(context, event, touching)
        except EXPECTED as error:
            # Deleted or undone while it rang: nothing to be put back, and nothing to complain of unless it is held.
            held = touching.live.phase is Phase.HELD
            touching.end()
            if held:
                self.report({"WARNING"}, said(session.fail(error).sentence))
            return {"CANCELLED", "PASS_THROUGH"}
        except BaseException:
            # A defect; but Blender ends the operator without calling `cancel`, and the picture would stay pulled.
            touching.end()
            raise

    def cancel(self, context: bpy.types.Context) -> None:
        """Blender ends it: another file is loaded, or the window is closed."""
        self._touching.end()

    def _handle(self, context: bpy.types.Context, event: bpy.types.Event, touching: _Touching) -> set[str]:
        live, pixel = touching.live, (event.mouse_region_x, event.mouse_region_y)
        if event.type == "TIMER":
            return self._step(context, touching)
        if live.phase is Phase.HELD:
            if event.type in {"MOUSEMOVE", "INBETWEEN_MOUSEMOVE"}:
                place = touching.view.place(context, live.obj(), pixel)
                if place is not None:
                    live.drag(*place)
            elif event.type == "LEFTMOUSE" and event.value == "RELEASE":
                self._let_go(touching)
            elif event.type in {"ESC", "RIGHTMOUSE"} and event.value == "PRESS":
                return self._finish(context, touching, {"CANCELLED"})
            # A hand that holds something has no other business; the playback goes on.
            return {"PASS_THROUGH"} if event.type.startswith("TIMER") else {"RUNNING_MODAL"}
        if event.type in {"ESC", "RIGHTMOUSE"} and event.value == "PRESS":
            return self._finish(context, touching, {"CANCELLED"})
        if event.type == "LEFTMOUSE" and event.value == "PRESS" and _over_picture(context, event):
            found = touching.view.find(context, pixel)
            if found is not None and found[0].session_uid == live.object_uid:
                live.press(*found[1:])
                touching.tell()
                return {"RUNNING_MODAL"}
            if found is not None:
                # Another picture: this one rings on beside it.
                return {"PASS_THROUGH"}
        if event.type in _HARMLESS or event.value in {"RELEASE", "NOTHING"}:
            return {"PASS_THROUGH"}
        return self._finish(context, touching, {"FINISHED", "PASS_THROUGH"})

    def _step(self, context: bpy.types.Context, touching: _Touching) -> set[str]:
        goes_on = touching.live.step(playing=context.screen.is_animation_playing)
        context.area.tag_redraw()
        if goes_on:
            return {"PASS_THROUGH"}
        return self._finish(context, touching, {"FINISHED", "PASS_THROUGH"})

    def _let_go(self, touching: _Touching) -> None:
        live = touching.live
        takes = live.release()
        touching.tell()
        if live.unplayed:
            sentence = "Nothing was recorded: start the playback first."
            session.note = sentence
            # What an operator reports is shown when it ends, and a picture may ring for long.
            touching.tell(said(sentence))
            self.report({"WARNING"}, said(sentence))
        if takes:
            # The undo step of the recording must hold the scene as it is without the touch.
            live.pause()
            deliver_takes(live.object_uid, takes)
            live.resume()

    def _finish(self, context: bpy.types.Context, touching: _Touching, result: set[str]) -> set[str]:
        touching.end()
        if context.area is not None:
            context.area.tag_redraw()
        return result


def _over_picture(context: bpy.types.Context, event: bpy.types.Event) -> bool:
    """Whether the mouse is over the editor's main region itself, and not over a sidebar or header that lies on it."""

    def over(region: bpy.types.Region) -> bool:
        right, top = region.x + region.width, region.y + region.height
        return region.x <= event.mouse_x < right and region.y <= event.mouse_y < top

    others = [region for region in context.area.regions if region.type != "WINDOW" and region.width > 1]
    return over(context.region) and not any(over(region) for region in others)
