"""Ask a network that was trained on a person's own pictures about a new one.

One pass through the network gives the probabilities and what the backbone makes of the picture;
the training pictures' embeddings are in the run's folder (`JUDGED_FILE`). Importing this does not
import torch. Safe to call from several threads.
"""

import functools
from pathlib import Path
from typing import TYPE_CHECKING

from cnn_core.errors import RunStateError, WeightsError
from cnn_core.models.weights import stamp_of
from cnn_core.results.inspection import Floats, ModelChoice, Pixels, Prepared
from cnn_core.results.judgement import TriedPicture
from cnn_core.results.nearness import SHOWN, Nearness, nearness, tried_picture
from cnn_core.results.runs import RunRecord
from cnn_core.runtime.answers import picture_digest, picture_tensor
from cnn_core.runtime.experiments import require_training
from cnn_core.runtime.files import JUDGED_FILE
from cnn_core.runtime.inspection import Inspector
from cnn_core.runtime.judging import read_judged
from cnn_core.runtime.networks import Network
from cnn_core.runtime.store import RunStore
from cnn_core.runtime.trained import PREFIX
from cnn_core.settings import Settings
from cnn_core.training.recipes import OWN_PICTURES

if TYPE_CHECKING:
    from torch import nn

_KEPT_RUNS = 4  # training embeddings of so many runs stay in memory


def find_own_run(settings: Settings, run_id: str) -> RunRecord:
    """Return a finished run on a person's own pictures.

    Raises:
        UnknownNameError: there is no such run.
        RunStateError: it is of other pictures, was deleted, or has not finished.
    """
    record = RunStore(settings.runs, examine=False).get(run_id)
    require_training(record)
    if record.dataset.source != OWN_PICTURES:
        raise RunStateError(
            f"Run {record.id} was trained on {record.dataset.name}, not on pictures of your own.",
            hint="Choose a run of vgg16-folder; others can be exported.",
        )
    if record.deleted is not None or record.status != "finished":
        state = "deleted" if record.deleted is not None else record.status
        raise RunStateError(
            f"Run {record.id} is {state}, but only a finished run can be tried and taken away.",
            hint="`python -m cnn_core runs` lists the runs.",
        )
    return record


def is_own_run(settings: Settings, run_id: str) -> bool:
    """Return whether a run was on a person's own pictures.

    Raises:
        UnknownNameError: there is no such run.
    """
    record = RunStore(settings.runs, examine=False).get(run_id)
    return record.dataset.source == OWN_PICTURES


def try_picture(
    inspector: Inspector,
    settings: Settings,
    run_id: str,
    name: str,
    pixels: Pixels,
    *,
    neighbours: int = SHOWN,
) -> TriedPicture:
    """Return what the run's network says of a picture, and which training pictures are near it.

    Args:
        inspector: lends the network.
        settings: for the homes of runs and pictures.
        run_id: of a finished run on a person's own pictures.
        name: of the picture, for a person.
        pixels: uint8 `(H, W, 3)`, RGB, 0 to 255.
        neighbours: so many of the nearest training pictures are named, at most.

    Raises:
        UnknownNameError: there is no such run.
        RunStateError: the run is of other pictures or has not finished.
        WeightsError: its weights, or what it said of its own pictures, are missing or damaged.
    """
    record = find_own_run(settings, run_id)
    choice = ModelChoice(name=PREFIX + record.id)
    near = nearness_of_run(settings, record.id)
    prepared = inspector.prepare(choice, pixels)
    classes, probabilities, embedding = _looked_at(inspector, choice, record, prepared)
    if embedding.shape != near.directions.shape[1:]:
        raise WeightsError(
            f"The network of run {record.id} makes {len(embedding)} numbers of a picture, but "
            f"{near.directions.shape[1]} are kept of its training pictures.",
            hint="Train the run again.",
        )
    return tried_picture(near, classes, name, probabilities, embedding, neighbours=neighbours)


def nearness_of_run(settings: Settings, run_id: str) -> Nearness:
    """Return what new pictures are compared with; read once for each file.

    Raises:
        WeightsError: the file is missing or damaged.
    """
    path = settings.runs / run_id / JUDGED_FILE
    return _nearness(path, stamp_of(path))


@functools.lru_cache(maxsize=_KEPT_RUNS)
def _nearness(path: Path, stamp: tuple[int, int]) -> Nearness:
    del stamp  # part of the key alone
    judged = read_judged(path, ("train", "valid"))
    try:
        return nearness(judged["train"], judged["valid"])
    except (KeyError, ValueError) as exc:
        raise WeightsError(
            "What this run said of its training and validation pictures is not complete.",
            hint="Train the run again.",
        ) from exc


def _looked_at(
    inspector: Inspector, choice: ModelChoice, record: RunRecord, prepared: Prepared
) -> tuple[tuple[str, ...], Floats, Floats]:
    """Return class names, probabilities `(C,)` and the backbone's embedding `(D,)`."""

    def work(model: "nn.Module", network: Network) -> tuple[tuple[str, ...], Floats, Floats]:
        import torch

        from cnn_core.models.stages import front_and_rest

        with torch.inference_mode():
            # cut before the first stage: nothing of the network that others use too is frozen
            _, rest = front_and_rest(model, network.row.id, "scratch", record.config.head)
            logits, embedding = rest.with_embeddings(picture_tensor(prepared, model))
            probabilities = torch.softmax(logits.float(), dim=1)[0].cpu().numpy()
        return network.classes, probabilities, embedding.float()[0].cpu().numpy()

    return inspector.ask(choice, ("embed", picture_digest(prepared)), work)
