"""Maps on a sheet against painting them one by one; clicks; sizes; what is not a number."""

import io
import time

import numpy as np
import pytest
from PIL import Image

from cnn_core.charts.map_tiles import MOST_BYTES, tile_maps
from cnn_core.charts.scales import LEVELS, scale
from cnn_core.charts.sheet import GAP

RNG = np.random.default_rng(5)
MAPS = RNG.normal(size=(7, 5, 5)).astype(np.float32)


def cell_of(tiled, index):
    left, top = tiled.geometry.corner_of(index)
    return tiled.pixels[
        top : top + tiled.geometry.height, left : left + tiled.geometry.width
    ].astype(int)


def painted(values, low, high, *, signed):
    """One map by the definition, one value at a time."""
    if signed:
        low, high = -max(abs(low), abs(high)), max(abs(low), abs(high))
    else:
        low = min(low, 0)
    table = scale(signed=signed)
    picked = [round(float((v - low) / (high - low) * (LEVELS - 1))) for v in values.ravel()]
    return table[picked].reshape(*values.shape, 3).astype(int)


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("normalise", ["each", "together"])
def test_every_map_is_painted_as_by_hand(normalise, signed):
    tiled = tile_maps(MAPS, columns=3, normalise=normalise, signed=signed, cell=15)
    for index, values in enumerate(MAPS):
        range_of = values if normalise == "each" else MAPS
        wanted = painted(values, range_of.min(), range_of.max(), signed=signed)
        cell = cell_of(tiled, index)
        assert (cell[..., 3] == 255).all()
        enlarged = wanted.repeat(3, axis=0).repeat(3, axis=1)
        assert np.abs(cell[..., :3] - enlarged).max() <= 4  # a level next to it, by rounding
    if normalise == "together":
        limit = np.abs(MAPS).max()
        assert (tiled.low, tiled.high) == pytest.approx(
            (-limit, limit) if signed else (MAPS.min(), MAPS.max())
        )
    else:
        assert tiled.low is tiled.high is None


def test_zero_is_the_middle_of_signs_and_the_end_of_sizes():
    maps = np.array([[[0.0, 1.0, -4.0]], [[0.0, 2.0, 3.0]]], np.float32)
    signs = tile_maps(maps, columns=2, normalise="each", signed=True, cell=3)
    sizes = tile_maps(maps[1:], columns=2, normalise="each", signed=False, cell=3)
    assert cell_of(signs, 0)[0, 0, :3].tolist() == [245] * 3
    assert cell_of(signs, 1)[0, 0, :3].tolist() == [245] * 3
    assert cell_of(sizes, 0)[0, 0, :3].tolist() == scale(signed=False)[0].tolist()


def test_a_map_of_zeros_is_nothing_and_not_noise():
    maps = np.zeros((2, 4, 4), np.float32)
    for normalise in ("each", "together"):
        signs = tile_maps(maps, columns=2, normalise=normalise, signed=True, cell=4)
        sizes = tile_maps(maps, columns=2, normalise=normalise, signed=False, cell=4)
        assert (cell_of(signs, 1)[..., :3] == 245).all()
        assert (cell_of(sizes, 1)[..., :3] == scale(signed=False)[0]).all()


def test_a_click_finds_the_map_that_is_painted_there():
    order = [4, 1, 6, 0, 2]
    tiled = tile_maps(MAPS, columns=3, normalise="each", signed=True, cell=11, order=order)
    found = np.full(tiled.size[::-1], -1)
    for y, x in np.ndindex(found.shape):
        index = tiled.geometry.index_at(x, y)
        found[y, x] = -1 if index is None else index
    assert ((found >= 0) == (tiled.pixels[..., 3] == 255)).all()
    assert sorted(set(found.ravel()) - {-1}) == sorted(order)
    for index in order:
        left, top = tiled.geometry.corner_of(index)
        assert (found == index).sum() == 11 * 11
        assert found[top, left] == found[top + 10, left + 10] == index
    assert tiled.geometry.corner_of(4) == (GAP, GAP)
    for x, y in ((-1, 5), (5, -1), (1e9, 5), (5, 1e9), (-0.5, -0.5)):
        assert tiled.geometry.index_at(x, y) is None
    assert tiled.geometry.index_at(GAP + 10.9, GAP + 10.9) == 4


def test_maps_that_are_not_square_keep_their_shape():
    tiled = tile_maps(
        np.ones((2, 4, 8), np.float32), columns=2, normalise="each", signed=False, cell=32
    )
    assert (tiled.geometry.height, tiled.geometry.width) == (16, 32)
    assert tiled.size == (2 * 32 + 3 * GAP, 16 + 2 * GAP)


def test_larger_maps_are_averaged_each_by_itself():
    maps = np.stack([np.full((80, 80), value, np.float32) for value in (-1, 1, 0.5)])
    maps[2, ::2] = -0.5
    tiled = tile_maps(maps, columns=3, normalise="together", signed=True, cell=20)
    assert (cell_of(tiled, 0)[..., :3] == scale(signed=True)[0]).all()
    assert (cell_of(tiled, 1)[..., :3] == scale(signed=True)[-1]).all()
    assert (cell_of(tiled, 2)[..., :3] == 245).all()  # stripes, averaged away


def test_the_chosen_map_has_a_frame_in_the_gap():
    plain, framed = (
        tile_maps(MAPS, columns=3, normalise="each", signed=True, cell=10, chosen=chosen)
        for chosen in (None, 4)
    )
    changed = (plain.pixels != framed.pixels).any(axis=2)
    left, top = framed.geometry.corner_of(4)
    assert changed[top - 3 : top + 13, left - 3 : left + 13].sum() == changed.sum() == 16**2 - 10**2
    assert (framed.pixels[changed] == [0xD5, 0x5E, 0x00, 255]).all()


def test_kernels_over_colours_are_pictures_in_which_no_weight_is_grey():
    kernels = np.zeros((2, 3, 2, 2), np.float32)
    kernels[0, 0, 0, 0], kernels[0, 2, 1, 1], kernels[1, 1] = 2, -1, 0.5
    tiled = tile_maps(kernels, columns=2, normalise="each", signed=True, cell=2)
    assert cell_of(tiled, 0)[0, 0, :3].tolist() == [255, 128, 128]
    assert cell_of(tiled, 0)[1, 1, :3].tolist() == [128, 128, 64]
    assert cell_of(tiled, 1)[0, 0, :3].tolist() == [128, 255, 128]
    together = tile_maps(kernels, columns=2, normalise="together", signed=True, cell=2)
    assert cell_of(together, 1)[0, 0, :3].tolist() == [128, 159, 128]
    assert (together.low, together.high) == (-2, 2)
    unsigned = tile_maps(kernels, columns=2, normalise="each", signed=False, cell=2)
    assert cell_of(unsigned, 0)[0, 0, :3].tolist() == [255, 85, 85]


def test_what_is_not_finite_stays_empty():
    maps = MAPS.copy()
    maps[1, 0, 0], maps[1, 0, 1], maps[2] = np.nan, np.inf, -np.inf
    for normalise in ("each", "together"):
        tiled = tile_maps(maps, columns=3, normalise=normalise, signed=True, cell=5)
        assert cell_of(tiled, 1)[..., 3].ravel().tolist() == [0, 0] + [255] * 23
        assert (cell_of(tiled, 2)[..., 3] == 0).all()
        assert (cell_of(tiled, 3)[..., 3] == 255).all()


def test_sixty_four_maps_are_small_whatever_they_show():
    noise = RNG.normal(size=(64, 55, 55)).astype(np.float32)
    tiled = tile_maps(noise, columns=8, normalise="each", signed=True, cell=110)
    assert len(tiled.png) <= 300_000
    with Image.open(io.BytesIO(tiled.png)) as picture:
        assert picture.mode == "P"
        assert picture.size == tiled.size


def test_what_would_be_too_large_gets_fewer_colours():
    noise = RNG.normal(size=(64, 224, 224)).astype(np.float32)
    tiled = tile_maps(noise, columns=11, normalise="each", signed=True, cell=112)
    few = {tuple(colour) for colour in cell_of(tiled, 0)[..., :3].reshape(-1, 3)}
    assert len(tiled.png) <= 1.2 * MOST_BYTES
    assert 10 <= len(few) <= LEVELS // 3 + 1
    assert few <= {tuple(colour) for colour in scale(signed=True).tolist()}


@pytest.mark.parametrize("shape", [(512, 14, 14), (2048, 3, 3)])
def test_many_maps_are_fast(shape):
    maps = RNG.normal(size=shape).astype(np.float32)
    times = []
    for _ in range(5):
        begin = time.thread_time()
        tile_maps(maps, columns=32, normalise="each", signed=True, cell=40)
        times.append(time.thread_time() - begin)
    assert min(times) < (0.2 if shape[0] > 512 else 0.1)  # of the processor: 0.03 when it is quiet


def test_the_maps_are_not_changed():
    before = MAPS.copy()
    tile_maps(MAPS, columns=2, normalise="together", signed=False, cell=3, chosen=0)
    assert np.array_equal(MAPS, before)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"maps": np.zeros((3, 4))}, r"expected maps \(N, H, W\).* but got float64 \(3, 4\)"),
        ({"maps": np.zeros((3, 4, 4), np.uint8)}, "of floats, but got uint8"),
        ({"maps": np.zeros((3, 4, 5, 5))}, r"\(N, 3, H, W\) of floats, but got"),
        ({"maps": np.zeros((3, 0, 4))}, "at least one pixel"),
        ({"maps": np.zeros((0, 4, 4))}, "indices of 0 maps"),
        ({"columns": 0}, "from 1, but got 0 and 5"),
        ({"cell": 0}, "from 1, but got 2 and 0"),
        ({"normalise": "all"}, "'each' or 'together', but got 'all'"),
        ({"order": [0, 7]}, r"indices of 7 maps, but got \(0, 7\)"),
        ({"order": [-1]}, "indices of 7 maps"),
        ({"chosen": 7}, "indices of 7 maps, but got .* and 7"),
    ],
)
def test_what_cannot_be_painted_is_refused(options, words):
    maps = options.get("maps", MAPS)
    given = {"columns": 2, "normalise": "each", "signed": True, "cell": 5, **options}
    given.pop("maps", None)
    with pytest.raises(ValueError, match=words):
        tile_maps(maps, **given)
