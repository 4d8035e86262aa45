# SPDX-License-Identifier: GPL-3.0-or-later
"""The real worker with the real renderer (and predictor, where its weights are): what each method of the wire does."""

import dataclasses
import shutil
from pathlib import Path

import numpy as np
import pytest

from gid_blender.motion import dumps, loads
from gid_blender.worker.client import WorkerClient
from gid_blender.worker.discovery import server_command
from gid_blender.worker.job import JobState
from tests.motion.volumes import smooth_volume
from tests.worker.waiting import QUICK, pump_until

# Once is enough: from Blender's Pythons the same server is spoken to in test_server.py and by the operators.
pytest.importorskip("gid_backend", reason="runs in the worker's environment")

H, W = 48, 64
WEIGHTS = Path(__file__).resolve().parents[2] / "backend" / "gid_backend" / "weights" / "small.safetensors"
GRADIENT = np.stack([*np.meshgrid(np.linspace(0, 1, W), np.linspace(0, 1, H)), np.full((H, W), 0.5)], axis=-1)


def picture(dtype="uint8", channels=3):
    """(params, bytes) of a picture with something to see in it."""
    peak = {"uint8": 255, "uint16": 65535, "float32": 1}[dtype]
    pixels = np.concatenate([GRADIENT, np.ones((H, W, 1))], axis=-1)[..., :channels] * peak
    return {"shape": [H, W, channels], "dtype": dtype}, pixels.astype(dtype).tobytes()


def rows_of(q, dtype="complex128"):
    """(params, bytes) of coefficients (F·S, K)."""
    q = np.asarray(q, np.dtype(dtype).newbyteorder("<"))
    return {"shape": list(q.shape), "dtype": dtype}, q.tobytes()


def run(client, method, params=None, parts=(), **callbacks):
    job = client.submit(method, params, parts, **callbacks)
    assert client.wait(job, 150)
    return job


@pytest.fixture(scope="module")
def volume():
    return smooth_volume(height=12, width=16)


@pytest.fixture(scope="module")
def client(worker_python, tmp_path_factory):
    """One worker for the whole module: torch is loaded once. Patient, for a step may last on a busy machine."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GID_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        client = WorkerClient(server_command(worker_python), timing=dataclasses.replace(QUICK, grace=30.0))
        yield client
        client.close()


class TestStatus:
    def test_it_tells_device_memory_cache_and_model(self, client):
        run(client, "status")
        pump_until(client, lambda: client.device is not None)
        run(client, "release")
        run(client, "clear_cache")
        result, _ = run(client, "status").value()
        assert result["torch"].startswith("2.")
        assert result["device"]
        assert 0 < result["memory_free"] <= result["memory_total"]
        assert (result["loaded"], result["cache_bytes"]) == (False, 0)
        assert result["cache_limit"] == 2 << 30
        assert result["model"] == client.hello["model"]


class TestRender:
    @pytest.mark.parametrize(
        ("format", "suffix", "magic"),
        [
            ("png", ".png", b"\x89PNG"),
            ("jpeg", ".jpg", b"\xff\xd8"),
            ("webp", ".webp", b"RIFF"),
            ("exr", ".exr", b"v/1\x01"),
        ],
    )
    def test_a_loop_comes_as_files_in_order(self, client, volume, format, suffix, magic):
        image, pixels = picture()
        job = run(client, "render", {"image": image, "format": format, "frames": 3}, [pixels, dumps(volume)])
        assert job.value() == ({"count": 3, "suffix": suffix}, ())
        assert [index for index, _ in job.frames] == [0, 1, 2]
        assert all(data.startswith(magic) for _, data in job.frames)

    @pytest.mark.parametrize(("dtype", "channels"), [("uint8", 1), ("uint8", 3), ("uint16", 4)])
    def test_what_does_not_move_comes_back_bit_by_bit(self, client, volume, dtype, channels):
        """Through the wire, the renderer and the PNG encoder."""
        import cv2

        image, pixels = picture(dtype, channels)
        job = run(client, "render", {"image": image, "frames": 1, "amplitude": 0}, [pixels, dumps(volume)])
        frame = cv2.imdecode(np.frombuffer(job.frames[0][1], np.uint8), cv2.IMREAD_UNCHANGED)
        if channels > 1:
            frame = frame[..., [2, 1, 0, 3][:channels]]
        assert (frame.dtype, frame.size) == (np.dtype(dtype), H * W * channels)
        assert frame.tobytes() == pixels

    def test_coefficients_of_the_loop_are_the_loop(self, client, volume):
        image, pixels = picture()
        q = np.exp(2j * np.pi * np.arange(4)[:, None] * np.arange(volume.bands) / 4)
        q[:, 0] = 0  # about the rest pose
        rows, numbers = rows_of(q)
        loop = run(client, "render", {"image": image, "frames": 4, "amplitude": 2}, [pixels, dumps(volume)])
        params = {"image": image, "coefficients": rows, "amplitude": 2}
        same = run(client, "render", params, [pixels, dumps(volume), numbers])
        assert loop.frames == same.frames
        assert len({data for _, data in loop.frames}) > 1

    def test_depth_background_and_shutter_are_what_the_command_line_has(self, client, volume):
        import cv2

        image, pixels = picture("uint8", 4)
        params = {"image": image, "frames": 2, "format": "png", "depth": 16, "background": [1, 0, 0]}
        job = run(client, "render", {**params, "shutter": 180, "samples": 3}, [pixels, dumps(volume)])
        frame = cv2.imdecode(np.frombuffer(job.frames[0][1], np.uint8), cv2.IMREAD_UNCHANGED)
        assert (frame.dtype, frame.shape) == (np.uint16, (H, W, 3))
        sharp = run(client, "render", params, [pixels, dumps(volume)])
        assert sharp.frames[0] != job.frames[0]

    @pytest.mark.parametrize("dtype", ["uint8", "uint16"])
    def test_under_a_black_mask_the_picture_comes_back_bit_by_bit(self, client, volume, dtype):
        import cv2

        image, pixels = picture()
        mask = np.full((H, W), np.iinfo(dtype).max, dtype)
        mask[:, : W // 2] = 0
        params = {"image": image, "frames": 3, "amplitude": 3, "mask": {"shape": [H, W], "dtype": dtype}}
        job = run(client, "render", params, [pixels, dumps(volume), mask.tobytes()])
        original = np.frombuffer(pixels, np.uint8).reshape(H, W, 3)
        frames = [cv2.imdecode(np.frombuffer(f, np.uint8), cv2.IMREAD_UNCHANGED)[..., ::-1] for _, f in job.frames]
        assert all((frame[:, : W // 2] == original[:, : W // 2]).all() for frame in frames)
        assert any((frame != original).any() for frame in frames)

    @pytest.mark.parametrize(
        ("shape", "size", "sentence"),
        [([H, W], 7, "The mask has 7 bytes"), ([2, 2], 4, "The mask is 2×2 pixels, the picture 64×48")],
    )
    def test_a_mask_that_does_not_fit_is_refused(self, client, volume, shape, size, sentence):
        image, pixels = picture()
        params = {"image": image, "frames": 1, "mask": {"shape": shape}}
        job = run(client, "render", params, [pixels, dumps(volume), bytes(size)])
        assert job.error.code == "bad_image"
        assert sentence in str(job.error)

    def test_a_loops_shutter_is_the_rows_of_its_moments(self, client, volume):
        """Whoever sends coefficients sends every moment; the worker averages their light and makes up none."""
        image, pixels = picture()
        times = (np.arange(2)[:, None] + np.array([-0.125, 0.125])).ravel()
        q = np.exp(2j * np.pi * times[:, None] * np.arange(volume.bands) / 2)
        q[:, 0] = 0
        rows, numbers = rows_of(q)
        loop = run(
            client, "render", {"image": image, "frames": 2, "shutter": 180, "samples": 2}, [pixels, dumps(volume)]
        )
        params = {"image": image, "coefficients": rows, "samples": 2}
        given = run(client, "render", params, [pixels, dumps(volume), numbers])
        assert [len(loop.frames), len(given.frames)] == [2, 2]
        assert loop.frames == given.frames

    def test_passes_come_with_their_frame_in_the_order_asked_for(self, client, volume):
        image, pixels = picture()
        params = {"image": image, "frames": 2, "passes": ["coverage", "motion_vectors"]}
        seen = []
        job = run(
            client,
            "render",
            params,
            [pixels, dumps(volume)],
            on_frame=lambda job, index, *data: seen.append((index, data)),
        )
        assert job.result == {"count": 2, "suffix": ".png"}
        assert [index for index, _ in seen] == [0, 1]
        for _, (frame, coverage, vectors) in seen:
            assert frame.startswith(b"\x89PNG")
            assert coverage.startswith(b"v/1\x01")
            assert b"Layer.Vector.X" in vectors
            assert b"Layer.Vector.X" not in coverage

    def test_jpeg_refuses_a_transparent_picture_and_names_what_can(self, client, volume):
        image, _ = picture("uint8", 4)
        clear = bytes(H * W * 4)
        job = run(client, "render", {"image": image, "frames": 1, "format": "jpeg"}, [clear, dumps(volume)])
        assert (job.error.code, job.error.hint) == ("bad_image", "Choose PNG, WebP or OpenEXR as the format.")
        assert "transparent" in job.error.message

    def test_it_is_cancelled_between_two_frames(self, client, volume):
        image, pixels = picture()
        job = client.submit("render", {"image": image, "frames": 10_000}, [pixels, dumps(volume)])
        pump_until(client, lambda: len(job.frames) > 2, seconds=60)
        pid = client.hello["pid"]
        client.cancel(job)
        assert client.wait(job, 60)
        assert (job.state, client.hello["pid"]) == (JobState.CANCELLED, pid)

    def test_ten_minutes_of_motion_blur_are_one_request(self, client, volume):
        """As JSON in the header, 312 frames of 8 moments were the most."""
        image, pixels = picture()
        q = np.zeros((18_000 * 8, volume.bands))
        q[:, 1] = np.linspace(-1, 1, len(q))
        rows, numbers = rows_of(q, "complex64")
        params = {"image": image, "coefficients": rows, "samples": 8}
        job = client.submit("render", params, [pixels, dumps(volume), numbers])
        pump_until(client, lambda: len(job.frames) > 1, seconds=60)
        client.cancel(job)
        assert client.wait(job, 60)
        assert (job.state, [index for index, _ in job.frames[:2]]) == (JobState.CANCELLED, [0, 1])

    def test_coefficients_and_a_mask_are_not_taken_for_each_other(self, client, volume):
        image, pixels = picture()
        rows, numbers = rows_of(np.full((2, volume.bands), 0.5))
        mask = np.full((H, W), 255, np.uint8)
        mask[:, : W // 2] = 0
        params = {"image": image, "coefficients": rows}
        free = run(client, "render", params, [pixels, dumps(volume), numbers])
        masked = run(
            client, "render", {**params, "mask": {"shape": [H, W]}}, [pixels, dumps(volume), numbers, mask.tobytes()]
        )
        nowhere = run(client, "render", {"image": image, "frames": 1, "amplitude": 0}, [pixels, dumps(volume)])
        assert len({free.frames[0][1], masked.frames[0][1], nowhere.frames[0][1]}) == 3

    @pytest.mark.parametrize(
        ("shape", "numbers", "words"),
        [
            ([2, 16], bytes(2 * 16 * 8 - 1), "255 bytes, where their shape and type make 256"),
            ([2, 16], bytes(2 * 16 * 16), "512 bytes, where their shape and type make 256"),
            ([6_400_000, 1024], bytes(8), "8 bytes, where their shape and type make 52428800000"),
            ([6_400_001, 16], bytes(8), "coefficients.shape"),
            ([10**30, 10**30], bytes(8), "coefficients.shape"),
            ([0, 16], b"", "coefficients.shape"),
            ([-1, -16], bytes(128), "coefficients.shape"),
            ([16], bytes(128), "coefficients.shape"),
            ([1, 3], bytes(24), "needs 16 coefficients, not 3"),
            ([3, 16], bytes(3 * 16 * 8), "2 for each frame"),
            ([2, 16], np.full(32, np.nan, "<c8").tobytes(), "Row 0 of the coefficients"),
            ([2, 16], np.r_[np.zeros(31), np.inf].astype("<c8").tobytes(), "Row 1 of the coefficients"),
        ],
    )
    def test_wrong_coefficients_are_refused_in_one_sentence(self, client, volume, shape, numbers, words):
        image, pixels = picture()
        params = {"image": image, "coefficients": {"shape": shape}, "samples": 2}
        error = run(client, "render", params, [pixels, dumps(volume), numbers]).error
        assert (error.code, words in error.message, "\n" in error.message) == ("bad_request", True, False), error

    def test_coefficients_that_did_not_come_are_missed(self, client, volume):
        image, pixels = picture()
        rows, _ = rows_of(np.zeros((1, volume.bands)))
        error = run(client, "render", {"image": image, "coefficients": rows}, [pixels, dumps(volume)]).error
        assert (error.code, error.message) == ("bad_request", "“render” needs 3 parts, not 2.")

    @pytest.mark.parametrize("change", [{"frames": 2}, {"shutter": 90}])
    def test_coefficients_are_no_loop(self, client, volume, change):
        image, pixels = picture()
        rows, numbers = rows_of(np.zeros((1, volume.bands)))
        params = {"image": image, "coefficients": rows, **change}
        error = run(client, "render", params, [pixels, dumps(volume), numbers]).error
        assert error.code == "bad_request"
        assert ("either" if "frames" in change else "each moment") in error.message

    @pytest.mark.parametrize(
        ("change", "code", "words"),
        [
            ({"coefficients": [[[0, 0]] * 16]}, "bad_request", "coefficients"),
            ({}, "bad_request", "either"),
            ({"frames": 0}, "bad_request", "frames"),
            ({"frames": 1, "format": "tiff"}, "bad_request", "format"),
            ({"frames": 1, "speed": 2}, "bad_request", "speed"),
            ({"frames": 1, "format": "jpeg", "depth": 16}, "bad_request", "bits a channel"),
            ({"frames": 1, "shutter": 721}, "bad_request", "shutter"),
            ({"frames": 1, "passes": ["depth"]}, "bad_request", "passes"),
            ({"frames": 1, "amplitude": "strong"}, "bad_request", "amplitude"),
        ],
    )
    def test_wrong_params_are_refused_in_one_sentence(self, client, volume, change, code, words):
        image, pixels = picture()
        error = run(client, "render", {"image": image, **change}, [pixels, dumps(volume)]).error
        assert error.code == code
        assert words in error.message
        assert "\n" not in error.message

    def test_a_damaged_volume_is_told_from_a_damaged_picture(self, client, volume):
        image, pixels = picture()
        good, params = dumps(volume), {"image": image, "frames": 1}
        assert run(client, "render", params, [pixels, good[:-100]]).error.code == "bad_volume"
        assert run(client, "render", params, [pixels[:-1], good]).error.code == "bad_image"
        assert run(client, "render", params, [pixels]).error.code == "bad_request"
        assert run(client, "render", params, [pixels, good]).state is JobState.DONE


class TestPredict:
    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ({"image": {"shape": [H, W], "dtype": "uint8"}}, "bad_request"),
            ({"image": {"shape": [H, W, 2], "dtype": "uint8"}}, "bad_request"),
            ({"image": {"shape": [H, W, 3], "dtype": "object"}}, "bad_request"),
            ({"image": {"shape": [10**9, 10**9, 3], "dtype": "uint8"}}, "bad_request"),
            ({"image": {"shape": [1, 1, 3], "dtype": "uint8"}}, "bad_image"),
            ({"seed": -1}, "bad_request"),
            ({"seed": 1.5}, "bad_request"),
            ({"steps": 0}, "bad_request"),
            ({"guidance": "much"}, "bad_request"),
            ({"strength": 1.0}, "bad_request"),
            ({"solver": "euler"}, "bad_request"),
            ({"sampler": "euler"}, "bad_request"),
        ],
    )
    def test_what_cannot_be_predicted_is_refused_before_the_model_is_loaded(self, client, change, code):
        image, pixels = picture()
        job = run(client, "predict", {"image": image, **change}, [pixels])
        assert job.error.code == code
        assert job.stage != "Loading the model"

    def test_a_picture_that_holds_nan_is_refused(self, client):
        image, _ = picture("float32")
        error = run(client, "predict", {"image": image}, [np.full((H, W, 3), np.nan, "<f4").tobytes()]).error
        assert error.code == "bad_image"

    def test_without_weights_it_says_what_is_missing_and_renders_all_the_same(
        self, connect, worker_python, tmp_path, volume
    ):
        """A package without its weights, as an installation that went wrong leaves it."""
        client = connect(without_weights(worker_python, tmp_path))
        image, pixels = picture()
        error = run(client, "predict", {"image": image}, [pixels]).error
        assert (error.code, bool(error.hint)) == ("bad_weights", True)
        assert client.hello["model"] is None
        assert run(client, "render", {"image": image, "frames": 1}, [pixels, dumps(volume)]).state is JobState.DONE

    def test_damaged_weights_are_refused_with_a_hint(self, connect, worker_python, tmp_path):
        client = connect(without_weights(worker_python, tmp_path, replacement=b"\x08\0\0\0\0\0\0\0{}      garbage"))
        image, pixels = picture()
        error = run(client, "predict", {"image": image}, [pixels]).error
        assert (error.code, bool(error.hint)) == ("bad_weights", True)


@pytest.mark.skipif(not WEIGHTS.is_file(), reason="the weights are not in this checkout")
class TestPredictWithWeights:
    SETTINGS = {"seed": 3, "steps": 2}

    def test_a_picture_becomes_a_volume_and_the_same_question_is_answered_from_the_cache(self, client):
        image, pixels = picture()
        stages = []
        question = {"image": image, **self.SETTINGS}
        first = run(client, "predict", question, [pixels], on_progress=lambda job: stages.append(job.stage))
        result, (npz,) = first.value()
        volume = loads(npz)
        assert result == {"cached": False}
        assert volume.bands == 16
        assert volume.meta["seed"] == 3
        assert "Denoising" in stages
        assert run(client, "status").result["loaded"] is True

        again = run(client, "predict", question, [pixels])
        assert again.value() == ({"cached": True}, (npz,))
        assert run(client, "status").result["cache_bytes"] > len(npz)

        other = run(client, "predict", {**question, "seed": 4}, [pixels])
        assert other.result == {"cached": False}
        assert other.parts != again.parts

        assert run(client, "clear_cache").result["freed"] > 2 * len(npz)
        # Deterministic for a seed, so the cache changes nothing but the time.
        assert run(client, "predict", question, [pixels]).value() == ({"cached": False}, (npz,))

    def test_a_mask_travels_beside_the_picture_and_is_part_of_the_question(self, client):
        image, pixels = picture()
        mask = np.zeros((H, W), np.uint8)
        mask[:, W // 2 :] = 255
        question = {"image": image, "strength": 0.004, **self.SETTINGS}
        masked = {**question, "mask": {"shape": [H, W]}}
        result, (npz,) = run(client, "predict", masked, [pixels, mask.tobytes()]).value()
        assert result == {"cached": False}
        spectrum = loads(npz).spectrum
        assert not spectrum[..., : spectrum.shape[3] // 2 - 1].any()
        assert run(client, "predict", masked, [pixels, mask.tobytes()]).result == {"cached": True}
        # Neither another mask nor none is the same question.
        assert run(client, "predict", masked, [pixels, (255 - mask).tobytes()]).result == {"cached": False}
        assert run(client, "predict", question, [pixels]).result == {"cached": False}

    def test_a_mask_that_does_not_fit_is_refused(self, client):
        image, pixels = picture()
        question = {"image": image, "mask": {"shape": [H, W]}, **self.SETTINGS}
        assert run(client, "predict", question, [pixels, b"\xff"]).error.code == "bad_image"
        assert run(client, "predict", question, [pixels]).error.code == "bad_request"

    def test_it_is_cancelled_between_two_steps_and_the_model_stays(self, client):
        image, pixels = picture()
        job = client.submit("predict", {"image": image, "seed": 99, "steps": 1000}, [pixels])
        pump_until(client, lambda: job.done > 0, seconds=100)
        pid = client.hello["pid"]
        client.cancel(job)
        assert client.wait(job, 60)
        assert job.state is JobState.CANCELLED
        run(client, "status")
        assert client.hello["pid"] == pid

    @pytest.mark.parametrize(("dtype", "channels"), [("uint8", 1), ("uint16", 4), ("float32", 3)])
    def test_any_kind_of_picture_will_do(self, client, dtype, channels):
        image, pixels = picture(dtype, channels)
        linear = {"linear": True} if dtype == "float32" else {}
        job = run(client, "predict", {"image": {**image, **linear}, **self.SETTINGS}, [pixels])
        assert loads(job.value()[1][0]).bands == 16


def without_weights(worker_python, folder, replacement=None):
    """A command line of the worker, from a copy of its package with other weights or none."""
    package = Path(__file__).resolve().parents[2] / "backend" / "gid_backend"
    copy = folder / "gid_backend"
    shutil.copytree(package, copy, ignore=shutil.ignore_patterns("*.safetensors", "__pycache__", "synth", "training"))
    (copy / "weights").mkdir(exist_ok=True)
    if replacement is not None:
        (copy / "weights" / "small.safetensors").write_bytes(replacement)
    code = f"import sys; sys.path.insert(0, {str(folder)!r}); from gid_backend.server import main; main()"
    return [worker_python, "-c", code]
