"""Copying beside the page: progress, stopping, errors, and that an upload's bytes go."""

import gc
import io
import threading
import weakref

import pytest

from cnn_core.errors import DataError
from cnn_core.results.pictures import IntakeProgress, Snapshot
from cnn_core.ui.own_pictures.copying import Copying, CopyingState, progress_share, progress_words

SNAPSHOT = Snapshot(id="a" * 64, title="Flowers", classes=("rose",), pictures=())
SECONDS = 20.0


class Upload(io.BytesIO):
    """Stands for an uploaded file: can be referred to weakly."""


def test_what_was_brought_is_told_and_its_source_is_let_go():
    upload = Upload(b"picture")
    alive = weakref.ref(upload)
    go_on = threading.Event()

    def bring(report, cancelled, upload=upload):
        report(IntakeProgress(stage="copying", done=1, total=4, name=upload.read().decode()))
        assert go_on.wait(SECONDS)
        assert not cancelled()
        return SNAPSHOT

    work = Copying("Flowers", bring)
    del upload, bring
    while work.state().progress.stage != "copying":
        assert not work.wait(0.01)
    state = work.state()
    assert state.running
    assert progress_share(state) == 0.25
    assert progress_words(state) == "Copying: 1 of 4 files"
    assert alive() is not None
    go_on.set()
    assert work.wait(SECONDS)
    assert (work.state().running, work.state().snapshot_id) == (False, SNAPSHOT.id)
    gc.collect()
    assert alive() is None


def test_it_can_be_stopped():
    def bring(report, cancelled):
        while not cancelled():
            report(IntakeProgress(stage="copying", done=0, total=1))
        raise DataError("It was stopped.")

    work = Copying("Flowers", bring)
    assert work.state().running
    work.stop()
    assert work.wait(SECONDS)
    assert work.state().snapshot_id == ""
    assert str(work.state().error) == "It was stopped."


def test_a_bug_is_told_by_an_id_that_the_log_has(caplog):
    def bring(report, cancelled):
        raise RuntimeError("/secret/path")

    work = Copying("Flowers", bring)
    assert work.wait(SECONDS)
    error = work.state().error
    assert error is not None
    assert "/secret/path" not in error.message
    (record,) = caplog.records
    assert record.args[0] in error.message


@pytest.mark.parametrize(
    ("done", "seconds", "words"),
    [
        (10, 1.0, "Checking: 10 of 100 files"),  # too early to tell
        (10, 20.0, "Checking: 10 of 100 files, about 3 min left"),
        (0, 20.0, "Checking: 0 of 100 files"),
    ],
)
def test_the_time_left_is_said_once_it_can_be_told(done, seconds, words):
    progress = IntakeProgress(stage="checking", done=done, total=100)
    state = CopyingState(running=True, progress=progress, seconds=seconds)
    assert progress_words(state) == words
