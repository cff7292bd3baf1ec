"""What the blocks that are compared are made of, in closed form and free of torch.

A block maps C channels to C channels at one size of map. Either one large convolution, or as many
3x3 ones as see the same pixels: n of them see 1 + 2n in each direction (Simonyan and Zisserman
2015, section 2.3).
"""

from dataclasses import dataclass

ONE, STACK, WIDE, LINEAR = "one", "stack", "stack-wide", "stack-linear"
ARMS = (ONE, STACK, WIDE, LINEAR)
"""One large convolution; the 3x3 stack with its channels; the stack made wider inside until it has
as many weights; the stack without a ReLU between its convolutions."""

FIELDS = {"5x5": 5, "7x7": 7}
"""The large convolution's side in pixels, by the condition's id."""

BLOCKS = 2
"""How many such blocks a network has, each followed by 2x2 max pooling."""


@dataclass(frozen=True, kw_only=True)
class Convolution:
    """One convolution of a block: stride 1, padded so that the map keeps its size.

    Attributes:
        channels_in, channels_out: of its maps.
        side: of its kernel, in pixels.
        rectified: whether a ReLU follows.
    """

    channels_in: int
    channels_out: int
    side: int
    rectified: bool

    @property
    def weights(self) -> int:
        """Weights without biases: side x side x in x out."""
        return self.side**2 * self.channels_in * self.channels_out


def stack_length(side: int) -> int:
    """Return how many 3x3 convolutions see `side` x `side` pixels.

    >>> stack_length(5), stack_length(7)
    (2, 3)
    """
    return (side - 1) // 2


def field_of(block: tuple[Convolution, ...]) -> int:
    """Return the side of the receptive field of a block, in pixels of the map before it.

    At stride 1 each convolution adds its side less one.

    >>> field_of(block_of("stack", 7, 18))
    7
    """
    return 1 + sum(each.side - 1 for each in block)


def block_weights(block: tuple[Convolution, ...]) -> int:
    """Return a block's weights, biases and normalisation apart.

    At stride 1 each is used once at every place of the map, so equal weights are equal work.

    >>> [block_weights(block_of(arm, 5, 18)) for arm in ("one", "stack", "stack-wide")]
    [8100, 5832, 8100]
    """
    return sum(each.weights for each in block)


def inner_channels(side: int, channels: int) -> int:
    """Return how many channels a stack has inside to come closest to the large one's weights.

    For two 3x3 convolutions that is 25/18 of the channels outside.

    >>> inner_channels(5, 18), inner_channels(7, 18)
    (25, 28)
    """
    wanted = side**2 * channels**2
    return min(
        range(1, 4 * channels),
        key=lambda inner: abs(block_weights(_stack(stack_length(side), channels, inner)) - wanted),
    )


def _stack(
    length: int, channels: int, inner: int, *, linear: bool = False
) -> tuple[Convolution, ...]:
    ends = [channels, *[inner] * (length - 1), channels]
    return tuple(
        Convolution(
            channels_in=ends[place],
            channels_out=ends[place + 1],
            side=3,
            rectified=not linear or place == length - 1,
        )
        for place in range(length)
    )


def block_of(arm: str, side: int, channels: int) -> tuple[Convolution, ...]:
    """Return the convolutions of a block.

    Args:
        arm: one of `ARMS`.
        side: of what the block sees, 5 or 7.
        channels: before and behind the block.
    """
    if arm == ONE:
        return (
            Convolution(channels_in=channels, channels_out=channels, side=side, rectified=True),
        )
    inner = inner_channels(side, channels) if arm == WIDE else channels
    return _stack(stack_length(side), channels, inner, linear=arm == LINEAR)
