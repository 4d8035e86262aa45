# SPDX-License-Identifier: GPL-3.0-or-later
"""English sentences, recognised by their templates and said in another language; and how the templates are found."""

import ast
import re
from pathlib import Path

import pytest

import gid_blender
from gid_blender import translations
from gid_blender.translations import po, sentences
from gid_blender.translations.sentences import said
from scripts.interface_texts import Text
from scripts.sentences import of_code, worker_modules
from scripts.translations import missing, obsolete, written

PACKAGE = Path(gid_blender.__file__).resolve().parent
LANGUAGES = sorted(path.stem for path in translations.FOLDER.glob("*.po"))

GERMAN = {
    "“{name}” has no size.": "„{name}“ hat keine Ausdehnung.",
    "Give it a scale.": "Eine Skalierung geben.",
    "“{name}” has no vertex group “{group}”.": "Keine Punktgruppe „{group}“ hat „{name}“.",
    "“{name}” cannot be baked: {error}": "„{name}“ lässt sich nicht backen: {error}",
    "Cannot open “{path}”: {reason}.": "„{path}“ lässt sich nicht öffnen: {reason}.",
    "No space left on device": "Kein Platz mehr",
    "“{name}” is linked from {library}.": "„{name}“ ist aus {library} verknüpft.",
    "Edit it there.": "Dort bearbeiten.",
    "{count} frames are too many.": "{count} Einzelbilder sind zu viele.",
    "Wind": "Wehen",
}


@pytest.fixture(autouse=True)
def only_these():
    sentences.use(GERMAN)
    yield
    sentences.use(())


def german(text):
    return GERMAN.get(text, text)


class TestRecognition:
    @pytest.mark.parametrize(
        ("english", "expected"),
        [
            ("“Cube” has no size.", "„Cube“ hat keine Ausdehnung."),
            ("“Cube” has no size. Give it a scale.", "„Cube“ hat keine Ausdehnung. Eine Skalierung geben."),
            ("120000 frames are too many.", "120000 Einzelbilder sind zu viele."),
            ("“Oak” has no vertex group “Leaves”.", "Keine Punktgruppe „Leaves“ hat „Oak“."),
            (
                "“Oak” cannot be baked: “Wind” has no size.",
                "„Oak“ lässt sich nicht backen: „Wind“ hat keine Ausdehnung.",
            ),
            (
                "Cannot open “/mnt/a. b”: No space left on device.",
                "„/mnt/a. b“ lässt sich nicht öffnen: Kein Platz mehr.",
            ),
        ],
    )
    def test_a_sentence_is_said_by_its_template(self, english, expected):
        assert said(english, german) == expected

    def test_a_hint_is_not_taken_for_a_part_of_what_was_put_in(self):
        """The template of the first sentence alone would explain all of it, with a library of that long name."""
        assert said("“Oak” is linked from //oak.blend. Edit it there.", german) == (
            "„Oak“ ist aus //oak.blend verknüpft. Dort bearbeiten."
        )

    def test_a_name_that_somebody_has_given_is_no_word_of_ours(self):
        assert said("“Wind” has no size.", german) == "„Wind“ hat keine Ausdehnung."

    @pytest.mark.parametrize("name", ["Tree. Left", "a” b", "“Oak” has no size.", "{name}", "{0}", "50 %s", "\n", "木"])
    def test_names_are_anything(self, name):
        assert said(f"“{name}” has no size.", german) == f"„{name}“ hat keine Ausdehnung."

    @pytest.mark.parametrize(
        "text", ["", "Something else.", "“Cube” has no size. Something else.", "Cube has no size.", "“{name}” has"]
    )
    def test_what_is_not_known_as_a_whole_stays_as_it_was(self, text):
        """A German hint behind an English sentence is worse than English alone."""
        assert said(text, german) == text

    def test_english_stays_the_same_to_the_letter(self):
        text = "“Oak” cannot be baked: “Wind” has no size. Give it a scale."
        assert said(text, lambda template: template) == text

    def test_a_translation_that_lacks_a_name_or_has_one_too_many_loses_nothing_else(self):
        odd = {"“{name}” has no size.": "{nobody} hat keine Ausdehnung."}
        assert said("“Oak” has no size.", odd.get) == "{nobody} hat keine Ausdehnung."

    def test_a_hostile_worker_cannot_make_us_search_for_long(self):
        """Not timed: what is longer than anybody reads is not searched at all."""
        text = "“a” has no vertex group " * 5000
        assert said(text, german) == text
        assert sentences._reading.cache_info().currsize == 0


@pytest.mark.parametrize("language", LANGUAGES)
class TestCatalogue:
    # As they come: a Blender name, a path, numbers, the shape of an array, another sentence.
    VALUES = ("Oak.001", "/tmp/a b/c.png", "12.5", "(3, 2)", "-1", "Tree (left)", "No such file or directory")

    def test_every_template_is_recognised_with_whatever_is_put_in(self, language):
        known = translations.catalogue(translations.FOLDER / f"{language}.po")
        sentences.use(text for _, text in known)
        lost = []
        for template in {text for context, text in known if context == "*" and "{" in text}:
            names = list(dict.fromkeys(re.findall(r"\{(\w+)\}", template)))
            for first in range(len(self.VALUES)):
                values = {name: self.VALUES[(first + i) % len(self.VALUES)] for i, name in enumerate(names)}
                english = template.format(**values)
                if said(english, lambda text: text) != english or sentences._reading(english) is None:
                    lost.append(english)
                pieces = sentences._reading(english) or ()
                # Another template may explain the same text, in as many words: “{path}” for “{target}”.
                if sum(piece.weight for piece in pieces) < len(sentences.shape(template).replace("{}", "")):
                    lost.append(f"{template} ← {english}")
        assert not lost


class TestWhereTheyAreFound:
    def test_one_of_each_kind_is_found(self):
        found = {template for template, _ in of_code(PACKAGE)}
        assert {
            # What scene, motion, setup and the worker's client refuse,
            "“{name}” has no size.",
            "A spectrum holds complex numbers, not {dtype}.",
            "Another Blender is setting up the worker; wait until it is done.",
            "No worker was found.",
            # a condition within a sentence is two sentences,
            "No layer lies in front of “{name}”.",
            "No layer lies behind “{name}”.",
            # and so is a name that was given one of two texts,
            "Baked 1 excitation, frames {first} to {last}.",
            "Baked {count} excitations, frames {first} to {last}.",
            # what is reported, also without a full stop,
            "{added} added to the queue",
            # and what the worker says over the wire.
            "There is too little memory for this request.",
            "The worker knows no method “{method}”.",
        } <= found

    def test_docstrings_mistakes_in_programs_and_logs_are_no_sentences(self):
        found = {template for template, _ in of_code(PACKAGE)}
        assert not {text for text in found if "%s" in text or "One failed action" in text}
        assert "A step takes 0 seconds or more." not in found

    def test_the_worker_is_followed_into_its_functions_and_not_into_its_commands(self):
        names = {path.name for path in worker_modules(PACKAGE.parent / "backend/gid_backend")}
        assert {"server.py", "engine.py", "predictor.py", "renderer.py", "extract.py"} <= names
        assert "cli.py" not in names


class TestRenaming:
    """A sentence is known by its shape: who renames a variable in the code touches no catalogue."""

    ENTRIES = {("", "“{name}” has no size."): "„{name}“ hat keine Ausdehnung."}
    RENAMED = Text("*", "“{target}” has no size.", "scene/mesh.py", is_sentence=True)

    def test_its_translation_is_neither_missing_nor_left_over(self):
        assert not missing([self.RENAMED], self.ENTRIES)
        assert not obsolete([self.RENAMED], self.ENTRIES)

    def test_its_translation_stays_in_the_file(self):
        assert po.parse_po(written("de_DE", [self.RENAMED], self.ENTRIES)) == self.ENTRIES

    def test_a_text_that_is_looked_up_by_name_is_another_one(self):
        looked_up = self.RENAMED._replace(is_sentence=False)
        assert missing([looked_up], self.ENTRIES) == [looked_up]


class TestReports:
    def test_whatever_is_reported_goes_through_the_dictionary(self):
        """A literal is Blender's to translate; everything else has lost its template and needs `said`."""
        wrong = []
        for path in [*(PACKAGE / "ops").rglob("*.py"), *(PACKAGE / "ui").rglob("*.py")]:
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in {"report", "poll_message_set"}:
                    text = node.args[-1]
                    is_said = isinstance(text, ast.Call) and getattr(text.func, "id", "") == "said"
                    is_constant = isinstance(text, ast.Name) and text.id.isupper()
                    if not (isinstance(text, ast.Constant) or is_said or is_constant):
                        wrong.append(f"{path.relative_to(PACKAGE)}:{node.lineno}")
        assert not wrong
