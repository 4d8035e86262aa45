# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys are listed and go when the extension goes; what a key does at the moment stands in the status bar."""

import inspect
import sys

import bpy
import pytest
from bl_ui.space_statusbar import STATUSBAR_HT_header

import gid_blender
from gid_blender.motion.hand import Phase
from gid_blender.ops import status_bar, touch
from gid_blender.preferences import GID_AP_preferences
from gid_blender.ui import keymap, preferences_panel
from scripts.interface_texts import own_operators

ICONS = set(bpy.types.UILayout.bl_rna.functions["label"].parameters["icon"].enum_items.keys())


def ours(configuration):
    return {
        (keys.name, item.idname)
        for keys in configuration.keymaps
        for item in keys.keymap_items
        if item.idname.startswith("gid.")
    }


class TestKeymap:
    @pytest.fixture
    def configurations(self):
        found = bpy.context.window_manager.keyconfigs
        found.update()
        return found

    def test_the_preferences_list_every_key_that_there_is(self, configurations):
        listed = {(keys.name, item.idname) for keys, item in keymap.user_keys(configurations.user)}
        assert listed == ours(configurations.addon)

    def test_a_key_that_the_user_has_changed_is_still_listed(self, configurations):
        _, item = keymap.user_keys(configurations.user)[0]
        item.type = "F13"
        try:
            assert ("Window", "gid.cancel") in {(k.name, i.idname) for k, i in keymap.user_keys(configurations.user)}
        finally:
            item.type = "ESC"

    def test_each_can_be_drawn_and_edited(self, configurations):
        """By Blender's own drawing of a key, in a layout that looks up what is asked of it."""

        class Layout:
            drawn = []

            def __getattr__(self, name):
                if name in {"row", "column", "box", "split"}:
                    return lambda **_: self
                assert name in bpy.types.UILayout.bl_rna.functions, name
                return lambda *_, **__: self

            def prop(self, data, name, **_):
                assert name in data.bl_rna.properties
                self.drawn.append((data.idname if hasattr(data, "idname") else data.name, name))

        # Drawing asks for the width of the region that it is in.
        window = bpy.context.window_manager.windows[0]
        area = window.screen.areas[0]
        with bpy.context.temp_override(window=window, area=area, region=area.regions[-1]):
            if not bpy.context.region.width:
                pytest.skip("a region without a window has no width")
            keymap.draw_keys(Layout(), bpy.context)
        assert {name for name, shown in Layout.drawn if shown == "active"} == {"gid.cancel", "gid.touch"}

    def test_the_preferences_show_them_below_the_worker(self, configurations):
        class Layout:
            shown = []

            def panel(self, name, **_):
                self.shown.append(name)
                # Closed: what is in it has its own test.
                return self, None

            def prop(self, data, name, **_):
                assert name in data.bl_rna.properties
                self.shown.append(name)

            def __getattr__(self, name):
                if name in {"row", "column", "box", "split"}:
                    return lambda **_: self
                assert name in bpy.types.UILayout.bl_rna.functions, name
                return lambda *_, **__: self

        preferences_panel.draw_preferences(GID_AP_preferences, Layout(), bpy.context)
        assert Layout.shown == ["setup_python", "worker_command", "weights", "gid_keymap"]

    def test_switched_off_nothing_is_left_of_them(self, configurations):
        gid_blender.unregister()
        try:
            configurations.update()
            assert not ours(configurations.addon)
            # Blender itself keeps the keymaps of tools that were there once.
            assert ("Window", "gid.cancel") not in ours(configurations.user)
        finally:
            gid_blender.register()


class TestStatusBar:
    @pytest.fixture
    def bar(self):
        yield
        status_bar.hide(bpy.context)

    def shown(self):
        labels = []

        class Layout:
            def row(self, **_):
                return self

            def label(self, *, text, icon):
                assert icon in ICONS
                labels.append((icon, text))

        class Header:
            layout = Layout()

        STATUSBAR_HT_header.draw(Header(), bpy.context)
        return labels

    def test_hints_come_with_the_pictures_of_their_keys(self, bar):
        status_bar.show(bpy.context, [(["EVENT_ESC", "MOUSE_RMB"], "Put Back")])
        assert self.shown() == [("EVENT_ESC", ""), ("MOUSE_RMB", "Put Back")]

    def test_afterwards_it_shows_what_it_usually_shows(self, bar):
        usual = STATUSBAR_HT_header.draw
        status_bar.show(bpy.context, [(["EVENT_ESC"], "Put Back")])
        assert STATUSBAR_HT_header.draw is not usual
        status_bar.hide(bpy.context)
        assert STATUSBAR_HT_header.draw is usual

    @pytest.mark.parametrize("phase", [Phase.HELD, Phase.RINGING])
    def test_a_hand_is_told_what_it_can_do(self, bar, phase):
        status_bar.show(bpy.context, touch._HINTS[phase])
        texts = {text for _, text in self.shown()} - {""}
        assert "Put Back" in texts
        assert ("Let Go" in texts) == (phase is Phase.HELD)

    def test_every_operator_that_goes_on_for_a_while_says_so_there(self):
        modal = [cls for cls, _ in own_operators("gid_blender") if hasattr(cls, "modal")]
        assert touch.GID_OT_touch in modal
        for cls in modal:
            assert "status_bar" in inspect.getsource(sys.modules[cls.__module__]), cls
