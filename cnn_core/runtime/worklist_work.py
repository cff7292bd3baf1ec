"""What the worklists of the app ask about a film: the one `predict`, everything, and the log.

Processes that read films start with the first film and stay for the next.
"""

import contextlib
import logging
import threading

from cnn_core.data.films.limits import FilmDecoder, film_decoder
from cnn_core.errors import UnknownNameError
from cnn_core.results.triage import EVERYTHING, TriedFilm
from cnn_core.results.worklist import Judge
from cnn_core.runtime.predict import predict
from cnn_core.runtime.prediction_log import open_log
from cnn_core.runtime.triage_judge import judge_of
from cnn_core.runtime.triage_models import model_for
from cnn_core.runtime.worklist import Worklist
from cnn_core.runtime.worklist_queue import WORKERS, WorklistQueue
from cnn_core.settings import Settings

_logger = logging.getLogger(__name__)


class Worklists:
    """All worklists of this server.

    Args:
        settings: for the homes.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._log = open_log(settings)
        self._lock = threading.Lock()
        self._decoder: FilmDecoder | None = None
        self._processes = contextlib.ExitStack()
        self._queue = WorklistQueue(self._ask, self._log.sampled_for_review, self._label)

    def of(self, owner: str) -> Worklist:
        """Return the worklist of an owner; nobody else's films are ever on it."""
        return Worklist(self._queue, owner)

    def close(self) -> None:
        """End the processes that read films."""
        with self._lock:
            self._decoder = None
            self._processes.close()

    def _ask(self, choice: str, payload: bytes, logged: bool) -> tuple[TriedFilm, Judge]:
        model = model_for(self._settings, choice)
        tried = predict(
            model,
            payload,
            decoder=self._reading(),
            asked=EVERYTHING,
            channel="page",
            log=self._log if logged else None,
        )
        return tried, judge_of(model)

    def _reading(self) -> FilmDecoder:
        with self._lock:
            if self._decoder is None:
                self._decoder = self._processes.enter_context(film_decoder(WORKERS))
            return self._decoder

    def _label(self, prediction: str, label: str, blind: bool) -> bool:
        try:
            self._log.label(prediction, label, blind=blind)
        except UnknownNameError:  # it could not be logged, or has been purged
            _logger.info("a label belongs to no logged case")
            return False
        return True
