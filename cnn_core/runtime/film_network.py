"""A network on films, ready to be asked: that of a finished run, or of tensors. Loads torch."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from cnn_core.errors import WeightsError
from cnn_core.models.fine_tuning import assemble, build_fine_tuned
from cnn_core.models.model_row import ModelRow
from cnn_core.models.registry import build_model
from cnn_core.models.stages import front_and_rest
from cnn_core.models.weights import fitting_tensors
from cnn_core.results.inspection import ModelChoice
from cnn_core.results.runs import RunRecord
from cnn_core.runtime import networks
from cnn_core.runtime.trained import PREFIX
from cnn_core.settings import Settings
from cnn_core.training.film_views import film_view

_BATCH = 32

Pictures = NDArray[np.uint8]
Floats = NDArray[np.float64]


class FilmNetwork:
    """A network that can be asked about films.

    Args:
        row: of the registry.
        model: under the registry's names, with the head `head`.
        head: see `TrainConfig`.
        sha256: of the file of its weights.
    """

    def __init__(self, row: ModelRow, model: nn.Module, head: str, sha256: str) -> None:
        self.row, self.sha256 = row, sha256
        self._model = model.eval().to(memory_format=torch.channels_last)
        # cut before the head: what crosses is the embedding
        self._front, self._rest = front_and_rest(model, row.id, "frozen", head)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return its parameters and buffers under the registry's names."""
        return {name: tensor.cpu().numpy() for name, tensor in self._model.state_dict().items()}

    def ask(
        self, pictures: Iterable[Pictures], progress: Callable[[int], None] = lambda done: None
    ) -> tuple[Floats, NDArray[np.float32]]:
        """Return probabilities `(N, C)` and embeddings `(N, D)` of films as they are (view 0).

        In single precision, as triage does on ONNX Runtime: in bfloat16 a probability is up to 0.16
        away (`runtime.served_scores`).

        Args:
            pictures: canonical, uint8 `(SIDE, SIDE)`, at least one; taken in batches.
            progress: told after each batch how many are done.
        """
        said: list[NDArray[np.float32]] = []
        made: list[NDArray[np.float32]] = []
        batch: list[NDArray[np.float32]] = []
        done = 0
        device = next(self._rest.parameters()).device

        def run() -> None:
            nonlocal done
            with torch.inference_mode():
                inputs = torch.from_numpy(np.stack(batch)).to(device)
                inputs = inputs.contiguous(memory_format=torch.channels_last)
                logits, embeddings = self._rest.with_embeddings(self._front(inputs))
                said.append(torch.softmax(logits.float(), dim=1).cpu().numpy())
                made.append(embeddings.float().cpu().numpy())
            done += len(batch)
            batch.clear()
            progress(done)

        for picture in pictures:
            batch.append(film_view(picture, self.row, "0" * 64, 0))
            if len(batch) == _BATCH:
                run()
        if batch:
            run()
        return np.concatenate(said).astype(np.float64), np.concatenate(made)


def run_network(settings: Settings, record: RunRecord) -> FilmNetwork:
    """Return the network of a finished run on films.

    Raises:
        UnknownNameError: there is no such finished run.
        WeightsError: its weights, or those that it began with, are missing or damaged.
    """
    network = networks.resolve(settings, ModelChoice(name=PREFIX + record.id))
    model = networks.load(network)
    return FilmNetwork(network.row, model, record.config.head, network.weights.sha256)


def module_of_arrays(
    row: ModelRow, head: str, num_classes: int, arrays: Mapping[str, NDArray[Any]]
) -> nn.Module:
    """Return a network, on the CPU, with the parameters and buffers of `FilmNetwork.arrays`.

    Raises:
        WeightsError: they are not those of the network.
    """
    with torch.device("meta"):  # nothing is initialised that is filled afterwards
        built = build_fine_tuned(row, head=head, num_classes=num_classes)
    tensors = {name: torch.from_numpy(np.array(array, order="C")) for name, array in arrays.items()}
    try:
        built.load_state_dict(tensors, assign=True)
    except RuntimeError as exc:
        raise WeightsError(
            f"These weights do not fit {row.title} with {num_classes} classes.",
            hint="Get the file again.",
        ) from exc
    return built


def network_on_base(
    row: ModelRow,
    head: str,
    num_classes: int,
    base: Path,
    own: Mapping[str, NDArray[Any]],
    sha256: str,
) -> FilmNetwork:
    """Return a network with the parameters and buffers `own` over those that training began with.

    Args:
        row: of the registry.
        head: see `TrainConfig`.
        num_classes: outputs.
        base: file of the weights that training began with.
        own: what was trained, under the registry's names.
        sha256: of the file that `own` is from.

    Raises:
        WeightsError: they are not those of the network.
    """
    with torch.device("meta"):
        whole = build_model(row.id)
    tensors, _ = fitting_tensors(whole, row, base)
    trained = {name: torch.from_numpy(array) for name, array in own.items()}
    model = assemble(row, head=head, num_classes=num_classes, base=tensors, own=trained)
    return FilmNetwork(row, model, head, sha256)
