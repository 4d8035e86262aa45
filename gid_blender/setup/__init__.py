# SPDX-License-Identifier: GPL-3.0-or-later
"""Installing the worker into an environment of its own. Standard library only, no bpy."""

from .environment import Environment, SetupError, SetupState
from .installer import Installer
from .steps import Step, installation_steps

__all__ = ["Environment", "Installer", "SetupError", "SetupState", "Step", "installation_steps"]
