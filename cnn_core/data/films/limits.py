"""Work on files that nobody vouches for, in processes of their own with hard limits.

A process that takes more memory or processor time than it may, hangs or dies takes one file with
it: that file gets a sentence, another process takes the place, and the rest goes on. Where all of
them were ended from outside (memory ran out), others are started with the next file. The processes
come from a clean server process (forkserver; spawn where there is none), so nothing of the app's
threads or of its main script gets into them, and they end with the process that asked for them.
"""

import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from concurrent.futures.process import BrokenProcessPool
from typing import Any, Generic, ParamSpec, TypeVar

from cnn_core.data.films.decoding import DecodedFilm, decode_film
from cnn_core.data.films.limited_process import begin, clean_context, within_time
from cnn_core.errors import CnnLabError, PictureError

WORKERS = 2
SECONDS = 20.0
MEGABYTES = 2048

_P = ParamSpec("_P")
_T = TypeVar("_T")
_HINT = "Save the film afresh, smaller or as PNG, and try again."
_LOOK_SECONDS = 0.5  # how often is looked whether the processes that a film waits for are there


class Outcome(Generic[_T]):
    """What becomes of one piece of work; `result` waits for it."""

    def __init__(
        self, begin: "Callable[[], tuple[Future[_T], Any]]", decoder: "FilmDecoder"
    ) -> None:
        self._begin = begin
        self._future, self._pool = begin()
        self._seconds = decoder.seconds
        self._megabytes = decoder.megabytes

    def result(self) -> _T:
        """Return what the work gave; begun once more where all processes were ended meanwhile.

        Raises:
            PictureError: it took more memory or time than it may, or ended its process.
            CnnLabError: the processes were ended, and there are no others.
        """
        from pebble import ProcessExpired

        try:
            try:
                return self._waited()
            except BrokenProcessPool:
                self._future, self._pool = self._begin()
                return self._waited()
        except BrokenProcessPool as exc:
            raise _none_left() from exc
        except MemoryError as exc:
            raise PictureError(
                f"Reading the file took more than the {self._megabytes:,} MB of memory that it "
                "may take.",
                hint=_HINT,
            ) from exc
        except FutureTimeoutError as exc:
            raise self._too_long() from exc
        except ProcessExpired as exc:
            if _is_out_of_time(exc.exitcode):
                raise self._too_long() from exc
            raise PictureError(
                "Reading the file ended the process that read it: "
                "it is damaged, or made to do harm.",
                hint=_HINT,
            ) from exc
        except CancelledError as exc:
            raise PictureError("Reading the file was stopped.", hint="Start again.") from exc

    def _waited(self) -> _T:
        """Wait as long as there is anything to wait for: work of a broken pool may never end."""
        while True:
            try:
                return self._future.result(timeout=_LOOK_SECONDS)
            except FutureTimeoutError:
                if self._future.done():
                    raise
                if not self._pool.active and not self._future.done():
                    raise BrokenProcessPool("the processes are gone") from None

    def _too_long(self) -> PictureError:
        return PictureError(
            f"Reading the file took more than the {self._seconds:g} seconds that it may take.",
            hint=_HINT,
        )


def _is_out_of_time(exitcode: int) -> bool:
    return hasattr(signal, "SIGXCPU") and exitcode == -signal.SIGXCPU


def _none_left() -> CnnLabError:
    return CnnLabError(
        "The processes that read films were ended, and no others could be started.",
        hint="Memory may have run out: close other programs and try again.",
    )


class FilmDecoder:
    """Processes that decode films; `film_decoder` makes and ends them. Safe for many threads."""

    def __init__(self, start: Callable[[], Any], seconds: float, megabytes: int) -> None:
        self.seconds = seconds
        self.megabytes = megabytes
        self._start = start
        self._changing = threading.Lock()
        self._closed = False
        self._pool = start()

    def run(
        self, function: Callable[_P, _T], /, *arguments: _P.args, **named: _P.kwargs
    ) -> Outcome[_T]:
        """Begin `function`, which must be importable, and return what will come of it.

        Raises:
            CnnLabError: the processes were ended, and no others could be started.
        """

        def begin() -> "tuple[Future[_T], Any]":
            pool = self._usable()
            try:
                future: Future[_T] = pool.schedule(
                    within_time,
                    args=(self.seconds, function, arguments, named),
                    timeout=self.seconds,
                )
            except (RuntimeError, OSError) as exc:  # it broke, or closed, in this moment
                raise _none_left() from exc
            return future, pool

        return Outcome(begin, self)

    @property
    def active(self) -> bool:
        """Whether there are processes that read films."""
        try:
            return bool(self._pool.active)
        except (RuntimeError, OSError):  # they cannot be started
            return False

    def recover(self) -> bool:
        """Start processes afresh where they were ended; whether films can be read now."""
        try:
            self.run(os.getpid).result()
        except CnnLabError:
            return False
        return True

    def close(self) -> None:
        """End the processes for good."""
        with self._changing:
            self._closed = True
            _end(self._pool)

    def _usable(self) -> Any:  # noqa: ANN401 (pebble)
        """Return the processes, started afresh where they were ended; by one thread alone."""
        with self._changing:
            if not self.active and not self._closed:
                _end(self._pool)
                self._pool = self._start()
            return self._pool

    def decode(self, payload: bytes, *, salt: bytes = b"") -> DecodedFilm:
        """Return the film in `payload`, as `decode_film` does, within the limits.

        Raises:
            PictureError: it cannot be read, or breaks a limit.
            CnnLabError: there is nothing to read it with.
        """
        return self.run(decode_film, payload, salt=salt).result()


@contextlib.contextmanager
def film_decoder(
    workers: int = WORKERS, seconds: float = SECONDS, megabytes: int = MEGABYTES
) -> Iterator[FilmDecoder]:
    """Give processes that decode films; they are gone when this ends.

    Args:
        workers: how many, each with one file at a time.
        seconds: that one file may take, of processor time and by the clock.
        megabytes: of memory (2**20 bytes of address space) that each may take on top of what it has
            when it starts. Limited on Linux alone; elsewhere the clock is what holds.
    """
    from pebble import ProcessPool

    def start() -> Any:  # noqa: ANN401 (pebble)
        return ProcessPool(
            max_workers=workers,
            initializer=begin,
            initargs=(megabytes,),
            context=clean_context(),
        )

    decoder = FilmDecoder(start, seconds, megabytes)
    try:
        yield decoder
    finally:
        decoder.close()


def _end(pool: Any) -> None:  # noqa: ANN401 (pebble)
    """End the processes of a pool, whatever is left of it."""
    pool.stop()
    with contextlib.suppress(RuntimeError, OSError):
        pool.join()
