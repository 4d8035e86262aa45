# SPDX-License-Identifier: GPL-3.0-or-later
"""The presets that come along: Blender finds each, and it sets what its panel shows, something, and nothing else."""

from pathlib import Path

import bpy
import numpy as np
import pytest

from gid_blender import scene
from gid_blender.ops import presets
from tests.blender.scene.baking import VOLUME
from tests.blender.scene.helpers import swaying

SHIPPED = Path(presets.__file__).resolve().parents[1] / "presets/image_dynamics"


def shipped(kind):
    return sorted((SHIPPED / kind).glob("*.py"))


def use(path, kind):
    menu = f"GID_PT_{kind}_presets"
    assert bpy.ops.script.execute_preset(filepath=str(path), menu_idname=menu) == {"FINISHED"}


def stem(path):
    return path.stem


@pytest.fixture(autouse=True)
def _titles():
    """Blender calls a panel of presets after the one that was used last."""
    panels = [getattr(bpy.types, f"GID_PT_{kind}_presets") for kind in ("motion", "generate", "output", "excitation")]
    titles = [panel.bl_label for panel in panels]
    yield
    for panel, title in zip(panels, titles, strict=True):
        panel.bl_label = title


@pytest.fixture
def picture():
    obj = swaying(VOLUME)
    bpy.context.view_layer.objects.active = obj
    return obj


@pytest.mark.parametrize("kind", ["motion", "generate", "output", "excitation"])
class TestAllKinds:
    def test_blender_finds_them(self, kind):
        panel = getattr(bpy.types, f"GID_PT_{kind}_presets")
        found = {
            path
            for folder in bpy.utils.preset_paths(panel.preset_subdir)
            for path in Path(folder).resolve().glob("*.py")
        }
        assert set(shipped(kind)) <= found
        assert len(shipped(kind)) >= 3

    def test_those_that_come_along_cannot_be_written_over(self, kind):
        """Blender refuses a name that exists; ours are never lost."""
        operator = getattr(presets, "GID_OT_add_preset" if kind == "motion" else f"GID_OT_add_{kind}_preset")
        for path in shipped(kind):
            typed = bpy.path.display_name(path.name, title_case=False)
            assert bpy.utils.preset_find(operator.as_filename(typed), operator.preset_subdir) == str(path)


@pytest.mark.parametrize("path", shipped("motion"), ids=stem)
class TestMotion:
    def test_every_value_lies_where_its_slider_goes(self, picture, path):
        untouched = {
            name: picture[name] for name in ("gid_period", "gid_phase", "gid_start", "gid_speed", "gid_gain_00")
        }
        # Blender 4.5 lists the group of the extension among them, once it is used.
        names = set(picture.keys()) - {"gid"}
        use(path, "motion")
        assert set(picture.keys()) - {"gid"} == names
        assert untouched == {name: picture[name] for name in untouched}
        for name in ("gid_amplitude", "gid_stiffness", "gid_damping", *map(scene.gain_name, range(1, 3))):
            ends = picture.id_properties_ui(name).as_dict()
            assert ends["soft_min"] <= picture[name] <= ends["soft_max"], name

    def test_it_moves_and_differs_from_the_others(self, picture, path):
        def moved(each):
            use(each, "motion")
            gains = [picture[scene.gain_name(band)] for band in range(1, scene.band_count(picture))]
            return picture["gid_amplitude"] * np.array(gains)

        own = moved(path)
        # Not wiped out, and not torn apart.
        assert 0.05 < own.max() < 2.5
        for other in shipped("motion"):
            if other != path:
                assert np.abs(own - moved(other)).max() > 0.05, other


@pytest.mark.parametrize("path", [*shipped("generate"), *shipped("output")], ids=stem)
def test_settings_are_taken_and_the_rest_stays(path):
    settings = bpy.context.scene.gid
    settings.seed = 7
    settings.output = "//mine"
    kind = path.parent.name
    operator = getattr(presets, f"GID_OT_add_{kind}_preset")
    use(path, kind)
    assert (settings.seed, settings.output) == (7, "//mine")
    text = path.read_text(encoding="utf-8")
    assert [name for name in operator.names if f"settings.{name} = " not in text] == []
    assert text.count("settings.") == len(operator.names)


@pytest.mark.parametrize("path", shipped("excitation"), ids=stem)
def test_an_excitation_becomes_what_the_preset_says(picture, path):
    empty = scene.add_empty(bpy.context.scene, picture, "POKE", (0.5, 0.5))
    settings = empty.gid.excitation
    settings.start = 17
    # Chosen in the list of the picture that is active, and once active itself.
    picture.gid.bake.active = empty
    for active in (picture, empty):
        settings.kind, settings.strength = "POKE", 1.0
        bpy.context.view_layer.objects.active = active
        use(path, "excitation")
        assert (settings.kind, settings.strength) != ("POKE", 1.0)
        assert settings.start == 17


class TestOnesOwn:
    @pytest.fixture(autouse=True)
    def _own_folder(self, tmp_path, monkeypatch):
        """Not into the folder of whoever runs the tests."""
        made = tmp_path / "scripts"

        def user_resource(kind, *, path="", create=False):
            folder = made / path
            folder.mkdir(parents=True, exist_ok=True)
            return str(folder)

        monkeypatch.setattr(bpy.utils, "user_resource", user_resource)
        self.folder = made / "presets/image_dynamics"

    @pytest.mark.parametrize("kind", ["generate", "output"])
    def test_of_the_scene(self, kind):
        settings = bpy.context.scene.gid
        settings.quality, settings.period, settings.format = "HIGH", 77, "WEBP"
        assert getattr(bpy.ops.gid, f"add_{kind}_preset")(name="Mine") == {"FINISHED"}
        settings.quality, settings.period, settings.format = "DRAFT", 150, "PNG"
        use(self.folder / kind / "Mine.py", kind)
        wanted = ("HIGH", 77, "PNG") if kind == "generate" else ("DRAFT", 150, "WEBP")
        assert (settings.quality, settings.period, settings.format) == wanted

    def test_of_an_excitation(self, picture):
        empty = scene.add_empty(bpy.context.scene, picture, "WIND", (0.5, 0.5))
        settings = empty.gid.excitation
        settings.strength, settings.gusts = 0.25, 0.75
        bpy.context.view_layer.objects.active = empty
        assert bpy.ops.gid.add_excitation_preset(name="Mine") == {"FINISHED"}
        settings.kind, settings.strength, settings.gusts = "LOAD", 1.0, 0.1
        use(self.folder / "excitation/Mine.py", "excitation")
        assert (settings.kind, settings.strength, settings.gusts) == ("WIND", 0.25, 0.75)

    def test_a_button_that_has_nothing_to_keep_says_so(self):
        for name in ("add_preset", "add_excitation_preset"):
            assert not getattr(bpy.ops.gid, name).poll()
            with pytest.raises(RuntimeError, match="Select a motion object"):
                getattr(bpy.ops.gid, name)(name="Mine")
