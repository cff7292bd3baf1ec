"""Work on files that nobody vouches for, in processes of their own with hard limits.

A process that takes more memory or processor time than it may, hangs or dies takes one file with
it: that file gets a sentence, another process takes the place, and the rest goes on. The processes
come from a clean server process (forkserver; spawn where there is none), so nothing of the app's
threads or of its main script gets into them, and they end with the process that asked for them.
"""

import contextlib
import math
import multiprocessing
import multiprocessing.connection
import multiprocessing.context
import multiprocessing.spawn
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from multiprocessing.process import BaseProcess
from typing import Any, Generic, ParamSpec, TypeVar

import psutil

from cnn_core.data.films.decoding import DecodedFilm, decode_film
from cnn_core.errors import PictureError

WORKERS = 2
SECONDS = 20.0
MEGABYTES = 2048

_P = ParamSpec("_P")
_T = TypeVar("_T")
_HINT = "Save the film afresh, smaller or as PNG, and try again."
# What taking films in needs, imported once for all processes; scipy.fftpack is the hashes'.
_PRELOADED = ("cnn_core.data.films.taking", "scipy.fftpack")
_preparing = threading.Lock()


class Outcome(Generic[_T]):
    """What becomes of one piece of work; `result` waits for it."""

    def __init__(self, future: "Future[_T]", seconds: float, megabytes: int) -> None:
        self._future = future
        self._seconds = seconds
        self._megabytes = megabytes

    def result(self) -> _T:
        """Return what the work gave.

        Raises:
            PictureError: it took more memory or time than it may, or ended its process.
        """
        from pebble import ProcessExpired

        try:
            return self._future.result()
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

    def _too_long(self) -> PictureError:
        return PictureError(
            f"Reading the file took more than the {self._seconds:g} seconds that it may take.",
            hint=_HINT,
        )


def _is_out_of_time(exitcode: int) -> bool:
    return hasattr(signal, "SIGXCPU") and exitcode == -signal.SIGXCPU


class FilmDecoder:
    """Processes that decode films; `film_decoder` makes and ends them. Safe for many threads."""

    def __init__(self, pool: Any, seconds: float, megabytes: int) -> None:  # noqa: ANN401 (pebble)
        self._pool = pool
        self._seconds = seconds
        self._megabytes = megabytes

    def run(
        self, function: Callable[_P, _T], /, *arguments: _P.args, **named: _P.kwargs
    ) -> Outcome[_T]:
        """Begin `function`, which must be importable, and return what will come of it."""
        future = self._pool.schedule(
            _within_time, args=(self._seconds, function, arguments, named), timeout=self._seconds
        )
        return Outcome(future, self._seconds, self._megabytes)

    def decode(self, payload: bytes, *, salt: bytes = b"") -> DecodedFilm:
        """Return the film in `payload`, as `decode_film` does, within the limits.

        Raises:
            PictureError: it cannot be read, or breaks a limit.
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

    pool: Any = ProcessPool(
        max_workers=workers,
        initializer=_begin,
        initargs=(megabytes,),
        context=_context(),
    )
    try:
        yield FilmDecoder(pool, seconds, megabytes)
    finally:
        pool.stop()
        pool.join()


def _begin(megabytes: int) -> None:
    """Set the limits of this process, and let it end with the one that asked for it."""
    threading.Thread(target=_end_with_parent, name="parent-watch", daemon=True).start()
    if sys.platform == "linux":
        import resource

        limit = psutil.Process().memory_info().vms + megabytes * 2**20
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        limit = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _end_with_parent() -> None:
    """Wait for the end of the process that made the pool, however it ended, and end too."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        multiprocessing.connection.wait([parent.sentinel])
        os._exit(1)


def _within_time(
    seconds: float, function: Callable[..., _T], arguments: tuple[Any, ...], named: dict[str, Any]
) -> _T:
    """Call `function` under a limit of processor time that begins now."""
    if sys.platform != "win32":
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_CPU)
        limit = math.ceil(time.process_time() + seconds) + 1
        limit = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        resource.setrlimit(resource.RLIMIT_CPU, (limit, hard))
    return function(*arguments, **named)


def _context() -> multiprocessing.context.BaseContext:
    """Where the processes come from, without the main script of this one."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = _ServerContext()
    context.set_forkserver_preload([*_PRELOADED])
    return context


if sys.platform != "win32":
    from multiprocessing.popen_forkserver import Popen

    class _Process(multiprocessing.context.ForkServerProcess):
        """A process that does not import the main script.

        Under Streamlit that script is a page: it would be drawn once more.
        """

        @staticmethod
        def _Popen(process_obj: BaseProcess) -> Any:  # noqa: ANN401, N802 (multiprocessing's)
            with _preparing:
                prepared = multiprocessing.spawn.get_preparation_data

                def without_main(name: str) -> dict[str, Any]:
                    data = prepared(name)
                    data.pop("init_main_from_name", None)
                    data.pop("init_main_from_path", None)
                    return data

                multiprocessing.spawn.get_preparation_data = without_main
                try:
                    return Popen(process_obj)
                finally:
                    multiprocessing.spawn.get_preparation_data = prepared

    class _ServerContext(multiprocessing.context.ForkServerContext):
        Process = _Process
