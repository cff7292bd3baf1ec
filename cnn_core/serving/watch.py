"""Around every request: an id of its own, what it came to, and headers that every reply carries.

The access log says when, what kind of request, its status and how long it took: no address, no path
that a caller chose, no query, no name of a file. What is outside the error tree is logged by its
lines of code alone, since its message might repeat what was sent. Pure ASGI.
"""

import logging
import secrets
import time
import traceback

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cnn_core.results.xray_plan import STATEMENT
from cnn_core.serving.metrics import Metrics
from cnn_core.serving.problems import ProblemError, problem_reply

_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Statement": STATEMENT,
}

_log = logging.getLogger(__name__)


class Watched:
    """An application whose requests are watched.

    Args:
        app: that answers them.
        metrics: where they are counted.
        paths: that there are; others are counted as "other".
    """

    def __init__(self, app: ASGIApp, metrics: Metrics, paths: frozenset[str]) -> None:
        self._app, self._metrics, self._paths = app, metrics, paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or pass a message of the server's on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, request_id, status = time.perf_counter(), secrets.token_hex(16), 0
        scope.setdefault("state", {})["request_id"] = request_id

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-ID"] = request_id
                for name, value in _HEADERS.items():
                    headers[name] = value
            await send(message)

        try:
            await self._app(scope, receive, answer)
        except Exception as exc:  # noqa: BLE001 - the boundary of the service: logged under the id
            note_fault(exc, request_id)
            if not status:
                await problem_reply(internal_problem(request_id), request_id)(
                    scope, receive, answer
                )
        finally:
            self._note(scope, request_id, status, time.perf_counter() - began)

    def _note(self, scope: Scope, request_id: str, status: int, seconds: float) -> None:
        path = scope["path"] if scope["path"] in self._paths else "other"
        method = scope["method"] if scope["method"] in _METHODS else "other"
        self._metrics.requests.labels(path, method, str(status)).inc()
        self._metrics.request_seconds.labels(path).observe(seconds)
        _log.info("%s %s %s %d %.0f ms", request_id, method, path, status, 1e3 * seconds)


def note_fault(exc: BaseException, request_id: str) -> None:
    """Log where something went wrong, without its message."""
    lines = "".join(traceback.format_tb(exc.__traceback__))
    _log.error("request %s: %s at\n%s", request_id, type(exc).__name__, lines)


def internal_problem(request_id: str) -> ProblemError:
    """Return what a caller is told of a fault in the service itself."""
    return ProblemError(
        "internal",
        f"Something went wrong in the service itself (id {request_id}).",
        hint="Name the id to whoever runs the service.",
    )
