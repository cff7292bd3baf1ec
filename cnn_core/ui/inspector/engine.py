"""The one inspector of a server, and PyTorch, which is loaded when the first page asks for it.

`import torch` takes seconds, and most pages do without: a daemon thread imports it when a page of
the inspector is opened first. The page says so, and goes on as soon as it is there. Importing this
module imports no torch.
"""

import threading
import time
from collections.abc import Callable

import streamlit as st

from cnn_core.errors import CnnLabError
from cnn_core.runtime.inspection import Inspector, load_torch
from cnn_core.settings import Settings

USUAL_SECONDS = 4.0
_LOOK_SECONDS = 0.2

_opened: list[Inspector] = []


class Loading:
    """Something that is being loaded in a thread of its own.

    Attributes:
        done: set when it is loaded, or could not be.
        error: what kept it from being loaded.
    """

    def __init__(self, load: Callable[[], None]) -> None:
        self.done = threading.Event()
        self.error: Exception | None = None
        self._load = load
        self._started = time.monotonic()
        threading.Thread(target=self._run, name="cnn-lab-load-torch", daemon=True).start()

    @property
    def seconds(self) -> float:
        """How long it has been going on."""
        return time.monotonic() - self._started

    def _run(self) -> None:
        try:
            self._load()
        except (ImportError, OSError, RuntimeError) as exc:
            self.error = exc
        finally:
            self.done.set()


@st.cache_resource(show_spinner=False)
def _torch() -> Loading:
    return Loading(load_torch)


def wait_for_torch() -> None:
    """Return when PyTorch is loaded; meanwhile a line on the page says so.

    Whoever clicks meanwhile is answered at once: drawing the line ends a script that is outdated.

    Raises:
        CnnLabError: it cannot be loaded.
    """
    loading = _torch()
    place = st.empty()
    while not loading.done.wait(_LOOK_SECONDS):
        place.progress(
            min(loading.seconds / USUAL_SECONDS, 1.0),
            f"Loading PyTorch: {loading.seconds:.0f} s, usually {USUAL_SECONDS:.0f} s, once after "
            "the server's start",
        )
    place.empty()
    if loading.error is not None:
        _torch.clear()
        raise CnnLabError(
            f"PyTorch cannot be loaded: {loading.error}.",
            hint="Install what requirements.txt names, then open the page again.",
        ) from loading.error


@st.cache_resource(show_spinner=False, hash_funcs={Settings: repr})
def _open(settings: Settings) -> Inspector:
    opened = Inspector(settings)
    _opened.append(opened)
    return opened


def inspector() -> Inspector:
    """Return this server's inspector for the homes that the environment names."""
    return _open(Settings.from_environment())


def free_for_training(device_id: str) -> None:
    """Let go of networks in memory where a training run on the device needs the room.

    Args:
        device_id: torch's name ("cuda:0", "cpu"); see `Inspector.free_for_training`.
    """
    for opened in _opened:
        opened.free_for_training(device_id)
