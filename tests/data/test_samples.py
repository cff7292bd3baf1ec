"""Every sample photo is inside the installed package, a photo, and free to show."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from cnn_core.data import samples
from cnn_core.data.samples import SAMPLES, sample_names, sample_picture
from cnn_core.errors import DataError, UnknownNameError


@pytest.mark.parametrize("name", sample_names())
def test_every_sample_is_a_photo_that_is_there(name):
    pixels = sample_picture(name)
    assert pixels.dtype == np.uint8
    assert pixels.ndim == 3
    assert pixels.shape[2] == 3
    assert 300 <= min(pixels.shape[:2]) <= max(pixels.shape[:2]) <= 1000
    assert pixels.std() > 15
    assert SAMPLES[name].credit
    assert SAMPLES[name].licence
    assert pixels.flags.writeable


def test_the_cat_is_as_scikit_image_reads_it():
    from skimage import data

    assert np.array_equal(sample_picture("cat"), data.cat())
    assert np.array_equal(sample_picture("coffee"), data.coffee())
    assert np.array_equal(sample_picture("camera")[..., 1], data.camera())


def test_scikit_image_is_not_imported_for_it():
    code = (
        "import sys; from cnn_core.data.samples import sample_picture; sample_picture('cat');"
        "print('skimage' in sys.modules, 'torch' in sys.modules)"
    )
    run = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.split() == ["False", "False"]


@pytest.mark.parametrize("name", ["dog", "", "../cat", "Cat"])
def test_another_name_is_refused_with_those_there_are(name):
    with pytest.raises(UnknownNameError, match="There is no sample photo named") as caught:
        sample_picture(name)
    assert "cat, coffee, rocket" in caught.value.hint


def test_without_the_package_or_the_file_it_says_so(monkeypatch, tmp_path):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(DataError, match="need scikit-image, but it is not installed") as caught:
        sample_picture("cat")
    assert caught.value.hint
    monkeypatch.setattr(samples, "_data_folder", lambda: tmp_path)
    with pytest.raises(DataError, match="'cat' is missing from the installed") as caught:
        sample_picture("cat")
    assert str(tmp_path) not in str(caught.value)
