"""Trying the alarm beside the page: synthetic films that change from one on, in a thread.

One trial a server works at a time; others wait for it. The model for synthetic films is made ready
first where it is not. Nothing of it reaches the prediction log. A trial ends with a batch when it
is stopped, or when nobody has looked at it for a minute: its page was closed or drawn afresh.
"""

import logging
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from cnn_core.data.films.shifts import ShiftKind
from cnn_core.errors import CnnLabError, RunStateError
from cnn_core.runtime.drift_simulation import CASES, SHIFT_AT, Simulated, simulate
from cnn_core.runtime.triage_models import GIVEN, PHANTOMS, make_ready, model_for, triage_choices
from cnn_core.settings import Settings

_log = logging.getLogger(__name__)
_at_work = threading.Lock()
_LOOK_SECONDS = 0.25
_UNWATCHED_SECONDS = 60.0  # a page looks once a second


@dataclass(frozen=True, kw_only=True)
class TrialState:
    """Where a trial stands.

    Attributes:
        running: whether it goes on.
        stage: what is being done.
        done: of this stage.
        total: of this stage, 0 where it is not known.
        seconds_left: of this stage, None where it is not known yet.
        found: what came of it, None until then.
        error: why nothing did.
    """

    running: bool
    stage: str
    done: int
    total: int
    seconds_left: float | None
    found: Simulated | None
    error: CnnLabError | None


class AlarmTrial:
    """A simulation at work.

    Args:
        settings: for the homes.
        shift: what changes.
        amount: how far.
        cases: that are drawn.
        shift_at: before the first altered one.
        seed: of what is drawn.
        clock: seconds, monotonic: when somebody last looked.
    """

    def __init__(
        self,
        settings: Settings,
        shift: ShiftKind,
        amount: float,
        *,
        cases: int = CASES,
        shift_at: int = SHIFT_AT,
        seed: int = 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings, self._clock = settings, clock
        self._looked = clock()
        self._asked = (shift, amount, cases, shift_at, seed)
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._stage, self._done, self._total = "Waiting for another trial", 0, 0
        self._began = time.monotonic()
        self._found: Simulated | None = None
        self._error: CnnLabError | None = None
        self._thread = threading.Thread(target=self._run, name="alarm-trial", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Let it end with the batch that is being looked at."""
        self._stopped.set()

    def wait(self, seconds: float) -> bool:
        """Wait for its end for so long; return whether it has ended."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def state(self) -> TrialState:
        """Return where it stands; whoever asks is looking."""
        self._looked = self._clock()
        with self._lock:
            left = None
            if 0 < self._done < self._total:
                left = (time.monotonic() - self._began) / self._done * (self._total - self._done)
            return TrialState(
                running=self._thread.is_alive(),
                stage=self._stage,
                done=self._done,
                total=self._total,
                seconds_left=left,
                found=self._found,
                error=self._error,
            )

    def _unwanted(self) -> bool:
        return self._stopped.is_set() or self._clock() - self._looked > _UNWATCHED_SECONDS

    def _tell(self, stage: str, done: int, total: int) -> None:
        with self._lock:
            if stage != self._stage:
                self._began = time.monotonic()
            self._stage, self._done, self._total = stage, done, total

    def _run(self) -> None:
        while not _at_work.acquire(timeout=_LOOK_SECONDS):
            if self._unwanted():
                return
        try:
            found = self._simulated()
        except CnnLabError as exc:
            if not self._unwanted():
                self._fail(exc)
        except Exception:  # noqa: BLE001 - the boundary of this thread: logged under an id
            error_id = secrets.token_hex(4)
            _log.exception("error %s in a trial of the alarm", error_id)
            self._fail(RunStateError(f"Something went wrong in the app (id {error_id})."))
        else:
            with self._lock:
                self._found = found
        finally:
            _at_work.release()

    def _fail(self, error: CnnLabError) -> None:
        with self._lock:
            self._error = error

    def _simulated(self) -> Simulated:
        def ready(done: int, total: int, what: str) -> None:
            what = f"Making the model for synthetic films ready, once. {what}"
            self._tell(what.strip(), done, total)

        self._tell("Opening the model for synthetic films", 0, 0)
        choice = _synthetic_model(self._settings)
        make_ready(self._settings, choice, ready)
        model = model_for(self._settings, choice)
        shift, amount, cases, shift_at, seed = self._asked
        stage = "Drawing films and asking about them"
        self._tell(stage, 0, cases)
        return simulate(
            model,
            shift=shift,
            amount=amount,
            cases=cases,
            shift_at=shift_at,
            seed=seed,
            progress=lambda done, total: self._tell(stage, done, total),
            cancelled=self._unwanted,
        )


def _synthetic_model(settings: Settings) -> str:
    """Return the model that the settings name if it is for synthetic films, else the packed one."""
    given = settings.triage_model is not None and triage_choices(settings)[0].synthetic
    return GIVEN if given else PHANTOMS
