# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np
import pytest

from gid_backend.evaluation.baselines import RULES, USUAL_STRENGTH, AnotherWind, NearestLoop, Rule, Static, swaying
from gid_backend.evaluation.coherence import amplitude_coherence
from gid_backend.evaluation.frames import FrameFeatures
from gid_backend.evaluation.spectrum import spectral_slope
from gid_backend.training.data import Loop
from gid_blender.motion import SpectralVolume


class TestRules:
    @pytest.mark.parametrize("name", RULES)
    def test_every_one_answers_any_picture_at_the_usual_strength(self, name, loops):
        (volume,) = Rule(name).draw(loops[0], [0])
        assert volume.amplitude().mean() == pytest.approx(USUAL_STRENGTH, rel=1e-3)
        assert np.abs(volume.displacement(0)).max() < 1e-6

    def test_the_gradient_goes_where_detail_is_and_the_centre_to_the_middle(self):
        image = np.full((90, 160, 3), 128, np.uint8)
        image[:, 100:] = np.random.default_rng(0).integers(0, 255, (90, 60, 3))
        gradient, centre, both, uniform = (
            RULES[name](image, 45, 80) for name in ("blurred gradient", "centre", "gradient × centre", "uniform sway")
        )
        assert gradient[:, :40].mean() < 0.05 * gradient[:, 60:].mean()
        assert np.unravel_index(np.argmax(centre), centre.shape)[0] in (22, 23)
        np.testing.assert_allclose(both, gradient * centre)
        assert uniform.std() == 0

    def test_one_rhythm_has_the_maps_strength_and_real_clips_slope(self):
        strength = np.random.default_rng(1).random((20, 30)).astype(np.float32) * 0.01
        volume = SpectralVolume(swaying(strength, np.random.default_rng(0)))
        np.testing.assert_allclose(volume.amplitude(), strength, rtol=1e-4)
        assert spectral_slope(volume) == pytest.approx(-1.0, abs=1e-4)
        assert amplitude_coherence(np.abs(volume.spectrum), strength > 0) == pytest.approx(1.0, abs=1e-4)


def test_static_is_still(loops):
    (volume,) = Static().draw(loops[0], [0])
    assert not volume.spectrum.any()


class TestNearestClip:
    def test_a_training_clip_is_nearest_to_itself_and_its_motion_is_stretched(self, loops):
        training = [Loop(case.name, case.image, case.motion().spectrum) for case in loops]
        nearest = NearestLoop(training, FrameFeatures())
        for case in loops:
            assert nearest.nearest(case.image).name == case.name
            (volume,) = nearest.draw(case, [0])
            assert volume.width / volume.height == pytest.approx(1.5, rel=0.02)
            assert volume.amplitude().mean() == pytest.approx(case.motion().amplitude().mean(), rel=0.02)


class TestAnotherWind:
    def test_the_same_scene_moves_in_the_same_places_otherwise(self, scenes):
        case = next(case for case in scenes if case.motion().amplitude().any())
        first, second = AnotherWind().draw(case, [0, 1])
        moves = case.motion().amplitude() > 0
        assert np.array_equal(first.amplitude() > 0, moves)
        assert not np.allclose(first.spectrum, second.spectrum)

    def test_it_has_no_answer_where_the_scene_is_unknown(self, loops):
        assert list(AnotherWind().draw(loops[0], [0, 1])) == []
