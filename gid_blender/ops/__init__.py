# SPDX-License-Identifier: GPL-3.0-or-later
"""Thin operators. Each does one thing: check, ask the worker or the scene layer, and report."""

from __future__ import annotations


def register() -> None:
    from . import classes, session

    classes.register()
    session.register()


def unregister() -> None:
    from . import classes, session, touch

    touch.end_all()
    session.unregister()
    classes.unregister()
