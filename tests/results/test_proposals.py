"""What is proposed after each verdict: one change, within what the recipe lets change."""

from dataclasses import fields, replace

import pytest

from cnn_core.results.config import TrainConfig, validate_config
from cnn_core.results.proposals import Step, Ways, proposals
from cnn_core.results.verdict import CHANGES, VERDICTS, Evidence, FitVerdict

CONFIG = TrainConfig(epochs=10, batch_size=64, learning_rate=1e-3)
WHOLE = Ways(
    larger=Step(title="Train a larger network", values={"model": "googlenet-cifar"}),
    smaller=Step(title="Train a smaller network", values={"model": "googlenet-cifar-tiny"}),
    views=True,
    shifted=True,
    cutout=True,
    dropout=True,
)


def verdict(kind, **evidence):
    told = tuple(
        Evidence(id=name.replace("_", "-"), what="", value=value, low=value, holds=holds)
        for name, (value, holds) in evidence.items()
    )
    return FitVerdict(kind=kind, sentence="", evidence=told, seeds=1, epochs=10)


def kinds(*given):
    return [each.kind for each in proposals(*given)]


def changes(proposal, config=CONFIG):
    return {
        field.name: getattr(proposal.config, field.name)
        for field in fields(config)
        if getattr(proposal.config, field.name) != getattr(config, field.name)
    }


@pytest.mark.parametrize("kind", VERDICTS)
@pytest.mark.parametrize("ways", [WHOLE, Ways(), Ways(stretched=True), Ways(views=True)])
@pytest.mark.parametrize(
    "config",
    [
        CONFIG,
        replace(CONFIG, data_share=0.1, weight_decay=0.05, dropout=0.9),
        replace(CONFIG, epochs=1_000, learning_rate=1e-12, views=32, shift=8, cutout=64),
    ],
)
def test_every_proposal_changes_what_it_names_and_can_be_run(kind, ways, config):
    found = proposals(verdict(kind), config, ways)
    for each in found:
        assert set(changes(each, config)) == set(each.changed) != set()
        assert validate_config(each.config) == each.config
        assert each.kind in CHANGES
        assert each.title
        assert each.why.endswith(".")
    assert len({each.config for each in found}) == len(found)


def test_overfitting_is_met_with_data_first_where_there_is_more():
    config = replace(CONFIG, data_share=0.1)
    assert kinds(verdict("overfitting"), config, WHOLE) == [
        "more-data", "augmentation", "weight-decay", "dropout", "smaller-net",
    ]  # fmt: skip
    first = proposals(verdict("overfitting"), config, WHOLE)[0]
    assert changes(first, config) == {"data_share": 0.2}
    assert "20 % in place of 10 %" in first.title
    assert kinds(verdict("overfitting"), CONFIG, WHOLE)[0] == "augmentation"
    assert kinds(verdict("overfitting"), CONFIG, Ways(stretched=True)) == [
        "augmentation", "weight-decay",
    ]  # fmt: skip


def test_the_last_share_is_all_there_is():
    config = replace(CONFIG, data_share=0.7)
    first = proposals(verdict("overfitting"), config, WHOLE)[0]
    assert first.config.data_share == 1.0
    assert "all the pictures" in first.title


def test_underfitting_is_met_with_what_still_helps():
    flat, rising = (verdict("underfitting", train_rise=(value, False)) for value in (-0.01, 0.05))
    assert kinds(flat, CONFIG, WHOLE) == ["larger-net", "longer", "lower-rate"]
    assert kinds(rising, CONFIG, WHOLE) == ["longer", "larger-net", "lower-rate"]
    nothing_learned = verdict("underfitting", start_loss=(2.3, True))
    assert kinds(nothing_learned, CONFIG, WHOLE)[0] == "lower-rate"
    ended = verdict("underfitting", start_loss=(2.3, True), schedule=(0.0, False))
    assert kinds(ended, CONFIG, WHOLE)[0] == "longer"


def test_divergence_is_met_with_a_tenth_of_the_rate_that_nothing_looks_for_anew():
    config = replace(CONFIG, rate_finder="on")
    (only,) = proposals(verdict("diverging"), config, WHOLE)
    assert only.kind == "lower-rate"
    assert only.config.learning_rate == pytest.approx(1e-4)
    assert set(only.changed) == {"learning_rate", "rate_finder"}


def test_a_run_that_still_improves_goes_on_for_twice_as_long():
    (only,) = proposals(verdict("still-improving"), CONFIG, WHOLE)
    assert changes(only) == {"epochs": 20}
    assert "twice as long (20 epochs)" in only.title


def test_where_nothing_can_be_told_what_would_tell_is_proposed():
    few = verdict("cannot-tell", epochs=(2.0, True))
    assert kinds(few, replace(CONFIG, epochs=2), WHOLE) == ["longer"]
    assert proposals(few, replace(CONFIG, epochs=2), WHOLE)[0].config.epochs == 8
    assert kinds(verdict("cannot-tell"), replace(CONFIG, data_share=0.5), WHOLE) == ["more-data"]
    assert kinds(verdict("cannot-tell"), CONFIG, WHOLE) == []
