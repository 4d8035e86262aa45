# SPDX-License-Identifier: GPL-3.0-or-later
"""What an animator says about excitations and their bake; kept with the objects. What is baked plays without these."""

from __future__ import annotations

import bpy
from bpy.props import (
    BoolProperty,
    EnumProperty,
    FloatProperty,
    IntProperty,
    PointerProperty,
    StringProperty,
)

from .shape_keys import bands_of

__all__ = ["DISPLAY", "GID_PG_bake", "GID_PG_excitation", "GID_PG_object", "register", "unregister"]

KINDS = (
    ("NONE", "None", "No excitation"),
    ("PULL", "Pull", "A hand takes the picture where the empty is, follows the empty's way, and lets go at its end"),
    ("POKE", "Poke", "A tap along the empty's arrow"),
    ("LOAD", "Load", "A weight that comes, stays and goes, along the empty's arrow: a bird that lands"),
    ("WIND", "Wind", "Blows along the empty's arrow over the picture, or over a painted part of it"),
)

DAMPINGS = (
    ("PAPER", "Paper", "Quick motion dies at once and the slow one lasts: the constants of the paper"),
    ("DEMO", "Demo", "Swings out sooner, and more evenly: the constants of the authors' interactive page"),
    ("LIVELY", "Lively", "Twigs and hanging things that swing a few times more"),
)

# A linked picture with an override can be excited too.
_OVERRIDE = {"LIBRARY_OVERRIDABLE"}
_FAR = 1_000_000.0


def _is_picture(_: object, obj: bpy.types.Object) -> bool:
    return obj.type == "MESH" and "gid_amplitude" in obj and bands_of(obj) > 0


def _edited(self: bpy.types.PropertyGroup, _: bpy.types.Context) -> None:
    # A script's edit of such a property would otherwise go unnoticed by what depends on it.
    self.id_data.update_tag()


# What each kind of empty looks like: where there is an arrow, it is to be seen.
DISPLAY = {"PULL": "SPHERE", "POKE": "SINGLE_ARROW", "LOAD": "SINGLE_ARROW", "WIND": "SINGLE_ARROW"}
# An arrow of the same size as a handle is three times as long as that is wide.
_ARROW_SIZE = 3.0


def _show_kind(self: bpy.types.PropertyGroup, context: bpy.types.Context) -> None:
    empty, wanted = self.id_data, DISPLAY.get(self.kind)
    shape = empty.empty_display_type
    # Another shape is somebody's own choice.
    if wanted is not None and shape != wanted and shape in {*DISPLAY.values(), "PLAIN_AXES"}:
        if shape in DISPLAY.values():
            empty.empty_display_size *= _ARROW_SIZE if wanted == "SINGLE_ARROW" else 1 / _ARROW_SIZE
        empty.empty_display_type = wanted
    _edited(self, context)


_ANIMATED = {"override": _OVERRIDE, "update": _edited}
# Read once for a whole bake: keys on it would make a bake depend on where the playhead happens to be.
_SHARED = {**_ANIMATED, "options": set()}


class GID_PG_excitation(bpy.types.PropertyGroup):
    kind: EnumProperty(
        name="Kind",
        description="What the empty does to the picture",
        items=KINDS,
        default="NONE",
        override=_OVERRIDE,
        update=_show_kind,
        options=set(),
    )
    picture: PointerProperty(
        type=bpy.types.Object,
        name="Picture",
        description="The motion object that it acts on; while empty, the one that the empty is parented to",
        poll=_is_picture,
        **_SHARED,
    )
    mute: BoolProperty(name="Mute", description="Leave it out of the bake", **_SHARED)
    solo: BoolProperty(
        name="Solo",
        description="Bake only this, and others that are on solo, of the picture's",
        **_SHARED,
    )
    strength: FloatProperty(
        name="Strength",
        description="Of a pull, how much of the empty's way the picture is moved, or, if only this is keyed, how far "
        "along its arrow, in picture widths; of a poke, its speed in picture widths a second; of a load and a wind, "
        "how far things give way, in picture widths",
        default=1.0,
        soft_min=0.0,
        soft_max=2.0,
        min=-100.0,
        max=100.0,
        precision=3,
        step=1,
        **_ANIMATED,
    )
    reach: FloatProperty(
        name="Reach",
        description="How wide a patch is taken, in picture widths: the motion is averaged over it, and 0 is a point",
        default=0.02,
        min=0.0,
        max=1.0,
        soft_max=0.2,
        precision=3,
        step=1,
        **_ANIMATED,
    )
    use_range: BoolProperty(
        name="Range",
        description="Act between two frames; otherwise a pull holds from the first to the last keyframe of the empty's "
        "location, or of its strength, and a load or a wind never ends",
        **_SHARED,
    )
    start: FloatProperty(
        name="Start",
        description="Frame at which it begins",
        default=1.0,
        min=-_FAR,
        max=_FAR,
        step=100,
        precision=1,
        **_ANIMATED,
    )
    end: FloatProperty(
        name="End",
        description="Frame at which it ends",
        default=50.0,
        min=-_FAR,
        max=_FAR,
        step=100,
        precision=1,
        **_ANIMATED,
    )
    attack: FloatProperty(
        name="Attack",
        description="Frames in which it swells to its full strength",
        default=12.0,
        min=0.0,
        max=_FAR,
        soft_max=250.0,
        step=100,
        precision=1,
        **_ANIMATED,
    )
    fade: FloatProperty(
        name="Fade",
        description="The last frames, in which it goes down to nothing",
        default=12.0,
        min=0.0,
        max=_FAR,
        soft_max=250.0,
        step=100,
        precision=1,
        **_ANIMATED,
    )
    low: FloatProperty(
        name="From",
        description="Slowest harmonic that takes part, in Hz",
        default=0.0,
        min=0.0,
        max=1000.0,
        soft_max=4.0,
        **_ANIMATED,
    )
    high: FloatProperty(
        name="To",
        description="Fastest harmonic that takes part, in Hz; 0 sets no limit",
        default=0.0,
        min=0.0,
        max=1000.0,
        soft_max=4.0,
        **_ANIMATED,
    )
    gusts: FloatProperty(
        name="Gusts",
        description="How uneven the wind is: 0 is steady, 0.1 blows over water, 0.3 among houses",
        default=0.3,
        min=0.0,
        max=10.0,
        soft_max=1.0,
        subtype="FACTOR",
        **_SHARED,
    )
    gust_seconds: FloatProperty(
        name="Gust Length",
        description="How long one gust lasts, about, in seconds",
        default=1.5,
        min=0.05,
        max=1000.0,
        soft_max=10.0,
        **_SHARED,
    )
    seed: IntProperty(
        name="Seed",
        description="Another one is another wind",
        default=0,
        min=0,
        max=2**31 - 1,
        **_SHARED,
    )
    area: StringProperty(
        name="Area",
        description="Vertex group of the picture that the wind blows on; while empty, it blows everywhere",
        **_SHARED,
    )


class GID_PG_bake(bpy.types.PropertyGroup):
    use_range: BoolProperty(name="Own Range", description="Bake other frames than those of the scene", **_SHARED)
    first: IntProperty(
        name="First",
        description="First frame of the bake",
        default=1,
        min=-1_000_000,
        max=1_000_000,
        **_SHARED,
    )
    last: IntProperty(
        name="Last",
        description="Last frame of the bake",
        default=250,
        min=-1_000_000,
        max=1_000_000,
        **_SHARED,
    )
    pre_roll: IntProperty(
        name="Pre-roll",
        description="Frames before the first in which loads and winds act already, so that nothing is caught standing "
        "still",
        default=0,
        min=0,
        max=100_000,
        soft_max=250,
        **_SHARED,
    )
    ring_out: IntProperty(
        name="Ring Out",
        description="Frames after the last in which everything goes back into the loop; 0 leaves it as it is then",
        default=50,
        min=0,
        max=100_000,
        soft_max=250,
        **_SHARED,
    )
    cyclic: BoolProperty(
        name="Cyclic",
        description="Find the motion that repeats with the range, and repeat it for ever",
        **_SHARED,
    )
    damping: EnumProperty(
        name="Damping",
        description="How excitations die away; the control Damping is a factor on this",
        items=DAMPINGS,
        default="PAPER",
        **_SHARED,
    )
    auto: BoolProperty(
        name="Auto Bake",
        description="Bake again soon after something was edited that the bake depends on",
        **_SHARED,
    )
    fingerprint: StringProperty(
        name="Fingerprint", description="Of everything that the last bake depended on", override=_OVERRIDE
    )
    weights: StringProperty(
        name="Weights", description="Fingerprint of what was painted when it was baked", override=_OVERRIDE
    )
    active: PointerProperty(
        type=bpy.types.Object, name="Active", description="The excitation that the panel shows", override=_OVERRIDE
    )


class GID_PG_object(bpy.types.PropertyGroup):
    excitation: PointerProperty(
        type=GID_PG_excitation,
        name="Excitation",
        description="What an empty does to a picture",
        override=_OVERRIDE,
    )
    bake: PointerProperty(
        type=GID_PG_bake, name="Bake", description="How the excitations of a picture are baked", override=_OVERRIDE
    )


CLASSES = (GID_PG_excitation, GID_PG_bake, GID_PG_object)


def register() -> None:
    for cls in CLASSES:
        bpy.utils.register_class(cls)
    bpy.types.Object.gid = PointerProperty(
        type=GID_PG_object,
        name="Image Dynamics",
        description="Excitations of Generative Image Dynamics",
        override=_OVERRIDE,
    )


def unregister() -> None:
    del bpy.types.Object.gid
    for cls in reversed(CLASSES):
        bpy.utils.unregister_class(cls)
