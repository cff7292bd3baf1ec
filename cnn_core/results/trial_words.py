"""A figure of trials in words: differences, shares, their intervals, and what they decide.

The one place for these of all experiments, their charts included: "-7.1 points (95 %: -8.0 to
-6.2)", "93.8 % (95 %: 93.1 to 94.4)", and verdicts from an interval or from a count of seeds.
"""

from collections.abc import Callable

from cnn_core.results.experiment_reading import Verdict
from cnn_core.results.trials import Place, Share, Spread, Trials

NEARLY_ALL = 0.95
"""Of the seeds: "in at least 19 of 20"."""

DECISIVE = 20
"""Seeds from which on the share itself decides."""

DIVERGED = "diverged"
"""Figure of a trial: 1.0 where its loss stopped being a number, else 0.0."""


def signed(value: float, digits: int = 1) -> str:
    """Return a number with its sign; nought has none.

    >>> signed(-7.12), signed(-0.04), signed(0.06), signed(1234.5, 0)
    ('-7.1', '0.0', '+0.1', '+1,234')
    """
    text = f"{value:+,.{digits}f}"
    return text[1:] if float(text.replace(",", "")) == 0 else text


def percent(share: float, digits: int = 1) -> str:
    """Return a share of 0 to 1.

    >>> percent(0.93751)
    '93.8 %'
    """
    return f"{100 * share:.{digits}f} %"


def among(
    found: Spread | None, *, scale: float = 100.0, digits: int = 1, unsigned: bool = False
) -> str:
    """Return the interval of a difference in brackets, or that there is none.

    Args:
        found: of shares unless `scale` says otherwise; nothing is said of None.
        scale: 100 for points of a share, 1 for a figure as it is.
        digits: after the point.
        unsigned: whether the mean is told as an amount, "2.0 points fewer": turned where it is
            below nought, and without plus signs.

    >>> among(Spread(mean=0.01, interval=(-0.002, 0.022), values={0: 0, 1: 0, 2: 0.03}))
    ' (95 %: -0.2 to +2.2)'
    >>> among(Spread(mean=-0.02, interval=(-0.03, -0.01), values={0: 0, 1: 0}), unsigned=True)
    ' (95 %: 1.0 to 3.0)'
    >>> among(Spread(mean=0.01, interval=None, values={0: 0.01}))
    ' (one seed, no interval)'
    >>> among(Spread(mean=0.01, interval=None, values={0: 0.01, 1: 0.01})), among(None)
    (' (2 seeds, no interval)', '')
    """
    if found is None:
        return ""
    if found.interval is None:
        return f" ({seeds(found.n)}, no interval)"
    low, high = found.interval
    if unsigned and found.mean < 0:
        low, high = -high, -low
    told = [signed(scale * end, digits) for end in (low, high)]
    return f" (95 %: {' to '.join(end.lstrip('+') if unsigned else end for end in told)})"


def seeds(count: int) -> str:
    """Return a number of seeds.

    >>> seeds(1), seeds(2)
    ('one seed', '2 seeds')
    """
    return "one seed" if count == 1 else f"{count} seeds"


def difference(
    found: Spread, unit: str = "points", *, scale: float = 100.0, digits: int = 1
) -> str:
    """Return a difference with its unit and interval.

    Args:
        found: of shares unless `scale` says otherwise.
        unit: behind the mean; "" for none, as of a loss.
        scale: 100 for points of a share, 1 for a figure as it is.
        digits: after the point.

    >>> difference(Spread(mean=-0.0712, interval=(-0.08, -0.0624), values={0: 0, 1: 0, 2: 0}))
    '-7.1 points (95 %: -8.0 to -6.2)'
    >>> difference(Spread(mean=20.4, interval=None, values={0: 20.4}), "steps", scale=1, digits=0)
    '+20 steps (one seed, no interval)'
    """
    mean = f"{signed(scale * found.mean, digits)} {unit}".rstrip()
    return f"{mean}{among(found, scale=scale, digits=digits)}"


def ends(found: Spread, *, scale: float = 100.0, top: float = 100.0) -> tuple[float, float]:
    """Return the ends of the bar of a figure that lies within 0 to `top`; without an interval it.

    >>> ends(Spread(mean=0.98, interval=(0.95, 1.01), values={0: 1, 1: 1, 2: 1}))
    (95.0, 100.0)
    """
    low, high = found.interval or (found.mean, found.mean)
    return max(0.0, scale * low), min(top, scale * high)


def share(found: Spread, *, digits: int = 1) -> str:
    """Return a share of 0 to 1 over seeds in percent, with its interval.

    >>> share(Spread(mean=0.938, interval=(0.931, 0.944), values={0: 1, 1: 1, 2: 1}))
    '93.8 % (95 %: 93.1 to 94.4)'
    >>> share(Spread(mean=0.938, interval=None, values={0: 0.938}))
    '93.8 % (one seed, no interval)'
    """
    if found.interval is None:
        return f"{percent(found.mean, digits)} ({seeds(found.n)}, no interval)"
    low, high = ends(found)
    return f"{percent(found.mean, digits)} (95 %: {low:.{digits}f} to {high:.{digits}f})"


def of_difference(found: Spread | None, wanted: int = 1) -> Verdict:
    """Return what the interval of a paired difference says.

    Args:
        found: None where it was not measured.
        wanted: 1 for "above nought", -1 for "below nought", 0 for "there is a difference".

    >>> above = Spread(mean=2.0, interval=(1.0, 3.0), values={0: 1.0, 1: 2.0, 2: 3.0})
    >>> of_difference(above), of_difference(above, -1), of_difference(None)
    ('holds', 'does not hold', 'not measured')
    """
    if found is None:
        return "not measured"
    if not found.apart:
        return "cannot be told"
    return "holds" if wanted == 0 or found.mean * wanted > 0 else "does not hold"


def counted(found: Spread, so: Callable[[float], bool]) -> Share:
    """Return in how many of its seeds a figure is so.

    >>> counted(Spread(mean=0.0, interval=None, values={0: 1.0, 1: -1.0}), lambda x: x > 0).count
    1
    """
    return Share(count=sum(so(value) for value in found.values.values()), of=found.n)


def of_share(found: Share) -> Verdict:
    """Return what a count says of "in at least 19 of 20 seeds".

    From 20 seeds on the share decides; of fewer, its interval: it holds when it was so in nearly
    all and chance alone (a half) lies outside, it does not hold when 95 % lies above the interval.

    >>> [of_share(Share(count=n, of=m)) for n, m in ((19, 20), (6, 6), (3, 3), (1, 3), (0, 0))]
    ['holds', 'holds', 'cannot be told', 'does not hold', 'not measured']
    >>> of_share(Share(count=18, of=20))
    'does not hold'
    """
    if not found.of:
        return "not measured"
    nearly_all = found.count >= NEARLY_ALL * found.of
    if found.of >= DECISIVE:
        return "holds" if nearly_all else "does not hold"
    low, high = found.interval
    if nearly_all and low > 0.5:
        return "holds"
    return "does not hold" if high < NEARLY_ALL else "cannot be told"


def diverged(trials: Trials, place: Place) -> Share:
    """Return in how many seeds the training of a place diverged, of those that are done.

    Trials from before the figure was kept count as not diverged.
    """
    values = trials.values(DIVERGED, place).values()
    return Share(count=sum(value > 0 for value in values), of=len(trials.at(place)))


def divergences(trials: Trials, name: Callable[[Place], str]) -> str:
    """Return which trainings diverged, in a sentence; "" where none did.

    Args:
        trials: any.
        name: what a place is called after "The training of".

    >>> from cnn_core.results.trial_events import TrialDone
    >>> done = [
    ...     TrialDone(step=n + 1, arm="plain", condition="", seed=n, names=["diverged"],
    ...               figures=[float(n == 0)], seconds=1.0, elapsed_seconds=1.0)
    ...     for n in range(4)
    ... ]
    >>> divergences(Trials(tuple(done)), lambda place: f"the {place.arm} network")
    'Diverged (the loss stopped being a number): the plain network in 1 of 4 seeds (95 %: 1 to 81 %). Such a training has no accuracy, and its pair is left out of every difference.'
    """  # noqa: E501
    told = [
        f"{name(place)} in {found.text}"
        for place in trials.places
        if (found := diverged(trials, place)).count
    ]
    if not told:
        return ""
    return (
        f"Diverged (the loss stopped being a number): {'; '.join(told)}. Such a training has no "
        "accuracy, and its pair is left out of every difference."
    )
