"""A store of its own for each test."""

import pytest

from cnn_core.data.pictures.store import PictureStore


@pytest.fixture
def store(tmp_path):
    return PictureStore(tmp_path / "pictures")
