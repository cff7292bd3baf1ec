"""Seeds, weights and optimizers at the start of a run."""

import dataclasses
import itertools

import torch

from cnn_core.results.config import OPTIMIZERS
from cnn_core.training.seeds import derived_seed
from cnn_core.training.state import build_optimizer, new_state, weights_on_cpu

CPU = torch.device("cpu")


def test_derived_seeds_differ_and_fit_a_generator():
    grid = itertools.product(range(6), range(3), range(40))
    seeds = [derived_seed(*numbers) for numbers in grid]
    assert len(set(seeds)) == len(seeds)
    assert all(0 <= seed < 2**63 for seed in seeds)
    # Fixed for ever: a run that is resumed by a later version draws what it would have drawn.
    assert derived_seed(0, 1, 2) == 1_535_930_435_702_422_785
    # Neighbours share no more bits than chance has it.
    shared = [bin(a ^ b).count("1") for a, b in itertools.pairwise(seeds)]
    assert 29 < sum(shared) / len(shared) < 34


def test_weights_are_drawn_from_the_seed_alone(config):
    torch.manual_seed(77)
    first = weights_on_cpu(new_state("lenet5", config, num_classes=10, device=CPU).model)
    torch.manual_seed(78)
    again = weights_on_cpu(new_state("lenet5", config, num_classes=10, device=CPU).model)
    other = dataclasses.replace(config, seed=1)
    another = weights_on_cpu(new_state("lenet5", other, num_classes=10, device=CPU).model)
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["conv1.weight"], another["conv1.weight"])


def test_weights_on_cpu_alias_nothing(config):
    model = new_state("lenet5", config, num_classes=10, device=CPU).model
    copies = weights_on_cpu(model)
    for name, tensor in model.state_dict().items():
        assert copies[name].is_contiguous()
        assert copies[name].data_ptr() != tensor.data_ptr()
        assert not copies[name].requires_grad


def test_optimizers_are_what_their_names_say(config):
    model = new_state("lenet5", config, num_classes=10, device=CPU).model
    named = {
        name: build_optimizer(model, dataclasses.replace(config, optimizer=name, weight_decay=0.1))
        for name in OPTIMIZERS
    }
    assert isinstance(named["adam"], torch.optim.Adam)
    group = named["sgd"].param_groups[0]
    assert (group["momentum"], group["nesterov"], group["weight_decay"]) == (0.9, True, 0.1)
    assert all(each.param_groups[0]["lr"] == config.learning_rate for each in named.values())
