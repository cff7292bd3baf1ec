"""A ResNet-18 to fine-tune on three dozen small pictures of three kinds; nothing is downloaded."""

import numpy as np
import torch

from cnn_core.models.registry import build_model, model_row
from cnn_core.results.config import TrainConfig
from cnn_core.training.examples import CachedViews, FrontAtEveryStep
from cnn_core.training.fine_tuned import new_fine_tuned_state
from cnn_core.training.tensors import Splits

ROW = model_row("resnet18")
CPU = torch.device("cpu")
KINDS, SIDE = 3, 32


def settings(**changes):
    """A configuration: head alone, light, four steps an epoch unless said otherwise."""
    plain = {
        "epochs": 3,
        "batch_size": 8,
        "learning_rate": 1e-3,
        "mode": "frozen",
        "head": "light",
        "views": 2,
        "precision": "float32",
    }
    return TrainConfig(**(plain | changes))


def base_tensors():
    """A ResNet-18 as its builder draws it, with statistics that are not those of a fresh one."""
    torch.manual_seed(5)
    tensors = build_model("resnet18", num_classes=2).state_dict()
    for name, tensor in tensors.items():
        if name.endswith("running_var"):
            tensor += 0.5
    return tensors


def pixels(count, seed):
    """Prepared pictures float32 (N, V, 3, 32, 32) of two views, and labels int64 (N,)."""
    draw = torch.Generator().manual_seed(seed)
    labels = torch.arange(count) % KINDS
    pictures = torch.randn(count, 3, SIDE, SIDE, generator=draw)
    pictures[torch.arange(count), labels] += 2.0  # a colour for each kind
    pictures[..., :8] += 1.0  # so that a mirror image is another picture
    return torch.stack([pictures, pictures.flip(-1)], dim=1), labels


def begin(config, base, *, cached=True, test=9):
    """Return a fresh state and its splits: 30 pictures to train on, 9 to validate."""
    own = {name: tensor.clone() for name, tensor in base.items()}  # the network works on them
    state = new_fine_tuned_state(ROW, config, num_classes=KINDS, base=own, device=CPU)

    def part(count, seed):
        views, labels = pixels(count, seed)
        if not cached:
            return FrontAtEveryStep(
                load=lambda places, chosen: views[places, chosen], front=state.front, labels=labels
            )
        flat = views.flatten(0, 1)
        with torch.no_grad():
            seen = state.front(flat) if count else torch.empty(0, 512)
        features = seen.numpy().reshape(count, 2, *seen.shape[1:])
        return CachedViews(features=np.ascontiguousarray(features), labels=labels)

    return state, Splits(train=part(30, 1), valid=part(9, 2), test=part(test, 3))
