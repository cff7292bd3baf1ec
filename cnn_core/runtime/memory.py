"""Was it the kernel's out-of-memory killer that ended a run?

For each memory group Linux counts the processes that it kills for want of memory (cgroup v2:
`memory.events`; v1: `memory.oom_control`). A worker writes down where its group's count is and how
high it stands; whoever finds the run lost reads it again. Where nothing is counted (other systems,
a group without a count), nothing is claimed.
"""

import contextlib
import json
import re
from pathlib import Path

from cnn_core.runtime.files import write_whole

_NOTE = "memory.json"
_COUNT = re.compile(r"^oom_kill (\d+)$", re.MULTILINE)
_GROUPS = Path("/sys/fs/cgroup")

OUT_OF_MEMORY = "The system ended this run: out of memory."


def _counters() -> list[Path]:
    """Return the files in which kills in this process's group would be counted."""
    found = []
    try:
        lines = Path("/proc/self/cgroup").read_text().splitlines()
    except OSError:
        return []
    for line in lines:
        _, controllers, group = line.split(":", 2)
        place = group.lstrip("/")
        if controllers == "":
            found.append(_GROUPS / place / "memory.events")
        elif "memory" in controllers.split(","):
            found.append(_GROUPS / "memory" / place / "memory.oom_control")
    return found


def _kills(counter: Path) -> int | None:
    try:
        count = _COUNT.search(counter.read_text())
    except OSError:
        return None
    return None if count is None else int(count[1])


def note_kills(folder: Path) -> None:
    """Write down in a run's folder how many kills its process's memory group has seen.

    Raises:
        StorageError: the folder cannot be written.
    """
    for counter in _counters():
        kills = _kills(counter)
        if kills is not None:
            body = {"counter": str(counter), "kills": kills}
            write_whole(folder / _NOTE, json.dumps(body).encode())
            return


def forget_kills(folder: Path) -> None:
    """Remove what `note_kills` wrote: the run has come to an end of its own."""
    with contextlib.suppress(OSError):
        (folder / _NOTE).unlink(missing_ok=True)


def killed_for_memory(folder: Path) -> bool:
    """Whether the kernel has killed for memory in the run's group since `note_kills`."""
    try:
        body = json.loads((folder / _NOTE).read_text())
        now = _kills(Path(body["counter"]))
        return now is not None and now > int(body["kills"])
    except (OSError, ValueError, KeyError, TypeError):
        return False


def why_lost(folder: Path, batch_size: int, otherwise: tuple[str, str]) -> tuple[str, str]:
    """Return the sentence and the advice for a run whose process is gone.

    Args:
        folder: the run's.
        batch_size: the run's; half of it is advised where memory was short.
        otherwise: what to say where nothing speaks for memory.
    """
    if not killed_for_memory(folder):
        return otherwise
    return OUT_OF_MEMORY, f"Try batch size {max(1, batch_size // 2)}."
