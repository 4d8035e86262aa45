# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs inside the windowed Blender: does what `drive.py` writes into a file, one step at a time.

blender --factory-startup --python tests/gui/inside.py -- FOLDER ZIP WORKER_COMMAND
"""

import importlib
import json
import sys
import traceback
from pathlib import Path

import bpy

FOLDER, ZIP, WORKER = sys.argv[sys.argv.index("--") + 1 :]
FOLDER = Path(FOLDER)
PACKAGE = "bl_ext.user_default.image_dynamics"


def session():
    return importlib.import_module(f"{PACKAGE}.gid_blender.ops.session").session


REMOVED = []


def areas(kind):
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == kind:
                yield window, area, next(r for r in area.regions if r.type == "WINDOW")


def install():
    bpy.context.preferences.view.show_splash = False
    # Drawn without a graphics card, it would only tell that.
    bpy.context.preferences.view.show_playback_fps = False
    bpy.context.preferences.system.use_online_access = True
    bpy.ops.extensions.package_install_files(repo="user_default", filepath=ZIP, enable_on_install=True)
    bpy.context.preferences.addons[PACKAGE].preferences.worker_command = WORKER


def sidebar(kind="VIEW_3D"):
    """Open the sidebar; returns where it is (x, y from the top, width, height) and which tab is open."""
    window, area, _ = next(areas(kind))
    area.spaces.active.show_region_ui = True
    region = next(r for r in area.regions if r.type == "UI")
    area.tag_redraw()
    top = window.height - region.y - region.height
    return [region.x, top, region.width, region.height], region.active_panel_category


def image_editor():
    """Turn the Dope Sheet below the viewport into an Image Editor, as tall as a sidebar needs."""
    _, area, _ = next(areas("VIEW_3D"))
    area.ui_type = "IMAGE_EDITOR"


def view_3d():
    _, area, _ = next(areas("IMAGE_EDITOR"))
    area.ui_type = "VIEW_3D"


def show_picture(path):
    image = bpy.data.images.load(path, check_existing=True)
    for _, area, region in areas("IMAGE_EDITOR"):
        area.spaces.active.image = image
        with bpy.context.temp_override(area=area, region=region):
            bpy.ops.image.view_all(fit_view=True)


def choose_picture(path):
    bpy.context.scene.gid.image = bpy.data.images.load(path, check_existing=True)


def settings(**values):
    for name, value in values.items():
        setattr(bpy.context.scene.gid, name, set(value) if isinstance(value, list) else value)


def press(operator, editor="VIEW_3D", **options):
    """Call an operator as its button does."""
    window, area, region = next(areas(editor))
    with bpy.context.temp_override(window=window, area=area, region=region):
        module, name = operator.split(".")
        print(operator, getattr(getattr(bpy.ops, module), name)("INVOKE_DEFAULT", True, **options))


def pause():
    """Stop the playback: without a graphics card it takes all the time there is."""
    for window in bpy.context.window_manager.windows:
        if window.screen.is_animation_playing:
            with bpy.context.temp_override(window=window):
                bpy.ops.screen.animation_cancel(restore_frame=False)


def control(name, value):
    """Set a live control of the active motion object."""
    bpy.context.object[name] = value


def go_to(frame):
    bpy.context.scene.frame_set(frame)


def only(names):
    """Leave those panels of ours alone in the sidebar; [] brings all back."""
    # In the order in which they stood, parents before their children.
    for cls in sorted(REMOVED, key=lambda c: hasattr(c, "bl_parent_id")):
        bpy.utils.register_class(cls)
    REMOVED.clear()
    if not names:
        return
    ours = (c for c in bpy.types.Panel.__subclasses__() if c.__name__.startswith("GID_PT_") and c.is_registered)
    classes = [c for c in ours if c.bl_region_type == "UI"]
    # Children before their parents, whose removal would take them along.
    for cls in sorted(classes, key=lambda c: not hasattr(c, "bl_parent_id")):
        if not any(cls.__name__.endswith(f"_{name}") for name in names):
            bpy.utils.unregister_class(cls)
            REMOVED.append(cls)


def excitation(name, **values):
    """Edit the settings of an excitation as its panel does."""
    settings = bpy.data.objects[name].gid.excitation
    for key, value in values.items():
        setattr(settings, key, value)


def keys_of(name):
    """[frame, value] of each key of an excitation's strength."""
    action = bpy.data.objects[name].animation_data.action
    curve = action.fcurve_ensure_for_datablock(bpy.data.objects[name], "gid.excitation.strength")
    return [[round(k.co.x), round(k.co.y, 6)] for k in curve.keyframe_points]


def baking(**values):
    """Edit how the first picture is baked; returns whether it is out of date, and what is played at this frame."""
    picture = next(o for o in bpy.data.objects if "gid_amplitude" in o)
    for key, value in values.items():
        setattr(picture.gid.bake, key, value)
    response = [round(value, 6) for value in picture["gid_response"]]
    return {"stale": module("ops.watching").is_stale(picture), "response": response}


def example(name):
    """A module of scripts/examples, for its set."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    return importlib.import_module(f"scripts.examples.{name}")


def tree_set():
    """The modelled tree before its camera, selected; nothing moves."""
    shot, scene = example("tree_through_camera"), bpy.context.scene
    shot.build_scene(scene, size=480, samples=4)
    tree = shot.build_tree()
    scene.collection.objects.link(tree)
    _select(tree)
    _through_camera()


def flower_set():
    """The table with its books and the cut-out flower on a plane that fills the camera's frame; nothing moves."""
    shot, scene = example("cutout"), bpy.context.scene
    scene.render.resolution_x, scene.render.resolution_y = 720, 480
    shot.build_set(scene)
    cut = shot.cut_out(shot.shot.PICTURES / "rose.jpg", FOLDER / "rose.png", 480)
    scene.cursor.location = shot.on_table(scene.camera, *shot.FOOT)
    bpy.ops.gid.import_pictures(
        "EXEC_DEFAULT", True, directory=str(cut.parent), files=[{"name": cut.name}],
        size_mode="CAMERA", align_axis="CAM", shader="PRINCIPLED",
    )  # fmt: skip
    _through_camera()


def _select(obj):
    for other in bpy.context.selected_objects:
        other.select_set(False)
    obj.select_set(True)
    bpy.context.view_layer.objects.active = obj
    bpy.ops.ed.undo_push(message="Set")


def _through_camera():
    for _, area, _ in areas("VIEW_3D"):
        area.spaces.active.region_3d.view_perspective = "CAMERA"


def moved(weights=False):
    """Whether something moves; of that, how much of the motion a mask lets through, if that is asked for."""
    found = [o for o in bpy.data.objects if "gid_amplitude" in o]
    if not weights:
        return bool(found) and not session().busy
    group = found[0].vertex_groups.get("Image Dynamics Mask")
    if group is None:
        return 1.0
    vertices = found[0].data.vertices
    return sum(g.weight for v in vertices for g in v.groups if g.group == group.index) / len(vertices)


def clear():
    """Remove everything, so that the next picture stands in the middle."""
    for obj in list(bpy.data.objects):
        bpy.data.objects.remove(obj)
    bpy.ops.ed.undo_push(message="Clear")


def frame_selected():
    for window, area, region in areas("VIEW_3D"):
        with bpy.context.temp_override(window=window, area=area, region=region):
            bpy.ops.view3d.view_axis(type="TOP")
            bpy.ops.view3d.view_selected()


def module(name):
    return importlib.import_module(f"{PACKAGE}.gid_blender.{name}")


def tool(name, kind="VIEW_3D"):
    """Choose a tool in the toolbar."""
    window, area, region = next(areas(kind))
    with bpy.context.temp_override(window=window, area=area, region=region):
        bpy.ops.wm.tool_set_by_id(name=name, space_type=kind)
        area.spaces.active.show_region_toolbar = True


def place_on_screen(x, y, kind="VIEW_3D", name=""):
    """Where a place of the active picture (picture widths from the top left corner) is on the screen, from the top."""
    window, area, region = next(areas(kind))
    obj = bpy.data.objects[name] if name else bpy.context.object
    with bpy.context.temp_override(window=window, area=area, region=region):
        px, py = module("ops.touch_views").view_of(bpy.context).pixel(bpy.context, obj, (x, y))
    return [round(region.x + px), round(window.height - region.y - py)]


def touch():
    """What the touches of the moment are doing, and what they have written."""
    op = module("ops.touch")
    return {
        "phases": [t.live.phase.value for t in op._running],
        "updates": [t.live.updates for t in op._running],
        "response": {o.name: [round(v, 6) for v in o["gid_response"]] for o in bpy.data.objects if "gid_response" in o},
        "empties": [o.name for o in bpy.data.objects if o.type == "EMPTY"],
        "modal": [m.bl_idname for w in bpy.context.window_manager.windows for m in w.modal_operators],
        "note": session().note,
    }


def play():
    window, area, region = next(areas("VIEW_3D"))
    with bpy.context.temp_override(window=window, area=area, region=region):
        bpy.ops.screen.animation_play()


def dialogs_inside():
    """Dialogs for files take the window instead of opening one of their own."""
    bpy.context.preferences.view.filebrowser_display_type = "SCREEN"


def select_all():
    for obj in bpy.context.view_layer.objects:
        obj.select_set(True)


def queue_states():
    """[name, state] of each entry of the queue."""
    return [[entry.name, entry.state] for entry in bpy.context.scene.gid_queue.entries]


def save_file(path):
    bpy.ops.wm.save_as_mainfile(filepath=path)


def load_file(path):
    bpy.ops.wm.open_mainfile(filepath=path)


def activate(name):
    bpy.context.view_layer.objects.active = bpy.data.objects[name]


def set_range(first, last):
    bpy.context.scene.frame_start, bpy.context.scene.frame_end = first, last


def frame_all():
    for window, area, region in areas("VIEW_3D"):
        with bpy.context.temp_override(window=window, area=area, region=region):
            bpy.ops.view3d.view_all()


def show_example():
    """The picture of the example in the Image Editor, as large as it fits."""
    for window, area, region in areas("IMAGE_EDITOR"):
        area.spaces.active.image = bpy.data.objects["dahlia.jpg"]["gid_image"]
        with bpy.context.temp_override(window=window, area=area, region=region):
            bpy.ops.image.view_all(fit_view=True)


def preferences():
    bpy.ops.screen.userpref_show()
    bpy.context.preferences.active_section = "ADDONS"
    bpy.context.window_manager.addon_search = "Image Dynamics"
    bpy.ops.preferences.addon_expand(module=PACKAGE)


def open_panels():
    """Show what is folded at first; no script can unfold a panel, so they are registered anew, as others, open."""
    panels = importlib.import_module(f"{PACKAGE}.gid_blender.ui.panels")
    panels.unregister()
    folded = {cls.bl_idname for cls in panels.CLASSES if "DEFAULT_CLOSED" in getattr(cls, "bl_options", ())}
    for cls in panels.CLASSES:
        if cls.bl_idname in folded:
            cls.bl_options = set()
            cls.bl_idname += "_open"
        if getattr(cls, "bl_parent_id", "") in folded:
            cls.bl_parent_id += "_open"
    panels.register()


def state():
    s = session()
    return {
        "busy": s.busy,
        "stage": s.stage,
        "factor": s.factor,
        "note": s.note,
        "problem": s.problem.text() if s.problem else None,
        "frame": bpy.context.scene.frame_current,
        "objects": len(bpy.data.objects),
    }


def shot_state():
    """How far the shot of the lanterns is."""
    picture = next((o for o in bpy.data.objects if "gid_amplitude" in o), None)
    return {
        "busy": session().busy,
        "motion": picture is not None,
        "mode": next((area.spaces.active.mode for _, area, _ in areas("IMAGE_EDITOR")), ""),
        "inverted": bool(picture is not None and picture.get("gid_mask_invert")),
    }


def poll():
    """Look for the next step; a file that is renamed into place is whole."""
    step = FOLDER / "step.json"
    if step.exists():
        name, options = json.loads(step.read_text())
        step.unlink()
        try:
            answer = {"value": globals()[name](**options)}
        except Exception:
            answer = {"error": traceback.format_exc()}
        (FOLDER / "answer.tmp").write_text(json.dumps(answer))
        (FOLDER / "answer.tmp").rename(FOLDER / "answer.json")
    return 0.1


bpy.app.timers.register(poll, first_interval=1.0, persistent=True)
