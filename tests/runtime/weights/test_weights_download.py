"""Weights from a server on loopback, by torch.hub's own download, and every way it can fail."""

import dataclasses
import socket
import threading
from pathlib import Path

import pytest
import torch

from cnn_core.data import download
from cnn_core.errors import StorageError, UnknownNameError, WeightsError
from cnn_core.models.registry import MODELS
from cnn_core.runtime.weights import add, fetch, torch_cache
from tests.runtime.weights.small_file import FILE, left, put


def test_download_with_true_progress_once(settings, server, published, capfd):
    seen = []
    found = fetch(settings, "lenet5", on_progress=lambda done, total: seen.append((done, total)))
    assert left(settings) == [FILE]
    assert found.path.read_bytes() == published
    assert found.state.sentence == "As published."
    assert seen[0] == (0, len(published))
    assert seen[-1] == (len(published), len(published))
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert len(seen) >= 3
    assert capfd.readouterr() == ("", ""), "the terminal stays quiet"
    bar, timeout = torch.hub.tqdm, socket.getdefaulttimeout()
    assert bar.__name__ == "tqdm"
    assert timeout is None
    assert fetch(settings, "lenet5") == found
    assert server.asked == 1, "what is there is not fetched again"


def test_what_torchvision_has_fetched_is_not_fetched_again(settings, server, published):
    put(torch_cache() / FILE, published)
    assert fetch(settings, "lenet5").path == torch_cache() / FILE
    assert server.asked == 0


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ("404", f"127.0.0.1 answered 404 when asked for {FILE}."),
        ("half", f"{FILE} arrived incomplete or altered from 127.0.0.1 (its checksum is wrong)."),
        ("silent", f"127.0.0.1 has sent nothing of {FILE} for 0.3 seconds."),
        (
            "altered",
            f"{FILE} arrived incomplete or altered from 127.0.0.1 (its checksum is wrong).",
        ),
        ("refused", f"127.0.0.1 cannot be reached to fetch {FILE}."),
    ],
)
def test_a_broken_server_leaves_what_was_there(
    settings, server, monkeypatch, published, fault, sentence
):
    monkeypatch.setattr(download, "SILENCE_SECONDS", 0.3)
    put(settings.weights / FILE, b"an old file")
    if fault == "altered":
        server.content = published[:-1] + b"\0"
    elif fault == "refused":
        with socket.create_server(("127.0.0.1", 0)) as free:
            url = f"http://127.0.0.1:{free.getsockname()[1]}/{FILE}"
        row = MODELS["lenet5"]
        source = dataclasses.replace(row.weights[0], url=url)
        monkeypatch.setitem(MODELS, "lenet5", dataclasses.replace(row, weights=(source,)))
    else:
        server.fault = fault
    with pytest.raises(WeightsError) as caught:
        fetch(settings, "lenet5")
    assert caught.value.message == sentence
    assert "weights add" in caught.value.hint
    assert left(settings) == [FILE]
    assert (settings.weights / FILE).read_bytes() == b"an old file"
    server.fault, server.content = "", published
    if fault != "refused":
        assert fetch(settings, "lenet5").state.sentence == "As published."


def test_left_overs_of_a_killed_download_are_swept(settings, server):
    put(settings.weights / f"{FILE}.{'0' * 32}.partial", b"half")
    fetch(settings, "lenet5")
    assert left(settings) == [FILE]


def test_two_at_once_are_one_download(settings, server):
    threads = [threading.Thread(target=fetch, args=(settings, "lenet5")) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert left(settings) == [FILE]
    assert server.asked == 1


def test_a_full_disk(settings, server, monkeypatch):
    def full(*_args, **_options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(torch.hub, "download_url_to_file", full)
    with pytest.raises(StorageError, match=r"^The disk that holds the weights folder is full"):
        fetch(settings, "lenet5")


def test_what_cannot_be_downloaded(settings):
    with pytest.raises(WeightsError, match="There is no download of weights for AlexNet of 2012"):
        fetch(settings, "alexnet-2012")
    for function in (lambda: fetch(settings, "no"), lambda: add(settings, "no", Path("x"))):
        with pytest.raises(UnknownNameError, match="There is no network named 'no'"):
            function()
