"""Making a triage model ready beside the page: a thread a model, once; the page only looks.

The thread waits for the process that exports (`runtime.triage_models.make_ready`); it ends with it.
"""

import logging
import secrets
import threading
import time
from dataclasses import dataclass, replace

import streamlit as st

from cnn_core.errors import CnnLabError
from cnn_core.runtime.triage_models import make_ready, model_for
from cnn_core.settings import Settings
from cnn_core.ui.wording import about

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class PreparingState:
    """Where the making of a model stands.

    Attributes:
        running: whether it goes on.
        done: of `total` steps.
        total: 0 while that is not known.
        what: is being done, for a person.
        seconds: since it began.
        error: what it ended with, None if it did not fail.
    """

    running: bool
    done: int = 0
    total: int = 0
    what: str = "Beginning"
    seconds: float = 0.0
    error: CnnLabError | None = None


class Preparing:
    """One model on its way: exported, then read.

    Args:
        settings: for the homes.
        choice_id: see `runtime.triage_models`.
    """

    def __init__(self, settings: Settings, choice_id: str) -> None:
        self._settings, self._choice_id = settings, choice_id
        self._lock = threading.Lock()
        self._began = time.monotonic()
        self._state = PreparingState(running=True)
        name = f"cnn-lab-triage-model-{choice_id}"
        threading.Thread(target=self._run, name=name, daemon=True).start()

    def state(self) -> PreparingState:
        """Return where it stands."""
        with self._lock:
            return replace(self._state, seconds=time.monotonic() - self._began)

    def _set(self, **changed: object) -> None:
        with self._lock:
            self._state = replace(self._state, **changed)  # type: ignore[arg-type]

    def _run(self) -> None:
        error = None
        try:
            make_ready(self._settings, self._choice_id, self._tell)
            model_for(self._settings, self._choice_id)
        except CnnLabError as exc:
            error = exc
        except Exception:  # a bug: the page has an id of it, the log the rest
            error_id = secrets.token_hex(4)
            _logger.exception("error %s while a triage model was made ready", error_id)
            error = CnnLabError(
                f"Something went wrong while the triage model was made ready (id {error_id}).",
                hint="Try again. If it happens again, the app's log has the details under this id.",
            )
        self._set(running=False, error=error)

    def _tell(self, done: int, total: int, what: str) -> None:
        self._set(done=done, total=total, what=what)


@st.cache_resource(show_spinner=False)
def _kept() -> tuple[dict[tuple[str, str], Preparing], threading.Lock]:
    return {}, threading.Lock()


def start_preparing(settings: Settings, choice_id: str) -> None:
    """Begin to make a model ready, unless somebody has begun already. For callbacks, too."""
    kept, lock = _kept()
    key = str(settings.triage), choice_id
    with lock:
        found = kept.get(key)
        if found is None or not found.state().running:
            kept[key] = Preparing(settings, choice_id)


def preparing(settings: Settings, choice_id: str) -> PreparingState | None:
    """Return where the making of a model stands, None where nobody has begun."""
    found = _kept()[0].get((str(settings.triage), choice_id))
    return found.state() if found else None


def preparing_words(state: PreparingState) -> str:
    """Return where it stands in words.

    >>> preparing_words(PreparingState(running=True, done=1, total=4, what="Reading", seconds=9.0))
    'Reading (step 2 of 4), about 10 s so far'
    """
    step = f" (step {min(state.done + 1, state.total)} of {state.total})" if state.total else ""
    return f"{state.what}{step}, {about(state.seconds)} so far"
