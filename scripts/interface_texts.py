# SPDX-License-Identifier: GPL-3.0-or-later
"""Every text of the extension: what Blender knows of the registered classes, what panels say besides, the sentences
that the code says, the tooltips that lie on objects, and the presets' names.

Needs a Blender (bpy) in which the checkout or the installed extension is registered. The texts in the source are found
by Blender's own extractor (`bl_i18n_utils`), which knows the contexts in which Blender looks a text up.
"""

from __future__ import annotations

import ast
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import bpy

try:
    from _bl_i18n_utils import bl_extract_messages, settings, utils
except ModuleNotFoundError:
    # Renamed in 5.1.
    from bl_i18n_utils import bl_extract_messages, settings, utils

from scripts.sentences import of_code

__all__ = ["Text", "of_interface", "own_classes", "own_operators", "own_properties"]

# Whose calls draw something. What the code says in sentences is found by scripts/sentences.py.
DRAWN = ("ops", "ui", "preferences.py")


# Of a motion: what is predicted has as many.
_BANDS = 16


class Text(NamedTuple):
    """A text that somebody may read.

    Attributes:
        context: under which Blender looks for its translation.
        text: as it stands in the source.
        source: where it is from: a class and a property, or a file.
        is_sentence: whether it is recognised by its shape, so that the names of its placeholders do not matter.
    """

    context: str
    text: str
    source: str
    is_sentence: bool = False


def of_interface(package: str, folder: Path) -> list[Text]:
    """All texts, each once for each context, in the order of their sources."""
    found: dict[tuple[str, str], Text] = {}
    for text in [*_registered(package), *_written(folder), *_on_objects(folder), *_presets(folder), *_said(folder)]:
        # A dash is one in every language.
        if any(character.isalpha() for character in text.text):
            found.setdefault((text.context, text.text), text)
    return list(found.values())


def own_classes(package: str, *kinds: type) -> list[type]:
    """Registered classes of the extension, by their names."""

    def below(cls: type) -> Iterator[type]:
        for sub in cls.__subclasses__():
            yield sub
            yield from below(sub)

    found = {cls for kind in kinds for cls in below(kind) if cls.__module__.startswith(f"{package}.")}
    return sorted((cls for cls in found if getattr(cls, "is_registered", False)), key=lambda cls: cls.__name__)


def own_operators(package: str) -> list[tuple[type, bpy.types.Struct]]:
    """Each operator's class, and what Blender knows of it."""
    classes = own_classes(package, bpy.types.Operator)
    return [(cls, getattr(bpy.ops.gid, cls.bl_idname.partition(".")[2]).get_rna_type()) for cls in classes]


def own_properties(cls: type, rna: bpy.types.Struct, package: str) -> list[bpy.types.Property]:
    """The properties that the extension itself gives to a class, and not what it inherits of Blender's."""
    names = {
        name
        for base in cls.__mro__
        if base.__module__.startswith(f"{package}.")
        for name in vars(base).get("__annotations__", {})
    }
    return [prop for prop in rna.properties if prop.identifier in names]


def _registered(package: str) -> Iterator[Text]:
    contexts = bpy.app.translations.contexts
    for cls, rna in own_operators(package):
        yield Text(rna.translation_context, rna.name, cls.bl_idname)
        yield Text(contexts.default, rna.description, cls.bl_idname)
        yield from _properties(own_properties(cls, rna, package), cls.bl_idname)
    for cls in own_classes(package, bpy.types.PropertyGroup, bpy.types.AddonPreferences):
        yield from _properties(own_properties(cls, cls.bl_rna, package), cls.__name__)
    for cls in own_classes(package, bpy.types.Panel, bpy.types.Menu):
        context = getattr(cls, "bl_translation_context", contexts.default)
        for text in (getattr(cls, "bl_category", ""), cls.bl_label):
            if text:
                yield Text(context, text, cls.__name__)
        if issubclass(cls, bpy.types.Menu) and cls.__doc__:
            yield Text(contexts.default, cls.__doc__, cls.__name__)
    for cls in bpy.types.WorkSpaceTool.__subclasses__():
        if cls.__module__.startswith(f"{package}."):
            yield Text(contexts.operator_default, cls.bl_label, cls.__name__)
            yield Text(contexts.default, cls.bl_description, cls.__name__)


def _properties(properties: list[bpy.types.Property], owner: str) -> Iterator[Text]:
    general = bpy.app.translations.contexts.default
    for prop in properties:
        source = f"{owner}.{prop.identifier}"
        # Groups are never drawn as such.
        is_group = prop.type == "POINTER" and prop.fixed_type.base == bpy.types.PropertyGroup.bl_rna
        if prop.is_hidden or is_group:
            continue
        yield Text(prop.translation_context or general, prop.name, source)
        if prop.description:
            yield Text(general, prop.description, source)
        for item in getattr(prop, "enum_items_static", ()):
            yield Text(prop.translation_context or general, item.name, f"{source}:{item.identifier}")
            if item.description:
                yield Text(general, item.description, f"{source}:{item.identifier}")


class _Plainly(ast.NodeTransformer):
    """Rewrites a source so that Blender's extractor sees what it would overlook.

    A constant's name becomes its text, a sentence that is put together becomes nothing, and our own functions that
    take texts become Blender's.
    """

    def __init__(self, constants: dict[str, str], passing: dict[str, set[int]]) -> None:
        self._constants = constants
        # Function: which of its arguments are texts.
        self._passing = passing

    def visit_Name(self, node: ast.Name) -> ast.AST:
        text = self._constants.get(node.id) if isinstance(node.ctx, ast.Load) else None
        return ast.Constant(text) if text is not None else node

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.AST:
        return ast.Name("put_together", ast.Load())

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        said = [node.args[i] for i in sorted(self._passing.get(name, ())) if i < len(node.args)]
        if not said:
            return node
        calls: list[ast.expr] = [ast.Call(ast.Name("pgettext_rpt", ast.Load()), [each], []) for each in said]
        return ast.Call(node.func, calls, [])


def _written(folder: Path) -> Iterator[Text]:
    """Texts in calls: of the layout, of reports and polls, and what goes through `pgettext_…`."""
    sources = sorted(path for part in DRAWN for path in _python(folder / part))
    trees = {path: ast.parse(path.read_text(encoding="utf-8")) for path in sources}
    shared = {name: text for tree in trees.values() for name, text in _constants(tree).items() if name[0] != "_"}
    passing: dict[str, set[int]] = {}
    for tree in trees.values():
        passing |= _passed_on(tree)
    options = settings.I18nSettings()
    for path, tree in trees.items():
        plain = ast.fix_missing_locations(_Plainly(shared | _constants(tree), passing).visit(tree))
        with tempfile.TemporaryDirectory() as scratch:
            copy = Path(scratch) / path.name
            copy.write_text(ast.unparse(plain), encoding="utf-8")
            found: dict[tuple[str, str], Any] = utils.I18nMessages(settings=options).msgs
            bl_extract_messages.dump_py_messages_from_files(
                found, bl_extract_messages._gen_reports(None), [str(copy)], options
            )
        for context, text in found:
            yield Text(context, text, path.relative_to(folder).as_posix())


def _on_objects(folder: Path) -> Iterator[Text]:
    """Tooltips of custom properties. They are saved with an object, and Blender translates them where it shows them."""
    from gid_blender.scene.controls import add_controls

    general = bpy.app.translations.contexts.default
    obj = bpy.data.objects.new("Controls", None)
    try:
        add_controls(obj, bands=_BANDS, period=1, start=0)
        for name in obj.keys():
            yield Text(general, obj.id_properties_ui(name).as_dict()["description"], name)
    finally:
        bpy.data.objects.remove(obj)
    for path in _python(folder / "scene"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "update":
                for given in node.keywords:
                    if given.arg == "description" and isinstance(given.value, ast.Constant):
                        yield Text(general, given.value.value, path.relative_to(folder).as_posix())


def _presets(folder: Path) -> Iterator[Text]:
    """Names of the presets that come along: those of files, which Blender's menu translates."""
    for path in sorted((folder / "presets").rglob("*.py")):
        name = bpy.path.display_name(path.name, title_case=False)
        yield Text(bpy.app.translations.contexts.default, name, path.relative_to(folder).as_posix())


def _said(folder: Path) -> Iterator[Text]:
    for template, source in of_code(folder):
        yield Text(bpy.app.translations.contexts.default, template, source, is_sentence=True)


def _python(path: Path) -> list[Path]:
    return list(path.rglob("*.py")) if path.is_dir() else [path]


def _passed_on(tree: ast.Module) -> dict[str, set[int]]:
    """Functions of a module that draw or translate what they are given: their names, and the places of those texts."""
    found: dict[str, set[int]] = {}
    for function in tree.body:
        if isinstance(function, ast.FunctionDef):
            places = {argument.arg: i for i, argument in enumerate(function.args.args)}
            calls = [node for node in ast.walk(function) if isinstance(node, ast.Call)]
            given = [keyword.value for call in calls for keyword in call.keywords if keyword.arg == "text"]
            given += [call.args[0] for call in calls if getattr(call.func, "id", "") in {"iface_", "rpt_", "said"}]
            texts = {places[node.id] for node in given if isinstance(node, ast.Name) and node.id in places}
            if texts:
                found[function.name] = texts
    return found


def _constants(tree: ast.Module) -> dict[str, str]:
    """Module-level texts in capitals, by their names."""
    return {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        for target in node.targets
        if isinstance(target, ast.Name) and target.id.isupper()
    }
