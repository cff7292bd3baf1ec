"""Oxford's flowers: torchvision's download against a server on loopback; files by class."""

import hashlib
import io
import tarfile

import numpy as np
import pytest
from scipy.io import savemat

from cnn_core.data.pictures import flowers102
from cnn_core.data.pictures.drawn_flowers import drawn_flower
from cnn_core.data.pictures.flowers102 import (
    FIVE,
    download_flowers102,
    flower_files,
    flowers102_state,
)
from cnn_core.data.pictures.flowers102_names import NAMES
from cnn_core.errors import DataError, UnknownNameError

datasets = pytest.importorskip("torchvision.datasets")
LABELS = [NAMES.index("rose") + 1, NAMES.index("sunflower") + 1, NAMES.index("rose") + 1]


def _mat(**arrays):
    buffer = io.BytesIO()
    savemat(buffer, arrays)
    return buffer.getvalue()


def _archive():
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for number in range(1, len(LABELS) + 1):
            picture = io.BytesIO()
            drawn_flower("rose", number).save(picture, "JPEG")
            entry = tarfile.TarInfo(f"jpg/image_{number:05d}.jpg")
            entry.size = len(picture.getvalue())
            tar.addfile(entry, io.BytesIO(picture.getvalue()))
    return buffer.getvalue()


@pytest.fixture
def oxford(server, monkeypatch):
    """The server with three pictures, torchvision's addresses and checksums pointing at it."""
    ids = {name: np.array([1, 2, 3]) for name in ("trnid", "valid", "tstid")}
    server.files.clear()
    server.files.update(
        {
            "102flowers.tgz": _archive(),
            "imagelabels.mat": _mat(labels=np.array([LABELS])),
            "setid.mat": _mat(**ids),
        }
    )
    files = {
        key: (name, hashlib.md5(server.files[name]).hexdigest())
        for key, (name, _) in datasets.Flowers102._file_dict.items()
    }
    monkeypatch.setattr(datasets.Flowers102, "_file_dict", files)
    monkeypatch.setattr(datasets.Flowers102, "_download_url_prefix", server.url)
    monkeypatch.setattr(flowers102, "DOWNLOAD_BYTES", sum(map(len, server.files.values())))
    return server


def test_the_names_are_torchvisions():
    assert list(NAMES) == datasets.Flowers102.classes
    assert set(FIVE) <= set(NAMES)


def test_download_once_and_find_the_files_by_class(tmp_path, oxford, capfd):
    seen = []
    assert not flowers102_state(tmp_path).ready
    download_flowers102(tmp_path, on_progress=lambda done, total: seen.append((done, total)))
    assert flowers102_state(tmp_path).ready
    assert [count for count, _ in seen] == sorted(count for count, _ in seen)
    assert seen[-1] == (flowers102.DOWNLOAD_BYTES, flowers102.DOWNLOAD_BYTES)
    assert capfd.readouterr() == ("", "")

    asked = len(oxford.asked)
    download_flowers102(tmp_path)
    assert len(oxford.asked) == asked

    found = flower_files(tmp_path, ("sunflower", "rose"))
    assert [name for name, _ in found] == [
        "sunflower/image_00002.jpg",
        "rose/image_00001.jpg",
        "rose/image_00003.jpg",
    ]
    assert all(file.is_file() for _, file in found)


@pytest.mark.parametrize("fault", ["404", "half"])
@pytest.mark.parametrize("file", ["102flowers.tgz", "setid.mat"])
def test_a_download_that_fails_says_why_and_does_not_count(tmp_path, oxford, file, fault):
    oxford.behaviour[file] = fault
    with pytest.raises(DataError) as caught:
        download_flowers102(tmp_path)
    assert caught.value.hint
    assert str(tmp_path) not in caught.value.message
    assert not flowers102_state(tmp_path).ready
    with pytest.raises(DataError, match="not on this machine"):
        flower_files(tmp_path)
    oxford.behaviour.clear()
    download_flowers102(tmp_path)
    assert flowers102_state(tmp_path).ready


def test_another_file_than_was_published_is_refused(tmp_path, oxford):
    oxford.files["imagelabels.mat"] += b" "
    with pytest.raises(DataError, match="incomplete or altered"):
        download_flowers102(tmp_path)
    assert not flowers102_state(tmp_path).ready


def test_a_class_that_there_is_not_is_refused(tmp_path):
    with pytest.raises(UnknownNameError, match="no class named 'oak'"):
        flower_files(tmp_path, ("oak",))


def test_labels_that_are_damaged_are_said_to_be(tmp_path, oxford):
    download_flowers102(tmp_path)
    (tmp_path / "flowers-102" / "imagelabels.mat").write_bytes(b"no table")
    with pytest.raises(DataError, match=r"imagelabels\.mat"):
        flower_files(tmp_path)
