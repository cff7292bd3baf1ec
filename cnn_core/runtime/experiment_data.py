"""What an experiment learns from: which data is at hand here, and opening it. Without torch.

A data set of `data.datasets`, or "pictures": folders of pictures with classes, which
`runtime.little_data` offers and opens. An experiment that needs no data is given None.
"""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from cnn_core.concepts.experiment import Experiment
from cnn_core.concepts.settings import ExperimentSettings
from cnn_core.data.datasets import SOURCES, dataset_state
from cnn_core.data.images import Dataset, DataState
from cnn_core.errors import ConfigError, DataError
from cnn_core.results.events import Preparing
from cnn_core.results.runs import DatasetInfo
from cnn_core.runtime.datasets import cached_dataset
from cnn_core.settings import Settings

PICTURES = "pictures"
"""In `Experiment.data`: folders of pictures, a folder a class."""

Chosen = TypeVar("Chosen", bound=ExperimentSettings)


def offered_data(
    settings: Settings, experiment: Experiment, folder: Path | None = None
) -> list[tuple[str, str, DataState]]:
    """Return id, title and state of what the experiment can run on, the best first.

    Args:
        settings: for the homes.
        experiment: its `data` says what it can run on.
        folder: of data sets, in the place of the data home.
    """
    offered: list[tuple[str, str, DataState]] = []
    for name in experiment.data:
        if name == PICTURES:
            from cnn_core.runtime.little_data import offered_pictures

            offered += offered_pictures(settings)
        else:
            state = dataset_state(name, folder or settings.data)
            offered.append((name, SOURCES[name].title, state))
    return offered


def with_data_at_hand(
    settings: Settings, experiment: Experiment, chosen: Chosen, folder: Path | None = None
) -> tuple[Chosen, str]:
    """Return `chosen` with data that is here, and a sentence where that is not what it asked for.

    Raises:
        DataError: nothing that the experiment can run on is here.
    """
    offered = offered_data(settings, experiment, folder)
    if not offered:
        return dataclasses.replace(chosen, data=""), ""
    titles = {name: title for name, title, _ in offered}
    ready = [name for name, _, state in offered if state.ready]
    if chosen.data in ready:
        return chosen, ""
    if not ready:
        _, _, state = offered[0]
        raise DataError(state.message, hint=state.hint)
    missing = titles.get(chosen.data)
    said = f"{missing} is not on this machine: it runs on {titles[ready[0]]}." if missing else ""
    return dataclasses.replace(chosen, data=ready[0]), said


def with_data_in(
    settings: Settings, experiment: Experiment, chosen: Chosen, folder: Path
) -> tuple[Chosen, str]:
    """Return `chosen` with a data set whose files are in `folder`, and a sentence as above.

    Raises:
        DataError: there is none that the experiment can run on.
    """
    offered = [
        (name, title, state)
        for name, title, state in offered_data(settings, experiment, folder)
        if name in SOURCES and not SOURCES[name].bundled
    ]
    ready = {name: title for name, title, state in offered if state.ready}
    if chosen.data in ready:
        return chosen, ""
    if not ready:
        titles = " or ".join(title for _, title, _ in offered) or "any data"
        raise DataError(
            f"{experiment.title} can run on {titles} of a folder, but that is not in {folder}.",
            hint=offered[0][2].hint if offered else "",
        )
    name = next(iter(ready))
    return dataclasses.replace(chosen, data=name), f"It runs on {ready[name]} of {folder.name}."


def open_data(
    settings: Settings,
    experiment: Experiment,
    chosen: ExperimentSettings,
    folder: Path | None = None,
    *,
    report: Callable[[Preparing], None] = lambda _: None,
    asked_to_stop: Callable[[], bool] = lambda: False,
) -> Any:  # noqa: ANN401 - what the experiment's `prepare` takes
    """Return what `prepare` of the experiment's trials takes: a `Dataset`, pictures, or None.

    Args:
        settings: for the homes.
        experiment: whose trials they are for.
        chosen: its `data` says which.
        folder: of a data set, in the place of the data home.
        report: is told how far work on the data has come, while `prepare` asks for it.
        asked_to_stop: looked at during that work; it then ends with `StopAsked`.

    Raises:
        ConfigError: the experiment does not run on such data.
        DataError: it is not here, or damaged.
    """
    if not experiment.data:
        return None
    if chosen.data in experiment.data and chosen.data != PICTURES:
        state = dataset_state(chosen.data, folder or settings.data)
        if not state.ready:
            raise DataError(state.message, hint=state.hint)
        return cached_dataset(chosen.data, folder or settings.data)
    if PICTURES in experiment.data:
        from cnn_core.runtime.little_data import open_pictures

        wanted: Any = chosen
        return open_pictures(settings, wanted, report=report, asked_to_stop=asked_to_stop)
    raise ConfigError(
        f"data must be one of {', '.join(experiment.data)}, but it is {chosen.data[:40]!r}.",
        hint=f"For example data={experiment.data[0]}.",
    )


def describe_data(data: Any) -> DatasetInfo:  # noqa: ANN401 - what `open_data` returned
    """Return what a run keeps of its data.

    Args:
        data: what `open_data` returned: pictures tell it of themselves, by their `info`.
    """
    if data is None:
        return DatasetInfo(
            name="no data",
            source="",
            location="",
            fingerprint="",
            official=False,
            train_size=0,
            valid_size=0,
            test_size=0,
        )
    if isinstance(data, Dataset):
        return DatasetInfo(
            name=data.name,
            source=data.source,
            location=data.location,
            fingerprint=data.fingerprint,
            official=data.official,
            train_size=len(data.train),
            valid_size=0,
            test_size=len(data.test),
        )
    info: DatasetInfo = data.info
    return info
