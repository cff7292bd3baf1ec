"""LeNet-5 against its own definition written out."""

import torch
from torch.nn import functional as F  # noqa: N812

from cnn_core.models.lenet import LeNet5


def network():
    torch.manual_seed(0)
    return LeNet5().eval()


def test_parameters_by_layer():
    counts = {name: tensor.numel() for name, tensor in network().named_parameters()}
    assert sum(counts.values()) == 44_426
    assert counts == {
        "conv1.weight": 150,
        "conv1.bias": 6,
        "conv2.weight": 2_400,
        "conv2.bias": 16,
        "fc1.weight": 30_720,
        "fc1.bias": 120,
        "fc2.weight": 10_080,
        "fc2.bias": 84,
        "fc3.weight": 840,
        "fc3.bias": 10,
    }


def test_pooling_before_relu_is_relu_before_pooling():
    net = network()
    images = torch.randn(8, 1, 28, 28, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        maps = F.max_pool2d(F.relu(net.conv1(images)), 2)
        maps = F.max_pool2d(F.relu(net.conv2(maps)), 2)
        units = F.relu(net.fc2(F.relu(net.fc1(maps.flatten(1)))))
        assert torch.equal(net.fc3(units), net(images))


def test_the_input_is_left_alone():
    images = torch.randn(2, 1, 28, 28, generator=torch.Generator().manual_seed(1))
    before = images.clone()
    network()(images)
    assert torch.equal(images, before)
