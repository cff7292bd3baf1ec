"""The optimizers: torch's own steps, bit for bit, in a process that has no compiler of torch."""

import itertools
import sys

import pytest
import torch

from cnn_core.models import optimizers

SETTINGS = {
    "Adam": {"lr": 0.01, "weight_decay": 0.1, "fused": True},
    "AdamW": {"lr": 0.01, "weight_decay": 0.1, "fused": True},
    "SGD": {"lr": 0.01, "momentum": 0.9, "nesterov": True, "fused": True},
}


def trained(kind, settings):
    """Return weights and state after three steps, the state kept and given back after the first."""
    layers = torch.nn.Linear(3, 2), torch.nn.Linear(2, 2)
    drawn = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for weight in itertools.chain(*(layer.parameters() for layer in layers)):
            weight.uniform_(generator=drawn)
    optimizer = kind(layers[0].parameters(), **settings)
    optimizer.add_param_group({"params": list(layers[1].parameters()), "lr": 0.1})
    for step in range(3):
        optimizer.zero_grad()
        layers[1](layers[0](torch.ones(4, 3))).square().mean().backward()
        optimizer.step()
        if step == 0:
            kept = optimizer.state_dict()
            optimizer = kind(layers[0].parameters(), **settings)
            optimizer.add_param_group({"params": list(layers[1].parameters()), "lr": 0.5})
            optimizer.load_state_dict(kept)
    moments = [
        value
        for one in optimizer.state_dict()["state"].values()
        for value in one.values()
        if value is not None
    ]
    return [weight.detach() for layer in layers for weight in layer.parameters()], moments


@pytest.mark.parametrize("name", SETTINGS)
def test_steps_are_torchs_without_its_compiler(name, monkeypatch):
    weights, moments = trained(getattr(torch.optim, name), SETTINGS[name])
    monkeypatch.setitem(sys.modules, "torch._dynamo", None)  # an import of it raises
    with pytest.raises(ImportError):
        trained(getattr(torch.optim, name), SETTINGS[name])
    ours, our_moments = trained(getattr(optimizers, name), SETTINGS[name])
    assert all(map(torch.equal, ours, weights))
    assert len(our_moments) == len(moments) >= len(weights)
    assert all(map(torch.equal, our_moments, moments))


def test_a_step_is_no_part_of_a_gradient():
    weight = torch.ones(2, requires_grad=True)
    optimizer = optimizers.SGD([weight], lr=1.0)
    weight.sum().backward()
    optimizer.step(lambda: None)
    assert weight.tolist() == [0.0, 0.0]
    assert weight.is_leaf
    assert torch.is_grad_enabled()
