# SPDX-License-Identifier: GPL-3.0-or-later
"""Panels draw in every state: each property and operator that they name exists."""


def test_panels_draw_in_every_state(blender):
    def script():
        class Layout:
            """Stands in for a layout, which only a window has, and looks up what is asked of it."""

            drawn = 0

            def __getattr__(self, name):
                if name in {"row", "column", "box", "split", "grid_flow"}:
                    return lambda **_: Layout()
                assert name in bpy.types.UILayout.bl_rna.functions or name == "introspect", name
                return lambda *_, **__: None

            def prop(self, data, path, **_):
                if path.startswith("["):
                    assert path[2:-2] in data, path
                else:
                    assert path in data.bl_rna.properties, path
                Layout.drawn += 1

            def prop_search(self, data, path, other, names, **_):
                self.prop(data, path)
                self.prop(other, names)

            def operator(self, name, **_):
                owner, operator = name.split(".")
                rna = getattr(getattr(bpy.ops, owner), operator).get_rna_type()
                Layout.drawn += 1

                class Options:
                    def __setattr__(self, option, value):
                        assert option in rna.properties, (name, option)

                return Options()

            def menu(self, name, **_):
                assert hasattr(bpy.types, name), name

            def template_list(self, kind, _, data, path, active_data, active_path, **__):
                assert hasattr(bpy.types, kind), kind
                assert path in data.bl_rna.properties
                assert active_path in active_data.bl_rna.properties

        class Panel:
            layout = Layout()

        def draw_all():
            before = Layout.drawn
            for name in dir(bpy.types):
                cls = getattr(bpy.types, name)
                if name.startswith(("GID_PT_view3d", "GID_PT_object", "GID_MT")):
                    if not hasattr(cls, "poll") or cls.poll(bpy.context):
                        cls.draw(Panel(), context)
            assert Layout.drawn > before

        class Context:
            """The context of a 3D Viewport."""

            area = bpy.types.Area

            def __getattr__(self, name):
                return getattr(bpy.context, name)

        class Area:
            type = "VIEW_3D"

        context = Context()
        context.area = Area()

        draw_all()
        bpy.ops.gid.load_example("EXEC_DEFAULT")
        picture = bpy.context.object
        draw_all()
        bpy.ops.gid.mask_paint("EXEC_DEFAULT")
        draw_all()
        bpy.ops.gid.mask_done("EXEC_DEFAULT")
        group = picture.vertex_groups.new(name="mine")
        group.add(range(9), 1.0, "REPLACE")
        bpy.ops.gid.mask_from("EXEC_DEFAULT", source="VERTEX_GROUP", group="mine", combine=True)
        draw_all()
        bpy.data.images.remove(picture["gid_mask"])
        draw_all()
        splines = bpy.data.masks.new("drawn")
        picture["gid_mask_splines"] = splines
        draw_all()
        bpy.data.masks.remove(splines)
        draw_all()
        bpy.ops.gid.mask_remove("EXEC_DEFAULT")
        picture["gid_mask"] = new_picture("cut", 96, 64)
        assert bpy.ops.gid.split_layers("EXEC_DEFAULT", own_mask=True, background=False) == {"FINISHED"}
        assert module("scene").is_layer(bpy.context.object)
        draw_all()
        bpy.data.objects.remove(bpy.context.object)
        del picture["gid_mask"]
        picture.hide_viewport = picture.hide_render = False
        bpy.context.view_layer.objects.active = picture
        for kind in ("PULL", "POKE", "LOAD", "GUST", "WIND"):
            bpy.ops.gid.add_excitation("EXEC_DEFAULT", kind=kind)
            draw_all()
        bpy.ops.gid.bake("EXEC_DEFAULT")
        bpy.context.object.gid.excitation.strength = 2
        picture.gid.bake.use_range = True
        bpy.context.view_layer.update()
        bpy.context.view_layer.objects.active = picture
        assert module("ops.watching").is_stale(picture)
        draw_all()
        for name in ("gid_response", "gid_speed", "gid_time", "gid_stiffness", "gid_damping"):
            del picture[name]
        assert not module("scene").listens(picture)
        draw_all()
        assert bpy.ops.gid.upgrade_controls("EXEC_DEFAULT") == {"FINISHED"}
        bpy.ops.gid.convert_to_keyframes("EXEC_DEFAULT")
        draw_all()
        bpy.data.objects.remove(picture)
        draw_all()
        bpy.context.view_layer.objects.active = bpy.data.objects["Gust"]
        assert bpy.types.GID_PT_object_excitations.poll(bpy.context)
        draw_all()

    blender.run(script)


def test_all_that_an_object_has_is_in_its_properties_where_blenders_search_looks(blender):
    """The search field of the Properties editor goes through the panels of that editor, and no others."""

    def script():
        class Anything:
            def __getattr__(self, name):
                return lambda *_, **__: Anything()

        class Layout(Anything):
            """Stands in for a layout, which only a window has, and notes the paths that are drawn."""

            def prop(self, data, path, **_):
                drawn.add((data.bl_rna.identifier, path))

            def prop_search(self, data, path, *_, **__):
                self.prop(data, path)

            def operator(self, name, **_):
                operators.add(name)
                return Anything()

            def template_list(self, kind, *_, **__):
                # It draws them for each of its rows.
                for path in ("mute", "solo"):
                    drawn.add(("GID_PG_excitation", path))

            def __getattr__(self, name):
                if name in {"row", "column", "box", "split", "grid_flow"}:
                    return lambda **_: Layout()
                return super().__getattr__(name)

        class Panel:
            layout = Layout()

        def panels():
            found = [getattr(bpy.types, n) for n in dir(bpy.types) if n.startswith("GID_PT_object")]
            assert all(
                (p.bl_space_type, p.bl_region_type, p.bl_context) == ("PROPERTIES", "WINDOW", "object") for p in found
            )
            # Each stands below another one that is there.
            names = {p.bl_idname for p in found}
            assert [p.bl_idname for p in found if getattr(p, "bl_parent_id", "") not in names] == ["GID_PT_object"]
            return found

        def draw():
            for panel in panels():
                if not hasattr(panel, "poll") or panel.poll(bpy.context):
                    panel.draw(Panel(), bpy.context)

        drawn, operators = set(), set()
        draw()
        assert not drawn, "nothing is shown where there is no picture"
        obj = small_example()
        bpy.ops.gid.mask_from("EXEC_DEFAULT", source="IMAGE", image=obj["gid_image"].name)
        obj.gid.bake.use_range = True
        draw()
        controls = set(module("scene.controls").control_paths(len(obj.data.shape_keys.key_blocks) // 2))
        # That one is the bake's to write.
        missing = controls - {'["gid_time"]'} - {path for _, path in drawn}
        assert not missing, missing
        for path in ('["gid_mask"]', '["gid_mask_feather"]'):
            assert ("Object", path) in drawn, path
        for kind in ("WIND", "GUST", "POKE"):
            bpy.ops.gid.add_excitation("EXEC_DEFAULT", kind=kind)
            bpy.context.object.gid.excitation.use_range = True
            draw()
        assert bpy.context.object.type == "EMPTY", "an excitation has them in its properties too"
        for group in (obj.gid.bake, bpy.context.object.gid.excitation):
            rna = group.bl_rna
            named = {p.identifier for p in rna.properties} - {"rna_type", "name"}
            # What a bake keeps for itself.
            named -= {"fingerprint", "weights", "active"}
            missing = named - {path for kind, path in drawn if kind == rna.identifier}
            assert not missing, (rna.identifier, missing)
        assert {"gid.bake", "gid.mask_update", "gid.render_sequence"} <= operators

    blender.run(script)
