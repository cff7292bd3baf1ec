"""What can be changed about a run, and what guessing would get: its recipe's side of a proposal.

Without torch: a page asks before it proposes anything.
"""

from collections.abc import Mapping
from types import MappingProxyType

from cnn_core.data.datasets import SOURCES
from cnn_core.errors import CnnLabError
from cnn_core.models.registry import model_row
from cnn_core.results.proposals import Step, Ways, proposals
from cnn_core.results.runs import RunRecord
from cnn_core.results.studied import Studied
from cnn_core.results.verdict import FitVerdict, Proposal
from cnn_core.runtime.experiments import require_training
from cnn_core.runtime.picture_runs import read_plan
from cnn_core.training.recipes import FILMS, OWN_PICTURES, find_recipe, network_of

LADDER = ("googlenet-cifar-tiny", "googlenet-cifar-small", "googlenet-cifar", "googlenet-cifar-16")
"""Networks for 32x32 from random weights, by rising capacity."""

MODES = ("frozen", "last-block", "all")
"""Of fine-tuning, by how much of the network learns."""

_MORE = MappingProxyType(
    {"last-block": "Let the last block learn too", "all": "Let all layers learn"}
)
_UNSEEN: Mapping[str, int | float | str] = MappingProxyType(
    {
        "auxiliary": 0.0,
        "shift": 0,
        "cutout": 0,
        "rotation": 0.0,
        "scale": 0.0,
        "shear": 0.0,
    }
)
"""What a network with a frozen part does without: its pictures are seen in their kept views."""

_LESS = MappingProxyType(
    {
        "frozen": "Let the last layers alone learn, the rest frozen",
        "last-block": "Let the last block alone learn, the rest frozen",
    }
)


def proposals_for(studied: Studied, verdict: FitVerdict) -> tuple[Proposal, ...]:
    """Return what to try after `verdict`, the best first; () where nothing follows from it.

    Raises:
        UnknownNameError: the runs are of a recipe that is not known here.
        RunStateError: they are experiments.
    """
    record = studied.records[0]
    return proposals(verdict, record.config, ways_of(record))


def ways_of(record: RunRecord) -> Ways:
    """Return what the recipe of a run lets change.

    Raises:
        UnknownNameError: there is no such recipe.
        RunStateError: the run is an experiment.
    """
    require_training(record)
    recipe, config = find_recipe(record.recipe), record.config
    own = recipe.source in (OWN_PICTURES, FILMS)
    if not own and not recipe.input_size:
        return Ways(stretched=True)
    ladder: tuple[str, ...] = MODES
    at = config.mode
    if config.mode == "scratch":
        ladder, at = LADDER, network_of(recipe, config)
    larger = smaller = None
    if at in ladder:
        place = ladder.index(at)
        larger = _larger(ladder[place + 1]) if place + 1 < len(ladder) else None
        smaller = _smaller(ladder[place - 1]) if place else None
    whole = not own and config.mode in ("all", "scratch")
    return Ways(
        larger=larger,
        smaller=smaller,
        views=True,
        shifted=whole,
        cutout=whole,
        dropout=not own,
    )


def _larger(name: str) -> Step:
    if name in LADDER:
        return Step(
            title=f"Train a larger network ({model_row(name).title})", values={"model": name}
        )
    return Step(title=f"{_MORE[name]} (mode={name})", values={"mode": name})


def _smaller(name: str) -> Step:
    if name in LADDER:
        return Step(
            title=f"Train a smaller network ({model_row(name).title})", values={"model": name}
        )
    return Step(title=f"{_LESS[name]} (mode={name})", values={"mode": name, **_UNSEEN})


def chance_of(record: RunRecord) -> float | None:
    """Return which share of the validation pictures guessing gets right, 0 to 1.

    Of a person's own pictures: always the most frequent class. Else: one of so many classes. None
    where that is not known any more.
    """
    if record.dataset.source not in (OWN_PICTURES, FILMS):
        source = SOURCES.get(record.dataset.source)
        return None if source is None else 1 / len(source.classes)
    try:
        plan = read_plan(record.dataset)
    except CnnLabError:
        return None
    held = [label for label, part in zip(plan.labels, plan.parts, strict=True) if part == "valid"]
    return max(held.count(label) for label in set(held)) / len(held) if held else None
