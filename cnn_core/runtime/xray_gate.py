"""The gate of a study's served model: fitted on its own films, and tried on what is at hand.

Kinds of pictures that are not on this machine are "not tested": no figure stands in their place.
Loads torch, to ask the network about altered copies and other pictures.
"""

import contextlib
import time
from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cnn_core.data.films.canonical import canonical, content_box
from cnn_core.data.samples import sample_names, sample_picture
from cnn_core.errors import CnnLabError
from cnn_core.results.films import SIDE, Film, FilmProgress
from cnn_core.results.xray_decision import Gate, GateRow
from cnn_core.results.xray_evaluation import Measured
from cnn_core.results.xray_plan import Scored
from cnn_core.runtime.datasets import cached_dataset
from cnn_core.runtime.film_network import FilmNetwork
from cnn_core.runtime.xray_runs import Progress
from cnn_core.settings import Settings
from cnn_core.xray.gate import ALTERATIONS, altered, fit_gate, passed
from cnn_core.xray.intervals import proportion

COPIED = 300
"""So many training films are copied, altered in each way; at most."""
TRIED = 60
"""So many pictures of each kind are tried; at most."""
TOMOGRAPHY = "slices of computed tomography"
NOT_AT_HAND = ("lateral films", "films of children")

_STAGE = "The network looks at altered copies and other pictures"
Pictures = NDArray[np.uint8]
ReadFilm = Callable[[Film], Pictures]
Others = Sequence[tuple[str, Sequence[Pictures]]]


def study_gate(
    settings: Settings,
    films: Sequence[Film],
    read: ReadFilm,
    network: FilmNetwork,
    *,
    trained: Scored,
    tried: Scored,
    calibration: Scored,
    seed: int,
    progress: Progress,
) -> tuple[Gate, tuple[GateRow, ...]]:
    """Return the gate of a network, and how it fares by kind.

    Args:
        settings: for other pictures that are at hand.
        films: of the film set.
        read: gives a film's canonical picture, uint8 `(SIDE, SIDE)`.
        network: the served one.
        trained: what it said of films that it was trained on.
        tried: of good films that neither it nor the gate learnt from.
        calibration: of good films that set the gate's limit.
        seed: which films are copied.
        progress: told how many pictures the network has looked at.

    Raises:
        DataError: too few films.
    """
    copied = np.random.default_rng(seed).permutation(len(trained.films))[:COPIED]
    others = list(_others(settings, seed))
    told = _Told(len(ALTERATIONS) * len(copied) + to_try(tried, others, TRIED), network, progress)
    gate = fit_gate(
        trained.embeddings,
        [told.ask(*_copies(films, read, trained, copied, kind)) for kind in ALTERATIONS],
        calibration.embeddings,
        patients=trained.patients,
        seed=seed,
    )
    return gate, _rows(gate, films, read, tried, others, told, most=TRIED, seed=seed)


def gate_rows(
    gate: Gate,
    films: Sequence[Film],
    read: ReadFilm,
    network: FilmNetwork,
    *,
    tried: Scored,
    others: Others,
    most: int,
    seed: int,
    progress: Progress,
) -> tuple[GateRow, ...]:
    """Return how a gate fares by kind: on films, on altered copies of them, on other pictures.

    Args:
        gate: of the network.
        films: of the film set.
        read: gives a film's canonical picture, uint8 `(SIDE, SIDE)`.
        network: whose gate it is.
        tried: what it said of good films that neither it nor the gate learnt from.
        others: pictures that are no films, canonical, by kind.
        most: so many films are altered in each way, at most.
        seed: which.
        progress: told how many pictures the network has looked at.
    """
    told = _Told(to_try(tried, others, most), network, progress)
    return _rows(gate, films, read, tried, others, told, most=most, seed=seed)


def to_try(tried: Scored, others: Others, most: int) -> int:
    """Return about how many pictures are asked about to try a gate."""
    return len(ALTERATIONS) * min(most, len(tried.films)) + sum(len(each) for _, each in others)


def _rows(
    gate: Gate,
    films: Sequence[Film],
    read: ReadFilm,
    tried: Scored,
    others: Others,
    told: "_Told",
    *,
    most: int,
    seed: int,
) -> tuple[GateRow, ...]:
    checked = np.random.default_rng([seed, 1]).permutation(len(tried.films))[:most]
    rows = [_row("held-out films", "pass", ~passed(gate, tried.embeddings), tried.patients)]
    for kind in ALTERATIONS:
        seen = told.ask(*_copies(films, read, tried, checked, kind))
        rows.append(_row(kind, "refuse", ~passed(gate, seen), tried.patients[checked]))
    for kind, pictures in others:
        seen = told.ask(pictures, len(pictures))
        rows.append(_row(kind, "refuse", ~passed(gate, seen), np.arange(len(pictures))))
    there = {row.kind.partition(",")[0] for row in rows}  # "noise, smooth" is noise
    missing = [kind for kind in (*_KINDS, *NOT_AT_HAND) if kind not in there]
    return (*rows, *(_not_tested(kind) for kind in missing))


def _copies(
    films: Sequence[Film], read: ReadFilm, scored: Scored, rows: NDArray[np.int64], kind: str
) -> tuple[Iterator[Pictures], int]:
    """Return altered copies of films, made as they are asked for, and how many."""
    chosen = [films[place] for place in scored.films[rows].tolist()]
    pictures = (
        altered(read(film), kind, number, content_box(film.file.width, film.file.height))
        for number, film in enumerate(chosen)
    )
    return pictures, len(chosen)


class _Told:
    """Asks a network about pictures, and tells how far all of them have come."""

    def __init__(self, total: int, network: FilmNetwork, progress: Progress) -> None:
        self._total, self._done, self._network, self._progress = total, 0, network, progress
        self._began = time.monotonic()

    def ask(self, pictures: Iterable[Pictures], count: int) -> NDArray[np.float32]:
        _, embeddings = self._network.ask(pictures, lambda done: self._tell(self._done + done))
        self._done += count
        return embeddings

    def _tell(self, done: int) -> None:
        seconds = time.monotonic() - self._began
        left = seconds / done * (self._total - done) if done else None
        self._progress(
            FilmProgress(
                stage=_STAGE, done=done, total=self._total, seconds=seconds, seconds_left=left
            )
        )


_KINDS = ("photographs", "digits", "CIFAR-10 pictures", "noise", TOMOGRAPHY)


def _others(settings: Settings, seed: int) -> Iterator[tuple[str, Sequence[Pictures]]]:
    """Yield pictures that are no films, by kind, as far as they are on this machine."""
    draw = np.random.default_rng(seed)
    photographs = []
    for name in sample_names():
        with contextlib.suppress(CnnLabError):
            photographs.append(as_film(sample_picture(name)))
    yield from _kind(_KINDS[0], photographs)
    for kind, source in ((_KINDS[1], "digits"), (_KINDS[2], "cifar10")):
        with contextlib.suppress(CnnLabError):
            images = cached_dataset(source, settings.data).test.images
            chosen = draw.permutation(len(images))[:TRIED]
            yield from _kind(kind, [as_film(images[place]) for place in chosen.tolist()])
    grains = [draw.random((SIDE, SIDE), dtype=np.float32) for _ in range(TRIED)]
    yield from _kind(_KINDS[3], [canonical(grain) for grain in grains])
    yield from _kind(TOMOGRAPHY, tomography_slices())


def _kind(kind: str, pictures: list[Pictures]) -> Iterator[tuple[str, Sequence[Pictures]]]:
    if pictures:
        yield kind, pictures


def as_film(picture: Pictures) -> Pictures:
    """Return a picture, uint8 `(H, W)` or `(H, W, 3)`, as a film of it would be stored."""
    grey = Image.fromarray(picture).convert("L")
    return canonical(np.asarray(grey, dtype=np.float32) / np.float32(255))


def tomography_slices() -> list[Pictures]:
    """Return the one slice of computed tomography that pydicom comes with, as a film of it is.

    Its grey values alone: by its header it is refused before.
    """
    import pydicom
    from pydicom.data import get_testdata_file

    path = get_testdata_file("CT_small.dcm", download=False)
    if path is None:
        return []
    stored = pydicom.dcmread(str(path)).pixel_array.astype(np.float32)
    return [canonical((stored - stored.min()) / max(1.0, float(np.ptp(stored))))]


def _row(
    kind: str, wanted: str, refused: NDArray[np.bool_], patients: NDArray[np.int64]
) -> GateRow:
    measured = proportion(refused, patients)
    return GateRow(kind=kind, wanted="pass" if wanted == "pass" else "refuse", refused=measured)


def _not_tested(kind: str) -> GateRow:
    none = Measured(value=None, interval=None, films=0, patients=0, method="", note="not tested")
    return GateRow(kind=kind, wanted="refuse", refused=none)
