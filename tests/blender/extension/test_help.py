# SPDX-License-Identifier: GPL-3.0-or-later
"""Help without a network: the button of each panel, and F1 over each button and field, open a page that is there."""


def test_each_panel_has_a_button_for_a_place_that_exists(blender):
    def script():
        help = module("ops.help")
        asked = {}

        class Layout:
            def row(self, **_):
                return self

            def popover(self, panel, **_):
                assert hasattr(bpy.types, panel), panel

            def operator(self, name, **_):
                assert name == "gid.help"
                return options

        class Options:
            pass

        class Panel:
            layout = Layout()

        for name in dir(bpy.types):
            if name.startswith(("GID_PT_view3d_", "GID_PT_image_", "GID_PT_object_")):
                options = Options()
                getattr(bpy.types, name).draw_header_preset(Panel(), bpy.context)
                asked[name] = options.topic
        assert len(asked) > 10
        assert not set(asked.values()) - set(help.TOPICS), "a panel without its row in TOPICS (ops/help.py)"
        for address in [*help.TOPICS.values(), *(place for _, place in help.manual_map()[1])]:
            page, _, place = address.partition("#")
            text = (help.FOLDER / page).read_text(encoding="utf-8")
            assert not place or f'id="{place}"' in text, address

    blender.run(script)


def test_the_button_opens_the_page_in_a_browser(blender, tmp_path):
    """With a browser of our own, which writes down what it is asked for."""
    browser = tmp_path / "browser.py"
    opened = tmp_path / "opened.txt"
    browser.write_text(f"import sys\nopen({str(opened)!r}, 'w').write(sys.argv[1])\n", encoding="utf-8")

    def script(browser, opened):
        import webbrowser
        from pathlib import Path

        webbrowser.register("ours", None, webbrowser.GenericBrowser([sys.executable, browser, "%s"]), preferred=True)
        assert bpy.ops.gid.help(topic="bake") == {"FINISHED"}
        address = Path(opened).read_text()
        assert address.startswith("file:///")
        assert address.endswith("/gid_blender/help/manual.html#pull-poke-and-blow-on-it")
        assert bpy.ops.gid.help() == {"FINISHED"}
        assert Path(opened).read_text().endswith("/help/manual.html")

    blender.run(script, browser=str(browser), opened=str(opened))


def test_f1_finds_a_page_for_every_operator_and_field(blender):
    def script():
        from bl_operators.wm import WM_OT_doc_view_manual

        def page(name):
            return WM_OT_doc_view_manual._lookup_rna_url(name, verbose=False) or ""

        names = [f"bpy.ops.gid.{name}" for name in dir(bpy.ops.gid)]
        for kind in (bpy.types.PropertyGroup, bpy.types.AddonPreferences):
            for cls in kind.__subclasses__():
                if cls.__name__.startswith("GID_") and cls.is_registered:
                    names += [f"bpy.types.{cls.__name__}.{p.identifier}" for p in cls.bl_rna.properties[1:]]
        assert len(names) > 100
        assert not [name for name in names if "/gid_blender/help/" not in page(name)]
        assert page("bpy.ops.gid.bake").endswith("#pull-poke-and-blow-on-it")
        assert page("bpy.types.GID_PG_settings.movie_start").endswith("/from-video.html")
        assert "/help/" not in page("bpy.types.Object.location")

    blender.run(script)


def test_switched_off_f1_knows_nothing_of_it(lone_blender):
    def script():
        from bl_operators.wm import WM_OT_doc_view_manual

        bpy.ops.preferences.addon_disable(module=PACKAGE)
        found = WM_OT_doc_view_manual._lookup_rna_url("bpy.ops.gid.bake", verbose=False) or ""
        assert "/gid_blender/" not in found

    lone_blender.run_alone(script)
