"""What a choice stands for on this machine at this moment: registry row, weights, classes.

`resolve`, `available` and `prepare_picture` do without torch; `load` builds the network. A
`Network` is hashable and differs when the file of its weights does, so that it can be the key of
what was loaded and what was found.
"""

import threading
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from cnn_core.data.ink import ink_from_photo, mnist_form
from cnn_core.errors import PictureError, UnknownNameError, WeightsError
from cnn_core.models.fine_tuning import assemble, build_fine_tuned
from cnn_core.models.preprocess import prepare, prepare_form
from cnn_core.models.registry import (
    MODELS,
    OFFERED,
    ModelRow,
    build_model,
    class_names,
    model_row,
)
from cnn_core.models.weights import fitting_tensors, load_weights
from cnn_core.models.weights_file import read_tensors
from cnn_core.results.inspection import ModelChoice, Pixels, Prepared, WeightsState
from cnn_core.runtime import weights
from cnn_core.runtime.trained import PREFIX, FineTuned, find_trained, trained_networks
from cnn_core.settings import Settings

if TYPE_CHECKING:
    from torch import nn

_building = threading.Lock()


@dataclass(frozen=True, kw_only=True)
class Network:
    """A network with certain weights.

    Attributes:
        choice: what was asked for.
        row: of the registry; a run's is that of the network that was trained.
        title: for a person.
        weights: which they are.
        own_classes: names of a run's outputs; () where they are the registry's.
        path: the file of the weights, None for random ones.
        stamp: differs when the file has changed.
        tuned: how a run on a person's own pictures was fine-tuned; None for all others.
    """

    choice: ModelChoice
    row: ModelRow
    title: str
    weights: WeightsState
    own_classes: tuple[str, ...] = ()
    path: Path | None = None
    stamp: tuple[int, int] = (0, 0)
    tuned: FineTuned | None = None

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the outputs, () without a trained classifier; ImageNet's need torch."""
        if self.weights.kind != "trained":
            return ()
        return self.own_classes or class_names(self.row)


def resolve(settings: Settings, choice: ModelChoice) -> Network:
    """Return what `choice` stands for now.

    Raises:
        UnknownNameError: there is no such network or finished run.
        WeightsError: a run's weights are missing, or a file of weights may not be read.
    """
    if choice.name.startswith(PREFIX):
        trained = find_trained(settings, choice.name)
        found = Network(
            choice=choice,
            row=trained.row,
            title=trained.title,
            weights=trained.weights,
            own_classes=trained.classes,
            path=trained.path,
            stamp=trained.stamp,
            tuned=trained.tuned,
        )
    else:
        at_hand = weights.resolve(settings, model_row(choice.name))
        found = Network(
            choice=choice,
            row=at_hand.row,
            title=at_hand.row.title,
            weights=at_hand.state,
            path=at_hand.path,
            stamp=at_hand.stamp,
        )
    return _untrained(found) if choice.weights == "random" else found


def _untrained(network: Network) -> Network:
    return replace(
        network,
        weights=WeightsState(
            kind="untrained",
            sentence=f"Untrained: random weights on purpose (seed {network.choice.seed}).",
        ),
        path=None,
        stamp=(0, 0),
    )


def available(settings: Settings) -> list[tuple[str, str, str]]:
    """Return name, title and weights at hand of every network offered, then of every run."""
    rows = [(name, row.title, _sentence(settings, row)) for name, row in OFFERED.items()]
    return [*rows, *trained_networks(settings.runs)]


def _sentence(settings: Settings, row: ModelRow) -> str:
    try:
        return weights.resolve(settings, row).state.sentence
    except WeightsError as exc:
        return exc.message


def find_name(settings: Settings, name: str) -> str:
    """Return the name of a `ModelChoice` that a person means: the registry's, or a run's id.

    Raises:
        UnknownNameError: there is neither a network nor a run of that name.
    """
    if name in MODELS or name.startswith(PREFIX):
        return name
    try:
        find_trained(settings, name)
    except UnknownNameError as exc:
        raise UnknownNameError(
            f"There is neither a network nor a finished run named {name[:80]!r}.",
            hint=f"The networks are {', '.join(OFFERED)}; `python -m cnn_core runs` lists the "
            "runs.",
        ) from exc
    return PREFIX + name


def prepare_picture(pixels: Pixels, row: ModelRow) -> Prepared:
    """Return a picture on its way into the network of `row`.

    For LeNets a digit is looked for in it; where there is none, the picture goes in as it is.
    """
    if row.classes == "digits":
        try:
            return prepare_form(pixels, mnist_form(ink_from_photo(pixels)).form, row)
        except PictureError:
            pass
    return prepare(pixels, row)


def load(network: Network) -> "nn.Module":
    """Return the network with its weights, on the CPU.

    Raises:
        WeightsError: the file is missing, damaged or of another network.
    """
    import torch

    with _building, torch.random.fork_rng(devices=[]):  # the generator is the whole process's
        torch.default_generator.manual_seed(network.choice.seed)
        if network.tuned is not None:
            return _load_fine_tuned(network, network.tuned)
        model = build_model(network.row.id, num_classes=len(network.own_classes) or None)
    if network.path is not None:
        load_weights(model, network.row, network.path)
    return model


def _load_fine_tuned(network: Network, tuned: FineTuned) -> "nn.Module":
    """Return a run's whole network: what it began with, and over that what it has trained."""
    import torch

    row, classes = network.row, len(network.own_classes)
    if network.path is None:
        return build_fine_tuned(row, head=tuned.head, num_classes=classes)
    base: dict[str, torch.Tensor] = {}
    if tuned.base is not None:
        with torch.device("meta"):
            whole = build_model(row.id)
        base, _ = fitting_tensors(whole, row, tuned.base)
    own = read_tensors(network.path)
    return assemble(row, head=tuned.head, num_classes=classes, base=base, own=own).eval()
