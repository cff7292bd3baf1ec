"""What the watch over drift would do: phantoms come in, and from one on they are altered.

Each is drawn, altered where it is its turn, made a PNG of 8 bits, and goes the way of every film:
decoder, checks, network, gate, probabilities, decision. Nothing is written to the log. The same
seed gives the same cases. Films are drawn while the network looks at those before. Free of torch.
"""

import io
import math
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cnn_core.data.films.decoding import DecodedFilm, decode_for_triage
from cnn_core.data.films.phantom_plan import Phantom, planned_phantoms
from cnn_core.data.films.phantoms import phantom_pixels
from cnn_core.data.films.shifts import SHIFTS, ShiftKind, shift_title, shifted
from cnn_core.data.pictures.wording import counted, listed
from cnn_core.errors import ConfigError, RunStateError
from cnn_core.results.monitoring import WINDOW, DriftReport, LoggedCase, logged_case
from cnn_core.results.triage import Asked
from cnn_core.runtime.film_judging import judged
from cnn_core.xray.drift import FEWEST_REFERENCE, LEVEL, watch

if TYPE_CHECKING:
    from cnn_core.runtime.triage_model import TriageModel

CASES, SHIFT_AT = 800, 400
"""That are drawn, and before the first that is altered, unless told otherwise."""
MOST_CASES = 5_000

_DECISION_ALONE = Asked()
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

    def film(place: int) -> DecodedFilm:
        grey = drawn_grey(plan[order[place]], seed + _OTHER_PATIENTS)
        if place >= shift_at:
            grey = shifted(grey, shift, given, seed=seed + place)
        return decode_for_triage(film_file(grey))

    logged: list[LoggedCase] = []
    for batch in _batches(film, cases):
        if cancelled():
            raise RunStateError("The simulation was stopped.")
        for each in batch:
            logged.append(simulated_case(model, each, len(logged), seed=seed))
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
    pixels = phantom_pixels(phantom, seed=seed)
    return np.asarray(pixels, dtype=np.float32) / np.float32(255)


def film_file(grey: NDArray[np.float32]) -> bytes:
    """Return grey values, float32 `(H, W)`, 0 to 1, as a film's file: a PNG of 8 bits."""
    file = io.BytesIO()
    Image.fromarray(np.rint(grey * 255).astype(np.uint8)).save(file, "PNG", compress_level=1)
    return file.getvalue()


def simulated_case(
    model: "TriageModel", film: DecodedFilm, number: int, *, seed: int = 0
) -> LoggedCase:
    """Return what triage says of a film as a row of the log, which it is not written to.

    Args:
        model: that is asked.
        film: as `decode_for_triage` gives it.
        number: of the film, from 0.
        seed: with its number, what the film's digest is drawn from.

    Raises:
        WeightsError: the model broke down.
    """
    said = judged(model, film, _DECISION_ALONE)
    name = np.random.default_rng([seed, number]).bytes(16).hex()
    return logged_case(
        replace(said, id=name, seconds=0.0),
        at=_MINUTE * number,
        channel="simulation",
        image=name,
        patient=name,
    )


def alarm_after(report: DriftReport, shift_at: int) -> int | None:
    """Return how many cases after the shift the first alarm stood, None where none did."""
    for window in report.windows:
        if window.alarm and window.first + WINDOW > shift_at:
            return window.first + WINDOW - shift_at
    return None


def _batches(film: Callable[[int], DecodedFilm], cases: int) -> Iterator[list[DecodedFilm]]:
    """Yield films a batch at a time; the next is drawn while the last is looked at."""

    def batch(begin: int) -> list[DecodedFilm]:
        return [film(place) for place in range(begin, min(begin + _BATCH, cases))]

    with ThreadPoolExecutor(1, thread_name_prefix="phantoms") as pool:
        waiting: Future[list[DecodedFilm]] | None = pool.submit(batch, 0)
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
