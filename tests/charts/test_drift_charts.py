"""Charts of the watch over drift and of what came: what they say, mark and leave out."""

import dataclasses

import numpy as np
import pytest

from cnn_core.charts import palette
from cnn_core.charts.drift import STATES, p_value_figure, statistic_figure, strip_figure
from cnn_core.charts.inspection import TEXT_PX
from cnn_core.charts.monitoring import latency_figure, rates_figure, volume_figure
from cnn_core.results.metrics import wilson_interval
from cnn_core.results.monitoring import DriftReport, DriftTest, DriftWindow, LoggedCase, Volume

CODES = {"ks-score": "Triage score, Kolmogorov-Smirnov", "gate-rate": "Refusal rate"}


def window(number, p, *, changed, alarm=False):
    tests = tuple(
        DriftTest(
            code=code,
            title=title,
            statistic=float("nan") if number == 2 else 0.1 * number,
            p=p,
            adjusted=p if place == 0 else 1.0,
            sentence="The <b>median</b> is 0.4.",
        )
        for place, (code, title) in enumerate(CODES.items())
    )
    return DriftWindow(
        number=number,
        first=100 * (number - 1),
        cases=97,
        began=0.0,
        ended=0.0,
        tests=tests,
        changed=changed,
        alarm=alarm,
    )


WINDOWS = (
    window(1, 0.6, changed=False),
    window(2, 1.0, changed=False),
    window(3, 0.004, changed=True),
    window(4, 1e-12, changed=True, alarm=True),
)
REPORT = DriftReport(
    reference="films", level=0.01, windows=WINDOWS, waiting=3, sentence="Alarm in window 4."
)
NOTHING = dataclasses.replace(REPORT, windows=(), sentence="No whole window yet: 3 cases of 100.")


def case(at, decision):
    return LoggedCase(
        id="a", at=at, channel="http", model="m", image="i", patient="p", decision=decision,
        reason="score", score=None, probabilities=(), gate_distance=None, brightness=0.5,
        contrast=0.2, projection=(), seconds=0.1,
    )  # fmt: skip


CASES = [case(3_600.0 * hour, ("routine", "refer", "refused")[hour % 3]) for hour in range(10)]
VOLUMES = [
    Volume(
        cases=100,
        referred=(0.8, wilson_interval(80, 100)),
        refused=(0.02, wilson_interval(2, 100)),
        seconds=(0.2, 0.4, 0.9),
    ),
    Volume(cases=0, referred=None, refused=None, seconds=None),
    Volume(
        cases=100,
        referred=(1.0, wilson_interval(100, 100)),
        refused=(0.5, wilson_interval(50, 100)),
        seconds=(0.2, 0.5, 1.2),
    ),
]
FIGURES = {
    "strip": lambda: strip_figure(REPORT, 250),
    "p": lambda: p_value_figure(REPORT),
    "statistic": lambda: statistic_figure(REPORT, "ks-score"),
    "volumes": lambda: volume_figure(CASES),
    "rates": lambda: rates_figure(VOLUMES),
    "latency": lambda: latency_figure(VOLUMES),
    "no strip": lambda: strip_figure(NOTHING, 250),
    "no p": lambda: p_value_figure(NOTHING),
    "no statistic": lambda: statistic_figure(NOTHING, "ks-score"),
    "no volumes": lambda: volume_figure([]),
    "no rates": lambda: rates_figure([]),
    "no latency": lambda: latency_figure([]),
}


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_has_a_title_named_axes_large_words_and_no_ground_of_its_own(name):
    layout = FIGURES[name]().layout
    assert layout.title.text
    assert layout.paper_bgcolor == layout.plot_bgcolor == palette.TRANSPARENT
    assert layout.xaxis.title.text
    assert layout.yaxis.visible is False or layout.yaxis.title.text
    for axis in (layout.xaxis, layout.yaxis):
        assert min(axis.title.font.size, axis.tickfont.size) >= TEXT_PX


def test_the_strip_tells_changed_and_alarm_by_symbol_and_word_too():
    figure = FIGURES["strip"]()
    drawn = {trace.name: list(trace.x) for trace in figure.data}
    assert drawn == {"unchanged": [1, 2], "changed": [3], "alarm": [4]}
    assert len({trace.marker.symbol for trace in figure.data}) == len(STATES)
    assert "window 4: alarm" in figure.data[2].text[0]
    assert "97 patients" in figure.data[2].text[0]
    assert CODES["ks-score"] in figure.data[2].text[0]
    assert CODES["gate-rate"] not in figure.data[2].text[0]
    (line,) = figure.layout.shapes
    assert line.x0 == line.x1 == 3
    assert not FIGURES["no strip"]().layout.shapes


def test_p_values_stand_over_the_windows_with_the_level_and_none_below_the_axis():
    figure = FIGURES["p"]()
    score, rate, level = figure.data
    assert list(score.y) == [0.6, 1.0, 0.004, 1e-4]
    assert list(rate.y) == [1.0] * 4
    assert set(level.y) == {0.01}
    assert "1e-12" in score.text[3]
    assert "&lt;b&gt;median" in score.text[0]
    assert score.line.dash != rate.line.dash or score.marker.symbol != rate.marker.symbol
    assert "1e-12" in figure.layout.title.text


def test_a_statistic_that_was_not_judged_is_a_gap_and_a_changed_one_another_symbol():
    figure = FIGURES["statistic"]()
    (trace,) = figure.data
    assert trace.y[1] is None
    assert list(trace.marker.symbol) == ["circle", "circle", "diamond", "diamond"]
    assert "changed (diamonds) in 2 of 4" in figure.layout.title.text.replace("<br>", " ")


def test_windows_are_numbered_as_the_report_numbers_them():
    later = tuple(dataclasses.replace(each, number=each.number + 50) for each in WINDOWS)
    low, high = strip_figure(dataclasses.replace(REPORT, windows=later)).layout.xaxis.range
    assert low < 51
    assert high > 54


def test_volumes_are_counted_by_hour_within_two_days_and_by_day_beyond():
    figure = volume_figure(CASES)
    assert [sum(trace.y) for trace in figure.data] == [4, 3, 3]
    assert figure.layout.xaxis.title.text == "hour (UTC)"
    longer = volume_figure([*CASES, case(86_400.0 * 9, "refer")])
    assert longer.layout.xaxis.title.text == "day (UTC)"
    assert [sum(trace.y) for trace in longer.data] == [4, 4, 3]
    assert list(longer.data[1].x) == [0, 86_400_000 * 9]


def test_rates_carry_their_intervals_and_windows_without_cases_are_left_out():
    figure = FIGURES["rates"]()
    referred, refused = figure.data
    assert list(referred.y) == [0.8, 1.0]
    low, high = wilson_interval(80, 100)
    assert referred.error_y.array[0] == pytest.approx(high - 0.8)
    assert referred.error_y.arrayminus[0] == pytest.approx(0.8 - low)
    assert np.rint(referred.x).tolist() == [1, 3]
    assert refused.marker.symbol != referred.marker.symbol
    assert "100 cases, 100\N{NO-BREAK SPACE}%" in figure.layout.title.text


def test_latency_is_in_seconds_by_percentile():
    figure = FIGURES["latency"]()
    assert [trace.name.split()[0] for trace in figure.data] == ["50th", "95th", "99th"]
    assert list(figure.data[2].y) == [0.9, 1.2]
    assert "0.50 s" in figure.layout.title.text
