"""One service: the model that answers, the processes that decode, the places that are taken.

The model is read before anything listens, and again on demand (`read_again`): a request keeps the
model that it began with, and a folder that cannot be read leaves the one that answers in its place.
Films are worked on in threads of their own, so that the event loop only moves bytes. Nothing of a
film outlives its request but the row of the prediction log.
"""

import base64
import contextlib
import io
import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from PIL import Image

from cnn_core.charts.film_words import under_every_result
from cnn_core.charts.triage_words import plain
from cnn_core.data.films.decoding import decode_for_triage
from cnn_core.data.films.limits import FilmDecoder, film_decoder
from cnn_core.errors import CnnLabError
from cnn_core.results.prevalences import assumed_prevalences
from cnn_core.results.triage import EVERYTHING, Asked, TriedFilm
from cnn_core.results.xray_plan import STATEMENT
from cnn_core.runtime.predict import predict
from cnn_core.runtime.prediction_log import PredictionLog
from cnn_core.runtime.triage_model import TriageModel
from cnn_core.serving.config import ServiceConfig
from cnn_core.serving.metrics import Metrics
from cnn_core.serving.places import Places

_DECODE_SECONDS = 20.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, eq=False)
class Served:
    """What a request is answered by, from its beginning to its end.

    Attributes:
        model: that is asked.
        prevalences: share of each of its classes that probabilities are shown at.
    """

    model: TriageModel
    prevalences: Mapping[str, float]


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What is replied of a film.

    Attributes:
        body: JSON values.
        decision: routine, refer or refused.
        seconds: that the film took.
    """

    body: dict[str, object]
    decision: str
    seconds: float


class Service:
    """See the module. Made by `running`; safe for many threads.

    Args:
        config: how it answers.
        read: gives the model, afresh at every call.
        log: where predictions are noted; None: nowhere.
    """

    def __init__(
        self,
        config: ServiceConfig,
        read: Callable[[], TriageModel],
        log: PredictionLog | None = None,
    ) -> None:
        self.config = config
        self.metrics = Metrics()
        self.places = Places(config.places, config.workers)
        self.log = log
        self._read = read
        self._reading = threading.Lock()
        self._stopping = threading.Event()
        self._workers: ThreadPoolExecutor | None = None
        self._decoder: FilmDecoder | None = None
        self._served = self._fresh()
        self.metrics.served(self._served.model.sha256)
        self.metrics.watch(
            places=config.places, taken=lambda: self.places.taken, ready=lambda: not self.not_ready
        )

    @property
    def served(self) -> Served:
        """What a request that begins now is answered by."""
        return self._served

    @property
    def not_ready(self) -> str:
        """Why nobody should be sent here, "" if somebody may be."""
        if self._stopping.is_set():
            return "The service is stopping."
        decoder = self._decoder
        if self._workers is None or decoder is None:
            return "The service has not started yet."
        return "" if decoder.active else "The processes that read films were ended."

    def recover(self) -> None:
        """Start the processes that read films afresh where they were ended; blocks meanwhile."""
        decoder = self._decoder
        if decoder is not None and not decoder.active:
            _log.warning("the processes that read films were ended; others are started")
            decoder.recover()

    def stop(self) -> None:
        """Say from now on that it is not ready; whoever comes nevertheless is still answered."""
        self._stopping.set()

    def read_again(self) -> bool:
        """Read the model afresh; whether the new one answers from now on."""
        with self._reading:
            try:
                self._served = self._fresh()
            except CnnLabError as exc:
                self.metrics.reloads.labels("refused").inc()
                answers = self._served.model.sha256[:12]
                _log.error("the model was not read again: %s %s", exc.message, exc.hint)
                _log.error("model %s goes on answering", answers)
                return False
            sha256 = self._served.model.sha256
            self.metrics.served(sha256)
            self.metrics.reloads.labels("read").inc()
            _log.info("model %s answers from now on", sha256[:12])
            return True

    def submit(self, served: Served, payload: bytes, asked: Asked) -> "Future[Answer]":
        """Begin, or queue, the answer to a film whose place is held; the place goes with its end.

        Raises:
            RuntimeError: the service does not run.
        """
        if self._workers is None:
            raise RuntimeError("the service does not run")
        future = self._workers.submit(self._answer, served, payload, asked)
        future.add_done_callback(lambda _: self.places.give_back())
        return future

    def _answer(self, served: Served, payload: bytes, asked: Asked) -> Answer:
        if self._decoder is None:
            raise RuntimeError("the service does not run")
        began = time.perf_counter()
        try:
            tried = predict(
                served.model,
                payload,
                decoder=self._decoder,
                asked=asked,
                channel="http",
                log=self.log,
            )
        finally:
            self.places.worked(time.perf_counter() - began)
        said = tried.prediction
        self.metrics.predictions.labels(said.decision).inc()
        self.metrics.prediction_seconds.observe(said.seconds)
        self.metrics.unlogged.inc(bool(tried.unlogged))
        return Answer(
            body=film_reply(tried, served),
            decision=said.decision,
            seconds=said.seconds,
        )

    def _fresh(self) -> Served:
        model = self._read()
        shares = assumed_prevalences(model.classes, model.prior, self.config.prevalences)
        return Served(model=model, prevalences=shares)

    def _warm_up(self, decoder: FilmDecoder) -> None:
        """Let every decoder read a film, and the model see one, before anybody waits for it.

        Raises:
            CnnLabError: films cannot be read here, or the model not asked.
        """
        film = noise_film()
        begun = [decoder.run(decode_for_triage, film) for _ in range(self.config.decoders)]
        for outcome in begun:
            outcome.result()
        predict(self._served.model, film, decoder=decoder, asked=EVERYTHING, channel="http")

    @contextlib.contextmanager
    def running(self) -> Iterator["Service"]:
        """Have threads and decoders; all that was begun is answered before they go."""
        config = self.config
        with (
            film_decoder(config.decoders, min(_DECODE_SECONDS, config.seconds)) as decoder,
            ThreadPoolExecutor(config.workers, thread_name_prefix="cnn-lab-film") as workers,
        ):
            self._decoder = decoder
            self._warm_up(decoder)
            self._workers = workers
            try:
                yield self
            finally:
                self.stop()
                workers.shutdown(wait=True)
                self._workers = self._decoder = None


def noise_film() -> bytes:
    """Return a small PNG of noise: a film that is read, seen by the network and then refused."""
    noise = np.random.default_rng(0).integers(0, 256, (256, 256), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(noise).save(file, "PNG")
    return file.getvalue()


def film_reply(tried: TriedFilm, served: Served) -> dict[str, object]:
    """Return the reply to a film: the terminal's, with the heat map's picture where it was made."""
    body = plain(tried.prediction, served.model.result, served.prevalences)
    heat = tried.prediction.heat
    if heat is not None and isinstance(body["heat"], dict):
        file = io.BytesIO()
        Image.fromarray((255 * heat.heat).round().astype("uint8")).save(file, "PNG")
        body["heat"] = {**body["heat"], "png": base64.b64encode(file.getvalue()).decode()}
    return body


def model_reply(served: Served) -> dict[str, object]:
    """Return what there is to say of a model."""
    model = served.model
    return {
        "model": model.sha256,
        "title": model.title,
        "synthetic": model.synthetic,
        "network": model.row.title,
        "classes": list(model.classes),
        "prior": dict(zip(model.classes, model.prior, strict=True)),
        "prevalences": dict(served.prevalences),
        "parity": model.parity,
        "statement": STATEMENT,
        "under_every_result": list(under_every_result(model.result)),
    }
