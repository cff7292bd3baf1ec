"""The baseline of `training_speed`: LeNet-5 on MNIST as tutorials write it.

torchvision's MNIST with ToTensor and Normalize a sample, a DataLoader that shuffles, ReLU before
pooling, Adam, `loss.item()` a step.
"""

from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812
from torch.utils.data import DataLoader
from torchvision.datasets import MNIST
from torchvision.transforms import Compose, Normalize, ToTensor


class PlainLeNet5(nn.Module):
    """The same network as `cnn_core.models.lenet.LeNet5`: same weights, same logits."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 5)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc1 = nn.Linear(16 * 4 * 4, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, 10)

    def forward(self, images: Tensor) -> Tensor:
        """Return logits (batch, 10) of normalised images (batch, 1, 28, 28)."""
        maps = F.max_pool2d(F.relu(self.conv1(images)), 2)
        maps = F.max_pool2d(F.relu(self.conv2(maps)), 2)
        units = F.relu(self.fc1(torch.flatten(maps, 1)))
        units = F.relu(self.fc2(units))
        logits: Tensor = self.fc3(units)
        return logits


def plain_loop(
    folder: Path, batch_size: int, *, device: str = "cpu", model: PlainLeNet5 | None = None
) -> Iterator[int]:
    """Train `model` (a new one if None) for ever on the MNIST in `folder`.

    Yields:
        The images of each step.
    """
    transform = Compose([ToTensor(), Normalize((0.1307,), (0.3081,))])
    loader = DataLoader(
        MNIST(str(folder), train=True, transform=transform), batch_size=batch_size, shuffle=True
    )
    torch.manual_seed(0)
    model = (model or PlainLeNet5()).to(device)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    model.train()
    running_loss = 0.0
    while True:
        for batch, targets in loader:
            images, labels = batch.to(device), targets.to(device)
            optimizer.zero_grad()
            loss = F.cross_entropy(model(images), labels)
            loss.backward()
            optimizer.step()
            running_loss += loss.item()
            yield len(labels)
