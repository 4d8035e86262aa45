# SPDX-License-Identifier: GPL-3.0-or-later
"""The only code that edits Blender data: pixels in; planes, shape keys, materials, sequences and strips out.

Functions take and return datablocks and arrays. They need no context, no operator and no window, and raise
`SceneError` with a sentence for everything a user can bring about.
"""

from .bake import Baked, bake, clear_bake, frame_range, is_baked
from .compositing import (
    Composite,
    is_composited,
    remove_compositing,
    renew_compositing,
    require_compositor,
    setup_compositing,
)
from .controls import control_path, control_paths, controls_animated, damping_of, gain_name, loop_length
from .curves import has_linked_keys, own_keys
from .displaced import write_displacement
from .empties import add_empty, aspect_of, empties_of, is_excitation, key_way, on_picture, picture_of, place_on
from .errors import SceneError
from .fingerprint import fingerprint, weights_fingerprint
from .following import dependencies
from .frames import FrameFolder, frame_folder, output_root
from .layer_background import add_background, hidden_region
from .layer_depth import distance_of, farthest, set_distance, spread_layers
from .layers import is_layer, layer_pixels, layers_of, move_layer, sharing_motion, split_layers, stack_of
from .mesh_keys import remove_mesh_motion, require_removable
from .mesh_motion import Looked, MeshSettings, at_rest, look, move
from .mesh_targets import followers_of, meshes_in, meshes_of, require_targets, with_followers
from .mesh_view import is_through_camera, leader_of, require_plane
from .movie_strips import add_movie, renew_movie
from .objects import (
    PlaneSettings,
    create_motion_object,
    find_motion_object,
    is_motion_object,
    motion_image,
    provenance,
    replace_motion,
)
from .picture_files import PictureFile, Refusal, all_refused, load_pictures
from .pixels import Pixels, read_pixels
from .planes import Placement, place_planes
from .plate import Plate, background_plate, chosen_plate, rendered_plate
from .playback import coefficients, ensure_response, frame_coefficients, has_drivers, listens, to_drivers, to_keyframes
from .rendered import PASSES, Rendered, frame_paths, has_rendered, remember_render, rendered
from .response import clear_excitation, excitation, set_excitation
from .sequence import sequence_image, sequence_object, show_in_editor
from .shading import Shading, set_shading, shading_of
from .shape_keys import bands_of as band_count
from .sources import Source, as_still, find_source, image_from_file, source_of_editor, source_of_object
from .sticking import is_loose, picture_for, stick
from .timeline import Renewal, add_strip, renew_strips, repeats, strips_of
from .timing import (
    drift,
    fit_frame_range,
    fitting_period,
    frame_rate,
    period_in_frames,
    set_period,
    shutter_moments,
)
from .waiting import add_waiting_plane, find_waiting, is_waiting, set_waiting_in_motion

__all__ = [
    "Baked",
    "Composite",
    "FrameFolder",
    "Looked",
    "MeshSettings",
    "PASSES",
    "PictureFile",
    "Pixels",
    "Placement",
    "PlaneSettings",
    "Plate",
    "Refusal",
    "Rendered",
    "Renewal",
    "SceneError",
    "Shading",
    "Source",
    "add_background",
    "add_empty",
    "add_movie",
    "add_strip",
    "add_waiting_plane",
    "all_refused",
    "as_still",
    "aspect_of",
    "at_rest",
    "background_plate",
    "bake",
    "band_count",
    "chosen_plate",
    "clear_bake",
    "clear_excitation",
    "coefficients",
    "control_path",
    "control_paths",
    "controls_animated",
    "create_motion_object",
    "damping_of",
    "dependencies",
    "distance_of",
    "drift",
    "empties_of",
    "ensure_response",
    "excitation",
    "farthest",
    "find_motion_object",
    "find_source",
    "find_waiting",
    "fit_frame_range",
    "fingerprint",
    "fitting_period",
    "followers_of",
    "frame_coefficients",
    "frame_folder",
    "frame_paths",
    "frame_range",
    "frame_rate",
    "gain_name",
    "has_drivers",
    "has_linked_keys",
    "has_rendered",
    "hidden_region",
    "image_from_file",
    "is_baked",
    "is_composited",
    "is_excitation",
    "is_layer",
    "is_loose",
    "is_motion_object",
    "is_through_camera",
    "is_waiting",
    "key_way",
    "layer_pixels",
    "layers_of",
    "leader_of",
    "listens",
    "load_pictures",
    "look",
    "loop_length",
    "meshes_in",
    "meshes_of",
    "motion_image",
    "move",
    "move_layer",
    "on_picture",
    "output_root",
    "own_keys",
    "period_in_frames",
    "picture_for",
    "picture_of",
    "place_on",
    "place_planes",
    "provenance",
    "read_pixels",
    "remember_render",
    "remove_compositing",
    "remove_mesh_motion",
    "rendered",
    "rendered_plate",
    "renew_compositing",
    "renew_movie",
    "renew_strips",
    "repeats",
    "require_compositor",
    "replace_motion",
    "require_plane",
    "require_removable",
    "require_targets",
    "sequence_image",
    "sequence_object",
    "set_distance",
    "set_excitation",
    "set_period",
    "setup_compositing",
    "set_shading",
    "set_waiting_in_motion",
    "shading_of",
    "sharing_motion",
    "show_in_editor",
    "shutter_moments",
    "source_of_editor",
    "source_of_object",
    "split_layers",
    "spread_layers",
    "stack_of",
    "stick",
    "strips_of",
    "to_drivers",
    "to_keyframes",
    "weights_fingerprint",
    "with_followers",
    "write_displacement",
]
