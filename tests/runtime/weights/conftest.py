"""Homes of a test's own, a published file, and a server on loopback that offers it."""

import dataclasses
import hashlib
import http.server
import threading

import pytest
from safetensors.torch import save

from cnn_core.models.registry import MODELS, WeightsSource, model_row
from cnn_core.runtime import weights
from cnn_core.settings import Settings
from tests.runtime.weights.small_file import FILE, drawn


@pytest.fixture
def settings(tmp_path, monkeypatch):
    """Homes of this test's own, torchvision's cache among them; no bundled weights."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setattr(weights, "bundled_folder", lambda: tmp_path / "bundled")
    return Settings(data=tmp_path / "data", weights=tmp_path / "weights", runs=tmp_path / "runs")


@pytest.fixture(scope="module")
def published():
    """The bytes of a published file."""
    return save(drawn(1))


@pytest.fixture
def row(monkeypatch, published, request):
    """LeNet-5 with a published file: known by its checksum, and to be downloaded."""
    source = WeightsSource(
        id="published",
        filename=FILE,
        kind="trained",
        sha256=hashlib.sha256(published).hexdigest()[:8],
        licence="MIT",
        sentence="As published.",
        url="http://127.0.0.1:9/" + FILE,
    )
    row = dataclasses.replace(model_row("lenet5"), weights=(source,))
    monkeypatch.setitem(MODELS, "lenet5", row)
    return row


@dataclasses.dataclass
class Server:
    """Answers with `content`; `fault` is "", "404", "half" or "silent"."""

    url: str = ""
    content: bytes = b""
    fault: str = ""
    asked: int = 0


@pytest.fixture
def server(row, published, monkeypatch):
    """A server on loopback that the row downloads from."""
    stop, state = threading.Event(), Server(content=published)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            state.asked += 1
            if state.fault == "404":
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("Content-Length", str(len(state.content)))
            self.end_headers()
            whole = not state.fault
            self.wfile.write(state.content if whole else state.content[: len(state.content) // 2])
            if state.fault == "silent":
                self.wfile.flush()
                stop.wait(10)

        def log_message(self, *_):
            """Keep the terminal quiet."""

    httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.url = f"http://127.0.0.1:{httpd.server_port}/{FILE}"
    source = dataclasses.replace(row.weights[0], url=state.url)
    monkeypatch.setitem(MODELS, "lenet5", dataclasses.replace(row, weights=(source,)))
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield state
    stop.set()
    httpd.shutdown()
    thread.join()
    httpd.server_close()
