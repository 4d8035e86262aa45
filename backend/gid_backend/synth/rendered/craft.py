# SPDX-License-Identifier: GPL-3.0-or-later
"""From forms to the stage: a form becomes faces of a material, an arm becomes a part."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .forms import Form

__all__ = ["joint", "put"]

Array = npt.NDArray[Any]


def put(st: Any, material: str, form: Form) -> None:
    """Add a form to what is made of a material; its colours become one tone for each face."""
    # Materials want uv as along 0..1 and across -1..1.
    uv = np.stack([form.uv[:, 1], 2.0 * form.uv[:, 0] - 1.0], 1)
    st.mesh(material).faces(form.vertices, form.quads, form.part, form.colour[form.quads].mean(1), uv)


def joint(st: Any, parent: int, pivot: Any, arm: Any, **motion: Any) -> int:
    """A part that turns about `pivot` and reaches as far as `arm` from it, metres; `motion` as for `Rig.add`."""
    pivot = np.asarray(pivot, float)
    return int(st.rig.add(parent, pivot, pivot + np.asarray(arm, float), **motion))
