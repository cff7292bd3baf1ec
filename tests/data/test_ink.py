"""From a photo to ink, and MNIST's own form: against the published pictures."""

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from cnn_core.data.ink import ink_from_photo, mnist_form
from cnn_core.errors import PictureError


def _moved(form):
    """The form and its shifts by one pixel."""
    return [np.roll(form, (y, x), (0, 1)) for y in (-1, 0, 1) for x in (-1, 0, 1)]


def _likeness(form, picture):
    """Greatest correlation over shifts of one pixel, which rounding the centre may cost."""
    return max(np.corrcoef(moved.ravel(), picture.ravel())[0, 1] for moved in _moved(form))


def _enlarged(picture, side):
    large = Image.fromarray(picture).resize((side, side), Image.Resampling.BICUBIC)
    return np.asarray(large, dtype=np.float32) / 255


def _photo(
    ink, *, height=480, width=640, at=(100, 200), paper=0.9, pen=0.2, slope=0.5, noise=6, shadow=1.0
):
    """A synthetic photo: ink on paper under light that falls off, a hard shadow, and noise."""
    rng = np.random.default_rng(1)
    page = np.zeros((height, width))
    page[at[0] : at[0] + ink.shape[0], at[1] : at[1] + ink.shape[1]] = ink
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    light = (1 - slope * (0.6 * x + 0.4 * y)) * np.where(x + 0.3 * y > 0.75, shadow, 1)
    grey = ndimage.gaussian_filter(255 * light * (paper + (pen - paper) * page), 1)
    grey = np.clip(grey + rng.normal(0, noise, grey.shape), 0, 255).astype(np.uint8)
    return np.repeat(grey[..., None], 3, axis=2)


def _five():
    """A 5 drawn with straight strokes, its bar apart from the rest: 200 x 120."""
    ink = np.zeros((200, 120), np.float32)
    ink[0:18, 20:120] = 1
    ink[30:100, 20:38] = 1
    ink[82:100, 20:110] = 1
    ink[82:200, 100:118] = 1
    ink[182:200, 10:118] = 1
    return ink


def test_mnist_pictures_enlarged_and_moved_come_back(real_mnist):
    for picture in real_mnist.test.images[:300]:
        large = np.kron(picture, np.ones((10, 10), np.uint8)).astype(np.float32) / 255
        moved = np.pad(large, ((31, 7), (0, 55)))
        form = mnist_form(moved).form * 255
        nearest = min(np.abs(moved - picture).mean() for moved in _moved(form))
        assert nearest < 1.0  # of 255; the rounding of the centre may cost one pixel


def test_most_mnist_pictures_come_back_without_a_shift(real_mnist):
    exact = [
        np.abs(mnist_form(picture.astype(np.float32) / 255).form * 255 - picture).mean() < 0.5
        for picture in real_mnist.test.images[:1000]
    ]
    assert np.mean(exact) > 0.99


@pytest.mark.parametrize("side", [23, 100, 333])
def test_any_enlargement_stays_close(real_mnist, side):
    likeness = [
        _likeness(mnist_form(_enlarged(p, side)).form, p) for p in real_mnist.test.images[:100]
    ]
    assert np.mean(likeness) > 0.93
    assert min(likeness) > 0.75


def test_form_of_a_stroke_has_the_box_the_centre_and_the_ratio():
    ink = np.zeros((300, 200), np.float32)
    ink[50:250, 20:60] = 1
    result = mnist_form(ink)
    assert result.box.shape == (20, 20)
    assert result.form.shape == (28, 28)
    assert result.box.dtype == result.form.dtype == np.float32
    assert result.form.any(1).sum() == 20
    assert result.form.any(0).sum() == 4
    assert result.form.sum() == pytest.approx(80)
    assert result.box.any(0).nonzero()[0].tolist() == [8, 9, 10, 11]


def test_form_keeps_all_ink_in_sight_however_lopsided():
    ink = np.zeros((200, 200), np.float32)
    ink[:10, :10] = 1
    ink[:, 190:] = 1
    form = mnist_form(ink).form
    assert form.sum() == pytest.approx(1 + 20, abs=0.1)


def test_form_is_the_same_wherever_the_digit_is_and_leaves_its_input_alone():
    ink = np.zeros((280, 280), np.float32)
    ink[10:210, 5:125] = _five()
    before = ink.copy()
    elsewhere = np.roll(ink, (60, 140), (0, 1))
    assert np.array_equal(mnist_form(ink).form, mnist_form(elsewhere).form)
    assert np.array_equal(ink, before)


@pytest.mark.parametrize(
    "ink",
    [
        np.zeros((28, 28), np.float32),
        np.full((28, 28), np.nan, np.float32),
        np.full((28, 28), 2, np.float32),
        np.full((28, 28), -1, np.float32),
        np.ones((0, 5), np.float32),
        np.ones((3, 28, 28), np.float32),
    ],
)
def test_form_refuses_what_is_not_ink(ink):
    with pytest.raises(PictureError):
        mnist_form(ink)


def test_form_takes_one_pixel():
    assert mnist_form(np.ones((1, 1), np.float32)).form.sum() == pytest.approx(400)


PHOTOS = {
    "dark on light": {},
    "light on dark": {"paper": 0.15, "pen": 0.9},
    "strong slope of light": {"slope": 0.9},
    "light on dark under a slope": {"paper": 0.15, "pen": 0.9, "slope": 0.8},
    "hard shadow": {"shadow": 0.6},
    "pencil": {"pen": 0.7},
    "noise": {"noise": 25},
    "at the border": {"at": (279, 1)},
}


@pytest.mark.parametrize("case", PHOTOS)
def test_a_drawn_five_is_found(case):
    found = ink_from_photo(_photo(_five(), **PHOTOS[case]))
    assert found.shape == (280, 280)
    assert found.dtype == np.float32
    assert found.min() >= 0
    assert found.max() <= 1
    rows, columns = (found > 0.5).any(1).nonzero()[0], (found > 0.5).any(0).nonzero()[0]
    assert 190 <= np.ptp(rows) + 1 <= 210
    assert np.ptp(columns) / np.ptp(rows) == pytest.approx(110 / 200, abs=0.05)
    assert _likeness(mnist_form(found).form, mnist_form(_five()).form) > 0.93


@pytest.mark.parametrize("case", PHOTOS)
def test_photos_of_mnist_digits_keep_their_form(real_mnist, case):
    likeness = []
    for picture in real_mnist.test.images[:25]:
        photo = _photo(_enlarged(picture, 200), **PHOTOS[case])
        likeness.append(_likeness(mnist_form(ink_from_photo(photo)).form, picture))
    assert np.mean(likeness) > 0.95
    assert min(likeness) > 0.75


def test_a_small_digit_on_a_large_page_and_specks():
    photo = _photo(_five()[::3, ::3], at=(300, 50))
    photo[40:43, 500:503] = 0
    photo[200:203, 300:303] = 0
    assert _likeness(mnist_form(ink_from_photo(photo)).form, mnist_form(_five()).form) > 0.8


def test_a_thin_pen_is_widened_to_a_stroke_that_the_box_can_hold():
    ring = np.zeros((400, 400, 3), np.uint8) + 230
    y, x = np.ogrid[:400, :400]
    ring[np.abs(np.hypot(y - 200, x - 200) - 150) < 1.5] = 30
    form = mnist_form(ink_from_photo(ring)).form
    assert form.max() > 0.85
    assert np.median(form[form > 0.1]) > 0.3


def test_a_published_picture_itself_is_a_photo(real_mnist):
    for picture in real_mnist.test.images[:10]:
        photo = np.repeat(picture[..., None], 3, axis=2)
        assert _likeness(mnist_form(ink_from_photo(photo)).form, picture) > 0.75


def _flat(values):
    grey = np.clip(values, 0, 255).astype(np.uint8)
    return np.repeat(grey[..., None], 3, axis=2)


BLANK = {
    "white": _flat(np.full((200, 300), 255)),
    "black": _flat(np.zeros((200, 300))),
    "grey": _flat(np.full((8, 8), 77)),
    "slope of light": _flat(np.tile(np.linspace(80, 220, 300), (200, 1))),
    "noise": _flat(np.random.default_rng(0).normal(128, 15, (200, 300))),
    "strong noise": _flat(np.random.default_rng(0).normal(128, 40, (200, 300))),
}


@pytest.mark.parametrize("case", BLANK)
def test_a_blank_picture_is_refused(case):
    with pytest.raises(PictureError, match="There is no digit to be seen") as caught:
        ink_from_photo(BLANK[case])
    assert caught.value.hint


@pytest.mark.parametrize("shape", [(1, 1, 3), (7, 100, 3), (10_000, 1, 3), (10_000, 100, 3)])
def test_slivers_are_refused(shape):
    with pytest.raises(PictureError, match="too small or too narrow"):
        ink_from_photo(np.zeros(shape, np.uint8))


@pytest.mark.parametrize(
    "photo", [np.zeros((20, 20), np.uint8), np.zeros((20, 20, 4), np.uint8), np.zeros((20, 20, 3))]
)
def test_what_is_not_rgb_is_refused(photo):
    with pytest.raises(PictureError, match="must be uint8 of shape"):
        ink_from_photo(photo)
