"""Pairs of trials: a difference that some pairs do not have tells nothing, whatever is left."""

from cnn_core.results.trial_events import TrialDone
from cnn_core.results.trial_pairs import leaders, told, trained_pairs
from cnn_core.results.trials import Place, Trials

A, B, C = (Place(arm=arm) for arm in "abc")


def trials(**values):
    """Return trials of a figure by arm and seed; None is a trial without it."""
    return Trials(
        tuple(
            TrialDone(
                step=1,
                arm=arm,
                condition="",
                seed=seed,
                names=["right"] if value is not None else ["diverged"],
                figures=[value if value is not None else 1.0],
                seconds=1.0,
                elapsed_seconds=1.0,
            )
            for arm, row in values.items()
            for seed, value in enumerate(row)
        )
    )


def test_an_interval_decides_and_nothing_else():
    low, high = [1.0, 1.1, 1.2, 1.0], [2.0, 2.3, 2.1, 2.2]
    assert told(trials(a=high, b=low), "right", A, B) == 1
    assert told(trials(a=low, b=high), "right", A, B) == -1
    assert told(trials(a=low, b=low[::-1]), "right", A, B) == 0
    assert told(trials(a=high[:2], b=low[:2]), "right", A, B) == 0, "two seeds"
    assert told(trials(a=[2.0] * 4, b=[1.0] * 4), "right", A, B) == 0, "no width"
    assert told(trials(a=[*high, None], b=[*low, 1.0]), "right", A, B) == 0, "one diverged"
    assert len(trained_pairs(trials(a=[*high, None], b=[*low, 1.0]), A, B)) == 5
    assert told(Trials(), "right", A, B) == 0


def test_those_lead_that_are_not_told_from_the_highest():
    found = trials(a=[1.0, 1.1, 1.2], b=[2.0, 2.3, 2.1], c=[2.2, 2.0, 2.1])
    assert leaders(found, "right", [A, B, C]) == (B, C)
    assert leaders(found, "right", [C, A]) == (C,)
    assert leaders(found, "wrong", [A, B, C]) == ()
