"""The registry of data sets, scikit-learn's digits, and that none of it loads torch."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import cnn_core.data
from cnn_core.data import digits as bundled_digits
from cnn_core.data.datasets import (
    SOURCES,
    dataset_state,
    open_dataset,
    require_alike,
    sources_like,
)
from cnn_core.data.digits import read_digits
from cnn_core.errors import DataError, UnknownNameError

MODULES = sorted(path.stem for path in Path(cnn_core.data.__path__[0]).glob("[a-z]*.py"))


@pytest.fixture(scope="module")
def digits():
    return read_digits()


@pytest.mark.parametrize(
    "source",
    [
        row.id if row.bundled else pytest.param(row.id, marks=pytest.mark.data)
        for row in SOURCES.values()
    ],
)
def test_every_row_is_complete_and_opens(source, request):
    row = SOURCES[source]
    assert row.id == source
    assert "https://" in row.citation
    folder = Path() if row.bundled else request.getfixturevalue("data_home")
    assert dataset_state(source, folder).ready
    dataset = open_dataset(source, folder)
    assert dataset.source == source
    if dataset.official or row.bundled:
        assert f"{len(dataset.train):,} training and {len(dataset.test):,} test" in row.sizes
    for part in (dataset.train, dataset.test):
        assert part.classes == row.classes
        assert part.images.shape == (len(part), *row.shape)
        assert part.images.dtype == np.uint8
        assert part.labels.shape == (len(part),)
        assert set(np.unique(part.labels)) == set(range(len(part.classes)))


@pytest.mark.parametrize("name", ["", "cifar", "MNIST", "../mnist"])
def test_unknown_names_are_refused_and_the_known_ones_named(name, tmp_path):
    for ask in (open_dataset, dataset_state):
        with pytest.raises(UnknownNameError) as caught:
            ask(name, tmp_path)
        assert caught.value.hint == "The data sets are mnist, digits, cifar10."


def test_a_recipe_trains_on_pictures_of_its_own_shape_alone():
    for row in SOURCES.values():
        for other in sources_like(row.id):
            require_alike(other, row.id)
    with pytest.raises(DataError) as caught:
        require_alike("mnist", "cifar10")
    assert caught.value.hint == "Choose CIFAR-10."


def test_never_a_silent_switch(tmp_path):
    assert not dataset_state("mnist", tmp_path).ready
    with pytest.raises(DataError, match="MNIST is not in the data folder"):
        open_dataset("mnist", tmp_path)


def test_digits_are_named_split_and_stratified(digits):
    assert digits.name == "scikit-learn digits (1,797, 8x8 enlarged)"
    assert digits.location == ""
    assert (len(digits.train), len(digits.test)) == (1437, 360)
    both = np.bincount(digits.train.labels) + np.bincount(digits.test.labels)
    assert np.abs(np.bincount(digits.test.labels) - both * 360 / 1797).max() < 1


def test_digits_are_those_that_scikit_learn_loads(digits, monkeypatch):
    bundle = pytest.importorskip("sklearn.datasets").load_digits()
    pictures, labels = bundled_digits._bundle()
    np.testing.assert_array_equal(pictures, bundle.images)
    np.testing.assert_array_equal(labels, bundle.target)
    monkeypatch.setattr(bundled_digits, "_TABLE", Path("elsewhere.csv.gz"))
    assert read_digits().fingerprint == digits.fingerprint


def test_digits_are_the_same_each_time(digits):
    assert read_digits().fingerprint == digits.fingerprint


def test_digits_have_mnists_form(digits):
    images = digits.train.images
    ink = images > 0
    height, width = (
        28 - (line := ink.any(axis=axis)).argmax(1) - line[:, ::-1].argmax(1) for axis in (2, 1)
    )
    assert set(np.maximum(height, width)) == {20}
    weights = images.sum((1, 2))
    for axis in (1, 2):
        centre = (images.sum(3 - axis) * np.arange(28)).sum(1) / weights
        assert np.abs(centre - 14).max() < 0.52
    assert images.max() > 240


def test_digits_train_a_classifier_that_reads_the_test_part(digits):
    neighbors = pytest.importorskip("sklearn.neighbors")
    train, test = (part.images.reshape(len(part), -1) / 255 for part in (digits.train, digits.test))
    model = neighbors.KNeighborsClassifier(3).fit(train, digits.train.labels)
    assert model.score(test, digits.test.labels) > 0.97


@pytest.mark.parametrize("module", MODULES)
def test_importing_loads_neither_torch_nor_sklearn(module):
    code = (
        f"import sys, cnn_core.data.{module.replace('__init__', 'images')}; "
        "print([name for name in ('torch', 'torchvision', 'sklearn', 'streamlit') "
        "if name in sys.modules])"
    )
    root = Path(cnn_core.data.__path__[0]).parents[1]
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=root, check=True
    )
    assert done.stdout.strip() == "[]"
