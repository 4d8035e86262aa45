# SPDX-License-Identifier: GPL-3.0-or-later
"""Which command starts the worker: what the preferences say, else what is found."""

from __future__ import annotations

import os

import bpy

from ..preferences import preferences
from ..setup import Environment
from ..worker.discovery import find_command
from .paths import user_folder

__all__ = ["own_environment", "worker_command", "worker_variables"]


def own_environment() -> Environment:
    """The environment that Set Up Worker makes, whether it exists or not."""
    return Environment(user_folder("worker"))


def worker_command() -> list[str]:
    """The arguments that start the worker. Raises WorkerError when there is none."""
    settings = preferences()
    environment = own_environment()
    # Without its marker the environment is half made, whatever it contains.
    complete = [environment.venv] if environment.installed_version() else []
    return find_command(settings.worker_command if settings is not None else "", environments=complete)


def worker_variables() -> dict[str, str]:
    """What the preferences tell the worker through its environment."""
    settings = preferences()
    weights = settings.weights.strip() if settings is not None else ""
    # Blender's “//” and the current folder mean nothing to another process.
    return {"GID_WEIGHTS": os.path.abspath(bpy.path.abspath(os.path.expanduser(weights)))} if weights else {}
