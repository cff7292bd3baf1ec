"""Visits without a browser: websocket sessions that speak Streamlit's protocol with a running app.

A visit opens a page, lets its fragment draw itself again as the browser's timer does, and presses
buttons. What the browser does with the answer is not in the times; what the server does is.

A tick is the time from the request that a fragment be drawn again until the server says that it has
(`script_finished`), with everything it drew on the wire.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlparse

from google.protobuf.message import DecodeError
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Delta_pb2 import Delta
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg, ForwardMsgList
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException
from websockets.typing import Origin, Subprotocol

from benchmarks.browser import TIMEOUT_SECONDS, NotMeasuredError

TICK_SECONDS = 1.0
_DONE = (
    ForwardMsg.ScriptFinishedStatus.FINISHED_SUCCESSFULLY,
    ForwardMsg.ScriptFinishedStatus.FINISHED_FRAGMENT_RUN_SUCCESSFULLY,
)


@dataclass
class Visit:
    """One session: a page, what is drawn on it that can be pressed, and what came over the wire.

    Attributes:
        fragment: the fragment that asks to be drawn again and again, "" if none does.
        bytes_received: of the last answer.
        errors: texts of the error boxes in the last answer.
    """

    socket: ClientConnection
    page: str
    query: str
    fragment: str = ""
    bytes_received: int = 0
    errors: list[str] = field(default_factory=list)
    _page_hash: str = ""
    _buttons: dict[str, tuple[str, str]] = field(default_factory=dict)

    async def open(self) -> float:
        """Have the whole page drawn; return the seconds it took."""
        return await self._ask(BackMsg())

    async def tick(self) -> float:
        """Have the page's own fragment drawn again; return the seconds it took.

        Raises:
            NotMeasuredError: nothing on the page asks to be drawn again.
        """
        if not self.fragment:
            raise NotMeasuredError(f"Nothing on the page {self.page!r} draws itself again.")
        request = BackMsg()
        request.rerun_script.fragment_id = self.fragment
        request.rerun_script.is_auto_rerun = True
        return await self._ask(request)

    async def press(self, label: str) -> float:
        """Press the button of that label; return the seconds until the page has answered.

        Raises:
            NotMeasuredError: there is no such button, or the page shows an error.
        """
        if label not in self._buttons:
            raise NotMeasuredError(f"There is no button {label!r}, but {sorted(self._buttons)}.")
        widget, fragment = self._buttons[label]
        request = BackMsg()
        request.rerun_script.widget_states.widgets.add(id=widget, trigger_value=True)
        request.rerun_script.fragment_id = fragment
        taken = await self._ask(request)
        if self.errors:
            raise NotMeasuredError(f"Pressing {label!r} ended in: {self.errors[0]}")
        return taken

    async def _ask(self, request: BackMsg) -> float:
        request.rerun_script.query_string = self.query
        if self._page_hash:
            request.rerun_script.page_script_hash = self._page_hash
        else:
            request.rerun_script.page_name = self.page
        self.bytes_received, self.errors = 0, []
        begun = time.perf_counter()
        await self.socket.send(request.SerializeToString())
        while True:
            raw = await asyncio.wait_for(self.socket.recv(), TIMEOUT_SECONDS)
            payload = raw if isinstance(raw, bytes) else raw.encode()
            self.bytes_received += len(payload)
            for message in messages(payload):
                if self._note(message):
                    return time.perf_counter() - begun

    def _note(self, message: ForwardMsg) -> bool:
        """Keep what a message says; return whether it ends the answer."""
        kind = message.WhichOneof("type")
        if kind == "auto_rerun":
            self.fragment = message.auto_rerun.fragment_id
        elif kind == "page_info_changed":
            self.query = message.page_info_changed.query_string
        elif kind == "navigation":
            self._page_hash = message.navigation.page_script_hash
        elif kind == "delta":
            self._note_element(message.delta)
        return kind == "script_finished" and message.script_finished in _DONE

    def _note_element(self, delta: Delta) -> None:
        element = delta.new_element
        if element.WhichOneof("type") == "button":
            self._buttons[element.button.label] = (element.button.id, delta.fragment_id)
        elif element.WhichOneof("type") == "alert":
            self.errors.append(element.alert.body)


def messages(payload: bytes) -> list[ForwardMsg]:
    """Return the messages of one websocket frame: a message, or a list of them."""
    message = ForwardMsg()
    with contextlib.suppress(DecodeError):
        message.ParseFromString(payload)
        if message.WhichOneof("type") or message.ref_hash:
            return [message]
    batch = ForwardMsgList()
    batch.ParseFromString(payload)
    return list(batch.messages)


@contextlib.asynccontextmanager
async def visit(url: str, page: str, **query: str) -> AsyncIterator[Visit]:
    """Connect to the app at `url` as a browser does that has no cookie yet.

    Args:
        url: "http://127.0.0.1:PORT"; loopback alone.
        page: the page's slug.
        query: what stands in the address after "?".

    Raises:
        NotMeasuredError: the app cannot be reached, or hangs up.
    """
    if urlparse(url).hostname not in ("127.0.0.1", "localhost", "::1"):
        raise NotMeasuredError(f"Only an app on this machine is visited, got {url}.")
    try:
        async with connect(
            url.replace("http", "ws", 1) + "/_stcore/stream",
            max_size=None,
            subprotocols=[Subprotocol("streamlit")],
            origin=Origin(url),
        ) as socket:
            yield Visit(socket, page, urlencode(query))
    except (OSError, WebSocketException) as exc:
        raise NotMeasuredError(f"A visit of {page!r} broke off: {exc}") from exc


async def ticks_of(
    visits: list[Visit], count: int, *, until: Callable[[], bool] | None = None
) -> list[float]:
    """Let every visit tick once a second, all from the same moment; return the seconds of each.

    Args:
        visits: opened.
        count: at least so many ticks a visit.
        until: go on until this is true.
    """

    async def watch(one: Visit) -> list[float]:
        taken: list[float] = []
        while len(taken) < count or (until is not None and not until()):
            taken.append(await one.tick())
            await asyncio.sleep(max(0.0, TICK_SECONDS - taken[-1]))
        return taken

    found = await asyncio.gather(*(watch(one) for one in visits))
    return [seconds for taken in found for seconds in taken]


async def watched(
    url: str, page: str, runs: Mapping[str, str], repeats: int
) -> tuple[dict[str, list[float]], dict[str, list[float]], dict[str, list[float]]]:
    """Return seconds of the first opening, seconds of ticks, and the ticks' bytes, by name.

    Args:
        url: of the app.
        page: that shows the runs.
        runs: by name, the ids of runs that go on.
        repeats: half as many as there are ticks of each.
    """
    first, ticks, sizes = ({name: list[float]() for name in runs} for _ in range(3))
    async with contextlib.AsyncExitStack() as stack:
        visits = {
            name: await stack.enter_async_context(visit(url, page, run=run_id))
            for name, run_id in runs.items()
        }
        for name, one in visits.items():
            first[name].append(await one.open())
        for _ in range(2 * repeats):
            await asyncio.sleep(0.6)  # new events have come: every tick draws anew
            for name, one in visits.items():
                ticks[name].append(await one.tick())
                sizes[name].append(float(one.bytes_received))
    return first, ticks, sizes
