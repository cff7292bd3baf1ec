"""The cache of features: what is kept, found again, evicted and never given away half written."""

import multiprocessing
import os

import numpy as np
import pytest

from cnn_core.errors import StorageError
from cnn_core.runtime import feature_rows as module
from cnn_core.runtime.features import FeatureCache, FrontKey
from cnn_core.runtime.mapped import MappedRows, MappedSquares

PICTURES = tuple(f"{number:064x}" for number in range(10))
FRONT = FrontKey(
    weights="w" * 64, network="vgg16", cut=5, preprocessing="middle", precision="float32"
)
ROW = np.arange(6, dtype=np.float32).reshape(2, 3)


@pytest.fixture
def cache(tmp_path):
    return FeatureCache(tmp_path / "features", budget_bytes=10_000)


def opened(cache, front=FRONT, pictures=PICTURES):
    return cache.open(front, pictures, title="made", row_shape=(2, 3), dtype="float32")


def fill(features, places, view=0):
    """Write `ROW` plus its place into the rows of some pictures."""
    rows = features.rows([PICTURES[place] for place in places])
    values = np.stack([ROW + place for place in places])
    with features.writing(lambda: False) as writer:
        writer.write(view, rows, values)


def test_rows_are_found_again_by_who_opens_the_entry_later(cache):
    fill(opened(cache), [7, 2])
    again = opened(cache)
    assert again.done(0).sum() == 2
    assert again.done(1).sum() == 0
    assert np.array_equal(MappedRows(again, [PICTURES[7]], views=1)[:], ROW[None, None] + 7)


def test_mapped_rows_pick_a_view_for_each_picture(cache):
    features = opened(cache)
    fill(features, [1, 2, 3])
    fill(features, [3, 2, 1], view=1)
    rows = MappedRows(features, [PICTURES[3], PICTURES[1], PICTURES[2]], views=2)
    assert rows.shape == (3, 2, 2, 3)
    places, views = np.array([2, 0, 1, 0]), np.array([0, 1, 1, 0])
    assert np.array_equal(rows[places, views], np.stack([ROW + n for n in (2, 3, 1, 3)]))
    assert rows[1:].shape == (2, 2, 2, 3)
    assert len(MappedRows(features, [], views=1)) == 0


def test_what_a_reader_writes_into_its_map_stays_out_of_the_file(cache):
    features = opened(cache)
    fill(features, [0])
    features.view(0)[:] = 9
    assert np.array_equal(features.view(0)[features.rows([PICTURES[0]])][0], ROW)


def test_squares_are_read_in_parts(tmp_path):
    cache = FeatureCache(tmp_path, 10**6)
    features = cache.open(FRONT, PICTURES, title="", row_shape=(4, 4, 3), dtype="uint8")
    square = np.arange(48, dtype=np.uint8).reshape(1, 4, 4, 3)
    with features.writing(lambda: False) as writer:
        writer.write(0, features.rows([PICTURES[5]]), square)
    found = MappedSquares(features, [PICTURES[5]])
    assert np.array_equal(found[0, slice(1, 3), slice(0, 2)], square[0, 1:3, :2])


@pytest.mark.parametrize(
    "change",
    [{"weights": "v" * 64}, {"cut": 4}, {"precision": "bfloat16"}, {"preprocessing": "other"}],
)
def test_another_front_has_another_entry(cache, change):
    fill(opened(cache), [0])
    other = FrontKey(**{**FRONT.__dict__, **change})
    assert not opened(cache, other).done(0).any()
    assert len(cache.entries()) == 2


def test_outputs_of_another_shape_are_refused(cache):
    features = opened(cache)
    with features.writing(lambda: False) as writer, pytest.raises(ValueError, match="expected"):
        writer.write(0, np.array([0]), np.zeros((1, 2, 2), np.float32))
    assert not features.done(0).any()


def _write_and_die(folder):
    features = opened(FeatureCache(folder, 10_000))
    with features.writing(lambda: False) as writer:
        module._JOURNAL_SECONDS = 0.0
        writer.save()
        writer.write(0, features.rows([PICTURES[4]]), ROW[None] + 4)
        os._exit(9)


def test_a_killed_writer_leaves_what_it_saved_and_no_lock(cache):
    process = multiprocessing.get_context("fork").Process(
        target=_write_and_die, args=(cache.folder,)
    )
    process.start()
    process.join(60)
    assert process.exitcode == 9
    (entry,) = cache.entries()
    assert (entry.pictures, entry.complete) == (1, False)
    features = opened(cache)
    fill(features, [5])
    features.complete()
    (entry,) = cache.entries()
    assert (entry.pictures, entry.complete) == (2, True)
    assert np.array_equal(MappedRows(features, [PICTURES[4]], views=1)[:][0, 0], ROW + 4)


def test_only_one_writes_and_a_stop_ends_the_waiting(cache):
    first, second = opened(cache), opened(cache)
    looks = iter([False, True, True])
    with first.writing(lambda: False), second.writing(lambda: next(looks)) as writer:
        assert writer is None


def test_the_least_recently_used_goes_and_what_is_in_use_stays(cache):
    fronts = [FrontKey(**{**FRONT.__dict__, "cut": cut}) for cut in (1, 2, 3)]
    entries = [opened(cache, front) for front in fronts]
    for age, features in enumerate(entries):
        fill(features, range(10))
        os.utime(features.folder / "entry.json", (age, age))
    names = [features.key for features in entries]
    sizes = sum(entry.bytes for entry in cache.entries())
    del entries[0], entries[1], features  # the middle one stays in use
    small = FeatureCache(cache.folder, budget_bytes=sizes)
    small.make_room(100)
    assert [entry.key for entry in small.entries()] == [names[2], names[1]]
    small.make_room(sizes - 1)
    assert [entry.key for entry in small.entries()] == [names[1]]
    assert not small.remove(names[1])
    del entries
    assert small.remove(names[1])
    assert small.entries() == []
    assert small.remove("never-there")


def test_what_a_killed_process_half_removed_is_made_anew(cache):
    features = opened(cache)
    fill(features, [0])
    folder = features.folder
    del features
    (folder / "entry.json").unlink()
    assert cache.entries() == []
    again = opened(cache)
    assert not again.done(0).any()
    assert len(list((folder / "users").iterdir())) == 1
    del again
    kept = opened(cache)
    assert len(list((folder / "users").iterdir())) == 1
    assert kept.key == folder.name


def test_what_can_never_fit_is_refused_with_its_size(cache):
    with pytest.raises(StorageError, match=r"limited to 0\.0 GB") as caught:
        cache.make_room(10**8)
    assert "cache=off" in caught.value.hint
    with pytest.raises(StorageError, match="disk is too full"):
        FeatureCache(cache.folder, 10**18).require_room(10**17)


def test_a_snapshot_with_one_picture_more_borrows_the_others(cache):
    old = opened(cache, pictures=PICTURES[:6])
    rows = old.rows(PICTURES[:3])
    with old.writing(lambda: False) as writer:
        writer.write(0, rows, np.stack([ROW, ROW + 1, ROW + 2]))
    new = opened(cache)
    cache.borrow(new, dict.fromkeys(PICTURES, (0, 1)))
    assert new.done(0).sum() == 3
    assert np.array_equal(MappedRows(new, [PICTURES[2]], views=1)[:][0, 0], ROW + 2)
    assert cache.done(FRONT, PICTURES[1:8], 0) == 2
    assert cache.done(FRONT, PICTURES, 1) == 0


def test_a_full_disk_is_said_in_one_sentence(cache, monkeypatch):
    features = opened(cache)

    def full(file, payload):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "_write_all", full)
    with pytest.raises(StorageError, match="No space left"), features.writing(lambda: False) as w:
        w.write(0, features.rows(PICTURES[:1]), ROW[None])
    assert not features.done(0).any()
