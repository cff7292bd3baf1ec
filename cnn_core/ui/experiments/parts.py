"""What a page of an experiment brings along; everything else is the same on all of them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cnn_core.results.trials import Trials


@dataclass(frozen=True, kw_only=True)
class ExperimentPage:
    """An experiment's own share of its page.

    Attributes:
        experiment: id, see `concepts.registry`.
        result: (settings, trials, key): draws the charts of finished or partial trials; trials
            may be none. `key` is part of every widget's key, so that two results can be shown.
        facts: draws the tab with facts, formulas and sources.
        more: further tabs, as (title, draw), in their order.
        inside: experiments that a tab of `more` runs (`page.experiment_inside`), as (id, title of
            the tab): a link to one of their runs opens that tab.
        verb: what the button that runs it says.
        deciding: how the ids of the claims begin that its question turns on: they are read first.
    """

    experiment: str
    result: Callable[[Any, Trials, str], None]
    facts: Callable[[], None]
    more: tuple[tuple[str, Callable[[], None]], ...] = ()
    inside: tuple[tuple[str, str], ...] = ()
    verb: str = "Run the experiment"
    deciding: tuple[str, ...] = ()
