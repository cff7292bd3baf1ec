"""A LeNet-5's weights as a small file, and what lies in a folder of weights."""

import torch

from cnn_core.models.registry import build_model

FILE = "lenet-0a1b2c3d.safetensors"


def drawn(seed):
    torch.manual_seed(seed)
    return build_model("lenet5").state_dict()


def put(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def left(settings):
    return sorted(p.name for p in settings.weights.glob("*") if not p.name.endswith(".lock"))
