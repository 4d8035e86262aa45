# SPDX-License-Identifier: GPL-3.0-or-later
"""The picture that a motion is predicted from: rendered in a copy of the scene, behind the camera, or chosen."""

import bpy
import numpy as np
import pytest

from gid_blender import scene as scenes
from gid_blender.scene import SceneError
from tests.blender.scene.helpers import new_picture
from tests.blender.scene.through import in_picture, new_camera, new_sheet

# What nobody may change: everything that a render is told.
SETTINGS = (
    "resolution_x",
    "resolution_y",
    "resolution_percentage",
    "filepath",
    "use_border",
    "film_transparent",
    "use_compositing",
    "use_sequencer",
    "use_motion_blur",
    "engine",
    "pixel_aspect_x",
    "pixel_aspect_y",
)


def settings_of(scene) -> dict:
    found = {name: getattr(scene.render, name) for name in SETTINGS}
    image = scene.render.image_settings
    found |= {name: getattr(image, name) for name in ("file_format", "color_mode", "color_depth")}
    return found | {"frame": scene.frame_current, "samples": scene.cycles.samples, "camera": scene.camera}


def pictures() -> list[str]:
    return [image.name for image in bpy.data.images if image.type != "RENDER_RESULT"]


@pytest.fixture
def shot(scene):
    """A scene with a bright sheet that fills the right half of the frame."""
    scene.render.engine = "CYCLES"
    scene.cycles.samples = 1
    scene.render.resolution_x, scene.render.resolution_y = 1200, 800
    new_camera(scene, location=(0, -4, 0), rotation=(np.pi / 2, 0, 0))
    material = bpy.data.materials.new("Bright")
    if material.node_tree is None:
        material.use_nodes = True
    shader = material.node_tree.nodes["Principled BSDF"]
    shader.inputs["Emission Color"].default_value = (1, 1, 1, 1)
    shader.inputs["Emission Strength"].default_value = 1
    sheet = new_sheet(scene, location=(5, 0, 0), scale=(5, 1, 5))
    sheet.data.materials.append(material)
    scene.view_settings.view_transform = "Standard"
    scene.view_layers[0].update()
    return scene


def rendered(scene, side=60):
    return scenes.rendered_plate(scene, scene.view_layers[0].depsgraph, longer_side=side)


class TestRendered:
    def test_it_shows_what_the_camera_sees_at_a_bounded_size(self, shot):
        plate = rendered(shot)
        assert plate.pixels.array.shape == (40, 60, 3)
        assert not plate.pixels.linear
        # Of the very middle column either may be true.
        assert plate.pixels.array[:, :29].max() < 20
        assert plate.pixels.array[:, 31:].min() > 230

    def test_the_scene_keeps_its_settings(self, shot):
        shot.render.use_border, shot.render.film_transparent = True, True
        before, scenes_before = settings_of(shot), list(bpy.data.scenes)
        rendered(shot)
        assert settings_of(shot) == before
        assert list(bpy.data.scenes) == scenes_before

    def test_it_keeps_them_when_the_engine_fails(self, shot, monkeypatch):
        before, scenes_before, images = (
            settings_of(shot),
            list(bpy.data.scenes),
            [i.name for i in bpy.data.images if i.type != "RENDER_RESULT"],
        )
        # A cancelled render reports nothing and writes nothing.
        monkeypatch.setattr(scenes.plate, "_bound_samples", lambda copy: setattr(copy, "camera", None))
        with pytest.raises(SceneError, match=r"camera|stopped"):
            rendered(shot)
        assert settings_of(shot) == before
        assert list(bpy.data.scenes) == scenes_before
        assert pictures() == images

    def test_it_is_the_view_of_the_scene(self, shot):
        points = np.array([(0.3, 0.0, 0.2), (-1.0, 2.0, -0.5)])
        assert rendered(shot).view.places(points)[0] == pytest.approx(in_picture(shot, points), abs=1e-5)


class TestBackground:
    @pytest.fixture
    def background(self, shot):
        found = shot.camera.data.background_images.new()
        found.image = new_picture(120, 80)
        return found

    def test_it_is_the_cameras_picture(self, shot, background):
        plate = scenes.background_plate(shot, shot.view_layers[0].depsgraph)
        assert plate.pixels.array.shape[:2] == (80, 120)
        assert plate.name == "meadow"

    def test_one_of_another_aspect_lies_in_the_frame_as_it_is_shown(self, shot, background):
        background.image, background.frame_method = new_picture(80, 80, name="square"), "FIT"
        plate = scenes.background_plate(shot, shot.view_layers[0].depsgraph)
        point = np.array([(0.2, 0.0, 0.1)])
        frame, found = in_picture(shot, point)[0], plate.view.places(point)[0][0]
        # As high as the frame, and in its middle: two thirds of the width.
        assert found == pytest.approx([(frame[0] - 1 / 6) * 1.5, frame[1] * 1.5], abs=1e-5)

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ({"rotation": 0.2}, "rotated"),
            ({"offset": (0.1, 0)}, "shifted"),
            ({"use_flip_x": True}, "flipped"),
            ({"source": "MOVIE_CLIP"}, "no picture"),
            ({"image": None}, "no picture"),
            ({"show_background_image": False}, "no background"),
        ],
    )
    def test_what_does_not_lie_straight_is_refused(self, shot, background, change, said):
        for name, value in change.items():
            setattr(background, name, value)
        with pytest.raises(SceneError, match=said):
            scenes.background_plate(shot, shot.view_layers[0].depsgraph)

    def test_none(self, shot):
        with pytest.raises(SceneError, match="no background image"):
            scenes.background_plate(shot, shot.view_layers[0].depsgraph)


def test_a_chosen_picture_of_the_same_aspect_fills_the_frame(shot):
    plate = scenes.chosen_plate(shot, shot.view_layers[0].depsgraph, new_picture(75, 50))
    point = np.array([(0.2, 0.0, 0.1)])
    assert plate.view.places(point)[0] == pytest.approx(in_picture(shot, point), abs=1e-5)
