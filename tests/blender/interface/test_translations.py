# SPDX-License-Identifier: GPL-3.0-or-later
"""Every text of the extension is in every catalogue, and Blender gets the catalogues under the extension's name."""

import inspect
import re
import shutil
import subprocess
import textwrap
from pathlib import Path

import bpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

import gid_blender
from gid_blender import translations
from gid_blender.translations import po
from scripts.interface_texts import of_interface
from scripts.translations import entry, missing, obsolete

ROOT = Path(gid_blender.__file__).resolve().parent
LANGUAGES = sorted(path.stem for path in translations.FOLDER.glob("*.po"))
ADVICE = "run .venv/bpy52/bin/python -m scripts.translations and see docs/translating.md"


@pytest.fixture(scope="module")
def texts():
    return of_interface("gid_blender", ROOT)


def entries(language):
    return po.read_po(translations.FOLDER / f"{language}.po")


def test_there_is_a_second_language():
    assert "de_DE" in LANGUAGES


def test_what_is_looked_for_is_found(texts):
    """One text of each kind, so that an empty search is not taken for a complete catalogue."""
    found = {(text.context, text.text) for text in texts}
    assert {
        ("Operator", "Load Example"),
        ("*", "Add a picture of a flower that sways, with its live controls; needs no worker"),
        ("*", "Pin Border"),
        ("*", "Lossless, with alpha"),
        ("*", "Equaliser"),
        ("*", "Image Dynamics"),
        ("Operator", "Touch Picture"),
        ("*", "Go to Object Mode"),
        ("*", "Mean Offset"),
        ("*", "The worker is set up."),
        ("*", "Something was edited that this bake depends on."),
        ("*", "“{name}” has no size."),
        ("*", "Length of one loop in frames; longer is slower"),
        ("*", "Swap what moves and what is pinned"),
        ("*", "Gentle Breeze"),
    } <= found
    assert len(found) > 400


@pytest.mark.parametrize("language", LANGUAGES)
class TestCatalogue:
    def test_nothing_is_missing(self, language, texts):
        assert not missing(texts, entries(language)), ADVICE

    def test_nothing_is_left_over(self, language, texts):
        assert not obsolete(texts, entries(language)), ADVICE

    def test_what_is_put_in_later_stays_in_place(self, language):
        for (_, text), said in entries(language).items():
            assert set(re.findall(r"\{.*?\}", text)) == set(re.findall(r"\{.*?\}", said)), text
            assert text.count("\n") == said.count("\n"), text

    def test_sentences_end_as_the_english_ones_do(self, language):
        """Blender adds the full stop to a tooltip; to nothing else."""
        for (_, text), said in entries(language).items():
            assert text.endswith((".", "…")) == said.endswith((".", "…")), text
            assert said == said.strip(), text

    def test_tooltips_and_labels_begin_with_a_capital(self, language):
        """Except what does not in English either: words within a sentence, and names such as glTF."""
        assert not [said for (_, text), said in entries(language).items() if said[0].islower() and text[0].isupper()]

    def test_blender_finds_an_operators_text_that_was_translated_once(self, language):
        known = translations.catalogue(translations.FOLDER / f"{language}.po")
        # A button's text is looked up among the operators', where the panel of the same name is not.
        assert known["Operator", "Equaliser"] == known["*", "Equaliser"]


class TestBlender:
    @pytest.mark.skipif(
        not (bpy.app.build_options.international or shutil.which("blender")),
        reason="Blender as a module speaks English only, and there is no other Blender in the PATH",
    )
    def test_a_blender_that_speaks_german_says_it_in_german(self, tmp_path):
        def script():
            import gid_blender
            from gid_blender import translations

            gid_blender.register()
            say = bpy.app.translations.pgettext_iface
            view = bpy.context.preferences.view
            view.use_translate_interface = view.use_translate_tooltips = True
            own = [text for text in translations.catalogues()["de_DE"].items() if text[0][1] != text[1]]
            bake, seed = bpy.ops.gid.bake.get_rna_type(), bpy.context.scene.gid.bl_rna.properties["pin_border"]

            view.language = "en_US"
            assert all(say(text, context) == text for (context, text), _ in own)

            view.language = "de_DE"
            # Blender's own translation of a word that it has goes first, also where that is the English word.
            heard = [(text, said, say(text, context)) for (context, text), said in own]
            english = [text for text, _, got in heard if got == text]
            assert len(english) < 0.02 * len(heard), english
            assert sum(said == got for _, said, got in heard) > 0.8 * len(heard)
            assert say(bake.name, bake.translation_context) == "Anregungen backen"
            assert say(bake.description).startswith("Berechnen, wie")
            assert say(seed.name, seed.translation_context) == "Rand festhalten"
            assert say(bpy.types.GID_PT_view3d_equaliser.bl_label) == "Equalizer"

            view.use_translate_reports = True
            refused = ""
            try:
                bpy.ops.gid.open_picture(filepath="/nowhere/a. b.png")
            except RuntimeError as error:
                refused = str(error)
            assert "„/nowhere/a. b.png“ lässt sich nicht öffnen: Datei oder Verzeichnis nicht gefunden." in refused
            # Blender looks the tooltips of custom properties up as all others.
            bpy.ops.gid.load_example()
            tip = bpy.context.object.id_properties_ui("gid_period").as_dict()["description"]
            assert bpy.app.translations.pgettext_tip(tip).startswith("Länge einer Schleife in Einzelbildern")
            assert say(bpy.path.display_name("Gentle_Breeze.py", title_case=False)) == "Sanfte Brise"

            # Under that name already; and not any more, once the extension is off.
            try:
                bpy.app.translations.register("gid_blender", {})
            except ValueError:
                gid_blender.unregister()
            assert say("Bake Excitations", "Operator") == "Bake Excitations"
            bpy.app.translations.register("gid_blender", {})
            print("HEARD")

        shutil.copytree(ROOT, tmp_path / "gid_blender", ignore=shutil.ignore_patterns("__pycache__"))
        source = textwrap.dedent(inspect.getsource(script))
        source = f"import bpy, sys\nsys.path.insert(0, {str(tmp_path)!r})\n{source}\nscript()\n"
        (tmp_path / "script.py").write_text(source, encoding="utf-8")
        command = [shutil.which("blender"), "-b", "--factory-startup", "--python", str(tmp_path / "script.py")]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        assert "HEARD" in done.stdout, done.stdout + done.stderr


class TestPo:
    @given(st.dictionaries(st.tuples(st.sampled_from(["", "Operator"]), st.text(min_size=1)), st.text(min_size=1)))
    def test_what_is_written_is_read(self, entries):
        text = "\n".join(entry(key, said, "somewhere") for key, said in entries.items())
        assert po.parse_po(text) == entries

    def test_what_is_fuzzy_empty_or_commented_out_is_no_translation(self):
        assert (
            po.parse_po('#, fuzzy\nmsgid "a"\nmsgstr "b"\n\nmsgid "c"\nmsgstr ""\n\n#~ msgid "d"\n#~ msgstr "e"\n')
            == {}
        )

    def test_lines_that_programs_break_are_joined(self):
        assert po.parse_po('msgid ""\n"a "\n"b"\nmsgstr ""\n"c "\n"d"\n') == {("", "a b"): "c d"}

    @pytest.mark.parametrize(
        ("text", "complaint"),
        [
            ('msgid "a"\n', "lacks its msgid or its msgstr"),
            ('msgid "a"\nmsgstr "b"\n\nmsgid "a"\nmsgstr "c"\n', "a second time"),
            ('msgid "a\nmsgstr "b"\n', "line 1 is no line"),
            ("<html>\n", "line 1 is no line"),
            ('"a"\n', "line 1 is no line"),
        ],
    )
    def test_what_is_none_is_refused_with_its_line(self, text, complaint):
        with pytest.raises(po.PoError, match=complaint):
            po.parse_po(text, "de_DE.po")
