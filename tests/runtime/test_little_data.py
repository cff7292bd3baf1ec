"""Which pictures little data can run on, and what opening them gives."""

import dataclasses

import numpy as np
import pytest
from PIL import Image

from cnn_core.concepts.experiment import StopAsked
from cnn_core.concepts.little_data.settings import DRAWN, FLOWERS, LittleDataSettings
from cnn_core.data.pictures.folder import FolderSource
from cnn_core.data.pictures.intake import take_in
from cnn_core.data.pictures.store import PictureStore
from cnn_core.errors import DataError, UnknownNameError
from cnn_core.runtime import little_data, picture_watch
from cnn_core.runtime.little_data import offered_pictures, open_pictures
from cnn_core.settings import Settings

SMALL = LittleDataSettings(side=64, judged=2)


@pytest.fixture
def settings(tmp_path):
    return Settings.from_environment({"CNN_LAB_HOME": str(tmp_path)})


def write(folder, classes, each=7):
    rng = np.random.default_rng(0)
    for label in classes:
        (folder / label).mkdir(parents=True)
        for number in range(each):
            pixels = rng.integers(0, 256, (8, 10, 3)).astype(np.uint8)
            picture = Image.fromarray(pixels).resize((80, 64), Image.Resampling.NEAREST)
            picture.save(folder / label / f"{number}.png")
    return folder


def test_without_photos_drawn_flowers_are_offered(settings):
    flowers, drawn = offered_pictures(settings)
    assert (flowers[0], flowers[2].ready) == (FLOWERS, False)
    assert flowers[2].hint
    assert (drawn[0], drawn[2].ready) == (DRAWN, True)
    with pytest.raises(DataError, match="No flower photos"):
        open_pictures(settings, dataclasses.replace(SMALL, data=FLOWERS))


def test_drawn_flowers_are_the_same_ones_each_time(settings, monkeypatch):
    monkeypatch.setattr(little_data, "EACH", 6)
    first = open_pictures(settings, dataclasses.replace(SMALL, data=DRAWN))
    again = open_pictures(settings, dataclasses.replace(SMALL, data=DRAWN))
    assert first.synthetic
    assert first.info.fingerprint == again.info.fingerprint
    images = first.load()
    assert images.shape == (6 * len(first.classes), 64, 64, 3)
    assert np.array_equal(images, again.load())
    assert (first.info.train_size, first.info.test_size) == (
        len(images) - 2 * len(first.classes),
        2 * len(first.classes),
    )


def test_a_folder_of_ones_own_is_offered_and_opened(settings, tmp_path):
    store = PictureStore(settings.pictures)
    snapshot = take_in(store, FolderSource(write(tmp_path / "cups", ("blue", "red"))))
    name, title, state = offered_pictures(settings)[-1]
    assert snapshot.id.startswith(name)
    assert len(name) <= 40
    assert title == "cups"
    assert state.ready
    data = open_pictures(settings, dataclasses.replace(SMALL, data=name))
    assert data.classes == ("blue", "red")
    assert data.load().shape == (14, 64, 64, 3)
    assert data.info.location == ""
    assert np.bincount(data.labels).tolist() == [7, 7]
    with pytest.raises(UnknownNameError):
        open_pictures(settings, dataclasses.replace(SMALL, data="ffffffffffff"))


def test_flower_photos_are_taken_in_once(settings, monkeypatch):
    write(settings.data / "flower_photos", ("daisy", "roses"))
    first = open_pictures(settings, SMALL)

    def again(*_, **__):
        raise AssertionError("the photos are in the store already")

    monkeypatch.setattr(little_data, "take_in", again)
    assert open_pictures(settings, SMALL).info == first.info
    assert [name for name, _, _ in offered_pictures(settings)] == [FLOWERS, DRAWN]


def test_features_are_remembered(settings, monkeypatch):
    monkeypatch.setattr(little_data, "EACH", 6)
    data = open_pictures(settings, dataclasses.replace(SMALL, data=DRAWN))
    images = data.load()
    looked = []

    def see(some):
        looked.append(len(some))
        return some.mean(axis=(1, 2)).astype(np.float32)

    first = data.remember(images, "frozen", see)
    assert np.allclose(first, images.mean(axis=(1, 2)))
    assert sum(looked) == len(images) + 1
    looked.clear()
    assert np.array_equal(data.remember(images, "frozen", see), first)
    assert sum(looked) == 1, "one picture, for the shape"
    data.remember(images, "last-block", see)
    assert sum(looked) == len(images) + 2


def test_what_takes_long_is_told_and_stops_when_asked(settings, monkeypatch):
    monkeypatch.setattr(little_data, "EACH", 6)
    monkeypatch.setattr(picture_watch, "_REPORT_SECONDS", 0.0)
    told, stopped = [], False
    data = open_pictures(
        settings,
        dataclasses.replace(SMALL, data=DRAWN),
        report=told.append,
        asked_to_stop=lambda: stopped,
    )
    images = data.load()
    assert [event.done for event in told] == list(range(1, len(images) + 1))
    assert {(event.what, event.total) for event in told} == {("The flowers are drawn", len(images))}

    def see(some):
        return some.mean(axis=(1, 2)).astype(np.float32)

    told.clear()
    data.remember(images, "frozen", see)
    assert told[-1].done == told[-1].total == len(images)
    stopped = True
    with pytest.raises(StopAsked):
        data.load()
    with pytest.raises(StopAsked):
        data.remember(images, "last-block", see)
