"""What a study would cost here: its runs, one after the other. Without torch."""

from collections.abc import Sequence
from dataclasses import replace

from cnn_core.results.config import TrainConfig
from cnn_core.results.judgement import Estimate
from cnn_core.runtime.devices import choose_device, known_devices
from cnn_core.runtime.folder_costs import estimate_of
from cnn_core.runtime.folder_work import FolderSizes, folder_work
from cnn_core.settings import Settings


def study_estimate(
    settings: Settings,
    runs: Sequence[FolderSizes],
    config: TrainConfig,
    *,
    recipe: str = "xray-triage",
    device: str = "auto",
) -> Estimate:
    """Return what a study's runs would cost, in figures and in a sentence.

    They are trained one after the other, and what the frozen part makes is made once for all.

    Args:
        settings: as `folder_costs.estimate`.
        runs: sizes of the parts of each run, with their pictures: the folds of a study.
        config: of all of them.
        recipe: their recipe's id.
        device: "auto", "cpu", "cuda", "cuda:1".

    Raises:
        ConfigError: the network cannot be fine-tuned so.
        ValueError: no runs.
    """
    where = choose_device(device, known_devices(settings.runs))
    works = [folder_work(settings, each, config, recipe=recipe, device=where) for each in runs]
    trained = dict.fromkeys(name for each in runs for name in each.pictures[: each.train])
    every = {**trained, **dict.fromkeys(name for each in runs for name in each.pictures)}
    together = replace(
        runs[0], train=len(trained), valid=0, test=len(every) - len(trained), pictures=(*every,)
    )
    shared = folder_work(settings, together, config, recipe=recipe, device=where)
    return estimate_of(settings, shared, works, recipe, where)
