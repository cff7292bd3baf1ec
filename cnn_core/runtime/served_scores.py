"""What a study's served model says of films in the arithmetic that it is used in. Loads torch.

A run judges its films in the precision that it was trained in, which on many processors is
bfloat16: a probability is up to 0.16 away from single precision there (120 films of chest_xray, the
demonstration model), and 0.014 on average for one class. At triage the network runs in single
precision. So temperature, operating point, sets, gate and what drift is held against come from its
answers in that.
"""

import dataclasses
from typing import TYPE_CHECKING

from cnn_core.data.films.store import film_pixels
from cnn_core.results.films import FilmProgress
from cnn_core.results.xray_plan import Scored
from cnn_core.runtime.picture_runs import read_plan
from cnn_core.runtime.xray_scored import corrected

if TYPE_CHECKING:
    from cnn_core.runtime.film_network import FilmNetwork
    from cnn_core.runtime.xray_judging import Study

_STAGE = "The served model looks at its films"


def as_served(study: "Study", network: "FilmNetwork", scored: Scored) -> Scored:
    """Return what a study's served model says of films, asked again in single precision.

    Args:
        study: with a served model.
        network: that model's.
        scored: what it said of these films when it had been trained, at temperature 1.

    Raises:
        DataError: a picture is gone, or the run's plan.
    """
    if study.served is None or not len(scored.films):
        return scored
    total = len(scored.films)

    def tell(done: int) -> None:
        study.progress(FilmProgress(stage=_STAGE, done=done, total=total, seconds=0.0))

    films = [study.film_set.films[place] for place in scored.films.tolist()]
    said, embeddings = network.ask((film_pixels(study.films, film) for film in films), tell)
    probabilities = corrected(said, read_plan(study.served.dataset), study.served)
    return dataclasses.replace(scored, probabilities=probabilities, embeddings=embeddings)
