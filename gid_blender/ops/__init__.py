# SPDX-License-Identifier: GPL-3.0-or-later
"""Thin operators. Each does one thing: check, ask the worker or the scene layer, and report."""

from __future__ import annotations


def register() -> None:
    from . import classes, help, session, watching

    classes.register()
    help.register()
    session.register()
    watching.register()


def unregister() -> None:
    from . import classes, help, session, touch, watching

    touch.end_all()
    watching.unregister()
    session.unregister()
    help.unregister()
    classes.unregister()
