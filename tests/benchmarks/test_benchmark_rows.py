"""Rows of the benchmarks: no figure without a baseline, and the arithmetic of the rest."""

import doctest
import json

import pytest

from benchmarks import alternating, measure_loop, rows
from benchmarks.alternating import take_turns
from benchmarks.rows import Bar, compare, percentile_of


@pytest.mark.parametrize("module", [alternating, rows])
def test_examples_hold(module):
    result = doctest.testmod(module)
    assert result.attempted
    assert not result.failed


@pytest.mark.parametrize(
    ("samples", "baseline", "message"),
    [
        ([1.0], [], "got no baseline"),
        ([], [1.0], "got no sample"),
        ([1.0], [0.0], "baseline above nought"),
        ([1.0], [float("nan")], "baseline above nought"),
    ],
)
def test_no_row_without_a_baseline(samples, baseline, message):
    with pytest.raises(ValueError, match=message):
        compare("speed", unit="s", samples=samples, baseline=baseline)


def test_row_keeps_every_sample_and_gives_medians_quartiles_and_ratio():
    row = compare("speed", unit="s", samples=[1.0, 9.0, 2.0], baseline=[4.0, 5.0, 3.0, 4.0])
    assert (row.value, row.baseline, row.ratio) == (2.0, 4.0, 0.5)
    assert row.spread == {"value": (1.5, 5.5), "baseline": (3.75, 4.25)}
    assert row.samples == {"value": [1.0, 9.0, 2.0], "baseline": [4.0, 5.0, 3.0, 4.0]}
    body = json.loads(json.dumps(row.as_json(), allow_nan=False))
    assert body["bar"] is None
    assert body["holds"] is None


def test_percentiles_lie_between_the_samples():
    samples = [float(number) for number in range(101)]
    assert percentile_of(samples, 95) == 95.0
    assert percentile_of([7.0], 95) == 7.0
    row = compare("slow", unit="s", samples=samples, baseline=samples[:51], percentile=95)
    assert (row.value, row.baseline) == (95.0, 47.5)


@pytest.mark.parametrize(
    ("bar", "text", "holds"),
    [
        (Bar(of="ratio", at_least=3.5), "ratio >= 3.5", True),
        (Bar(of="ratio", at_least=4.5), "ratio >= 4.5", False),
        (Bar(of="ratio", at_most=1.5), "ratio <= 1.5", False),
        (Bar(of="value", at_most=8.0), "value <= 8", True),
    ],
)
def test_bars(bar, text, holds):
    body = compare("speed", unit="s", samples=[8.0], baseline=[2.0], bar=bar).as_json()
    assert body["bar"] == text
    assert body["holds"] is holds


def test_sides_take_turns_and_no_side_is_always_first():
    order = []
    taken = take_turns(lambda side: float(order.append(side) or len(order)), "abc", 3)
    assert "".join(order) == "abccbaabc"
    assert taken == {"a": [1.0, 6.0, 7.0], "b": [2.0, 5.0, 8.0], "c": [3.0, 4.0, 9.0]}


def test_pace_leaves_out_warm_up_and_evaluation(monkeypatch):
    """A loop of 10 images a second that evaluates for 100 s now and then, on a clock of ours."""
    clock = [0.0]
    monkeypatch.setattr(measure_loop.time, "perf_counter", lambda: clock[0])

    def loop():
        for step in range(1, 1_000):
            evaluates = step % 4 == 0
            clock[0] += 100.0 if evaluates else 1.0 if step > 3 else 50.0
            yield 0 if evaluates else 10

    assert measure_loop.images_per_second(loop(), warm_up=150.0, seconds=20.0) == 10.0


def test_pace_of_a_loop_that_ends_is_an_error():
    with pytest.raises(RuntimeError, match="expected 60 s of training, but the loop ended"):
        measure_loop.images_per_second(iter([1, 1, 1]), warm_up=0.0, seconds=60.0)
