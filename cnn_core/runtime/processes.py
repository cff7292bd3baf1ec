"""Other processes: is that one still there, and starting one that outlives us.

A process is known by its id and its start time, so that a stranger who got the same id later is
never taken for a worker. Nothing here kills anybody.
"""

import os
import subprocess
import sys
from pathlib import Path

import psutil

from cnn_core.errors import StorageError
from cnn_core.runtime.threads import wait_passively
from cnn_core.settings import Settings

_START_TOLERANCE_SECONDS = 0.05
BACKGROUND_NICENESS = 19


def start_time(pid: int) -> float | None:
    """Return when process `pid` started, or None if there is none.

    On Linux in seconds since the machine's start, which stay the same when somebody sets the clock;
    elsewhere in seconds since 1970.
    """
    try:
        if sys.platform == "linux":
            return _seconds_after_boot(pid)
        return psutil.Process(pid).create_time()
    except (OSError, psutil.Error):
        return None


def _seconds_after_boot(pid: int) -> float:
    """Return field 22 of /proc/PID/stat (proc(5)): when the process started, in clock ticks."""
    after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(after_name[19]) / os.sysconf("SC_CLK_TCK")


def is_alive(pid: int | None, started: float | None) -> bool:
    """Whether the process with this id and start time still runs (a zombie does not).

    >>> is_alive(os.getpid(), start_time(os.getpid()))
    True
    >>> is_alive(os.getpid(), 0.0)
    False
    """
    if pid is None or started is None:
        return False
    now = start_time(pid)
    if now is None or abs(now - started) > _START_TOLERANCE_SECONDS:
        return False
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


def environment_of(settings: Settings) -> dict[str, str]:
    """Return the environment of a process of ours: it finds the same homes and the same code."""
    environment = {
        **os.environ,
        "CNN_LAB_DATA": str(settings.data),
        "CNN_LAB_WEIGHTS": str(settings.weights),
        "CNN_LAB_RUNS": str(settings.runs),
        "CNN_LAB_PICTURES": str(settings.pictures),
        "CNN_LAB_FEATURES": str(settings.features),
        "CNN_LAB_FEATURES_MB": str(settings.features_bytes // 10**6),
        "PYTHONPATH": os.pathsep.join(
            [str(Path(__file__).resolve().parents[2]), os.environ.get("PYTHONPATH", "")]
        ).rstrip(os.pathsep),
    }
    wait_passively(environment)
    return environment


def spawn(
    arguments: list[str], settings: Settings, log: Path, *, listens: bool = False
) -> subprocess.Popen[str]:
    """Start `python -m cnn_core ARGUMENTS` in a session of its own, its output going to `log`.

    It does not get our signals, and goes on when we end. Standard input is a pipe if it `listens`,
    else it is empty.

    Raises:
        StorageError: the log cannot be written.
    """
    try:
        with log.open("a") as output:
            return subprocess.Popen(
                [sys.executable, "-m", "cnn_core", *arguments],
                env=environment_of(settings),
                stdin=subprocess.PIPE if listens else subprocess.DEVNULL,
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
    """Lower this process's priority, so that the page stays quick while a network trains.

    Niceness shares time out; it does not decide who waits for whom. A click wakes the server and
    the browser some forty times, and each would wait for the end of the training's slice, three
    milliseconds. Under SCHED_IDLE (sched(7)) whoever wakes runs at once.
    """
    if sys.platform == "win32":
        psutil.Process().nice(psutil.BELOW_NORMAL_PRIORITY_CLASS)
        return
    psutil.Process().nice(BACKGROUND_NICENESS)
    if sys.platform == "linux":
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
