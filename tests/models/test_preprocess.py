"""The preprocessing against torchvision's transforms on PIL pictures, and against extremes."""

import dataclasses

import numpy as np
import pytest
from PIL import Image

from cnn_core.models.preprocess import prepare, prepare_form
from cnn_core.models.registry import OFFERED, model_row
from cnn_core.results.inspection import Box

RNG = np.random.default_rng(11)
COLOUR = dataclasses.replace(
    model_row("lenet5"),
    channels=3,
    input_size=224,
    resize=256,
    mean=(0.485, 0.456, 0.406),
    std=(0.229, 0.224, 0.225),
)


def picture(height, width):
    """A smooth picture with noise on it, so that both scaling and place would show."""
    rows, columns = np.ogrid[0:height, 0:width]
    smooth = np.stack([127 + 100 * np.sin(rows / 9 + k) * np.cos(columns / 13) for k in range(3)])
    noise = RNG.integers(-27, 28, smooth.shape)
    return np.ascontiguousarray((smooth + noise).transpose(1, 2, 0)).astype(np.uint8)


@pytest.mark.parametrize("name", [*OFFERED, "googlenet-cifar"])
@pytest.mark.parametrize("shape", [(300, 451), (451, 300), (224, 224), (61, 50), (333, 1000)])
def test_as_torchvision_does(name, shape):
    from torchvision import transforms

    row, pixels = model_row(name), picture(*shape)
    steps = [transforms.Grayscale(1)] if row.channels == 1 else []
    steps += [transforms.Resize(row.resize), transforms.CenterCrop(row.input_size)]
    wanted = transforms.Compose(steps)(Image.fromarray(pixels))
    tensor = transforms.Compose([transforms.ToTensor(), transforms.Normalize(row.mean, row.std)])(
        wanted
    )
    prepared = prepare(pixels, row)
    grey_levels = prepared.crop.astype(int) - np.asarray(wanted.convert("RGB"))
    assert np.abs(grey_levels).max() <= 1  # Pillow rounds between rows and columns, either first
    assert abs(grey_levels.mean()) < 0.05
    assert prepared.normalised.dtype == np.float32
    assert prepared.normalised.flags.c_contiguous
    one_level = 1.001 / 255 / min(row.std)
    assert np.abs(prepared.normalised - tensor.numpy()).max() <= one_level


def test_the_crop_box_is_where_the_crop_came_from():
    # Short side 400 becomes 256, so 224 of the crop are 350 of the original, in the middle.
    prepared = prepare(picture(400, 600), COLOUR)
    assert prepared.crop_box == Box(top=25, left=125, bottom=375, right=475)
    assert prepare(picture(600, 400), COLOUR).crop_box == Box(
        top=125, left=25, bottom=475, right=375
    )


@pytest.mark.parametrize(("height", "width"), [(300, 452), (97, 31), (1000, 1001)])
def test_what_lies_outside_the_crop_box_does_not_show(height, width):
    pixels = picture(height, width)
    box = prepare(pixels, COLOUR).crop_box
    reach = 2 + round(max(1, min(height, width) / 256))  # of the averages, beyond the box
    inside = pixels.copy()
    frame = np.ones((height, width), dtype=bool)
    frame[
        max(box.top - reach, 0) : box.bottom + reach, max(box.left - reach, 0) : box.right + reach
    ] = False
    inside[frame] = 0
    assert frame.any()
    assert np.array_equal(prepare(inside, COLOUR).crop, prepare(pixels, COLOUR).crop)
    pixels[box.top, box.left] = 255 - pixels[box.top, box.left]
    corner = np.abs(prepare(pixels, COLOUR).crop.astype(int) - prepare(inside, COLOUR).crop)
    seen = 6 + 3 * 256 // min(height, width)  # of the crop: where one pixel shows, with room
    assert corner[:seen, :seen].any()
    assert not corner[seen:].any()
    assert not corner[:, seen:].any()


def test_grey_networks_get_luminance():
    red = np.zeros((30, 30, 3), np.uint8)
    red[..., 0] = 255
    prepared = prepare(red, model_row("lenet5"))
    assert (prepared.crop == 76).all()  # 0.299 of 255
    assert prepared.crop.shape == (28, 28, 3)
    assert prepared.normalised.shape == (1, 28, 28)
    assert prepared.normalised == pytest.approx((76 / 255 - 0.1307) / 0.3081, abs=1e-6)


@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 10_000), (10_000, 1), (2, 3)])
@pytest.mark.parametrize("row", [COLOUR, model_row("lenet5")], ids=["colour", "grey"])
def test_extreme_shapes(height, width, row):
    pixels = np.full((height, width, 3), 200, np.uint8)
    prepared = prepare(pixels, row)
    box = prepared.crop_box
    assert (prepared.crop == 200).all()
    assert 0 <= box.top < box.bottom <= height
    assert 0 <= box.left < box.right <= width
    assert abs((box.top + box.bottom) - height) <= 1
    assert abs((box.left + box.right) - width) <= 1


def test_the_picture_itself_is_kept_and_not_changed():
    pixels = picture(50, 70)
    before = pixels.copy()
    prepared = prepare(pixels, COLOUR)
    assert np.array_equal(prepared.original, before)
    prepared.crop[:] = 0
    prepared.normalised[:] = 0
    assert np.array_equal(pixels, before)


@pytest.mark.parametrize(
    "pixels", [np.zeros((4, 4, 3)), np.zeros((4, 4), np.uint8), np.zeros((0, 4, 3), np.uint8)]
)
def test_other_arrays_are_refused(pixels):
    with pytest.raises(ValueError, match=r"expected uint8 pixels \(H, W, 3\).* but got"):
        prepare(pixels, COLOUR)


def test_a_digit_in_form_goes_in_as_it_is():
    form = RNG.random((28, 28)).astype(np.float32)
    prepared = prepare_form(np.zeros((300, 200, 3), np.uint8), form, model_row("lenet5"))
    assert prepared.normalised[0] == pytest.approx((form - 0.1307) / 0.3081, abs=1e-5)
    assert np.abs(prepared.crop / 255 - form[..., None]).max() <= 0.5 / 255 + 1e-6
    assert prepared.crop_box == Box(top=0, left=0, bottom=300, right=200)


def test_a_digit_in_form_fits_grey_networks_of_its_size_only():
    pixels, form = np.zeros((9, 9, 3), np.uint8), np.zeros((28, 28), np.float32)
    with pytest.raises(ValueError, match=r"for a network of one channel, but got .* one of 3"):
        prepare_form(pixels, form, COLOUR)
    with pytest.raises(ValueError, match=r"28 x 28 .* but got \(27, 28\)"):
        prepare_form(pixels, form[1:], model_row("lenet5"))
