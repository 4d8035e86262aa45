# SPDX-License-Identifier: GPL-3.0-or-later
"""What several tests of a bake need: an empty that pulls, the response as it is played, and what it should come to."""

import bpy
import numpy as np

from gid_blender.motion import Curve, ModalBasis, Oscillators, Pull, simulate
from gid_blender.scene import add_empty, key_way
from gid_blender.scene.controls import damping_of
from gid_blender.scene.shape_keys import read_spectrum
from tests.motion.volumes import smooth_volume

VOLUME = smooth_volume()
POINT, END = (0.4, 0.3), (0.45, 0.27)


def pull(scene, picture, frames=(5, 15), way=(POINT, END), **options):
    empty = add_empty(scene, picture, "PULL", way[0])
    key_way(picture, empty, frames, way, straight=True)
    for name, value in options.items():
        setattr(empty.gid.excitation, name, value)
    bpy.context.view_layer.update()
    return empty


def response(picture, frame):
    bpy.context.scene.frame_set(int(np.floor(frame)), subframe=frame % 1)
    values = np.array(picture["gid_response"].to_list())
    return np.concatenate([[0], values[0::2] + 1j * values[1::2]])


def responses(picture, frames):
    return np.array([response(picture, frame) for frame in frames])


def simulated(picture, excitations, frames, **options):
    """What the bake should have come to, straight from the arrays."""
    aspect = picture.data["gid_height"] / picture.data["gid_width"]
    basis = ModalBasis.at_vertices(read_spectrum(picture), aspect)
    oscillators = Oscillators.of_period(picture["gid_period"] / 24, 16, damping_of(picture))
    return simulate(basis, oscillators, excitations, np.asarray(frames) / 24, start=1 / 24, **options)


def straight(frames=(5, 15), way=(POINT, END)):
    return Pull(way[0], Curve(np.array(frames) / 24, np.array(way) - np.array(way[0])), reach=0.02)
