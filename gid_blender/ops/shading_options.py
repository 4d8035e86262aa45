# SPDX-License-Identifier: GPL-3.0-or-later
"""How a picture takes light, as properties of the operators that choose it; named as in Import Images as Planes."""

from __future__ import annotations

from typing import Any

import bpy
from bpy.props import BoolProperty, EnumProperty, FloatProperty

from ..scene import Shading

__all__ = ["ShadingOptions"]

SHADERS = (
    ("PRINCIPLED", "Principled", "Takes the light of the scene"),
    ("SHADELESS", "Shadeless", "Looks like the photo to the camera, and lights nothing"),
    ("EMISSION", "Emission", "Looks like the photo and lights what is around"),
)
SHADOWS = (
    ("AUTO", "As Usual", "A shadow with Principled and Emission, none with Shadeless"),
    ("ON", "On", "The lights of the scene see the picture; what is transparent lets them through"),
    ("OFF", "Off", "The picture throws no shadow"),
)


class ShadingOptions:
    """Mixed into an operator."""

    shader: EnumProperty(name="Shader", description="How the picture takes light", items=SHADERS, default="SHADELESS")
    emit_strength: FloatProperty(
        name="Emission Strength",
        description="Strength of the emission",
        default=1.0,
        min=0.0,
        max=1_000_000.0,
        soft_max=10.0,
        step=100,
    )
    use_transparency: BoolProperty(
        name="Use Alpha", description="Make transparent what is transparent in the picture", default=True
    )
    shadow: EnumProperty(name="Shadow", description="Whether the picture throws a shadow", items=SHADOWS)
    render_method: EnumProperty(
        name="Render Method",
        description="Of EEVEE",
        items=(
            ("DITHERED", "Dithered", "Smooth edges from many samples; casts shadows and goes into render passes"),
            ("BLENDED", "Blended", "Smooth edges at once; not in render passes, and sorted by whole objects"),
        ),
    )
    use_backface_culling: BoolProperty(name="Backface Culling", description="Hide the back of the plane")
    show_transparent_back: BoolProperty(
        name="Show Backface", description="With Blended: draw what lies behind within the same plane", default=True
    )
    interpolation: EnumProperty(
        name="Interpolation",
        description="Between the pixels of the picture",
        items=(
            ("Linear", "Linear", "Linear interpolation"),
            ("Closest", "Closest", "The nearest pixel"),
            ("Cubic", "Cubic", "Cubic interpolation"),
            ("Smart", "Smart", "Cubic when it is enlarged, else linear; with Open Shading Language alone"),
        ),
    )
    extension: EnumProperty(
        name="Extension",
        description="Beyond the picture's border",
        items=(
            ("EXTEND", "Extend", "The pixels of the border go on"),
            ("CLIP", "Clip", "Transparent; the outermost half pixel fades"),
            ("REPEAT", "Repeat", "The picture begins again"),
        ),
    )

    def shading(self) -> Shading:
        """What was chosen."""
        names = ("shader", "emit_strength", "use_transparency", "render_method", "use_backface_culling")
        chosen: dict[str, Any] = {
            name: getattr(self, name) for name in (*names, "show_transparent_back", "interpolation", "extension")
        }
        return Shading(**chosen, casts_shadow={"AUTO": None, "ON": True, "OFF": False}[self.shadow])

    def take_shading(self, shading: Shading) -> None:
        """Begin with what a material has."""
        for name in self.shading().__dataclass_fields__:
            if name != "casts_shadow":
                setattr(self, name, getattr(shading, name))
        self.shadow = {None: "AUTO", True: "ON", False: "OFF"}[shading.casts_shadow]

    def draw_shading(self, layout: bpy.types.UILayout) -> None:
        """The fields that matter for the shader and the render method."""
        layout.prop(self, "shader")
        if self.shader == "EMISSION":
            layout.prop(self, "emit_strength")
        layout.prop(self, "shadow")
        layout.prop(self, "use_transparency")
        layout.prop(self, "render_method")
        if self.render_method == "BLENDED":
            layout.prop(self, "show_transparent_back")
        layout.prop(self, "use_backface_culling")
        layout.prop(self, "interpolation")
        layout.prop(self, "extension")
