"""From settings to a service that listens, and what signals do to it.

SIGTERM, Ctrl-C   not ready from now on; after `drain` seconds it no longer listens, what was
                  accepted is answered, then it ends with exit code 0
the same again    it ends at once
SIGHUP            the model's folder is read afresh; one that cannot be read changes nothing
"""

import logging
import signal
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import uvicorn

from cnn_core.errors import ConfigError
from cnn_core.runtime.log_retention import keep_retention
from cnn_core.runtime.prediction_log import open_log
from cnn_core.runtime.triage_model import TriageModel, read_model
from cnn_core.serving.app import create_app
from cnn_core.serving.config import ServiceConfig
from cnn_core.serving.service import Service
from cnn_core.settings import Settings

_KEEP_ALIVE_SECONDS = 75  # longer than proxies keep idle connections, so that they close first
_BACKLOG = 128

_log = logging.getLogger(__name__)


def run_service(settings: Settings, config: ServiceConfig, model: str = "") -> int:
    """Serve until asked to end.

    Args:
        settings: for homes, log and key.
        config: how it answers.
        model: folder or id of the triage model; "": what the settings say.

    Returns:
        The exit code: 0.

    Raises:
        CnnLabError: the model cannot be read, or the port is taken.
    """
    logging.getLogger("cnn_core.serving").setLevel(logging.INFO)
    service = Service(config, model_reader(settings, model), open_log(settings))
    listener = _listener(config)
    keep_retention(settings)
    host, port = listener.getsockname()[:2]
    _Server(service, listener).run_until_asked()
    _log.info("the service on %s port %d has ended", host, port)
    return 0


def model_reader(settings: Settings, model: str) -> Callable[[], TriageModel]:
    """Return what reads the model afresh; a folder is looked up at every call, a link followed.

    Raises:
        CnnLabError: a model that has to be made ready first cannot be.
    """
    folder = Path(model).expanduser() if model else settings.triage_model
    if folder is None or (model and not folder.is_dir() and folder.name == model):
        from cnn_core.runtime.triage_models import DEMONSTRATION, make_ready

        folder = make_ready(
            settings, model or DEMONSTRATION, lambda done, total, what: _log.info("%s", what)
        )
    there = folder

    def read() -> TriageModel:
        return read_model(there.resolve())

    return read


def _listener(config: ServiceConfig) -> socket.socket:
    family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
    try:
        return socket.create_server(
            (config.host, config.port), family=family, backlog=_BACKLOG, reuse_port=False
        )
    except OSError as exc:
        raise ConfigError(
            f"The service cannot listen on {config.host} port {config.port} ({exc.strerror}).",
            hint="Choose another address or port with --host and --port.",
        ) from exc


class _Server(uvicorn.Server):
    """uvicorn's server with our signals."""

    def __init__(self, service: Service, listener: socket.socket) -> None:
        super().__init__(
            uvicorn.Config(
                create_app(service),
                log_config=None,
                access_log=False,
                server_header=False,
                ws="none",
                timeout_keep_alive=_KEEP_ALIVE_SECONDS,
                timeout_graceful_shutdown=round(2 * service.config.seconds) + 1,
            )
        )
        self._service, self._listener = service, listener
        self._ends_at: float | None = None

    def run_until_asked(self) -> None:
        """Serve; `SIGHUP` is ours, the others are taken by uvicorn, which asks `handle_exit`."""
        if hasattr(signal, "SIGHUP"):
            signal.signal(signal.SIGHUP, self._read_again)
        self.run(sockets=[self._listener])

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to end; asked once more, do not wait for answers."""
        if self._ends_at is not None:
            self.should_exit = self.force_exit = True
            return
        self._service.stop()
        self._ends_at = time.monotonic() + self._service.config.drain

    def _read_again(self, sig: int, frame: FrameType | None) -> None:
        threading.Thread(target=self._service.read_again, name="cnn-lab-model").start()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and say where."""
        await super().startup(sockets)
        host, port = self._listener.getsockname()[:2]
        shown = f"[{host}]" if ":" in host else host
        _log.info("serving on http://%s:%d, described at /docs", shown, port)

    async def on_tick(self, counter: int) -> bool:
        """Look ten times a second whether it is time to end."""
        if self._ends_at is not None and time.monotonic() >= self._ends_at:
            self.should_exit = True
        return await super().on_tick(counter)
