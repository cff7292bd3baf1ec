"""The store of pictures: immutable, checked, whole after every fault."""

import concurrent.futures
import dataclasses
import errno
import multiprocessing
import os
import stat
import time
from pathlib import Path
from typing import Any

import filelock
import numpy as np
import pytest

from cnn_core.data.pictures import intake, staging
from cnn_core.data.pictures.folder import FolderSource
from cnn_core.data.pictures.intake import take_in
from cnn_core.data.pictures.plan import make_plan
from cnn_core.data.pictures.store import PictureStore
from cnn_core.data.pictures.thumbnails import thumbnail
from cnn_core.errors import DataError, StorageError, UnknownNameError
from cnn_core.results.pictures import Decision, Selection
from tests.data.picture_folders import flowers, left_behind, write_folder

SPAWN = multiprocessing.get_context("spawn")


@pytest.fixture
def folder(tmp_path):
    return write_folder(tmp_path / "flowers", flowers(each=6))


def _take_in(home: Path, folder: Path) -> str:
    return take_in(PictureStore(home), FolderSource(folder)).id


def test_what_comes_in_is_copied_read_only_and_can_be_read_back(store, folder):
    progress = []
    snapshot = take_in(
        store, FolderSource(folder), progress=progress.append, licence="CC0", citation="Here",
        synthetic=True,
    )  # fmt: skip
    assert (snapshot.title, snapshot.classes) == ("flowers", ("rose", "tulip"))
    assert (snapshot.licence, snapshot.citation, snapshot.synthetic) == ("CC0", "Here", True)
    for picture in snapshot.pictures:
        payload = (folder / picture.name).read_bytes()
        assert store.read(picture.sha256) == payload
        assert stat.S_IMODE(store.object_path(picture.sha256).stat().st_mode) == 0o444
    order = [(picture.part, picture.label, picture.name) for picture in snapshot.pictures]
    assert order == sorted(order)
    assert [progress[0].stage, progress[-1].stage] == ["listing", "checking"]
    copying = [report.done for report in progress if report.stage == "copying"]
    assert copying == sorted(copying)
    assert copying[-1] == progress[-1].total == 12


def test_a_snapshot_is_found_by_a_beginning_of_its_id_and_kept_in_memory(store, folder):
    snapshot = take_in(store, FolderSource(folder), title="Mine")
    again = PictureStore(store.home)
    assert again.load(snapshot.id[:8]) is again.load(snapshot.id)
    assert again.load(snapshot.id) == snapshot
    for wrong in ("", snapshot.id[:7], "0" * 64, "../" * 5, "*" * 8, snapshot.id.upper()):
        with pytest.raises(UnknownNameError) as caught:
            store.load(wrong)
        assert caught.value.hint
    (header,) = again.snapshots()
    assert (header.id, header.title, header.pictures) == (snapshot.id, "Mine", 12)
    assert header.bytes == sum(picture.size for picture in snapshot.pictures)
    assert header.classes == snapshot.classes


def test_the_same_folder_again_is_the_same_snapshot_and_another_is_not(store, folder):
    first = take_in(store, FolderSource(folder), title="First")
    assert take_in(store, FolderSource(folder), title="Second") == first
    (folder / "rose" / "0.png").unlink()
    assert take_in(store, FolderSource(folder)).id != first.id
    assert len(store.snapshots()) == 2


def test_a_folder_that_changes_later_changes_nothing(store, folder):
    snapshot = take_in(store, FolderSource(folder))
    for path in folder.rglob("*.png"):
        path.write_bytes(b"other")
    assert all(store.read(picture.sha256) != b"other" for picture in snapshot.pictures)


def _flipped(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.chmod(0o644)
    path.write_bytes(content)


def test_a_flipped_bit_is_noticed_in_a_picture_in_a_manifest_and_in_a_plan(store, folder):
    snapshot = take_in(store, FolderSource(folder))
    plan = make_plan(
        snapshot, Selection(snapshot=snapshot.id), seed=1, valid_share=0.3, test_share=0.0
    )
    path = store.save_plan(plan)
    _flipped(path)
    with pytest.raises(DataError, match="missing or damaged"):
        store.load_plan(path)
    sha256 = snapshot.pictures[0].sha256
    _flipped(store.object_path(sha256))
    with pytest.raises(DataError, match="has changed on the disk"):
        store.read(sha256)
    copy = PictureStore(store.home.with_name("copy"))
    manifest = copy.home / "snapshots" / snapshot.id / "manifest.jsonl"
    manifest.parent.mkdir(parents=True)
    content = (store.home / "snapshots" / snapshot.id / "manifest.jsonl").read_bytes()
    for damaged in (content.replace(b"rose/1", b"rose/7"), content[:-40], b"", b"[]\n", b"\xff"):
        manifest.write_bytes(damaged)
        with pytest.raises(DataError, match="is damaged"):
            copy.load(snapshot.id)


def test_plans_are_kept_beside_their_snapshot(store, folder):
    snapshot = take_in(store, FolderSource(folder))
    decisions = (Decision(picture=0, action="exclude"), Decision(picture=1, action="keep"))
    selection = Selection(snapshot=snapshot.id, decisions=decisions)
    plan = make_plan(snapshot, selection, seed=3, valid_share=0.3, test_share=0.2)
    path = store.save_plan(plan)
    assert path == store.save_plan(plan)
    assert store.load_plan(path) == plan
    with pytest.raises(DataError, match="missing or damaged"):
        store.load_plan(path.with_name("other.json"))
    with pytest.raises(DataError, match="not the digest"):
        store.object_path("../../etc/passwd")
    with pytest.raises(DataError, match="cannot be read from the store"):
        store.read("0" * 64)


def test_a_stop_leaves_nothing(store, folder):
    asked = iter([False, False, True])
    with pytest.raises(DataError, match="stopped; nothing"):
        take_in(store, FolderSource(folder), cancelled=lambda: next(asked))
    assert left_behind(store) == []
    assert store.snapshots() == []


def test_a_full_disk_is_one_line_of_advice_and_leaves_nothing(store, folder, monkeypatch):
    write = Path.write_bytes
    written = []

    def until_full(path, payload):
        written.append(path)
        if len(written) == 4:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        return write(path, payload)

    monkeypatch.setattr(Path, "write_bytes", until_full)
    with pytest.raises(StorageError, match="No space left on device") as caught:
        take_in(store, FolderSource(folder))
    assert str(store.home) not in caught.value.message
    assert "Make room" in caught.value.hint
    assert left_behind(store) == []
    assert store.snapshots() == []


@dataclasses.dataclass
class _Usage:
    free: int = 100


def test_what_the_disk_cannot_hold_is_refused_before_it_is_copied(store, folder, monkeypatch):
    monkeypatch.setattr(intake.shutil, "disk_usage", lambda path: _Usage())
    with pytest.raises(StorageError, match="MB of disk are left"):
        take_in(store, FolderSource(folder))
    assert not store.home.exists()


def test_a_home_that_cannot_be_made_is_one_line_of_advice(tmp_path, folder):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="cannot be written"):
        take_in(PictureStore(tmp_path / "file" / "pictures"), FolderSource(folder))


def test_what_a_process_that_is_gone_was_copying_is_swept_and_what_another_copies_is_not(store):
    incoming = store.home / "incoming"
    for name in ("gone", "busy"):
        (incoming / name).mkdir(parents=True)
        (incoming / name / "half").write_bytes(b"half")
    old, new = incoming / "old.part", incoming / "new.part"
    old.write_bytes(b"half")
    new.write_bytes(b"half")
    long_ago = time.time() - 2 * staging._STALE_SECONDS
    os.utime(old, (long_ago, long_ago))
    with filelock.FileLock(incoming / "busy.lock"), store.staging():
        assert (incoming / "busy" / "half").exists()
        assert not (incoming / "gone").exists()
    assert not old.exists()
    assert new.exists()


def _copy_until_killed(home: Path, ready: Any) -> None:
    with PictureStore(home).staging() as incoming:
        incoming.put(b"half of a folder")
        ready.send(True)
        ready.recv()


def test_what_a_killed_process_was_copying_is_swept_once_it_is_gone(store):
    here, there = SPAWN.Pipe()
    process = SPAWN.Process(target=_copy_until_killed, args=(store.home, there))
    process.start()
    try:
        assert here.poll(60)
        staging.sweep(store.home)
        assert len(left_behind(store)) == 3
    finally:
        process.kill()
        process.join(60)
    staging.sweep(store.home)
    assert left_behind(store) == []
    assert not (store.home / "objects").exists()


def test_processes_and_threads_that_bring_the_same_folder_at_once_agree(store, folder):
    with (
        concurrent.futures.ProcessPoolExecutor(1, mp_context=SPAWN) as processes,
        concurrent.futures.ThreadPoolExecutor(3) as threads,
    ):
        waiting = [
            pool.submit(_take_in, store.home, folder) for pool in (processes, *[threads] * 3)
        ]
        ids = {future.result(timeout=120) for future in waiting}
    assert ids == {store.snapshots()[0].id}
    assert len(store.snapshots()) == 1
    assert left_behind(store) == []
    assert all(store.read(picture.sha256) for picture in store.load(ids.pop()).pictures)


def test_a_thumbnail_is_made_once_and_made_again_where_it_is_damaged(store, folder):
    snapshot = take_in(store, FolderSource(folder))
    picture = snapshot.pictures[0]
    first = thumbnail(store, picture, side=16)
    assert first.shape == (16, 16, 3)
    (kept,) = (store.home / "thumbnails").rglob("*.jpg")
    modified = kept.stat().st_mtime_ns
    assert np.array_equal(thumbnail(store, picture, side=16), first)
    assert kept.stat().st_mtime_ns == modified
    kept.chmod(0o644)
    kept.write_bytes(b"damaged")
    assert np.array_equal(thumbnail(store, picture, side=16), first)
    assert kept.read_bytes() != b"damaged"
    assert left_behind(store) == []


def test_many_pictures_do_not_wait_in_memory(store, folder, monkeypatch):
    """However many files come, only a few have been read and not yet written."""
    held, most = [], []
    put, read = staging.Staging.put, intake.decode

    def reading(payload, **options):
        held.append(1)
        most.append(len(held))
        return read(payload, **options)

    def putting(self, payload):
        held.pop()
        return put(self, payload)

    monkeypatch.setattr(intake, "decode", reading)
    monkeypatch.setattr(staging.Staging, "put", putting)
    take_in(store, FolderSource(folder))
    assert len(most) == 12
    assert max(most) <= intake.THREADS


def test_of_large_pictures_one_is_decoded_at_a_time(store, folder, monkeypatch):
    decoding, most = [], []
    decode = intake.decode

    def watched(payload, **options):
        decoding.append(1)
        most.append(len(decoding))
        try:
            return decode(payload, **options)
        finally:
            decoding.pop()

    monkeypatch.setattr(intake, "decode", watched)
    monkeypatch.setattr(intake, "_LARGE", 24 * 24 - 1)
    take_in(store, FolderSource(folder))
    assert most == [1] * 12
