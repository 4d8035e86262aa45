# SPDX-License-Identifier: GPL-3.0-or-later
"""Build and validate dist/image_dynamics-<version>.zip with the extension tools that the bpy wheel carries.

    .venv/bpy52/bin/python scripts/build_extension.py             # sync the file list, build, validate
    .venv/bpy52/bin/python scripts/build_extension.py --no-sync   # the same, but leave the tree as it is
    .venv/bpy52/bin/python scripts/build_extension.py --check     # only say whether the file list is up to date

Blender takes the files of an extension from an explicit list in its manifest. `SHIPPED` is the rule which files belong
into it, and the list in the manifest follows the rule, so that a new module cannot be forgotten.
"""

import argparse
import ast
import importlib.util
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MANIFEST = ROOT / "blender_manifest.toml"
# The add-on itself, and everything from which "Set up worker" installs the worker.
SHIPPED = (
    "__init__.py",
    "LICENSE",
    "README.md",
    "pyproject.toml",
    "constraints/*.txt",
    "gid_blender/**/*.py",
    "gid_blender/assets/**/*.*",
    "gid_blender/help/*.*",
    "gid_blender/motion/web/*.*",
    "gid_blender/translations/*.po",
    "backend/gid_backend/**/*.py",
    "backend/gid_backend/py.typed",
    "backend/gid_backend/models/configurations/*.toml",
    "backend/gid_backend/weights/*.*",
)
_LIST = re.compile(r"^paths = \[\n.*?^\]\n", re.MULTILINE | re.DOTALL)


def shipped_files(root: Path = ROOT) -> list[str]:
    """Relative paths, "/" between folders, of everything that belongs into the zip, the manifest excepted."""
    found = {path for pattern in SHIPPED for path in root.glob(pattern) if path.is_file()}
    return sorted(
        path.relative_to(root).as_posix()
        for path in found
        if not any(part.startswith((".", "__pycache__")) for part in path.relative_to(root).parts)
    )


def manifest_with_files(text: str, files: list[str]) -> str:
    """The manifest's text with its list of build paths replaced."""
    lines = "".join(f'  "{name}",\n' for name in files)
    result, count = _LIST.subn(lambda _: f"paths = [\n{lines}]\n", text)
    if count != 1:
        raise SystemExit("blender_manifest.toml has no [build] list `paths = [...]`.")
    return result


def source_version(root: Path = ROOT) -> str:
    """`gid_blender.__version__`, read without importing anything."""
    tree = ast.parse((root / "gid_blender/__init__.py").read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__version__":
            return str(ast.literal_eval(node.value))
    raise SystemExit("gid_blender/__init__.py has no __version__.")


def stage(folder: Path, manifest: str) -> None:
    """Copy what is shipped, with that text as its manifest, so that the tree can change meanwhile."""
    (folder / MANIFEST.name).write_text(manifest, encoding="utf-8")
    for name in tomllib.loads(manifest)["build"]["paths"]:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, folder / name)


def blender_tools() -> tuple[Path, Path]:
    """(blender_ext.py, tags.py) of the bpy wheel in this Python, found without importing bpy."""
    spec = importlib.util.find_spec("bpy")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit(f"{sys.executable} has no bpy package; run this with the Python of a bpy environment.")
    package = Path(next(iter(spec.submodule_search_locations)))
    scripts = next(package.glob("*/scripts"))
    tool = scripts / "addons_core/bl_pkg/cli/blender_ext.py"
    # 4.5 keeps the list of tags elsewhere than 5.x.
    tags = next(scripts.rglob("_bpy_internal/extensions/tags.py"), None)
    if not tool.is_file() or tags is None:
        raise SystemExit(f"The bpy package in {package} carries no extension tools.")
    return tool, tags


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="build nothing, fail when the file list is out of date")
    parser.add_argument("--no-sync", action="store_true", help="do not write the file list into the tree")
    parser.add_argument("--output-dir", type=Path, default=ROOT / "dist", help="where the zip goes (default: dist/)")
    options = parser.parse_args()

    text = MANIFEST.read_text(encoding="utf-8")
    updated = manifest_with_files(text, shipped_files())
    if updated != text:
        if options.check:
            raise SystemExit(
                "blender_manifest.toml does not list the files as they are; run scripts/build_extension.py."
            )
        if not options.no_sync:
            MANIFEST.write_text(updated, encoding="utf-8")
            print("blender_manifest.toml: list of files brought up to date")
    manifest = tomllib.loads(updated)
    if manifest["version"] != source_version():
        raise SystemExit(f"The manifest says version {manifest['version']}, gid_blender says {source_version()}.")
    if options.check:
        return

    tool, tags = blender_tools()
    options.output_dir.mkdir(parents=True, exist_ok=True)
    target = options.output_dir / f"{manifest['id']}-{manifest['version']}.zip"
    run = [sys.executable, str(tool)]
    with tempfile.TemporaryDirectory() as folder:
        stage(Path(folder), updated)
        subprocess.run(
            [*run, "build", "--source-dir", folder, "--output-filepath", str(target), "--valid-tags", str(tags)],
            check=True,
        )
    subprocess.run([*run, "validate", "--valid-tags", str(tags), str(target)], check=True)
    print(f"{target}: {target.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError as error:
        raise SystemExit(error.returncode) from None
