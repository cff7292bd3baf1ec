"""What Prometheus reads: figures alone, no name, no address, no path that a caller chose.

Every service has a registry of its own, so that several may live in one process.
"""

from collections.abc import Callable

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4 as MEDIA_TYPE

from cnn_core.results.xray_plan import STATEMENT
from cnn_core.serving.problems import CODES

disable_created_metrics()  # type: ignore[no-untyped-call]

_SECONDS = (0.025, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0, 2.0, 5.0, 10.0, 30.0)
_FAULT = 500


class Metrics:
    """The figures of one service."""

    def __init__(self) -> None:
        own = self._registry = CollectorRegistry()
        ProcessCollector(registry=own)
        PlatformCollector(registry=own)
        self.requests = Counter(
            "cnn_lab_requests", "Requests answered", ("path", "method", "status"), registry=own
        )
        self.request_seconds = Histogram(
            "cnn_lab_request_seconds",
            "From a request's first byte to its reply",
            ("path",),
            buckets=_SECONDS,
            registry=own,
        )
        self.answer_seconds = Histogram(
            "cnn_lab_answer_seconds",
            "From a film's last byte to its reply: waiting and work, not the upload",
            buckets=_SECONDS,
            registry=own,
        )
        self.predictions = Counter(
            "cnn_lab_predictions", "Films that were decided", ("decision",), registry=own
        )
        self.prediction_seconds = Histogram(
            "cnn_lab_prediction_seconds",
            "From a film's bytes to its decision",
            buckets=_SECONDS,
            registry=own,
        )
        self.problems = Counter(
            "cnn_lab_problems", "Requests that ended with an error", ("code",), registry=own
        )
        self.unlogged = Counter(
            "cnn_lab_unlogged", "Films that were answered and are not in the log", registry=own
        )
        self.reloads = Counter(
            "cnn_lab_model_reloads", "Times the model was read again", ("outcome",), registry=own
        )
        self._model = Gauge(
            "cnn_lab_model", "The model that answers: always 1", ("sha256",), registry=own
        )
        self._model_read = Gauge(
            "cnn_lab_model_read_timestamp_seconds", "When the model was read", registry=own
        )
        self._ready = Gauge("cnn_lab_ready", "Whether /readyz says yes", registry=own)
        self._places = Gauge("cnn_lab_places", "Films that may be held at once", registry=own)
        self._taken = Gauge("cnn_lab_places_taken", "Films held now", registry=own)
        # at 0 from the start: `increase` does not see a series that appears with its first event
        for code in CODES:
            self.problems.labels(code)
        for status in sorted({status for status in CODES.values() if status >= _FAULT}):
            self.requests.labels("/v1/predict", "POST", str(status))
        for decision in ("routine", "refer", "refused"):
            self.predictions.labels(decision)
        for outcome in ("read", "refused"):
            self.reloads.labels(outcome)

    def watch(self, *, places: int, taken: Callable[[], int], ready: Callable[[], bool]) -> None:
        """Let the figures that are looked up when somebody asks know where to look."""
        self._places.set(places)
        self._taken.set_function(taken)
        self._ready.set_function(lambda: float(ready()))

    def served(self, sha256: str) -> None:
        """Note which model answers from now on."""
        self._model.clear()
        self._model.labels(sha256).set(1)
        self._model_read.set_to_current_time()

    def text(self) -> bytes:
        """Return all of it in Prometheus' text format, the statement as its first comment."""
        return f"# {STATEMENT}\n".encode() + generate_latest(self._registry)


__all__ = ["MEDIA_TYPE", "Metrics"]
