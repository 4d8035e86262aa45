# SPDX-License-Identifier: GPL-3.0-or-later
"""The worker's `extract`: a video's bytes go in, the volume and the start frame come out; whatever the bytes are."""

import dataclasses
import io

import numpy as np
import pytest

from gid_blender.motion import loads
from gid_blender.worker.client import WorkerClient
from gid_blender.worker.discovery import server_command
from gid_blender.worker.job import JobState
from tests.worker.waiting import QUICK, pump_until

pytest.importorskip("gid_backend", reason="runs in the worker's environment")

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gid_backend.encode import encode_image
from gid_backend.errors import ImageError
from gid_backend.video import read_times, read_video
from tests.backend.clips import smooth_volume, textured_picture, warped

H, W, COUNT = 48, 64, 40


def film(frames, container="mp4", rate=10):
    import av

    buffer = io.BytesIO()
    with av.open(buffer, "w", format=container) as file:
        stream = file.add_stream("libx264", rate=rate, options={"crf": "8"})
        stream.height, stream.width, stream.pix_fmt = *frames[0].shape[:2], "yuv420p"
        for frame in frames:
            file.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        file.mux(stream.encode())
    return buffer.getvalue()


@pytest.fixture(scope="module")
def frames():
    picture, volume = textured_picture(H, W), smooth_volume(H, W, amplitude=0.02, bands=4)
    return [warped(picture, W * (volume.displacement(i * 150 / COUNT) - volume.displacement(0))) for i in range(COUNT)]


@pytest.fixture(scope="module")
def video(frames):
    return film(frames)


@pytest.fixture(scope="module")
def client(worker_python, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GID_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        client = WorkerClient(server_command(worker_python), timing=dataclasses.replace(QUICK, grace=30.0))
        yield client
        client.close()


def run(client, params, parts, **callbacks):
    job = client.submit("extract", params, parts, **callbacks)
    assert client.wait(job, 150)
    return job


def test_a_video_becomes_a_volume_and_its_start_frame_and_the_same_again_comes_from_the_cache(client, video):
    seen = []
    question = {"name": "tree.mp4", "start": 3, "frames": 35, "camera": "keep"}
    job = run(client, question, [video], on_progress=lambda job: seen.append((job.stage, job.done, job.total)))
    result, (npz, pixels) = job.value()
    assert (result["cached"], result["image"]["shape"], result["camera"]) == (False, [H, W, 3], None)
    still = np.frombuffer(pixels, np.uint8).reshape(H, W, 3)
    assert np.array_equal(still, list(read_video(video))[2][1])
    volume = loads(npz)
    assert (volume.bands, volume.meta["source"], volume.meta["settings"]["start"]) == (16, "tree.mp4", 3)
    assert volume.duration == pytest.approx(3.5)
    # Each frame is told, so that it can be stopped within one.
    assert [done for stage, done, _ in seen if stage == "Following the motion"] == list(range(1, 36))
    again = run(client, question, [video])
    assert again.value() == ({**result, "cached": True}, (npz, pixels))
    assert run(client, {**question, "start": 4}, [video]).result["cached"] is False


def test_it_is_cancelled_within_a_frame_and_the_worker_stays(client, frames):
    large = film([np.kron(frame, np.ones((10, 10, 1), np.uint8)) for frame in frames])
    job = client.submit("extract", {"width": 640}, [large])
    pump_until(client, lambda: job.stage == "Following the motion", seconds=100)
    pid = client.hello["pid"]
    client.cancel(job)
    assert client.wait(job, 60)
    assert (job.state, client.hello["pid"]) == (JobState.CANCELLED, pid)


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        ({"start": 0}, "bad_request", "start"),
        ({"start": 41}, "bad_image", "40 frames"),
        ({"start": 30, "loop": False}, "bad_image", "at least 31"),
        ({"seconds": -1}, "bad_image", "seconds"),
        ({"seconds": 1e9}, "bad_image", "seconds"),
        ({"seconds": "long"}, "bad_request", "seconds"),
        ({"frames": 1}, "bad_image", "frames"),
        ({"frames": 2, "seconds": 1}, "bad_image", "not both"),
        ({"width": 1}, "bad_request", "width"),
        ({"camera": "shake"}, "bad_request", "camera"),
        ({"path": "/etc/passwd"}, "bad_request", "path"),
        ({"name": "x" * 300}, "bad_request", "name"),
    ],
)
def test_wrong_params_are_refused_in_one_sentence(client, video, change, code, words):
    error = run(client, change, [video]).error
    assert error.code == code
    assert words in error.message
    assert "\n" not in error.message


def test_what_is_no_video_is_refused_by_its_name(client, video):
    import cv2

    _, png = cv2.imencode(".png", textured_picture(H, W))
    for data in (b"", b"no video", video[:300], video[len(video) // 2 :], png.tobytes()):
        error = run(client, {"name": "tree.mp4"}, [data]).error
        assert error.code == "bad_image"
        assert "“tree.mp4”" in error.message
        assert "\n" not in error.message
    assert run(client, {}, []).error.code == "bad_request"
    assert run(client, {}, [video, video]).error.code == "bad_request"


@pytest.mark.parametrize("kind", ["concat", "hls", "sdp"])
def test_bytes_that_name_other_files_open_none(tmp_path, video, kind):
    """A playlist is a container to FFmpeg; bytes from elsewhere must not make this machine read its own files."""
    secret = tmp_path / "secret.mp4"
    secret.write_bytes(video)
    text = {
        "concat": f"ffconcat version 1.0\nfile '{secret}'\n",
        "hls": f"#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:4,\nfile://{secret}\n#EXT-X-ENDLIST\n",
        "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n",
    }[kind]
    for read in (read_times, lambda data: list(read_video(data))):
        with pytest.raises(ImageError):
            read(text.encode())


# A broken video decodes as far as it goes; there is no time at which it has to be done.
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_damaged_video_is_read_as_far_as_it_goes_or_refused(video, data):
    damaged = bytearray(video)
    for _ in range(data.draw(st.integers(1, 20))):
        damaged[data.draw(st.integers(0, len(video) - 1))] = data.draw(st.integers(0, 255))
    del damaged[data.draw(st.integers(0, len(video))) :]
    said = ""
    try:
        for time, frame in read_video(bytes(damaged)):
            assert np.isfinite(time)
            assert frame.dtype == np.uint8
        read_times(bytes(damaged))
    except ImageError as error:
        said = error.message
    assert "\n" not in said


@pytest.fixture(scope="module")
def pictures(frames):
    return [encode_image(frame, "png") for frame in frames]


class TestPictures:
    """Numbered pictures instead of a video, one after another in one part."""

    def question(self, pictures, **change):
        told = {"sizes": [len(p) for p in pictures], "numbers": list(range(len(pictures))), "fps": 10.0}
        return {"name": "tree", "camera": "keep", "pictures": {**told, **change}}

    def test_they_are_measured_as_a_video_of_them_would_be(self, client, frames, pictures):
        result, (npz, pixels) = run(client, self.question(pictures), [b"".join(pictures)]).value()
        assert np.array_equal(np.frombuffer(pixels, np.uint8).reshape(result["image"]["shape"]), frames[0])
        assert loads(npz).duration == pytest.approx(COUNT / 10)
        assert run(client, self.question(pictures), [b"".join(pictures)]).result["cached"] is True
        assert run(client, self.question(pictures, fps=20.0), [b"".join(pictures)]).result["cached"] is False

    def test_those_outside_of_the_part_need_not_be_sent(self, client, frames, pictures):
        sent = [picture if 3 <= index < 38 else b"" for index, picture in enumerate(pictures)]
        job = run(client, {**self.question(sent), "start": 4, "seconds": 3.4}, [b"".join(sent)])
        result, (npz, pixels) = job.value()
        assert np.array_equal(np.frombuffer(pixels, np.uint8).reshape(result["image"]["shape"]), frames[3])
        assert loads(npz).meta["settings"]["start"] == 4

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ({"sizes": [1] * COUNT}, "bad_image"),
            ({"numbers": [0] * COUNT}, "bad_image"),
            ({"numbers": [0]}, "bad_image"),
            ({"fps": 0}, "bad_request"),
            ({"sizes": []}, "bad_request"),
            ({"sizes": [-1]}, "bad_request"),
        ],
    )
    def test_what_does_not_fit_is_refused_in_one_sentence(self, client, pictures, change, code):
        error = run(client, self.question(pictures, **change), [b"".join(pictures)]).error
        assert error.code == code
        assert "\n" not in error.message

    def test_a_picture_that_is_none_is_told_of(self, client, pictures):
        bad = [*pictures[:5], b"no picture", *pictures[6:]]
        error = run(client, self.question(bad), [b"".join(bad)]).error
        assert (error.code, "“tree”, picture 5" in error.message) == ("bad_image", True)
