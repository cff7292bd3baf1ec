"""What every test stands on: homes of its own, no network, and skips that may not hide anything.

* `CNN_LAB_HOME` is a fresh folder for every run of pytest, so no test touches a person's runs. Only
  `CNN_LAB_DATA` and `CNN_LAB_WEIGHTS` keep what they were given: they are read, never written.
* In this process only loopback can be reached; a test that would download sees a machine without
  a network.
* A test marked `browser` may not be skipped where a browser must be (`CNN_LAB_REQUIRE_BROWSER=1`,
  or CI), nor one marked `data` where the data must be (`CNN_LAB_REQUIRE_DATA=1`, or CI with
  `CNN_LAB_DATA` set), nor one marked `weights` (likewise, with `CNN_LAB_WEIGHTS`).
"""

import os
import shutil
import socket
import sys
import tempfile
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from cnn_core.runtime.threads import wait_passively

_LOOPBACK = ("127.", "::1", "localhost", "0.0.0.0")
_THREADS = 2

_home = pytest.StashKey[str]()

hypothesis.settings.register_profile("lab", deadline=None, derandomize=True)
hypothesis.settings.load_profile("lab")


def pytest_configure(config: pytest.Config) -> None:
    home = tempfile.mkdtemp(prefix="cnn-lab-tests-")
    config.stash[_home] = home
    os.environ["CNN_LAB_HOME"] = home
    os.environ["CNN_LAB_SPARE"] = "0"
    os.environ.pop("CNN_LAB_RUNS", None)
    wait_passively(os.environ)  # torch in this process, and in those that tests start
    for given in ("CNN_LAB_DATA", "CNN_LAB_WEIGHTS"):
        if os.environ.get(given):
            os.environ[given] = str(Path(os.environ[given]).expanduser().resolve())


def pytest_unconfigure(config: pytest.Config) -> None:
    shutil.rmtree(config.stash[_home], ignore_errors=True)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "data_home" in getattr(item, "fixturenames", ()):
            item.add_marker("data")
        if "weights_home" in getattr(item, "fixturenames", ()):
            item.add_marker("weights")


def pytest_runtest_setup() -> None:
    torch = sys.modules.get("torch")
    if torch is not None and torch.get_num_threads() != _THREADS:
        torch.set_num_threads(_THREADS)


def _required() -> set[str]:
    """The marks whose tests may not be skipped here."""
    ci = os.environ.get("CI", "").lower() == "true"
    required = set()
    if ci or os.environ.get("CNN_LAB_REQUIRE_BROWSER") == "1":
        required.add("browser")
    for mark in ("data", "weights"):
        home = os.environ.get(f"CNN_LAB_{mark.upper()}")
        if os.environ.get(f"CNN_LAB_REQUIRE_{mark.upper()}") == "1" or (ci and home):
            required.add(mark)
    return required


def _refuse_skip(report: pytest.TestReport | pytest.CollectReport, marks: set[str]) -> None:
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
    report.outcome = "failed"
    report.longrepr = f"{', '.join(sorted(marks))}: may not be skipped here, but was. {reason}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, pytest.TestReport]:
    report: pytest.TestReport = yield
    marks = _required() & {mark.name for mark in item.iter_markers()}
    for_want_of_a_gpu = item.get_closest_marker("gpu") is not None
    if report.skipped and marks and not for_want_of_a_gpu and not hasattr(report, "wasxfail"):
        _refuse_skip(report, marks)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    if report.skipped and "browser" in _required() and "browser" in collector.path.parts:
        _refuse_skip(report, {"browser"})
    return report


@pytest.fixture(scope="session")
def data_home() -> Path:
    """The folder with the real data sets, in torchvision's layout; read-only to every test."""
    given = os.environ.get("CNN_LAB_DATA")
    if not given:
        pytest.skip("CNN_LAB_DATA does not say where the real data sets are")
    if not (Path(given) / "MNIST" / "raw").is_dir():
        pytest.skip("the folder that CNN_LAB_DATA names has no MNIST/raw")
    return Path(given)


@pytest.fixture(scope="session")
def mnist_home(data_home: Path) -> Path:
    """The same folder, for tests that read MNIST in it."""
    return data_home


@pytest.fixture(scope="session")
def weights_home() -> Path:
    """The folder with real weights of three ImageNet networks; read-only to every test."""
    given = os.environ.get("CNN_LAB_WEIGHTS")
    if not given:
        pytest.skip("CNN_LAB_WEIGHTS does not say where the real weights are")
    if not list(Path(given).glob("*-imagenet*.safetensors")):
        pytest.skip("the folder that CNN_LAB_WEIGHTS names has no *-imagenet*.safetensors")
    return Path(given)


@pytest.fixture(scope="session")
def flower_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Any]:
    """Settings of a home, and a finished run in it: EfficientNet-Lite0 on 24 drawn flowers."""
    from cnn_core.data.pictures.flowers import take_drawn_flowers
    from cnn_core.data.pictures.store import PictureStore
    from cnn_core.settings import Settings
    from tests.fine_tuned import finished_run

    home = tmp_path_factory.mktemp("flower-run")
    settings = Settings.from_environment({"CNN_LAB_HOME": str(home)})
    labels = ("daisy", "rose", "tulip")
    snapshot = take_drawn_flowers(PictureStore(settings.pictures), each=8, labels=labels)
    return settings, finished_run(settings, snapshot)


def _loopback_only(connect: Callable[..., Any]) -> Callable[..., Any]:
    def guarded(self: socket.socket, address: Any) -> Any:
        if isinstance(address, tuple) and not str(address[0]).startswith(_LOOPBACK):
            raise OSError(f"tests run without a network, but something asked for {address[0]}")
        return connect(self, address)

    return guarded


@pytest.fixture(scope="session", autouse=True)
def _no_network() -> Iterator[None]:
    resolve = socket.getaddrinfo

    def loopback_names(host: Any, *args: Any, **kwargs: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name and not name.startswith(_LOOPBACK):
            raise socket.gaierror(f"tests run without a network, but something asked for {name}")
        return resolve(host, *args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", loopback_names)
        patch.setattr(socket.socket, "connect", _loopback_only(socket.socket.connect))
        patch.setattr(socket.socket, "connect_ex", _loopback_only(socket.socket.connect_ex))
        yield


@pytest.fixture(autouse=True)
def _no_laboratory_is_left() -> Iterator[None]:
    """Close what a page under test has opened in this process: a keeper thread and its store."""
    yield
    lab = sys.modules.get("cnn_core.ui.lab")
    if lab is not None:
        lab.close_laboratories()


@pytest.fixture
def in_own_thread() -> Iterator[Callable[..., Any]]:
    """Call a function in a thread without an event loop: in the tests' own Playwright has one."""
    with ThreadPoolExecutor(1) as pool:
        yield lambda function, *args, **options: pool.submit(function, *args, **options).result()
