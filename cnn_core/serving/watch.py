"""Around every request: an id of its own, what it came to, and headers that every reply carries.

The access log says when, what kind of request, its status and how long it took: no address, no path
that a caller chose, no query, no name of a file. What is outside the error tree is logged by its
lines of code alone, since its message might repeat what was sent. Pure ASGI.
"""

import asyncio
import logging
import secrets
import time
import traceback

from starlette.datastructures import Headers, MutableHeaders
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

_FORGET_SECONDS = 10.0
_REFUSED = 400

_log = logging.getLogger(__name__)


class _Body:
    """The body of a request, which may be refused before all of it was read.

    Whoever is answered while still sending may see a broken connection in the place of the answer.
    """

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self._receive = receive
        headers = Headers(scope=scope)
        asks_first = headers.get("expect", "").lower() == "100-continue"
        sends = "content-length" in headers or "transfer-encoding" in headers
        self._comes = sends and not asks_first

    async def receive(self) -> Message:
        """Pass the server's next message on."""
        message = await self._receive()
        self._comes = message["type"] == "http.request" and message.get("more_body", False)
        return message

    async def forget(self, most: int) -> None:
        """Read what still comes, for some seconds and at most so many bytes, and forget it."""
        try:
            async with asyncio.timeout(_FORGET_SECONDS):
                while self._comes and most >= 0:
                    most -= len((await self.receive()).get("body", b""))
        except TimeoutError:
            return


class Watched:
    """An application whose requests are watched.

    Args:
        app: that answers them.
        metrics: where they are counted.
        paths: that there are; others are counted as "other".
        forgets: bytes of a refused body that are still read.
    """

    def __init__(
        self, app: ASGIApp, metrics: Metrics, paths: frozenset[str], *, forgets: int
    ) -> None:
        self._app, self._metrics, self._paths = app, metrics, paths
        self._forgets = forgets

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or pass a message of the server's on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, request_id, status = time.perf_counter(), secrets.token_hex(16), 0
        body = _Body(scope, receive)
        scope.setdefault("state", {})["request_id"] = request_id

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                if status >= _REFUSED:
                    await body.forget(self._forgets)
                headers = MutableHeaders(scope=message)
                headers["X-Request-ID"] = request_id
                for name, value in _HEADERS.items():
                    headers[name] = value
            await send(message)

        try:
            await self._app(scope, body.receive, answer)
        except Exception as exc:  # noqa: BLE001 - the boundary of the service: logged under the id
            note_fault(exc, request_id)
            if not status:
                reply = problem_reply(internal_problem(request_id), request_id)
                await reply(scope, body.receive, answer)
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
