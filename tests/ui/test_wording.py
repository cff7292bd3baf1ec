"""Words that pages share cover every status and round as estimates should."""

import re
from types import SimpleNamespace

import pytest

from cnn_core.results.runs import STATUSES, DatasetInfo
from cnn_core.ui.wording import STATUS_COLORS, STATUS_WORDS, about, unofficial, when


def test_every_status_has_a_word_and_a_color():
    assert list(STATUS_WORDS) == list(STATUSES)
    assert list(STATUS_COLORS) == list(STATUSES)
    assert len(set(STATUS_WORDS.values())) == len(STATUSES)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "about 5 s"),
        (2.4, "about 5 s"),
        (12.6, "about 15 s"),
        (87, "about 85 s"),
        (89.9, "about 90 s"),
        (90, "about 2 min"),
        (3600, "about 60 min"),
    ],
)
def test_estimates_are_rounded(seconds, words):
    assert about(seconds) == words


def test_moment_is_said_with_its_date():
    assert re.fullmatch(r"2001-09-(08|09) \d\d:\d\d", when(1_000_000_000))


@pytest.mark.parametrize(
    ("source", "official", "said"),
    [
        ("mnist", False, True),
        ("mnist", True, False),
        ("little-data", False, False),  # flower photos, drawn flowers, a person's own pictures
        ("", False, False),
    ],
)
def test_only_a_published_data_set_can_be_an_unofficial_copy(source, official, said):
    dataset = DatasetInfo(
        name="flowers",
        source=source,
        location="",
        fingerprint="",
        official=official,
        train_size=1,
        valid_size=0,
        test_size=1,
    )
    assert ("unofficial" in unofficial(SimpleNamespace(dataset=dataset))) == said
