"""What stands beside a study's figures."""

import dataclasses

from cnn_core.results.films import TWO_LABELS
from cnn_core.results.pictures import Rejected
from cnn_core.runtime.xray_words import excluded_films
from tests.film_sets import film_set


def test_files_are_excluded_by_reason_and_no_reason_names_a_film():
    other = [f"{TWO_LABELS}: 'normal' here, and 'covid19' as 'jane-{at}.png'." for at in range(30)]
    rejected = [Rejected(name=f"{at}.png", reason=why) for at, why in enumerate([*other, "It is."])]
    found = excluded_films(dataclasses.replace(film_set(2), rejected=tuple(rejected)))
    assert found == {"The same image has two labels.": 30, "It is.": 1}
