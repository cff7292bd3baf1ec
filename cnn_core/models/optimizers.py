"""torch's optimizers, and without the compiler that they import to keep it out of their functions.

That import costs 1.5 seconds of each process before its first step, and nothing here is compiled.
The functions are torch's own, taken out of the wrappers that import it; where a version of torch
wraps them no more, or otherwise, they are what that version has. A CUDA graph of a step is recorded
as before.
"""

import inspect
from collections.abc import Callable
from typing import Any

import torch
from torch.optim import Optimizer


def _step(kind: type[Optimizer]) -> Callable[..., Any]:
    """Return the step of `kind` as torch wrote it, and no part of a gradient."""
    step: Callable[..., Any] = torch.no_grad()(inspect.unwrap(kind.step))
    return step


class _Eager(Optimizer):
    add_param_group = inspect.unwrap(Optimizer.add_param_group)
    load_state_dict = inspect.unwrap(Optimizer.load_state_dict)
    state_dict = inspect.unwrap(Optimizer.state_dict)
    zero_grad = inspect.unwrap(Optimizer.zero_grad)


class Adam(_Eager, torch.optim.Adam):
    """Adam (Kingma & Ba 2015)."""

    step = _step(torch.optim.Adam)


class AdamW(_Eager, torch.optim.AdamW):
    """Adam with decoupled weight decay (Loshchilov & Hutter 2019)."""

    step = _step(torch.optim.AdamW)


class SGD(_Eager, torch.optim.SGD):
    """Stochastic gradient descent, with momentum where it is asked for."""

    step = _step(torch.optim.SGD)
