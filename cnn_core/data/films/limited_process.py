"""The processes that read files nobody vouches for: where they come from, and their limits."""

import math
import multiprocessing
import multiprocessing.connection
import multiprocessing.context
import multiprocessing.spawn
import os
import sys
import threading
import time
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from typing import Any, TypeVar

import psutil

_T = TypeVar("_T")
# What taking films in needs, imported once for all processes; scipy.fftpack is the hashes'.
_PRELOADED = ("cnn_core.data.films.taking", "scipy.fftpack")
_preparing = threading.Lock()


def begin(megabytes: int) -> None:
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


def within_time(
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


def clean_context() -> multiprocessing.context.BaseContext:
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
