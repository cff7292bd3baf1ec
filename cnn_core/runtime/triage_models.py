"""Which triage models this machine can use, and making one ready: exported once, then kept.

A model is exported by a process of its own, which loads torch; everything else does without. Made
ready models lie below `settings.triage`, each in a folder named for what it was made from, whole or
not at all. One process makes one model at a time; others wait for it and find it there.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cnn_core.runtime.triage_model import TriageModel
from cnn_core.settings import Settings

GIVEN, DEMONSTRATION, PHANTOMS = "given", "demonstration", "phantoms"
"""Ids of the model that the settings name and of those that come along; others are of studies."""

Progress = Callable[[int, int, str], None]  # done, total, what is being done


@dataclass(frozen=True, kw_only=True)
class TriageChoice:
    """A triage model that may be chosen.

    Attributes:
        id: `GIVEN`, `DEMONSTRATION`, `PHANTOMS`, or the id of a study's group.
        title: for a person.
        synthetic: whether it was trained on drawn films.
        ready: whether it can be asked at once; else it has to be made ready, which takes about
            half a minute once.
    """

    id: str
    title: str
    synthetic: bool
    ready: bool


def triage_choices(settings: Settings) -> list[TriageChoice]:
    """Return the triage models that may be chosen, the best known first."""
    raise NotImplementedError


def make_ready(
    settings: Settings,
    choice_id: str,
    progress: Progress = lambda done, total, what: None,
) -> Path:
    """Return the folder of a triage model, exported first where it is not there yet.

    Raises:
        UnknownNameError: there is no such choice.
        CnnLabError: it cannot be exported; says why.
    """
    raise NotImplementedError


def model_for(settings: Settings, choice_id: str) -> TriageModel:
    """Return a triage model that is ready, read once a process while its files stay as they are.

    Raises:
        UnknownNameError: there is no such choice.
        RunStateError: it is not ready yet.
        WeightsError: its files are damaged.
    """
    raise NotImplementedError
