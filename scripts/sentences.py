# SPDX-License-Identifier: GPL-3.0-or-later
"""The sentences that the code says when something goes wrong or well: what raises, remarks and reports.

They are plain f-strings where they are said, in packages that know nothing of languages. Here the source is read, and
each becomes the template that it is: `f"“{obj.name}” has no size."` is “{name}” has no size. In Blender,
`gid_blender.translations.sentences` recognises a sentence by that template.
"""

from __future__ import annotations

import ast
import builtins
import itertools
from collections.abc import Iterator
from pathlib import Path

from gid_blender.translations.sentences import shape

__all__ = ["of_code", "worker_modules"]

# What is said inside of Blender.
FOLDERS = ("scene", "motion", "worker", "setup", "ops")
# Functions and classes whose texts are sentences, also where they have no full stop.
_SAYING = {"report", "said", "tell", "_show_all", "Problem", "Failure"}
# Blanks in what begins with a small letter, at least.
_MANY = 5
# More alternatives in one f-string than this are no sentence.
_MOST_VARIANTS = 16


def of_code(package: Path) -> Iterator[tuple[str, str]]:
    """(template, file) of every sentence, each shape once: of the extension, then of the worker.

    Args:
        package: the folder of `gid_blender`; the worker lies beside it, in `backend/gid_backend`.
    """
    seen: set[str] = set()
    own = [path for folder in FOLDERS for path in sorted((package / folder).rglob("*.py"))]
    for path in [*own, *worker_modules(package.parent / "backend" / "gid_backend")]:
        for template in _of_module(ast.parse(path.read_text(encoding="utf-8"))):
            if shape(template) not in seen:
                seen.add(shape(template))
                yield template, path.relative_to(package.parent).as_posix().removeprefix("gid_blender/")


def worker_modules(folder: Path) -> list[Path]:
    """The worker's own modules that its process imports, in the middle of functions too; its commands are not among."""
    found: set[Path] = set()
    waiting = [folder / "server.py"]
    while waiting:
        path = waiting.pop()
        if path not in found and path.is_file():
            found.add(path)
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.ImportFrom) and node.level:
                    home = path.parents[node.level - 1].joinpath(*(node.module or "").split("."))
                    places = [home, *(home / name.name for name in node.names)]
                    waiting += [each for place in places for each in (place.with_suffix(".py"), place / "__init__.py")]
    return sorted(found)


def _of_module(tree: ast.Module) -> Iterator[str]:
    ignored, said, marked = _documentation(tree), set(), set()
    known = _texts_of_names(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            ignored |= {id(part) for value in node.values for part in ast.walk(value)}
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            texts = [text for each in (*node.args, *(k.value for k in node.keywords)) for text in _alternatives(each)]
            if name in _SAYING or (name.endswith("Error") and not _is_defect(name)):
                said |= {id(text) for text in texts}
            if name == "n_":
                marked |= {id(text) for text in texts}
            if _is_defect(name) or name in {"debug", "info", "warning", "error", "print"}:
                ignored |= {id(part) for text in texts for part in ast.walk(text)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant | ast.JoinedStr) and id(node) not in ignored:
            for text in _templates(node, known.get(id(node), {})):
                is_said = id(node) in said and " " in text and _has_words(text)
                if is_said or id(node) in marked or _is_sentence(text):
                    yield text.strip()


def _texts_of_names(tree: ast.Module) -> dict[int, dict[str, list[ast.expr]]]:
    """For each f-string, the names of its function that stand for texts of the same function, and those texts."""
    found: dict[int, dict[str, list[ast.expr]]] = {}
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef):
            given: dict[str, list[ast.expr]] = {}
            for node in ast.walk(function):
                if isinstance(node, ast.Assign):
                    for target in node.targets:
                        if isinstance(target, ast.Name):
                            given.setdefault(target.id, []).extend(_alternatives(node.value))
            texts = {name: values for name, values in given.items() if all(map(_is_text, values))}
            found |= {id(node): texts for node in ast.walk(function) if isinstance(node, ast.JoinedStr)}
    return found


def _documentation(tree: ast.Module) -> set[int]:
    """Texts that stand by themselves: docstrings."""
    return {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}


def _is_defect(name: str) -> bool:
    """Whether an exception of that name is one of Python's that no operator expects: a mistake of who programs."""
    kind = getattr(builtins, name, None)
    return isinstance(kind, type) and issubclass(kind, Exception) and not issubclass(kind, OSError)


def _is_sentence(text: str) -> bool:
    text = text.strip()
    # What begins with a small letter is a part of a sentence, unless it goes on for long: a name such as glTF.
    begins = text[:1].isupper() or text[:1] in {"“", "{"} or text.count(" ") >= _MANY
    # One word, as in “Cancelled.”; else, without a blank, it is a path of Blender's or a name.
    is_said = " " in text or text[:-1].isalpha()
    return begins and text.endswith(".") and is_said and _has_words(text)


def _has_words(text: str) -> bool:
    """Whether there is something of its own by which it is recognised: words, or a name in quotation marks."""
    return any(c.isalpha() or c == "“" for c in shape(text))


def _alternatives(node: ast.expr) -> list[ast.expr]:
    """What an expression may be: both sides of a condition."""
    if isinstance(node, ast.IfExp):
        return [*_alternatives(node.body), *_alternatives(node.orelse)]
    return [node]


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def _templates(node: ast.expr, known: dict[str, list[ast.expr]]) -> list[str]:
    """A text as templates: one, or one for each text that may stand in its braces."""
    if isinstance(node, ast.Constant):
        return [node.value] if isinstance(node.value, str) and "{" not in node.value else []
    names: dict[str, str] = {}
    variants = list(itertools.islice(itertools.product(*_parts(node, known, names)), _MOST_VARIANTS + 1))
    return ["".join(variant) for variant in variants] if len(variants) <= _MOST_VARIANTS else []


def _parts(node: ast.expr, known: dict[str, list[ast.expr]], names: dict[str, str]) -> list[list[str]]:
    """What may stand in each place of a text, one place after the other."""
    if isinstance(node, ast.Constant):
        return [[node.value]]
    assert isinstance(node, ast.JoinedStr)
    parts: list[list[str]] = []
    for value in node.values:
        if isinstance(value, ast.Constant):
            parts.append([value.value])
            continue
        assert isinstance(value, ast.FormattedValue)
        inner = value.value
        sides = known.get(inner.id, [inner]) if isinstance(inner, ast.Name) else _alternatives(inner)
        if any(map(_is_text, sides)):
            parts.append([t for side in sides for t in _side(side, value, known, names)])
        else:
            parts.append(["{" + _named(value, names) + "}"])
    return parts


def _side(
    side: ast.expr, value: ast.FormattedValue, known: dict[str, list[ast.expr]], names: dict[str, str]
) -> list[str]:
    if not _is_text(side):
        return ["{" + _named(ast.FormattedValue(side, value.conversion, value.format_spec), names) + "}"]
    return ["".join(each) for each in itertools.product(*_parts(side, known, names))]


def _named(value: ast.FormattedValue, names: dict[str, str]) -> str:
    """The name of a placeholder: the last word of the expression, numbered when another one has that already."""
    # The same value in another format is another text.
    written = ast.unparse(ast.JoinedStr([value]))
    if written not in names:
        word = _word(value.value)
        taken = sum(name.rstrip("0123456789") == word for name in names.values())
        names[written] = f"{word}{taken + 1}" if taken else word
    return names[written]


def _word(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name):
            return name.strip("_").lower().rstrip("0123456789") or "value"
        case ast.Attribute(attr=name):
            return name.strip("_").lower().rstrip("0123456789") or "value"
        case ast.Call(args=[first, *_]):
            return _word(first)
        case ast.Call(func=function):
            return _word(function.value if isinstance(function, ast.Attribute) else function)
        case ast.Subscript(value=inner):
            return _word(inner)
        case ast.BoolOp(values=[first, *_]):
            return _word(first)
        case ast.BinOp(left=left, right=right):
            return _word(left if not isinstance(left, ast.Constant) else right)
        case _:
            return "value"
