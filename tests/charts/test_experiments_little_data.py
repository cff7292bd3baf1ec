"""Charts of little data: what they show of finished, partial and no trials."""

import pytest

from cnn_core.charts.experiments_little_data import (
    Learner,
    accuracy_alt,
    accuracy_figure,
    accuracy_title,
    seconds_alt,
    seconds_figure,
    seconds_title,
)
from cnn_core.results.trial_events import TrialDone
from cnn_core.results.trials import Trials

ROWS = [Learner(arm="frozen", name="frozen <b>"), Learner(arm="all", name="all")]
PICTURES = {"5": 5.0, "every": 100.0}


def done(arm, size, seed, accuracy, seconds):
    return TrialDone(
        step=1, arm=arm, condition=size, seed=seed, names=["accuracy", "seconds"],
        figures=[accuracy, seconds], seconds=seconds, elapsed_seconds=1.0,
    )  # fmt: skip


TRIALS = Trials(
    (
        *(done("frozen", "5", seed, 0.60 + 0.01 * seed, 0.5) for seed in range(4)),
        done("frozen", "every", 0, 0.80, 1.5),
        done("all", "5", 0, 0.50, 20.0),
        done("all", "5", 1, 0.56, 24.0),
    )
)


def test_accuracies_with_their_bands():
    figure = accuracy_figure(ROWS, TRIALS, PICTURES, chance=0.2)
    band, line, few, other = figure.data[:4]
    assert list(line.x) == [5.0, 100.0]
    assert line.y == pytest.approx([61.5, 80.0])
    assert band.y[0] > 61.5 > band.y[-1]
    assert few.y == pytest.approx((56.0, 50.0)), "of two seeds from the lower to the higher"
    assert list(other.x) == [5.0]
    assert "<b>" not in line.name
    assert figure.layout.shapes[0].y0 == 20.0
    few = accuracy_title(ROWS, TRIALS, PICTURES)
    assert few == "Held-out pictures right, by training pictures a class", "two seeds rank nothing"
    assert "all: 53 % with 5" in accuracy_alt(ROWS, TRIALS, PICTURES)


@pytest.mark.parametrize(
    ("others", "title"),
    [
        ([0.50, 0.53, 0.52], "With 5 a class: frozen <b> 62 %, all 52 %"),
        ([0.50, 0.75, 0.55], "With 5 a class, frozen <b> and all cannot be told apart"),
    ],
)
def test_a_title_names_a_winner_only_where_there_is_one(others, title):
    more = (done("all", "5", seed, value, 20.0) for seed, value in enumerate(others))
    frozen = (each for each in TRIALS.done if each.arm == "frozen")
    assert accuracy_title(ROWS, Trials((*frozen, *more)), PICTURES) == title


def test_seconds_on_a_logarithmic_axis():
    figure = seconds_figure(ROWS, TRIALS, PICTURES)
    assert figure.layout.yaxis.type == "log"
    assert all(value > 0 for trace in figure.data for value in trace.y)
    assert seconds_title(TRIALS) == "Seconds to look and to learn, by training pictures a class"
    assert "all: 22 s with 5" in seconds_alt(ROWS, TRIALS, PICTURES)


def test_nothing_yet():
    figure = accuracy_figure(ROWS, Trials(), {}, chance=0.0)
    assert "appear" in figure.layout.title.text
    assert "appear" in seconds_figure(ROWS, Trials(), {}).layout.title.text
    assert all(size.size >= 14 for size in (figure.layout.title.font, figure.layout.legend.font))
