# SPDX-License-Identifier: GPL-3.0-or-later
import pytest

from gid_backend.evaluation.rendering.metrics import FeatureDistance


@pytest.fixture(scope="session")
def network() -> FeatureDistance:
    """The real features, as the package carries them."""
    return FeatureDistance()
