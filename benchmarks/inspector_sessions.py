"""Ten sessions that inspect at once: how long each waits, and that each sees its own picture.

Each session uploads a photo of 12 megapixels of its own and takes the maps of AlexNet's first two
convolutions, all beginning at the same moment; then one of them does so alone. One inspector serves
them, as on the server. What a session got is afterwards held against what another inspector finds
in its photo alone.
"""

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from benchmarks.alternating import take_turns
from benchmarks.inspector import NEXT, Session, photos
from benchmarks.rows import Bar, Row, compare
from cnn_core.data.samples import sample_names
from cnn_core.runtime.inspection import Inspector, load_torch
from cnn_core.settings import Settings

REPEATS, SESSIONS = 4, 10
BAR = Bar(of="value", at_most=3_000)


def measure(
    *, repeats: int = REPEATS, sessions: int = SESSIONS, size: tuple[int, int] = (4_000, 3_000)
) -> list[Row]:
    """Return a row: the 95th percentile of a session's wait, ten at once against one."""
    load_torch()
    settings = Settings.from_environment()
    inspector, judge = Inspector(settings), Session(Inspector(settings))
    names = sample_names()
    sources = [photos(size, names[index % len(names)]) for index in range(sessions)]
    _inspect(Session(inspector), next(sources[0]))
    judge.upload(next(sources[0]))
    waits: dict[int, list[float]] = {1: [], sessions: []}

    def together(count: int) -> float:
        uploads = [next(source) for source in sources[:count]]
        gate = threading.Barrier(count)

        def visit(photo: bytes) -> tuple[float, Sequence[bytes]]:
            session = Session(inspector)
            gate.wait()
            begun = time.perf_counter()
            painted = _inspect(session, photo)
            return 1e3 * (time.perf_counter() - begun), painted

        with ThreadPoolExecutor(count) as pool:
            done = list(pool.map(visit, uploads))
        for photo, (wait, painted) in zip(uploads, done, strict=True):
            waits[count].append(wait)
            if painted != _inspect(judge, photo):
                raise RuntimeError("a session was shown what is not in its picture")
        return max(waits[count][-count:])

    take_turns(together, [sessions, 1], repeats)
    return [
        compare(
            f"{sessions} sessions at once: upload and two layers of AlexNet "
            f"({judge.weights}), server, 95th percentile",
            unit="ms",
            samples=waits[sessions],
            baseline=waits[1],
            percentile=95,
            bar=BAR,
        )
    ]


def _inspect(session: Session, photo: bytes) -> Sequence[bytes]:
    """Return the pictures of both layers' maps."""
    return [session.upload(photo), session.layer(NEXT)]
