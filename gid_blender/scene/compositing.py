# SPDX-License-Identifier: GPL-3.0-or-later
"""A picture's motion in the scene's compositor: nodes in a frame of their own, made once and updated ever after.

The nodes know their picture and their part, so that a second run finds them wherever they were moved. What fed the
output feeds the picture's group as its background; nothing else of the tree is touched.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import bpy
from bpy.app.translations import pgettext_n as n_

from ..compat import compositor_sink, convert_view, existing_compositor, set_node_mode, strips
from .errors import SceneError
from .material import play_cyclic
from .mesh_view import require_plane
from .objects import motion_image
from .plate_group import is_older, plate_group, warp_group
from .rendered import Rendered, has_rendered, rendered

__all__ = [
    "Composite",
    "is_composited",
    "remove_compositing",
    "renew_compositing",
    "require_compositor",
    "setup_compositing",
]

_PICTURE, _PART = "gid_picture", "gid_part"
_VIEW, _FILM = "gid_view", "gid_film"
# From left to right: what turns the render into the light that the Standard view shows as the scene's view would.
_VIEW_PARTS = ("exposure", "straight", "view", "display", "associated")
# Part, socket of the group, how many frames later than what is shown, and how far down its node lies.
_MOMENTS = (("displacement", "Displacement", 0, 0), ("before", "Before", -1, 1200), ("after", "After", 1, 1600))
_PLAIN = ("Standard", "None", 0.0)


@dataclass(frozen=True)
class Composite:
    """How a picture is composited.

    Attributes:
        displacement: frames of `displaced.write_displacement` that warp the still; None takes the rendered frames.
        behind: lay the render over the picture, and not the picture over the render.
        keep_colours: show the picture's own colours whatever the view transform; else it is light like the render's.
        shutter: motion blur in frames, of rendered frames where there are motion vectors; 0 is none.
        mask: image of what may move; where it is black the still is seen.
    """

    displacement: Rendered | None = None
    behind: bool = False
    keep_colours: bool = True
    shutter: float = 0.5
    mask: bpy.types.Image | None = None


def is_composited(scene: bpy.types.Scene, picture: bpy.types.Object) -> bool:
    """Whether the scene's compositor has nodes of the picture. Cheap enough for `poll`."""
    tree = existing_compositor(scene)
    return tree is not None and _part(tree, picture, "plate") is not None


def setup_compositing(
    scene: bpy.types.Scene, picture: bpy.types.Object, how: Composite = Composite()
) -> tuple[str, ...]:
    """Build the nodes for a picture, or bring those it has up to date.

    Returns:
        a sentence for each thing that is not as it may be expected.

    Raises:
        SceneError: for a linked scene or tree, a picture that was deleted, one without rendered frames (unless a
            displacement is given), or a view that cannot be kept; nothing is changed then.
    """
    require_compositor(scene, picture, how)
    still = motion_image(picture)
    render = rendered(picture) if how.displacement is None else None
    remarks = []
    sink = compositor_sink(scene)
    parts = _Parts(sink.id_data, picture, sink.node)
    plate = parts.group("plate", plate_group(), (300, 0))
    if not plate.inputs["Render"].is_linked:
        remarks += _background(scene, parts, plate, sink)
    _frames(parts, plate, still, render, how)
    plate.inputs["Behind"].default_value = how.behind
    if how.behind and not scene.render.film_transparent:
        parts.frame[_FILM] = True
        scene.render.film_transparent = True
        remarks.append("The film is transparent now, so that the picture is seen behind the render.")
    if how.keep_colours:
        _keep_colours(scene, parts, plate)
    else:
        _restore_view(scene, parts)
    if how.shutter > 0 and render is not None and "vectors" not in parts:
        remarks.append("There is no motion blur: switch on Motion Vectors under Passes, and render the frames again.")
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
    plate = _part(tree, picture, "plate") if tree is not None else None
    if plate is None:
        raise SceneError(f"“{picture.name}” has no compositing nodes in “{scene.name}”.", "Select another picture.")
    parts = _Parts(tree, picture, plate)
    heir = next((n for n in tree.nodes if n.get(_PART) == "plate" and n != plate and n.get(_PICTURE)), None)
    if heir is None:
        _restore_view(scene, parts)
    else:
        _hand_over_view(parts, heir)
    if parts.frame.get(_FILM):
        scene.render.film_transparent = False
    background = plate.inputs["Render"].links[0].from_socket if plate.inputs["Render"].is_linked else None
    for link in list(plate.outputs["Image"].links):
        if background is not None and background.node.get(_PICTURE) != picture:
            tree.links.new(background, link.to_socket)
    for node in [node for node in tree.nodes if node.get(_PICTURE) == picture]:
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
        for part, image in (("frames", render.image), ("vectors", render.passes.get("motion_vectors"))):
            node = _part(tree, picture, part)
            if node is not None and image is not None:
                _play(node, image, render)
            elif node is not None:
                # Vectors of other frames would blur where nothing moves.
                tree.nodes.remove(node)


class _Parts:
    """The nodes of one picture in a tree, by their parts; `frame` holds them all."""

    def __init__(self, tree: bpy.types.NodeTree, picture: bpy.types.Object, beside: bpy.types.Node) -> None:
        self.tree, self.picture = tree, picture
        found = _part(tree, picture, "frame")
        if found is None:
            lowest = min((node.location_absolute.y for node in tree.nodes), default=0.0)
            found = tree.nodes.new("NodeFrame")
            found[_PICTURE], found[_PART] = picture, "frame"
            found.label = f"Image Dynamics: {picture.name}"
            found.location = (beside.location_absolute.x - 900, lowest - 400)
        self.frame = found

    def __contains__(self, part: str) -> bool:
        return _part(self.tree, self.picture, part) is not None

    def node(self, part: str, kind: str, place: tuple[float, float]) -> bpy.types.Node:
        """The node of a part, made at a place in the frame if there is none of that kind."""
        node = _part(self.tree, self.picture, part)
        if node is not None and node.bl_idname != kind:
            self.remove(part)
            node = None
        return node or self.adopt(part, self.tree.nodes.new(kind), place)

    def adopt(self, part: str, node: bpy.types.Node, place: tuple[float, float]) -> bpy.types.Node:
        node[_PICTURE], node[_PART] = self.picture, part
        node.parent, node.location = self.frame, place
        return node

    def group(self, part: str, group: bpy.types.NodeTree, place: tuple[float, float]) -> bpy.types.Node:
        node = _part(self.tree, self.picture, part)
        if node is None:
            node = self.node(part, "CompositorNodeGroup", place)
            node.node_tree = group
            node.label, node.width = group.name, 200
        elif is_older(node.node_tree, group):
            node.node_tree = group
        return node

    def image(self, part: str, image: bpy.types.Image, label: str, place: tuple[float, float]) -> bpy.types.Node:
        node = self.node(part, "CompositorNodeImage", place)
        node.image, node.label = image, label
        return node

    def sequence(
        self, part: str, image: bpy.types.Image, render: Rendered, label: str, place: tuple[float, float]
    ) -> bpy.types.Node:
        node = self.image(part, image, label, place)
        _play(node, image, render)
        return node

    def remove(self, part: str) -> None:
        node = _part(self.tree, self.picture, part)
        if node is not None:
            self.tree.nodes.remove(node)


def _part(tree: bpy.types.NodeTree, picture: bpy.types.Object, part: str) -> bpy.types.Node | None:
    return next((node for node in tree.nodes if node.get(_PART) == part and node.get(_PICTURE) == picture), None)


def _frames(
    parts: _Parts, plate: bpy.types.Node, still: bpy.types.Image, render: Rendered | None, how: Composite
) -> None:
    """What moves, into the group: rendered frames with their passes, or the still and what displaces it."""
    link = parts.tree.links.new
    picture = parts.image("still", still, "Still", (-300, -400))
    if how.mask is not None:
        mask = parts.image("mask", how.mask, "Mask", (-300, -800))
    else:
        parts.remove("mask")
    if render is None:
        parts.remove("frames")
        parts.remove("vectors")
        warp = parts.group("warp", warp_group(), (0, 0))
        link(picture.outputs["Image"], warp.inputs["Still"])
        for part, socket, later, down in _MOMENTS:
            if later and how.shutter <= 0:
                parts.remove(part)
                continue
            moment = replace(how.displacement, start=how.displacement.start - later)
            node = parts.sequence(part, moment.image, moment, socket, (-300, -down))
            link(node.outputs["Image"], warp.inputs[socket])
        if how.shutter > 0:
            link(warp.outputs["Vectors"], plate.inputs["Vectors"])
        for taken in list(plate.inputs["Mask"].links):
            parts.tree.links.remove(taken)
        if how.mask is not None:
            link(mask.outputs["Image"], warp.inputs["Mask"])
        moving = warp.outputs[0]
    else:
        for part in (*(moment[0] for moment in _MOMENTS), "warp"):
            parts.remove(part)
        moving = parts.sequence("frames", render.image, render, "Frames", (-300, 400)).outputs["Image"]
        if how.mask is not None:
            link(mask.outputs["Image"], plate.inputs["Mask"])
        vectors = render.passes.get("motion_vectors")
        if vectors is None or how.shutter <= 0:
            parts.remove("vectors")
        else:
            node = parts.sequence("vectors", vectors, render, "Motion Vectors", (-300, 0))
            link(node.outputs["Vector"], plate.inputs["Vectors"])
    link(moving, plate.inputs["Frames"])
    link(picture.outputs["Image"], plate.inputs["Still"])
    plate.inputs["Shutter"].default_value = how.shutter


def _background(scene: bpy.types.Scene, parts: _Parts, plate: bpy.types.Node, sink: bpy.types.NodeSocket) -> list[str]:
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


def _keep_colours(scene: bpy.types.Scene, parts: _Parts, plate: bpy.types.Node) -> None:
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


def _restore_view(scene: bpy.types.Scene, parts: _Parts) -> None:
    """Undo `_keep_colours`, unless somebody has chosen another view since."""
    if _VIEW in parts.frame and _look(scene) == _PLAIN:
        settings = scene.view_settings
        settings.view_transform, settings.look, settings.exposure = _kept_look(parts.frame)
    parts.frame.pop(_VIEW, None)
    _remove_view(parts)


def _hand_over_view(parts: _Parts, heir: bpy.types.Node) -> None:
    """Leave the view to another picture, which needs it as well."""
    others = _Parts(parts.tree, heir[_PICTURE], heir)
    if _VIEW in parts.frame:
        others.frame[_VIEW] = parts.frame[_VIEW].to_dict()
    for part in _VIEW_PARTS:
        node = _part(parts.tree, parts.picture, part)
        if node is not None:
            others.adopt(part, node, tuple(node.location))


def _remove_view(parts: _Parts) -> None:
    first, last = (_part(parts.tree, parts.picture, part) for part in (_VIEW_PARTS[0], _VIEW_PARTS[-1]))
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


def _play(node: bpy.types.Node, image: bpy.types.Image, render: Rendered) -> None:
    node.image = image
    play_cyclic(node, frames=render.count, start=render.start)
    node.use_cyclic = render.cyclic
