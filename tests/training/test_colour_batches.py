"""Colour batches: mirrored, shifted, blanked, enlarged; held to one picture at a time."""

import dataclasses

import numpy as np
import pytest
import torch
from PIL import Image

from cnn_core.data.images import Dataset, ImageSet
from cnn_core.data.parts import parts_of
from cnn_core.models.registry import model_row
from cnn_core.results.config import TrainConfig
from cnn_core.training.augment import augment, cut_out
from cnn_core.training.seeds import AUGMENTATION, derived_seed
from cnn_core.training.tensors import enlarged, split_examples, to_examples
from cnn_core.training.views import SHIFT, image_view, views_of_epoch

CPU = torch.device("cpu")
CONFIG = TrainConfig(epochs=2, batch_size=8, learning_rate=0.1, views=2, seed=3)
ROW = model_row("googlenet-cifar")
WHOLE = slice(None)


@pytest.fixture(scope="module")
def images():
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (20, 32, 32, 3), dtype=np.uint8)
    return ImageSet(images=pixels, labels=np.arange(20) % 10, classes=tuple("abcdefghij"))


@pytest.fixture(scope="module")
def examples(images):
    return to_examples(images, ROW, CPU, mirrors=True)


def bytes_of(batch):
    """Undo the normalisation: uint8 (batch, H, W, 3)."""
    mean, std = (torch.tensor(values).view(1, 3, 1, 1) for values in (ROW.mean, ROW.std))
    return ((batch * std + mean) * 255).round().to(torch.uint8).permute(0, 2, 3, 1).numpy()


def generator():
    return torch.Generator().manual_seed(1)


def shifted(image, down, across):
    """One picture, its border reflected by NumPy: row r shows what row r + down was."""
    padded = np.pad(image, ((SHIFT, SHIFT), (SHIFT, SHIFT), (0, 0)), mode="reflect")
    return padded[SHIFT + down : SHIFT + down + 32, SHIFT + across : SHIFT + across + 32]


def test_shifts_and_mirror_images_are_those_of_one_picture_at_a_time(images):
    mirrored = torch.arange(20) % 3 == 0
    pixels = torch.from_numpy(images.images).permute(0, 3, 1, 2)
    before = pixels.clone()
    out = augment(pixels, shift=4, rotation=0.0, generator=generator(), mirrored=mirrored)
    assert torch.equal(pixels, before)
    drawn = torch.randint(-4, 5, (20, 2), generator=generator()).tolist()
    assert len({tuple(each) for each in drawn}) > 10
    for image, got, turned, (down, across) in zip(
        images.images, out, mirrored.tolist(), drawn, strict=True
    ):
        expected = shifted(image[:, ::-1] if turned else image, down, across)
        assert np.array_equal(got.permute(1, 2, 0).numpy(), expected)


def test_half_a_batch_is_distorted_as_in_the_whole(examples):
    config = dataclasses.replace(CONFIG, shift=4, cutout=8, rotation=10.0)
    indices = torch.tensor([5, 2, 17, 11, 3, 8, 0, 19])
    whole = examples.training_batch(indices, config, step=2, rows=WHOLE)
    part = examples.training_batch(indices, config, step=2, rows=slice(3, 7))
    assert torch.equal(whole[3:7], part)
    assert not torch.equal(whole, examples.training_batch(indices, config, step=1, rows=WHOLE))


def test_the_views_of_an_epoch_decide_who_is_mirrored(images, examples):
    indices = torch.arange(20)
    for step in (1, 4):  # the first and the second epoch of three steps
        seen = bytes_of(examples.training_batch(indices, CONFIG, step=step, rows=WHOLE))
        odd = views_of_epoch(CONFIG.seed, (step - 1) // 3, 20, 2) % 2 == 1
        assert 0 < odd.sum() < 20
        for image, got, turned in zip(images.images, seen, odd, strict=True):
            assert np.array_equal(got, image[:, ::-1] if turned else image)
    plain = dataclasses.replace(CONFIG, views=1)
    assert np.array_equal(
        bytes_of(examples.training_batch(indices, plain, step=1, rows=WHOLE)), images.images
    )


def test_digits_are_never_mirrored(images):
    grey = ImageSet(images=images.images[..., 0], labels=images.labels, classes=images.classes)
    row = dataclasses.replace(ROW, channels=1, mean=(0.1,), std=(0.3,))
    one, two = (
        to_examples(grey, row, CPU).training_batch(
            torch.arange(8), dataclasses.replace(CONFIG, views=views), step=1, rows=WHOLE
        )
        for views in (1, 2)
    )
    assert torch.equal(one, two)


@pytest.mark.parametrize("side", [1, 8, 9])
def test_a_square_is_blanked_and_may_lie_half_outside(side):
    blanked = cut_out(torch.ones(400, 3, 32, 32), side, generator()) == 0
    assert torch.equal(blanked[:, 0], blanked[:, 2])
    rows, columns = blanked[:, 0].any(2).sum(1), blanked[:, 0].any(1).sum(1)
    assert torch.equal(blanked[:, 0].sum((1, 2)), rows * columns)
    assert int(rows.max()) == int(columns.max()) == side
    assert int(rows.min()) >= (side + 1) // 2
    if side > 1:
        assert int(rows.min()) < side
    # drawn uniformly: a pixel in the middle is blanked side^2 / 32^2 of the time
    hit = float(blanked[:, 0, 12:20, 12:20].float().mean())
    assert hit == pytest.approx(side**2 / 32**2, rel=0.6 if side == 1 else 0.2)


def test_what_is_blanked_is_the_mean_colour(examples):
    config = dataclasses.replace(CONFIG, cutout=8, views=1)
    batch = examples.training_batch(torch.arange(8), config, step=5, rows=WHOLE)
    draw = torch.Generator().manual_seed(derived_seed(3, AUGMENTATION, 5))
    plain = examples.training_batch(
        torch.arange(8), dataclasses.replace(config, cutout=0), step=5, rows=WHOLE
    )
    assert torch.equal(batch, cut_out(plain, 8, draw))
    assert int((batch == 0).all(1).flatten(1).sum(1).max()) == 64


def test_pictures_are_enlarged_as_pillow_does(images):
    big = to_examples(images, ROW, CPU, size=96, mirrors=True)
    (seen,) = big.evaluation_batches()
    assert seen.shape == (20, 3, 96, 96)
    assert seen.is_contiguous(memory_format=torch.channels_last)
    for image, got in zip(images.images, bytes_of(seen), strict=True):
        theirs = np.asarray(Image.fromarray(image).resize((96, 96), Image.Resampling.BILINEAR))
        assert np.abs(got.astype(int) - theirs.astype(int)).max() <= 1
    batch = big.training_batch(torch.arange(4), CONFIG, step=1, rows=WHOLE)
    assert batch.shape == (4, 3, 96, 96)
    assert enlarged(seen, 0) is seen


def test_a_view_of_a_small_image_is_a_function_of_its_pixels_and_number(images):
    image, sha256 = images.images[0], "5e" * 32
    assert np.array_equal(image_view(image, sha256, 0), image)
    assert np.array_equal(image_view(image, sha256, 1), image[:, ::-1])
    views = [image_view(image, sha256, view) for view in range(2, 12)]
    assert len({view.tobytes() for view in views}) > 5
    every = {
        shifted(image, down, across).tobytes()
        for down in range(-SHIFT, SHIFT + 1)
        for across in range(-SHIFT, SHIFT + 1)
    }
    for number, view in enumerate(views, start=2):
        straight = view[:, ::-1] if number % 2 else view
        assert np.ascontiguousarray(straight).tobytes() in every
        assert np.array_equal(view, image_view(image, sha256, number))
    assert any(
        not np.array_equal(image_view(image, "00" * 32, view), image_view(image, sha256, view))
        for view in range(2, 6)
    )


def test_parts_are_nested_disjoint_and_tested_on_the_same_pictures():
    def numbered(count):
        # each picture holds its own number
        pixels = np.zeros((count, 2, 2, 3), np.uint8)
        pixels[:, 0, 0, 0], pixels[:, 0, 0, 1] = np.arange(count) // 256, np.arange(count) % 256
        return ImageSet(images=pixels, labels=np.arange(count) % 4, classes=tuple("abcd"))

    dataset = Dataset("n", "cifar10", "", False, "", numbered(400), numbered(2_400))
    shares = {"validation_share": 0.25, "seed": 1}
    small, large, whole = (
        parts_of(dataset, data_share=share, **shares) for share in (0.1, 0.4, 1.0)
    )
    sets = [
        set(parts.train.tolist()) | set(parts.valid.tolist()) for parts in (small, large, whole)
    ]
    assert sets[0] < sets[1] < sets[2] == set(range(400))
    assert [len(parts.valid) for parts in (small, large, whole)] == [10, 40, 100]
    for parts in (small, large, whole):
        assert not set(parts.train.tolist()) & set(parts.valid.tolist())
    other = parts_of(dataset, data_share=0.1, validation_share=0.25, seed=2)
    assert set(other.train.tolist()) != set(small.train.tolist())
    assert np.array_equal(other.test, small.test)
    assert (len(small.test), len(whole.test)) == (2_000, 2_400)

    splits = split_examples(dataset, ROW, share=0.25, seed=1, device=CPU, data_share=0.1)
    for part in ("train", "valid", "test"):
        told = getattr(splits, part).images[:, :2, 0, 0].long()
        assert (told[:, 0] * 256 + told[:, 1]).tolist() == getattr(small, part).tolist()


@pytest.mark.gpu
def test_a_batch_on_a_gpu_is_that_of_the_cpu(images):
    if not torch.cuda.is_available():
        pytest.skip("needs a CUDA device")
    config = dataclasses.replace(CONFIG, shift=4, cutout=8)
    gpu = torch.device("cuda:0")
    ours, theirs = (
        to_examples(images, ROW, device, size=96, mirrors=True).training_batch(
            torch.arange(8, device=device), config, step=2, rows=WHOLE
        )
        for device in (CPU, gpu)
    )
    assert theirs.device.type == "cuda"
    assert torch.allclose(ours, theirs.cpu(), atol=1e-5)
