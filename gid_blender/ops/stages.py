# SPDX-License-Identifier: GPL-3.0-or-later
"""What is in progress, in the user's language. The worker says it in English; a stage that is not listed stays so."""

from __future__ import annotations

from bpy.app.translations import pgettext_iface as iface_
from bpy.app.translations import pgettext_n as n_

from ..translations.sentences import said

__all__ = ["STAGES", "in_ones_language"]

STAGES = (
    n_("Asking the worker"),
    n_("Cancelling"),
    n_("Clearing the cache"),
    n_("Denoising"),
    n_("Filling the background"),
    n_("Following the motion"),
    n_("Following what is not the camera"),
    n_("Loading the model"),
    n_("Loading the renderer"),
    n_("Measuring motion"),
    n_("Predicting motion"),
    n_("Predicting variations"),
    n_("Reading the video"),
    n_("Releasing memory"),
    n_("Rendering"),
    n_("Rendering frames"),
    n_("Starting the worker"),
)


def in_ones_language(stage: str) -> str:
    """A stage, with how far it is behind it: “Denoising 7/30”."""
    name, _, count = stage.rpartition(" ")
    return f"{iface_(name)} {count}" if name and "/" in count else said(stage, iface_)
