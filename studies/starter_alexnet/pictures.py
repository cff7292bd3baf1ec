"""The pictures it learns from: flowers and CIFAR-10, cropped, mirrored and recoloured anew."""

import pickle
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torchvision.transforms import v2

SIDE = 128  # of the crops; AlexNet's own 224 would take three times as long
_KEPT_SIDE = 192  # short side of a flower in memory
HELD_OUT = 50  # of each class of flowers: never seen before it is judged on them
_FLOWERS_SHARE = 0.6  # of a batch: photos have the fine detail that CIFAR-10 lacks


class _ArraysAlone(pickle.Unpickler):
    """Reads numpy arrays and plain values; a pickle that names anything else is refused."""

    def find_class(self, module: str, name: str) -> object:
        if module.startswith("numpy") and name in {"_reconstruct", "ndarray", "dtype"}:
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"expected arrays alone, but the file names {module}.{name}")


def flower_files(folder: Path) -> tuple[list[tuple[Path, int]], list[tuple[Path, int]]]:
    """Return (file, class) to learn from, and held out: the last `HELD_OUT` of a class by name."""
    seen: list[tuple[Path, int]] = []
    unseen: list[tuple[Path, int]] = []
    classes = sorted(path for path in (folder / "flower_photos").iterdir() if path.is_dir())
    for label, place in enumerate(classes):
        files = sorted(place.glob("*.jpg"))
        seen += [(file, label) for file in files[:-HELD_OUT]]
        unseen += [(file, label) for file in files[-HELD_OUT:]]
    return seen, unseen


def read_photo(file: Path, short_side: int) -> Tensor:
    """Return a photo as uint8 (3, H, W) with that short side."""
    with Image.open(file) as picture:
        rgb = picture.convert("RGB")
    scale = short_side / min(rgb.size)
    size = (round(rgb.width * scale), round(rgb.height * scale))
    return torch.from_numpy(np.array(rgb.resize(size, Image.Resampling.BICUBIC))).permute(2, 0, 1)


def read_cifar(folder: Path) -> Tensor:
    """Return the training pictures of CIFAR-10 that are there, uint8 (N, 3, 32, 32)."""
    batches = []
    for file in sorted((folder / "cifar-10-batches-py").glob("data_batch_*")):
        with file.open("rb") as stream:
            # the official files were written by Python 2, copies of a part by Python 3
            batches.append(_ArraysAlone(stream, encoding="latin1").load()["data"])
    return torch.from_numpy(np.concatenate(batches)).view(-1, 3, 32, 32)


def batches(folder: Path, *, size: int, seed: int) -> Iterator[Tensor]:
    """Yield batches of augmented pictures for ever, float32 (size, 3, SIDE, SIDE) in 0 to 1."""
    torch.manual_seed(seed)
    flowers = [read_photo(file, _KEPT_SIDE) for file, _ in flower_files(folder)[0]]
    cifar = read_cifar(folder)
    photos = v2.Compose(
        [
            v2.RandomResizedCrop(SIDE, scale=(0.15, 1.0), antialias=True),
            v2.RandomHorizontalFlip(),
            v2.RandomRotation(20),
            v2.ColorJitter(0.4, 0.4, 0.4, 0.1),
            v2.RandomGrayscale(0.1),
            v2.ToDtype(torch.float32, scale=True),
        ]
    )
    small = v2.Compose(
        [
            v2.RandomResizedCrop(SIDE, scale=(0.4, 1.0), antialias=True),
            v2.RandomHorizontalFlip(),
            v2.ColorJitter(0.4, 0.4, 0.4, 0.1),
            v2.ToDtype(torch.float32, scale=True),
        ]
    )
    from_flowers = round(size * _FLOWERS_SHARE)
    while True:
        picked = torch.randint(len(flowers), (from_flowers,)).tolist()
        others = torch.randint(len(cifar), (size - from_flowers,)).tolist()
        yield torch.stack([photos(flowers[i]) for i in picked] + [small(cifar[i]) for i in others])
