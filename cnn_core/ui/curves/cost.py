"""What a pair of runs would cost here: said before it is queued.

From runs of this machine where there are any of that kind, else from counted work.
"""

from collections.abc import Sequence
from dataclasses import replace

from cnn_core.charts.wording import plural
from cnn_core.errors import CnnLabError
from cnn_core.results.config import TrainConfig
from cnn_core.results.runs import RunRecord
from cnn_core.results.studied import Studied
from cnn_core.results.verdict import Proposal
from cnn_core.runtime import folder_costs, image_costs
from cnn_core.runtime.counter import SETTLED
from cnn_core.runtime.devices import known_devices
from cnn_core.runtime.picture_runs import read_plan
from cnn_core.runtime.submit import estimate_from
from cnn_core.training.recipes import FILMS, OWN_PICTURES, find_recipe
from cnn_core.ui.lab import Laboratory
from cnn_core.ui.wording import about

_COMPARED = 200


def pair_words(lab: Laboratory, studied: Studied, proposal: Proposal, seeds: Sequence[int]) -> str:
    """Return how many runs the pair takes, and about how long."""
    have = {
        run.config.seed
        for run in studied.records
        if studied.recording is None and run.status in SETTLED
    }
    plain = [seed for seed in seeds if seed not in have]
    named = f"seed {seeds[0]}" if len(seeds) == 1 else f"seeds {', '.join(map(str, seeds))}"
    parts = [f"{plural(len(seeds), 'run')} with the change ({named})"]
    if plain:
        parts.append(f"{len(plain)} without it")
    costs = [(len(seeds), _seconds(lab, studied, proposal.config))]
    if plain:
        costs.append((len(plain), _seconds(lab, studied, studied.records[0].config)))
    total = 0.0
    for runs, each in costs:
        if each is None:
            return f"{' and '.join(parts)}: the time is known after the first run of its kind here."
        total += runs * each
    return f"{' and '.join(parts)}: {about(total)} on this machine; equal runs are not run again."


def _seconds(lab: Laboratory, studied: Studied, config: TrainConfig) -> float | None:
    """Return about how long a run would take here, None where nothing is known."""
    base = studied.records[0]
    pictures, device = base.dataset, base.device
    if studied.recording is not None:  # the pair sees the pictures of this machine
        pictures = replace(pictures, location=str(lab.settings.data))
        device = known_devices(lab.settings.runs)[0].id
    try:  # by counted work first: what a frozen part has still to look at is in it
        reckoned = _reckoned(lab, replace(base, dataset=pictures, device=device), config)
    except CnnLabError:
        return None  # the pair's button says why it cannot be run
    if reckoned is not None:
        return reckoned
    done = list(lab.store.list(recipe=base.recipe, statuses=("finished",), limit=_COMPARED))
    if studied.recording is None:
        done = [*(run for run in studied.records if run.status == "finished"), *done]
    share = config.data_share / base.config.data_share
    size = round(base.dataset.train_size * share)
    return estimate_from(done, config, device, base.dataset.source, train_size=size)


def _reckoned(lab: Laboratory, base: RunRecord, config: TrainConfig) -> float | None:
    """Return the time by counted work, of networks that are fine-tuned."""
    if base.dataset.source in (OWN_PICTURES, FILMS):
        sizes = folder_costs.sizes_of(read_plan(base.dataset))
        return folder_costs.estimate(lab.settings, sizes, config, recipe=base.recipe).seconds
    if not find_recipe(base.recipe).input_size:
        return None
    found = image_costs.estimate(
        lab.settings, base.dataset, config, recipe=base.recipe, device=base.device
    )
    return found.seconds
