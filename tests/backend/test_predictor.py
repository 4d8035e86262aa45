# SPDX-License-Identifier: GPL-3.0-or-later
"""The shipped prior through its public face, at two steps: enough to run every layer, too few to judge its motion."""

import hashlib
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from gid_backend.diffusion.normalization import to_channels
from gid_backend.errors import Cancelled, ImageError, WeightsError
from gid_backend.models.conditioning import mean_swing
from gid_backend.prediction_settings import PredictionSettings
from gid_backend.predictor import MotionPredictor
from gid_blender.motion import dumps, loads

EXAMPLE = Path(__file__).parents[2] / "gid_blender" / "assets" / "dahlia.jpg"


def flower(height: int = 64, width: int = 96) -> np.ndarray:
    """The example, in which things move; smooth noise is answered with stillness."""
    image = cv2.cvtColor(cv2.imread(str(EXAMPLE)), cv2.COLOR_BGR2RGB)
    return np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA))


@pytest.fixture(scope="module")
def predictor() -> MotionPredictor:
    return MotionPredictor.load(device="cpu")


def picture(height: int, width: int, channels: int = 3, dtype: type = np.uint8) -> np.ndarray:
    rng = np.random.default_rng(height * width)
    coarse = rng.random((8, 8, channels)).astype(np.float32)
    smooth = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC).reshape(height, width, channels)
    if dtype == np.float32:
        return smooth * 3
    return (np.clip(smooth, 0, 1) * np.iinfo(dtype).max).astype(dtype)


def test_a_prediction_is_a_valid_volume_that_says_where_it_came_from(predictor: MotionPredictor) -> None:
    image = picture(288, 512)
    volume = predictor.predict(image, seed=7, steps=2, guidance=0.5)
    assert volume.bands == 16
    assert (volume.fps, volume.frames) == (30.0, 150)
    assert volume.width / volume.height == pytest.approx(512 / 288, rel=0.05)
    assert volume.meta["seed"] == 7
    assert volume.meta["model"] == predictor.model_id == "gid-small"
    assert volume.meta["model_sha256"] == predictor.model_sha256
    assert volume.meta["image_sha256"] == hashlib.sha256(image.tobytes()).hexdigest()
    assert volume.meta["settings"] == {
        "steps": 2,
        "guidance": 0.5,
        "loop_guidance": 0.0,
        "solver": "multistep",
    }
    assert loads(dumps(volume)).meta["settings"] == volume.meta["settings"]


def test_frame_0_is_the_picture_itself(predictor: MotionPredictor) -> None:
    volume = predictor.predict(picture(64, 96), steps=2)
    # Float32 sum of 16 terms.
    assert np.abs(volume.displacement(0)).max() < 1e-6 + 1e-5 * np.abs(volume.spectrum).max()


def test_a_seed_is_repeatable_to_the_bit_and_another_differs(predictor: MotionPredictor) -> None:
    image = flower()
    first, again, other = (predictor.predict(image, seed=s, steps=2).spectrum for s in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.allclose(first, other, atol=1e-6)


def test_several_motions_of_one_picture_are_those_of_their_seeds(predictor: MotionPredictor) -> None:
    image = flower()
    several = list(predictor.predict_many(image, [4, 1], PredictionSettings(steps=2)))
    assert [volume.meta["seed"] for volume in several] == [4, 1]
    assert np.array_equal(several[1].spectrum, predictor.predict(image, seed=1, steps=2).spectrum)


@pytest.mark.parametrize(
    ("height", "width", "channels", "dtype"),
    [
        (64, 64, 3, np.uint8),
        (300, 100, 3, np.uint8),
        (40, 640, 3, np.uint8),
        (96, 128, 1, np.uint8),
        (96, 128, 4, np.uint8),
        (96, 128, 3, np.uint16),
        (96, 128, 4, np.float32),
    ],
)
def test_any_shape_and_kind_of_picture(
    predictor: MotionPredictor, height: int, width: int, channels: int, dtype: type
) -> None:
    volume = predictor.predict(picture(height, width, channels, dtype), steps=1, guidance=0.0)
    rows, columns = predictor.prior.config.grid(height, width)
    assert volume.spectrum.shape == (16, 2, rows, columns)


def test_the_result_does_not_depend_on_the_resolution(predictor: MotionPredictor) -> None:
    large = flower(640, 1024)
    small = cv2.resize(large, (512, 320), interpolation=cv2.INTER_AREA)
    a, b = (predictor.predict(i, steps=2, seed=3).spectrum for i in (large, small))
    assert np.abs(a - b).max() < 0.1 * np.abs(a).max()


@pytest.mark.parametrize(
    "bad", [np.zeros((1, 1, 3), np.uint8), np.zeros((10, 40000, 3), np.uint8), np.zeros((64, 64, 7))]
)
def test_pictures_that_cannot_be_used(predictor: MotionPredictor, bad: np.ndarray) -> None:
    with pytest.raises(ImageError):
        predictor.predict(bad, steps=1)


@pytest.mark.parametrize(
    "setting",
    [
        {"steps": 0},
        {"steps": 10**6},
        {"guidance": -1.0},
        {"loop_guidance": float("nan")},
        {"strength": 0.0},
        {"strength": 0.5},
    ],
)
def test_settings_out_of_range(predictor: MotionPredictor, setting: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must be"):
        predictor.predict(picture(64, 64), **setting)  # type: ignore[arg-type]


def test_what_is_expected_is_the_same_every_time_and_all_at_once(predictor: MotionPredictor) -> None:
    image = flower(320, 480)
    volume = predictor.expected(image)
    assert np.array_equal(volume.spectrum, predictor.expected(image).spectrum)
    assert (volume.spectrum[1:].real >= 0).all()
    assert not volume.spectrum.imag.any()
    assert volume.amplitude().max() > 5e-4


@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.float32, bool])
def test_black_of_a_mask_stays_exactly_still(predictor: MotionPredictor, kind: type) -> None:
    mask = np.zeros((32, 32), kind)
    mask[:, 16:] = 1 if kind in (bool, np.float32) else np.iinfo(kind).max
    volume = predictor.predict(flower(), steps=2, mask=mask)
    half = volume.width // 2
    assert not volume.spectrum[..., : half - 1].any()
    assert volume.spectrum[..., half + 1 :].any()
    assert "mask_sha256" in volume.meta["settings"]


def test_a_grey_mask_moves_as_much_less_as_it_is_grey(predictor: MotionPredictor) -> None:
    free = predictor.predict(flower(), steps=2).spectrum
    grey = predictor.predict(flower(), steps=2, mask=np.full((8, 8), 0.25)).spectrum
    np.testing.assert_allclose(grey, 0.25 * free, atol=1e-7)


@pytest.mark.parametrize("bad", [np.ones((4, 4, 3)), np.full((4, 4), 2.0), np.full((4, 4), np.nan), np.zeros((0, 4))])
def test_masks_that_cannot_be_used(predictor: MotionPredictor, bad: np.ndarray) -> None:
    with pytest.raises(ImageError, match="mask"):
        predictor.predict(picture(64, 64), steps=1, mask=bad)


def test_a_strength_that_is_asked_for_is_the_mean_swing(predictor: MotionPredictor) -> None:
    image = flower(320, 480)
    weak, strong = (
        mean_swing(to_channels(torch.from_numpy(predictor.predict(image, steps=4, strength=s).spectrum))[None]).item()
        for s in (0.0015, 0.006)
    )
    # What hardly moves comes to rest afterwards, which raises the mean of what is left.
    assert weak == pytest.approx(0.0015, rel=0.15)
    assert strong == pytest.approx(0.006, rel=0.05)


def test_cancel_takes_effect_within_a_step(predictor: MotionPredictor) -> None:
    seen: list[int] = []
    with pytest.raises(Cancelled):
        predictor.predict(
            picture(64, 64),
            steps=9,
            progress=lambda stage, done, total: seen.append(done),
            cancel=lambda: len(seen) == 2,
        )
    assert seen == [0, 1]


def test_progress_runs_from_nothing_to_all(predictor: MotionPredictor) -> None:
    seen: list[tuple[str, int, int]] = []
    predictor.predict(picture(64, 64), steps=3, progress=lambda *event: seen.append(event))
    assert seen == [("Denoising", n, 3) for n in range(4)]


def test_weights_that_are_not_there(tmp_path) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(WeightsError):
        MotionPredictor.load(tmp_path / "none.safetensors")
