"""Small idx files made on the spot, the real files where they are, and a server on loopback."""

import gzip
import hashlib
import http.server
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from cnn_core.data.images import Dataset
from cnn_core.data.mnist import read_mnist

TRAIN, TEST = 30, 10


def _idx(array: np.ndarray) -> bytes:
    return struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.tobytes()


@pytest.fixture(scope="session")
def idx_bytes() -> Callable[[np.ndarray], bytes]:
    """An array uint8 as an idx file."""
    return _idx


@pytest.fixture(scope="session")
def small_files() -> dict[str, bytes]:
    """Four small idx files of MNIST's form, by name: every digit is there."""
    rng = np.random.default_rng(7)
    files = {}
    for part, count in (("train", TRAIN), ("t10k", TEST)):
        images = rng.integers(0, 256, (count, 28, 28), dtype=np.uint8)
        files[f"{part}-images-idx3-ubyte"] = _idx(images)
        files[f"{part}-labels-idx1-ubyte"] = _idx(np.arange(count, dtype=np.uint8) % 10)
    return files


@pytest.fixture
def small_mnist(tmp_path: Path, small_files: dict[str, bytes]) -> Path:
    """A data home with the small files in torchvision's layout."""
    raw = tmp_path / "home" / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for name, content in small_files.items():
        (raw / name).write_bytes(content)
    return tmp_path / "home"


@pytest.fixture(scope="session")
def real_mnist(data_home: Path) -> Dataset:
    """MNIST as published."""
    return read_mnist(data_home)


@dataclass
class LoopbackServer:
    """Answers with `files`; `behaviour` names a fault of a file: "half", "404" or "silent"."""

    url: str
    files: dict[str, bytes]
    behaviour: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    @property
    def resources(self) -> list[tuple[str, str]]:
        return [(name, hashlib.md5(content).hexdigest()) for name, content in self.files.items()]


@pytest.fixture
def server(small_files: dict[str, bytes]) -> Iterator[LoopbackServer]:
    """A server of the small files in gzip."""
    stop = threading.Event()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = self.path.rsplit("/", 1)[-1]
            state.asked.append(name)
            fault = state.behaviour.get(name, "")
            if fault == "404" or name not in state.files:
                self.send_error(404)
                return
            content = state.files[name]
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content if not fault else content[: len(content) // 2])
            if fault == "silent":
                self.wfile.flush()
                stop.wait(10)

        def log_message(self, *_: object) -> None:
            """Keep the terminal quiet."""

    httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    zipped = {
        f"{name}.gz": gzip.compress(content, mtime=0) for name, content in small_files.items()
    }
    state = LoopbackServer(f"http://127.0.0.1:{httpd.server_port}/", zipped)
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield state
    stop.set()
    httpd.shutdown()
    thread.join()
    httpd.server_close()
