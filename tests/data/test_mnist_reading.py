"""MNIST from files: what is read, what is refused and in which words."""

import gzip
import time
from pathlib import Path

import numpy as np
import pytest

from cnn_core.data.images import fingerprint
from cnn_core.data.mnist import OFFICIAL_SHA256, mnist_state, read_mnist
from cnn_core.errors import CnnLabError, DataError

IMAGES, LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"


def test_real_files_are_official_and_equal_to_torchvisions_reading(data_home, real_mnist):
    datasets = pytest.importorskip("torchvision.datasets")
    assert (real_mnist.name, real_mnist.official) == ("MNIST", True)
    assert real_mnist.train.images.shape == (60_000, 28, 28)
    for part, train in ((real_mnist.train, True), (real_mnist.test, False)):
        other = datasets.MNIST(str(data_home), train=train, download=False)
        assert np.array_equal(part.images, other.data.numpy())
        assert np.array_equal(part.labels, other.targets.numpy())
    assert real_mnist.fingerprint == (
        "3c4cc0db2a25ab6be26edeebe0171ac5fb885ce2fc16c991a4f6c382733d5dbe"
    )


def test_real_state_is_cheap_and_says_how_many(data_home):
    begin = time.perf_counter()
    states = [mnist_state(data_home) for _ in range(20)]
    assert (time.perf_counter() - begin) / 20 < 0.02
    assert states[0].ready
    assert "60,000" in states[0].message


@pytest.mark.parametrize("place", ["", "raw", "MNIST/raw"])
@pytest.mark.parametrize("zipped", [False, True])
def test_files_are_found_in_each_place_plain_or_in_gzip(tmp_path, small_files, place, zipped):
    folder = tmp_path / place
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in small_files.items():
        if zipped:
            (folder / f"{name}.gz").write_bytes(gzip.compress(content))
        else:
            (folder / name).write_bytes(content)
    assert mnist_state(tmp_path).ready
    dataset = read_mnist(tmp_path)
    assert (dataset.name, dataset.official) == ("MNIST (unofficial copy)", False)
    assert dataset.location == str(tmp_path)
    assert (len(dataset.train), len(dataset.test)) == (30, 10)
    assert dataset.train.images.tobytes() == small_files[IMAGES][16:]
    assert dataset.train.images.dtype == np.uint8
    assert dataset.train.labels.dtype == np.int64
    assert dataset.train.classes == tuple("0123456789")


def test_one_changed_pixel_is_no_longer_official(data_home, tmp_path):
    raw = data_home / "MNIST" / "raw"
    for name in OFFICIAL_SHA256:
        (tmp_path / name).write_bytes((raw / name).read_bytes())
    assert read_mnist(tmp_path).official
    with (tmp_path / "t10k-images-idx3-ubyte").open("r+b") as file:
        file.seek(-1, 2)
        file.write(b"\x01")
    dataset = read_mnist(tmp_path)
    assert (dataset.name, dataset.official) == ("MNIST (unofficial copy)", False)


def test_fingerprint_depends_on_pixels_labels_and_shape(small_mnist):
    dataset = read_mnist(small_mnist)
    other = read_mnist(small_mnist)
    assert other.fingerprint == dataset.fingerprint
    other.train.images[3, 4, 5] ^= 1
    assert fingerprint(other.train, other.test) != dataset.fingerprint
    other.train.images[3, 4, 5] ^= 1
    other.test.labels[0] += 1
    assert fingerprint(other.train, other.test) != dataset.fingerprint


def _refused(folder: Path) -> CnnLabError:
    with pytest.raises(DataError) as caught:
        read_mnist(folder)
    assert caught.value.hint
    assert caught.value.message.endswith(".")
    assert str(folder) not in caught.value.message + caught.value.hint
    return caught.value


def _header_damage(content: bytes, at: int, value: int) -> bytes:
    return content[:at] + value.to_bytes(4, "big") + content[at + 4 :]


DAMAGES = {
    "empty": (IMAGES, lambda b: b"", "header should have 16 bytes, but only 0"),
    "short header": (LABELS, lambda b: b[:5], "header should have 8 bytes, but only 5"),
    "magic": (IMAGES, lambda b: b"PK\x03\x04" + b[4:], "should begin with 00000803"),
    "labels as images": (LABELS, lambda b: b"\0\0\x08\x03" + b[4:], "begin with 00000801"),
    "not 28x28": (
        IMAGES,
        lambda b: _header_damage(b, 8, 27),
        "should be 28x28, but it declares 27x28",
    ),
    "cut short": (IMAGES, lambda b: b[:-1], "declares 23,536 bytes, but the file holds 23,535"),
    "bytes left over": (IMAGES, lambda b: b + b"\0", "the file holds 23,537"),
    "no items": (LABELS, lambda b: _header_damage(b, 4, 0), "declares 0 items"),
    "billions": (IMAGES, lambda b: _header_damage(b, 4, 2**32 - 1), "4,294,967,295 items"),
    "fewer labels": (LABELS, lambda b: _header_damage(b[:-1], 4, 29), "30 labels, one a picture"),
}


@pytest.mark.parametrize("case", DAMAGES)
@pytest.mark.parametrize("zipped", [False, True])
def test_damaged_files_are_named_by_reader_and_state(small_mnist, small_files, case, zipped):
    name, damage, words = DAMAGES[case]
    path = small_mnist / "MNIST" / "raw" / name
    content = damage(small_files[name])
    if zipped:
        path.unlink()
        path = path.with_name(f"{name}.gz")
        content = gzip.compress(content)
    path.write_bytes(content)
    error = _refused(small_mnist)
    assert words in error.message
    assert path.name in error.message
    state = mnist_state(small_mnist)
    assert not state.ready
    assert (state.message, state.hint) == (error.message, error.hint)


@pytest.mark.parametrize("keep", [1, 10, 200])
def test_a_gzip_that_is_cut_short_is_damaged(small_mnist, small_files, keep):
    path = small_mnist / "MNIST" / "raw" / IMAGES
    path.unlink()
    path.with_name(f"{IMAGES}.gz").write_bytes(gzip.compress(small_files[IMAGES])[:keep])
    assert f"{IMAGES}.gz is damaged" in _refused(small_mnist).message


def test_a_gzip_bomb_is_refused_without_being_inflated(small_mnist, small_files):
    path = small_mnist / "MNIST" / "raw" / LABELS
    path.unlink()
    bomb = gzip.compress(small_files[LABELS] + bytes(200 * 2**20), 9)
    assert len(bomb) < 2**20
    path.with_name(f"{LABELS}.gz").write_bytes(bomb)
    begin = time.perf_counter()
    assert "damaged" in _refused(small_mnist).message
    assert time.perf_counter() - begin < 0.2


def test_a_label_beyond_nine_is_refused(small_mnist, small_files):
    path = small_mnist / "MNIST" / "raw" / LABELS
    path.write_bytes(small_files[LABELS][:-1] + b"\x0a")
    assert "labels from 0 to 9, but holds 10" in _refused(small_mnist).message


def test_missing_files_are_named_and_nothing_at_all_is_said_so(small_mnist, tmp_path):
    (small_mnist / "MNIST" / "raw" / LABELS).unlink()
    assert _refused(small_mnist).message == f"MNIST is incomplete: {LABELS} is missing."
    assert _refused(tmp_path / "nowhere").message == "MNIST is not in the data folder."
    assert not mnist_state(tmp_path / "nowhere").ready


def test_a_whole_place_goes_before_an_incomplete_one(small_mnist, small_files):
    (small_mnist / IMAGES).write_bytes(b"left over")
    assert mnist_state(small_mnist).ready
    assert len(read_mnist(small_mnist).train) == 30


def test_a_directory_of_that_name_is_not_a_file(small_mnist):
    path = small_mnist / "MNIST" / "raw" / LABELS
    path.unlink()
    path.mkdir()
    assert "is missing" in _refused(small_mnist).message
