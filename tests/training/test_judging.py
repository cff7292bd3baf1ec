"""What a network says of every picture of a part: in which precision, on which device, of whom."""

import numpy as np
import pytest
import torch
from torch import nn

from cnn_core.models.stages import Rest
from cnn_core.training.averaging import running_average
from cnn_core.training.examples import cached_views
from cnn_core.training.judging import best_network, judge_examples
from cnn_core.training.state import TrainState, weights_on_cpu


class Tiny(nn.Module):
    def __init__(self):
        super().__init__()
        self.block = nn.Sequential(nn.Conv2d(3, 8, 1), nn.BatchNorm2d(8), nn.ReLU())
        self.head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 3))


def tiny_state(device="cpu", *, averaged=False):
    torch.manual_seed(0)
    network = Tiny().to(device)
    rest = Rest(network, [("block", network.block), ("head", network.head)], backbone=1)
    return TrainState(
        model=rest,
        optimizer=torch.optim.Adam(rest.parameters()),
        average=running_average(rest, 0.9) if averaged else None,
        best_weights={name: 0.5 * each for name, each in weights_on_cpu(rest).items()},
    )


def tiny_examples(device="cpu"):
    maps = np.random.default_rng(0).normal(size=(30, 1, 3, 4, 4)).astype(np.float32)
    return cached_views(maps, np.arange(30) % 3, torch.device(device))


def judged(state, device="cpu", precision=torch.float32):
    with best_network(state) as network:
        return judge_examples(
            network,
            tiny_examples(device),
            part="valid",
            pictures=np.arange(30),
            precision=precision,
        )


def test_rows_of_probabilities_add_up_and_no_memory_is_shared():
    found = judged(tiny_state())
    assert found.probabilities.shape == (30, 3)
    assert found.embeddings.shape == (30, 8)
    assert found.probabilities.dtype == found.embeddings.dtype == np.float32
    np.testing.assert_allclose(found.probabilities.sum(axis=1), 1, atol=1e-6)
    assert found.embeddings.flags["C_CONTIGUOUS"]
    assert found.labels.tolist() == [index % 3 for index in range(30)]


def test_half_the_digits_give_nearly_the_same_answers():
    exact, rough = judged(tiny_state()), judged(tiny_state(), precision=torch.bfloat16)
    assert rough.probabilities.dtype == np.float32
    np.testing.assert_allclose(rough.probabilities, exact.probabilities, atol=0.01)
    assert not np.array_equal(rough.probabilities, exact.probabilities)


def test_where_weights_are_averaged_the_average_is_judged():
    state = tiny_state(averaged=True)
    with torch.no_grad():
        for parameter in state.model.parameters():
            parameter.add_(7.0)  # what is trained is not what is kept
    np.testing.assert_array_equal(judged(state).probabilities, judged(tiny_state()).probabilities)


def test_without_a_best_epoch_the_network_is_judged_as_it_is():
    state = tiny_state()
    state.best_weights = {}
    with best_network(state) as network:
        assert network is state.model
        assert not network.training
    assert state.model.training


def test_weights_and_modes_are_their_own_again_after_an_error():
    state = tiny_state()
    before = weights_on_cpu(state.model)
    with pytest.raises(RuntimeError), best_network(state):
        raise RuntimeError
    after = weights_on_cpu(state.model)
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert state.model.training


def test_a_network_without_a_cut_is_refused():
    network = nn.Linear(2, 2)
    state = TrainState(model=network, optimizer=torch.optim.Adam(network.parameters()))
    with pytest.raises(TypeError, match="but got Linear"), best_network(state):
        pass


@pytest.mark.gpu
def test_a_gpu_says_the_same():
    if not torch.cuda.is_available():
        pytest.skip("needs a CUDA device")
    here, there = judged(tiny_state()), judged(tiny_state("cuda"), "cuda")
    np.testing.assert_allclose(there.probabilities, here.probabilities, atol=2e-3)
    np.testing.assert_allclose(there.embeddings, here.embeddings, atol=2e-3)
    assert there.labels.tolist() == here.labels.tolist()
