"""Numbers as a person reads them in a title, a label or an alternative text."""

import math
import re
import textwrap

_NEGATIVE = re.compile(r"(?<![\w.)-])-(?=\d)")


def count(value: float) -> str:
    """Return a whole number with separators.

    >>> count(14_230.4)
    '14,230'
    """
    return f"{round(value):,}"


def percent(share: float) -> str:
    """Return a share (0 to 1) in percent, two decimals from 98 %; only all of it is called 100 %.

    >>> percent(0.9714), percent(0.99048), percent(0.99999), percent(1.0)
    ('97.1 %', '99.05 %', '99.99 %', '100 %')
    """
    if share >= 1:
        return "100 %"
    if share >= 0.98:
        return f"{min(100 * share, 99.99):.2f} %"
    return f"{100 * share:.1f} %"


def decimal(value: float) -> str:
    """Return a loss or a duration with two or three digits that say something.

    >>> decimal(2.3052), decimal(0.0412), decimal(12_345.6), decimal(0.000012)
    ('2.31', '0.041', '12,346', '0.000012')
    """
    if not math.isfinite(value):
        return "not finite"
    size = abs(value)
    if size >= 1e9:
        return f"{value:.1e}"
    if size >= 100:
        return f"{value:,.0f}"
    if size >= 1:
        return f"{value:.2f}"
    if size == 0:
        return "0"
    digits = 1 - math.floor(math.log10(size))
    return f"{value:.{min(digits, 9)}f}"


def seconds(value: float) -> str:
    """Return a duration.

    >>> seconds(0.0042), seconds(0.042), seconds(4.04), seconds(21.3), seconds(95), seconds(7_260)
    ('4.2 ms', '42 ms', '4.0 s', '21 s', '1 min 35 s', '2 h 1 min')
    """
    if value < 0.00995:
        return f"{1e3 * value:.1f} ms"
    if value < 0.9995:
        return f"{1e3 * value:.0f} ms"
    if value < 9.95:
        return f"{value:.1f} s"
    whole = round(value)
    if whole < 60:
        return f"{whole} s"
    if whole < 3_600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3_600} h {whole % 3_600 // 60} min"


def minus(text: str) -> str:
    """Return a sentence with minus signs in place of the hyphens before its numbers.

    >>> minus("-1.4 points (95 %: -2.1 to -0.6), 784-56-10, LeNet-5").count("\N{MINUS SIGN}")
    3
    """
    return _NEGATIVE.sub("\N{MINUS SIGN}", text)


def broken(title: str, characters: int) -> list[str]:
    """Return a title in as few lines of at most `characters` as it needs, about equally long.

    >>> broken("Reference came in first, after 17 s", 30)
    ['Reference came in', 'first, after 17 s']
    """
    title = title.replace(" %", "\N{NO-BREAK SPACE}%")
    lines = textwrap.wrap(title, characters, break_long_words=False)
    for width in range(characters, 1, -1):
        narrower = textwrap.wrap(title, width, break_long_words=False)
        if len(narrower) > len(lines):
            break
        lines = narrower
    return lines


def plural(number: int, noun: str) -> str:
    """Return `number` with its noun.

    >>> plural(1, "epoch"), plural(1_290, "step")
    ('1 epoch', '1,290 steps')
    """
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def shortened(name: str, characters: int = 40) -> str:
    """Return a name of at most `characters`; its end, where seeds stand, is kept.

    >>> shortened("GoogLeNet on CIFAR-10, from scratch, seeds 0 to 2", 24)
    'GoogLeNet on…eeds 0 to 2'
    """
    name = " ".join(name.split())
    if len(name) <= characters:
        return name
    half = characters // 2
    return f"{name[:half].rstrip()}…{name[1 - half :].lstrip()}"
