# SPDX-License-Identifier: GPL-3.0-or-later
"""All operators, in the order in which they are registered."""

from __future__ import annotations

import bpy

from .asset_library import GID_OT_add_asset_library, GID_OT_remove_asset_library
from .bake import GID_OT_bake, GID_OT_clear_bake, GID_OT_own_keys, GID_OT_upgrade_controls
from .compositing import GID_OT_remove_compositing, GID_OT_setup_compositing
from .equaliser import GID_OT_equaliser_preset, GID_OT_randomise_phase
from .example import GID_OT_load_example
from .exchange import GID_OT_export_motion
from .excitations import GID_OT_add_excitation, GID_OT_remove_excitation, GID_OT_stick_excitation
from .export_page import GID_OT_export_page
from .files import GID_OT_files_clean, GID_OT_files_refresh, GID_OT_make_self_contained
from .from_video import GID_OT_accept_measured, GID_OT_from_video
from .generate import GID_OT_accept_motion, GID_OT_cancel, GID_OT_generate
from .help import GID_OT_help
from .import_planes import GID_OT_import_pictures
from .layers import (
    GID_OT_accept_background,
    GID_OT_fill_background,
    GID_OT_layer_distance,
    GID_OT_layer_move,
    GID_OT_layers_spread,
    GID_OT_split_layers,
)
from .mask import GID_OT_mask_from, GID_OT_mask_invert, GID_OT_mask_remove, GID_OT_mask_update
from .mask_painting import GID_OT_mask_done, GID_OT_mask_paint
from .mesh_motion import (
    GID_OT_accept_mesh_motion,
    GID_OT_mesh_motion,
    GID_OT_mesh_motion_controls,
    GID_OT_mesh_motion_from_volume,
    GID_OT_mesh_motion_remove,
)
from .presets import (
    GID_OT_add_excitation_preset,
    GID_OT_add_generate_preset,
    GID_OT_add_output_preset,
    GID_OT_add_preset,
)
from .queue import GID_OT_queue_add, GID_OT_queue_clear, GID_OT_queue_move, GID_OT_queue_remove
from .queue_run import GID_OT_queue_cancel, GID_OT_queue_pause, GID_OT_queue_run
from .render import GID_OT_accept_frames, GID_OT_render_frames, GID_OT_render_sequence
from .shading import GID_OT_set_shading
from .timeline import GID_OT_add_movie, GID_OT_add_to_timeline, GID_OT_fit_strip, GID_OT_snap_period
from .touch import GID_OT_touch
from .touch_record import GID_OT_record_touch
from .variations import (
    GID_OT_accept_variation,
    GID_OT_choose_variation,
    GID_OT_dismiss_variations,
    GID_OT_variations,
)
from .volume_files import (
    GID_OT_convert_to_keyframes,
    GID_OT_export_volume,
    GID_OT_import_volume,
    GID_OT_open_picture,
    GID_OT_restore_controls,
)
from .worker_admin import (
    GID_OT_cache_clear,
    GID_OT_copy_report,
    GID_OT_dismiss_error,
    GID_OT_open_log,
    GID_OT_worker_check,
    GID_OT_worker_release,
)
from .worker_setup import GID_OT_worker_setup, GID_OT_worker_setup_cancel

__all__ = ["CLASSES", "register", "unregister"]

CLASSES = (
    GID_OT_accept_background,
    GID_OT_accept_frames,
    GID_OT_accept_measured,
    GID_OT_accept_mesh_motion,
    GID_OT_accept_motion,
    GID_OT_accept_variation,
    GID_OT_add_asset_library,
    GID_OT_add_excitation,
    GID_OT_add_excitation_preset,
    GID_OT_add_generate_preset,
    GID_OT_add_movie,
    GID_OT_add_output_preset,
    GID_OT_add_preset,
    GID_OT_add_to_timeline,
    GID_OT_bake,
    GID_OT_cache_clear,
    GID_OT_cancel,
    GID_OT_choose_variation,
    GID_OT_clear_bake,
    GID_OT_convert_to_keyframes,
    GID_OT_copy_report,
    GID_OT_dismiss_error,
    GID_OT_dismiss_variations,
    GID_OT_equaliser_preset,
    GID_OT_export_motion,
    GID_OT_export_page,
    GID_OT_export_volume,
    GID_OT_fill_background,
    GID_OT_fit_strip,
    GID_OT_files_clean,
    GID_OT_files_refresh,
    GID_OT_from_video,
    GID_OT_generate,
    GID_OT_help,
    GID_OT_import_pictures,
    GID_OT_import_volume,
    GID_OT_layer_distance,
    GID_OT_layer_move,
    GID_OT_layers_spread,
    GID_OT_load_example,
    GID_OT_make_self_contained,
    GID_OT_mask_done,
    GID_OT_mask_from,
    GID_OT_mask_invert,
    GID_OT_mask_paint,
    GID_OT_mask_remove,
    GID_OT_mask_update,
    GID_OT_mesh_motion,
    GID_OT_mesh_motion_controls,
    GID_OT_mesh_motion_from_volume,
    GID_OT_mesh_motion_remove,
    GID_OT_open_log,
    GID_OT_open_picture,
    GID_OT_own_keys,
    GID_OT_queue_add,
    GID_OT_queue_cancel,
    GID_OT_queue_clear,
    GID_OT_queue_move,
    GID_OT_queue_pause,
    GID_OT_queue_remove,
    GID_OT_queue_run,
    GID_OT_randomise_phase,
    GID_OT_record_touch,
    GID_OT_remove_asset_library,
    GID_OT_remove_compositing,
    GID_OT_remove_excitation,
    GID_OT_render_frames,
    GID_OT_render_sequence,
    GID_OT_restore_controls,
    GID_OT_set_shading,
    GID_OT_setup_compositing,
    GID_OT_snap_period,
    GID_OT_split_layers,
    GID_OT_stick_excitation,
    GID_OT_touch,
    GID_OT_upgrade_controls,
    GID_OT_variations,
    GID_OT_worker_check,
    GID_OT_worker_release,
    GID_OT_worker_setup,
    GID_OT_worker_setup_cancel,
)

register, unregister = bpy.utils.register_classes_factory(CLASSES)
