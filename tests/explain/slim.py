"""Every network of the registry at an eighth of its channels, so that looking into it is quick.

Kernels, strides, paddings, branches and the code that runs are the registry's own; a wide linear
head is left out. The two LeNets are as they are.
"""

import torch
from torch import nn

from cnn_core.models.registry import MODELS, OFFERED, build_model

NAMES = tuple(OFFERED)  # GoogLeNet stands for its variants for 32x32: the same modules
SHARE = 8


def slim(name: str, *, positive: bool = False) -> nn.Module:
    """Return the network in evaluation mode, frozen, its weights and statistics drawn at random.

    Args:
        positive: all weights positive and in float64, so that no gradient cancels another, and
            pooling by the mean, so that every pixel of a window counts.
    """
    torch.manual_seed(0)
    if name.startswith("lenet"):
        network = build_model(name, num_classes=10)
    else:
        with torch.device("meta"):
            network = build_model(name, num_classes=1000)
        _take_channels_out(network)
        network.to_empty(device="cpu")
        for module in network.modules():
            _draw(module)
    if positive:
        network.double()
        for parameter in network.parameters():
            parameter.data.abs_().clamp_(min=1e-3)
            if parameter.dim() > 2:
                parameter.data /= 2 * parameter[0].sum()
        for path, module in list(network.named_modules()):
            if isinstance(module, nn.MaxPool2d):
                parent, _, own = path.rpartition(".")
                setattr(network.get_submodule(parent), own, _mean_pool(module))
    return network.eval().requires_grad_(False)


def picture(name: str, *, height: int = 96, width: int = 80) -> torch.Tensor:
    """Return a float32 picture (1, C, H, W) of noise, 0 to 1; of a LeNet's size for a LeNet."""
    row = MODELS[name]
    if row.input_size == 28:
        height = width = 28
    return torch.rand(1, row.channels, height, width, generator=torch.Generator().manual_seed(1))


def _mean_pool(pool: nn.MaxPool2d) -> nn.AvgPool2d:
    return nn.AvgPool2d(
        pool.kernel_size,
        pool.stride,
        pool.padding,
        ceil_mode=pool.ceil_mode,
        count_include_pad=False,
    )


def _take_channels_out(network: nn.Module) -> None:
    for path, module in list(network.named_modules()):
        if isinstance(module, nn.Linear):
            parent, _, own = path.rpartition(".")
            setattr(network.get_submodule(parent), own, nn.Identity())
        elif isinstance(module, nn.Conv2d):
            out, inside, height, width = module.weight.shape
            if module.groups == module.in_channels > 1:
                module.groups //= SHARE
            elif inside > 3:
                inside //= SHARE
            shape = (out // SHARE, inside, height, width)
            module.weight = nn.Parameter(torch.empty(shape, device="meta"))
            if module.bias is not None:
                module.bias = nn.Parameter(torch.empty(shape[0], device="meta"))
        elif isinstance(module, nn.BatchNorm2d):
            size = module.num_features // SHARE
            module.weight = nn.Parameter(torch.empty(size, device="meta"))
            module.bias = nn.Parameter(torch.empty(size, device="meta"))
            module.running_mean = torch.empty(size, device="meta")
            module.running_var = torch.empty(size, device="meta")


def _draw(module: nn.Module) -> None:
    if isinstance(module, nn.Conv2d):
        nn.init.kaiming_normal_(module.weight)
        if module.bias is not None:
            nn.init.normal_(module.bias, std=0.1)
    elif isinstance(module, nn.BatchNorm2d):
        nn.init.uniform_(module.weight, 0.8, 1.2)
        nn.init.normal_(module.bias, std=0.1)
        nn.init.normal_(module.running_mean, std=0.1)
        nn.init.uniform_(module.running_var, 0.8, 1.2)
        nn.init.zeros_(module.num_batches_tracked)
