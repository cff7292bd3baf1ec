"""Flowers as a snapshot: drawn ones are marked as such, Oxford's say where they are from."""

import pytest

from cnn_core.data.pictures import flowers
from cnn_core.data.pictures.drawn_flowers import LABELS
from cnn_core.data.pictures.flowers import take_drawn_flowers, take_flowers102
from cnn_core.data.pictures.store import PictureStore
from cnn_core.errors import DataError


def test_drawn_flowers_are_synthetic_and_the_same_every_time(tmp_path):
    store, seen = PictureStore(tmp_path), []
    snapshot = take_drawn_flowers(store, each=2, progress=seen.append)
    assert snapshot.synthetic
    assert snapshot.classes == tuple(sorted(LABELS))
    assert len(snapshot.pictures) == 2 * len(LABELS)
    assert seen[-1].done == seen[-1].total == len(snapshot.pictures)
    assert take_drawn_flowers(store, each=2) == snapshot


def test_drawing_can_be_stopped(tmp_path):
    store = PictureStore(tmp_path)
    with pytest.raises(DataError, match="stopped"):
        take_drawn_flowers(store, each=1, cancelled=lambda: True)
    assert store.snapshots() == []


def test_oxfords_flowers_keep_their_classes_and_their_source(tmp_path, monkeypatch):
    drawn = flowers.write_drawn_flowers(tmp_path / "drawn", each=2, labels=("rose", "tulip"))
    found = [(f"{path.parent.name}/{path.name}", path) for path in sorted(drawn.rglob("*.jpg"))]
    monkeypatch.setattr(flowers, "flower_files", lambda data, names: found)
    snapshot = take_flowers102(PictureStore(tmp_path / "store"), tmp_path, names=("rose", "tulip"))
    assert snapshot.classes == ("rose", "tulip")
    assert not snapshot.synthetic
    assert "Nilsback" in snapshot.citation
    assert snapshot.licence
