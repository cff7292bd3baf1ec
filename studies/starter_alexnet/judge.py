"""Is the starter worth keeping? Against random weights, on what it was not trained for."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import Tensor, nn
from torchvision.models import alexnet

from cnn_core.results.metrics import wilson_interval
from studies.starter_alexnet.pictures import flower_files, read_photo
from studies.starter_alexnet.train import pixels_of_student

RANDOM_SEEDS = (0, 1, 2)
LEAST_GAIN = 0.15  # of the probe's accuracy over random weights'
_SIDE, _BATCH = 224, 25


def orientation_energy(kernels: Tensor) -> NDArray[np.float64]:
    """Return how far each kernel's spectrum lies along one orientation, 0 to 1.

    Length of the mean of exp(2 i angle) over the power spectrum without its mean: 0 for a kernel
    alike in all directions, 1 for a grating. Angles are doubled because an orientation and its
    opposite are one (Bigun and Granlund 1987, the double-angle representation).

    Args:
        kernels: (out, in, height, width); a kernel's channels are averaged.
    """
    grey = kernels.double().mean(1)
    grey = grey - grey.mean((1, 2), keepdim=True)
    side = 4 * grey.shape[-1]
    power = torch.fft.fft2(grey, s=(side, side)).abs() ** 2
    frequency = torch.fft.fftfreq(side, dtype=torch.float64)
    angle = torch.atan2(frequency[:, None], frequency[None, :])
    turned = torch.polar(torch.ones_like(angle), 2 * angle)
    energy = (power * turned).sum((1, 2)).abs() / power.sum((1, 2)).clamp_min(1e-12)
    return energy.numpy()


def probe(features: nn.Sequential, folder: Path) -> tuple[int, int]:
    """Return right and all of the held-out flowers, by a linear probe on conv5's pooled maps."""
    seen, unseen = flower_files(folder)
    readings = []
    for files in (seen, unseen):
        units = _units(features, [file for file, _ in files])
        readings.append((units, np.array([label for _, label in files])))
    (train, labels), (test, truth) = readings
    classifier = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=2_000))
    classifier.fit(train, labels)
    return int((classifier.predict(test) == truth).sum()), len(truth)


@torch.inference_mode()
def _units(features: nn.Sequential, files: Sequence[Path]) -> NDArray[np.float32]:
    """Return conv5 behind its ReLU, pooled to 2x2, of the photos' middles, (N, 1024)."""
    parts = []
    for start in range(0, len(files), _BATCH):
        photos = [_middle(read_photo(file, 256)) for file in files[start : start + _BATCH]]
        maps = features(pixels_of_student(torch.stack(photos).float() / 255))
        parts.append(nn.functional.adaptive_avg_pool2d(maps, 2).flatten(1))
    return torch.cat(parts).numpy()


def _middle(photo: Tensor) -> Tensor:
    top, left = (photo.shape[1] - _SIDE) // 2, (photo.shape[2] - _SIDE) // 2
    return photo[:, top : top + _SIDE, left : left + _SIDE]


def judge(features: nn.Sequential, folder: Path) -> dict[str, Any]:
    """Return orientation energy and probe of the starter and of random weights, and the verdict."""
    rivals = []
    for seed in RANDOM_SEEDS:
        torch.manual_seed(seed)
        rivals.append(alexnet().features.eval())
    energies = [orientation_energy(net[0].weight.detach()) for net in [features.eval(), *rivals]]
    probes = [probe(net, folder) for net in [features, *rivals]]
    shares = [right / count for right, count in probes]
    ours, random = float(np.median(energies[0])), np.concatenate(energies[1:])
    gain = shares[0] - max(shares[1:])
    return {
        "orientation_energy": {
            "starter_median": round(ours, 4),
            "random_median": round(float(np.median(random)), 4),
            "random_95th_percentile": round(float(np.quantile(random, 0.95)), 4),
            "starter_above_random_95th": round(
                float((energies[0] > np.quantile(random, 0.95)).mean()), 4
            ),
        },
        "flower_probe": {
            "held_out": probes[0][1],
            "starter": round(shares[0], 4),
            "starter_interval": [round(end, 4) for end in wilson_interval(*probes[0])],
            "random": [round(share, 4) for share in shares[1:]],
            "gain_over_best_random": round(gain, 4),
        },
        "holds": ours > float(np.quantile(random, 0.95)) and gain >= LEAST_GAIN,
    }
