"""How long an experiment is said to take: measured here, measured elsewhere, what is left."""

import dataclasses

import pytest

from cnn_core.concepts import registry
from cnn_core.concepts.settings import with_values
from cnn_core.runtime import queue
from cnn_core.runtime.database import transaction
from cnn_core.runtime.execute import execute
from cnn_core.runtime.experiments import (
    build_experiment_request,
    estimate_seconds,
    trials_left,
    weight_of,
)
from cnn_core.runtime.submit import seconds_left
from cnn_core.runtime.waiting import waits
from tests.runtime import tiny_experiment
from tests.runtime.tiny_experiment import EXPERIMENT, ID, TinySettings

TINY = TinySettings(seeds=2, steps=5, sizes=(10, 20))


@pytest.fixture(autouse=True)
def _tiny(monkeypatch):
    monkeypatch.setitem(registry._ROWS, ID, tiny_experiment.__name__)


@pytest.fixture
def queued(settings, store):
    """Queue the experiment; return its id."""

    def queued(chosen=TINY):
        request = build_experiment_request(
            settings, experiment=ID, preset="custom", chosen=chosen, owner="ada"
        )
        return store.create(request)[0].id

    return queued


@pytest.fixture
def claimed(store, queued):
    def claimed(chosen=TINY):
        run_id = queued(chosen)
        assert queue.claim(store) == run_id
        return run_id

    return claimed


def test_estimates(store, claimed):
    quick = EXPERIMENT.presets["quick"]
    assert estimate_seconds(store, ID, quick, "cpu") == 10.0
    double = with_values(quick, {"seeds": "4"})
    assert estimate_seconds(store, ID, double, "cpu") == pytest.approx(20.0)
    assert estimate_seconds(store, ID, quick, "cuda:0") is None
    run_id = claimed()
    execute(store, run_id)
    took = store.get(run_id).total_seconds
    assert estimate_seconds(store, ID, TINY, "cpu") == pytest.approx(took)
    half = dataclasses.replace(TINY, seeds=1)
    assert estimate_seconds(store, ID, half, "cpu") == pytest.approx(took / 2)


@pytest.mark.parametrize(
    ("name", "longer", "wider"),
    [
        ("convolutions", "steps", {"kernel": "21"}),
        ("lenet-1998", "epochs", {"images": "2000"}),
        ("stacked-kernels", "epochs", {"channels": "32"}),
        ("little-data", "steps", {"side": "224"}),
        ("residual", "steps", {"width": "16"}),
    ],
)
def test_an_estimate_asks_what_decides_the_time(store, name, longer, wider):
    quick = registry.find_experiment(name).presets["quick"]
    base = estimate_seconds(store, name, quick, "cpu")
    twice = with_values(quick, {longer: str(2 * getattr(quick, longer))})
    assert 1.6 * base < estimate_seconds(store, name, twice, "cpu") <= 2.0 * base
    assert estimate_seconds(store, name, with_values(quick, wider), "cpu") > 1.2 * base


@pytest.mark.parametrize("damaged", ["{", '{"steps": 0}', '{"data": "alchemy"}'])
def test_a_run_whose_settings_cannot_be_read_is_passed_over(store, claimed, damaged):
    """One outdated run must not take estimates, and with them Run, away from everybody."""
    run_id = claimed(dataclasses.replace(TINY, seeds=1, sizes=(10,)))
    execute(store, run_id)
    took = estimate_seconds(store, ID, TINY, "cpu")
    other = claimed(dataclasses.replace(TINY, seeds=1, sizes=(10,), steps=6))
    execute(store, other)
    with transaction(store.database) as db:
        db.execute(
            "UPDATE runs SET config = json_set(config, '$.experiment', ?) WHERE id = ?",
            (damaged, other),
        )
    assert estimate_seconds(store, ID, TINY, "cpu") == took
    assert trials_left(store, store.get(other)) is None


def test_what_waits_behind_an_experiment_is_told_for_how_long(store, queued):
    first, second = queued(), queued(dataclasses.replace(TINY, steps=6))
    left = seconds_left(store, store.list())
    weight = weight_of(tiny_experiment.plan(TINY))
    quick = weight_of(tiny_experiment.plan(EXPERIMENT.presets["quick"]))
    assert left == {run: pytest.approx(10.0 * weight / quick) for run in (first, second)}
    assert waits(store)[second].seconds == pytest.approx(left[first])
