# SPDX-License-Identifier: GPL-3.0-or-later
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch

from gid_backend.diffusion.normalization import to_channels
from gid_backend.diffusion.sampler import SHIFT, _scheduler, loop_loss, sample
from gid_backend.models.blocks import ResidualBlock
from gid_backend.models.prior import MotionPrior
from gid_backend.prediction_settings import PredictionSettings

PICTURE = torch.rand(1, 3, 32, 48, generator=torch.Generator().manual_seed(4))


def nothing(done: int) -> None:
    """Between two steps."""


def draw(
    prior: MotionPrior,
    *seeds: int,
    mask: torch.Tensor | None = None,
    tick: Callable[[int], None] = nothing,
    **changes: Any,
) -> torch.Tensor:
    generators = [torch.Generator().manual_seed(seed) for seed in seeds or (0,)]
    settings = replace(PredictionSettings(steps=3, guidance=1.0), **changes)
    return sample(prior, prior.look(PICTURE), settings, generators=generators, mask=mask, tick=tick)


@pytest.fixture
def awake(prior: MotionPrior) -> MotionPrior:
    """A prior whose last layers no longer answer with zero."""
    torch.manual_seed(1)
    torch.nn.init.normal_(prior.denoiser.leave.weight, std=0.1)
    torch.nn.init.normal_(prior.autoencoder.decode_out.weight, std=0.1)
    # Time and strength come in before the second convolution of a block, which starts at zero.
    for module in prior.denoiser.modules():
        if isinstance(module, ResidualBlock):
            torch.nn.init.normal_(module.conv2.weight, std=0.05)
    prior.normalizer.scale.fill_(0.01)
    return prior


def test_a_sample_is_a_spectrum_of_the_pictures_size(awake: MotionPrior) -> None:
    spectrum = draw(awake)
    assert spectrum.shape == (1, awake.config.bands, 2, 32, 48)
    assert spectrum.dtype == torch.complex64
    assert torch.isfinite(torch.view_as_real(spectrum)).all()


def test_a_seed_fixes_the_sample_and_another_changes_it(awake: MotionPrior) -> None:
    assert torch.equal(draw(awake, 5), draw(awake, 5))
    assert not torch.allclose(draw(awake, 5), draw(awake, 6))


@pytest.mark.parametrize(
    "change",
    [
        {"guidance": 0.0},
        {"guidance": 3.0},
        {"loop_guidance": 5.0},
        {"steps": 5},
        {"solver": "ddim"},
        {"strength": 0.01},
    ],
)
def test_every_setting_has_an_effect(awake: MotionPrior, change: dict[str, Any]) -> None:
    for level in awake.denoiser.picture.nothing:
        torch.nn.init.normal_(level)
    assert not torch.allclose(draw(awake), draw(awake, **change))


def test_several_motions_of_a_picture_are_those_drawn_one_by_one(awake: MotionPrior) -> None:
    together = draw(awake, 5, 6)
    assert together.shape[0] == 2
    for one, seed in zip(together, (5, 6), strict=True):
        # Batched convolutions may add in another order: float32 rounding, grown over three steps.
        torch.testing.assert_close(one[None], draw(awake, seed), atol=2e-6, rtol=2e-3)


@pytest.mark.parametrize("solver", ["multistep", "ddim"])
def test_where_the_mask_is_black_nothing_moves_and_elsewhere_something_does(awake: MotionPrior, solver: str) -> None:
    mask = torch.zeros(1, 1, 32, 48)
    mask[..., 24:] = 1.0
    spectrum = draw(awake, mask=mask, solver=solver)
    assert not spectrum[..., :24].abs().any()
    assert spectrum[..., 24:].abs().amax() > 0


def test_a_white_mask_is_no_mask(awake: MotionPrior) -> None:
    assert torch.equal(draw(awake, mask=torch.ones(1, 1, 32, 48)), draw(awake))


@pytest.mark.parametrize("solver", ["multistep", "ddim"])
@pytest.mark.parametrize("steps", [1, 2, 25])
def test_noise_levels_fall_from_one_to_zero(solver: Any, steps: int) -> None:
    levels = _scheduler(solver, steps, torch.device("cpu")).sigmas
    assert len(levels) == steps + 1
    assert levels[0] > 0.999
    assert levels[-1] == 0
    assert (levels.diff() < 0).all()
    # Half of the steps above t = s / (1 + s).
    if steps == 25:
        assert abs(float(levels[:-1].median()) - SHIFT / (1 + SHIFT)) < 0.05


def test_the_solver_follows_the_flow_to_the_data() -> None:
    """With the exact velocity of a single data point, the solver must end at that point, whatever the noise."""
    from diffusers import DPMSolverMultistepScheduler

    target = torch.randn(1, 4, 2, 8, 8)
    z = torch.randn_like(target)
    solver = DPMSolverMultistepScheduler(
        prediction_type="flow_prediction", use_flow_sigmas=True, solver_order=2, final_sigmas_type="zero"
    )
    solver.set_timesteps(10)
    for step, level in zip(solver.timesteps, solver.sigmas[:-1], strict=True):
        z = solver.step((z - target) / level, step, z, return_dict=False)[0]
    # The last step lands at noise level 0; what is left is float32 rounding of ten steps.
    torch.testing.assert_close(z, target, atol=1e-4, rtol=1e-4)


def test_stopping_between_steps(awake: MotionPrior) -> None:
    seen = []

    def tick(done: int) -> None:
        seen.append(done)
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        draw(awake, steps=9, guidance=0.0, tick=tick)
    assert seen == [0, 1, 2]


def test_the_loop_loss_sees_a_snap_at_the_wrap_and_nothing_elsewhere(prior: MotionPrior) -> None:
    frames, bands = prior.config.frames, prior.config.bands

    def spectrum_of(path: torch.Tensor) -> torch.Tensor:
        spectrum = 2 * torch.fft.fft(path)[:bands] / frames
        spectrum[0] /= 2
        full = torch.zeros(1, bands, 2, 4, 4, dtype=torch.complex64)
        full[:] = spectrum.to(torch.complex64)[None, :, None, None, None] * 1e-3
        return prior.normalizer.normalize(to_channels(full))

    t = torch.arange(frames)
    snap_at_wrap = loop_loss(prior, spectrum_of(t / frames))
    snap_in_the_middle = loop_loss(prior, spectrum_of(((t + frames // 2) % frames) / frames))
    # With four bands a snap is a smooth sweep, felt a little everywhere.
    assert snap_at_wrap > 2 * snap_in_the_middle


def test_the_loop_losss_gradient_is_right(prior: MotionPrior) -> None:
    prior = prior.double()
    prior.normalizer.scale.fill_(0.01)
    slices = torch.randn(1, 4, 4, 4, 4, dtype=torch.float64, requires_grad=True)
    loss = loop_loss(prior, slices)
    (gradient,) = torch.autograd.grad(loss, slices)
    direction = torch.randn_like(slices)
    # Wide enough for the float32 inside the transform, narrow enough to stay on one side of the absolute values.
    step = 1e-3
    with torch.no_grad():
        measured = (loop_loss(prior, slices + step * direction) - loop_loss(prior, slices - step * direction)) / (
            2 * step
        )
    torch.testing.assert_close(measured.float(), (gradient * direction).sum().float(), rtol=0.05, atol=0.05)
