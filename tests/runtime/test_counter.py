"""Counter-experiments: pairs by seed on the same pictures, nothing run twice, found again."""

from dataclasses import replace

import pytest

from cnn_core.data.pictures.flowers import take_drawn_flowers
from cnn_core.data.pictures.store import PictureStore
from cnn_core.errors import DataError, WeightsError
from cnn_core.results.config import TrainConfig
from cnn_core.results.fit_verdict import fit_verdict
from cnn_core.results.pictures import Selection
from cnn_core.results.studied import Recording, Studied
from cnn_core.results.verdict import Proposal
from cnn_core.runtime import queue
from cnn_core.runtime.changes import changes_of, right_of_pair
from cnn_core.runtime.counter import counters_of, pair_requests, start_counter
from cnn_core.runtime.execute import execute
from cnn_core.runtime.export import read_history
from cnn_core.runtime.groups import create_group, runs_of
from cnn_core.runtime.submit import build_request
from cnn_core.runtime.ways import LADDER, chance_of, proposals_for, ways_of
from cnn_core.settings import Settings

OWNER = "ada"
CONFIG = TrainConfig(epochs=1, batch_size=64, learning_rate=3e-3, data_share=0.1, train_sample=100)


def studied_of(store, records):
    histories = tuple(read_history(store, record.id) for record in records)
    return Studied(records=tuple(records), histories=histories)


def changed(config, kind="more-data", **values):
    return Proposal(
        kind=kind, title="Change it", why="Why.", config=replace(config, **values),
        changed=tuple(values),
    )  # fmt: skip


def queued(settings, store, config=CONFIG, seeds=(0, 1), **options):
    """Return queued runs on the digits, one for each seed."""
    values = {"recipe": "lenet5-mnist", "preset": "custom", "owner": OWNER, "source": "digits"}
    values |= {"group": "lenet5-mnist-base"} | options
    requests = [
        build_request(settings, config=replace(config, seed=seed), **values) for seed in seeds
    ]
    return create_group(store, requests)[0]


def run_all(store):
    while waiting := queue.waiting_order(store, "cpu"):
        queue.claim(store, run_id=waiting[0])
        execute(store, waiting[0])


def finish(store, records):
    for record in records:
        queue.end(store, record.id, "finished")


def test_a_change_is_run_beside_what_is_there_and_what_it_did_is_known(settings, store):
    """A live pair of two seeds: queued, trained, found, compared; then nothing is left to run."""
    queued(settings, store, seeds=(0,))
    run_all(store)
    studied = studied_of(store, runs_of(store, "lenet5-mnist-base"))
    idea = proposals_for(studied, fit_verdict(studied))[0]
    counter = start_counter(settings, store, studied, idea, seeds=[0, 1], owner=OWNER)
    assert counter.change == idea.kind
    assert [run.config.seed for run in counter.before] == [0, 1]
    assert counter.before[0].id == studied.records[0].id
    assert {run.group for run in counter.before} == {"lenet5-mnist-base"}
    assert [run.config for run in counter.after] == [
        replace(idea.config, seed=seed) for seed in (0, 1)
    ]
    assert len({run.group for run in counter.after}) == 1
    run_all(store)
    assert pair_requests(settings, store, studied, idea, seeds=[0, 1], owner="bob") == []
    (found,) = counters_of(store, studied)
    before, after = studied_of(store, found.before), studied_of(store, found.after)
    changes = {each.id: each for each in changes_of(store, before, after)}
    assert (changes["test-accuracy"].seeds, changes["seconds"].seeds) == (2, 2)
    one = studied_of(store, found.before[:1]), studied_of(store, found.after[:1])
    right = right_of_pair(store, one[0].records[0], one[1].records[0])
    assert [side.mean() for side in right] == pytest.approx(
        [each.records[0].test_accuracy for each in one], abs=1e-6
    )
    alone = changes_of(store, *one)[0]
    assert alone.low < alone.mean < alone.high
    assert "not over seeds" in alone.sentence


def test_an_equal_run_is_marked_in_the_place_of_running_it_again(settings, store):
    studied = studied_of(store, queued(settings, store))
    finish(store, studied.records)
    idea = changed(CONFIG, data_share=0.2)
    there = queued(settings, store, idea.config, seeds=(1,), group="lenet5-mnist-other")
    finish(store, there)
    requests = pair_requests(settings, store, studied, idea, seeds=[0, 1], owner=OWNER)
    assert [(each.config.seed, each.config.data_share) for each in requests] == [(0, 0.2)]
    assert requests[0].provenance["counter_of"] == "lenet5-mnist-base"
    assert requests[0].provenance["change"] == "more-data"
    assert requests[0].name.endswith(", more data, seed 0")
    counter = start_counter(settings, store, studied, idea, seeds=[0, 1], owner=OWNER)
    assert [run.config.seed for run in counter.after] == [0, 1]
    assert counter.after[1].id == there[0].id
    again = start_counter(settings, store, studied, idea, seeds=[0, 1], owner=OWNER)
    assert [run.id for run in again.after] == [run.id for run in counter.after]


def test_missing_seeds_join_the_group_of_their_owner_alone(settings, store):
    studied = studied_of(store, queued(settings, store, seeds=(0,)))
    idea = changed(CONFIG, data_share=0.2)
    mine = pair_requests(settings, store, studied, idea, seeds=[0, 1], owner=OWNER)
    assert [each.group == "lenet5-mnist-base" for each in mine] == [True, False, False]
    theirs = pair_requests(settings, store, studied, idea, seeds=[0, 1], owner="bob")
    assert all(each.group != "lenet5-mnist-base" for each in theirs)
    assert {each.owner for each in theirs} == {"bob"}


def test_runs_that_diverged_are_not_run_again(settings, store):
    records = queued(settings, store)
    for record in records:
        queue.end(store, record.id, "diverged")
    studied = studied_of(store, runs_of(store, "lenet5-mnist-base"))
    verdict = fit_verdict(studied)
    (idea,) = proposals_for(studied, verdict)
    assert (verdict.kind, idea.kind) == ("diverging", "lower-rate")
    requests = pair_requests(settings, store, studied, idea, seeds=[0, 1], owner=OWNER)
    assert [each.config.learning_rate for each in requests] == pytest.approx([3e-4, 3e-4])


def test_a_seed_that_was_stopped_is_run_again_and_then_compared(settings, store):
    records = queued(settings, store)
    queue.end(store, records[0].id, "stopped")
    finish(store, records[1:])
    studied = studied_of(store, runs_of(store, "lenet5-mnist-base"))
    idea = changed(CONFIG, data_share=0.2)
    counter = start_counter(settings, store, studied, idea, seeds=[0, 1], owner=OWNER)
    again = counter.before[0]
    assert (again.config.seed, again.status) == (0, "queued")
    finish(store, [again, *counter.after])
    studied = studied_of(store, runs_of(store, "lenet5-mnist-base"))
    (found,) = counters_of(store, studied)
    assert [run.status for run in found.before] == ["finished", "finished"]


def test_of_a_recording_both_sides_are_run_here(settings, store):
    studied = studied_of(store, queued(settings, store))
    finish(store, studied.records)
    elsewhere = tuple(
        replace(run, id=f"recorded-{run.config.seed}", group="recorded",
                dataset=replace(run.dataset, fingerprint="elsewhere", location="/elsewhere"))
        for run in studied.records
    )  # fmt: skip
    recording = Recording(id="r", hardware="", versions={}, date="", command="", data="")
    recorded = replace(studied, records=elsewhere, recording=recording)
    idea = changed(CONFIG, data_share=0.2)
    requests = pair_requests(settings, store, recorded, idea, seeds=[0, 1, 2], owner=OWNER)
    assert [(each.config.seed, each.config.data_share) for each in requests] == [
        (2, 0.1), (0, 0.2), (1, 0.2), (2, 0.2),
    ], "seeds 0 and 1 without the change are here already"  # fmt: skip
    counter = start_counter(settings, store, recorded, idea, seeds=[0, 1, 2], owner=OWNER)
    assert [run.config.seed for run in counter.before] == [0, 1, 2]
    assert {run.id for run in studied.records} < {run.id for run in counter.before}


def test_pictures_that_have_changed_are_not_compared(settings, store):
    studied = studied_of(store, queued(settings, store))
    other = replace(studied.records[0].dataset, fingerprint="0" * 64)
    studied = replace(studied, records=(replace(studied.records[0], dataset=other),))
    with pytest.raises(DataError, match="have changed since"):
        pair_requests(
            settings, store, studied, changed(CONFIG, data_share=0.2), seeds=[0], owner=OWNER
        )


def test_changes_to_other_runs_are_not_found(settings, store):
    studied = studied_of(store, queued(settings, store))
    start_counter(settings, store, studied, changed(CONFIG, data_share=0.2), seeds=[0], owner=OWNER)
    other = queued(
        settings, store, replace(CONFIG, epochs=2), seeds=(5,), group="lenet5-mnist-else"
    )
    assert counters_of(store, studied_of(store, other)) == []
    start_counter(
        settings, store, studied, changed(CONFIG, "longer", epochs=4), seeds=[0], owner=OWNER
    )
    assert [each.change for each in counters_of(store, studied)] == ["longer", "more-data"]


def test_a_pair_on_ones_own_pictures_has_the_same_split(settings, store):
    snapshot = take_drawn_flowers(PictureStore(settings.pictures), each=4, labels=("daisy", "rose"))
    config = TrainConfig(
        epochs=5, batch_size=8, learning_rate=1e-3, mode="frozen", head="light",
        model="efficientnet-lite0", validation_share=0.25, test_share=0.25,
    )  # fmt: skip
    options = {
        "recipe": "vgg16-folder", "source": None, "selection": Selection(snapshot=snapshot.id),
    }  # fmt: skip
    records = queued(settings, store, config, seeds=(3,), **options)
    ways = ways_of(records[0])
    assert (ways.views, ways.dropout, ways.shifted) == (True, False, False)
    assert chance_of(records[0]) == 0.5
    requests = pair_requests(
        settings, store, studied_of(store, records), changed(config, "augmentation", views=8),
        seeds=[3, 4], owner=OWNER,
    )  # fmt: skip
    assert [(each.config.seed, each.config.views) for each in requests] == [(4, 1), (3, 8), (4, 8)]
    assert requests[1].dataset.fingerprint == records[0].dataset.fingerprint
    assert requests[2].dataset.fingerprint == requests[0].dataset.fingerprint


def test_a_pair_on_cifar_takes_the_next_network_and_says_which_weights_are_missing(
    data_home, settings, store
):
    settings = Settings.from_environment({"CNN_LAB_HOME": str(settings.runs.parent),
                                          "CNN_LAB_DATA": str(data_home)})  # fmt: skip
    config = TrainConfig(
        epochs=5, batch_size=64, learning_rate=0.1, mode="scratch", head="light",
        model="googlenet-cifar-tiny", data_share=0.05, validation_share=0.1,
    )  # fmt: skip
    options = {"recipe": "googlenet-cifar10", "source": None}
    records = queued(settings, store, config, seeds=(0,), **options)
    studied = studied_of(store, records)
    ways = ways_of(records[0])
    assert (ways.larger.values, ways.smaller) == ({"model": LADDER[1]}, None)
    idea = changed(config, "larger-net", **ways.larger.values)
    requests = pair_requests(settings, store, studied, idea, seeds=[0], owner=OWNER)
    assert [each.config.model for each in requests] == [LADDER[1]]
    assert requests[0].dataset.fingerprint == records[0].dataset.fingerprint
    frozen = changed(config, "larger-net", mode="frozen", model="googlenet")
    with pytest.raises(WeightsError):
        pair_requests(settings, store, studied, frozen, seeds=[0], owner=OWNER)


UNSEEN = {"auxiliary": 0.0, "shift": 0, "cutout": 0, "rotation": 0.0, "scale": 0.0, "shear": 0.0}


@pytest.mark.parametrize(
    ("changes", "larger", "smaller"),
    [
        ({"mode": "frozen"}, {"mode": "last-block"}, None),
        ({"mode": "last-block"}, {"mode": "all"}, {"mode": "frozen", **UNSEEN}),
        ({"mode": "all"}, None, {"mode": "last-block", **UNSEEN}),
        ({"mode": "scratch", "model": LADDER[2]}, {"model": LADDER[3]}, {"model": LADDER[1]}),
        ({"mode": "scratch", "model": "googlenet"}, None, None),
    ],
)
def test_more_or_less_that_learns_is_the_next_network_or_the_next_layers(
    request_of, store, changes, larger, smaller
):
    record, _ = store.create(request_of(recipe="googlenet-cifar10", **changes))
    ways = ways_of(record)
    assert (ways.larger and ways.larger.values) == larger
    assert (ways.smaller and ways.smaller.values) == smaller
    assert ways.cutout == (changes["mode"] in ("all", "scratch"))
    assert chance_of(replace(record, dataset=replace(record.dataset, source="cifar10"))) == 0.1
