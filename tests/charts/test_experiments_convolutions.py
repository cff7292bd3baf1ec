"""The charts of the experiment of convolutions: drawn as they were (golden), and what they say.

Golden files are written anew with `GOLDEN=write` in the environment (test_judgement_charts.py).
"""

import json
import os

import pytest

from cnn_core.charts import palette
from cnn_core.charts.experiments_convolutions import Row, order_alt, order_figure
from cnn_core.charts.experiments_convolutions_lines import (
    Altered,
    altered_alt,
    altered_figure,
    images_alt,
    images_figure,
)
from cnn_core.charts.inspection import TEXT_PX
from cnn_core.results.trial_events import TrialDone
from cnn_core.results.trials import Trials
from tests.charts.test_judgement_charts import GOLDEN, plain, texts, title

ROWS = (
    Row(arm="cnn", name="CNN"),
    Row(arm="mlp", name="MLP, <b>equal</b>"),
    Row(arm="large", name="large kernels"),
)
SHIFT = Altered(figure="shift", amounts=(0, 1, 3), axis="shift (pixels)", told="3 pixels", asked=3)
CONDITIONS = {1_000: "many", 100: "few"}


def trial(arm, condition, seed, accuracy):
    figures = {"accuracy": accuracy}
    if condition == "many":
        figures |= {f"shift {far}": accuracy - far / 10 - seed / 50 for far in SHIFT.amounts}
    return TrialDone(
        step=1, arm=arm, condition=condition, seed=seed, names=list(figures),
        figures=list(figures.values()), seconds=1.0, elapsed_seconds=1.0,
    )  # fmt: skip


def trials(seeds=3):
    return Trials(
        tuple(
            trial(arm, condition, seed, accuracy + seed / 100)
            for seed in range(seeds)
            for arm, many, permuted, few in (("cnn", 0.94, 0.82, 0.8), ("mlp", 0.88, 0.87, 0.7))
            for condition, accuracy in (("many", many), ("permuted", permuted), ("few", few))
        )
        + tuple(trial("large", "many", seed, 0.93) for seed in range(seeds))
    )


FIGURES = {
    "convolutions order": lambda found: order_figure(ROWS, found, "many", "permuted"),
    "convolutions images": lambda found: images_figure(ROWS[:2], found, CONDITIONS),
    "convolutions shift": lambda found: altered_figure(ROWS, found, "many", SHIFT),
}


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_drawn_as_it_was_with_large_words_and_no_ground_of_its_own(name):
    figure = FIGURES[name](trials())
    drawn = plain(json.loads(figure.to_json(engine="json")))
    path = GOLDEN / f"{name.replace(' ', '-')}.json"
    if os.environ.get("GOLDEN") == "write":
        path.write_text(json.dumps(drawn, indent=1, sort_keys=True) + "\n")
    assert drawn == json.loads(path.read_text())
    layout = figure.layout
    assert layout.paper_bgcolor == layout.plot_bgcolor == palette.TRANSPARENT
    assert min(layout.xaxis.title.font.size, layout.xaxis.tickfont.size) >= TEXT_PX
    assert not [text for text in texts(figure.to_dict()["data"]) if "<b>" in text]


def test_titles_say_what_the_first_two_networks_did():
    found = trials()
    assert title(FIGURES["convolutions order"](found)) == (
        "Pixels shuffled: CNN from 95.0 to 83.0 %; MLP, &lt;b&gt;equal&lt;/b&gt; from 89.0 to "
        "88.0 %"
    )
    assert title(FIGURES["convolutions shift"](found)) == (
        "At 3 pixels: CNN from 93.0 to 63.0 %; MLP, &lt;b&gt;equal&lt;/b&gt; from 87.0 to 57.0 %"
    )
    assert "+10.0 points with 100 images, +6.0 points with 1,000 images" in title(
        FIGURES["convolutions images"](found)
    )
    said = order_alt(ROWS, found, "many", "permuted")
    assert "large kernels: as they are 93.0 %, shuffled not yet." in said


@pytest.mark.parametrize("name", FIGURES)
def test_partial_trials_and_none_are_drawn_too(name):
    waiting = FIGURES[name](Trials())
    assert title(waiting) == "Accuracies appear with the first trials"
    whole = trials(seeds=1).done
    for many in range(1, len(whole)):
        assert title(FIGURES[name](Trials(whole[:many])))
    one = FIGURES[name](Trials(whole))
    bars = [trace.error_x.array or trace.error_y.array for trace in one.data]
    assert all(each == 0 for bar in bars if bar is not None for each in bar)


def test_alternative_texts_name_what_is_drawn():
    found = trials()
    assert images_alt(ROWS[:2], found, CONDITIONS).startswith("Accuracy by number of training")
    assert altered_alt(ROWS, found, "many", SHIFT).startswith("Accuracy by shift (pixels)")


def test_with_one_network_done_the_title_says_what_is_drawn():
    one = Trials(tuple(each for each in trials(1).done if each.arm == "cnn"))
    assert title(order_figure(ROWS, one, "many", "permuted")) == (
        "Pixels shuffled: CNN from 94.0 to 82.0 %"
    )
    assert "So far: CNN 80.0 % with 100 images" in images_alt(ROWS, one, CONDITIONS)
    assert "At 3 pixels: CNN from 94.0 to 64.0 %" in altered_alt(ROWS, one, "many", SHIFT)
    first = Trials(one.done[:1])
    assert "So far: CNN 94.0 % on digits as they are" in title(
        order_figure(ROWS, first, "many", "permuted")
    )
    assert "Accuracies appear" in title(order_figure(ROWS, Trials(()), "many", "permuted"))
