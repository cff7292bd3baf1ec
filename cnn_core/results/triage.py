"""What is said of one film at triage, the same on page, in a terminal and over HTTP: values."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Decision = Literal["routine", "refer", "refused"]
"""*Routine*: a score below the threshold, the set {normal}, and nothing refused. *Refused*: the
gate, or the header, says that the model does not know such a picture; no probability is made of it.
A refused film goes to a person like one that is referred, and counts as referred in every rate."""

Channel = Literal["page", "terminal", "http", "simulation"]

OWN_PRIOR = "at the shares of the classes among its training films"
"""What is said of a score or threshold that stands at the model's own prior."""

PROJECTION = 16
"""Numbers that are kept of an embedding, for the watch over drift."""


@dataclass(frozen=True, kw_only=True)
class Check:
    """One look before any probability.

    Attributes:
        code: "modality", "view", "age", "aspect", "colour", "known", "altered"; as logs and replies
            name it.
        title: for a person ("Grey, not coloured").
        passed: whether the film passed; what was not looked at is not among the checks.
        sentence: what was found, and what was expected.
    """

    code: str
    title: str
    passed: bool
    sentence: str


@dataclass(frozen=True, kw_only=True)
class Reason:
    """Why a film was decided so.

    Attributes:
        code: a check's code, or "score", "set", "no-threshold", "routine".
        sentence: for a person.
    """

    code: str
    sentence: str


@dataclass(frozen=True, kw_only=True)
class NearCase:
    """One of the nearest training films.

    Attributes:
        label: its class.
        source: where it is from, "" where that is not known.
        distance: cosine distance of the embeddings, 0 to 2.
    """

    label: str
    source: str
    distance: float


@dataclass(frozen=True, kw_only=True, eq=False)
class HeatMap:
    """Where the network looked, which is not where disease is.

    Attributes:
        label: the class whose logit is explained.
        heat: float32 `(SIDE, SIDE)`, 0 to 1, on the canonical picture.
        outside: share of the heat outside the central zone, 0 to 1; of an even map about
            `outside_even` is.
        outside_even: the share that an even map has there.
        randomised: rank correlation with the map of the same network with random weights, -1 to 1:
            a map that stays the same shows the picture, not the network (Adebayo et al. 2018).
        sentence: what the two figures say.
    """

    label: str
    heat: NDArray[np.float32]
    outside: float
    outside_even: float
    randomised: float
    sentence: str


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What is asked of a film beside the decision.

    Attributes:
        heat: whether a heat map.
        views: how many altered views (rotation, shift, brightness, ... as in training) for the
            spread of the score; 0: none.
        nearest: how many nearest training films.
    """

    heat: bool = False
    views: int = 0
    nearest: int = 0


EVERYTHING = Asked(heat=True, views=8, nearest=5)
"""What the page asks."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Prediction:
    """What is said of one film.

    Attributes:
        id: random, 32 hexadecimal digits: the name of this prediction in the log and in replies.
        model: SHA-256 of the triage model, hexadecimal.
        decision: see `Decision`.
        reasons: why, the weightiest first; at least one.
        checks: before any probability, in their order.
        score: P(pneumonia) + P(COVID-19) at the model's own prior, None of a refused film.
        threshold: that it is held against, None where none is guaranteed.
        classes: of the probabilities.
        probabilities: calibrated, at the model's own prior, in the order of `classes`; () of a
            refused film.
        prior: share of each class that they assume.
        conformal: the classes in the film's set, () of a refused film.
        view_scores: of the altered views asked for.
        heat: None where it was not asked for, or the film was refused.
        nearest: as far as asked for.
        gate_distance: mean cosine distance to the nearest training films, None if it was not
            come to.
        gate_limit: what it may be at most.
        brightness: mean grey of the film before anything was clipped, 0 to 1.
        contrast: standard deviation of the same.
        projection: `PROJECTION` numbers of its embedding, () if it was not come to.
        seconds: from its bytes to all of this.
    """

    id: str
    model: str
    decision: Decision
    reasons: tuple[Reason, ...]
    checks: tuple[Check, ...]
    score: float | None
    threshold: float | None
    classes: tuple[str, ...]
    probabilities: tuple[float, ...]
    prior: tuple[float, ...]
    conformal: tuple[str, ...]
    view_scores: tuple[float, ...] = ()
    heat: HeatMap | None = None
    nearest: tuple[NearCase, ...] = ()
    gate_distance: float | None = None
    gate_limit: float | None = None
    brightness: float
    contrast: float
    projection: tuple[float, ...] = ()
    seconds: float


@dataclass(frozen=True, kw_only=True, eq=False)
class TriedFilm:
    """A film that was asked about, as the page shows it.

    Attributes:
        prediction: what is said of it.
        picture: canonical, uint8 `(SIDE, SIDE)`: what the network saw.
        display: grey, uint8, at most `DISPLAY_SIDE` pixels a side, the right way up, windowed as
            its header says and nothing else: what a viewer shows.
        unlogged: why the prediction is not in the log, "" where it is, or where there is none.
    """

    prediction: Prediction
    picture: NDArray[np.uint8]
    display: NDArray[np.uint8]
    unlogged: str = ""


DISPLAY_SIDE = 1024
