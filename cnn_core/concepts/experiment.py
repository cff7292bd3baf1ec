"""What an experiment is: a question, answers to choose from, settings, trials and their reading.

Free of torch: a page is drawn from this. Two functions of the module that `Experiment.trials` names
do the work in a worker, torch at hand:

    prepare(settings, data, device) -> anything      once a leg; `data` as the runtime opened it
    run_trial(planned, settings, prepared) -> Generator[Seen, None, dict[str, float]]

`run_trial` yields how far it has come and returns the trial's figures by name. It is a function of
its arguments alone: what is random is drawn from `planned.seed`, and trials of a seed share data
and order, so that they are pairs. `prepare` lets `StopAsked` pass, which the data raises where a
stop was asked for while it is looked at.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cnn_core.concepts.settings import ExperimentSettings
from cnn_core.results.experiment_reading import ExperimentReading
from cnn_core.results.trials import Trials


class StopAsked(Exception):  # noqa: N818 - no error: somebody pressed Stop
    """What `prepare` does is no longer wanted."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One of the answers that a person can choose from before anything is run."""

    id: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Planned:
    """A trial to come.

    Attributes:
        arm: which of the things compared.
        seed: of data, weights and order.
        condition: under which circumstances, "" where there are none.
        weight: about how long it takes beside the other trials, any unit.
    """

    arm: str
    seed: int
    condition: str = ""
    weight: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Seen:
    """How far a trial has come.

    Attributes:
        at: of `of` optimizer steps.
        loss: mean training loss of the steps since the last one was yielded.
        accuracy: share of held-out pictures that is right, 0 to 1, where it was measured just now.
    """

    at: int
    of: int
    loss: float
    accuracy: float | None = None


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """One experiment.

    Attributes:
        id: names it for the terminal, the run store and links; the recipe of its runs.
        title: of its page.
        question: one sentence that ends in a question mark.
        answers: three or four, in the order in which they stand; () where nothing is asked.
        presets: settings by name; "quick" (at most 90 s on two cores), "full" (the page's second
            offer), "study" (twenty seeds).
        data: ids of the data sets that it runs on, the best first; "pictures" stands for folders
            of pictures with classes (own ones, flowers); () for none.
        names: of arms and conditions for a person, by id.
        plan: settings to its trials, all arms of a seed before the next seed.
        read: settings and the trials that are done to what they say; fewer than planned are read
            too, none gives a reading without an answer.
        trials: the module with `prepare` and `run_trial`.
        seconds: of a preset, by name, measured on two cores of a cloud machine.
        citations: the papers it is about.
    """

    id: str
    title: str
    question: str
    answers: tuple[Answer, ...]
    presets: Mapping[str, ExperimentSettings]
    data: tuple[str, ...]
    names: Mapping[str, str]
    plan: Callable[[Any], tuple[Planned, ...]]
    read: Callable[[Any, Trials], ExperimentReading]
    trials: str
    seconds: Mapping[str, float]
    citations: tuple[str, ...]

    @property
    def settings(self) -> type[ExperimentSettings]:
        """The class of its settings."""
        return type(self.presets["quick"])

    def answer(self, answer_id: str) -> str:
        """Return the text of an answer, "" where there is none of this id."""
        return next((each.text for each in self.answers if each.id == answer_id), "")
