"""Activation maximisation: the picture that a channel would like to see best.

Gradient ascent on the mean of the channel's output, before its ReLU. Answers below zero count a
tenth: enough to wake a dead channel, and little enough that a filter of the first layer shows its
pattern (its plain mean is linear in the picture: it knows the average colour and no pattern).
Left to itself the ascent ends in high-frequency noise; two regularisations of the literature hold
it back:

* the picture is kept as a Fourier spectrum whose low frequencies move faster, and its colours as
  components that are independent in photographs (Olah, Mordvintsev, Schubert 2017, "Feature
  Visualization", Distill, doi 10.23915/distill.00007, "Preconditioning and Parameterization");
* each step sees it shifted by a few pixels at random (the same, "Transformation Robustness";
  Yosinski et al. 2015, arXiv 1506.06579, section 3, has the other regularisers).

The network is left as it was: its weights get no gradient, and its one hook is removed. The forward
pass ends at the layer, so an early layer costs little. Refuses a layer or channel there is not.
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the name every torch reader knows

from cnn_core.errors import ConfigError, UnknownNameError
from cnn_core.models.optimizers import Adam
from cnn_core.results.inspection import Pixels

_RATE = 0.05  # Adam's, as in the paper's own code
_JITTER_SHARE = 14  # the picture is shifted by up to a fourteenth of its side
_NEGATIVE_SHARE = 0.1  # what an answer below zero counts
_START_DEVIATION = 0.01  # of the first spectrum: almost even grey

# Square root of the covariance of ImageNet's colours, in the form of the paper's own code
# ("lucid", optvis/param/color.py): columns are brightness and two colour contrasts.
_COLOURS = ((0.26, 0.09, 0.02), (0.27, 0.00, -0.05), (0.27, -0.09, 0.03))


class _ReachedError(Exception):
    """The forward pass has come to the layer: nothing behind it is needed."""

    def __init__(self, output: Tensor) -> None:
        super().__init__()
        self.output = output


def visualise_channel(
    model: nn.Module,
    layer: str,
    channel: int,
    *,
    input_shape: Sequence[int],
    mean: Sequence[float],
    std: Sequence[float],
    steps: int = 128,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Pixels:
    """Return the picture that drives a channel most, as far as `steps` steps of ascent find it.

    Args:
        model: in evaluation mode; float32 (1, C, H, W) goes in.
        layer: a module's dotted name; its output is (1, channels, ...).
        channel: counted from 0.
        input_shape: (C, H, W), C being 1 or 3.
        mean: a channel, of pixels from 0 to 1, as the network's preprocessing subtracts it.
        std: a channel, divided by.
        steps: at least 1.
        seed: of the first picture and of the shifts; the same seed gives the same picture on the
            same machine.
        progress: called after each step with steps done and steps in all.
        cancelled: asked before each step; True ends the ascent.

    Returns:
        uint8 (H, W, 3), three equal channels for a grey network; after a cancelled ascent the
        picture that was reached (before the first step: almost even grey).

    Raises:
        UnknownNameError: no such layer.
        ConfigError: no such channel, a picture of neither 1 nor 3 channels, or no step.

    >>> picture = visualise_channel(
    ...     nn.Conv2d(3, 2, 3), "", 1, input_shape=(3, 9, 8), mean=[0.5] * 3, std=[0.5] * 3, steps=2
    ... )
    >>> picture.shape, picture.dtype
    ((9, 8, 3), dtype('uint8'))
    """
    channels, height, width = input_shape
    module = _find(model, layer)
    if channels not in (1, 3) or steps < 1:
        raise ConfigError(
            "Expected a picture of 1 or 3 channels and at least 1 step, "
            f"but got {channels} channels and {steps} steps."
        )
    with torch.inference_mode(False), torch.enable_grad():
        device = next((p.device for p in model.parameters()), torch.device("cpu"))
        generator = torch.Generator().manual_seed(seed)
        margin = max(1, min(height, width) // _JITTER_SHARE)
        sides = (height + 2 * margin, width + 2 * margin)
        scale = _frequency_scale(*sides).to(device)
        centre = torch.tensor(mean, device=device).view(1, -1, 1, 1)
        spread = torch.tensor(std, device=device).view(1, -1, 1, 1)
        start = torch.randn(1, channels, *scale.shape, 2, generator=generator) * _START_DEVIATION
        spectrum = start.to(device).requires_grad_()
        optimizer = Adam([spectrum], lr=_RATE)
        for done in range(1, steps + 1):
            if cancelled():
                break
            top, left = torch.randint(0, 2 * margin + 1, (2,), generator=generator).tolist()
            seen = _picture(spectrum, scale, sides)[..., top : top + height, left : left + width]
            output = _output_of(model, module, (seen - centre) / spread)
            _validate_channel(output, layer, channel)
            goal = -F.leaky_relu(output[:, channel], _NEGATIVE_SHARE).mean()
            (spectrum.grad,) = torch.autograd.grad(goal, [spectrum])
            optimizer.step()
            if progress is not None:
                progress(done, steps)
        whole = _picture(spectrum.detach(), scale, sides)[0]
        middle = whole[:, margin : margin + height, margin : margin + width]
        shown = (middle.expand(3, -1, -1) * 255).round().byte().permute(1, 2, 0)
    pixels: Pixels = shown.contiguous().cpu().numpy()
    return pixels


def _find(model: nn.Module, layer: str) -> nn.Module:
    try:
        return model.get_submodule(layer)
    except AttributeError as exc:
        raise UnknownNameError(
            f"The network has no layer named {layer!r}.", hint="Choose one of its layers."
        ) from exc


def _validate_channel(output: Tensor, layer: str, channel: int) -> None:
    if output.ndim < 2 or not 0 <= channel < output.shape[1]:
        count = output.shape[1] if output.ndim > 1 else 0
        raise ConfigError(
            f"The layer {layer!r} has the channels 0 to {count - 1}, but {channel} was asked for."
        )


def _output_of(model: nn.Module, module: nn.Module, inputs: Tensor) -> Tensor:
    """Return what `module` makes of `inputs`; nothing behind it runs, so no ReLU overwrites it."""

    def stop(_module: nn.Module, _given: object, output: Tensor) -> None:
        raise _ReachedError(output)

    handle = module.register_forward_hook(stop)
    try:
        model(inputs)
    except _ReachedError as reached:
        return reached.output
    finally:
        handle.remove()
    raise ConfigError(
        "The chosen layer takes no part when a picture goes through.", hint="Choose another layer."
    )


def _frequency_scale(height: int, width: int) -> Tensor:
    """Return 1 / frequency of each component of a spectrum, float32 (height, width // 2 + 1)."""
    down = torch.fft.fftfreq(height).view(-1, 1)
    across = torch.fft.rfftfreq(width).view(1, -1)
    frequency = torch.sqrt(down.square() + across.square())
    return 1 / frequency.clamp_min(1 / max(height, width))


def _picture(spectrum: Tensor, scale: Tensor, sides: tuple[int, int]) -> Tensor:
    """Return the picture of a spectrum, float32 (1, C, height, width), 0 to 1."""
    components = torch.fft.irfft2(torch.view_as_complex(spectrum) * scale, s=sides, norm="ortho")
    components = components / 4  # as in the paper's own code: the first steps are small
    if components.shape[1] == 3:
        colours = torch.tensor(_COLOURS, device=components.device)
        colours = colours / colours.norm(dim=0).max()
        components = torch.einsum("rc,bchw->brhw", colours, components)
    return torch.sigmoid(components)
