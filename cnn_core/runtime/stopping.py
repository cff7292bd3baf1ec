"""A request to stop, from a signal, a heartbeat or a terminal, for a loop that looks now and then.

A plain attribute and no lock: a signal's handler may interrupt anything, and must neither wait for
a lock nor write to the store.
"""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@dataclass
class StopFlag:
    """Whether somebody asked to stop; set once, never taken back."""

    asked: bool = False


@contextmanager
def stop_on_signals(flag: StopFlag, text: str = "") -> Iterator[None]:
    """Let the first Ctrl-C or SIGTERM set `flag` and write `text` to standard error.

    The second one ends the process at once. Outside the main thread, which alone gets signals,
    nothing is changed.
    """

    def handle(number: int, frame: FrameType | None) -> None:
        del frame
        flag.asked = True
        signal.signal(number, signal.SIG_DFL)
        os.write(2, text.encode())

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, handle) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
