# SPDX-License-Identifier: GPL-3.0-or-later
import pytest
import torch

from gid_backend.diffusion.normalization import to_channels
from gid_backend.diffusion.sampler import loop_loss, sample
from gid_backend.models.prior import MotionPrior

PICTURE = torch.rand(1, 3, 32, 48, generator=torch.Generator().manual_seed(4))


def draw(prior: MotionPrior, seed: int = 0, **changes: float) -> torch.Tensor:
    settings = {"steps": 3, "guidance": 1.0, "loop_guidance": 0.0} | changes
    settings["steps"] = int(settings["steps"])
    return sample(
        prior,
        PICTURE,
        generator=torch.Generator().manual_seed(seed),
        tick=lambda done: None,
        **settings,  # type: ignore[arg-type]
    )


@pytest.fixture
def awake(prior: MotionPrior) -> MotionPrior:
    """A prior whose last layers no longer answer with zero."""
    torch.manual_seed(1)
    torch.nn.init.normal_(prior.denoiser.leave[2].weight, std=0.1)
    torch.nn.init.normal_(prior.autoencoder.decode_out.weight, std=0.1)
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


@pytest.mark.parametrize("change", [{"guidance": 0.0}, {"guidance": 3.0}, {"loop_guidance": 5.0}, {"steps": 5}])
def test_every_setting_has_an_effect(awake: MotionPrior, change: dict[str, float]) -> None:
    torch.nn.init.normal_(awake.denoiser.nothing)
    assert not torch.allclose(draw(awake), draw(awake, **change))


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
        sample(awake, PICTURE, generator=torch.Generator(), steps=9, guidance=0.0, loop_guidance=0.0, tick=tick)
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
