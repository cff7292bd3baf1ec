"""The network around the compared blocks: the same for all of them.

A 3x3 convolution of stride 2 to C channels, then twice the block with 2x2 max pooling behind it,
then one linear layer. On 32x32 pictures the blocks work on 16x16 and on 8x8 maps.
"""

from torch import nn

from cnn_core.concepts.stacked_kernels.shapes import BLOCKS, Convolution, block_of
from cnn_core.concepts.training import drawn_by

Shape = tuple[int, int, int]


def build_network(
    arm: str, side: int, channels: int, shape: Shape, classes: int, *, batch_norm: bool, seed: int
) -> nn.Sequential:
    """Return the network with weights drawn by `seed`.

    Args:
        arm: see `shapes.ARMS`.
        side: of what a block sees, 5 or 7.
        channels: before and behind each block.
        shape: of a picture, (C, H, W); H and W at least 8.
        classes: how many.
        batch_norm: whether each convolution is normalised over the batch.
        seed: of the weights; what stands before the blocks is the same for all arms of a seed.
    """
    with drawn_by(seed):
        stem = Convolution(channels_in=shape[0], channels_out=channels, side=3, rectified=True)
        layers = _layers(stem, batch_norm=batch_norm, stride=2)
        for _ in range(BLOCKS):
            for convolution in block_of(arm, side, channels):
                layers += _layers(convolution, batch_norm=batch_norm)
            layers.append(nn.MaxPool2d(2))
        height, width = (((pixels + 1) // 2) >> BLOCKS for pixels in shape[1:])
        layers += [nn.Flatten(), nn.Linear(channels * height * width, classes)]
    return nn.Sequential(*layers)


def _layers(convolution: Convolution, *, batch_norm: bool, stride: int = 1) -> list[nn.Module]:
    """Return the convolution, its normalisation and its ReLU, as far as it has them.

    He's initialisation (He et al. 2015, Eq. 10) where a ReLU follows; half that variance where none
    does, so that the maps keep their scale either way.
    """
    layer = nn.Conv2d(
        convolution.channels_in,
        convolution.channels_out,
        convolution.side,
        stride=stride,
        padding=convolution.side // 2,
        bias=not batch_norm,  # BatchNorm brings one
    )
    nn.init.kaiming_normal_(
        layer.weight, nonlinearity="relu" if convolution.rectified else "linear"
    )
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    layers: list[nn.Module] = [layer]
    if batch_norm:
        layers.append(nn.BatchNorm2d(convolution.channels_out))
    if convolution.rectified:
        layers.append(nn.ReLU())
    return layers
