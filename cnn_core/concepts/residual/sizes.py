"""How large the experiment's networks are, and what their starting weights do, by closed forms."""


def parameters(
    depth: int, *, width: int, in_channels: int, norm: bool, num_classes: int = 10
) -> int:
    """Return the trainable parameters of a network of the family, with shortcuts or without.

    Args:
        depth: layers, 6n + 2.
        width: channels of the first stage.
        in_channels: of the pictures.
        norm: whether BatchNorm (two parameters a channel) stands for each convolution's bias.
        num_classes: outputs.

    >>> parameters(20, width=16, in_channels=3, norm=True)
    269722
    """
    each = 2 if norm else 1
    total = 9 * in_channels * width + each * width
    before = width
    for channels in (width, 2 * width, 4 * width):
        for _ in range((depth - 2) // 6):
            total += 9 * before * channels + 9 * channels**2 + 2 * each * channels
            before = channels
    return total + before * num_classes + num_classes


def default_factor(depth: int) -> float:
    """Return by what PyTorch's default weights alone multiply the gradient between the blocks.

    A convolution and its ReLU multiply a gradient's variance by half of 9 times its channels times
    the variance of its weights (He et al. 2015, section 2.2): 1 for He's weights, 1/6 for
    PyTorch's, whose variance is 1 / (3 times 9 times the channels). Between the first block's end
    and the last one's there are 6n - 2 convolutions.

    >>> f"{default_factor(20):.1e}"
    '6.0e-07'
    """
    return float(6.0 ** -((depth - 4) / 2))
