"""LeNet-5 in its usual modern form: max pooling, ReLU and a softmax output.

The network of 1998 (LeCun, Bottou, Bengio, Haffner, Proc. IEEE 86(11), 2278-2324, section II.B) has
trainable subsampling, a scaled tanh, a sparse C3 and RBF outputs instead.
"""

from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - the name every torch reader knows

from cnn_core.models.cpu_training import conv, conv_pool_relu


class LeNet5(nn.Module):
    """Convolutions 1-6-16 of 5x5 without padding, 2x2 max pooling, then 256-120-84-classes.

    Pooling comes before ReLU: both are monotone, so they commute, and a quarter of the activations
    is left to rectify (the numbers are the same, bit for bit). In training on the CPU the
    convolutional layers take the forms of `models.cpu_training` (the same up to rounding); their
    modules' hooks are called in evaluation mode and on a GPU only.

    Shapes: input float32 (batch, 1, 28, 28), normalised by the registry's mean and std; output
    logits float32 (batch, num_classes).

    >>> import torch
    >>> LeNet5(num_classes=10)(torch.zeros(2, 1, 28, 28)).shape
    torch.Size([2, 10])
    """

    def __init__(self, *, num_classes: int = 10) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, kernel_size=5)
        self.conv2 = nn.Conv2d(6, 16, kernel_size=5)
        self.fc1 = nn.Linear(16 * 4 * 4, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, num_classes)

    def forward(self, images: Tensor) -> Tensor:
        """Return logits (batch, num_classes) of normalised images (batch, 1, 28, 28)."""
        if self.training and images.device.type == "cpu":
            maps = conv_pool_relu(images, self.conv1.weight, self.conv1.bias)
            maps = conv(maps, self.conv2.weight, self.conv2.bias)
        else:
            maps = F.relu(F.max_pool2d(self.conv1(images), 2))
            maps = self.conv2(maps)
        maps = F.relu(F.max_pool2d(maps, 2))
        units = F.relu(self.fc1(maps.flatten(1)))
        units = F.relu(self.fc2(units))
        logits: Tensor = self.fc3(units)
        return logits
