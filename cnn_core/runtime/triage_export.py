"""A trained model written as a triage model: the folder that ONNX Runtime alone can ask.

For a process of its own: torch is imported, and the exporter takes several times the weights in
memory. What ONNX Runtime answers is held against torch on films before anything is kept; a folder
appears whole or not at all.
"""

import copy
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.numpy import save as serialise
from torch import Tensor, nn

from cnn_core.errors import StorageError, WeightsError
from cnn_core.models.cuts import BLOCKS
from cnn_core.models.model_row import ModelRow
from cnn_core.models.stages import stages
from cnn_core.models.weights_file import sha256_of
from cnn_core.runtime.files import TEMPORARY, write_whole
from cnn_core.runtime.film_network import module_of_arrays
from cnn_core.runtime.kept_gate import gate_arrays
from cnn_core.runtime.onnx_export import MOST_APART, export_onnx
from cnn_core.runtime.provenance import git_commit, package_versions
from cnn_core.runtime.triage_description import (
    ARRAYS_FILE,
    DESCRIPTION_FILE,
    FILES,
    FORMAT,
    GATE,
    HEAD,
    INPUT,
    NETWORK_FILE,
    OUTPUTS,
    RANDOM_FILE,
    RANDOM_HEAD,
    Description,
    Parity,
    description_bytes,
)
from cnn_core.runtime.triage_model import TriageModel, read_model
from cnn_core.runtime.triage_models import Progress
from cnn_core.runtime.triage_sources import TriageSource, source_of
from cnn_core.settings import Settings
from cnn_core.training.film_views import film_view

STEPS = (
    "Opening the network",
    "Writing it as ONNX",
    "Writing it with its last block at random",
    "Comparing both on films",
)
_SEED = 1  # of the last block and head at random
_BATCH = 8
_ROOM = "Make room on the disk, or name another folder."

Floats = NDArray[np.float32]


def export_model(
    settings: Settings,
    source: str,
    out: Path,
    progress: Progress = lambda done, total, what: None,
) -> Path:
    """Write a triage model to the folder `out`, and return it.

    Args:
        settings: for the homes.
        source: "demonstration", "phantoms", or the id of a study's group.
        out: must not be there yet, or be empty.
        progress: told before each of `STEPS`, and at the end.

    Raises:
        UnknownNameError: there is no such model.
        RunStateError: the study has no served model, or was not evaluated.
        WeightsError: its files are missing or damaged, its head is not "light", or ONNX Runtime
            answers otherwise than torch.
        StorageError: the disk is full, or the folder cannot be written.
    """
    with _workplace(out) as folder:
        progress(0, len(STEPS), STEPS[0])
        made = source_of(settings, source)
        if made.head != "light":
            raise WeightsError(
                f"A triage model has one linear layer on averaged maps (head=light), but "
                f"{made.title} has head={made.head}.",
                hint="Train the study with the light head.",
            )
        row, networks = made.network.row, torch_networks(made)
        asked = [_Asked(each, row.id, made.offset) for each in networks]
        shape = (row.channels, row.input_size, row.input_size)
        for number, (name, each) in enumerate(
            zip((NETWORK_FILE, RANDOM_FILE), asked, strict=True), start=1
        ):
            progress(number, len(STEPS), STEPS[number])
            export_onnx(
                each,
                folder / name,
                shape=shape,
                classes=made.result.classes,
                names=(INPUT, *OUTPUTS),
            )
        arrays = {GATE + name: array for name, array in gate_arrays(made.gate).items()}
        arrays |= made.held
        for name, each in zip((HEAD, RANDOM_HEAD), asked, strict=True):
            arrays[name] = each.head.weight.detach().numpy().copy()
        write_whole(folder / ARRAYS_FILE, serialise(arrays), hint=_ROOM)
        progress(3, len(STEPS), STEPS[3])
        views = np.stack([film_view(each, row, "0" * 64, 0) for each in made.pictures()])
        _describe(folder, made, Parity(films=0, logits=0.0, probabilities=0.0))
        parity = compare(read_model(folder), networks, made.offset, views)
        _describe(folder, made, parity)
    progress(len(STEPS), len(STEPS), "")
    return out


class _Asked(nn.Module):
    """A network that gives logits, embeddings and its last maps.

    Args:
        network: with the light head.
        row_id: its name in the registry.
        offset: added to the logits, `(C,)`: makes them those of the prior.
    """

    def __init__(self, network: nn.Module, row_id: str, offset: NDArray[np.float32]) -> None:
        super().__init__()
        parts = stages(network, row_id)
        self.blocks = nn.Sequential(*(part for _, part in parts[: len(BLOCKS[row_id])]))
        (head,) = (each for each in parts[-1][1].modules() if isinstance(each, nn.Linear))
        self.head: nn.Linear = head
        self.register_buffer("offset", torch.from_numpy(offset))

    def forward(self, film: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return `OUTPUTS` for views `(N, C, S, S)`."""
        maps = self.blocks(film)
        embeddings = maps.flatten(2).mean(dim=2)
        return self.head(embeddings) + self.get_buffer("offset"), embeddings, maps


def torch_networks(made: TriageSource) -> tuple[nn.Module, nn.Module]:
    """Return a trained network, and the same with its last block and head at random; on the CPU."""
    classes, row = len(made.result.classes), made.network.row
    network = module_of_arrays(row, made.head, classes, made.network.arrays()).eval()
    return network, with_last_block_at_random(network, row, _SEED)


def with_last_block_at_random(network: nn.Module, row: ModelRow, seed: int) -> nn.Module:
    """Return a copy of a network with its last block and head as before training; on the CPU.

    Source: J. Adebayo et al., "Sanity checks for saliency maps", NeurIPS 2018, section 4: weights
    at random from the top down; here as far as the last block.
    """
    copied = copy.deepcopy(network)
    parts = stages(copied, row.id)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        for part in (parts[len(BLOCKS[row.id]) - 1][1], parts[-1][1]):
            for module in part.modules():
                fresh = getattr(module, "reset_parameters", None)
                if callable(fresh):
                    fresh()
    return copied.eval()


def compare(
    model: TriageModel, networks: tuple[nn.Module, nn.Module], offset: Floats, views: Floats
) -> Parity:
    """Return how far a triage model is from torch on views of films, in single precision.

    Args:
        model: that was exported.
        networks: what it was made from, as `torch_networks` gives them.
        offset: added to torch's logits, `(C,)`.
        views: float32 `(N, C, S, S)`, at least one.

    Raises:
        WeightsError: a logit or a probability differs by more than 0.0001.
    """
    logits = probabilities = 0.0
    for start in range(0, len(views), _BATCH):
        some = views[start : start + _BATCH]
        for network, ask in zip(networks, (model.ask, model.ask_random), strict=True):
            with torch.inference_mode():
                expected = network(torch.from_numpy(some)).double().numpy() + offset
            got = ask(some).logits
            logits = float(np.maximum(logits, np.abs(got - expected).max()))
            apart = _softmax(got / model.temperature) - _softmax(expected / model.temperature)
            probabilities = float(np.maximum(probabilities, np.abs(apart).max()))
    # np.maximum and this form: a value that is not a number fails too
    if not (logits <= MOST_APART and probabilities <= MOST_APART):
        raise WeightsError(
            f"ONNX Runtime answers otherwise than torch: by {probabilities:.1e} in a probability "
            f"and {logits:.1e} in a logit, on {len(views)} films.",
            hint=f"At most {MOST_APART:g} is accepted; nothing was kept.",
        )
    return Parity(films=len(views), logits=logits, probabilities=probabilities)


def _softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def _describe(folder: Path, made: TriageSource, parity: Parity) -> None:
    described = Description(
        format=FORMAT,
        title=made.title,
        synthetic=made.synthetic,
        model=made.network.row.id,
        head=made.head,
        source=made.sha256,
        result=made.result,
        parity=parity,
        files={name: sha256_of(folder / name) for name in FILES},
        versions={**package_versions(), "commit": git_commit()},
    )
    write_whole(folder / DESCRIPTION_FILE, description_bytes(described), hint=_ROOM)


@contextmanager
def _workplace(out: Path) -> Iterator[Path]:
    """A folder beside `out` that takes its place if all goes well, and else is gone."""
    folder = out.with_name(f"{TEMPORARY}{secrets.token_hex(8)}")
    try:
        if out.exists() and any(out.iterdir()):
            raise StorageError(
                f"{out.name} is there already and is not empty.", hint="Name another folder."
            )
        folder.mkdir(parents=True)
        try:
            yield folder
            folder.replace(out)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    except OSError as exc:
        raise StorageError(
            f"The triage model could not be written ({exc.strerror}).", hint=_ROOM
        ) from exc
