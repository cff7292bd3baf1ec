"""What the curves of runs say in words: whose they are, titles and alternative texts.

The functions take the histories of all runs, one after the other, and `shown`, which says whose
they are. What was recorded elsewhere is called so.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Literal

import numpy as np

from cnn_core.charts import wording
from cnn_core.results.groups import Band, EpochValue, band_name, epoch_band
from cnn_core.results.history import History

Quantity = Literal["accuracy", "loss"]
RECORDED = "Recorded"
_LEGEND_CHARACTERS, _TITLE_CHARACTERS = 40, 30


@dataclass(frozen=True, kw_only=True)
class Shown:
    """Whose curves they are.

    Attributes:
        title: for a person.
        seeds: how many of the histories are its own.
        recorded: whether they come from a file that was recorded elsewhere.
    """

    title: str
    seeds: int
    recorded: bool = False

    @property
    def label(self) -> str:
        """The title as a legend has it, with its origin."""
        return self._called(_LEGEND_CHARACTERS)

    @property
    def short(self) -> str:
        """The same as a sentence has it: shorter."""
        return self._called(_TITLE_CHARACTERS)

    def _called(self, characters: int) -> str:
        name = wording.shortened(self.title, characters)
        return f"{name} ({RECORDED.lower()})" if self.recorded else name


def split_histories(
    histories: Sequence[History], shown: Sequence[Shown]
) -> list[tuple[Shown, list[History]]]:
    """Return each of `shown` with its own histories."""
    left: Iterator[History] = iter(histories)
    return [(each, list(islice(left, each.seeds))) for each in shown]


def fit_title(histories: Sequence[History], *, shown: tuple[Shown, ...], quantity: Quantity) -> str:
    """Return what the curves show, in a sentence computed from them, as measured."""
    parts = split_histories(histories, shown)
    known = [(each, own) for each, own in parts if any(history.epochs for history in own)]
    if not known:
        return f"{quantity.capitalize()} appears after the first epoch"
    if len(shown) > 1:
        return _overlay_title(known, quantity)
    each, own = known[0]
    title = _accuracy_title(own) if quantity == "accuracy" else _loss_title(own)
    return f"{RECORDED}: {title[0].lower()}{title[1:]}" if each.recorded else title


def _accuracy_title(own: Sequence[History]) -> str:
    valid, train = epoch_band(own, "valid_accuracy"), epoch_band(own, "train_accuracy")
    last = float(valid.mean[-1])
    if not len(train.x) or not np.isfinite(train.mean[-1]):
        return f"Validation {wording.percent(last)} after {_epochs(valid)}"
    score = float(train.mean[-1])
    apart = 100 * (score - last)
    size = f"{abs(apart):.1f} points apart" if apart >= 0 else f"{-apart:.1f} points below it"
    return f"Training {wording.percent(score)}, validation {wording.percent(last)}: {size}"


def _loss_title(own: Sequence[History]) -> str:
    valid = epoch_band(own, "valid_loss")
    finite = np.isfinite(valid.mean)
    if not finite.any():
        return "The validation loss is no number"
    lowest = int(np.nanargmin(valid.mean))
    low, last = float(valid.mean[lowest]), float(valid.mean[finite][-1])
    if lowest == len(valid.mean) - 1 or last <= 1.02 * low:
        return f"Validation loss came down to {wording.decimal(low)} in {_epochs(valid)}"
    return (
        f"Validation loss was lowest after epoch {round(float(valid.x[lowest]))} "
        f"({wording.decimal(low)}), now {wording.decimal(last)}"
    )


def _epochs(found: Band) -> str:
    return wording.plural(round(float(found.x[-1])), "epoch")


def _overlay_title(known: list[tuple[Shown, list[History]]], quantity: Quantity) -> str:
    value: EpochValue = "valid_accuracy" if quantity == "accuracy" else "valid_loss"
    better = np.nanmax if quantity == "accuracy" else np.nanmin
    best: list[tuple[float, Shown]] = []
    for each, own in known:
        mean = epoch_band(own, value).mean
        if np.isfinite(mean).any():
            best.append((float(better(mean)), each))
    if not best:
        return "No validation loss is a number"
    choose = max if quantity == "accuracy" else min
    figure, first = choose(best, key=lambda each: each[0])
    if quantity == "accuracy":
        return f"Highest in validation: {wording.percent(figure)}, {first.short}"
    return f"Lowest validation loss: {wording.decimal(figure)}, {first.short}"


def fit_alt(histories: Sequence[History], *, shown: tuple[Shown, ...], quantity: Quantity) -> str:
    """Say the chart in a sentence, and what its bands are."""
    title = fit_title(histories, shown=shown, quantity=quantity)
    alt = f"Line chart of training and validation {quantity}. {title}."
    return f"{alt} {words}" if (words := bands_words(shown)) else alt


def bands_words(shown: Sequence[Shown]) -> str:
    """Return what the lines and bands of groups are; "" where there is no group.

    >>> bands_words([Shown(title="A", seeds=3), Shown(title="B", seeds=1)])
    'Lines are means over the seeds, bands their 95 % interval (Student).'
    """
    kinds = {band_name(each.seeds) for each in shown if each.seeds > 1}
    if not kinds:
        return ""
    names = {"95 % interval": "their 95 % interval (Student)"}
    bands = " or ".join(names.get(kind, "from the lowest to the highest") for kind in sorted(kinds))
    return f"Lines are means over the seeds, bands {bands}."
