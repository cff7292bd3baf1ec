"""Feature maps the way notebooks take them: torchvision's transforms, a hook, a PNG a map."""

import io

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torchvision import transforms

from cnn_core.models.registry import build_model, model_row
from cnn_core.results.inspection import Floats


class PlainMaps:
    """A network of the registry with random weights, and the picture it was given last."""

    def __init__(self, network: str, first: str) -> None:
        row = model_row(network)
        self._first = first
        self._model = build_model(network).eval()
        self._transform = transforms.Compose(
            [
                transforms.Resize(row.resize),
                transforms.CenterCrop(row.input_size),
                transforms.ToTensor(),
                transforms.Normalize(row.mean, row.std),
            ]
        )

    def upload(self, photo: bytes) -> bytes:
        """Return the first layer's maps, a PNG each, one after the other."""
        picture = Image.open(io.BytesIO(photo)).convert("RGB")
        self._inputs = self._transform(picture)[None]
        return self.layer(self._first)

    def layer(self, name: str) -> bytes:
        """Return a layer's maps, a PNG each, one after the other."""
        kept: list[Tensor] = []

        def keep(_module: nn.Module, _given: object, output: Tensor) -> None:
            kept.append(output.relu())

        handle = self._model.get_submodule(name).register_forward_hook(keep)
        with torch.no_grad():
            self._model(self._inputs)
        handle.remove()
        return b"".join(_png(one) for one in kept[0][0].numpy())


def _png(one: Floats) -> bytes:
    span = float(one.max() - one.min()) or 1.0
    file = io.BytesIO()
    Image.fromarray(np.uint8(255 * (one - one.min()) / span)).save(file, "PNG")
    return file.getvalue()
