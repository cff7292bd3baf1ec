"""How much one session may have uploaded at a time: files and bytes, held by the server.

Streamlit keeps uploads in memory and limits the size of each alone. This ASGI middleware refuses
an upload before its body is read, when the session would then hold more than it may. What a page
has taken in is let go (`let_go`), so the room comes back.
"""

import re
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from streamlit.runtime import exists, get_instance
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx

from cnn_core.settings import Settings

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

_UPLOAD = re.compile(r"/_stcore/upload_file/(?P<session>[^/]+)/(?P<file>[^/]+)/?")
_FRAMING = 2**20  # a multipart body is so much larger than its file, at most

_lock = threading.Lock()
_coming: dict[str, dict[str, int]] = {}  # bytes of uploads under way, by session and file
_refused: Counter[str] = Counter()


class UploadQuota:
    """Refuses, with 413, an upload that is more than its session may hold; else passes it on."""

    def __init__(self, app: "ASGIApp") -> None:
        self._app = app

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Answer one request."""
        found = _UPLOAD.search(scope["path"]) if scope["type"] == "http" else None
        if found is None or scope["method"] != "PUT":
            await self._app(scope, receive, send)
            return
        size = _content_length(scope["headers"])
        if size is None:
            await _refuse(send, 411, b"An upload has to state its size.")
            return
        with admitted(found["session"], found["file"], size, Settings.from_environment()) as room:
            if room:
                await self._app(scope, receive, send)
            else:
                await _refuse(send, 413, b"This session has uploaded as much as it may.")


@contextmanager
def admitted(session: str, file: str, size: int, settings: Settings) -> Iterator[bool]:
    """Yield whether a body of `size` bytes may come; while it comes, it counts.

    Args:
        session: Streamlit's id of the session.
        file: Streamlit's id of the file.
        size: bytes of the body, which frames the file.
        settings: for `upload_files` and `upload_bytes`.
    """
    with _lock:
        coming = _coming.setdefault(session, {})
        kept = {**_held(session), **coming, file: size}
        room = (
            len(kept) <= settings.upload_files
            and sum(kept.values()) <= settings.upload_bytes + _FRAMING
        )
        if room:
            coming[file] = size
        else:
            _refused[session] += 1
    try:
        yield room
    finally:
        with _lock:
            if room:
                coming.pop(file, None)
            if not coming:
                _coming.pop(session, None)


def take_refused() -> int:
    """Return how many uploads of this session were refused since the last call."""
    context = get_script_run_ctx()
    with _lock:
        return _refused.pop(context.session_id, 0) if context else 0


def let_go(*file_ids: str) -> None:
    """Take uploads out of the server's memory; the browser's list keeps showing their names."""
    context = get_script_run_ctx()
    if context and isinstance(context.uploaded_file_mgr, MemoryUploadedFileManager):
        for file_id in file_ids:
            context.uploaded_file_mgr.remove_file(context.session_id, file_id)


def _held(session: str) -> dict[str, int]:
    """Return the size of each file that the server holds for a session, by its id."""
    manager = get_instance().uploaded_file_mgr if exists() else None
    if not isinstance(manager, MemoryUploadedFileManager):
        return {}
    return {
        name: len(file.data) for name, file in list(manager.file_storage.get(session, {}).items())
    }


def _content_length(headers: Sequence[tuple[bytes, bytes]]) -> int | None:
    values = [value for name, value in headers if name.lower() == b"content-length"]
    return int(values[0]) if len(values) == 1 and values[0].isdigit() else None


async def _refuse(send: "Send", status: int, reason: bytes) -> None:
    start: dict[str, Any] = {
        "type": "http.response.start",
        "status": status,
        "headers": [(b"content-type", b"text/plain"), (b"connection", b"close")],
    }
    await send(start)
    await send({"type": "http.response.body", "body": reason})
