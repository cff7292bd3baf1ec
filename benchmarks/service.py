"""`python -m cnn_core serve` on loopback: a steady trickle of large films, then a rush of callers.

The service runs with the settings of its image, in a process of its own, with the demonstration
model. Two films of 2,000 x 2,000 pixels a second for a minute, sent at fixed times whether or not
the last one was answered, beside the same films one after the other. Then sixteen callers at once
until 1,000 films are answered, beside one caller: every reply is 200 or 429, every 200 says what
the single answer said, and the memory of service and decoders stays what it was.
"""

import contextlib
import itertools
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import psutil

from benchmarks.browser import NotMeasuredError
from benchmarks.machine import ROOT
from benchmarks.rows import Bar, Row, compare
from benchmarks.triage import films
from cnn_core.runtime.triage_models import DEMONSTRATION, make_ready
from cnn_core.settings import Settings

REPEATS = 120
RATE = 2.0
CALLERS = 16
_START_SECONDS = 120.0
_SAME = 1e-6
_MEMORY_SAMPLES = 5
_PARTS = 20
_To = tuple[httpx.Client, str]


def measure(
    *, repeats: int = REPEATS, side: int = 2_000, rush: int = 1_000, rush_side: int = 512
) -> list[Row]:
    """Return latencies, films a second, and memory.

    Args:
        repeats: films of the trickle.
        side: their width and height in pixels.
        rush: films that are answered to many callers.
        rush_side: their width and height.
    """
    model = make_ready(Settings.from_environment(), DEMONSTRATION)
    # One client for all: making one takes longer than a small film.
    with _served(model) as (address, process), httpx.Client(timeout=60) as client:
        to = (client, address)
        large = list(itertools.islice(films(side), 8))
        few = max(3, repeats // 3)
        alone = [_timed(to, large[n % len(large)]) for n in range(few)]
        trickle = _trickle(to, large, repeats)
        small = list(itertools.islice(films(rush_side), 8))
        single, told = _one_caller(to, small, few)
        _rush(to, small, told, max(CALLERS, rush // 10))
        before = _memory(process)
        refused, rates = _rush(to, small, told, rush)
        after = _memory(process)
    kind = f"PNG of {side:,} x {side:,} pixels, {RATE:g} a second, the decision alone"
    rows = [
        compare(
            f"{'median' if percentile == 50 else f'{percentile}th percentile'}, {kind}",
            unit="ms",
            samples=trickle,
            baseline=alone,
            percentile=percentile,
            bar=Bar(of="value", at_most=500) if percentile == 95 else None,
        )
        for percentile in (50, 95, 99)
    ]
    share = refused / (refused + rush)
    return [
        *rows,
        compare(
            f"films of {rush_side} x {rush_side} pixels a second to {CALLERS} callers at once, in "
            f"{len(rates)} parts of the rush one after the other, "
            f"{100 * share:.0f} % of the requests sent away with 429, no other status, no answer "
            f"more than {_SAME:g} from the single one",
            unit="films/s",
            samples=rates,
            baseline=[1e3 / value for value in single],
        ),
        compare(
            f"memory of service and decoders after {rush:,} answered films",
            unit="MB",
            samples=after,
            baseline=before,
            bar=Bar(of="ratio", at_most=1.05),
        ),
    ]


@contextlib.contextmanager
def _served(model: Path) -> Iterator[tuple[str, psutil.Process]]:
    """Run the service on a free port; yield its address and its process."""
    command = [sys.executable, "-m", "cnn_core", "serve", "--model", str(model), "--port", "0"]
    with tempfile.TemporaryDirectory() as home, (Path(home) / "said").open("w+") as said:
        environment = {**os.environ, "CNN_LAB_TRIAGE": home, "OMP_NUM_THREADS": "1"}
        environment.pop("CNN_LAB_API_KEY", None)
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=said)
        try:
            yield _address(process, Path(said.name)), psutil.Process(process.pid)
        finally:
            process.terminate()
            process.wait()


def _address(process: "subprocess.Popen[bytes]", said: Path) -> str:
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        if found := re.search(r"serving on (\S+),", said.read_text()):
            return f"{found.group(1)}/v1/predict"
        time.sleep(0.1)
    raise NotMeasuredError("The service did not start.")


def _reply(to: _To, film: bytes) -> httpx.Response:
    client, address = to
    return client.post(address, files={"file": ("film.png", film)})


def _timed(to: _To, film: bytes, begun: float | None = None) -> float:
    """Return the milliseconds until a film was answered, from when it should have been sent.

    One that is sent away comes again after the seconds that it is told.
    """
    begun = time.perf_counter() if begun is None else begun
    while True:
        reply = _reply(to, film)
        if reply.status_code == 200:
            return 1e3 * (time.perf_counter() - begun)
        if reply.status_code != 429:
            raise NotMeasuredError(f"A film was answered with status {reply.status_code}.")
        time.sleep(float(reply.headers["retry-after"]))


def _trickle(to: _To, large: list[bytes], count: int) -> list[float]:
    """Send films at fixed times; return the milliseconds of each."""
    first = time.perf_counter() + 0.5

    def at_its_time(number: int) -> float:
        due = first + number / RATE
        time.sleep(max(0.0, due - time.perf_counter()))
        return _timed(to, large[number % len(large)], due)

    with ThreadPoolExecutor(32) as callers:
        return list(callers.map(at_its_time, range(count)))


def _one_caller(
    to: _To, small: list[bytes], count: int
) -> tuple[list[float], list[dict[str, object]]]:
    """Return milliseconds of films one after the other, and what is said of each of `small`."""
    told = []
    for film in small:
        told.append(_figures(_reply(to, film).json()))
    return [_timed(to, small[n % len(small)]) for n in range(count)], told


def _figures(body: dict[str, object]) -> dict[str, object]:
    return {name: body[name] for name in ("decision", "score", "gate_distance", "set")}


def _rush(
    to: _To, small: list[bytes], told: list[dict[str, object]], count: int
) -> tuple[int, list[float]]:
    """Let all callers ask until `count` films were answered.

    Returns:
        How many were sent away, and films a second in each part of the rush.

    Raises:
        NotMeasuredError: another status, or another answer than the single one.
    """
    lock, left, refused = threading.Lock(), [count], [0]
    answered = [time.perf_counter()]

    def call(number: int) -> None:
        for which in itertools.cycle(range(number, number + len(small))):
            film = which % len(small)
            with lock:
                if left[0] <= 0:
                    return
                left[0] -= 1
            while (reply := _reply(to, small[film])).status_code == 429:
                with lock:
                    refused[0] += 1
                time.sleep(0.2)  # sooner than Retry-After says: a rush
            if reply.status_code != 200:
                raise NotMeasuredError(f"A film was answered with {reply.status_code}.")
            with lock:
                answered.append(time.perf_counter())
            _validate_same(_figures(reply.json()), told[film])

    with ThreadPoolExecutor(CALLERS) as callers:
        list(callers.map(call, range(CALLERS)))
    return refused[0], _rates(answered)


def _rates(answered: list[float]) -> list[float]:
    """Return films a second in up to `_PARTS` parts of equal many films, one after the other.

    Args:
        answered: when it began, and then when each film was answered, in seconds, in this order.
    """
    films = max(1, (len(answered) - 1) // _PARTS)
    ends = answered[::films]
    return [films / (end - begin) for begin, end in itertools.pairwise(ends)]


def _validate_same(said: dict[str, object], told: dict[str, object]) -> None:
    for name, value in told.items():
        close = isinstance(value, float) and isinstance(said[name], float)
        if not (abs(said[name] - value) <= _SAME if close else said[name] == value):  # type: ignore[operator]
            raise NotMeasuredError(f"{name} was {said[name]} among others, and {value} alone.")


def _memory(process: psutil.Process) -> list[float]:
    """Return the resident MB of the service and its children, some times within a second."""
    readings = []
    for _ in range(_MEMORY_SAMPLES):
        family = [process, *process.children(recursive=True)]
        readings.append(sum(member.memory_info().rss for member in family) / 1e6)
        time.sleep(0.2)
    return readings
