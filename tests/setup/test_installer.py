# SPDX-License-Identifier: GPL-3.0-or-later
"""Setting up the worker without its downloads: what is run, what it leaves, how it is cancelled and taken up again.

The commands are real processes: a small package index on disk stands for the real one, so pip, venv and the sources are
what they are in life, and only PyTorch and uv are made small.
"""

import inspect
import os
import subprocess
import sys
import textwrap
import time
import zipfile
from pathlib import Path

import pytest

from gid_blender.setup import Environment, Installer, SetupError, SetupState, installation_steps

ROOT = Path(__file__).resolve().parents[2]
VERSION = "0.1.0"


def wheel(folder: Path, name: str, version: str, files: dict[str, str], scripts: str = "") -> None:
    """A wheel that pip accepts."""
    info = f"{name}-{version}.dist-info"
    members = {
        **files,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    if scripts:
        members[f"{info}/entry_points.txt"] = scripts
    record = "".join(f"{member},,\n" for member in [*members, f"{info}/RECORD"])
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as archive:
        for member, text in {**members, f"{info}/RECORD": record}.items():
            archive.writestr(member, text)


@pytest.fixture
def index(tmp_path, monkeypatch) -> Path:
    """A folder of wheels that pip takes instead of PyPI; its uv always fails, as without a network."""
    folder = tmp_path / "index"
    folder.mkdir()
    wheel(folder, "uv", "1.0", {"uv.py": "raise SystemExit('no route to the index of PyTorch')\n"})
    wheel(folder, "torch", "2.13.0", {"torch.py": "__version__ = '2.13.0'\n"})
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    return folder


@pytest.fixture
def extension(tmp_path, index) -> Path:
    """An extension whose worker is small: a package that pip builds with a backend of its own, without setuptools."""
    root = tmp_path / "extension"
    (root / "backend/gid_backend").mkdir(parents=True)
    (root / "gid_blender").mkdir()
    (root / "constraints").mkdir()
    (root / "backend/gid_backend/__init__.py").touch()
    (root / "constraints/worker.txt").write_text("numpy==2.4.6\ntorch==2.13.0\n")
    (root / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "small"\nbackend-path = ["backend"]\n'
    )
    (root / "backend/small.py").write_text(
        textwrap.dedent(
            """
            import os, sys
            sys.path.insert(0, os.path.dirname(__file__))
            from wheels import wheel
            from pathlib import Path

            def build_wheel(folder, config_settings=None, metadata_directory=None):
                modules = {"gid_backend/__init__.py": "", "gid_backend/predictor.py": ""}
                wheel(Path(folder), "small", "0.1.0", modules)
                return "small-0.1.0-py3-none-any.whl"
            """
        )
    )
    # The very function above, so that there is one definition of a wheel here.
    (root / "backend/wheels.py").write_text("import zipfile\nfrom pathlib import Path\n\n" + inspect.getsource(wheel))
    return root


def installer(environment: Environment, extension: Path, python: str = sys.executable) -> Installer:
    return Installer(environment, python=Path(python), extension=extension, version=VERSION)


def run(attempt: Installer) -> Installer:
    attempt.start()
    assert attempt.wait(120)
    return attempt


def lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_from_nothing_to_a_worker_that_imports(tmp_path, extension):
    environment = Environment(tmp_path / "Größe 名前")
    assert environment.state(VERSION) is SetupState.MISSING
    attempt = run(installer(environment, extension))
    assert attempt.error is None, attempt.lines(50)
    assert environment.state(VERSION) is SetupState.READY
    done = subprocess.run([environment.python, "-c", "import gid_backend, torch"], check=False)
    assert done.returncode == 0
    assert environment.state("0.2.0") is SetupState.OUTDATED
    log = environment.log.read_text(encoding="utf-8")
    assert "no route to the index of PyTorch" in log
    assert "taking the one that PyPI has" in log, "whoever looks for the GPU finds out why it is not used"


def test_a_failed_step_is_named_and_the_retry_goes_on(tmp_path, extension, index):
    environment = Environment(tmp_path / "worker")
    torch = index / "torch-2.13.0-py3-none-any.whl"
    torch.rename(tmp_path / "elsewhere")
    attempt = run(installer(environment, extension))
    assert attempt.error is not None
    assert attempt.error.startswith("Installing PyTorch failed")
    assert environment.state(VERSION) is SetupState.PARTIAL
    made = environment.python.lstat().st_ctime_ns
    (tmp_path / "elsewhere").rename(torch)
    assert run(installer(environment, extension)).error is None
    assert environment.state(VERSION) is SetupState.READY
    assert environment.python.lstat().st_ctime_ns == made, "what was done already is not done again"


def test_an_unusable_environment_is_made_anew(tmp_path, extension):
    environment = Environment(tmp_path / "worker")
    environment.python.parent.mkdir(parents=True)
    environment.python.write_text("half a Python")
    # What comes after the removal has its own tests; here it ends at once.
    attempt = run(installer(environment, extension, python=str(tmp_path / "nothing")))
    assert "making it anew" in environment.log.read_text(encoding="utf-8")
    assert attempt.error is not None
    assert not environment.venv.exists()


def test_cancel_ends_the_command_and_its_children(tmp_path, extension):
    # A Python that never comes back, and whose child does not either.
    slow = tmp_path / "slow"
    slow.write_text(f"#!/bin/sh\necho started\nsleep 600 & echo $! > {tmp_path / 'child'}\nwait\n")
    slow.chmod(0o755)
    environment = Environment(tmp_path / "worker")
    attempt = installer(environment, extension, python=str(slow))
    attempt.start()
    deadline = time.monotonic() + 30
    while not (tmp_path / "child").exists() or not (tmp_path / "child").read_text():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    attempt.cancel()
    assert attempt.wait(20)
    assert (attempt.cancelled, attempt.error, attempt.stage) == (True, None, "Cancelled")
    child = int((tmp_path / "child").read_text())
    while lives(child) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not lives(child)
    assert environment.state(VERSION) is not SetupState.READY


def test_a_python_that_is_none(tmp_path, extension):
    attempt = run(installer(Environment(tmp_path / "worker"), extension, python=str(tmp_path / "nothing")))
    assert attempt.error is not None
    assert attempt.error.startswith("Making the environment failed")


def test_two_at_once_do_not_disturb_each_other(tmp_path, extension):
    slow = tmp_path / "slow"
    slow.write_text("#!/bin/sh\necho started\nexec sleep 600\n")
    slow.chmod(0o755)
    environment = Environment(tmp_path / "worker")
    first = installer(environment, extension, python=str(slow))
    first.start()
    deadline = time.monotonic() + 30
    while "started" not in first.lines(10):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    second = run(installer(environment, extension))
    assert second.error == "Another Blender is setting up the worker; wait until it is done."
    first.cancel()
    assert first.wait(20)
    third = run(installer(environment, extension, python=str(tmp_path / "nothing")))
    assert "Another Blender" not in (third.error or "")


def test_a_folder_that_cannot_be_written(tmp_path, extension):
    (tmp_path / "file").write_text("")
    attempt = run(installer(Environment(tmp_path / "file/worker"), extension))
    assert attempt.error is not None
    assert "cannot be written" in attempt.error


def test_an_extension_without_sources_says_so(tmp_path):
    (tmp_path / "empty").mkdir()
    attempt = run(installer(Environment(tmp_path / "worker"), tmp_path / "empty"))
    assert attempt.error == "This copy of the extension lacks the worker's sources; install its zip again."


def test_the_real_sources_pin_what_is_installed(tmp_path):
    environment = Environment(tmp_path / "worker")
    environment.copy_sources(ROOT)
    steps = installation_steps(environment, Path(sys.executable))
    (torch,) = [step for step in steps if step.title == "Installing PyTorch"]
    assert "--torch-backend=auto" in torch.command
    assert torch.command[-1] == torch.fallback[-1]
    assert torch.command[-1].startswith("torch==")
    assert not [part for step in steps for part in step.command if "://" in part], "indexes are uv's and pip's business"
    (environment.sources / "constraints/worker.txt").write_text("numpy==2.4.6\n")
    with pytest.raises(SetupError, match="torch"):
        installation_steps(environment, Path(sys.executable))
