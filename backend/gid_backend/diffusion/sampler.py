# SPDX-License-Identifier: GPL-3.0-or-later
"""From noise to the latents of a spectral volume: solver, classifier-free guidance, motion self-guidance."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from diffusers import DPMSolverMultistepScheduler
from diffusers.utils.torch_utils import randn_tensor
from torch import Tensor

from gid_blender.motion import loop_coefficients

from ..models.prior import MotionPrior
from .normalization import from_channels

__all__ = ["loop_loss", "sample"]

# One half of a motion's width in a hundred: brings the loop loss to the order of 1.
LOOP_UNIT = 0.005


def sample(
    prior: MotionPrior,
    image: Tensor,
    *,
    generator: torch.Generator | list[torch.Generator],
    steps: int,
    guidance: float,
    loop_guidance: float,
    tick: Callable[[int], None],
) -> Tensor:
    """Draw one spectral volume for each picture.

    Solver: DPM-Solver++(2M) (Lu et al. 2022) on the flow, from diffusers. Guidance as in the paper's eq. 5:
    (1 + w)·v(z, c) - w·v(z, ∅) + u·t·∇_z L, where L asks the estimate of the clean motion to pass
    the wrap of the loop with no more than its usual step.

    Args:
        prior: in evaluation mode.
        image: (B, 3, H, W) in [0, 1]; H and W multiples of the prior's stride.
        generator: of the initial noise, on the CPU, so that a seed means the same on every device; a list has one for
            each picture, so that a seed means the same in every batch.
        steps: of the solver, at least 1.
        guidance: w; 0 is plain conditional sampling.
        loop_guidance: u; 0 leaves the gradient out; with it a step takes about three times as long.
        tick: called with the number of steps done before each of them; may raise to stop.

    Returns:
        (B, K, 2, H, W) complex64 spectrum, fractions of the picture's width.
    """
    config, denoiser = prior.config, prior.denoiser
    b, _, height, width = image.shape
    with torch.no_grad():
        features = prior.encoder(image)
        condition = denoiser.condition(image, features)
        guide = prior.autoencoder.guide(image, features)
        if guidance:
            condition = torch.cat([condition, denoiser.unconditional(condition)])

    shape = (b, config.bands, config.latent_channels, height // config.stride, width // config.stride)
    z: Tensor = randn_tensor(shape, generator=generator, device=image.device)
    solver: Any = DPMSolverMultistepScheduler(
        prediction_type="flow_prediction", use_flow_sigmas=True, solver_order=2, final_sigmas_type="zero"
    )
    solver.set_timesteps(steps, device=image.device)

    def velocity(z: Tensor, t: Tensor) -> Tensor:
        if not guidance:
            plain: Tensor = denoiser(z, t.expand(b), condition)
            return plain
        given, free = denoiser(torch.cat([z, z]), t.expand(2 * b), condition).chunk(2)
        guided: Tensor = (1.0 + guidance) * given - guidance * free
        return guided

    for done, step in enumerate(solver.timesteps):
        tick(done)
        # Not step / 1000: the solver's steps are whole numbers, its noise levels are not.
        t = solver.sigmas[done].to(image.device)
        if loop_guidance:
            with torch.enable_grad():
                z = z.detach().requires_grad_()
                v = velocity(z, t)
                motion = prior.autoencoder.decode(prior.unwhiten(z - t * v).flatten(0, 1), guide)
                loss = loop_loss(prior, motion.unflatten(0, (b, config.bands)))
                gradient = torch.autograd.grad(loss, z)[0]
            v = (v + loop_guidance * t * gradient).detach()
        else:
            with torch.no_grad():
                v = velocity(z, t)
        z = solver.step(v, step, z.detach(), return_dict=False)[0]
    tick(steps)
    with torch.no_grad():
        slices = prior.autoencoder.decode(prior.unwhiten(z).flatten(0, 1), guide).unflatten(0, (b, config.bands))
        return from_channels(prior.normalizer.denormalize(slices))


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
