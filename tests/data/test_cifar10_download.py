"""Downloading CIFAR-10: torchvision's code against a server on loopback, and how it can fail."""

import hashlib
import io
import shutil
import tarfile
import threading

import pytest

from cnn_core.cli import fetch
from cnn_core.data import cifar10
from cnn_core.data.cifar10 import cifar10_state, download_cifar10, is_official, read_cifar10
from cnn_core.errors import CnnLabError, DataError, StorageError
from tests.data.cifar_files import write_cifar

datasets = pytest.importorskip("torchvision.datasets")
ARCHIVE = "cifar-10-python.tar.gz"


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """A small CIFAR-10 as a folder, and the archive of it."""
    home = write_cifar(tmp_path_factory.mktemp("published"))
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        tar.add(home / "cifar-10-batches-py", "cifar-10-batches-py")
    return home, buffer.getvalue()


@pytest.fixture
def toronto(server, published, monkeypatch):
    """The server with the archive; torchvision's address and both lists of checksums fit it."""
    home, archive = published
    server.files.clear()
    server.files[ARCHIVE] = archive
    place = home / "cifar-10-batches-py"
    sums = {name: cifar10._md5((place / name).read_bytes()) for name in cifar10.OFFICIAL_MD5}
    monkeypatch.setattr(cifar10, "OFFICIAL_MD5", sums)
    monkeypatch.setattr(cifar10, "DOWNLOAD_BYTES", len(archive))
    monkeypatch.setattr(datasets.CIFAR10, "url", server.url + ARCHIVE)
    monkeypatch.setattr(datasets.CIFAR10, "tgz_md5", hashlib.md5(archive).hexdigest())
    return server


def _fails(folder, kind=DataError):
    with pytest.raises(kind) as caught:
        download_cifar10(folder)
    assert caught.value.hint
    assert str(folder) not in caught.value.message
    assert [p.name for p in folder.iterdir() if p.name != cifar10._LOCK] == [], "nothing half-done"
    return caught.value.message


def test_download_once_with_true_progress(tmp_path, toronto, published, capfd):
    home, seen = tmp_path / "new" / "home", []
    download_cifar10(home, on_progress=lambda done, total: seen.append((done, total)))
    found = read_cifar10(home)
    assert found.official
    assert found.fingerprint == read_cifar10(published[0]).fingerprint
    assert sorted(p.name for p in home.iterdir()) == [cifar10._LOCK, "cifar-10-batches-py"]
    done = [count for count, _ in seen]
    assert done == sorted(done)
    assert len(done) > 3
    assert {total for _, total in seen} == {done[-1]} == {len(published[1])}
    assert capfd.readouterr() == ("", "")
    asked = len(toronto.asked)
    download_cifar10(home)
    assert len(toronto.asked) == asked


def test_two_at_once_are_one(tmp_path, toronto):
    faults = []

    def run():
        try:
            download_cifar10(tmp_path)
        except CnnLabError as exc:
            faults.append(exc)

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert faults == []
    assert toronto.asked == [ARCHIVE] * 2  # torchvision follows redirects first
    assert is_official(tmp_path)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (
            "half",
            f"{ARCHIVE} arrived incomplete or altered from 127.0.0.1 (its checksum is wrong).",
        ),
        ("404", f"127.0.0.1 answered 404 when asked for {ARCHIVE}."),
    ],
)
def test_a_download_that_fails_leaves_nothing_and_can_be_tried_again(
    tmp_path, toronto, fault, said
):
    toronto.behaviour[ARCHIVE] = fault
    assert _fails(tmp_path) == said
    toronto.behaviour.clear()
    download_cifar10(tmp_path)
    assert is_official(tmp_path)


def test_an_archive_with_other_files_does_not_count(tmp_path, toronto, monkeypatch):
    monkeypatch.setattr(cifar10, "OFFICIAL_MD5", {**cifar10.OFFICIAL_MD5, "data_batch_3": "0" * 32})
    assert "its files have not the published checksums" in _fails(tmp_path)


def test_left_overs_of_a_killed_download_go(tmp_path, toronto):
    staging = tmp_path / cifar10._STAGING
    staging.mkdir()
    (staging / ARCHIVE).write_bytes(b"half of it")
    download_cifar10(tmp_path)
    assert is_official(tmp_path)
    assert not staging.exists()


def test_a_copy_is_set_aside_not_deleted(tmp_path, toronto, published):
    home = tmp_path / "home"
    shutil.copytree(published[0], home)
    batch = home / "cifar-10-batches-py" / "data_batch_1"
    batch.write_bytes(b"my only copy")
    assert not cifar10_state(home).ready
    download_cifar10(home)
    assert is_official(home)
    aside = home / "cifar-10-batches-py-set-aside-1" / "data_batch_1"
    assert aside.read_bytes() == b"my only copy"


def test_a_full_disk_and_a_folder_that_may_not_be_written(tmp_path, toronto, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("torchvision.datasets.utils._urlretrieve", full)
        assert _fails(tmp_path, StorageError) == "The disk that holds the data folder is full."
    monkeypatch.setattr(cifar10.os, "access", lambda *_: False)
    assert "cannot be written" in _fails(tmp_path, StorageError)


def test_fetch_on_the_terminal(tmp_path, toronto, monkeypatch, capsys):
    monkeypatch.setenv("CNN_LAB_DATA", str(tmp_path))
    from cnn_core.cli.main import main

    assert main(["fetch", "cifar10", "--progress"]) == 0
    said = capsys.readouterr()
    assert said.out == f"{cifar10_state(tmp_path).message}\n"
    assert f'{{"done": {cifar10.DOWNLOAD_BYTES}, "total": {cifar10.DOWNLOAD_BYTES}}}' in said.err
    assert set(fetch._SETS) == {"mnist", "cifar10", "flowers102"}
