"""What the watch over drift would do: phantoms come in, and from one on they are altered.

Each is drawn, altered where it is its turn, and goes the way of every film: grey values of 8 bits,
canonical picture, network, gate, probabilities, decision. Nothing is written to the log. The same
seed gives the same cases. Films are drawn while the network looks at those before. Free of torch.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cnn_core.data.films.canonical import canonical
from cnn_core.data.films.phantom_drawing import drawn_phantom
from cnn_core.data.films.phantom_plan import Phantom, planned_phantoms
from cnn_core.data.films.shifts import SHIFTS, ShiftKind, shift_title, shifted
from cnn_core.data.pictures.wording import counted, listed
from cnn_core.errors import ConfigError, RunStateError
from cnn_core.results.monitoring import WINDOW, DriftReport, LoggedCase
from cnn_core.results.triage import Decision
from cnn_core.training.film_views import film_view
from cnn_core.xray.conformal import sets_of
from cnn_core.xray.decision import triage
from cnn_core.xray.drift import FEWEST_REFERENCE, LEVEL, watch
from cnn_core.xray.gate import gate_distances, passed
from cnn_core.xray.operating_point import NORMAL, disease_places

if TYPE_CHECKING:
    from cnn_core.runtime.triage_model import TriageModel

CASES, SHIFT_AT = 800, 400
"""That are drawn, and before the first that is altered, unless told otherwise."""
MOST_CASES = 5_000

_BATCH = 16
_MINUTE = 60.0  # between two simulated cases
_OTHER_PATIENTS = 80_021  # added to the seed: nobody whom a model was trained on


@dataclass(frozen=True, kw_only=True)
class Simulated:
    """What came of a simulation.

    Attributes:
        cases: in their order, channel "simulation", a minute apart from 1970 on; `seconds` is 0.
        report: of the watch, over all of them.
        shifted_from: place of the first altered case, from 0.
        alarm_after: cases from there to the end of the window that set the alarm off, None without.
        sentence: what happened.
    """

    cases: tuple[LoggedCase, ...]
    report: DriftReport
    shifted_from: int
    alarm_after: int | None
    sentence: str


@dataclass(frozen=True, kw_only=True, eq=False)
class _Film:
    """A film as it came in."""

    pixels: NDArray[np.uint8]
    brightness: float
    contrast: float


def simulate(
    model: "TriageModel",
    *,
    shift: ShiftKind = "gamma",
    amount: float | None = None,
    cases: int = CASES,
    shift_at: int = SHIFT_AT,
    seed: int = 0,
    progress: Callable[[int, int], None] = lambda done, total: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Simulated:
    """Return what the watch says of synthetic films that change from one on.

    Args:
        model: for synthetic films: another one knows no phantom.
        shift: what changes.
        amount: how far, None: as `SHIFTS` offers.
        cases: that are drawn, two windows or more.
        shift_at: before the first altered one, 0 to `cases`.
        seed: of patients, order and grain, 0 or above.
        progress: told after each batch (how many are done, of how many).
        cancelled: asked after each batch.

    Raises:
        ConfigError: figures out of range.
        RunStateError: a model of real films, or without a reference; or it was cancelled.
        WeightsError: the model broke down.
    """
    given = SHIFTS[shift].amount if amount is None else amount
    _validate(model, shift, given, cases, shift_at, seed)
    reference = model.reference
    if reference is None or len(reference.referred) < FEWEST_REFERENCE:
        raise RunStateError(
            "This triage model came without films to notice change by.",
            hint="Make the triage model ready again.",
        )
    plan = planned_phantoms("clean", films=max(cases, 36), seed=seed + _OTHER_PATIENTS)
    order = np.random.default_rng([seed, 1]).permutation(len(plan))[:cases]

    def film(place: int) -> _Film:
        grey = drawn_grey(plan[order[place]], seed + _OTHER_PATIENTS)
        if place >= shift_at:
            grey = shifted(grey, shift, given, seed=seed + place)
        return come_in(grey)

    logged: list[LoggedCase] = []
    for batch in _batches(film, cases):
        if cancelled():
            raise RunStateError("The simulation was stopped.")
        logged += judged(model, batch, first=len(logged), seed=seed)
        progress(len(logged), cases)
    report = watch(reference, logged)
    after = alarm_after(report, shift_at)
    return Simulated(
        cases=tuple(logged),
        report=report,
        shifted_from=shift_at,
        alarm_after=after,
        sentence=_sentence(report, shift_title(shift, given), shift_at, cases, after),
    )


def drawn_grey(phantom: Phantom, seed: int) -> NDArray[np.float32]:
    """Return a phantom as grey values of a film, float32 `(SIDE, SIDE)`, 0 to 1."""
    pixels = drawn_phantom(
        (seed, phantom.patient),
        phantom.film,
        opacity=phantom.opacity,
        view=phantom.view,
        look=phantom.look,
        marker=phantom.marker,
    )
    return np.asarray(pixels, dtype=np.float32) / np.float32(255)


def come_in(grey: NDArray[np.float32]) -> _Film:
    """Return grey values as a film that came in as a file of 8 bits: raw figures and picture."""
    stored = np.rint(grey * 255).astype(np.float32) / np.float32(255)
    return _Film(
        pixels=canonical(stored),
        brightness=round(float(stored.mean(dtype=np.float64)), 6),
        contrast=round(float(stored.std(dtype=np.float64)), 6),
    )


def judged(
    model: "TriageModel", films: Sequence[_Film], *, first: int = 0, seed: int = 0
) -> list[LoggedCase]:
    """Return what a triage model decides of films, as the log keeps it.

    Args:
        model: that is asked, all films at once.
        films: at least one.
        first: number of the first, from 0.
        seed: with its number, what a film's name is drawn from.

    Raises:
        WeightsError: the model broke down.
    """
    seen = model.ask(np.stack([film_view(film.pixels, model.row, "0" * 64, 0) for film in films]))
    scaled = seen.logits / model.temperature
    odds = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    probabilities = odds / odds.sum(axis=1, keepdims=True)
    classes, result = model.classes, model.result
    scores = probabilities[:, disease_places(classes)].sum(axis=1)
    through = passed(model.gate, seen.embeddings)
    routine = triage(
        probabilities,
        sets_of(probabilities, result.conformal),
        through,
        result.operating_point.threshold,
        normal=classes.index(NORMAL),
    )
    distances = gate_distances(model.gate, seen.embeddings)
    projections = model.project(seen.embeddings)
    logged = []
    for row, film in enumerate(films):
        name = np.random.default_rng([seed, first + row]).bytes(16).hex()
        decision: Decision = (
            "refused" if not through[row] else "routine" if routine[row] else "refer"
        )
        known = decision != "refused"
        logged.append(
            LoggedCase(
                id=name,
                at=_MINUTE * (first + row),
                channel="simulation",
                model=model.sha256,
                image=name,
                patient=name,
                decision=decision,
                reason={"refused": "known", "refer": "score", "routine": "routine"}[decision],
                score=float(scores[row]) if known else None,
                probabilities=tuple(probabilities[row].tolist()) if known else (),
                gate_distance=float(distances[row]),
                brightness=film.brightness,
                contrast=film.contrast,
                projection=tuple(projections[row].tolist()),
                seconds=0.0,
            )
        )
    return logged


def alarm_after(report: DriftReport, shift_at: int) -> int | None:
    """Return how many cases after the shift the first alarm stood, None where none did."""
    for window in report.windows:
        if window.alarm and window.first + WINDOW > shift_at:
            return window.first + WINDOW - shift_at
    return None


def _batches(film: Callable[[int], _Film], cases: int) -> Iterator[list[_Film]]:
    """Yield films a batch at a time; the next is drawn while the last is looked at."""

    def batch(begin: int) -> list[_Film]:
        return [film(place) for place in range(begin, min(begin + _BATCH, cases))]

    with ThreadPoolExecutor(1, thread_name_prefix="phantoms") as pool:
        waiting: Future[list[_Film]] | None = pool.submit(batch, 0)
        for begin in range(_BATCH, cases + _BATCH, _BATCH):
            if waiting is None:
                return
            ready = waiting.result()
            waiting = pool.submit(batch, begin) if begin < cases else None
            yield ready


def _validate(
    model: "TriageModel", shift: ShiftKind, amount: float, cases: int, shift_at: int, seed: int
) -> None:
    if not model.synthetic:
        raise RunStateError(
            "This simulation draws phantoms, and the chosen model was trained on radiographs: it "
            "refuses every phantom.",
            hint="Choose the model for synthetic films.",
        )
    ends = sorted((SHIFTS[shift].least, SHIFTS[shift].most))
    if not math.isfinite(amount) or not ends[0] <= amount <= ends[1]:
        raise ConfigError(
            f"A shift of this kind goes from {ends[0]:g} to {ends[1]:g}, but it is {amount:g}."
        )
    if not 2 * WINDOW <= cases <= MOST_CASES or not 0 <= shift_at <= cases or seed < 0:
        raise ConfigError(
            f"A simulation has {2 * WINDOW} to {MOST_CASES:,} cases, the first altered one among "
            f"them, and a seed of 0 or above, but got {cases:,}, {shift_at:,} and {seed}."
        )


def _sentence(report: DriftReport, title: str, shift_at: int, cases: int, after: int | None) -> str:
    early = sum(each.alarm and each.first + WINDOW <= shift_at for each in report.windows)
    before = f" Before it, {counted(early, 'false alarm')}." if early else ""
    if shift_at == cases:
        quiet = counted(len(report.windows), "unchanged window")
        return f"Nothing was altered: {counted(early, 'false alarm')} in {quiet}."
    begun = f"{title} from case {shift_at + 1:,} on"
    if after is None:
        later = counted(cases - shift_at, "altered case")
        return f"{begun}: no alarm in {later}.{before}"
    window = next(w for w in report.windows if w.first + WINDOW - shift_at == after)
    names = [test.title.split(",")[0].lower() for test in window.tests if test.adjusted <= LEVEL]
    why = listed(list(dict.fromkeys(names)), most=4)
    return f"{begun}: the alarm went off after {counted(after, 'altered case')} ({why}).{before}"
