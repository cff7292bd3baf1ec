"""An experiment as a run of the store: every way of ending, going on, its request."""

import dataclasses
import itertools

import pytest

from cnn_core.concepts import registry
from cnn_core.concepts.experiment import StopAsked
from cnn_core.concepts.settings import to_text
from cnn_core.errors import ConfigError, DataError, RunStateError, UnknownNameError
from cnn_core.results.events import Preparing, RunFinished, RunStarted
from cnn_core.results.trial_events import TrialDone, TrialPoint
from cnn_core.runtime import conduct, queue
from cnn_core.runtime.database import transaction
from cnn_core.runtime.execute import execute
from cnn_core.runtime.experiments import (
    build_experiment_request,
    chosen_of,
    events_of,
    standing_of,
    trials_left,
)
from cnn_core.runtime.submit import build_request
from cnn_core.runtime.trained import find_trained, trained_networks
from cnn_core.runtime.try_pictures import find_own_run
from cnn_core.runtime.ways import chance_of, ways_of
from tests.runtime import tiny_experiment
from tests.runtime.tiny_experiment import EXPERIMENT, ID, TinySettings

TINY = TinySettings(seeds=2, steps=5, sizes=(10, 20))


@pytest.fixture(autouse=True)
def _tiny(monkeypatch):
    monkeypatch.setitem(registry._ROWS, ID, tiny_experiment.__name__)


@pytest.fixture
def queued(settings, store):
    """Queue the experiment; return its id."""

    def queued(chosen=TINY, **changes):
        request = build_experiment_request(
            settings, experiment=ID, preset="custom", chosen=chosen, owner="ada", **changes
        )
        return store.create(request)[0].id

    return queued


@pytest.fixture
def claimed(store, queued):
    def claimed(chosen=TINY, **changes):
        run_id = queued(chosen, **changes)
        assert queue.claim(store) == run_id
        return run_id

    return claimed


def figures(store, run_id):
    return [
        (trial.arm, trial.condition, trial.seed, trial.names, trial.figures, trial.losses)
        for trial in standing_of(store, run_id).trials.done
    ]


def test_a_run_from_beginning_to_end(store, claimed):
    run_id, seen = claimed(said="worse"), []
    record = execute(store, run_id, on_event=seen.append)
    assert (record.status, record.recipe, record.preset) == ("finished", ID, "custom")
    assert record.experiment
    assert record.name == "Does order matter on scikit-learn digits, custom, seeds 0 to 1"
    assert (record.steps_done, record.total_steps) == (8, 8)
    assert record.provenance["said"] == "worse"
    assert record.provenance["threads"] == "1"
    assert chosen_of(record) == (EXPERIMENT, TINY)
    kinds = [type(event) for event in events_of(store, run_id)]
    assert kinds == [RunStarted, *[TrialDone] * 8, RunFinished]  # no point of a trial is left
    assert TrialPoint in [type(event) for event in seen]
    trials = standing_of(store, run_id).trials
    planned = [(each.arm, each.condition, each.seed) for each in tiny_experiment.plan(TINY)]
    assert [(each.arm, each.condition, each.seed) for each in trials.done] == planned
    assert trials.done[0].names == ["accuracy", "loss"]
    assert trials.done[0].at == [1, 2, 3, 4, 5]
    assert len(trials.done[0].accuracies) == len(trials.done[0].losses) == 5
    assert [each.step for each in trials.done] == list(range(1, 9))
    elapsed = [each.elapsed_seconds for each in trials.done]
    assert elapsed == sorted(elapsed)
    assert record.total_seconds >= elapsed[-1] > 0
    assert not list(store.run_folder(run_id).glob("*.safetensors"))


def test_stopped_in_a_trial_it_goes_on_to_the_same_figures(store, claimed):
    peaceful = claimed()
    execute(store, peaceful)
    run_id = claimed()

    def press(event):
        if isinstance(event, TrialPoint) and event.step == 3:
            store.request_stop(run_id)
            flag.asked = True

    flag = conduct.StopFlag()
    record = execute(store, run_id, on_event=press, stop=flag)
    assert (record.status, record.steps_done, record.resumable) == ("stopped", 3, True)
    assert trials_left(store, record) > 0
    assert not any(isinstance(event, TrialPoint) for event in events_of(store, run_id))
    store.requeue(run_id)
    assert queue.claim(store) == run_id
    again = []
    record = execute(store, run_id, on_event=again.append)
    assert record.status == "finished"
    assert [event.step for event in again if isinstance(event, TrialDone)] == [4, 5, 6, 7, 8]
    assert next(event for event in again if isinstance(event, RunStarted)).step == 3
    assert figures(store, run_id) == figures(store, peaceful)
    ends = [each.elapsed_seconds for each in standing_of(store, run_id).trials.done]
    assert all(before < after for before, after in itertools.pairwise(ends))


def test_points_of_two_legs_are_dropped_and_the_start_between_them_is_kept(store, queued):
    run_id = queued()
    point = TrialPoint(step=0, arm="a", condition="", seed=0, at=1, of=5, loss=1.0)
    started = conduct._started(store.get(run_id), done=0, total=8, device="cpu")
    for event in (started, point, point, started, point):
        store.append(run_id, event)
    conduct._drop_points(store, run_id, 0)
    assert events_of(store, run_id) == [started, started]


def test_stopped_while_it_prepares_it_says_how_far_it_was_and_can_go_on(
    store, claimed, monkeypatch
):
    whole, opened, watch, seen = tiny_experiment.prepare, conduct.open_data, {}, []

    def open_data(*arguments, report, asked_to_stop):
        watch.update(report=report, asked_to_stop=asked_to_stop)
        return opened(*arguments)

    def prepare(*arguments):
        for done in range(1, 100):
            watch["report"](Preparing(what="It looks", done=done, total=100, seconds=1.0))
            if watch["asked_to_stop"]():
                raise StopAsked
        return whole(*arguments)

    def press(event):
        seen.append(event)
        if isinstance(event, Preparing):
            assert standing_of(store, run_id).preparing == event
            flag.asked = event.done == 3

    monkeypatch.setattr(conduct, "open_data", open_data)
    monkeypatch.setattr(tiny_experiment, "prepare", prepare)
    run_id, flag = claimed(), conduct.StopFlag()
    record = execute(store, run_id, on_event=press, stop=flag)
    assert (record.status, record.steps_done, record.resumable) == ("stopped", 0, True)
    assert sum(isinstance(event, Preparing) for event in seen) == 3
    assert [type(event) for event in events_of(store, run_id)] == [RunStarted, RunFinished]
    store.requeue(run_id)
    assert queue.claim(store) == run_id
    assert execute(store, run_id).status == "finished"
    assert standing_of(store, run_id).preparing is None


def test_a_trial_that_fails_leaves_those_that_are_done(store, claimed, monkeypatch):
    whole = tiny_experiment.run_trial

    def failing(planned, settings, prepared):
        if planned.seed == 1:
            raise DataError("The pictures have gone.", hint="Bring them back.")
        return whole(planned, settings, prepared)

    monkeypatch.setattr(tiny_experiment, "run_trial", failing)
    run_id = claimed()
    with pytest.raises(DataError):
        execute(store, run_id)
    record = store.get(run_id)
    assert (record.status, record.error) == ("failed", "The pictures have gone.")
    assert record.steps_done == 4
    assert len(standing_of(store, run_id).trials.done) == 4


def test_memory_that_runs_out_is_said_without_a_batch_size(store, claimed, monkeypatch):
    def failing(planned, settings, prepared):
        raise MemoryError

    monkeypatch.setattr(tiny_experiment, "run_trial", failing)
    run_id = claimed()
    with pytest.raises(Exception, match="not enough memory"):
        execute(store, run_id)
    assert store.get(run_id).hint == "Choose smaller settings."


def test_what_is_not_finite_is_left_out(store, claimed):
    run_id = claimed(dataclasses.replace(TINY, seeds=1, sizes=(10,), rate=1e308))
    execute(store, run_id)
    trial = standing_of(store, run_id).trials.done[0]
    assert trial.names == ["accuracy"]
    assert len(trial.at) < TINY.steps


def test_the_same_settings_are_the_same_run(settings, store, queued):
    run_id = queued()
    request = build_experiment_request(
        settings, experiment=ID, preset="quick", chosen=TINY, owner="bob"
    )
    assert store.find_same(request.same_key).id == run_id
    other = build_experiment_request(
        settings,
        experiment=ID,
        preset="custom",
        chosen=dataclasses.replace(TINY, steps=6),
        owner="ada",
    )
    assert store.find_same(other.same_key) is None
    assert other.config.experiment == to_text(dataclasses.replace(TINY, steps=6))


@pytest.mark.parametrize(
    ("changes", "kind", "said"),
    [
        ({"preset": "fast"}, UnknownNameError, "There is no preset 'fast'"),
        ({"said": "perhaps"}, UnknownNameError, "has no answer 'perhaps'"),
        ({"experiment": "alchemy"}, UnknownNameError, "no experiment named 'alchemy'"),
        ({"chosen": dataclasses.replace(TINY, steps=0)}, ConfigError, "steps must be between"),
        ({"chosen": dataclasses.replace(TINY, data="mnist")}, DataError, "MNIST"),
        ({"device": "cuda:7"}, ConfigError, "no device 'cuda:7'"),
    ],
)
def test_what_cannot_be_run_is_refused_before_it_is_queued(settings, changes, kind, said):
    asked = {"experiment": ID, "preset": "custom", "chosen": TINY, "owner": "ada", **changes}
    with pytest.raises(kind, match=said):
        build_experiment_request(settings, **asked)


def test_an_experiment_is_no_training(settings, store, claimed):
    run_id = claimed(dataclasses.replace(TINY, seeds=1, sizes=(10,)))
    record = execute(store, run_id)
    assert trained_networks(settings.runs) == []
    for asked in (
        lambda: find_trained(settings, f"run:{run_id}"),
        lambda: find_own_run(settings, run_id),
        lambda: ways_of(record),
    ):
        with pytest.raises(RunStateError, match="is an experiment") as caught:
            asked()
        assert caught.value.hint == f"`python -m cnn_core show {run_id}` says what it found."
    assert chance_of(record) is not None  # of its pictures
    with pytest.raises(ConfigError, match="no setting of a training"):
        build_request(
            settings,
            recipe="lenet5-mnist",
            preset="custom",
            config=record.config,
            owner="ada",
            source="digits",
        )


def test_a_worker_that_is_lost_says_where_it_goes_on(store, claimed):
    run_id = claimed()
    with transaction(store.database) as db:
        db.execute("UPDATE runs SET heartbeat = 0 WHERE id = ?", (run_id,))
    queue.sweep(store)
    record = store.get(run_id)
    assert (record.status, record.hint) == ("interrupted", queue.LOST_TRIAL_HINT)


def test_many_points_are_thinned_to_a_curve():
    seen = [conduct.Seen(at=step, of=1_000, loss=float(step)) for step in range(1, 1_001)]
    curve = conduct.curve_of(seen)
    assert len(curve) == conduct.MOST_POINTS
    assert curve[-1].at == 1_000
    assert [point.at for point in curve] == sorted({point.at for point in curve})
    steps = [after.at - before.at for before, after in itertools.pairwise(curve)]
    total = curve[0].loss * curve[0].at + sum(
        point.loss * step for point, step in zip(curve[1:], steps, strict=True)
    )
    assert total == pytest.approx(sum(range(1, 1_001)))  # no step's loss is lost
