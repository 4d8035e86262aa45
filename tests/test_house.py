# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules of the house (CONTRIBUTING.md), read off the source: who may import what, and what nobody does."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SOURCES = sorted(p for top in ("gid_blender", "backend", "scripts") for p in (ROOT / top).rglob("*.py"))
PYTHON = [ROOT / "__init__.py", *SOURCES, *sorted((ROOT / "tests").rglob("*.py"))]
TEXT = [
    path
    for pattern in ("*", ".ci/*", "constraints/*", "docs/*.md", "gid_blender/**/*.py", "backend/**/*.py", "scripts/*")
    for path in sorted(ROOT.glob(pattern))
    if path.is_file() and path.suffix in {"", ".md", ".py", ".sh", ".toml", ".txt", ".cfg"}
]
BLENDER = {"bpy", "mathutils"}
STANDARD = set(sys.stdlib_module_names) | {"__future__"}


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def module_name(path: Path) -> str:
    parts = (
        path.relative_to(ROOT / "backend" if "backend" in path.relative_to(ROOT).parts else ROOT).with_suffix("").parts
    )
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path) -> Iterator[str]:
    """Every module that a file imports anywhere in it, by its full name (`from . import x` gives the package and x)."""
    package = module_name(path).split(".")
    if path.name != "__init__.py":
        package = package[:-1]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            origin = ".".join([*base, *(node.module or "").split(".")]).strip(".")
            # `from ..scene import x`: x may be a function or a module; the package counts in either case.
            yield origin
            if node.level and not node.module:
                yield from (f"{origin}.{alias.name}" for alias in node.names)


def files_of(layer: str) -> list[Path]:
    path = ROOT / layer
    return sorted(path.rglob("*.py")) if path.is_dir() else [path.with_suffix(".py")]


def inside(module: str, package: str) -> bool:
    return module == package or module.startswith(package + ".")


# The part of gid_blender: the other parts that it may import. What is not in its list, it may not.
LAYERS = {
    "motion": set(),
    "worker": set(),
    "setup": set(),
    "compat": set(),
    "translations": set(),
    "scene": {"motion", "compat"},
    "preferences": {"ui.preferences_panel"},
    "ops": {"scene", "motion", "worker", "setup", "preferences", "compat", "translations"},
    "ui": {"ops", "scene", "setup", "preferences", "compat", "translations"},
}


class TestLayers:
    """ui → ops → scene → motion, ops → worker, backend → motion and the protocol."""

    @pytest.mark.parametrize("layer", LAYERS)
    def test_a_part_imports_only_what_lies_below_it(self, layer):
        allowed = {f"gid_blender.{name}" for name in LAYERS[layer] | {layer}} | {
            "gid_blender",
            "gid_blender.__version__",
        }
        wrong = [
            f"{relative(path)} imports {module}"
            for path in files_of(f"gid_blender/{layer}")
            for module in imports(path)
            if inside(module, "gid_blender") and not any(inside(module, a) for a in allowed - {"gid_blender"})
            if module not in allowed
        ]
        assert not wrong

    def test_every_part_has_its_rule(self):
        parts = {p.stem for p in (ROOT / "gid_blender").iterdir() if p.suffix == ".py" or (p / "__init__.py").exists()}
        assert parts - {"__init__"} == set(LAYERS)

    def test_motion_needs_numpy_and_nothing_else(self):
        others = {m.split(".")[0] for path in files_of("gid_blender/motion") for m in imports(path)}
        assert others - STANDARD - {"gid_blender"} == {"numpy"}

    @pytest.mark.parametrize("layer", ["worker", "setup"])
    def test_worker_and_setup_need_the_standard_library_alone(self, layer):
        others = {m.split(".")[0] for path in files_of(f"gid_blender/{layer}") for m in imports(path)}
        assert not others - STANDARD - {"gid_blender"}

    def test_inside_blender_there_is_only_what_blender_brings(self):
        brought = {"bpy", "bpy_extras", "mathutils", "numpy", "gpu", "gpu_extras", "blf", "addon_utils", "gid_blender"}
        # Of Blender's own start-up scripts: what presets are saved with, in Blender and in the module alike.
        brought |= {"bl_operators", "bl_ui", "rna_keymap_ui", "idprop"}
        others = {m.split(".")[0] for path in files_of("gid_blender") for m in imports(path)}
        assert not others - STANDARD - brought

    def test_the_worker_knows_of_the_extension_only_the_volume_and_the_wire(self):
        shared = ("gid_blender.motion", "gid_blender.worker.protocol", "gid_blender.worker.outbox")
        wrong = [
            f"{relative(path)} imports {module}"
            for path in files_of("backend")
            for module in imports(path)
            if inside(module, "gid_blender") and not any(inside(module, s) for s in shared)
        ]
        assert not wrong

    def test_the_worker_runs_without_blender(self):
        """Blender is for making rendered scenes alone: nothing that trains or predicts comes to import it."""
        known = {module_name(path): set(imports(path)) for path in files_of("backend")}
        reach = {name for name, used in known.items() if BLENDER & used}
        while more := {name for name, used in known.items() if reach & used} - reach:
            reach |= more
        assert all(inside(name, "gid_backend.synth.rendered") for name in reach)
        assert not reach & {f"gid_backend.synth.rendered.{name}" for name in ("generate", "finish")}

    def test_every_folder_of_modules_is_a_package(self):
        """setuptools leaves out what is none, and then an installed copy lacks what a checkout has."""
        folders = {path.parent for top in ("gid_blender", "backend/gid_backend") for path in (ROOT / top).rglob("*.py")}
        # Scripts that Blender finds by their folder, and runs.
        folders -= set((ROOT / "gid_blender/presets").rglob("*"))
        assert not [relative(folder) for folder in folders if not (folder / "__init__.py").exists()]


class TestWhatNobodyDoes:
    @pytest.mark.parametrize("path", SOURCES, ids=relative)
    def test_no_shortcuts(self, path):
        """No pickle, no sys.path edits, no eval or exec, no shell, no frame-change handlers."""
        found = []
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Attribute(value=ast.Name(id="sys"), attr="path" | "meta_path" | "path_hooks"):
                    found.append(f"sys.{node.attr}")
                case ast.Call(func=ast.Name(id="eval" | "exec" | "__import__" as name)):
                    found.append(f"{name}()")
                case ast.keyword(arg="shell", value=ast.Constant(value=True)):
                    found.append("shell=True")
                case ast.keyword(arg="allow_pickle", value=ast.Constant(value=True)):
                    found.append("allow_pickle=True")
                case ast.keyword(arg="weights_only", value=ast.Constant(value=False)):
                    found.append("weights_only=False")
                case ast.Attribute(attr="frame_change_pre" | "frame_change_post"):
                    found.append(node.attr)
        found += sorted({"pickle", "marshal", "shelve", "dill", "joblib"} & {m.split(".")[0] for m in imports(path)})
        assert not found

    def test_what_differs_between_versions_of_blender_is_asked_in_compat_alone(self):
        """Elsewhere `hasattr` asks for our own properties only, which are not there before `register`."""
        found = []
        for path in [p for p in files_of("gid_blender") if relative(p) != "gid_blender/compat.py"]:
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                match node:
                    case ast.Call(func=ast.Name(id="hasattr"), args=[_, ast.Constant(value="gid")]):
                        pass
                    case ast.Call(func=ast.Name(id="hasattr")):
                        found.append(f"{relative(path)}:{node.lineno}: hasattr")
                    case ast.Attribute(value=ast.Attribute(attr="app"), attr="version"):
                        found.append(f"{relative(path)}:{node.lineno}: bpy.app.version")
        # The one number that is looked at: which Blender is too old for all of it.
        assert [f.split(":")[0] for f in found] == ["gid_blender/__init__.py"]

    @pytest.mark.parametrize("path", PYTHON, ids=relative)
    def test_every_file_names_its_licence_first(self, path):
        lines = path.read_text(encoding="utf-8").splitlines()
        assert not lines or "# SPDX-License-Identifier: GPL-3.0-or-later" in lines[:2]

    @pytest.mark.parametrize("path", PYTHON, ids=relative)
    def test_a_file_is_one_idea(self, path):
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 450

    def test_no_package_index_and_no_machine_is_named(self):
        """Which index serves a package is the business of pip's and uv's settings; where a checkout lies, of nobody."""
        # Put together here, so that this file does not contain them itself.
        wrong = ["pypi" + ".org", "pythonhosted" + ".org", "download.pytorch" + ".org", "/ro" + "ot/", "/ho" + "me/"]
        found = [f"{relative(p)}: {w}" for p in TEXT for w in wrong if w in p.read_text(encoding="utf-8")]
        assert not found


class TestVersionsAndPins:
    PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    def test_there_is_one_version(self):
        manifest = tomllib.loads((ROOT / "blender_manifest.toml").read_text(encoding="utf-8"))
        packages = [ROOT / "gid_blender/__init__.py", ROOT / "backend/gid_backend/__init__.py"]
        declared = [re.search(r'^__version__ = "(.+)"$', p.read_text(encoding="utf-8"), re.MULTILINE) for p in packages]
        assert {self.PROJECT["version"], manifest["version"], *(match[1] for match in declared)} == {
            manifest["version"]
        }

    def test_whatever_the_worker_imports_is_declared(self):
        modules = {"av": "av", "cv2": "opencv-python-headless", "PIL": "pillow"}
        # Torch's builds for CUDA bring the version that they were made with, and nothing else has a use for it.
        brought_by_torch = {"triton"}
        used = {m.split(".")[0] for path in files_of("backend") for m in imports(path)}
        used = {modules.get(name, name) for name in used - STANDARD - BLENDER - {"gid_backend", "gid_blender"}}
        used -= brought_by_torch
        assert {canonical(name) for name in used} <= declared(self.PROJECT)

    @pytest.mark.parametrize("name", ["worker", "blender45", "blender52"])
    def test_every_pin_is_exact(self, name):
        lines = (ROOT / f"constraints/{name}.txt").read_text(encoding="utf-8").splitlines()
        loose = [line for line in lines if line and not re.fullmatch(r"#.*|[\w.-]+==[\w.]+", line)]
        assert not loose

    def test_whatever_is_declared_is_pinned(self):
        pins = {canonical(line) for line in (ROOT / "constraints/worker.txt").read_text(encoding="utf-8").splitlines()}
        assert declared(self.PROJECT) <= pins


def declared(project: dict) -> set[str]:
    extras = (requirement for extra in project["optional-dependencies"].values() for requirement in extra)
    return {canonical(requirement) for requirement in [*project["dependencies"], *extras]}


def canonical(requirement: str) -> str:
    """The name in a requirement, spelled as package indexes compare it."""
    match = re.match(r"[A-Za-z0-9._-]+", requirement)
    return re.sub(r"[-_.]+", "-", match[0]).lower() if match else ""
