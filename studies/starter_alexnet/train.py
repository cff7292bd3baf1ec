"""Distil what a trained network sees, place by place, into AlexNet's convolutions.

The student tells from its maps, by a 1x1 convolution each, the teacher's features of the same
stride: from conv1 those of stride 4, from conv2 those of stride 8, from conv5 those of stride 16,
and from conv5's mean the teacher's pooled ones. Dense targets teach a first layer more from a
picture than one label could. The teacher's features are standardised a channel, so that each counts
alike (the mean squared error of a constant guess is 1).
"""

import math
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from studies.starter_alexnet.pictures import batches

MEAN = torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1)
STD = torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1)
BATCH = 32
PEAK_RATE, WEIGHT_DECAY, WARM_UP_STEPS = 6e-4, 5e-4, 200
FIRST_DEVIATION, FIRST_DECAY = 0.005, 0.5  # conv1: small, so that its noise does not outlast it
_RELU_1, _RELU_2, _RELU_5 = 1, 4, 11  # places in alexnet.features
_LEVELS = (1, 2, 3)  # the teacher's features of stride 4, 8 and 16, of five


def pixels_of_student(images: Tensor) -> Tensor:
    """Normalise (N, 3, H, W) in 0 to 1 as torchvision's AlexNet wants it."""
    return (images - MEAN) / STD


_KINDS = ("first", "fine", "coarse", "pooled")


class Heads(nn.Module):
    """What reads the teacher's features from the student's maps; thrown away afterwards."""

    def __init__(self, channels: list[int]) -> None:
        super().__init__()
        self.first = nn.Conv2d(64, channels[0], 1)
        self.fine = nn.Conv2d(192, channels[1], 1)
        self.coarse = nn.Conv2d(256, channels[2], 1)
        self.pooled = nn.Linear(256, channels[3])
        # the teacher's mean and deviation a channel, found on the first batches
        for name, count in zip(_KINDS, channels, strict=True):
            self.register_buffer(f"{name}_mean", torch.zeros(count))
            self.register_buffer(f"{name}_std", torch.ones(count))


def student_maps(features: nn.Sequential, pixels: Tensor) -> list[Tensor]:
    """Return the maps behind conv1's, conv2's and conv5's ReLU."""
    first = features[: _RELU_1 + 1](pixels)
    fine = features[_RELU_1 + 1 : _RELU_2 + 1](first)
    return [first, fine, features[_RELU_2 + 1 : _RELU_5 + 1](fine)]


def targets(teacher: Callable[[Tensor], list[Tensor]], images: Tensor) -> list[Tensor]:
    """Return the teacher's maps of stride 4, 8 and 16 and its mean of stride 32."""
    with torch.inference_mode():
        levels = teacher(images * 2 - 1)
        return [*(levels[level] for level in _LEVELS), levels[-1].mean((2, 3))]


def distance(heads: Heads, maps: list[Tensor], wanted: list[Tensor]) -> Tensor:
    """Return the mean squared error over the three kinds of features, standardised."""
    first, fine, coarse = maps
    told = {
        "first": heads.first(_at_size(first, wanted[0])),
        "fine": heads.fine(_at_size(fine, wanted[1])),
        "coarse": heads.coarse(_at_size(coarse, wanted[2])),
        "pooled": heads.pooled(coarse.mean((2, 3))),
    }
    losses = []
    for target, (name, said) in zip(wanted, told.items(), strict=True):
        shape = (-1, 1, 1) if target.ndim == 4 else (-1,)
        mean, std = (getattr(heads, f"{name}_{what}").view(shape) for what in ("mean", "std"))
        losses.append(F.mse_loss(said, (target.clone() - mean) / std))
    return torch.stack(losses).mean()


def _at_size(maps: Tensor, like: Tensor) -> Tensor:
    return F.interpolate(maps, size=like.shape[2:], mode="bilinear", align_corners=False)


def standardise(heads: Heads, seen: list[list[Tensor]]) -> None:
    """Set the heads' means and deviations from the teacher's features of some batches."""
    for name, parts in zip(_KINDS, zip(*seen, strict=True), strict=True):
        values = torch.cat([part.transpose(0, 1).flatten(1) for part in parts], dim=1)
        getattr(heads, f"{name}_mean").copy_(values.mean(1))
        getattr(heads, f"{name}_std").copy_(values.std(1).clamp_min(1e-4))


def train(
    teacher: Callable[[Tensor], list[Tensor]],
    folder: Path,
    *,
    steps: int,
    seed: int,
    out: Path,
    note: Callable[[str], None],
) -> nn.Sequential:
    """Return AlexNet's `features` after `steps`; saved under `out` now and then, and resumed there.

    Args:
        teacher: gives its levels of features of pictures in -1 to 1.
        folder: with flower_photos and cifar-10-batches-py.
        steps: of `BATCH` pictures, in all.
        seed: of the first weights and of the pictures' order (not of where it was interrupted).
        out: a checkpoint's file.
        note: told how far it is.
    """
    from torchvision.models import alexnet

    torch.manual_seed(seed)
    features = alexnet().features
    for layer in features:
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            nn.init.zeros_(layer.bias)
    nn.init.normal_(features[0].weight, std=FIRST_DEVIATION)
    source = batches(folder, size=BATCH, seed=seed)
    seen = [targets(teacher, next(source)) for _ in range(8)]
    heads = Heads([part.shape[1] for part in seen[0]])
    standardise(heads, seen)
    kernels, *rest = [*features.parameters(), *heads.parameters()]
    groups = [{"params": [kernels], "weight_decay": FIRST_DECAY}, {"params": rest}]
    optimizer = torch.optim.AdamW(groups, lr=PEAK_RATE, weight_decay=WEIGHT_DECAY)
    step = 0
    if out.exists():
        saved = torch.load(out, weights_only=True)
        step = saved["step"]
        for name, part in (("features", features), ("heads", heads), ("optimizer", optimizer)):
            part.load_state_dict(saved[name])
    begun, first, mean_loss = time.perf_counter(), step, math.nan
    while step < steps:
        images = next(source)
        rate = PEAK_RATE * min(1, (step + 1) / WARM_UP_STEPS) * 0.5
        for group in optimizer.param_groups:
            group["lr"] = rate * (1 + math.cos(math.pi * step / steps))
        wanted = targets(teacher, images)
        loss = distance(heads, student_maps(features, pixels_of_student(images)), wanted)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        step += 1
        mean_loss = loss.item() if math.isnan(mean_loss) else 0.98 * mean_loss + 0.02 * loss.item()
        if step % 100 == 0 or step == steps:
            pace = (step - first) / (time.perf_counter() - begun)
            note(
                f"step {step:,} of {steps:,}, loss {mean_loss:.3f}, {pace * BATCH:.0f} pictures/s, "
                f"{(steps - step) / pace / 60:.0f} minutes to go"
            )
            _save(out, step, features, heads, optimizer)
    return features


def _save(
    out: Path, step: int, features: nn.Module, heads: nn.Module, optimizer: torch.optim.Optimizer
) -> None:
    parts = {"features": features, "heads": heads, "optimizer": optimizer}
    state = {name: part.state_dict() for name, part in parts.items()}
    out.parent.mkdir(parents=True, exist_ok=True)
    beside = out.with_suffix(".new")
    torch.save({"step": step, **state}, beside)
    beside.replace(out)
