"""A look at the layers at one step: dead units, gradients, updates. Opt-in, and it costs.

What the units give is seen in a run of its own before the step, on the step's batch, with BatchNorm
as in training and without dropout; gradients and updates are those of the step itself. Nothing of
that changes what is trained: weights, statistics and random numbers are as without a look, to the
bit. A look costs a run forward, a copy of the weights and their norms; with a frozen part that is
not cached, that part once more.
"""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from cnn_core.models.rectified import Rectified
from cnn_core.models.stages import Rest
from cnn_core.results.config import TrainConfig
from cnn_core.results.events import LayersSeen
from cnn_core.training.precision import forward
from cnn_core.training.timing import synchronise

MOST_LOOKS = 2_000
"""Of a run: an event says a few thousand characters, and a chart has 600 places."""

UNKNOWN = -1.0
"""Where no ReLU follows, or a figure is not finite: JSON has no NaN."""


def looks_at(config: TrainConfig, step: int, total_steps: int) -> bool:
    """Return whether the layers are looked at in `step`, from 1.

    Every `config.watch` steps, more seldom where those were more than `MOST_LOOKS` looks.

    >>> config = TrainConfig(epochs=1, batch_size=1, learning_rate=1e-3, watch=5)
    >>> [step for step in range(1, 21) if looks_at(config, step, 20)]
    [5, 10, 15, 20]
    >>> looks_at(config, 5, 40_000), looks_at(config, 20, 40_000)
    (False, True)
    """
    if not config.watch:
        return False
    return step % max(config.watch, math.ceil(total_steps / MOST_LOOKS)) == 0


class Look:
    """One look: begun before a step, finished after it.

    Args:
        model: the network in training, in training mode; as it is before the step.
        batch: what it takes at the step, float32 (batch, ...).
        precision: what it computes in.
        loading: seconds that it took to load the batch.

    Attributes:
        seconds: what the look has cost so far.
    """

    def __init__(
        self, model: nn.Module, batch: Tensor, precision: torch.dtype, *, loading: float = 0.0
    ) -> None:
        self._device = batch.device
        self.seconds = loading
        with self._timed():
            layers = _layers(model)
            self._dead = dead_shares(model, layers, batch, precision)
            unseen = [name for name in layers if name not in self._dead]
            self._layers = [(name, layers[name]) for name in (*self._dead, *unseen)]
            self._weights = [_weights(layer) for _, layer in self._layers]
            self._before = [[weight.detach().clone() for weight in own] for own in self._weights]

    def finish(self, *, step: int, epoch: int) -> LayersSeen:
        """Return what was seen, with gradients and weights as the step left them."""
        with self._timed(), torch.no_grad():
            changes = [
                [now - old for now, old in zip(own, before, strict=True)]
                for own, before in zip(self._weights, self._before, strict=True)
            ]
            gradients = [
                [weight.grad for weight in own if weight.grad is not None] for own in self._weights
            ]
            norms = torch.stack(
                [_norms(each, self._device) for each in (gradients, changes, self._before)]
            )
            gradient, change, size = norms.tolist()  # waits for the device, once
        return LayersSeen(
            step=step,
            epoch=epoch,
            layers=[name for name, _ in self._layers],
            dead=[_told(self._dead.get(name, UNKNOWN)) for name, _ in self._layers],
            gradient_norms=[_told(norm) for norm in gradient],
            update_ratios=[
                _told(moved / norm) if norm > 0 else UNKNOWN
                for moved, norm in zip(change, size, strict=True)
            ],
            seconds=self.seconds,
        )

    @contextmanager
    def _timed(self) -> Iterator[None]:
        synchronise(self._device)
        begun = time.perf_counter()
        yield
        synchronise(self._device)
        self.seconds += time.perf_counter() - begun


def _told(figure: float) -> float:
    """Return a figure as an event says it: six digits, `UNKNOWN` where it is not finite."""
    return float(f"{figure:.6g}") if math.isfinite(figure) else UNKNOWN


def _layers(model: nn.Module) -> dict[str, nn.Module]:
    """Return the modules with weights of their own, by dotted name; scales and biases are none."""
    return {name: module for name, module in model.named_modules() if _weights(module)}


def _weights(layer: nn.Module) -> list[nn.Parameter]:
    return [weight for weight in layer.parameters(recurse=False) if weight.dim() > 1]


def _norms(tensors: Sequence[Sequence[Tensor]], device: torch.device) -> Tensor:
    """Return the Euclidean norm of each layer's tensors together, float32 (layers,); 0 of none."""
    return torch.stack(
        [
            torch.stack([torch.linalg.vector_norm(each.float()) for each in own]).norm()
            if own
            else torch.zeros((), device=device)
            for own in tensors
        ]
    )


def dead_shares(
    model: nn.Module, layers: dict[str, nn.Module], batch: Tensor, precision: torch.dtype
) -> dict[str, float]:
    """Return for each layer that runs, in their order, which share of its units is dead.

    A unit (a channel, of maps) is dead if the ReLU that follows (`models.rectified`) gives nothing
    but 0 for all of the batch, at all places. `UNKNOWN` where no ReLU follows.

    Args:
        model: in training mode; it is as it was afterwards, with no hook left.
        layers: modules of it, by name.
        batch: float32 (batch, ...).
        precision: what it computes in.
    """
    seen: dict[str, Tensor | None] = {}

    def settled(layer: str, follows: str) -> None:
        if follows:
            seen[layer] = _dead_share(rectified.after.pop(layer))

    rectified = Rectified(settled)

    def begin(name: str) -> Callable[[nn.Module, object, object], None]:
        def hook(_module: nn.Module, _inputs: object, output: object) -> None:
            if isinstance(output, Tensor) and name not in seen:
                seen[name] = None
                rectified.begin(name, output)

        return hook

    handles = [layer.register_forward_hook(begin(name)) for name, layer in layers.items()]
    try:
        with _looked_at(model), torch.no_grad(), rectified:
            forward(model, batch, precision)
    finally:
        for handle in handles:
            handle.remove()
    known = [share for share in seen.values() if share is not None]
    shares = iter(torch.stack(known).tolist() if known else [])
    return {name: UNKNOWN if share is None else next(shares) for name, share in seen.items()}


def _dead_share(maps: Tensor) -> Tensor:
    """Return which share of the units gives nothing but 0, a scalar on the device."""
    places = [place for place in range(maps.dim()) if place != 1]
    return (maps.amax(dim=places) <= 0).float().mean()


@contextmanager
def _looked_at(model: nn.Module) -> Iterator[None]:
    """Have BatchNorm normalise by the batch without keeping its statistics, and all else evaluate.

    LeNet-5 goes past its modules in training; a network in stages gives its auxiliary heads too.
    """
    modes = [(module, module.training) for module in model.modules()]
    norms = [module for module in model.modules() if isinstance(module, _BatchNorm)]
    keeping = [(norm, norm.track_running_stats) for norm in norms if norm.training]
    try:
        for module, _ in modes:
            if not isinstance(module, _BatchNorm):
                module.training = False
        for norm, _ in keeping:
            norm.track_running_stats = False
        if isinstance(model, Rest):
            model.training = True
        yield
    finally:
        for module, training in modes:
            module.training = training
        for norm, kept in keeping:
            norm.track_running_stats = kept
