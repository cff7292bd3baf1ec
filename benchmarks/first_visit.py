"""Seconds from the first request to a fresh server until the page can be used.

Home is usable when its digit lab has read the digit that is drawn, the page "LeNet-5" when its
Train button can be pressed; what lies below may still be drawn then. The baseline is the least
that Streamlit can do: a script with a title.
"""

import contextlib
import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks.alternating import take_turns
from benchmarks.browser import app
from benchmarks.devtools import seconds_until
from benchmarks.mnist_files import mnist_folder
from benchmarks.rows import Bar, Row, compare

REPEATS = 5
BAR = Bar(of="value", at_most=1.5)
_BARE = "import streamlit as st\n\nst.title('Bare')\n"


@dataclass(frozen=True, kw_only=True)
class _Visit:
    """Where to go, and a JavaScript expression that is true once the page can be used."""

    path: str
    usable: str


VISITS = {
    "home": _Visit(
        path="",  # the digit lab lies in the shadow tree of its component
        usable="[...document.querySelectorAll('[data-testid=stMain] *')]"
        ".some(node => node.shadowRoot?.querySelector('.lab')?.dataset.digit)",
    ),
    "lenet5": _Visit(
        path="lenet5",
        usable="[...document.querySelectorAll('button:enabled')]"
        ".some(button => button.textContent.includes('Train LeNet-5'))",
    ),
}
_BARE_VISIT = _Visit(path="", usable="document.querySelector('h1')?.textContent === 'Bare'")


def measure(*, repeats: int = REPEATS, pages: tuple[str, ...] = tuple(VISITS)) -> list[Row]:
    """Return a row a page; every sample has a fresh server and a browser with empty caches."""
    with contextlib.ExitStack() as stack:
        data = stack.enter_context(mnist_folder())
        bare = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "bare.py"
        bare.write_text(_BARE, encoding="utf-8")

        def seconds(name: str) -> float:
            script = {} if name in VISITS else {"script": bare}
            visit = VISITS.get(name, _BARE_VISIT)
            with app(data=data, warm_spare=True, **script) as server:
                return seconds_until(visit.usable, f"{server.url}/{visit.path}")

        taken = take_turns(seconds, [*pages, "bare"], repeats)
    return [
        compare(
            f"first visit of {name}, until usable",
            unit="s",
            samples=taken[name],
            baseline=taken["bare"],
            bar=BAR,
        )
        for name in pages
    ]
