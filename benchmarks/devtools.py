"""How long a person waits for a page: Chromium with next to nothing attached to it.

A driver that watches every request slows a page that loads a hundred files by a third of a second.
Here only two commands of the DevTools protocol are used: one script to take the time, one address.
"""

import contextlib
import json
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

from benchmarks.browser import FLAGS, TIMEOUT_SECONDS, NotMeasuredError, chromium_path

_SETTLE_SECONDS = 1.5  # a browser just started is busy with itself
_STOPWATCH = """
window.usableAfter = new Promise(resolve => {
  const look = () => {
    const usable = document.body && (%s);
    if (usable) resolve(performance.now()); else requestAnimationFrame(look);
  };
  look();
});
"""


def seconds_until(usable: str, url: str) -> float:
    """Open `url` in a browser of its own, with empty caches; return when `usable` became true.

    Args:
        usable: a JavaScript expression, looked at in every frame.
        url: the page.

    Returns:
        Seconds since the navigation, by the page's own clock.

    Raises:
        NotMeasuredError: there is no Chromium, or the page did not get there.
    """
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = [chromium_path(), "--headless=new", *FLAGS, "--window-size=1280,720"]
        command += ["--remote-debugging-port=0", f"--user-data-dir={profile}", "about:blank"]
        browser = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            with connect(_page_socket(Path(profile)), max_size=None) as socket:
                time.sleep(_SETTLE_SECONDS)
                _call(socket, "Page.enable")
                _call(socket, "Page.addScriptToEvaluateOnNewDocument", source=_STOPWATCH % usable)
                _call(socket, "Page.navigate", url=url)
                answer = _call(
                    socket, "Runtime.evaluate", expression="window.usableAfter", awaitPromise=True
                )
        finally:
            browser.kill()
            browser.wait()
    return float(answer["result"]["value"]) / 1000


def _page_socket(profile: Path) -> str:
    """Return the address of the browser's one page, once it is there."""
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError, ValueError, LookupError, StopIteration):
            port = int((profile / "DevToolsActivePort").read_text().split()[0])
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/json", timeout=5) as answer:
                targets = json.load(answer)
            page = next(target for target in targets if target["type"] == "page")
            return str(page["webSocketDebuggerUrl"])
        time.sleep(0.05)
    raise NotMeasuredError(f"Chromium did not open a page within {TIMEOUT_SECONDS:g} s.")


def _call(socket: ClientConnection, method: str, **parameters: object) -> dict[str, Any]:
    """Send a command and return its result; events that come in between are dropped."""
    socket.send(json.dumps({"id": 1, "method": method, "params": parameters}))
    while True:
        try:
            message = json.loads(socket.recv(timeout=TIMEOUT_SECONDS))
        except TimeoutError as exc:
            raise NotMeasuredError(f"The page did not get there ({method}).") from exc
        if message.get("id") == 1:
            if "error" in message:
                raise NotMeasuredError(f"{method}: {message['error']['message']}")
            return dict(message["result"])
