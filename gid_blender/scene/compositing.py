# SPDX-License-Identifier: GPL-3.0-or-later
"""A picture's motion in the scene's compositor: nodes in a frame of their own, made once and updated ever after.

The nodes know their picture and their part, so that a second run finds them wherever they were moved. What fed the
output feeds the picture's group as its background; nothing else of the tree is touched.
"""

from __future__ import annotations

import bpy
from bpy.app.translations import pgettext_n as n_

from ..compat import compositor_sink, convert_view, existing_compositor, set_node_mode, strips
from .compositing_feed import Composite, feed, film_of, film_remark, loop_remarks
from .compositing_parts import PART, PICTURE, Parts, part_of, play
from .errors import SceneError
from .mesh_view import require_plane
from .objects import motion_image
from .plate_group import plate_group
from .rendered import has_rendered, rendered

__all__ = [
    "Composite",
    "is_composited",
    "remove_compositing",
    "renew_compositing",
    "require_compositor",
    "setup_compositing",
]

_VIEW, _FILM = "gid_view", "gid_film"
# From left to right: what turns the render into the light that the Standard view shows as the scene's view would.
_VIEW_PARTS = ("exposure", "straight", "view", "display", "associated")
_PLAIN = ("Standard", "None", 0.0)
_USUAL = Composite()


def is_composited(scene: bpy.types.Scene, picture: bpy.types.Object) -> bool:
    """Whether the scene's compositor has nodes of the picture. Cheap enough for `poll`."""
    tree = existing_compositor(scene)
    return tree is not None and part_of(tree, picture, "plate") is not None


def setup_compositing(scene: bpy.types.Scene, picture: bpy.types.Object, how: Composite = _USUAL) -> tuple[str, ...]:
    """Build the nodes for a picture, or bring those it has up to date.

    Returns:
        a sentence for each thing that is not as it may be expected.

    Raises:
        SceneError: for a linked scene or tree, a picture that was deleted, one without rendered frames (unless a
            displacement is given), or a view that cannot be kept; nothing is changed then.
    """
    require_compositor(scene, picture, how)
    render = rendered(picture) if how.displacement is None else None
    remarks = []
    sink = compositor_sink(scene)
    parts = Parts(sink.id_data, picture, sink.node)
    plate = parts.group("plate", plate_group(), (300, 0))
    if not plate.inputs["Render"].is_linked:
        remarks += _background(scene, parts, plate, sink)
    feed(parts, plate, render, how)
    plate.inputs["Behind"].default_value = how.behind
    if how.behind and not scene.render.film_transparent:
        parts.frame[_FILM] = True
        scene.render.film_transparent = True
        remarks.append("The film is transparent now, so that the picture is seen behind the render.")
    if how.keep_colours:
        _keep_colours(scene, parts, plate)
    else:
        _restore_view(scene, parts)
    if how.shutter > 0 and render is not None and render.blurred:
        remarks.append("The frames are blurred already, so the compositor does not blur them once more.")
    elif how.shutter > 0 and render is not None and "vectors" not in parts:
        remarks.append("There is no motion blur: switch on Motion Vectors under Passes, and render the frames again.")
    if render is None or render.cyclic:
        remarks += loop_remarks(scene, picture)
    if render is not None and film_of(picture) is not None:
        remarks.append(film_remark(picture))
    if scene.render.pixel_aspect_x != scene.render.pixel_aspect_y:
        remarks.append("The render's pixels are not square, so the picture is stretched: set Aspect X and Y alike.")
    scene.render.use_compositing = True
    if scene.render.use_sequencer and scene.sequence_editor is not None and len(strips(scene.sequence_editor)):
        remarks.append("The scene has strips, which a render shows instead: switch off Post Processing › Sequencer.")
    return tuple(remarks)


def require_compositor(scene: bpy.types.Scene, picture: bpy.types.Object, how: Composite) -> None:
    """Refuse, before anything is changed, what `setup_compositing` cannot do, rendered frames aside."""
    _require_local(scene)
    require_plane(picture)
    if motion_image(picture) is None:
        raise SceneError(f"The picture of “{picture.name}” was deleted.", "Undo the deletion, or generate anew.")
    if how.keep_colours:
        _require_view(scene)


def remove_compositing(scene: bpy.types.Scene, picture: bpy.types.Object) -> None:
    """Take the picture's nodes out: what fed them feeds the output again, and the scene's view is as it was.

    Raises:
        SceneError: when there are none, or they cannot be changed.
    """
    _require_local(scene)
    tree = existing_compositor(scene)
    plate = part_of(tree, picture, "plate") if tree is not None else None
    if plate is None:
        raise SceneError(f"“{picture.name}” has no compositing nodes in “{scene.name}”.", "Select another picture.")
    parts = Parts(tree, picture, plate)
    heir = next((n for n in tree.nodes if n.get(PART) == "plate" and n != plate and n.get(PICTURE)), None)
    if heir is None:
        _restore_view(scene, parts)
    else:
        _hand_over_view(parts, heir)
    if parts.frame.get(_FILM):
        scene.render.film_transparent = False
    background = plate.inputs["Render"].links[0].from_socket if plate.inputs["Render"].is_linked else None
    for link in list(plate.outputs["Image"].links):
        if background is not None and background.node.get(PICTURE) != picture:
            tree.links.new(background, link.to_socket)
    for node in [node for node in tree.nodes if node.get(PICTURE) == picture]:
        tree.nodes.remove(node)


def renew_compositing(picture: bpy.types.Object) -> None:
    """Show the newest render in all compositors of the file that show rendered frames of the picture."""
    if not has_rendered(picture):
        # A linked one takes no note of its frames, so no compositor shows them.
        return
    render = rendered(picture)
    for scene in bpy.data.scenes:
        tree = existing_compositor(scene)
        if scene.library is not None or tree is None or tree.library is not None:
            continue
        for part, image in (("frames", render.image), ("vectors", render.vectors)):
            node = part_of(tree, picture, part)
            if node is not None and image is not None:
                play(node, image, render)
            elif node is not None:
                # Vectors of other frames would blur where nothing moves.
                tree.nodes.remove(node)


def _background(scene: bpy.types.Scene, parts: Parts, plate: bpy.types.Node, sink: bpy.types.NodeSocket) -> list[str]:
    """Put the group between the output and what feeds it, or the render, if there is a camera to render with."""
    link, remarks = parts.tree.links.new, []
    before = sink.links[0].from_socket if sink.is_linked else None
    if before is not None and before.node.bl_idname == "CompositorNodeRLayers" and scene.camera is None:
        # Blender refuses to render anything as long as these are linked.
        before = None
    if before is None and scene.camera is None:
        remarks.append("The scene has no camera, so the picture stands alone; add one and run this again.")
    elif before is None:
        layers = parts.node("render", "CompositorNodeRLayers", (-600, 800))
        layers.scene = scene
        before = layers.outputs["Image"]
    if before is not None and before.node != plate:
        link(before, plate.inputs["Render"])
    link(plate.outputs["Image"], sink)
    return remarks


def _keep_colours(scene: bpy.types.Scene, parts: Parts, plate: bpy.types.Node) -> None:
    """Let the render go through the scene's view in the compositor, and the scene show what comes of it as it is."""
    view, look, exposure = _look(scene) if _look(scene) != _PLAIN else _kept_look(parts.frame)
    if (view, look, exposure) == _PLAIN:
        return
    _remove_view(parts)
    parts.frame[_VIEW] = {"view": view, "look": look, "exposure": exposure}
    if plate.inputs["Render"].is_linked:
        render = plate.inputs["Render"].links[0].from_socket
        through = convert_view(parts.tree, view, look) or []
        for index, node in enumerate(through):
            parts.adopt(("view", "display")[index], node, (-200 + 200 * index, 1100))
        bright = parts.node("exposure", "CompositorNodeExposure", (-600, 1100))
        bright.inputs["Exposure"].default_value = exposure
        # Half-transparent edges would be shown darker or lighter than they are: a view is no multiplication.
        straight = parts.node("straight", "CompositorNodePremulKey", (-400, 1100))
        set_node_mode(straight, "mapping", "PREMUL_TO_STRAIGHT", "Type", "To Straight")
        associated = parts.node("associated", "CompositorNodePremulKey", (200, 1100))
        set_node_mode(associated, "mapping", "STRAIGHT_TO_PREMUL", "Type", "To Premultiplied")
        for node in (bright, straight, *through, associated):
            parts.tree.links.new(render, node.inputs["Image"])
            render = node.outputs["Image"]
        parts.tree.links.new(render, plate.inputs["Render"])
    scene.view_settings.view_transform, scene.view_settings.look, scene.view_settings.exposure = _PLAIN


def _restore_view(scene: bpy.types.Scene, parts: Parts) -> None:
    """Undo `_keep_colours`, unless somebody has chosen another view since."""
    if _VIEW in parts.frame and _look(scene) == _PLAIN:
        settings = scene.view_settings
        settings.view_transform, settings.look, settings.exposure = _kept_look(parts.frame)
    parts.frame.pop(_VIEW, None)
    _remove_view(parts)


def _hand_over_view(parts: Parts, heir: bpy.types.Node) -> None:
    """Leave the view to another picture, which needs it as well."""
    others = Parts(parts.tree, heir[PICTURE], heir)
    if _VIEW in parts.frame:
        others.frame[_VIEW] = parts.frame[_VIEW].to_dict()
    for part in _VIEW_PARTS:
        node = part_of(parts.tree, parts.picture, part)
        if node is not None:
            others.adopt(part, node, tuple(node.location))


def _remove_view(parts: Parts) -> None:
    first, last = (part_of(parts.tree, parts.picture, part) for part in (_VIEW_PARTS[0], _VIEW_PARTS[-1]))
    if first is not None and last is not None and first.inputs["Image"].is_linked:
        before = first.inputs["Image"].links[0].from_socket
        for link in list(last.outputs["Image"].links):
            parts.tree.links.new(before, link.to_socket)
    for part in _VIEW_PARTS:
        parts.remove(part)


def _require_local(scene: bpy.types.Scene) -> None:
    tree = existing_compositor(scene)
    if scene.library is not None:
        raise SceneError(f"The scene “{scene.name}” is linked.", "Make it local, or set the nodes up in its own file.")
    if tree is not None and tree.library is not None:
        raise SceneError(
            f"The compositor of “{scene.name}” is the linked node group “{tree.name}”.",
            "Make it local in the compositor's header, or choose New there.",
        )


def _require_view(scene: bpy.types.Scene) -> None:
    """Refuse, before anything is changed, a view that the compositor cannot show the render through."""
    view = scene.view_settings
    if _look(scene) != _PLAIN:
        tree = bpy.data.node_groups.new(".gid probe", "CompositorNodeTree")
        try:
            if convert_view(tree, view.view_transform, view.look) is None:
                what = f"the look “{view.look}”" if view.look != "None" else f"the view “{view.view_transform}”"
                raise SceneError(
                    f"The picture cannot keep its colours: this Blender's compositor cannot apply {what} to a render.",
                    "Choose another one under Color Management, or Scene Light.",
                )
        finally:
            bpy.data.node_groups.remove(tree)
    odd = [
        name
        for name, used in (
            (n_("gamma"), view.gamma != 1),
            (n_("curves"), view.use_curve_mapping),
            (n_("white balance"), view.use_white_balance),
            (n_("display device"), scene.display_settings.display_device != "sRGB"),
        )
        if used
    ]
    if odd:
        raise SceneError(
            f"The picture cannot keep its colours: the scene's {odd[0]} changes them after the compositor.",
            "Reset it under Color Management, or choose Scene Light.",
        )


def _kept_look(frame: bpy.types.Node) -> tuple[str, str, float]:
    """The view that the scene had before its picture's colours were kept."""
    kept = frame.get(_VIEW)
    return (kept["view"], kept["look"], kept["exposure"]) if kept is not None else _PLAIN


def _look(scene: bpy.types.Scene) -> tuple[str, str, float]:
    view = scene.view_settings
    return view.view_transform, view.look, view.exposure
