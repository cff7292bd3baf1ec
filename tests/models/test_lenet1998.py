"""LeNet-5 of 1998 against the paper's own figures, and against plain loops in float64."""

import numpy as np
import pytest
import torch

from cnn_core.errors import ConfigError
from cnn_core.models.lenet1998 import J, LeNet51998
from cnn_core.models.lenet1998_constants import BACKGROUND, C3_TABLE, FOREGROUND, digit_codes
from cnn_core.models.registry import model_row

# Table I as it is printed: a row for each map of S2, a column for each map of C3.
PRINTED_TABLE = """
X . . . X X X . . X X X X . X X
X X . . . X X X . . X X X X . X
X X X . . . X X X . . X . X X X
. X X X . . X X X X . . X . X X
. . X X X . . X X X X . X X . X
. . . X X X . . X X X X . X X X
"""


@pytest.fixture
def network():
    torch.manual_seed(0)
    return LeNet51998().eval()


def pictures(count):
    """Normalised pictures (count, 1, 28, 28)."""
    draw = np.random.default_rng(1)
    pixels = draw.uniform(BACKGROUND, FOREGROUND, (count, 1, 28, 28))
    return torch.tensor(pixels, dtype=torch.float32)


def test_parameters_by_layer_as_the_paper_counts_them(network):
    """Section II.B: 156, 12, 1,516, 32, 48,120 and 10,164; "60,000 trainable free parameters"."""
    counts = {
        name: sum(parameter.numel() for parameter in layer.parameters() if parameter.requires_grad)
        for name, layer in network.named_children()
    }
    assert counts == {
        "c1": 156,
        "s2": 12,
        "c3": 1_516,
        "s4": 32,
        "c5": 48_120,
        "f6": 10_164,
        "output": 0,
    }
    assert sum(counts.values()) == 60_000


def test_table_one_is_the_printed_one():
    printed = [line.split() for line in PRINTED_TABLE.split("\n") if line]
    assert [len(row) for row in printed] == [16] * 6
    for map_, seen in enumerate(C3_TABLE):
        assert seen == tuple(channel for channel in range(6) if printed[channel][map_] == "X")


def test_codes_are_bitmaps_that_differ():
    codes = np.array(digit_codes()).reshape(10, 12, 7)
    assert set(codes.ravel()) == {-1.0, 1.0}
    different = [np.sum(codes[a] != codes[b]) for a in range(10) for b in range(a)]
    assert min(different) >= 6
    for digit in (0, 8):
        np.testing.assert_array_equal(codes[digit], codes[digit][:, ::-1])
    assert codes[1][2:11].sum(axis=0).argmax() == 3


def convolved(maps, kernels, biases, table):
    """Sum of valid correlations over the maps that the table names, one output map a row."""
    out = []
    for seen, bias in zip(table, biases, strict=True):
        side = maps.shape[1] - 4
        total = np.full((side, side), bias)
        for channel in seen:
            kernel = next(kernels)
            for y in range(side):
                for x in range(side):
                    total[y, x] += (maps[channel, y : y + 5, x : x + 5] * kernel).sum()
        out.append(total)
    return np.array(out)


def subsampled(maps, coefficients, biases):
    sums = maps[:, ::2, ::2] + maps[:, 1::2, ::2] + maps[:, ::2, 1::2] + maps[:, 1::2, 1::2]
    return sums * coefficients[:, None, None] + biases[:, None, None]


def by_the_paper(weights, picture):
    """Penalties y_i of one picture (28, 28), by sections II.B and appendix A written out."""

    def f(a):
        return 1.7159 * np.tanh(2 * a / 3)

    field = np.full((1, 32, 32), -0.1)
    field[0, 2:30, 2:30] = picture
    kernels = iter(weights["c1.weight"].reshape(6, 5, 5))
    maps = f(convolved(field, kernels, weights["c1.bias"], [(0,)] * 6))
    maps = f(subsampled(maps, weights["s2.coefficient"], weights["s2.bias"]))
    maps = f(convolved(maps, iter(weights["c3.weight"]), weights["c3.bias"], C3_TABLE))
    maps = f(subsampled(maps, weights["s4.coefficient"], weights["s4.bias"]))
    units = f(weights["c5.weight"].reshape(120, -1) @ maps.ravel() + weights["c5.bias"])
    units = f(weights["f6.weight"] @ units + weights["f6.bias"])
    return ((units - np.array(digit_codes())) ** 2).sum(axis=1)


def test_outputs_are_minus_the_penalties_of_equation_seven(network):
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.mul_(2)  # away from the linear part of the squashing
        images = pictures(2)
        outputs = network(images.contiguous(memory_format=torch.channels_last)).numpy()
    weights = {name: value.double().numpy() for name, value in network.state_dict().items()}
    expected = [by_the_paper(weights, image[0].double().numpy()) for image in images]
    np.testing.assert_allclose(outputs, -np.array(expected), rtol=1e-5)


def test_loss_is_equation_nine(network):
    penalties = np.array([[0.2, 5.0, 9.0, 70.0], [30.0, 4.0, 6.0, 2.0]])
    labels = np.array([0, 1])
    true = penalties[[0, 1], labels]
    expected = (true + np.log(np.exp(-J) + np.exp(-penalties).sum(axis=1))).mean()
    loss = network.loss(torch.tensor(-penalties), torch.tensor(labels))
    assert loss.item() == pytest.approx(expected, rel=1e-12)


def test_j_keeps_distant_classes_from_being_pushed_further(network):
    """Section II.C: the constant "prevents the penalties of classes that are already very large
    from being pushed further up"."""
    outputs = -torch.tensor([[0.1, J + 1, J + 40]])
    outputs.requires_grad_()
    network.loss(outputs, torch.tensor([0])).backward()
    near, far = outputs.grad[0, 1:].tolist()
    assert near > 1e-2
    assert 0 <= far < 1e-15


def test_first_weights_are_uniform_by_fan_in(network):
    """Appendix A: between -2.4 / F and 2.4 / F."""
    kernels = network.c3.weight.detach()
    groups = [(network.c1.weight, 25), (network.c5.weight, 400), (network.f6.weight, 120)]
    groups += [(kernels[:18], 75), (kernels[18:54], 100), (kernels[54:], 150)]
    for values, fan_in in groups:
        bound = 2.4 / fan_in
        assert bound * 0.95 < values.abs().max().item() <= bound
        assert abs(values.mean().item()) < bound / 5
        assert values.std().item() == pytest.approx(bound / np.sqrt(3), rel=0.1)
    for layer in (network.s2, network.s4):
        assert max(layer.coefficient.abs().max(), layer.bias.abs().max()).item() <= 0.6


def test_levels_are_the_papers():
    row = model_row("lenet5-1998")
    assert [(level - row.mean[0]) / row.std[0] for level in (0, 1)] == pytest.approx([-0.1, 1.175])


def test_everything_is_trained_but_the_codes(network):
    network.loss(network(pictures(8)), torch.arange(8)).backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad.abs().amax() > 0, name
    assert not network.output.codes.requires_grad
    assert torch.equal(network.output.codes, torch.tensor(digit_codes()))


def test_the_input_is_left_alone(network):
    images = pictures(2)
    before = images.clone()
    network(images)
    assert torch.equal(images, before)


@pytest.mark.parametrize("count", [0, 11])
def test_there_are_codes_for_ten_classes(count):
    with pytest.raises(ConfigError, match=f"for 1 to 10 classes, but the data has {count}"):
        LeNet51998(num_classes=count)
