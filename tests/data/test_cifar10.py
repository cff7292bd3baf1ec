"""CIFAR-10's batches: read as torchvision reads them, and each way a folder can be wrong."""

import os
import pickle

import numpy as np
import pytest

from cnn_core.data import cifar10
from cnn_core.data.cifar10 import cifar10_state, is_official, read_cifar10
from cnn_core.data.cifar10_batch import CLASSES
from cnn_core.errors import DataError, StorageError
from cnn_core.runtime.datasets import cached_dataset
from tests.data.cifar_files import FILES, TRAINING, batch, write_cifar


@pytest.fixture
def home(tmp_path):
    return write_cifar(tmp_path / "home")


@pytest.fixture
def place(home):
    return home / "cifar-10-batches-py"


def _refused(folder, kind=DataError):
    with pytest.raises(kind) as caught:
        read_cifar10(folder)
    error = caught.value
    assert error.hint
    assert str(folder) not in error.message + error.hint
    assert "\n" not in error.message
    return error.message


def _write(file, **changed):
    file.write_bytes(pickle.dumps(batch(**changed)))


@pytest.mark.parametrize("protocol", [0, 2, 4, 5])
def test_pictures_and_labels_are_those_of_torchvision(tmp_path, protocol, monkeypatch):
    datasets = pytest.importorskip("torchvision.datasets")
    home = write_cifar(tmp_path, protocol=protocol)
    found = read_cifar10(home)
    monkeypatch.setattr("torchvision.datasets.cifar.check_integrity", lambda *_: True)
    for part, train in ((found.train, True), (found.test, False)):
        theirs = datasets.CIFAR10(home, train=train)
        np.testing.assert_array_equal(part.images, theirs.data)
        assert part.labels.tolist() == theirs.targets
        assert list(part.classes) == theirs.classes
    assert type(found.train.images) is np.ndarray
    assert found.train.images.flags.c_contiguous
    assert (found.train.images.dtype, found.train.labels.dtype) == (np.uint8, np.int64)


def test_the_published_checksums_are_torchvisions():
    theirs = pytest.importorskip("torchvision.datasets").CIFAR10
    listed = dict(theirs.train_list + theirs.test_list)
    assert {**listed, theirs.meta["filename"]: theirs.meta["md5"]} == cifar10.OFFICIAL_MD5


def test_a_copy_says_that_it_is_one_and_of_how_many(home, place):
    found = read_cifar10(home)
    assert found.name == "CIFAR-10, unofficial copy, 100 of 50,000"
    assert not found.official
    assert found.source == "cifar10"
    assert read_cifar10(place).fingerprint == found.fingerprint
    assert cifar10_state(home).message.startswith("A part of CIFAR-10 is here, an unofficial copy")


def test_published_files_are_official_by_all_seven_checksums(home, place, monkeypatch):
    sums = {name: cifar10._md5((place / name).read_bytes()) for name in FILES}
    monkeypatch.setattr(cifar10, "OFFICIAL_MD5", sums)
    assert read_cifar10(home).official
    assert read_cifar10(home).name == "CIFAR-10"
    assert is_official(home)
    for name in ("data_batch_5", "test_batch", "batches.meta"):
        monkeypatch.setattr(cifar10, "OFFICIAL_MD5", {**sums, name: "0" * 32})
        assert not read_cifar10(home).official
        assert not is_official(home)


def test_the_copy_for_development(data_home):
    if not (data_home / "cifar-10-batches-py").is_dir():
        pytest.skip("the folder that CNN_LAB_DATA names has no cifar-10-batches-py")
    found = read_cifar10(data_home)
    if not found.official:
        assert found.name == f"CIFAR-10, unofficial copy, {len(found.train):,} of 50,000"
    for part in (found.train, found.test):
        assert len(set(np.bincount(part.labels))) == 1
        # The published means of the channels, to within what a fifth of the pictures can differ.
        means = part.images.mean((0, 1, 2)) / 255
        assert np.abs(means - [0.4914, 0.4822, 0.4465]).max() < 0.01


def test_half_a_download_names_what_is_missing(home, place):
    for name in TRAINING[2:]:
        (place / name).unlink()
    message = _refused(home)
    assert message == (
        "CIFAR-10 is incomplete: of its seven files data_batch_3, data_batch_4, data_batch_5 "
        "are missing."
    )
    assert cifar10_state(home).message == message
    assert not cifar10_state(home).ready


def test_nothing_there(tmp_path):
    assert _refused(tmp_path) == "CIFAR-10 is not in the data folder."
    assert not cifar10_state(tmp_path / "nowhere").ready


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("keep", [0, 0.5])
def test_a_file_that_is_cut_off_is_named(home, place, name, keep):
    content = (place / name).read_bytes()
    (place / name).write_bytes(content[: int(len(content) * keep)])
    assert name in _refused(home)
    assert name in cifar10_state(home).message
    assert not cifar10_state(home).ready


def test_a_batch_that_runs_a_command_does_not(home, place, tmp_path):
    class Bomb:
        def __reduce__(self):
            return os.system, (f"touch {tmp_path / 'ran'}",)

    for name in ("data_batch_2", "batches.meta"):
        (place / name).write_bytes(pickle.dumps({"data": Bomb(), "labels": [0]}))
        message = _refused(home)
        assert f"The file {name} is no plain pickle: it asks for" in message
        assert ".system, which is refused" in message
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (["a", "list"], "should hold a dictionary, but holds a list"),
        ({"labels": [0]}, "but has no such array"),
        (batch(data=np.zeros((20, 3072), np.float32)), "but has float32 (20, 3072)"),
        (batch(data=np.zeros((20, 3, 32, 32), np.uint8)), "but has uint8 (20, 3, 32, 32)"),
        (
            batch(data=np.zeros((20, 784), np.uint8)),
            "3,072 values a picture (32x32 in colour), but",
        ),
        (batch(count=0), "should hold pictures, but it is empty"),
        (batch(labels=[0] * 19), "holds 20 pictures and 19 labels"),
        (batch(labels=[0] * 19 + [10]), "labels from 0 to 9, but holds 10"),
        (batch(labels=[0] * 19 + [-1]), "labels from 0 to 9, but holds -1"),
        (batch(labels=[0.5] * 20), "a list of whole numbers, but has none"),
        (batch(labels=[True] * 20), "a list of whole numbers, but has none"),
        (batch(labels=None), "a list of whole numbers, but has none"),
        (batch(labels=None, fine_labels=[1] * 20), "is of CIFAR-100, and CIFAR-10 is expected"),
    ],
)
def test_a_pickle_that_is_no_batch_says_what_it_is(home, place, content, said):
    (place / "data_batch_4").write_bytes(pickle.dumps(content))
    message = _refused(home)
    assert message.startswith("The file data_batch_4 ")
    assert said in message


def test_labels_may_be_an_array_and_names_bytes(home, place):
    before = read_cifar10(home).fingerprint
    table = batch(seed=0)
    table["labels"] = np.array(table["labels"], np.uint8)
    table = {name.encode(): value for name, value in table.items()}
    (place / "data_batch_1").write_bytes(pickle.dumps(table))
    assert read_cifar10(home).fingerprint == before


def test_a_class_that_is_missing_is_named(home, place):
    _write(place / "test_batch", labels=[label % 9 for label in range(20)])
    assert "1 test picture or more of each class, but has 0 of truck" in _refused(home)


def test_one_picture_a_class_is_too_few(home, place):
    for seed, name in enumerate(TRAINING):
        _write(place / name, count=2, seed=seed, labels=[2 * seed, 2 * seed + 1])
    message = _refused(home)
    assert "2 training pictures or more of each class, but has 1 of airplane, automob" in message


def test_other_classes_are_not_taken_for_cifar10s(home, place):
    meta = {"label_names": sorted(CLASSES, reverse=True)}
    (place / "batches.meta").write_bytes(pickle.dumps(meta))
    assert "names others" in _refused(home)


def test_a_file_of_gigabytes_is_not_read(home, place):
    with (place / "data_batch_1").open("r+b") as stream:
        stream.truncate(10 * 2**30)  # sparse: takes no room
    assert "should be a batch of CIFAR-10 (31 MB), but has 10,737 MB" in _refused(home)


def test_a_file_that_may_not_be_read(home, monkeypatch):
    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(cifar10.Path, "read_bytes", refuse)
    assert "cannot be read (Permission denied)" in _refused(home, StorageError)


def test_a_folder_that_was_edited_is_read_again(home, place):
    before = cached_dataset("cifar10", home)
    assert cached_dataset("cifar10", home) is before
    _write(place / "data_batch_1", seed=99)
    assert cached_dataset("cifar10", home).fingerprint != before.fingerprint
