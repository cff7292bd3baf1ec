"""The folder of recorded runs: what is in it is read, what cannot be is told, nothing is lost."""

import dataclasses
import gzip
import json

import pytest

from cnn_core.errors import DataError, RunStateError
from cnn_core.results.recorded import SUFFIX, recorded_from_bytes
from cnn_core.results.runs import DatasetInfo
from cnn_core.runtime import queue
from cnn_core.runtime.recorded import (
    RECORDED,
    find_recorded,
    read_recorded,
    record,
    recorded_runs,
    recordings,
)

PLACES = ("/home/", "/root", "/tmp", "/work", "C:\\")


@pytest.fixture
def ended(store, new_run, events):
    """Two seeds of a run that trained to its end, as the store tells of them."""
    found = []
    for seed in (0, 1):
        run = new_run(seed=seed, provenance={"torch": "2.0", "python": "3.11", "cores": "2"})
        queue.claim(store, run_id=run)
        told = [events.started(), events.steps(10, 10), events.epoch_done(1)]
        told += [events.saved(10, 1), events.steps(20, 10), events.epoch_done(2)]
        for event in [*told, events.finished()]:
            store.append(run, event)
        queue.end(store, run, "finished")
        found.append(store.get(run))
    return found


def recorded(store, runs, name="tiny"):
    return record(store, runs, id=name, data="MNIST, all of it", command="python -m cnn_core train")


def test_runs_of_a_store_come_back_with_their_curves(store, ended, tmp_path):
    (tmp_path / f"tiny{SUFFIX}").write_bytes(recorded(store, ended))
    (studied,) = recorded_runs(tmp_path)
    assert studied.recording.id == "tiny"
    assert studied.recording.versions == {"torch": "2.0", "python": "3.11"}
    assert studied.recording.hardware.startswith("2 cores of ")
    assert len(studied.recording.date) == len("2026-01-31")
    assert [run.id for run in studied.records] == [run.id for run in ended]
    assert [len(history.epochs) for history in studied.histories] == [2, 2]
    assert find_recorded("tiny", tmp_path) is studied
    assert find_recorded("other", tmp_path) is None


def test_one_file_that_cannot_be_read_takes_nothing_else_away(store, ended, tmp_path):
    payload = recorded(store, ended)
    (tmp_path / f"a{SUFFIX}").write_bytes(payload[:-10])
    (tmp_path / f"b{SUFFIX}").write_bytes(payload)
    newer = {**json.loads(gzip.decompress(payload)), "version": 2}
    (tmp_path / f"c{SUFFIX}").write_bytes(gzip.compress(json.dumps(newer).encode()))
    found = recordings(tmp_path)
    assert [each.recording.id for each in found.studied] == ["tiny"]
    assert [fault.message for fault in found.faults] == [
        "The recorded run a is damaged: it cannot be unpacked.",
        "The recorded run c is of version 2, but this CNN Lab reads version 1.",
    ]
    assert all(str(tmp_path) not in fault.message for fault in found.faults)


def test_file_that_changes_is_read_anew(store, ended, tmp_path):
    path = tmp_path / f"tiny{SUFFIX}"
    path.write_bytes(recorded(store, ended))
    first = read_recorded(path)
    assert read_recorded(path) is first
    path.write_bytes(recorded(store, ended[:1]))
    assert len(read_recorded(path).records) == 1
    path.unlink()
    with pytest.raises(DataError, match="The recorded run tiny cannot be read"):
        read_recorded(path)
    assert recorded_runs(tmp_path / "nowhere") == ()


def test_run_that_has_not_ended_is_not_recorded(store, new_run):
    with pytest.raises(RunStateError, match="only runs that have ended"):
        recorded(store, [store.get(new_run())])


def test_runs_of_different_settings_are_not_recorded(store, ended):
    other = dataclasses.replace(
        ended[1], config=dataclasses.replace(ended[1].config, learning_rate=0.5)
    )
    with pytest.raises(RunStateError, match="cannot be recorded together"):
        recorded(store, [ended[0], other])


@pytest.mark.parametrize("path", sorted(RECORDED.glob(f"*{SUFFIX}")), ids=lambda path: path.name)
def test_every_recording_of_the_project_is_whole_and_says_what_it_is(path):
    studied = read_recorded(path)
    recording = studied.recording
    assert path.name == f"{recording.id}{SUFFIX}"
    for text in (recording.hardware, recording.data, recording.command, recording.date):
        assert text
    assert recording.command.startswith("python -m cnn_core train googlenet-cifar10 ")
    assert {"python", "torch"} <= set(recording.versions)
    document = gzip.decompress(path.read_bytes()).decode()
    assert not [place for place in PLACES if place in document]
    for run, history in zip(studied.records, studied.histories, strict=True):
        assert isinstance(run.dataset, DatasetInfo)
        assert history.finished is not None
        assert history.finished.status == run.status
        assert len(history.epochs) == run.epochs_done
        assert run.dataset.official or "unofficial" in run.dataset.name
    assert recorded_from_bytes(path.read_bytes()).title == studied.title
