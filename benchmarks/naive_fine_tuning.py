"""The baseline of `fine_tuning_speed`: VGG-16 on a folder as tutorials fine-tune it.

ImageFolder with Resize, CenterCrop, a random flip and Normalize a sample, a DataLoader that
shuffles, `features` frozen but run at every step, the head 25088-4096-1024-classes with dropout,
Adam 5e-4, batches of 32, a validation after each epoch. Everything is computed anew in each epoch.
"""

import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812
from torch.utils.data import DataLoader, Subset
from torchvision.datasets import ImageFolder
from torchvision.models import vgg16
from torchvision.transforms import (
    CenterCrop,
    Compose,
    Normalize,
    RandomHorizontalFlip,
    Resize,
    ToTensor,
)

_NORMALIZE = Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
_VALIDATION = Compose([Resize(256), CenterCrop(224), ToTensor(), _NORMALIZE])
_TRAINING = Compose([Resize(256), CenterCrop(224), RandomHorizontalFlip(), ToTensor(), _NORMALIZE])
BATCH = 32


def naive_epochs(
    folder: Path,
    features: Mapping[str, Tensor],
    validation: set[str],
    *,
    device: str = "cpu",
) -> Iterator[tuple[float, float]]:
    """Fine-tune for ever; yield (seconds, validation accuracy 0 to 1) of each epoch.

    Args:
        folder: class folders of pictures.
        features: the tensors of `vgg16().features`, by name ("features.0.weight").
        validation: the pictures that are validated on, as "class/file name"; the rest is trained.
        device: where.
    """
    torch.manual_seed(0)
    train_set, valid_set = ImageFolder(folder, _TRAINING), ImageFolder(folder, _VALIDATION)
    held_out = [_name(path) in validation for path, _ in train_set.samples]
    parts = [
        Subset(pictures, [i for i, out in enumerate(held_out) if out is wanted])
        for pictures, wanted in ((train_set, False), (valid_set, True))
    ]
    train, valid = (DataLoader(part, batch_size=BATCH, shuffle=part is parts[0]) for part in parts)
    model = _network(features, len(train_set.classes)).to(device)
    optimizer = torch.optim.Adam(model.classifier.parameters(), lr=5e-4)
    while True:
        begun = time.perf_counter()
        model.train()
        for batch, targets in train:
            optimizer.zero_grad()
            loss = F.cross_entropy(model(batch.to(device)), targets.to(device))
            loss.backward()
            optimizer.step()
            loss.item()
        model.eval()
        right = 0
        with torch.no_grad():
            for batch, targets in valid:
                right += int((model(batch.to(device)).argmax(1).cpu() == targets).sum())
        yield time.perf_counter() - begun, right / len(parts[1])


def _network(features: Mapping[str, Tensor], classes: int) -> nn.Module:
    model = vgg16(weights=None)
    own = {f"features.{name}" for name in model.features.state_dict()}
    model.load_state_dict({k: v.float() for k, v in features.items() if k in own}, strict=False)
    for parameter in model.features.parameters():
        parameter.requires_grad = False
    model.classifier = nn.Sequential(
        nn.Linear(25_088, 4_096),
        nn.ReLU(),
        nn.Dropout(0.5),
        nn.Linear(4_096, 1_024),
        nn.ReLU(),
        nn.Dropout(0.5),
        nn.Linear(1_024, classes),
    )
    return model


def _name(path: str) -> str:
    return "/".join(Path(path).parts[-2:])
