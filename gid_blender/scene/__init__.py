# SPDX-License-Identifier: GPL-3.0-or-later
"""The only code that edits Blender data: pixels in; planes, shape keys, materials, sequences and strips out.

Functions take and return datablocks and arrays. They need no context, no operator and no window, and raise
`SceneError` with a sentence for everything a user can bring about.
"""

from .controls import control_path, control_paths, gain_name
from .errors import SceneError
from .frames import FrameFolder, frame_folder, output_root
from .objects import (
    PlaneSettings,
    create_motion_object,
    find_motion_object,
    is_motion_object,
    motion_image,
    provenance,
    replace_motion,
)
from .pixels import Pixels, read_pixels
from .playback import coefficients, ensure_response, has_drivers, listens, to_drivers, to_keyframes
from .response import clear_excitation, excitation, set_excitation
from .sequence import add_strip, sequence_image, sequence_object, show_in_editor
from .sources import Source, as_still, find_source, image_from_file, source_of_editor, source_of_object
from .timing import frame_rate, period_in_frames, set_frame_range

__all__ = [
    "FrameFolder",
    "Pixels",
    "PlaneSettings",
    "SceneError",
    "Source",
    "add_strip",
    "as_still",
    "clear_excitation",
    "coefficients",
    "control_path",
    "control_paths",
    "create_motion_object",
    "ensure_response",
    "excitation",
    "find_motion_object",
    "find_source",
    "frame_folder",
    "frame_rate",
    "gain_name",
    "has_drivers",
    "image_from_file",
    "is_motion_object",
    "listens",
    "motion_image",
    "output_root",
    "period_in_frames",
    "provenance",
    "read_pixels",
    "replace_motion",
    "sequence_image",
    "sequence_object",
    "set_excitation",
    "set_frame_range",
    "show_in_editor",
    "source_of_editor",
    "source_of_object",
    "to_drivers",
    "to_keyframes",
]
