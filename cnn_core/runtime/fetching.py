"""A download beside the page: `python -m cnn_core fetch` as a process, its progress in a log.

torchvision's download needs torch, and replaces a timeout of the whole process. The download goes
on when the page is closed; two at once are one (`data.mnist.download_mnist` holds a lock, as does
`runtime.weights.fetch`).
"""

import json
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from cnn_core.runtime.processes import spawn
from cnn_core.settings import Settings

LOG = "fetch.log"
WEIGHTS = ("weights", "get")  # the command that downloads a network's weights
_ERROR = re.compile(r"^error: (.*)$", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class FetchState:
    """Where a download stands: bytes so far and in all, and the error it ended with, if it did.

    `what` is being done, where the command says so: then `done` and `total` count steps.
    """

    running: bool
    done: int = 0
    total: int = 0
    error: str = ""
    what: str = ""


class Fetcher:
    """Downloads of one server and one kind, one at a time.

    Args:
        settings: for the homes.
        command: what is run, before the name of what is wanted: ("fetch",) or `WEIGHTS`.
        log: where its output goes; None for a file in the runs home, called as the command.
    """

    def __init__(
        self,
        settings: Settings,
        command: tuple[str, ...] = ("fetch",),
        *,
        log: Path | None = None,
    ) -> None:
        self._settings = settings
        self._command = command
        self._log = log or settings.runs / f"{'-'.join(command)}.log"
        self._process: subprocess.Popen[str] | None = None

    def start(self, source: str) -> None:
        """Start downloading `source`, unless a download is under way.

        Raises:
            StorageError: the log cannot be written.
        """
        if self.state().running:
            return
        self._settings.runs.mkdir(parents=True, exist_ok=True)
        self._log.unlink(missing_ok=True)
        command = [*self._command, source, "--progress"]
        self._process = spawn(command, self._settings, self._log)

    def state(self) -> FetchState:
        """Return where the download stands."""
        if self._process is None:
            return FetchState(running=False)
        code = self._process.poll()
        text = self._log.read_text(errors="replace") if self._log.exists() else ""
        done, total, what = _last_progress(text)
        if code is None:
            return FetchState(running=True, done=done, total=total, what=what)
        found = _ERROR.findall(text)
        broken = f"`{' '.join(self._command)}` ended unexpectedly."
        error = "" if code == 0 else (found[-1] if found else broken)
        return FetchState(running=False, done=done, total=total, error=error)


def _last_progress(text: str) -> tuple[int, int, str]:
    r"""Return the last progress line's (bytes so far, bytes in all, what is being done).

    >>> _last_progress('{"done": 1, "total": 9}\n{"done": 4, "total": 9}\n')
    (4, 9, '')
    """
    for line in reversed(text.splitlines()):
        if line.startswith("{") and line.endswith("}"):  # the last line may be half written
            body = json.loads(line)
            return int(body["done"]), int(body["total"]), str(body.get("what", ""))
    return 0, 0, ""
