# SPDX-License-Identifier: GPL-3.0-or-later
"""What the next Generate will do; kept with the scene. A file plays without these: motion lives in plain properties."""

from __future__ import annotations

import bpy
from bpy.props import (
    BoolProperty,
    EnumProperty,
    FloatProperty,
    FloatVectorProperty,
    IntProperty,
    PointerProperty,
    StringProperty,
)

from ..ops.excitations import choose, chosen_index
from ..ops.layers import choose_layer, chosen_layer

__all__ = ["GID_PG_settings", "register", "unregister"]

QUALITIES = (
    ("DRAFT", "Draft", "A quick first impression: fewest denoising steps"),
    ("STANDARD", "Standard", "Good motion in reasonable time"),
    ("HIGH", "High", "Most denoising steps; takes several times as long"),
)

RESULTS = (
    ("MESH", "Mesh", "An animated plane whose amplitude, period and gains stay live"),
    ("PLANE", "Textured Plane", "A flat plane that shows the rendered frames as a cyclic texture"),
    ("STRIP", "Strip", "The rendered frames as a strip in the Video Sequencer"),
    ("EDITOR", "Image Editor", "The rendered frames as a cyclic picture in the Image Editor"),
)

FORMATS = (
    ("PNG", "PNG", "Lossless, with alpha"),
    ("WEBP", "WebP", "Small files, with alpha"),
    ("JPEG", "JPEG", "Small files, without alpha"),
    ("EXR", "OpenEXR", "Float values, for pictures with a high dynamic range"),
)

DEPTHS = (
    ("AUTO", "Automatic", "As deep as the picture"),
    ("8", "8", "8 bits a channel: PNG, WebP, JPEG"),
    ("16", "16", "16 bits a channel: PNG, and OpenEXR in half precision"),
    ("32", "32", "32 bits a channel: OpenEXR in full precision"),
)

PASSES = (
    ("MOTION_VECTORS", "Motion Vectors", "How far everything moves from frame to frame, for the Vector Blur node"),
    ("COVERAGE", "Coverage", "Black where something was uncovered and had to be filled in, for a retouch or as a mask"),
)


def _index(_: object) -> int:
    return chosen_index(bpy.context)


def _set_index(_: object, index: int) -> None:
    choose(bpy.context, index)


def _layer_index(_: object) -> int:
    return chosen_layer(bpy.context)


def _set_layer_index(_: object, index: int) -> None:
    choose_layer(bpy.context, index)


class GID_PG_settings(bpy.types.PropertyGroup):
    image: PointerProperty(
        type=bpy.types.Image,
        name="Picture",
        description="The picture to animate; while empty, that of the active object or of the Image Editor is taken",
    )
    seed: IntProperty(
        name="Seed",
        description="Another seed gives another motion; the same seed gives the same motion again",
        default=0,
        min=0,
        max=2**31 - 1,
    )
    quality: EnumProperty(
        name="Quality", description="How much work goes into the prediction", items=QUALITIES, default="STANDARD"
    )
    movie: PointerProperty(
        type=bpy.types.MovieClip,
        name="Movie Clip",
        description="The movie to measure motion in; while empty, that of the Movie Clip Editor or the active strip",
    )
    movie_start: IntProperty(
        name="Start Frame",
        description="The movie's own frame that becomes the picture, 1 its first; 0 takes the one at the playhead",
        default=0,
        min=0,
        max=2**31 - 1,
    )
    movie_seconds: FloatProperty(
        name="Seconds",
        description="How much of the movie is measured; 0 takes all of one of up to 10 s, and 5 s of a longer one",
        default=0.0,
        min=0.0,
        max=60.0,
        subtype="TIME_ABSOLUTE",
    )
    movie_steady: BoolProperty(
        name="Remove Shake",
        description="Take slight shake of the camera off, and refuse a movie with more; "
        "off takes all motion for that of things",
        default=True,
    )
    natural_period: BoolProperty(
        name="Natural Speed",
        description="Let the loop take as long as it was predicted, at the scene's frame rate",
        default=True,
    )
    period: IntProperty(
        name="Loop Length",
        description="Frames of one loop; fewer frames play faster",
        default=150,
        min=2,
        soft_max=600,
        max=100_000,
    )
    results: EnumProperty(
        name="Results",
        description="What to make of the predicted motion; everything but the mesh needs rendered frames",
        items=RESULTS,
        options={"ENUM_FLAG"},
        default={"MESH"},
    )
    columns: IntProperty(
        name="Grid",
        description="Vertices along the width of the mesh; 0 chooses about 41,000 vertices in all, "
        "and a mesh that already exists keeps its grid",
        default=0,
        min=0,
        soft_max=512,
        max=2048,
    )
    pin_border: FloatProperty(
        name="Pin Border",
        description="Width of the band along the border over which the motion fades to none, "
        "as a fraction of the picture's width; 0 lets the border move too",
        # Seen in a window, a border that is free looks torn.
        default=0.02,
        min=0.0,
        max=0.5,
        soft_max=0.2,
        subtype="FACTOR",
    )
    replace: BoolProperty(
        name="Replace Existing",
        description="Give the picture's existing motion object the new motion, and keep its controls and animation",
        default=True,
    )
    mask_predicts: BoolProperty(
        name="Predict with Mask",
        description="Tell the model what the mask pins: nothing is predicted there, so that what is painted white "
        "later needs another prediction; off predicts everywhere, and the mask acts afterwards alone",
        default=True,
    )
    set_range: BoolProperty(
        name="Set Scene Range",
        description="Set the scene's frame range to exactly one loop, so that playback has no seam; a range that you "
        "have set yourself stays",
        default=True,
    )
    play: BoolProperty(name="Play", description="Start the playback when the motion is there", default=True)
    format: EnumProperty(name="Format", description="File format of rendered frames", items=FORMATS, default="PNG")
    motion_blur: BoolProperty(
        name="Motion Blur",
        description="Blur what moves, over the time that the shutter in the render properties is open: several moments "
        "of each frame are rendered and averaged, which takes as many times as long",
        default=False,
    )
    blur_steps: IntProperty(
        name="Steps",
        description="Moments of each blurred frame; few of them show as steps where things move fast",
        # At 1080p a swing of 20 pixels a frame shows no steps with these.
        default=8,
        min=2,
        max=64,
    )
    color_depth: EnumProperty(
        name="Color Depth",
        description="Bits of each channel of rendered frames; formats that have not so many refuse it",
        items=DEPTHS,
        default="AUTO",
    )
    background: FloatVectorProperty(
        name="Background",
        description="What transparent pictures are laid on in JPEG frames, which have no alpha",
        subtype="COLOR_GAMMA",
        size=3,
        min=0.0,
        max=1.0,
        default=(0.0, 0.0, 0.0),
    )
    repair: BoolProperty(
        name="Repair Edges",
        description="Let a network repair uncovered places and the edges of what moves; off is several times as fast "
        "and shows frayed edges",
        default=True,
    )
    touch_give: FloatProperty(
        name="Give",
        description="How far a picture follows the hand before it resists, in picture widths",
        default=0.05,
        min=0.005,
        max=10.0,
        soft_max=0.5,
        precision=3,
        step=1,
    )
    touch_record: BoolProperty(
        name="Record",
        description="While the animation plays, keep what the hand does as a keyframed pull, to be baked",
        default=False,
    )
    passes: EnumProperty(
        name="Passes",
        description="OpenEXR files that are rendered with the frames, each kind in a folder of its own beside them",
        items=PASSES,
        options={"ENUM_FLAG"},
    )
    output: StringProperty(
        name="Folder",
        description="Where rendered frames go; empty takes “image_dynamics” beside the .blend, "
        "or the user's cache while the .blend is unsaved",
        subtype="DIR_PATH",
        options={"PATH_SUPPORTS_BLEND_RELATIVE"},
    )

    # Lists go by numbers; what is chosen is kept as an object, since numbers change with every object that comes.
    excitation_index: IntProperty(
        name="Excitation", description="The excitation that the panel shows", min=-1, get=_index, set=_set_index
    )
    layer_index: IntProperty(
        name="Layer", description="The layer that the panel shows", min=-1, get=_layer_index, set=_set_layer_index
    )


def register() -> None:
    bpy.utils.register_class(GID_PG_settings)
    bpy.types.Scene.gid = PointerProperty(
        type=GID_PG_settings, name="Image Dynamics", description="Settings of Generative Image Dynamics"
    )


def unregister() -> None:
    del bpy.types.Scene.gid
    bpy.utils.unregister_class(GID_PG_settings)
