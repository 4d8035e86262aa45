# SPDX-License-Identifier: GPL-3.0-or-later
"""What is in progress is said in the user's language as far as the catalogues know it."""

import pytest

from gid_blender.ops import session, stages


def test_every_task_of_the_extension_is_listed():
    titles = {cls.title for cls in _below(session.Task) if cls.title}
    assert len(titles) > 5
    assert titles <= set(stages.STAGES)


@pytest.mark.parametrize("stage", ["Denoising 7/30", "Cancelling", "Something new of the worker 1/2", "", "and/or"])
def test_in_english_it_is_what_the_worker_said(stage):
    assert stages.in_ones_language(stage) == stage


def _below(cls):
    for sub in cls.__subclasses__():
        yield sub
        yield from _below(sub)
