"""One film through triage: the same function for page, terminal and service. Free of torch.

Its bytes are decoded in a child process with limits; what the header and the file say is checked;
the network sees it; the gate looks; only then is anything said of classes. One row goes into the
log: digests and figures. A file that cannot be read raises and is logged nowhere.

Safe for many threads at once, with one decoder and one model among them. Nothing is written to
disk but the row of the log.
"""

import dataclasses
import logging
import time
from typing import TYPE_CHECKING

from cnn_core.data.films.decoding import decode_for_triage
from cnn_core.errors import StorageError
from cnn_core.results.monitoring import logged_case
from cnn_core.results.triage import Asked, Channel, Prediction, TriedFilm
from cnn_core.runtime.film_judging import judged

if TYPE_CHECKING:
    from cnn_core.data.films.limits import FilmDecoder
    from cnn_core.runtime.prediction_log import PredictionLog
    from cnn_core.runtime.triage_model import TriageModel

_DECISION_ALONE = Asked()

_log = logging.getLogger(__name__)


def predict(
    model: "TriageModel",
    payload: bytes,
    *,
    decoder: "FilmDecoder",
    asked: Asked = _DECISION_ALONE,
    channel: Channel,
    log: "PredictionLog | None" = None,
) -> TriedFilm:
    """Return what is said of the film in `payload`.

    Args:
        model: see `runtime.triage_model.read_model`.
        payload: the whole file: PNG, JPEG or DICOM, whatever its name.
        decoder: processes that read it (`data.films.limits.film_decoder`).
        asked: what is wanted beside the decision; nothing of it is made of a refused film.
        channel: who asks.
        log: where the row goes; None: nowhere. What it cannot keep is said in `unlogged`, and the
            answer is given all the same.

    Raises:
        PictureError: the file cannot be read, in a sentence; whoever asks counts it.
        WeightsError: the network cannot be asked, or answers in values that are no numbers.
        CnnLabError: the processes that read films were ended, and no others could be started.
    """
    began = time.perf_counter()
    salt, unlogged = _salt(log)
    film = decoder.run(decode_for_triage, payload, salt=salt).result()
    prediction = judged(model, film, asked)
    prediction = dataclasses.replace(prediction, seconds=time.perf_counter() - began)
    if log is not None and not unlogged:
        unlogged = _kept(log, prediction, payload, film.columns.get("patient_id", ""), channel)
    return TriedFilm(
        prediction=prediction, picture=film.pixels, display=film.display, unlogged=unlogged
    )


def _salt(log: "PredictionLog | None") -> tuple[bytes, str]:
    """Return the salt for patients, and why there is none."""
    if log is None:
        return b"", ""
    try:
        return log.patient_salt, ""
    except StorageError as exc:
        return b"", _not_kept(exc)


def _kept(
    log: "PredictionLog", prediction: Prediction, payload: bytes, patient: str, channel: Channel
) -> str:
    """Keep one row; return why it could not be, "" where it was."""
    try:
        log.add(
            logged_case(
                prediction,
                at=time.time(),
                channel=channel,
                image=log.digest(payload),
                patient=log.patient_digest(patient, payload),
            )
        )
    except StorageError as exc:
        return _not_kept(exc)
    return ""


def _not_kept(exc: StorageError) -> str:
    _log.warning("a prediction is not in the log: %s", exc.message)
    return exc.message
