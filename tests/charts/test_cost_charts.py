"""The charts of costs: what their titles say, what they draw, and that names are text."""

import pytest

from cnn_core.charts.accuracy_cost import (
    CostPoint,
    accuracy_cost_alt,
    accuracy_cost_chart,
    accuracy_cost_title,
    beaten,
    label_sides,
    log_axis,
)
from cnn_core.charts.experiments_costs import (
    measured_at,
    memory_chart,
    memory_title,
    times_chart,
    times_title,
)
from cnn_core.charts.layer_costs import shares_alt, shares_chart, shares_title
from cnn_core.concepts.network_costs.published import ONE_CROP
from cnn_core.concepts.network_costs.table import network_layers, totals
from cnn_core.models.registry import MODELS
from cnn_core.results.trial_events import TrialDone
from cnn_core.results.trials import Trials

NAMES = {"a": "Small <net>", "b": "Large net"}


def done(arm, seed, median, peak):
    figures = {
        "median_ms": median,
        "low_ms": 0.9 * median,
        "high_ms": 1.2 * median,
        "peak_mib": peak,
        "weights_mib": 0.75 * peak,
    }
    return TrialDone(
        step=1,
        arm=arm,
        condition="batch=1",
        seed=seed,
        names=list(figures),
        figures=list(figures.values()),
        seconds=1.0,
        elapsed_seconds=1.0,
    )


TRIALS = Trials(
    (done("a", 0, 4.0, 20), done("b", 0, 40.0, 400), done("a", 1, 6.0, 20), done("b", 1, 60.0, 400))
)


def test_times_are_drawn_with_quartiles_and_each_round():
    assert measured_at(TRIALS, "batch=1") == ("b", "a")
    assert times_title(TRIALS, NAMES, "batch=1") == (
        "Small <net> is fastest with 5.00 ms, Large net takes 10.00 times as long"
    )
    figure = times_chart(TRIALS, NAMES, "batch=1")
    median, rounds = figure.data[0], figure.data[1]
    assert (median.x, tuple(rounds.x)) == ((50.0,), (40.0, 60.0))
    assert median.error_x.array[0] == pytest.approx(10)
    assert median.error_x.arrayminus[0] == pytest.approx(5)
    assert figure.layout.yaxis.ticktext == ("Large net", "Small &lt;net&gt;")
    assert "Small &lt;net&gt;" in figure.layout.title.text.replace("<br>", " ")


def test_memory_is_weights_and_what_a_pass_takes():
    assert memory_title(TRIALS, NAMES, "batch=1") == (
        "Large net needs 400 MiB at its peak, 75 % of it weights"
    )
    weights, maps = memory_chart(TRIALS, NAMES, "batch=1").data
    assert (tuple(weights.x), tuple(maps.x)) == ((300.0, 15.0), (100.0, 5.0))


def test_what_is_not_there_yet_draws_nothing():
    assert not times_chart(Trials(), NAMES, "batch=1").data
    assert all(not trace.x for trace in memory_chart(Trials(), NAMES, "batch=1").data)
    assert accuracy_cost_title([], "parameters") == "There is no network to draw"
    assert accuracy_cost_chart([], cost="parameters", unit="millions", error="%").data


@pytest.mark.parametrize(
    ("name", "title"),
    [
        (
            "alexnet",
            "Fully connected layers hold 96 % of the parameters of AlexNet and do 8.2 % of ",
        ),
        ("vgg16", "Fully connected layers hold 89 % of the parameters of VGG-16 and do 0.8 % of "),
        ("squeezenet1_1", "SqueezeNet 1.1 has no fully connected layer"),
    ],
)
def test_shares_say_where_parameters_and_work_are(name, title):
    layers = network_layers(name)
    assert shares_title(MODELS[name].title, layers).startswith(title)
    parameters, macs = shares_chart(MODELS[name].title, layers).data
    assert sum(parameters.y) == pytest.approx(100)  # none of these has a normalisation
    assert sum(macs.y) == pytest.approx(100)
    drawn = sum(1 for layer in layers if layer.macs)
    assert len(parameters.y) == len(macs.y) == drawn
    assert f"{drawn} layers" in shares_alt(MODELS[name].title, layers)


def test_of_many_layers_the_blocks_are_named():
    axis = shares_chart("GoogLeNet", network_layers("googlenet")).layout.xaxis
    assert axis.ticktext[:3] == ("conv1", "inception3a", "inception3b")
    assert axis.ticktext[-1] == "fc"
    assert shares_chart("SqueezeNet", network_layers("squeezenet1_1")).layout.xaxis.ticktext[
        :2
    ] == (*("features.0", "features.3"),)


def points(cost):
    return [
        CostPoint(
            name=MODELS[name].title,
            cost=getattr(totals(network_layers(name)), cost) / 1e6,
            error=error.top5,
        )
        for name, error in ONE_CROP.items()
    ]


def test_who_is_beaten_in_error_and_in_work():
    assert [point.name for point in beaten(points("macs"))] == ["AlexNet", "VGG-16", "ResNet-18"]
    assert accuracy_cost_title(points("macs"), "multiply-accumulates") == (
        "AlexNet, VGG-16 and ResNet-18 err more and cost more multiply-accumulates than another "
        "network"
    )
    figure = accuracy_cost_chart(points("macs"), cost="work", unit="millions", error="top-5 (%)")
    kept, worse = figure.data
    assert tuple(worse.text) == ("AlexNet", "VGG-16", "ResNet-18")
    assert len(kept.x) == 4
    assert "7 networks" in accuracy_cost_alt(points("macs"), "work")


def test_names_of_runs_are_text_and_intervals_are_drawn():
    run = CostPoint(name="<b>run</b>", cost=2.0, error=5.0, interval=(4.0, 7.0))
    figure = accuracy_cost_chart([run], cost="parameters", unit="millions", error="error (%)")
    assert figure.data[0].text == ("&lt;b&gt;run&lt;/b&gt;",)
    assert (figure.data[0].error_y.array, figure.data[0].error_y.arrayminus) == ((2.0,), (1.0,))


def test_errors_whose_intervals_overlap_beat_nobody():
    dear = CostPoint(name="dear", cost=4.0, error=6.0, interval=(5.0, 7.0))
    cheap = CostPoint(name="cheap", cost=2.0, error=5.5, interval=(4.5, 6.5))
    better = CostPoint(name="better", cost=2.0, error=4.0, interval=(3.0, 4.9))
    assert beaten([dear, cheap]) == []
    assert accuracy_cost_title([dear, cheap], "work") == (
        "No network errs more and costs more work than another one"
    )
    assert beaten([dear, better]) == [dear]


def test_names_that_would_overlap_stand_on_different_sides():
    sides = label_sides(points("macs"))
    assert len({sides["ResNet-34"], sides["ResNet-50"]}) == 2
    assert len({sides["GoogLeNet"], sides["ResNet-18"]}) == 2


def test_an_axis_over_many_powers_of_ten_names_these_alone():
    axis = log_axis([0.2, 1_500.0])
    assert axis["ticktext"] == ["0.1", "1", "10", "100", "1,000"]
