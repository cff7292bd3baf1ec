"""The download beside the page: a real process that fails, and its progress read from a log."""

import json
import time

import pytest

from cnn_core.runtime import fetching
from cnn_core.runtime.fetching import LOG, Fetcher, FetchState
from cnn_core.settings import Settings


@pytest.fixture
def settings(tmp_path):
    return Settings.from_environment({"CNN_LAB_HOME": str(tmp_path)})


def ended(fetcher):
    deadline = time.monotonic() + 120
    while (state := fetcher.state()).running:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return state


def test_nothing_runs_before_start(settings):
    assert Fetcher(settings).state() == FetchState(running=False)
    assert not settings.runs.exists(), "asking must write nothing"


def test_download_without_network_ends_with_one_sentence(settings, monkeypatch):
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    fetcher = Fetcher(settings)
    fetcher.start("mnist")
    assert fetcher.state().running
    state = ended(fetcher)
    assert "cannot be reached to fetch train-images-idx3-ubyte.gz" in state.error
    assert "\n" not in state.error
    assert not (settings.data / "MNIST").exists()


class Running:
    """A process that has not ended, or ended with a code."""

    def __init__(self, code=None):
        self.code = code

    def poll(self):
        return self.code


@pytest.fixture
def under_way(settings, monkeypatch):
    """A fetcher whose process writes what the test writes into the log."""
    settings.runs.mkdir(parents=True)
    process = Running()
    started = []

    def spawn(arguments, given, log):
        started.append(arguments)
        log.touch()
        return process

    monkeypatch.setattr(fetching, "spawn", spawn)
    fetcher = Fetcher(settings)
    fetcher.start("mnist")
    return fetcher, process, started, settings.runs / LOG


def test_progress_is_the_last_whole_line(under_way):
    fetcher, _, _, log = under_way
    assert fetcher.state() == FetchState(running=True)
    lines = [json.dumps({"done": done, "total": 90}) for done in (10, 20)]
    half = '{"done": 30, "tot'
    log.write_text("a warning\n" + "\n".join(lines) + "\n" + half)
    assert fetcher.state() == FetchState(running=True, done=20, total=90)


def test_second_start_joins_the_first(under_way):
    fetcher, _, started, _ = under_way
    fetcher.start("mnist")
    assert len(started) == 1


@pytest.mark.parametrize(
    ("code", "text", "error"),
    [
        (0, "error: an old one\n", ""),
        (1, "error: The disk is full.\n", "The disk is full."),
        (-9, "", "`fetch` ended unexpectedly."),
    ],
)
def test_end_is_told_by_the_exit_code_and_the_log(under_way, code, text, error):
    fetcher, process, _, log = under_way
    log.write_text(text)
    process.code = code
    assert fetcher.state() == FetchState(running=False, error=error)
    process.code = None
