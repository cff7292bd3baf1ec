"""Drawn flowers: the same for the same seed, all different, every kind unlike the others."""

import numpy as np
import pytest

from cnn_core.data.decode import decode
from cnn_core.data.pictures.drawn_flowers import LABELS, SIDE, drawn_flower, write_drawn_flowers


@pytest.mark.parametrize("label", LABELS)
def test_a_flower_is_decided_by_label_number_and_seed(label):
    first = np.asarray(drawn_flower(label, 3))
    assert first.shape == (SIDE, SIDE, 3)
    assert np.array_equal(first, np.asarray(drawn_flower(label, 3)))
    for other in (drawn_flower(label, 4), drawn_flower(label, 3, seed=1)):
        assert np.abs(first.astype(int) - np.asarray(other)).mean() > 5


def test_the_folder_has_a_class_folder_for_each_kind(tmp_path):
    folder = write_drawn_flowers(tmp_path / "flowers", each=2, labels=("rose", "tulip"))
    files = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.jpg"))
    assert files == [
        "rose/rose-000.jpg",
        "rose/rose-001.jpg",
        "tulip/tulip-000.jpg",
        "tulip/tulip-001.jpg",
    ]
    assert decode((folder / files[0]).read_bytes()).shape == (SIDE, SIDE, 3)
