# SPDX-License-Identifier: GPL-3.0-or-later
"""The one exception of the scene layer."""

__all__ = ["SceneError"]


class SceneError(Exception):
    """Something in the scene is not as it has to be for what was asked.

    Attributes:
        message: one sentence for the person in front of the screen: what is wrong.
        hint: one sentence that says what to do about it; may be empty.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(f"{message} {hint}".strip())
        self.message = message
        self.hint = hint
