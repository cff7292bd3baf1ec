"""Recorded runs: what is read is what was written, and a file that is not whole says so."""

import copy
import dataclasses
import gzip

import numpy as np
import pytest

from cnn_core.errors import DataError
from cnn_core.results.config import TrainConfig
from cnn_core.results.events import Preparing, RateFound
from cnn_core.results.recorded import (
    MOST_WINDOWS,
    VERSION,
    recorded_bytes,
    recorded_from_bytes,
)
from tests.results.recorded_run import LOOK, RECORDING, document, packed, record_of, whole
from tests.results.told_run import (
    SPE,
    WHOLE,
    epoch_done,
    finished,
    leg,
    loss_of,
    started,
    steps_done,
)


def test_what_is_read_is_what_was_written():
    studied = recorded_from_bytes(whole())
    assert studied.recording == RECORDING
    assert [run.config.seed for run in studied.records] == [0, 1]
    assert studied.title == "LeNet-5, seeds 0, 1"
    run, history = studied.records[0], studied.histories[0]
    assert run == dataclasses.replace(
        record_of(0),
        owner="",
        dataset=dataclasses.replace(record_of(0).dataset, location=""),
    )
    assert history.losses() == pytest.approx([loss_of(step) for step in range(1, 81)], rel=1e-6)
    assert [done.epoch for done in history.epochs] == [1, 2, 3, 4]
    assert history.finished == finished(80)
    assert history.progress() == 1.0


def test_file_is_the_same_each_time_and_names_no_person_and_no_folder():
    assert whole() == whole()
    text = gzip.decompress(whole()).decode()
    assert "adam" in text
    assert "ada" not in text.replace("adam", "")
    assert "/pictures" not in text


def test_long_run_keeps_every_loss_in_few_windows():
    epochs = 60
    events = [started(epochs=epochs)]
    for step in range(1, epochs * SPE + 1):
        events.append(steps_done(step, count=1))
    last = epochs * SPE
    events.append(finished(last))
    payload = recorded_bytes(RECORDING, [(record_of(0), events)])
    windows = [each for each in document(payload)["runs"][0]["events"] if "losses" in each]
    assert len(windows) <= MOST_WINDOWS
    assert sum(each["images"] for each in windows) == last * 64
    assert sum(each["split"]["samples"] for each in windows if each["split"]) == last // 10
    history = recorded_from_bytes(payload).histories[0]
    assert history.step == last
    expected = [loss_of(step) for step in range(1, last + 1)]
    assert history.losses() == pytest.approx(expected, rel=1e-6)
    assert history.throughput_table()["images_per_second"].to_numpy() == pytest.approx(6400.0)


def test_looks_at_layers_stay_and_what_was_before_the_first_step():
    looked = [Preparing(what="It looks", done=n, total=2, seconds=float(n)) for n in (1, 2)]
    events = [
        *looked,
        RateFound(rates=[0.1], losses=[1.0], suggestion=0.1, seconds=1.0),
        started(),
        *leg(0, 20),
        LOOK,
        *leg(20, 80),
        finished(80),
    ]
    payload = recorded_bytes(RECORDING, [(record_of(0), events)])
    kept = document(payload)["runs"][0]["events"]
    assert [(each["kind"], each["seconds"]) for each in kept[:2]] == [
        ("Preparing", 2.0),
        ("RateFound", 1.0),
    ]
    history = recorded_from_bytes(payload).histories[0]
    seen = history.layers()
    assert seen.layers == ("conv1", "fc")
    assert np.array_equal(seen.dead, [[0.25, np.nan]], equal_nan=True)
    assert history.rate_found.suggestion == 0.1
    assert history.checkpoints == ()


def test_resumed_run_is_read_as_it_was_told():
    events = [started(), *leg(0, 40), started(40), *leg(40, 80), finished(80)]
    history = recorded_from_bytes(recorded_bytes(RECORDING, [(record_of(0), events)])).histories[0]
    assert history.losses() == pytest.approx([loss_of(step) for step in range(1, 81)], rel=1e-6)


@pytest.mark.parametrize(
    "runs",
    [
        [],
        [(record_of(0), WHOLE), (record_of(0), WHOLE)],
        [
            (record_of(0), WHOLE),
            (
                record_of(1, config=TrainConfig(epochs=1, batch_size=1, learning_rate=1.0, seed=1)),
                WHOLE,
            ),
        ],
    ],
    ids=["none", "one seed twice", "another configuration"],
)
def test_runs_that_do_not_belong_together_are_not_recorded(runs):
    with pytest.raises(ValueError, match="one configuration with different seeds"):
        recorded_bytes(RECORDING, runs)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": VERSION + 1}, f"is of version {VERSION + 1}, but this CNN Lab reads"),
        ({"version": 0}, "is of version 0, but this CNN Lab reads version 1"),
        ({"version": "1"}, "is no recording of CNN Lab"),
        ({"format": "something else"}, "is no recording of CNN Lab"),
        ({"runs": []}, "runs should be a list of at least one"),
        ({"runs": [{"record": None}]}, "RunRecord should be an object, but it is None"),
        ({"recording": {"id": 3}}, "Recording.id should be text, but it is 3"),
        ({"recording": {}}, "Recording should have 'id', but it is missing"),
    ],
)
def test_other_versions_and_missing_parts_are_told(change, message):
    with pytest.raises(DataError, match="The recorded run tiny") as told:
        recorded_from_bytes(packed({**document(whole()), **change}), "tiny")
    assert message in told.value.message
    assert told.value.hint


@pytest.mark.parametrize(
    ("place", "change", "message"),
    [
        (1, {"losses": [float("nan")] * 5}, "StepsDone.losses should be a finite number"),
        (1, {"losses": [1.0]}, "step 0 should be followed by the next one"),
        (1, {"kind": "Applause"}, "an event of an unknown kind ('Applause')"),
        (0, {"kind": "RunFinished"}, "RunFinished should have 'status'"),
        (0, {"step": 10**12}, "its steps should lie between 0 and 80, but one is 1000000000000"),
    ],
)
def test_series_with_nan_or_gaps_are_told(place, change, message):
    body = document(whole(seeds=(0,)))
    body["runs"][0]["events"][place].update(change)
    with pytest.raises(DataError) as told:
        recorded_from_bytes(packed(body))
    assert message in told.value.message


def test_no_start_is_told():
    body = document(whole(seeds=(0,)))
    del body["runs"][0]["events"][0]
    with pytest.raises(DataError, match="first step should come after the start of the run"):
        recorded_from_bytes(packed(body))


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"no gzip",
        whole()[:-20],
        whole()[:40],
        gzip.compress(b"{"),
        gzip.compress(b"[" * 10**5),
    ],
    ids=["empty", "text", "end missing", "half", "no JSON", "deep"],
)
def test_damaged_files_are_told(payload):
    with pytest.raises(DataError, match="is damaged: it cannot be unpacked"):
        recorded_from_bytes(payload)


def test_file_that_unpacks_to_very_much_is_refused():
    with pytest.raises(DataError, match="larger than any that CNN Lab writes"):
        recorded_from_bytes(gzip.compress(b"0" * (64 * 2**20 + 1), compresslevel=1))


def test_no_value_whatever_breaks_reading():
    """Every leaf of a file is replaced in turn: it is read, or told, and never breaks."""
    body = document(
        recorded_bytes(
            RECORDING,
            [(record_of(0), [started(), steps_done(20, 20), epoch_done(1), LOOK, finished(20)])],
        )
    )
    refused = 0
    places = list(leaves(body))
    assert len(places) > 80
    for place in places:
        for value in (None, -1, float("inf"), 10**400, "x", []):
            changed = copy.deepcopy(body)
            put(changed, place, value)
            try:
                studied = recorded_from_bytes(packed(changed))
            except DataError:
                refused += 1
            else:
                assert studied.histories[0].loss_points().steps.size
                studied.histories[0].layers()
    assert refused > 4 * len(places)


def leaves(value, place=()):
    """The places of numbers and texts, the first of each list."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in items:
        if isinstance(item, dict | list) and item:
            yield from leaves(item, (*place, key))
        elif not (isinstance(value, list) and key):
            yield (*place, key)


def put(body, place, value):
    for key in place[:-1]:
        body = body[key]
    body[place[-1]] = value
