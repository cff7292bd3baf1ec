"""What the best epoch goes by: accuracy, or macro-averaged AUROC where that is asked for."""

import dataclasses

import pytest
import torch

from cnn_core.results.events import EpochDone
from cnn_core.results.history import History
from cnn_core.training import fit as loop
from cnn_core.training.evaluate import Evaluation
from cnn_core.training.fit import fit
from tests.training.backbone import base_tensors, begin, settings


@pytest.fixture(scope="module")
def base():
    return base_tensors()


LABELS = torch.arange(9) % 3
RANKED = 0.1 * torch.nn.functional.one_hot(LABELS, 3).float()
RANKED[:, 0] += 1.0
"""Every class is ranked perfectly, and all are taken for the first: a third is right."""
SURE = 9.0 * torch.nn.functional.one_hot(LABELS, 3).float()
SURE[[0, 4]] = torch.tensor([0.0, 0.0, 50.0])
"""Seven of nine are right; two are wrong and most certain of it."""


def scripted(monkeypatch, answers):
    """Have validation say `answers`, one an epoch."""
    told = iter(answers)

    def evaluate(model, examples, precision, places):
        logits = next(told)
        accuracy = float((logits.argmax(1) == LABELS).float().mean())
        return Evaluation(loss=1.0, accuracy=accuracy, correct=round(9 * accuracy), logits=logits)

    monkeypatch.setattr(loop, "evaluate", evaluate)


@pytest.mark.parametrize(("select", "best"), [("accuracy", 1), ("auroc", 2)])
def test_the_best_epoch_goes_by_what_was_asked_for(base, monkeypatch, select, best):
    scripted(monkeypatch, [SURE, RANKED, SURE, SURE, SURE])
    config = settings(epochs=9, patience=2, select=select)
    state, splits = begin(config, base, test=0)
    events = list(fit(state, splits, config))
    epochs = [event for event in events if isinstance(event, EpochDone)]
    assert [event.best for event in epochs].index(True, best - 1) == best - 1
    assert not any(event.best for event in epochs[best:])
    assert (events[-1].best_epoch, events[-1].epoch) == (best, best + 2)
    found = [event.valid_auroc for event in epochs]
    if select == "accuracy":
        assert found == [None] * 3
    else:
        assert found[1] == 1.0
        assert found[0] == found[2] == found[3] < 0.95
        assert History(events).epoch_table()["valid_auroc"].tolist() == found
        assert state.progress.best_auroc == 1.0


def test_with_one_class_alone_accuracy_decides(base):
    config = settings(epochs=1, select="auroc")
    state, splits = begin(config, base, test=0)
    one = dataclasses.replace(splits.valid, labels=torch.zeros(9, dtype=torch.int64))
    events = list(fit(state, dataclasses.replace(splits, valid=one), config))
    (done,) = [event for event in events if isinstance(event, EpochDone)]
    assert done.valid_auroc is None
    assert done.best
