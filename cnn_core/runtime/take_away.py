"""A trained network as one zip: weights, ONNX, labels, preprocessing, model card, script.

`take_away` is for a process of its own (`python -m cnn_core take-away`, which the page starts): it
imports torch. The rest does without. One at a time for each run; the zip appears whole or not at
all, and nothing else is left behind.
"""

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from filelock import FileLock

from cnn_core.data.decode import decode
from cnn_core.data.pictures.store import PictureStore
from cnn_core.errors import DataError, StorageError
from cnn_core.models.model_row import ModelRow
from cnn_core.models.preprocess import prepare
from cnn_core.models.registry import model_row
from cnn_core.results.inspection import Floats, ModelChoice
from cnn_core.results.pictures import Part, Plan
from cnn_core.results.runs import RunRecord
from cnn_core.runtime import networks
from cnn_core.runtime.export import reproduce_command
from cnn_core.runtime.files import JUDGEMENT_FILE, TEMPORARY, WEIGHTS_FILE, make_folder
from cnn_core.runtime.judging import read_judgement
from cnn_core.runtime.loading_code import count_parameters
from cnn_core.runtime.model_card import CardFacts, model_card
from cnn_core.runtime.picture_runs import base_weights, pictures_home, read_plan
from cnn_core.runtime.taken_files import (
    CARD_FILE,
    ONNX_FILE,
    ROOM,
    digests,
    pack,
    texts,
    write_weights,
)
from cnn_core.runtime.trained import PREFIX
from cnn_core.runtime.try_pictures import find_own_run
from cnn_core.settings import Settings
from cnn_core.training.recipes import find_recipe, network_of

if TYPE_CHECKING:
    from cnn_core.runtime.onnx_export import Parity

ZIP_FILE = "take-away.zip"
COMPARED = 16
STEPS = (
    "Opening the network",
    "Writing the weights",
    "Writing ONNX",
    "Comparing both on pictures",
    "Packing",
)
_BYTES = 4  # of a parameter

Progress = Callable[[int, int, str], None]  # done, total, what is being done


@dataclass(frozen=True, kw_only=True)
class TakenAway:
    """A zip that was written: where, its size, and how near ONNX is to the network."""

    path: Path
    size: int
    parity: "Parity"


def zip_path(settings: Settings, run_id: str) -> Path:
    """Return where the zip of a run is kept."""
    return settings.runs / run_id / ZIP_FILE


def zip_name(record: RunRecord) -> str:
    """Return what a person's file is called.

    >>> re.sub("[^A-Za-z0-9-]+", "-", "Flower photos!").strip("-").lower()
    'flower-photos'
    """
    title = re.sub("[^A-Za-z0-9-]+", "-", record.dataset.name).strip("-").lower()[:40]
    return f"{title or 'pictures'}-{record.id}.zip"


def take_away(
    settings: Settings,
    run_id: str,
    out: Path | None = None,
    *,
    progress: Progress = lambda done, total, what: None,
) -> TakenAway:
    """Write the zip of a finished run on a person's own pictures.

    Args:
        settings: for the homes.
        run_id: of the run.
        out: the file; None keeps it in the run's folder, where the page offers it.
        progress: told before each of `STEPS`, and at the end.

    Raises:
        UnknownNameError: there is no such run.
        RunStateError: the run is of other pictures or has not finished.
        DataError: its pictures are not here, so that nothing can be compared.
        WeightsError: its weights are missing, or ONNX answers otherwise than the network.
        StorageError: the disk is full or the folder cannot be written.
    """
    record = find_own_run(settings, run_id)
    target = zip_path(settings, record.id) if out is None else out
    try:
        _require_room(settings, record, target)
        with _workplace(settings.runs / record.id) as folder:
            return _build(settings, record, target, folder, progress)
    except OSError as exc:
        raise StorageError(
            f"{target.name} could not be written ({exc.strerror}).", hint=ROOM
        ) from exc


def estimate_bytes(record: RunRecord, num_classes: int) -> int:
    """Return how large the zip will be, about: the weights twice."""
    row = model_row(network_of(find_recipe(record.recipe), record.config))
    return 2 * _BYTES * count_parameters(row, record.config.head, num_classes)


def _require_room(settings: Settings, record: RunRecord, target: Path) -> None:
    """Refuse what the disks cannot hold: the files, and then the zip of them."""
    size = estimate_bytes(record, len(read_plan(record.dataset).classes))
    needed = {settings.runs: size, target.parent: size}
    if settings.runs.stat().st_dev == target.parent.stat().st_dev:
        needed = {target.parent: 2 * size}
    for folder, bytes_ in needed.items():
        free = shutil.disk_usage(folder).free
        if free < bytes_:
            raise StorageError(
                f"The network and its zip take {bytes_ / 1e6:,.0f} MB, but {free / 1e6:,.0f} MB "
                "are free on the disk.",
                hint=ROOM,
            )


@contextmanager
def _workplace(run_folder: Path) -> Iterator[Path]:
    """A folder for the files before they are packed; what a killed process left is removed."""
    with FileLock(make_folder(run_folder) / f".{ZIP_FILE}.lock"):
        folder = run_folder / f"{TEMPORARY}take-away"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _build(
    settings: Settings, record: RunRecord, target: Path, folder: Path, progress: Progress
) -> TakenAway:
    from cnn_core.runtime.answers import load_torch
    from cnn_core.runtime.onnx_export import check_parity, export_onnx

    def step(number: int) -> None:
        progress(number, len(STEPS), STEPS[number])

    step(0)
    load_torch()
    plan = read_plan(record.dataset)
    store = PictureStore(pictures_home(Path(record.dataset.location)))
    judgement = read_judgement(settings.runs / record.id / JUDGEMENT_FILE)
    network = networks.resolve(settings, ModelChoice(name=PREFIX + record.id))
    row, model = network.row, networks.load(network).eval()
    part, pictures = _compared(store, plan, row)
    step(1)
    write_weights(model, folder / WEIGHTS_FILE, record, plan)
    step(2)
    shape = (row.channels, row.input_size, row.input_size)
    export_onnx(model, folder / ONNX_FILE, shape=shape, classes=plan.classes)
    step(3)
    parity = check_parity(model, folder / ONNX_FILE, pictures)
    step(4)
    for name, text in texts(row, plan).items():
        (folder / name).write_text(text, "utf-8")
    base = base_weights(settings, row, record.config).state if _has_base(record) else None
    card = CardFacts(
        record=record,
        command=reproduce_command(record),
        plan=plan,
        snapshot=store.load(plan.snapshot),
        judgement=judgement,
        row=row,
        base=base,
        parameters=sum(parameter.numel() for parameter in model.parameters()),
        files=digests(folder),
        parity=(parity.pictures, parity.probabilities, parity.logits),
        parity_part=part,
    )
    (folder / CARD_FILE).write_text(model_card(card), "utf-8")
    size = pack(folder, target, zip_name(record).removesuffix(".zip"))
    progress(len(STEPS), len(STEPS), "")
    return TakenAway(path=target, size=size, parity=parity)


def _has_base(record: RunRecord) -> bool:
    return record.config.mode != "scratch"


def _compared(store: PictureStore, plan: Plan, row: ModelRow) -> tuple[Part, Floats]:
    """Return normalised pictures `(N, C, H, W)` on which both forms are compared, of which part.

    Validation pictures, evenly over the part, so that each class is among them.
    """
    part: Part = "valid" if plan.count("valid") else "train"
    places = [place for place, its in enumerate(plan.parts) if its == part]
    places.sort(key=lambda place: plan.labels[place])
    count = min(COMPARED, len(places))
    if not count:
        raise DataError("The run has no pictures to compare the ONNX file on.")
    chosen = [places[index * len(places) // count] for index in range(count)]
    prepared = [prepare(decode(store.read(plan.sha256[place])), row) for place in chosen]
    return part, np.stack([each.normalised for each in prepared])
