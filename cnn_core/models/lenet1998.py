"""LeNet-5 as its paper describes it, layer by layer, with its own output and its own loss.

LeCun, Bottou, Bengio, Haffner 1998, "Gradient-based learning applied to document recognition",
Proc. IEEE 86(11), 2278-2324: section II.B (network), II.C (loss), appendix A (squashing, initial
weights). What the paper leaves open is chosen here: the value of the loss's j, and that a bias is
drawn like the weights of its unit; the output codes are drawn in the style of its figure 3. How it
was trained (stochastic diagonal Levenberg-Marquardt) is not here.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the name every torch reader knows

from cnn_core.errors import ConfigError
from cnn_core.models.lenet1998_constants import BACKGROUND, PADDING, digit_codes
from cnn_core.models.lenet1998_layers import (
    RadialBasis,
    SparseConvolution,
    Subsampling,
    draw_uniformly,
    squash,
)

J = 1.0  # Eq. (9): "the constant j is positive"; its value is not in the paper


class LeNet51998(nn.Module):
    """C1, S2, C3, S4, C5, F6 and RBF outputs: 60,000 trainable parameters.

    Shapes: input float32 (batch, 1, 28, 28) with background -0.1 and foreground 1.175, padded to
    32x32 here; output float32 (batch, num_classes), the negative penalties -y_i of Eq. (7), so that
    the largest is the answer and softmax gives the posterior of section II.C.

    Args:
        num_classes: how many of the codes of 0 to 9 are outputs, 1 to 10.

    Raises:
        ConfigError: there is no code for so many classes.

    >>> network = LeNet51998(num_classes=10)
    >>> network(torch.full((2, 1, 28, 28), BACKGROUND)).shape
    torch.Size([2, 10])
    >>> sum(parameter.numel() for parameter in network.parameters())
    60000
    """

    def __init__(self, *, num_classes: int = 10) -> None:
        super().__init__()
        codes = torch.tensor(digit_codes())
        if not 1 <= num_classes <= len(codes):
            raise ConfigError(
                f"LeNet-5 of 1998 has output codes for 1 to {len(codes)} classes, "
                f"but the data has {num_classes}.",
                hint="Train another network on this data.",
            )
        self.c1 = nn.Conv2d(1, 6, kernel_size=5)
        self.s2 = Subsampling(6)
        self.c3 = SparseConvolution(in_channels=6)
        self.s4 = Subsampling(16)
        self.c5 = nn.Conv2d(16, 120, kernel_size=5)
        self.f6 = nn.Linear(120, codes.shape[1])
        self.output = RadialBasis(codes[:num_classes].clone())
        for layer in (self.c1, self.c5, self.f6):
            for parameter in layer.parameters():
                draw_uniformly(parameter, fan_in=layer.weight[0].numel())

    def forward(self, images: Tensor) -> Tensor:
        """Return -y_i of Eq. (7), (batch, num_classes), of normalised images (batch, 1, 28, 28)."""
        field = F.pad(images, [PADDING] * 4, value=BACKGROUND)
        maps = squash(self.s2(squash(self.c1(field))))  # Eq. (5) and (6), here and below
        maps = squash(self.s4(squash(self.c3(maps))))
        units = squash(self.c5(maps)).flatten(1)
        units = squash(self.f6(units))
        penalties: Tensor = self.output(units)
        return -penalties

    def loss(self, outputs: Tensor, labels: Tensor) -> Tensor:
        """Return the mean of Eq. (9), the MAP criterion: y_D + log(e^-j + sum over i of e^-y_i).

        It is cross entropy with a further, "rubbish" class whose penalty is always j.

        Args:
            outputs: -y_i, float32 (batch, classes), as `forward` returns them.
            labels: D, int64 (batch,), 0 to classes - 1.
        """
        rubbish = outputs.new_full((len(outputs), 1), -J)
        return F.cross_entropy(torch.cat([outputs, rubbish], dim=1), labels)
