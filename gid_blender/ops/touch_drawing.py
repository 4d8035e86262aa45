# SPDX-License-Identifier: GPL-3.0-or-later
"""What a touch draws: the arrow from the held place to the pointer, and, in the Image Editor, the moving picture."""

from __future__ import annotations

import math

import bpy
import gpu
import numpy as np
from gpu_extras.batch import batch_for_shader
from mathutils import Color

from ..compat import show_pixels_sharp
from ..motion.warp import Warp
from .touch_arrow import arrow

__all__ = ["Sheet", "draw_arrow"]

Pixel = tuple[float, float]

# Farther than this, in pixels of the screen, a fragment has moved: nearer, no colour could change by a step of 255.
_VISIBLE = 1 / 256

_VERTEX = """
void main()
{
  place = uv;
  moved = (pos - uv) * shown;
  gl_Position = ModelViewProjectionMatrix * vec4(pos, 0.0, 1.0);
}
"""

# A region takes linear colours, keeps eight bits of their sRGB code, and Blender lays them over what the editor shows
# as x^(1/2.2): dark colours would come out up to 9 of 255 too bright. So a region is given x^2.2 of what is to be seen.
# An off-screen buffer takes what is to be seen. What has not moved is left to the editor, in a region (`least` > 0):
# of the darkest colours, below 6 of 255, eight bits of x^2.2 hold none.
# Magnified, pixels have edges as the editor draws them; and near the middle of a pixel its neighbours have no part, for
# a hundredth of a bright one would be seen in a dark one. Beyond its border a texture repeats. A transparent picture
# has a checker behind it, as always; its colours take Blender's way as they are.
_FRAGMENT = """
void main()
{
  float least = how.x, premultiplied = how.y, encode = how.z, checker = how.w;
  if (checker > 0.0) {
    vec2 cell = floor(gl_FragCoord.xy / checker);
    fragColor = mod(cell.x + cell.y, 2.0) < 0.5 ? first : second;
    return;
  }
  vec2 size = vec2(textureSize(picture, 0));
  vec2 at = place * size;
  vec2 seam = floor(at + 0.5);
  at = seam + clamp((at - seam) / clamp(0.96 * fwidth(at), 1e-4, 0.96), -0.5, 0.5);
  if (max(abs(moved.x), abs(moved.y)) < least) {
    fragColor = vec4(0.0);
    return;
  }
  vec4 colour = texture(picture, clamp(at, vec2(0.5), size - 0.5) / size);
  vec3 linear = colour.rgb / ((premultiplied > 0.0 && colour.a > 0.0) ? colour.a : 1.0);
  vec3 low = 12.92 * linear;
  vec3 high = 1.055 * pow(max(linear, vec3(0.0)), vec3(1.0 / 2.4)) - 0.055;
  vec3 encoded = mix(low, high, step(vec3(0.0031308), linear));
  fragColor = vec4(encode > 0.0 ? encoded : pow(max(encoded, vec3(0.0)), vec3(2.2)), colour.a);
}
"""


class Sheet:
    """A picture that moves, drawn where an Image Editor shows it still.

    Args:
        image: the picture.
        warp: its vertices.
    """

    def __init__(self, image: bpy.types.Image, warp: Warp) -> None:
        self._image_uid = image.session_uid
        self._warp = warp
        self._shader = _picture_shader()
        self._places = _buffer("uv", warp.rest)
        self._triangles = gpu.types.GPUIndexBuf(type="TRIS", seq=warp.triangles)
        corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)
        self._backdrop = gpu.types.GPUBatch(
            type="TRIS",
            buf=_buffer("pos", corners),
            elem=gpu.types.GPUIndexBuf(type="TRIS", seq=np.array([[0, 1, 2], [0, 2, 3]], np.uint32)),
        )
        self._backdrop.vertbuf_add(_buffer("uv", corners))

    def draw(self, low: Pixel, high: Pixel, q: np.ndarray, *, encode: bool = False) -> None:
        """Draw the picture between two corners, moved by coefficients (K,). Nothing when the picture is gone.

        In the region of an editor, what does not move is left as the editor shows it. `encode` draws all of it, as the
        sRGB values that are to be seen, for a target that does not convert what it is given.
        """
        image = next((i for i in bpy.data.images if i.session_uid == self._image_uid), None)
        if image is None:
            return
        positions, shown = self._warp.positions(q), (high[0] - low[0], high[1] - low[1])
        if not encode:
            low = tuple(map(_as_the_editor, low, shown, image.size))
        if not encode and (np.abs(positions - self._warp.rest) * np.abs(shown) < _VISIBLE).all():
            return
        batch = gpu.types.GPUBatch(type="TRIS", buf=_buffer("pos", positions), elem=self._triangles)
        batch.vertbuf_add(self._places)
        # All have four channels in memory; the depth tells whether the file has.
        transparent = image.depth in {32, 128} and image.alpha_mode != "NONE"
        premultiplied = image.alpha_mode == "PREMUL" or (image.is_float and image.alpha_mode != "STRAIGHT")
        shader = self._shader
        shader.bind()
        texture = gpu.texture.from_image(image)
        show_pixels_sharp(texture)
        shader.uniform_sampler("picture", texture)
        shader.uniform_float("shown", shown)
        # Of a transparent picture the checker lies over what the editor shows.
        how = (0.0 if encode or transparent else _VISIBLE, float(premultiplied), float(encode), 0.0)
        with gpu.matrix.push_pop():
            gpu.matrix.translate(low)
            gpu.matrix.scale(shown)
            if transparent:
                self._draw_checker(encode=encode)
                gpu.state.blend_set("ALPHA")
            shader.uniform_float("how", how)
            batch.draw(shader)
        gpu.state.blend_set("NONE")

    def _draw_checker(self, *, encode: bool) -> None:
        look = bpy.context.preferences.themes[0].user_interface
        for name, colour in (
            ("first", look.transparent_checker_primary),
            ("second", look.transparent_checker_secondary),
        ):
            rgb = Color(colour[:3]) if encode else Color(colour[:3]).from_srgb_to_scene_linear()
            self._shader.uniform_float(name, (*rgb, 1.0))
        self._shader.uniform_float("how", (0.0, 0.0, 0.0, float(look.transparent_checker_size)))
        self._backdrop.draw(self._shader)


def _as_the_editor(begin: float, shown: float, pixels: int) -> float:
    """Where a picture begins on the screen, given where its place is, its length there, and its pixels.

    An Image Editor shows one pixel of the picture in each of the screen's. Where it shows each in equally many, their
    borders lie between two of the screen, and only so drawn is the picture as sharp.
    """
    times = shown / pixels
    return math.ceil(begin - 0.5) if times > 0.5 and abs(times - round(times)) * pixels < 0.1 else begin


def draw_arrow(start: Pixel, end: Pixel) -> None:
    """A spot where the picture is held, and an arrow from there to the pointer; in pixels of the region."""
    # In the background there is no scale.
    for shape in arrow(start, end, bpy.context.preferences.system.ui_scale or 1.0):
        if shape.width:
            _line(*shape.points, shape.width, shape.colour)
        else:
            _fill(shape.points, shape.colour)


def _picture_shader() -> gpu.types.GPUShader:
    info = gpu.types.GPUShaderCreateInfo()
    passed = gpu.types.GPUStageInterfaceInfo("gid_touch_passed")
    passed.smooth("VEC2", "place")
    passed.smooth("VEC2", "moved")
    info.vertex_in(0, "VEC2", "pos")
    info.vertex_in(1, "VEC2", "uv")
    info.vertex_out(passed)
    info.push_constant("MAT4", "ModelViewProjectionMatrix")
    info.push_constant("VEC4", "first")
    info.push_constant("VEC4", "second")
    info.push_constant("VEC2", "shown")
    # One by one they would not fit into the 128 bytes that every graphics card has.
    info.push_constant("VEC4", "how")
    info.sampler(0, "FLOAT_2D", "picture")
    info.fragment_out(0, "VEC4", "fragColor")
    info.vertex_source(_VERTEX)
    info.fragment_source(_FRAGMENT)
    return gpu.shader.create_from_info(info)


def _buffer(name: str, values: np.ndarray) -> gpu.types.GPUVertBuf:
    layout = gpu.types.GPUVertFormat()
    layout.attr_add(id=name, comp_type="F32", len=values.shape[1], fetch_mode="FLOAT")
    buffer = gpu.types.GPUVertBuf(layout, len(values))
    buffer.attr_fill(name, values)
    return buffer


def _fill(outline: list[Pixel], colour: tuple[float, ...]) -> None:
    shader = gpu.shader.from_builtin("UNIFORM_COLOR")
    fan = [(0, i, i + 1) for i in range(1, len(outline) - 1)]
    batch = batch_for_shader(shader, "TRIS", {"pos": [(x, y, 0.0) for x, y in outline]}, indices=fan)
    gpu.state.blend_set("ALPHA")
    shader.bind()
    shader.uniform_float("color", colour)
    batch.draw(shader)
    gpu.state.blend_set("NONE")


def _line(start: Pixel, end: Pixel, width: float, colour: tuple[float, ...]) -> None:
    shader = gpu.shader.from_builtin("POLYLINE_UNIFORM_COLOR")
    batch = batch_for_shader(shader, "LINES", {"pos": [(*start, 0.0), (*end, 0.0)]})
    gpu.state.blend_set("ALPHA")
    shader.bind()
    shader.uniform_float("viewportSize", gpu.state.viewport_get()[2:])
    shader.uniform_float("lineWidth", width)
    shader.uniform_float("color", colour)
    batch.draw(shader)
    gpu.state.blend_set("NONE")
