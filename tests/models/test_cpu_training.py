"""What training on the CPU computes, against the plain layers."""

import copy

import pytest
import torch
from torch.nn import functional as F  # noqa: N812

from cnn_core.models.cpu_training import conv, conv_pool_relu
from cnn_core.models.lenet import LeNet5


@pytest.fixture
def draw():
    return torch.Generator().manual_seed(0)


def pictures(draw, *shape):
    """With large areas of one grey, in which all places of a pool are equal."""
    images = torch.randn(*shape, generator=draw)
    images[..., :14, :] = -0.4242
    return images


def assert_near(values, others):
    for value, other in zip(values, others, strict=True):
        torch.testing.assert_close(
            value, other, rtol=1e-4, atol=1e-5 * float(other.detach().abs().max())
        )


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", [1, 7])
def test_pooled_convolution_is_convolution_pooling_and_relu(draw, channels, size):
    images = pictures(draw, size, channels, 28, 28).requires_grad_()
    weight = torch.randn(6, channels, 5, 5, generator=draw, requires_grad=True)
    bias = torch.randn(6, generator=draw, requires_grad=True)
    ours = conv_pool_relu(images, weight, bias)
    plain = F.max_pool2d(F.relu(F.conv2d(images, weight, bias)), 2)
    assert ours.is_contiguous()
    assert_near([ours], [plain])
    upper = torch.randn(plain.shape, generator=draw)
    upper[:, :, :7] = 0  # where places are equal, any of them may have the gradient for the image
    parts = (images, weight, bias)
    assert_near(torch.autograd.grad(ours, parts, upper), torch.autograd.grad(plain, parts, upper))


def test_equal_places_of_a_pool_count_once(draw):
    images = torch.ones(2, 1, 28, 28)
    weight = torch.rand(6, 1, 5, 5, generator=draw, requires_grad=True)
    conv_pool_relu(images, weight, None).sum().backward()
    assert torch.equal(weight.grad, torch.full_like(weight, 2 * 144))


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("with_bias", [True, False])
def test_convolution_has_the_plain_ones_gradients(draw, layout, with_bias):
    maps = torch.randn(5, 6, 12, 12, generator=draw).contiguous(memory_format=layout)
    weight = torch.randn(16, 6, 5, 5, generator=draw).contiguous(memory_format=layout)
    bias = torch.randn(16, generator=draw, requires_grad=True) if with_bias else None
    parts = [maps.requires_grad_(), weight.requires_grad_(), *([bias] if with_bias else [])]
    ours, plain = conv(maps, weight, bias), F.conv2d(maps, weight, bias)
    assert_near([ours], [plain])
    upper = torch.randn(plain.shape, generator=draw)
    assert_near(torch.autograd.grad(ours, parts, upper), torch.autograd.grad(plain, parts, upper))


def test_lenet_trains_and_evaluates_alike(draw):
    """Same logits in both modes, and the gradients of the plain forward pass."""
    torch.manual_seed(0)
    training = LeNet5().to(memory_format=torch.channels_last)
    plain = copy.deepcopy(training).eval()
    images = pictures(draw, 8, 1, 28, 28)
    labels = torch.arange(8)
    assert_near([training(images)], [plain(images)])
    for network in (training, plain):
        F.cross_entropy(network(images), labels).backward()
    assert_near(
        [parameter.grad for parameter in training.parameters()],
        [parameter.grad for parameter in plain.parameters()],
    )
