"""One radiograph of 2,000 x 2,000 pixels, from its bytes to everything that the page says of it.

Ours: `predict` with one thread of ONNX Runtime, the file decoded in a process of its own under
limits, header and gate looked at, the row kept in the prediction log. The plain way: torch with its
own threads, in one process, without a limit, a check or a log (`benchmarks.plain_triage`). Both
warm, by turns, on a film that is another one each time. The gate is held open: a refused film would
be done sooner.
"""

import dataclasses
import functools
import io
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from PIL import Image

from benchmarks.alternating import take_turns
from benchmarks.rows import Bar, Row, compare
from cnn_core.data.films.limits import film_decoder
from cnn_core.data.films.phantom_drawing import drawn_phantom
from cnn_core.results.triage import EVERYTHING, Asked
from cnn_core.runtime.inspection import load_torch
from cnn_core.runtime.predict import predict
from cnn_core.runtime.prediction_log import PredictionLog
from cnn_core.runtime.triage_model import TriageModel
from cnn_core.runtime.triage_models import DEMONSTRATION, make_ready, model_for
from cnn_core.settings import Settings

REPEATS = 15
WHOLE_BAR = Bar(of="value", at_most=700)
ALONE_BAR = Bar(of="value", at_most=350)
_OURS, _PLAIN = "ours", "plain"
_WARM_UP = 3


def measure(*, repeats: int = REPEATS, side: int = 2_000) -> list[Row]:
    """Return the decision alone, and everything; `side` is the film's, in pixels."""
    load_torch()  # before anybody else imports it, so that its threads sleep while they wait
    from benchmarks.plain_triage import PlainTriage

    settings, source = Settings.from_environment(), films(side)
    with TemporaryDirectory() as folder, film_decoder() as decoder:
        model = held_open(settings)
        plain, log = PlainTriage(settings), PredictionLog(Path(folder) / "log")
        ours = functools.partial(predict, model, decoder=decoder, channel="page", log=log)
        asks = {
            (_OURS, False): lambda film: ours(film, asked=Asked()),
            (_OURS, True): lambda film: ours(film, asked=EVERYTHING),
            (_PLAIN, False): plain.decide,
            (_PLAIN, True): plain.everything,
        }

        def milliseconds(which: tuple[str, bool]) -> float:
            film = next(source)
            begun = time.perf_counter()
            asks[which](film)
            return 1e3 * (time.perf_counter() - begun)

        for which in asks:
            for _ in range(_WARM_UP):
                milliseconds(which)
        taken = take_turns(milliseconds, list(asks), repeats)
    kind = f"PNG of {side:,} x {side:,} pixels"
    return [
        compare(
            f"{what}, {kind}",
            unit="ms",
            samples=taken[_OURS, whole],
            baseline=taken[_PLAIN, whole],
            bar=bar,
        )
        for what, whole, bar in (
            ("bytes to decision", False, ALONE_BAR),
            ("bytes to decision, heat map with its test, 8 altered views, 5 nearest films", True,
             WHOLE_BAR),
        )
    ]  # fmt: skip


def held_open(settings: Settings) -> TriageModel:
    """Return the demonstration model with a gate that refuses nothing."""
    make_ready(settings, DEMONSTRATION)
    model = model_for(settings, DEMONSTRATION)
    bias = np.full_like(np.asarray(model.gate.bias), -1e9)
    return dataclasses.replace(model, gate=dataclasses.replace(model.gate, limit=2.0, bias=bias))


def films(side: int) -> Iterator[bytes]:
    """Yield PNGs of a phantom enlarged to `side` pixels, each with other grain."""
    small = Image.fromarray(drawn_phantom((0, 1), 0))
    pixels = np.asarray(small.resize((side, side), Image.Resampling.BICUBIC)).astype(np.int16)
    draw = np.random.default_rng(0)
    while True:
        grain = draw.integers(-3, 4, pixels.shape, dtype=np.int16)
        file = io.BytesIO()
        Image.fromarray(np.clip(pixels + grain, 0, 255).astype(np.uint8)).save(file, "PNG")
        yield file.getvalue()
