"""One film through triage: the same function for page, terminal and service. Free of torch.

Its bytes are decoded in a child process with limits; what the header and the file say is checked;
the network sees it; the gate looks; only then is anything said of classes. One row goes into the
log: digests and figures. A file that cannot be read raises and is logged nowhere.

Safe for many threads at once, with one decoder and one model among them. Nothing is written to
disk but the row of the log.
"""

from typing import TYPE_CHECKING

from cnn_core.results.triage import Asked, Channel, TriedFilm

if TYPE_CHECKING:
    from cnn_core.data.films.limits import FilmDecoder
    from cnn_core.runtime.prediction_log import PredictionLog
    from cnn_core.runtime.triage_model import TriageModel


_DECISION_ALONE = Asked()


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
        asked: what is wanted beside the decision.
        channel: who asks.
        log: where the row goes; None: nowhere.

    Raises:
        PictureError: the file cannot be read, in a sentence; whoever asks counts it.
        WeightsError: the model broke down.
    """
    raise NotImplementedError
