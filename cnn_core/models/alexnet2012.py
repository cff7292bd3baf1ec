"""AlexNet as it was published in 2012: two towers, local response normalisation, 96 first filters.

Krizhevsky, Sutskever, Hinton 2012, "ImageNet classification with deep convolutional neural
networks", NeurIPS 25: section 3.5 and figure 2 (layers), 3.3 (normalisation), 3.4 (pooling). A
tower was a GPU; here the towers are the two groups of a convolution. The picture is 227x227, as it
must be for 55x55 first maps (the paper prints 224).

Pooling comes before normalisation, as in the replication whose weights fit this network
(uoguelph-mlrg/theano_alexnet, lib/layers.py); in the paper it comes after. The modules count the
same either way, so weights do not say which of the two they were trained with.
"""

from torch import Tensor, nn

LRN_SIZE, LRN_ALPHA, LRN_BETA, LRN_K = 5, 1e-4, 0.75, 2.0  # section 3.3


def _normalisation() -> nn.LocalResponseNorm:
    """Section 3.3's normalisation: torch takes the mean over the window, the paper the sum."""
    return nn.LocalResponseNorm(LRN_SIZE, alpha=LRN_ALPHA * LRN_SIZE, beta=LRN_BETA, k=LRN_K)


class AlexNet2012(nn.Module):
    """Convolutions 96-256-384-384-256, then 4096-4096-classes: 60,965,224 parameters.

    Shapes: input float32 (batch, 3, 227, 227), normalised by the registry's mean and std; output
    logits float32 (batch, num_classes).

    Args:
        num_classes: how many outputs.

    >>> import torch
    >>> with torch.device("meta"):
    ...     AlexNet2012(num_classes=10).features(torch.zeros(1, 3, 227, 227)).shape
    torch.Size([1, 256, 6, 6])
    """

    def __init__(self, *, num_classes: int = 1000) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 96, kernel_size=11, stride=4),
            nn.ReLU(),
            nn.MaxPool2d(kernel_size=3, stride=2),
            _normalisation(),
            nn.Conv2d(96, 256, kernel_size=5, padding=2, groups=2),
            nn.ReLU(),
            nn.MaxPool2d(kernel_size=3, stride=2),
            _normalisation(),
            nn.Conv2d(256, 384, kernel_size=3, padding=1),
            nn.ReLU(),
            nn.Conv2d(384, 384, kernel_size=3, padding=1, groups=2),
            nn.ReLU(),
            nn.Conv2d(384, 256, kernel_size=3, padding=1, groups=2),
            nn.ReLU(),
            nn.MaxPool2d(kernel_size=3, stride=2),
        )
        self.classifier = nn.Sequential(
            nn.Dropout(),
            nn.Linear(256 * 6 * 6, 4096),
            nn.ReLU(),
            nn.Dropout(),
            nn.Linear(4096, 4096),
            nn.ReLU(),
            nn.Linear(4096, num_classes),
        )

    def forward(self, images: Tensor) -> Tensor:
        """Return logits (batch, num_classes) of normalised images (batch, 3, 227, 227)."""
        logits: Tensor = self.classifier(self.features(images).flatten(1))
        return logits
