# SPDX-License-Identifier: GPL-3.0-or-later
"""Thin operators. Each does one thing: check, ask the worker or the scene layer, and report."""

from __future__ import annotations


def register() -> None:
    from . import classes, files, help, mask_painting, presets, queue_run, session, variations, watching

    classes.register()
    help.register()
    presets.register()
    session.register()
    watching.register()
    mask_painting.register()
    queue_run.register()
    files.register()
    variations.register()


def unregister() -> None:
    from . import classes, files, help, mask_painting, presets, queue_run, session, touch, variations, watching

    touch.end_all()
    variations.unregister()
    files.unregister()
    queue_run.unregister()
    mask_painting.unregister()
    watching.unregister()
    session.unregister()
    presets.unregister()
    help.unregister()
    classes.unregister()
