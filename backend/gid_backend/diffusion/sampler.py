# SPDX-License-Identifier: GPL-3.0-or-later
"""From noise to the latents of a spectral volume: solver, classifier-free guidance, motion self-guidance."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from diffusers import DPMSolverMultistepScheduler, FlowMatchEulerDiscreteScheduler
from diffusers.utils.torch_utils import randn_tensor
from torch import Tensor

from gid_blender.motion import loop_coefficients

from ..models.prior import MotionPrior, Sight
from ..prediction_settings import PredictionSettings, Solver
from .normalization import from_channels

__all__ = ["SHIFT", "loop_loss", "sample"]

# One half of a motion's width in a hundred: brings the loop loss to the order of 1.
LOOP_UNIT = 0.005
# Whole things move alike, so what a thing does is decided where noise all but hides it: half of the steps are spent
# above t = SHIFT / (1 + SHIFT) (Esser et al. 2024, §5.3.2).
SHIFT = 2.0
# Below this a mask is black: an 8-bit picture's first grey.
MASKED = 1.0 / 512.0


def sample(
    prior: MotionPrior,
    sight: Sight,
    settings: PredictionSettings,
    *,
    generators: Sequence[torch.Generator],
    mask: Tensor | None = None,
    tick: Callable[[int], None] = lambda done: None,
) -> Tensor:
    """Draw N spectral volumes of one picture.

    Guidance w and loop guidance u as in the paper's eq. 5: (1 + w)·v(z, c) - w·v(z, ∅) + u·t·∇_z L, where L asks the
    estimate of the clean motion to pass the wrap of the loop with no more than its usual step. The solvers are
    DPM-Solver++(2M) (Lu et al. 2022), and DDIM, which is Euler's step on a rectified flow; both from diffusers.

    Args:
        prior: in evaluation mode.
        sight: of one picture, from `MotionPrior.look`.
        settings: of the drawing.
        generators: one for each motion, of its initial noise; on the CPU, so that a seed is the same on every device.
        mask: (1, 1, H, W) in [0, 1]; where it is 0 the motion is exactly 0, greys are free. None is all free.
        tick: called with the number of steps done before each of them; may raise to stop.

    Returns:
        (N, K, 2, H, W) complex64 spectrum, fractions of the picture's width.
    """
    config, denoiser, n, image = prior.config, prior.denoiser, len(generators), sight.image
    guidance, loop_guidance, strength = settings.guidance, settings.loop_guidance, settings.strength
    height, width = image.shape[2:]
    size = (height // config.stride, width // config.stride)
    shape = (n, config.bands, config.latent_channels, *size)
    z: Tensor = randn_tensor(shape, generator=list(generators), device=image.device)
    with torch.no_grad():
        asked = None if strength is None else image.new_full((1,), strength)
        # A patch that may move in part is told to be free.
        free = None if mask is None else (F.adaptive_max_pool2d(mask, size) > MASKED).to(image.dtype)
        condition = prior.condition(sight, asked, free).repeated(n)
        if guidance:
            condition = condition.joined(denoiser.picture.unconditional(condition))
        resting = prior.resting(height, width)
        noise = z

    def velocity(z: Tensor, t: Tensor) -> Tensor:
        if not guidance:
            plain: Tensor = denoiser(z, t.expand(n), condition)
            return plain
        both: Tensor = denoiser(torch.cat([z, z]), t.expand(2 * n), condition)
        given, unseen = both.chunk(2)
        return (1.0 + guidance) * given - guidance * unseen

    def decoded(z: Tensor) -> Tensor:
        slices = prior.autoencoder.decode(prior.unwhiten(z).flatten(0, 1), sight.guide)
        shaped: Tensor = slices.unflatten(0, (n, config.bands))
        return shaped

    scheduler = _scheduler(settings.solver, settings.steps, image.device)
    for done, step in enumerate(scheduler.timesteps):
        tick(done)
        # Not step / 1000: the solver's steps are whole numbers, its noise levels are not.
        t, after = (scheduler.sigmas[i].to(image.device) for i in (done, done + 1))
        if loop_guidance:
            with torch.enable_grad():
                z = z.detach().requires_grad_()
                v = velocity(z, t)
                loss = loop_loss(prior, decoded(z - t * v))
                gradient = torch.autograd.grad(loss, z)[0]
            v = (v + loop_guidance * t * gradient).detach()
        else:
            with torch.no_grad():
                v = velocity(z, t)
        z = scheduler.step(v, step, z.detach(), return_dict=False)[0]
        if free is not None:
            # Pinned places are known at every noise level; their neighbours then fit themselves to them.
            z = torch.where(free[:, None] > 0, z, (1 - after) * resting + after * noise)
    tick(settings.steps)
    with torch.no_grad():
        spectrum: Tensor = from_channels(prior.normalizer.denormalize(decoded(z)))
        return spectrum if mask is None else spectrum * (mask[:, None] > MASKED)


def _scheduler(solver: Solver, steps: int, device: torch.device) -> Any:
    if solver == "ddim":
        euler: Any = FlowMatchEulerDiscreteScheduler(shift=SHIFT)
        # Its own levels would spend the last step on a noise of four thousandths.
        euler.set_timesteps(sigmas=[1.0 - i / steps for i in range(steps)], device=device)
        return euler
    multistep: Any = DPMSolverMultistepScheduler(
        prediction_type="flow_prediction",
        use_flow_sigmas=True,
        flow_shift=SHIFT,
        solver_order=2,
        final_sigmas_type="zero",
    )
    multistep.set_timesteps(steps, device=device)
    return multistep


def loop_loss(prior: MotionPrior, slices: Tensor) -> Tensor:
    """‖F_T - F_1‖ + ‖∂F_T - ∂F_1‖ over the wrap, as a sum over latents of the mean over pixels (paper §6).

    The inverse transform of whole harmonics is periodic already; what this removes is a fast move just
    at the wrap, where the last frame meets the first.

    Args:
        prior: for the band scales and the period.
        slices: (B, K, 4, H, W) normalised.
    """
    frames = prior.config.frames
    spectrum = from_channels(prior.normalizer.denormalize(slices))
    q = loop_coefficients([frames - 2, frames - 1, 0, 1], harmonics=prior.config.bands, period=frames)
    weights = torch.as_tensor(q, dtype=torch.complex64, device=slices.device)
    texture = torch.einsum("fk,bkchw->bfchw", weights, spectrum).real / LOOP_UNIT
    jump = texture[:, 2] - texture[:, 1]
    kick = (texture[:, 3] - texture[:, 2]) - (texture[:, 1] - texture[:, 0])
    area = slices.shape[-1] * slices.shape[-2]
    latents = area // prior.config.stride**2
    return (jump.abs().sum() + kick.abs().sum()) / area * latents
