# SPDX-License-Identifier: GPL-3.0-or-later
"""Export Web Page, with the installed extension and without a worker; tests/page looks at pages in a browser."""

import base64
import json
import re

import numpy as np

from gid_blender.motion.web_volume import PackedVolume, unpack


def read(path):
    """The page's text, its facts and its motion."""
    text = path.read_text(encoding="utf-8")
    facts = json.loads(re.search(r'type="application/json">(.*?)</script>', text)[1])
    data = base64.b64decode(re.search(r'octet-stream">(.*?)</script>', text)[1])
    return text, facts, unpack(PackedVolume(data, facts["step"], tuple(facts["shape"])))


def test_the_example_becomes_a_page(blender, tmp_path):
    def script(path):
        assert bpy.ops.gid.load_example() == {"FINISHED"}
        bpy.context.object.name = "My <flower>"
        before = set(bpy.data.images)
        assert bpy.ops.gid.export_page("EXEC_DEFAULT", filepath=path) == {"FINISHED"}
        assert set(bpy.data.images) == before, "the picture that was written is left behind"

    blender.run(script, path=str(tmp_path / "dahlia.html"))
    text, facts, _ = read(tmp_path / "dahlia.html")
    assert len(text) < 3_000_000
    assert (facts["picture"], facts["offset"], facts["loop"]) == ([640, 427], False, True)
    assert "<title>My &lt;flower&gt;</title>" in text
    assert [path.name for path in tmp_path.iterdir()] == ["dahlia.html"]


def test_the_page_moves_as_the_plane_does(blender, tmp_path):
    def script(path):
        import numpy as np

        bpy.ops.gid.load_example()
        obj = bpy.context.object
        obj["gid_amplitude"], obj["gid_period"], obj["gid_speed"], obj["gid_phase"] = 1.5, 75.0, 0.5, 0.25
        obj["gid_gain_00"], obj["gid_gain_03"], obj["gid_stiffness"], obj["gid_damping"] = 1.0, 0.0, 4.0, 2.0
        bpy.context.scene.render.fps = 25
        bpy.ops.gid.export_page("EXEC_DEFAULT", filepath=path, title="A flower")
        np.save(path + ".npy", module("scene.shape_keys").read_spectrum(obj))

    path = tmp_path / "a.html"
    blender.run(script, path=str(path))
    text, facts, spectrum = read(path)
    own = {"amplitude": 1.5, "period": 3.0, "speed": 0.5, "phase": 0.25, "offset": True, "stiffness": 4.0}
    assert {name: facts[name] for name in own} == own
    assert facts["damping"] == [0.8, 0.16]
    assert "<title>A flower</title>" in text
    mesh = np.load(f"{path}.npy")
    assert spectrum.shape == mesh.shape
    mesh[3] = 0
    # Half a step of rounding in each part; float32 keeps the mesh's vertices to 10⁻⁷.
    assert np.abs(spectrum - mesh).max() < facts["step"]


def test_any_picture_will_do(blender, tmp_path):
    """Floating-point light with alpha, made smaller."""

    def script(path):
        import numpy as np

        values = np.zeros((40, 60, 4), np.float32)
        # Premultiplied, as Blender holds them; the lower rows come first and are invisible.
        values[10:] = (0.5, 0.0, 0.0, 1.0)
        picture = bpy.data.images.new("light", 60, 40, alpha=True, float_buffer=True)
        picture.pixels.foreach_set(values.ravel())
        found = module("scene.web_picture").web_picture(module("scene").read_pixels(picture), 30)
        assert (found.width, found.height) == (30, 20)
        with open(path, "wb") as file:
            file.write(found.data)
        seen = module("scene").read_pixels(bpy.data.images.load(path)).array
        assert seen.shape == (20, 30, 4)
        assert (seen[-2, 15, 3], seen[5, 15, 3]) == (0, 255)
        # Scene-linear ½ is sRGB 188; WebP loses a little.
        assert abs(int(seen[5, 15, 0]) - 188) <= 3, seen[5, 15]

    blender.run(script, path=str(tmp_path / "a.webp"))


def test_what_cannot_be_exported_is_said_in_a_sentence(blender, tmp_path):
    def script(path):
        bpy.context.view_layer.objects.active = None
        assert "Select a motion object" in failure(bpy.ops.gid.export_page, "EXEC_DEFAULT", filepath=path)
        bpy.ops.gid.load_example()
        obj = bpy.context.object
        assert "No such file" in failure(bpy.ops.gid.export_page, "EXEC_DEFAULT", filepath=path + "/no/a.html")
        for band in range(16):
            obj[f"gid_gain_{band:02d}"] = 0.0
        assert "Nothing in this motion swings" in failure(bpy.ops.gid.export_page, "EXEC_DEFAULT", filepath=path)
        bpy.data.images.remove(obj["gid_image"])
        assert "was deleted" in failure(bpy.ops.gid.export_page, "EXEC_DEFAULT", filepath=path)

    blender.run(script, path=str(tmp_path / "a.html"))
    assert not list(tmp_path.iterdir())


def test_it_is_in_the_export_menu(blender):
    def script():
        drawn = bpy.types.TOPBAR_MT_file_export.draw._draw_funcs
        assert [f for f in drawn if f.__module__.endswith(".ui.export_menu")]

    blender.run(script)
