"""The baseline of `frozen_cifar`: GoogLeNet on CIFAR-10 as tutorials fine-tune it.

Pictures as PIL images with Resize(96), a random flip, ToTensor and Normalize a sample, a DataLoader
that shuffles, all of the network frozen but its new last layer and run at every step, Adam 1e-3,
batches of 128, a validation after each epoch. Everything is computed anew in each epoch.
"""

import time
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812
from torch.utils.data import DataLoader, Dataset
from torchvision.transforms import (
    Compose,
    Normalize,
    RandomHorizontalFlip,
    Resize,
    ToTensor,
)

SIZE = 96
BATCH = 128


class Pictures(Dataset):  # type: ignore[type-arg]
    """uint8 images `(N, 32, 32, 3)` and labels `(N,)`, a PIL image and a transform a sample."""

    def __init__(
        self,
        images: NDArray[np.uint8],
        labels: NDArray[np.integer],
        transform: Callable[[Image.Image], Tensor],
    ) -> None:
        self.images, self.labels, self.transform = images, labels, transform

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        picture = Image.fromarray(self.images[index])
        return self.transform(picture), int(self.labels[index])


def naive_epochs(
    network: nn.Module,
    head: nn.Module,
    train: tuple[NDArray[np.uint8], NDArray[np.integer]],
    valid: tuple[NDArray[np.uint8], NDArray[np.integer]],
    *,
    mean: Sequence[float],
    std: Sequence[float],
    whole: bool = False,
    device: str = "cpu",
) -> Iterator[tuple[float, float]]:
    """Fine-tune for ever; yield (seconds, validation accuracy 0 to 1) of each epoch.

    Args:
        network: with a new last layer for the classes.
        head: that layer.
        train: images uint8 `(N, 32, 32, 3)` and labels `(N,)`.
        valid: likewise, for validation.
        mean: of each channel, of images in 0 to 1.
        std: likewise.
        whole: train every layer and not the last alone.
        device: where.
    """
    torch.manual_seed(0)
    seen = Compose([Resize(SIZE), ToTensor(), Normalize(mean, std)])
    learnt = Compose([Resize(SIZE), RandomHorizontalFlip(), ToTensor(), Normalize(mean, std)])
    training = DataLoader(Pictures(*train, learnt), batch_size=BATCH, shuffle=True)
    validation = DataLoader(Pictures(*valid, seen), batch_size=BATCH)
    network.to(device)
    for parameter in network.parameters():
        parameter.requires_grad = whole
    for parameter in head.parameters():
        parameter.requires_grad = True
    optimizer = torch.optim.Adam([p for p in network.parameters() if p.requires_grad], lr=1e-3)
    while True:
        begun = time.perf_counter()
        network.train(whole)  # a frozen network keeps its statistics
        for batch, targets in training:
            optimizer.zero_grad()
            loss = F.cross_entropy(network(batch.to(device)), targets.to(device))
            loss.backward()
            optimizer.step()
            loss.item()
        network.eval()
        right = 0
        with torch.no_grad():
            for batch, targets in validation:
                right += int((network(batch.to(device)).argmax(1).cpu() == targets).sum())
        yield time.perf_counter() - begun, right / len(valid[1])
