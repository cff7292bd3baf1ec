"""What the page says of decisions, which copies it calls spare, and what a sheet of pictures is."""

import io
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from PIL import Image

from cnn_core.data.pictures.flowers import take_drawn_flowers
from cnn_core.data.pictures.store import PictureStore
from cnn_core.results.pictures import Decision, Finding
from cnn_core.ui.own_pictures.browse import ORDERS, places_of
from cnn_core.ui.own_pictures.decisions import decided_words, step_words
from cnn_core.ui.own_pictures.doctor import superfluous
from cnn_core.ui.own_pictures.overview import sizes_words
from cnn_core.ui.own_pictures.state import Chosen
from cnn_core.ui.own_pictures.thumbnails import GAP, SIDE, Shown, sheet, sheet_size

LEAVE_OUT = partial(Decision, action="exclude")


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return PictureStore(tmp_path_factory.mktemp("pictures"))


@pytest.fixture(scope="module")
def snapshot(store):
    return take_drawn_flowers(store, each=4, labels=("rose", "tulip"))


@pytest.fixture
def chosen(store, snapshot):
    """Return a function that opens the pictures with decisions."""

    def open_with(*decisions):
        return Chosen(store=store, snapshot=snapshot, decisions=decisions, grouped=True)

    return open_with


def test_a_step_is_said_in_words(snapshot):
    words = partial(step_words, snapshot)
    out, call = LEAVE_OUT(picture=1), Decision(picture=2, action="relabel", label="tulip")
    back = Decision(picture=3, action="keep")
    assert words((out,)) == "leave out 1 picture"
    assert words((out,), named=True) == "leave out rose/rose-001.jpg"
    assert words((call, back)) == "call 2 pictures tulip"
    assert words((back,)) == "take back what was decided of 1 picture"
    assert words((out, call)) == "decide on 2 pictures as the run did"


def test_what_is_decided_counts_the_last_word_on_each_picture(chosen):
    call = Decision(picture=1, action="relabel", label="tulip")
    assert decided_words(chosen()) == "nothing is decided"
    assert decided_words(chosen(LEAVE_OUT(picture=0), LEAVE_OUT(picture=1), call)) == (
        "1 left out, 1 with another class"
    )
    assert decided_words(chosen(call, Decision(picture=1, action="keep"))) == "nothing is decided"


def test_spare_copies_leave_one_of_each_group_the_one_that_judges(store, snapshot):
    parts = ["train", "test", "valid", "train", "train", "train", "train", "train"]
    pictures = tuple(
        replace(picture, part=part) for picture, part in zip(snapshot.pictures, parts, strict=True)
    )
    chosen = Chosen(
        store=store,
        snapshot=replace(snapshot, pictures=pictures),
        decisions=(LEAVE_OUT(picture=4),),
        grouped=True,
    )
    finding = Finding(
        kind="across-parts",
        severity="warning",
        sentence="",
        hint="",
        pictures=(0, 1, 2, 4, 5),
        groups=((0, 1, 2), (4, 5)),
    )
    assert superfluous(chosen, finding) == [2, 0]  # of the second group one is left already
    assert superfluous(chosen, replace(finding, kind="across-classes")) == [0, 1, 2, 5]
    assert superfluous(chosen, replace(finding, kind="dark", groups=())) == [0, 1, 2, 5]


@pytest.mark.parametrize("order", ORDERS)
def test_every_order_shows_every_picture_once(chosen, snapshot, order):
    places = places_of(chosen(), -1, order)
    assert sorted(places.tolist()) == list(range(8))
    if order == "dark":
        brightness = [snapshot.pictures[place].brightness for place in places]
        assert brightness == sorted(brightness)


def test_a_class_shows_what_is_in_it_now_and_what_was_left_out_of_it(chosen):
    call = Decision(picture=1, action="relabel", label="tulip")
    now = chosen(LEAVE_OUT(picture=0), call)
    assert places_of(now, 0, "name").tolist() == [0, 2, 3]
    assert places_of(now, 1, "name").tolist() == [1, 4, 5, 6, 7]


def test_sizes_are_said(snapshot):
    assert sizes_words(snapshot).startswith("The pictures are 160 pixels wide and 160 high")
    assert "square" in sizes_words(snapshot)


def pixels(file):
    return np.asarray(Image.open(io.BytesIO(file)).convert("RGB"), dtype=np.float64)


def cell(image, number):
    left = GAP + number * (SIDE + GAP)
    return image[GAP : GAP + SIDE, left : left + SIDE]


def test_a_sheet_marks_what_was_left_out_and_what_was_drawn(store, snapshot):
    plain = replace(snapshot, id="b" * 64, synthetic=False)
    shown = (Shown(place=0), Shown(place=1))
    one = pixels(sheet(store, plain, shown))
    assert one.shape[:2] == sheet_size(2)[::-1]
    out = pixels(sheet(store, plain, (Shown(place=0, excluded=True), Shown(place=1))))
    assert np.abs(cell(out, 0) - cell(one, 0)).mean() > 20
    assert np.abs(cell(out, 1) - cell(one, 1)).mean() < 1
    drawn = pixels(sheet(store, snapshot, shown))
    changed = np.abs(cell(drawn, 1) - cell(one, 1)).mean(axis=(1, 2))
    assert changed[-16:].mean() > 20  # a strip at the foot says "synthetic"
    assert changed[:-24].mean() < 1


def test_a_picture_that_is_gone_is_an_empty_cell(store, snapshot):
    first = replace(snapshot.pictures[0], sha256="0" * 64)
    gone = replace(snapshot, id="c" * 64, synthetic=False, pictures=(first,))
    empty = cell(pixels(sheet(store, gone, (Shown(place=0),))), 0)
    assert empty[8:-8, 8:-8].std(axis=(0, 1)).max() < 1
