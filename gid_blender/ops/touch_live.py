# SPDX-License-Identifier: GPL-3.0-or-later
"""A touch while it lasts: the hand, the object that it moves, and what is kept of it when it is recorded.

No window and no event: the operator says where the pointer is. Objects are looked up at each step, for somebody may
undo or delete while a picture rings out.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import bpy
import numpy as np

from ..motion.hand import Hand, Phase
from ..motion.take import Take, Takes
from ..scene import touch as scene_touch
from .lookup import object_again, scene_again

__all__ = ["LiveTouch"]


class LiveTouch:
    """One hand on one picture, from the first press until nothing moves any more.

    Args:
        obj: the motion object.
        scene: that it is played in.
        view_layer: that it is seen in.
        give: picture widths of a drag at which it begins to resist.
        recorded: whether what the hand does during the playback is kept.
        alone: whether the touch is shown without the loop, as over the still picture of an Image Editor.
        clock: seconds.

    Attributes:
        object_uid: of the object.
        body: the picture as a thing to be touched.
        place: (x, y) of the place that is held, or was last, as it lies in the still picture; picture widths from the
            top left corner.
        pointer: (x, y) where the pointer is, or was last while it held.
        q: (K,) what the touch adds to the motion now.
        updates: how often it has moved the object.
        unplayed: whether the last pull was to be recorded and was not, because nothing played meanwhile.

    Raises:
        SceneError: with the reason when the object cannot be touched.
    """

    def __init__(
        self,
        obj: bpy.types.Object,
        scene: bpy.types.Scene,
        view_layer: bpy.types.ViewLayer,
        *,
        give: float,
        recorded: bool = False,
        alone: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        scene_touch.require_touchable(obj, view_layer)
        self.body = scene_touch.body_of(obj)
        self._held = scene_touch.begin_touch(obj)
        try:
            # Only now: an object of an early version has been given the controls that it lacked.
            speed, oscillators = scene_touch.speed_of(obj), scene_touch.oscillators_of(obj, scene)
        except BaseException:
            scene_touch.end_touch(obj, self._held)
            raise
        self.object_uid, self._scene_uid = obj.session_uid, scene.session_uid
        self._clock, self._recorded, self._alone = clock, recorded, alone
        self._seen, self._passed, self._speed = clock(), 0.0, speed
        self._hand = Hand(oscillators, self.body.peak, give)
        self._takes: Takes | None = None
        self._played = self.unplayed = False
        self.place = self.pointer = (0.0, 0.0)
        self._spot = self.body.plain.spot(*self.place)
        self.q = np.zeros(self.body.basis.harmonics, np.complex128)
        self.updates = 0

    @property
    def phase(self) -> Phase:
        """Held, ringing, or over."""
        return self._hand.phase

    def seen_at(self) -> tuple[float, float]:
        """(x, y) where the held place is seen now: where the hand, the loop and whatever else have brought it."""
        dx, dy = self._spot.displacement(self._shown())
        return self.place[0] + float(dx), self.place[1] + float(dy)

    def obj(self) -> bpy.types.Object:
        """The object. Raises SceneError when it is gone."""
        return object_again(self.object_uid)

    def press(self, x: float, y: float) -> None:
        """Take hold of what is seen at (x, y), picture widths from the top left corner, on the picture."""
        self.place = scene_touch.place_under(self.body, self._shown(), x, y)
        self.pointer, self._spot = (x, y), self.body.plain.spot(*self.place)
        self._hand.press(self.body.basis.spot(*self.place, scene_touch.HAND), x, y, self._now())
        self._takes = Takes(self.place) if self._recorded else None
        self._played = self.unplayed = False

    def drag(self, x: float, y: float) -> None:
        """The pointer is at (x, y) now, outside of the picture too."""
        self.pointer = (x, y)
        self._hand.drag(x, y, self._now())

    def release(self) -> list[Take]:
        """Let go; returns what is to be kept."""
        self.unplayed = self._takes is not None and not self._played and any(self._hand.pulled)
        self._hand.release(self._now())
        takes, self._takes = self._takes, None
        return [] if takes is None else takes.finished()

    def step(self, *, playing: bool = False) -> bool:
        """Move the object to where it is now; returns whether the touch goes on.

        Args:
            playing: whether the scene's animation is played.

        Raises:
            SceneError: when the object or the scene is gone.
        """
        obj, scene = self.obj(), scene_again(self._scene_uid)
        frame = scene.frame_current_final
        self._speed = scene_touch.speed_of(obj)
        self._hand.oscillators = scene_touch.oscillators_of(obj, scene)
        self.q = self._hand.advance(self._now()) * self.body.basis.gains
        scene_touch.move_to(obj, self._held, self.q, scene)
        self.updates += 1
        if playing and self._takes is not None:
            self._takes.note(frame, self._hand.pulled)
            self._played = True
        return self.phase is not Phase.IDLE

    def _shown(self) -> np.ndarray:
        return self.q if self._alone else scene_touch.shown_by(self.obj())

    def _now(self) -> float:
        """Seconds on the object's own clock, which slow motion slows down."""
        seen = self._clock()
        self._passed += (seen - self._seen) * self._speed
        self._seen = seen
        return self._passed

    def pause(self) -> None:
        """Put the object back as it was, for somebody else to work on it: an undo step must not hold a touch."""
        scene_touch.end_touch(self.obj(), self._held)

    def resume(self) -> None:
        """Take the object again after `pause`."""
        self._held = scene_touch.begin_touch(self.obj())

    def end(self) -> None:
        """Put the object back as it was, exactly; nothing happens when it is gone."""
        self._hand.cancel()
        self.q = np.zeros_like(self.q)
        for obj in bpy.data.objects:
            if obj.session_uid == self.object_uid:
                scene_touch.end_touch(obj, self._held)
