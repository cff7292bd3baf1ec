"""The disk of the runs: too small, filled up, taken away, read-only, and a bit that has flipped."""

import shutil
import subprocess

import pytest

from cnn_core.errors import StorageError
from cnn_core.models.registry import model_row
from cnn_core.results.events import EpochDone, StepsDone
from cnn_core.runtime import execute as execution
from cnn_core.runtime import submit
from cnn_core.runtime.endings import DISK_FULL
from cnn_core.runtime.execute import execute
from cnn_core.runtime.room import ROOM_HINT, estimate_bytes
from cnn_core.runtime.stopping import StopFlag
from cnn_core.training import timing

MEBIBYTE = 2**20


def mount(*arguments):
    try:
        subprocess.run(["mount", *map(str, arguments)], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("nothing can be mounted here; the other tests of this file need no mount")


@pytest.fixture
def small_disk(settings):
    """The folder of the runs is a file system of 16 MiB."""
    settings.runs.mkdir(parents=True)
    mount("-t", "tmpfs", "-o", f"size={16 * MEBIBYTE}", "cnn-lab-test", settings.runs)
    yield settings.runs
    subprocess.run(["umount", "--lazy", settings.runs], check=True)


def fill(folder, *, but=0):
    """Fill the disk with one file, up to so many bytes; return the file."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 4_096)
        except OSError:
            file.truncate(max(0, file.tell() - but))
    return ballast


def test_disk_full_refused_before_the_start(settings, queued, monkeypatch):
    monkeypatch.setattr(submit, "estimate_bytes", lambda *args, **kwargs: 2**60)
    with pytest.raises(StorageError, match=r"needs about [\d,]+ MB, and [\d,]+ MB are") as caught:
        queued()
    assert "another disk" in caught.value.hint


def test_the_estimate_covers_what_a_run_writes(store, claimed, monkeypatch):
    monkeypatch.setattr(timing, "WINDOW_SECONDS", 0.0)  # every step an event of its own
    run_id = claimed(averaging=0.9)
    record = execute(store, run_id)
    sizes = record.dataset.train_size, record.dataset.test_size
    needed = estimate_bytes(
        record.config, model_row("lenet5"), train_size=sizes[0], test_size=sizes[1]
    )
    parts = [path for path in store.folder.rglob("*") if path.is_file()]
    written = sum(path.stat().st_size for path in parts)
    assert written < needed < 20 * MEBIBYTE


def test_disk_full_later(store, claimed, again, peaceful, curve):
    """A limit of the system: from the second epoch on, no file of this process may pass 300 kB."""
    resource = pytest.importorskip("resource", reason="only POSIX limits the size of files")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    run_id = claimed()

    def limit(event):
        if isinstance(event, EpochDone) and event.epoch == 2:
            resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, hard))

    try:
        with pytest.raises(StorageError, match="could not be written"):
            execute(store, run_id, on_event=limit)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    record = store.get(run_id)
    assert (record.status, record.error, record.hint) == ("stopped", DISK_FULL, ROOM_HINT)
    kept = [path.name for path in store.run_folder(run_id).iterdir()]
    assert kept == ["checkpoint-00000011-0001.safetensors"]
    assert again(run_id).status == "finished"
    assert curve(run_id) == peaceful


def test_disk_full_to_the_last_byte(small_disk, store, queued, claimed, again, curve, monkeypatch):
    """A really small file system: refused before; later not even the run's row can be written."""
    monkeypatch.setattr(timing, "WINDOW_SECONDS", 0.0)
    monkeypatch.setattr(execution, "CHECKPOINT_SECONDS", 0.0)
    ballast = fill(small_disk, but=3 * MEBIBYTE)
    with pytest.raises(StorageError, match="and 3 MB are free"):
        queued()
    ballast.unlink()

    undisturbed = claimed()
    execute(store, undisturbed)
    run_id = claimed()

    def fill_up(event):
        if isinstance(event, StepsDone) and event.step == 15:
            fill(small_disk)

    with pytest.raises(StorageError):
        execute(store, run_id, on_event=fill_up)
    record = store.get(run_id)
    assert (record.status, record.error, record.hint) == ("stopped", DISK_FULL, ROOM_HINT)
    assert any(store.run_folder(run_id).glob("checkpoint-*"))
    ballast.unlink()
    assert again(run_id).status == "finished"
    assert curve(run_id) == curve(undisturbed)


@pytest.mark.parametrize("how", ["taken away", "a file in its place", "read-only"])
def test_volume_lost_or_read_only(store, claimed, curve, again, peaceful, how):
    """The folder of a run goes while it trains: the run fails with a sentence, and can go on."""
    run_id = claimed()
    folder = store.run_folder(run_id)
    mounted = []

    def lose(event):
        if not (isinstance(event, EpochDone) and event.epoch == 1):
            return
        if how == "read-only":
            mount("--bind", folder, folder)
            mounted.append(folder)
            mount("-o", "remount,ro,bind", folder)
            return
        shutil.rmtree(folder)
        if how == "a file in its place":
            folder.touch()

    try:
        with pytest.raises(StorageError):
            execute(store, run_id, on_event=lose)
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", folder], check=True)
    record = store.get(run_id)
    reasons = {"taken away": "No such file", "a file in its place": "", "read-only": "Read-only"}
    assert record.status == "failed"
    assert "checkpoint-00000011-0001.safetensors could not be written" in record.error
    assert reasons[how] in record.error
    assert "CNN_LAB_RUNS" in record.hint
    if folder.is_file():
        folder.unlink()
    assert again(run_id).status == "finished"
    assert curve(run_id) == peaceful


def test_the_whole_store_lost(store, claimed, launch, set_row, wait_until, caplog):
    """The app's keeper stays, says so once, and finds the run when the volume is back."""
    run_id, away = claimed(), store.folder.with_name("away")

    def lose(event):
        if isinstance(event, StepsDone) and not away.exists():
            store.folder.rename(away)

    with pytest.raises(StorageError, match="could not be read or written"):
        execute(store, run_id, on_event=lose)
    assert "it cannot be written down" in caplog.text
    launcher = launch()
    wait_until(lambda: "keeper: The run store" in caplog.text, "the keeper's look")
    assert launcher._thread.is_alive()
    if store.folder.exists():
        shutil.rmtree(store.folder)
    away.rename(store.folder)
    set_row(run_id, pid=2**22 + 1, pid_started=1.0)  # as if this process had ended
    wait_until(lambda: store.get(run_id).status == "interrupted", "the sweep", seconds=20)
    assert caplog.text.count("keeper: The run store") == 1


@pytest.mark.parametrize("damaged", [1, 2])
def test_bit_flipped_in_a_checkpoint(store, claimed, peaceful, curve, caplog, damaged):
    """The one before is used, or the beginning; the events after it go, and the files."""
    run_id, stop = claimed(), StopFlag()
    execute(
        store,
        run_id,
        on_event=lambda event: setattr(
            stop, "asked", isinstance(event, EpochDone) and event.epoch == 2
        ),
        stop=stop,
    )
    files = sorted((store.folder / run_id).glob("checkpoint-*"))
    for path in files[-damaged:]:
        payload = bytearray(path.read_bytes())
        payload[len(payload) // 2] ^= 1
        path.write_bytes(payload)
    last = store.events(run_id)[-1][0]
    store.requeue(run_id)
    execution.queue.claim(store)
    seen = []
    execute(store, run_id, on_event=seen.append)
    assert (seen[0].step, seen[0].epoch) == ((11, 1) if damaged == 1 else (0, 0))
    assert curve(run_id) == peaceful
    assert caplog.text.count("its checksum differs") == damaged
    fresh = [event for _, event in store.events(run_id, after=last)]
    assert fresh == seen
