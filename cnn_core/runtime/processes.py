"""Other processes: is that one still there, and starting one that outlives us.

A process is known by its id and its start time, so that a stranger who got the same id after a
restart of the machine is never taken for a worker, nor killed.
"""

import os
import subprocess
import sys
from pathlib import Path

import psutil

from cnn_core.errors import StorageError
from cnn_core.runtime.threads import wait_passively
from cnn_core.settings import Settings

_START_TOLERANCE_SECONDS = 1.0
BACKGROUND_NICENESS = 10


def start_time(pid: int) -> float | None:
    """Return when process `pid` started (seconds since 1970), or None if there is none."""
    try:
        return psutil.Process(pid).create_time()
    except psutil.Error:
        return None


def is_alive(pid: int | None, started: float | None) -> bool:
    """Whether the process with this id and start time still runs (a zombie does not).

    >>> is_alive(os.getpid(), start_time(os.getpid()))
    True
    >>> is_alive(os.getpid(), 0.0)
    False
    """
    if pid is None or started is None:
        return False
    try:
        process = psutil.Process(pid)
        same = abs(process.create_time() - started) < _START_TOLERANCE_SECONDS
        return same and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def spawn(arguments: list[str], settings: Settings, log: Path) -> subprocess.Popen[str]:
    """Start `python -m cnn_core ARGUMENTS` in a session of its own, its output going to `log`.

    Standard input is a pipe. The process does not get our signals, and goes on when we end.

    Raises:
        StorageError: the log cannot be written.
    """
    environment = {
        **os.environ,
        "CNN_LAB_DATA": str(settings.data),
        "CNN_LAB_WEIGHTS": str(settings.weights),
        "CNN_LAB_RUNS": str(settings.runs),
        "PYTHONPATH": os.pathsep.join(
            [str(Path(__file__).resolve().parents[2]), os.environ.get("PYTHONPATH", "")]
        ).rstrip(os.pathsep),
    }
    wait_passively(environment)
    try:
        with log.open("a") as output:
            return subprocess.Popen(
                [sys.executable, "-m", "cnn_core", *arguments],
                env=environment,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                text=True,
            )
    except OSError as exc:
        raise StorageError(
            f"A worker could not be started ({exc.strerror}).",
            hint="Check that the folder CNN_LAB_RUNS names can be written.",
        ) from exc


def be_background() -> None:
    """Lower this process's priority, so that the page stays quick while a network trains."""
    if sys.platform == "win32":
        psutil.Process().nice(psutil.BELOW_NORMAL_PRIORITY_CLASS)
    else:
        psutil.Process().nice(BACKGROUND_NICENESS)
