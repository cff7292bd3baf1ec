"""What the next run would see, and what it would cost: said before Start, from the same figures.

The plan of a selection is made once for all sessions; it takes seconds for 100,000 pictures.
"""

import functools

from cnn_core.charts.wording import plural
from cnn_core.data.pictures.plan import make_plan
from cnn_core.models.registry import model_row
from cnn_core.results.config import TrainConfig
from cnn_core.results.judgement import Estimate
from cnn_core.results.pictures import Plan, Selection, Snapshot
from cnn_core.runtime.folder_costs import alternative, duration, estimate, sizes_of
from cnn_core.runtime.picture_runs import EMBEDDED
from cnn_core.settings import Settings
from cnn_core.ui.own_pictures.state import Chosen

_QUICKER = 0.8  # of the time: less is worth a sentence


class _ById:
    """A snapshot as the key of a cache: equal ids are equal pictures."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _ById) and other.snapshot.id == self.snapshot.id

    def __hash__(self) -> int:
        return hash(self.snapshot.id)


@functools.lru_cache(maxsize=8)
def _plan(snapshot: _ById, selection: Selection, seed: int, valid: float, test: float) -> Plan:
    return make_plan(snapshot.snapshot, selection, seed=seed, valid_share=valid, test_share=test)


def plan_for(chosen: Chosen, config: TrainConfig) -> Plan:
    """Return what a run with `config` would see of the open pictures; nothing is written.

    Raises:
        DataError: they cannot be split.
    """
    return _plan(
        _ById(chosen.snapshot),
        chosen.selection,
        config.seed,
        config.validation_share,
        config.test_share,
    )


def parts_text(plan: Plan) -> str:
    """Return how many pictures each part has, and what was done to keep them clean, in words."""
    train, valid, test = (plan.count(part) for part in ("train", "valid", "test"))
    last = f"{test:,} to test" if test else "none to test"
    counts = f"{plural(train, 'picture')} to train on, {valid:,} to validate, {last}."
    return " ".join([counts, *plan.notes])


def cost_of(settings: Settings, plan: Plan, config: TrainConfig) -> tuple[Estimate, str]:
    """Return what the run would cost, and all of it in words; also of a quicker way, if any."""
    sizes = sizes_of(plan)
    cost = estimate(settings, sizes, config)
    words = cost.sentence
    other = alternative(settings, sizes, config)
    if other and other.seconds and cost.seconds and other.seconds < _QUICKER * cost.seconds:
        words += f" With {model_row(EMBEDDED).title}: about {duration(other.seconds)}."
    return cost, words
