"""What came of an experiment, in lines for a terminal."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from cnn_core.cli.output import seconds_text
from cnn_core.concepts.experiment import Experiment

_MOST = 4  # figures of a place in a line; a network's layers each have some


def result_lines(experiment: Experiment, result: Mapping[str, Any]) -> list[str]:
    """Return what `experiment_result` told, as lines: figures first, what they mean last."""
    reading, trials = result["reading"], result["trials"]
    done = f"{trials['done']} of {trials['planned']} trials"
    lines = [f"{result['run']}: {result['status']}, {done}, {time_text(result['seconds'])}", ""]
    places = groupby(result["figures"], key=lambda each: (each["arm"], each["condition"]))
    for place, figures in places:
        name = ", ".join(experiment.names.get(part, part) for part in place if part)
        lines.append(f"{name}: {_figures(list(figures))}")
    if result["figures"]:
        lines += ["(means over the seeds, with their 95 % intervals)", ""]
    lines += [reading["headline"], *reading["meaning"]]
    lines += [f"- {claim['verdict']}: {claim['sentence']}" for claim in reading["claims"]]
    if result["said"] and reading["text"]:
        lines += [f"You said: {result['said']['text']}", f"It was: {reading['text']}"]
    return lines


def time_text(seconds: float) -> str:
    """Return a duration; of a short one how short it is.

    >>> time_text(0.3), time_text(75)
    ('under a second', '1 min 15 s')
    """
    return "under a second" if seconds < 0.95 else seconds_text(seconds)


def _figures(figures: Sequence[Mapping[str, Any]]) -> str:
    parts = []
    for each in figures[:_MOST]:
        ends = each["interval"]
        spread = "" if ends is None else f" ({_short(ends[0])} to {_short(ends[1])})"
        parts.append(f"{each['figure']} {_short(each['mean'])}{spread}")
    if len(figures) > _MOST:
        parts.append(f"and {len(figures) - _MOST} more (--json)")
    return ", ".join(parts)


def _short(value: float) -> str:
    """Return a figure at four digits.

    >>> _short(0.98765), _short(61706.0), _short(3.2e-7)
    ('0.9877', '61,706', '3.2e-07')
    """
    return f"{value:,.0f}" if abs(value) >= 1_000 else f"{value:.4g}"
