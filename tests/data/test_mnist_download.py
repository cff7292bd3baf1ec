"""Downloading MNIST: torchvision's code against a server on loopback, and every way it can fail."""

import gzip
import os
import socket
import threading
from pathlib import Path

import pytest

from cnn_core.data import download, mnist
from cnn_core.data.mnist import download_mnist, mnist_state, read_mnist
from cnn_core.errors import CnnLabError, DataError, StorageError

datasets = pytest.importorskip("torchvision.datasets")
FIRST, LAST = "train-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"


@pytest.fixture
def mirror(server, monkeypatch):
    """The server, with torchvision's list of files and checksums pointing at it."""
    monkeypatch.setattr(datasets.MNIST, "resources", server.resources)
    monkeypatch.setattr(datasets.MNIST, "mirrors", [server.url])
    total = sum(map(len, server.files.values()))
    monkeypatch.setattr(mnist, "DOWNLOAD_BYTES", total)
    return server


def _fails(folder: Path, kind: type[CnnLabError] = DataError, **options: object) -> CnnLabError:
    with pytest.raises(kind) as caught:
        download_mnist(folder, **options)
    assert not mnist_state(folder).ready, "a half download must not count"
    assert not (folder / "MNIST").exists()
    assert caught.value.hint
    assert str(folder) not in caught.value.message
    return caught.value


def _left_over(folder: Path) -> list[str]:
    lock = ".mnist-download.lock"
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.name != lock)


def test_published_list_is_what_the_progress_and_names_assume():
    names = [name.removesuffix(".gz") for name, _ in datasets.MNIST.resources]
    assert names == list(mnist.OFFICIAL_SHA256)
    assert mnist.DOWNLOAD_BYTES == 11_594_722


def test_download_gives_the_files_and_true_progress(tmp_path, mirror, small_files, capfd):
    folder, seen = tmp_path / "new" / "home", []
    download_mnist(folder, on_progress=lambda done, total: seen.append((done, total)))
    assert _left_over(folder) == sorted(
        ["MNIST", "MNIST/raw", *(f"MNIST/raw/{name}" for name in small_files)]
    )
    assert read_mnist(folder).train.images.tobytes() == small_files[FIRST[:-3]][16:]
    done = [count for count, _ in seen]
    assert done == sorted(done)
    assert {total for _, total in seen} == {sum(map(len, mirror.files.values()))}
    assert done[-1] == seen[0][1]
    assert len(done) >= 5
    assert capfd.readouterr() == ("", ""), "the terminal stays quiet"


def test_never_fetched_twice(tmp_path, mirror):
    download_mnist(tmp_path)
    asked = len(mirror.asked)
    download_mnist(tmp_path)
    assert len(mirror.asked) == asked


def test_what_is_there_in_another_layout_is_not_fetched(small_mnist, mirror):
    (small_mnist / "MNIST" / "raw").rename(small_mnist / "raw")
    download_mnist(small_mnist)
    assert mirror.asked == []


def test_two_at_once_do_one_download(tmp_path, mirror):
    errors: list[Exception] = []

    def run() -> None:
        try:
            download_mnist(tmp_path)
        except CnnLabError as exc:
            errors.append(exc)

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert errors == []
    assert mnist_state(tmp_path).ready
    # torchvision asks twice for a file: once to follow redirects, once to read it.
    assert {name: mirror.asked.count(name) for name in mirror.files} == dict.fromkeys(
        mirror.files, 2
    )


@pytest.mark.parametrize("name", [FIRST, LAST])
def test_a_server_that_closes_early_is_a_checksum_error(tmp_path, mirror, name):
    mirror.behaviour[name] = "half"
    error = _fails(tmp_path)
    assert error.message.startswith(f"{name} arrived incomplete or altered from 127.0.0.1")


def test_wrong_checksum(tmp_path, mirror):
    mirror.files[LAST] = gzip.compress(b"something else")
    assert f"{LAST} arrived incomplete or altered" in _fails(tmp_path).message


def test_connection_refused(tmp_path, mirror):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/"
        error = _fails(tmp_path, mirrors=[url])
    assert error.message == f"127.0.0.1 cannot be reached to fetch {FIRST}."
    assert _left_over(tmp_path) == []


def test_not_found_is_told_with_its_number(tmp_path, mirror):
    mirror.behaviour[FIRST] = "404"
    assert _fails(tmp_path).message == f"127.0.0.1 answered 404 when asked for {FIRST}."


def test_a_silent_server_is_given_up(tmp_path, mirror, monkeypatch):
    monkeypatch.setattr(download, "SILENCE_SECONDS", 0.3)
    mirror.behaviour[FIRST] = "silent"
    assert "has sent nothing" in _fails(tmp_path).message
    assert socket.getdefaulttimeout() is None, "the process's own setting is back"


def test_no_mirror(tmp_path, mirror):
    assert "No address is known" in _fails(tmp_path, mirrors=[]).message


def test_an_address_that_is_none(tmp_path, mirror):
    assert _fails(tmp_path, mirrors=["nonsense/"]).message


def test_the_next_mirror_helps(tmp_path, mirror):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        closed = f"http://127.0.0.1:{free.getsockname()[1]}/"
        download_mnist(tmp_path, mirrors=[closed, mirror.url])
    assert mnist_state(tmp_path).ready


def test_whole_files_of_a_failed_download_are_not_fetched_again(tmp_path, mirror):
    mirror.behaviour[LAST] = "half"
    _fails(tmp_path)
    assert len([name for name in _left_over(tmp_path) if name.endswith("ubyte.gz")]) == 3
    mirror.behaviour.clear()
    mirror.asked.clear()
    download_mnist(tmp_path)
    assert set(mirror.asked) == {LAST}
    assert mnist_state(tmp_path).ready


def test_left_overs_of_a_killed_download_are_replaced(tmp_path, mirror):
    staging = tmp_path / mnist._STAGING
    staging.mkdir()
    (staging / FIRST).write_bytes(b"half of it")
    (staging / FIRST.removesuffix(".gz")).write_bytes(b"half of it")
    download_mnist(tmp_path)
    assert mnist_state(tmp_path).ready
    assert not staging.exists()


def test_damaged_files_are_set_aside_not_deleted(small_mnist, mirror, small_files):
    damaged = small_mnist / "MNIST" / "raw" / FIRST.removesuffix(".gz")
    damaged.write_bytes(b"my only copy")
    download_mnist(small_mnist)
    assert mnist_state(small_mnist).ready
    aside = small_mnist / "MNIST" / "raw-set-aside-1" / damaged.name
    assert aside.read_bytes() == b"my only copy"


def test_checksums_that_fit_files_that_do_not(tmp_path, mirror, monkeypatch):
    mirror.files[LAST] = gzip.compress(b"not an idx file")
    monkeypatch.setattr(datasets.MNIST, "resources", mirror.resources)
    error = _fails(tmp_path)
    assert "The download of MNIST failed" in error.message
    assert LAST.removesuffix(".gz") in error.message


def test_a_file_where_the_folder_should_be(tmp_path, mirror):
    place = tmp_path / "home"
    place.write_text("a file")
    with pytest.raises(StorageError, match="data folder cannot be written"):
        download_mnist(place)


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission(tmp_path, mirror):
    tmp_path.chmod(0o500)
    try:
        assert "Permission denied" in _fails(tmp_path, StorageError).message
    finally:
        tmp_path.chmod(0o700)


def test_a_folder_that_says_it_is_read_only(tmp_path, mirror, monkeypatch):
    monkeypatch.setattr(mnist.os, "access", lambda *_: False)
    assert "cannot be written" in _fails(tmp_path, StorageError).message


def test_a_full_disk_is_a_storage_error(tmp_path, mirror, monkeypatch):
    from torchvision.datasets import utils

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(utils, "_urlretrieve", full)
    assert _fails(tmp_path, StorageError).message == "The disk that holds the data folder is full."
