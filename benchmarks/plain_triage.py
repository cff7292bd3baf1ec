"""The baseline of `triage`: a film asked about as notebooks do it, in torch, in one process.

The picture decoded beside everything else, torchvision's transforms, each view a forward pass of
its own, Grad-CAM by gradients, of the network and of a second one whose last block is drawn anew.
Nothing is checked, refused or kept.
"""

import copy
import io

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn
from torchvision import transforms

from cnn_core.models.stages import stages
from cnn_core.runtime.film_network import module_of_arrays
from cnn_core.runtime.triage_sources import DEMONSTRATION, source_of
from cnn_core.settings import Settings

_VIEWS = 8
_LAST_BLOCK = -3  # of the stages: pooling and head come behind it


class PlainTriage:
    """The demonstration model in torch."""

    def __init__(self, settings: Settings) -> None:
        made = source_of(settings, DEMONSTRATION)
        row, arrays = made.network.row, made.network.arrays()
        self._model = module_of_arrays(row, made.head, len(made.result.classes), arrays).eval()
        self._other = copy.deepcopy(self._model)
        for module in stages(self._other, row.id)[_LAST_BLOCK][1].modules():
            if isinstance(module, nn.Conv2d):
                module.reset_parameters()
        self._id = row.id
        self._whole = transforms.Compose(
            [
                transforms.Resize((row.input_size, row.input_size)),
                transforms.Grayscale(3),
                transforms.ToTensor(),
                transforms.Normalize(row.mean, row.std),
            ]
        )
        self._altered = transforms.Compose(
            [
                transforms.RandomAffine(10, (0.08, 0.08), (0.9, 1.1)),
                transforms.ColorJitter(0.2, 0.2),
                transforms.GaussianBlur(3),
            ]
        )

    def decide(self, payload: bytes) -> list[float]:
        """Return the probabilities of a film."""
        with torch.no_grad():
            found: list[float] = self._model(self._view(payload)[None]).softmax(1)[0].tolist()
        return found

    def everything(self, payload: bytes) -> tuple[list[float], list[NDArray[np.float32]]]:
        """Return the probabilities, those of altered views, and two heat maps."""
        said = self.decide(payload)
        for _ in range(_VIEWS):
            picture = self._altered(Image.open(io.BytesIO(payload)))
            with torch.no_grad():
                said += self._model(self._whole(picture)[None]).softmax(1)[0].tolist()
        view = self._view(payload)[None]
        return said, [self._grad_cam(each, view) for each in (self._model, self._other)]

    def _view(self, payload: bytes) -> Tensor:
        view: Tensor = self._whole(Image.open(io.BytesIO(payload)))
        return view

    def _grad_cam(self, model: nn.Module, view: Tensor) -> NDArray[np.float32]:
        parts = [part for _, part in stages(model, self._id)]
        with torch.no_grad():
            maps = nn.Sequential(*parts[: _LAST_BLOCK + 1])(view)
        maps.requires_grad_()
        (slope,) = torch.autograd.grad(nn.Sequential(*parts[_LAST_BLOCK + 1 :])(maps)[0, 1], maps)
        heat = (slope.mean((2, 3), keepdim=True) * maps).sum(1).relu()[0]
        return np.asarray(heat.detach().numpy(), dtype=np.float32)
