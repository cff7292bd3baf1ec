"""The list of runs without a page: filters, and the table's columns and units."""

import math
from dataclasses import replace

import pytest
from scipy import stats

from cnn_core.results.config import TrainConfig
from cnn_core.results.runs import STATUSES, DatasetInfo, RunRecord
from cnn_core.ui.runs.listing import filtered, frame, rows_of, study_words
from cnn_core.ui.wording import score_in_words

RUN = RunRecord(
    id="lenet5-mnist-0101-abcdef",
    name="A first run",
    owner="somebody",
    group="lenet5-mnist-0101-abcdef",
    recipe="lenet5-mnist",
    preset="fast",
    config=TrainConfig(epochs=5, batch_size=256, learning_rate=0.006, seed=3),
    dataset=DatasetInfo(
        name="MNIST",
        source="mnist",
        location="/somewhere/private",
        fingerprint="0",
        official=True,
        train_size=55_000,
        valid_size=5_000,
        test_size=10_000,
    ),
    device="cpu",
    status="finished",
    created=1_000_000_000.0,
    started=None,
    ended=None,
    deleted=None,
    stop_requested=False,
    epochs_done=5,
    steps_done=1075,
    total_steps=1075,
    train_seconds=12.5,
    total_seconds=14.0,
    images_per_second=22_000.0,
    valid_accuracy=0.989,
    test_accuracy=0.9909,
    test_interval=(0.9888, 0.9926),
    error="",
    hint="",
    provenance={},
)
WAITING = replace(
    RUN,
    id="lenet5-mnist-0102-ghijkl",
    group="lenet5-mnist-0102-ghijkl",
    name="Second",
    preset="custom",
    recipe="other",
    status="queued",
    steps_done=0,
    total_steps=0,
    test_accuracy=None,
    valid_accuracy=None,
)
RUNS = [WAITING, RUN]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", RUNS),
        ("  ", RUNS),
        ("FIRST", [RUN]),
        ("ghijkl", [WAITING]),
        ("fast", [RUN]),
        (" second ", [WAITING]),
        (".*", []),
        ("private", []),
    ],
)
def test_text_is_looked_for_in_name_id_and_preset(text, found):
    assert filtered(RUNS, text=text, statuses=[], recipe=None) == found


def test_filters_together():
    assert filtered(RUNS, text="", statuses=["queued"], recipe=None) == [WAITING]
    assert filtered(RUNS, text="", statuses=list(STATUSES), recipe=None) == RUNS
    assert filtered(RUNS, text="", statuses=[], recipe="other") == [WAITING]
    assert filtered(RUNS, text="first", statuses=["queued"], recipe=None) == []


def test_frame_is_in_percent_and_seconds_without_folders():
    table = frame([(run,) for run in RUNS])
    waiting, finished = (row for _, row in table.iterrows())
    assert finished["test accuracy"] == pytest.approx(99.09)
    assert finished["validation"] == pytest.approx(98.9)
    assert finished["done"] == 1.0
    assert finished["training (s)"] == 12.5
    assert (finished["status"], waiting["status"]) == ("finished", "waiting")
    assert math.isnan(waiting["test accuracy"])
    assert waiting["done"] == 0.0
    assert list(table["run"]) == [WAITING.id, RUN.id]
    assert "private" not in table.to_csv()
    assert frame([]).empty


def seed_of(seed, *, group="lenet5-mnist-0103-group", accuracy=0.99, **changes):
    return replace(
        RUN,
        id=f"lenet5-mnist-0103-seed{seed}",
        name=f"LeNet-5 on MNIST, fast, seed {seed}",
        group=group,
        config=replace(RUN.config, seed=seed),
        test_accuracy=accuracy,
        **changes,
    )


def test_group_is_one_row_by_seed_where_its_newest_run_stands():
    seeds = [seed_of(seed) for seed in (2, 1, 0)]
    runs = [WAITING, *seeds, RUN]
    rows = rows_of(runs, runs)
    assert [[run.config.seed for run in row] for row in rows] == [[3], [0, 1, 2], [3]]
    assert rows_of(runs[2:3], runs) == [tuple(seeds[::-1])], "a group is shown whole"


def test_group_says_its_mean_its_interval_and_how_many():
    shares = (0.990, 0.991, 0.992)
    seeds = [seed_of(seed, accuracy=share) for seed, share in enumerate(shares)]
    (row,) = frame([tuple(seeds)]).to_dict("records")
    low, high = stats.t.interval(0.95, 2, loc=0.991, scale=stats.sem(shares))
    assert row["name"] == "LeNet-5 on MNIST, fast, seeds 0 to 2"
    assert row["test accuracy"] == pytest.approx(99.1)
    assert row["± 95 %"] == pytest.approx(50 * (high - low))
    assert (row["n"], row["seed"], row["status"]) == (3, "0 to 2", "finished")
    assert row["training (s)"] == pytest.approx(37.5)
    assert row["run"] == seeds[0].group
    waiting = seed_of(3, accuracy=None, status="queued", total_steps=0)
    (row,) = frame([(*seeds, waiting)]).to_dict("records")
    assert (row["n"], row["status"], row["done"]) == (3, "waiting", 0.75)


def test_single_run_has_wilsons_interval():
    (row,) = frame([(RUN,)]).to_dict("records")
    assert row["± 95 %"] == pytest.approx(50 * (0.9926 - 0.9888))
    assert (row["n"], row["seed"]) == (1, "3")


def test_a_study_is_no_accuracy_over_seeds():
    films = replace(RUN.dataset, source="films")
    folds = [
        replace(RUN, id=f"fold-{fold}", dataset=films, config=replace(RUN.config, fold=fold))
        for fold in (1, 2, 0)
    ]
    for row in (tuple(folds), (folds[0],)):
        (cells,) = frame([row]).to_dict("records")
        assert all(cells[name] is None for name in ("test accuracy", "± 95 %", "n", "validation"))
        assert cells["seed"] == "3"
        assert all(score_in_words(run) == "" for run in row)
    assert study_words(tuple(folds)) == "2 folds and the served model"
    assert study_words((folds[2],)) == "the served model"
    assert score_in_words(RUN) == "99.09 % of the test set"
