"""The X-ray models that come with the project: served models of studies, packed to go along.

One is trained on real films, to demonstrate the workflow; it refuses drawn films, as it should. The
other is trained on drawn films, for machines without a radiograph. Three files each in `weights/`:
what was trained of the network, in half precision, with its gate and what it is held against later
(safetensors), what its study found (JSON: no film, no name, no patient), and the card. The rest of
the network are the weights that training began with, known by their SHA-256. Reading what was found
is free of torch.
"""

import functools
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import safetensors
from numpy.typing import NDArray

from cnn_core.errors import CnnLabError, WeightsError
from cnn_core.models.bundled import bundled_folder
from cnn_core.models.registry import model_row
from cnn_core.results.films import SIDE
from cnn_core.results.from_plain import from_plain
from cnn_core.results.xray_decision import Gate
from cnn_core.results.xray_study import StudyResult
from cnn_core.runtime import weights
from cnn_core.runtime.kept_gate import gate_of_arrays
from cnn_core.settings import Settings

if TYPE_CHECKING:
    from cnn_core.runtime.film_network import FilmNetwork

NAME, PHANTOMS = "xray-demonstration", "xray-phantoms"
"""What the files of the two are called: of the model on real films, and of that on drawn ones."""

FORMAT = 2
NETWORK, GATE = "network.", "gate."
_HINT = "Get the project's folder weights/ again."


@dataclass(frozen=True, kw_only=True)
class Demonstration:
    """What is known of a model that comes along without loading it.

    Attributes:
        result: what its study found.
        model: the network's name in the registry.
        base: SHA-256 of the weights that training began with.
        head: see `TrainConfig`.
        trained: the date, ISO 8601.
        films: that took part, by licence.
        half_precision: greatest change of a probability that half precision makes, on locked films.
        probed: what the network says of `probes`, in single precision, a row of probabilities each:
            whether the files that came along are whole is asked with it.
    """

    result: StudyResult
    model: str
    base: str
    head: str
    trained: str
    films: dict[str, int]
    half_precision: float
    probed: tuple[tuple[float, ...], ...]


@dataclass(frozen=True, kw_only=True)
class Packed:
    """The JSON file, which `runtime.xray_packing` writes."""

    format: int
    demonstration: Demonstration


def probes() -> list[NDArray[np.uint8]]:
    """Return three pictures that tell one file of weights from another: two ramps and a disc."""
    across, down = np.meshgrid(np.linspace(-1, 1, SIDE), np.linspace(-1, 1, SIDE))
    shapes = (across / 2 + 0.5, down / 2 + 0.5, (across**2 + down**2 < 0.5).astype(float))
    return [np.rint(255 * shape).astype(np.uint8) for shape in shapes]


@functools.cache
def demonstration(name: str = NAME) -> Demonstration | None:
    """Return what is known of a model that comes along; None where the files do not.

    Args:
        name: `NAME` or `PHANTOMS`.

    Raises:
        WeightsError: what is known is damaged.
    """
    there = (bundled_folder() / f"{name}.json").exists()
    return _read(bundled_folder(), name) if there else None


def demonstration_card(name: str = NAME) -> str:
    """Return the card of a model that comes along, Markdown.

    Raises:
        WeightsError: it is missing.
    """
    try:
        return (bundled_folder() / f"{name}.md").read_text(encoding="utf-8")
    except OSError as exc:
        raise WeightsError(f"The card of {_titles(name)} is missing.", hint=_HINT) from exc


def _titles(name: str) -> str:
    return "the model for synthetic films" if name == PHANTOMS else "the demonstration model"


def _read(folder: Path, name: str) -> Demonstration:
    try:
        told = json.loads((folder / f"{name}.json").read_bytes())
        if told["format"] != FORMAT:
            raise WeightsError(
                f"The files of {_titles(name)} are of format {told['format']}, but {FORMAT} is "
                "read here.",
                hint=_HINT,
            )
        return from_plain(Packed, told).demonstration
    except WeightsError:
        raise
    except (OSError, ValueError, LookupError, TypeError, CnnLabError) as exc:
        raise WeightsError(
            f"What is known of {_titles(name)} is missing or damaged.", hint=_HINT
        ) from exc


def demonstration_network(
    folder: Path | None = None, name: str = NAME, settings: Settings | None = None
) -> "tuple[FilmNetwork, Gate]":
    """Return a model that comes along, ready to be asked, in single precision, and its gate.

    Args:
        folder: with its files, the project's own unless given.
        name: `NAME` or `PHANTOMS`.
        settings: for the weights that its training began with; the environment's unless given.

    Raises:
        WeightsError: the files are missing or damaged, or those weights are not here.
    """
    from cnn_core.runtime.film_network import network_on_base

    folder = folder or bundled_folder()
    known, path = _read(folder, name), folder / f"{name}.safetensors"
    try:
        with safetensors.safe_open(path, framework="numpy") as file:
            arrays = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    except (OSError, safetensors.SafetensorError) as exc:
        raise WeightsError(
            f"The weights of {_titles(name)} are missing or damaged.", hint=_HINT
        ) from exc

    def below(prefix: str) -> dict[str, NDArray[Any]]:
        found = {n: a for n, a in arrays.items() if n.startswith(prefix)}
        return {
            key.removeprefix(prefix): array.astype(np.float32)
            if array.dtype == np.float16
            else array
            for key, array in found.items()
        }

    row = model_row(known.model)
    base = weights.find_by_sha256(settings or Settings.from_environment(), row, known.base)
    if base is None:
        raise WeightsError(
            f"The weights of {row.title} that {_titles(name)} began with are not on this machine.",
            hint=f"Get them with python -m cnn_core fetch {row.id}.",
        )
    network = network_on_base(
        row,
        known.head,
        len(known.result.classes),
        base,
        below(NETWORK),
        hashlib.sha256(path.read_bytes()).hexdigest(),
    )
    return network, gate_of_arrays(below(GATE))
