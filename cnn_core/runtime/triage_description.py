"""The files of a triage model, and the one that describes the others. Free of torch."""

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path

from cnn_core.errors import CnnLabError, WeightsError
from cnn_core.models.weights_file import sha256_of
from cnn_core.results.from_plain import from_plain
from cnn_core.results.xray_study import StudyResult

DESCRIPTION_FILE = "triage.json"
NETWORK_FILE, RANDOM_FILE, ARRAYS_FILE = "network.onnx", "random.onnx", "arrays.safetensors"
FILES = (NETWORK_FILE, RANDOM_FILE, ARRAYS_FILE)
FORMAT = 1

INPUT, OUTPUTS = "film", ("logits", "embeddings", "maps")
GATE, HEAD, RANDOM_HEAD = "gate.", "head.weight", "random.weight"
"""What arrays are called: those of the gate begin so, and the weights of the two linear heads."""

HINT = "Make the triage model ready again, or get its folder again."


@dataclass(frozen=True, kw_only=True)
class Parity:
    """How far ONNX Runtime's answers are from torch's, where the model was exported.

    Attributes:
        films: so many views were compared, through both networks.
        logits: largest difference of a logit.
        probabilities: of a probability.
    """

    films: int
    logits: float
    probabilities: float


@dataclass(frozen=True, kw_only=True)
class Description:
    """The file `triage.json`.

    Attributes:
        format: `FORMAT`.
        title: for a person.
        synthetic: whether it was trained on drawn films.
        model: the network's name in the registry.
        head: see `TrainConfig`.
        source: what it was made from, SHA-256.
        result: what its study found.
        parity: with torch.
        files: SHA-256 of each of `FILES`.
        versions: of what it was exported with.
    """

    format: int
    title: str
    synthetic: bool
    model: str
    head: str
    source: str
    result: StudyResult
    parity: Parity
    files: dict[str, str]
    versions: dict[str, str]


def read_description(folder: Path) -> Description:
    """Return what a triage model says of itself, without its network.

    Raises:
        WeightsError: it is missing, damaged, or of another version.
    """
    try:
        body = json.loads((folder / DESCRIPTION_FILE).read_bytes())
        if body["format"] == FORMAT:
            return from_plain(Description, body)
    except (OSError, ValueError, KeyError, TypeError, CnnLabError) as exc:
        raise WeightsError(
            f"There is no triage model here that can be read: {DESCRIPTION_FILE} is missing or "
            "damaged.",
            hint=HINT,
        ) from exc
    raise WeightsError(
        f"This triage model is of format {str(body['format'])[:20]}, but {FORMAT} is read here.",
        hint="Export it again with this version.",
    )


def read_whole(folder: Path) -> Description:
    """Return what a triage model says of itself, its files held against it.

    Raises:
        WeightsError: a file is missing, damaged, or not the one that was exported.
    """
    described = read_description(folder)
    for name in FILES:
        if sha256_of(folder / name) != described.files.get(name):
            raise WeightsError(
                f"{name} of this triage model is damaged, or not the one that was exported.",
                hint=HINT,
            )
    return described


def description_bytes(described: Description) -> bytes:
    """Return the file `triage.json`."""
    plain = dataclasses.asdict(described)
    return json.dumps(plain, allow_nan=False, ensure_ascii=False, indent=1).encode() + b"\n"
