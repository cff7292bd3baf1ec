"""The most memory that a pass has taken at any time: of tensors alive, not of the process."""

import os
from collections.abc import Callable

import torch
from torch import nn
from torch.profiler import ProfilerActivity, profile

_SILENT = "6"  # of the profiler's library, read at its first start in a process


def weight_bytes(network: nn.Module) -> int:
    """Return what the parameters and buffers of `network` take.

    >>> weight_bytes(nn.Linear(10, 5))
    220
    """
    tensors = (*network.parameters(), *network.buffers())
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors)


def pass_bytes(work: Callable[[], object], device: torch.device) -> int:
    """Return by how many bytes the live allocations rose at most while `work` ran.

    On a GPU as its allocator counts them (`torch.cuda.max_memory_allocated`), else as the profiler
    of torch does: each allocation and release of the allocator, in their order. What `work` returns
    is alive until its end. Room that a library takes without torch's allocator is in neither.

    Args:
        work: makes one pass.
        device: where its tensors are.

    >>> pass_bytes(lambda: torch.ones(1_000) + torch.ones(1_000), torch.device("cpu"))
    12000
    """
    if device.type == "cuda":
        torch.cuda.synchronize(device)
        torch.cuda.reset_peak_memory_stats(device)
        before = torch.cuda.memory_allocated(device)
        work()
        torch.cuda.synchronize(device)
        return torch.cuda.max_memory_allocated(device) - before
    os.environ.setdefault("KINETO_LOG_LEVEL", _SILENT)  # it tells stderr of each start and stop
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as recorded:
        work()
    assert recorded.profiler is not None
    changes = sorted(
        (event.start_ns(), place, event.nbytes())
        for place, event in enumerate(recorded.profiler.kineto_results.events())
        if event.name() == "[memory]"
    )
    live = peak = 0
    for _, _, change in changes:
        live += change
        peak = max(peak, live)
    return peak
