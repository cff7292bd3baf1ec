"""One measurement: a network with random weights, so many pictures at a time, timed pass by pass.

What a pass takes does not depend on what the weights are, so nothing is loaded. Nothing is learned
either: `Seen.loss` is no number, and a measurement has no curve.
"""

import math
import statistics
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812 - the name every torch reader knows

from cnn_core.concepts.experiment import Planned, Seen
from cnn_core.concepts.network_costs.memory import pass_bytes, weight_bytes
from cnn_core.concepts.network_costs.plan import parsed
from cnn_core.concepts.network_costs.settings import CPU, TRAINING, CostSettings
from cnn_core.concepts.network_costs.table import network_layers, totals
from cnn_core.concepts.training import drawn_by
from cnn_core.models.registry import build_model, model_row

MIB = 1 << 20


@dataclass(kw_only=True)
class Prepared:
    """Where to measure, and the network that was measured last.

    Attributes:
        device: that the run was given.
        built: at most one network by (name, seed, device): its next batch size needs no other.
    """

    device: torch.device
    built: dict[tuple[str, int, str], nn.Module] = field(default_factory=dict)


def prepare(settings: CostSettings, data: object, device: torch.device | str) -> Prepared:
    """Return where to measure; no data are needed."""
    del settings, data
    return Prepared(device=torch.device(device))


def run_trial(
    planned: Planned, settings: CostSettings, prepared: Prepared
) -> Generator[Seen, None, dict[str, float]]:
    """Time the passes of a network; yield each, return the figures.

    Returns:
        median_ms, low_ms, high_ms (median and quartiles of a pass, milliseconds),
        images_per_second (at the median), weights_mib, pass_mib (what a pass takes beside weights
        and input), peak_mib (all three together), parameters, macs (of one picture's forward
        pass), threads, gpu (1 on a GPU, else 0).
    """
    batch, where = parsed(planned.condition)
    device = torch.device(CPU) if where == CPU else prepared.device
    training = settings.work == TRAINING
    with _threads(settings.threads):
        network = _network(planned, device, prepared).train(training)
        work, inputs = _work(network, planned, batch, device, training)
        work()  # the first pass is slower: room is made, kernels are chosen
        peak = pass_bytes(work, device)
        took: list[float] = []
        for done in range(1, settings.passes + 1):
            took.append(_seconds(work, device))
            yield Seen(at=done, of=settings.passes, loss=math.nan)
        threads = torch.get_num_threads()
    low, median, high = statistics.quantiles(took, n=4, method="inclusive")
    counted = totals(network_layers(planned.arm))
    weights = weight_bytes(network)
    return {
        "median_ms": 1e3 * median,
        "low_ms": 1e3 * low,
        "high_ms": 1e3 * high,
        "images_per_second": batch / median,
        "weights_mib": weights / MIB,
        "pass_mib": peak / MIB,
        "peak_mib": (weights + peak + inputs.numel() * inputs.element_size()) / MIB,
        "parameters": float(counted.parameters),
        "macs": float(counted.macs),
        "threads": float(threads),
        "gpu": float(device.type == "cuda"),
    }


@contextmanager
def _threads(count: int) -> Iterator[None]:
    before = torch.get_num_threads()
    if count:
        torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _network(planned: Planned, device: torch.device, prepared: Prepared) -> nn.Module:
    key = (planned.arm, planned.seed, str(device))
    if key not in prepared.built:
        prepared.built.clear()
        with drawn_by(planned.seed):
            prepared.built[key] = build_model(planned.arm).to(device)
    return prepared.built[key]


def _work(
    network: nn.Module, planned: Planned, batch: int, device: torch.device, training: bool
) -> tuple[Callable[[], object], torch.Tensor]:
    """Return what makes one pass, and the pictures that it works on."""
    row = model_row(planned.arm)
    drawn = torch.Generator().manual_seed(planned.seed)
    shape = (batch, row.channels, row.input_size, row.input_size)
    inputs = torch.randn(shape, generator=drawn).to(device)
    labels = torch.randint(row.num_classes, (batch,), generator=drawn).to(device)

    def forward() -> object:
        with torch.inference_mode():
            return network(inputs)

    def step() -> object:
        network.zero_grad(set_to_none=True)
        F.cross_entropy(network(inputs), labels).backward()
        network.zero_grad(set_to_none=True)
        return None

    return (step if training else forward), inputs


def _seconds(work: Callable[[], object], device: torch.device) -> float:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    began = time.perf_counter()
    work()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter() - began
