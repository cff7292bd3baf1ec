"""The plan of a run: what is decided is applied, sides are clean, and refusals say what to do."""

from collections import Counter
from dataclasses import replace

import pytest

from cnn_core.data.pictures.manifest import plan_text, read_plan
from cnn_core.data.pictures.plan import make_plan, plan_digest
from cnn_core.errors import ConfigError, DataError
from cnn_core.results.pictures import Decision, Selection
from tests.data.snapshots import made_picture, made_snapshot, plain_snapshot


def _plan(snapshot, *decisions, grouped=True, seed=0, valid=0.2, test=0.2):
    selection = Selection(snapshot=snapshot.id, decisions=decisions, grouped=grouped)
    return make_plan(snapshot, selection, seed=seed, valid_share=valid, test_share=test)


def _exclude(*places):
    return [Decision(picture=place, action="exclude") for place in places]


def _parts(plan):
    return dict(zip(plan.pictures, plan.parts, strict=True))


def _parted(**counts):
    """So many pictures of two classes in each part, all different."""
    pictures = []
    for part, count in counts.items():
        for label in ("roses", "tulips"):
            for _ in range(count):
                pictures.append(made_picture(len(pictures), label, part=part))
    return made_snapshot(pictures)


def test_every_picture_is_in_the_plan_with_its_class_and_part():
    snapshot = plain_snapshot(daisy=10, roses=20)
    plan = _plan(snapshot)
    assert plan.classes == ("daisy", "roses")
    assert plan.pictures == tuple(range(30))
    assert plan.sha256 == tuple(picture.sha256 for picture in snapshot.pictures)
    assert [plan.classes[label] for label in plan.labels] == [p.label for p in snapshot.pictures]
    assert (plan.count("train"), plan.count("valid"), plan.count("test")) == (18, 6, 6)
    assert plan.notes == ()


def test_a_plan_is_named_by_its_content_and_survives_being_written():
    snapshot = plain_snapshot(daisy=10, roses=20)
    plan = _plan(snapshot, *_exclude(3))
    assert plan.id == plan_digest(plan) == _plan(snapshot, *_exclude(3)).id
    assert read_plan(plan_text(plan)) == plan
    others = [_plan(snapshot), _plan(snapshot, *_exclude(3), seed=1)]
    others.append(_plan(snapshot, *_exclude(3), grouped=False))
    assert len({plan.id, *(other.id for other in others)}) == 4


def test_decisions_are_applied_and_the_last_of_a_picture_counts():
    snapshot = plain_snapshot(daisy=5, roses=5, tulips=2)
    decisions = [
        *_exclude(0, 1, 10, 11),
        Decision(picture=1, action="keep"),
        Decision(picture=2, action="relabel", label="roses"),
    ]
    plan = _plan(snapshot, *decisions)
    assert plan.classes == ("daisy", "roses")  # no tulip is left
    assert plan.pictures == tuple(range(1, 10))
    assert Counter(plan.labels) == {0: 3, 1: 6}
    assert plan.decisions == tuple(decisions)


def test_near_duplicates_stay_on_one_side():
    pictures = [made_picture(n, "roses") for n in range(20)]
    pictures += [made_picture(100 + n, "roses", like=n, flip=0b101) for n in range(10)]
    pictures += [made_picture(200 + n, "tulips") for n in range(20)]
    snapshot = made_snapshot(pictures)
    for seed in range(5):
        plan = _plan(snapshot, seed=seed)
        parts = _parts(plan)
        assert all(parts[n] == parts[20 + n] for n in range(10))
        assert plan.notes == (
            "20 pictures in 10 groups of near-duplicates stay together, each group on one side.",
        )
    apart = _plan(snapshot, grouped=False)
    parts = _parts(apart)
    assert any(parts[n] != parts[20 + n] for n in range(10))
    assert "as was chosen" in apart.notes[0]
    assert apart.clusters == plan.clusters  # what is alike is known all the same


def test_folders_keep_their_pictures():
    plan = _plan(_parted(train=6, valid=3, test=2))
    assert (plan.count("train"), plan.count("valid"), plan.count("test")) == (12, 6, 4)


@pytest.mark.parametrize(
    ("came", "expected"),
    [
        ({"train": 10, "valid": 3}, (16, 6, 4)),  # the test comes out of training
        ({"train": 10, "test": 3}, (16, 4, 6)),
        ({"train": 10}, (12, 4, 4)),
        ({"": 10}, (12, 4, 4)),
    ],
)
def test_what_did_not_come_is_split_off_training(came, expected):
    plan = _plan(_parted(**came))
    assert tuple(plan.count(part) for part in ("train", "valid", "test")) == expected


def test_a_test_share_of_nought_makes_no_test():
    assert _plan(plain_snapshot(a=10, b=10), test=0.0).count("test") == 0


def test_copies_of_what_is_held_out_are_left_out_of_training():
    pictures = [
        *[made_picture(n, label, part="train") for n, label in enumerate(["a", "b"] * 6)],
        *[made_picture(50 + n, label, part="valid") for n, label in enumerate(["a", "b"] * 3)],
        *[made_picture(90 + n, label, part="test") for n, label in enumerate(["a", "b"] * 2)],
        made_picture(200, "a", part="train", like=50, flip=1),  # 22
        made_picture(201, "b", part="train", like=91, flip=1),  # 23
        made_picture(202, "b", part="valid", like=93, flip=1),  # 24
    ]
    snapshot = made_snapshot(pictures)
    plan = _plan(snapshot)
    assert set(range(25)) - set(plan.pictures) == {22, 23, 24}
    assert plan.notes == (
        "2 training pictures are left out: they have near-duplicates in val/ or test/.",
        "1 validation picture is left out: it has near-duplicates in test/.",
    )
    apart = _plan(snapshot, grouped=False)
    assert apart.pictures == tuple(range(25))
    assert apart.notes[0].startswith("2 pictures for validation and test have near-duplicates")


def test_a_test_that_lacks_a_class_says_so():
    pictures = [made_picture(n, label) for n, label in enumerate(["a", "b"] * 6)]
    snapshot = made_snapshot([*pictures, made_picture(50, "a", part="test")])
    assert "The test has no picture of b." in _plan(snapshot).notes


def _copies(label, count):
    return [made_picture(500 + n, label, like=500, flip=1 << n) for n in range(count)]


ROSES = [made_picture(n, "roses") for n in range(10)]
REFUSED = {
    "one class only": (ROSES, "at least 2 classes, but only roses"),
    "a class of one picture": ([*ROSES, made_picture(20, "tulips")], "tulips has 1 picture"),
    "copies of one picture": (
        [*ROSES, *_copies("tulips", 3)],
        "the 3 pictures of tulips are near-duplicates of one another",
    ),
    "nothing to train on": (
        [replace(p, part="valid") for p in [*ROSES, *_copies("tulips", 2)]],
        "no pictures to train on",
    ),
    "a class that train/ lacks": (
        [
            *[replace(p, part="train") for p in ROSES],
            *[made_picture(30 + n, "tulips", part="valid") for n in range(3)],
            made_picture(40, "roses", part="valid"),
        ],
        "tulips has no picture in train/",
    ),
    "a class that val/ lacks": (
        [
            *[replace(p, part="train") for p in ROSES],
            *[made_picture(30 + n, "tulips", part="train") for n in range(3)],
            made_picture(40, "roses", part="valid"),
        ],
        r"tulips has no picture in val/\.",
    ),
    "training pictures that are all held out": (
        [
            *[replace(p, part="train") for p in ROSES],
            made_picture(40, "roses", part="valid"),
            replace(_copies("tulips", 2)[0], part="train"),
            replace(_copies("tulips", 2)[1], part="valid"),
        ],
        "every training picture of tulips is a near-duplicate",
    ),
    "classes that share all their pictures": (
        [
            *ROSES,
            *[made_picture(60 + n, f"c{n % 3}", like=60 + n % 3) for n in range(3)],
            *[made_picture(70 + n, f"c{(n + 1) % 3}", like=60 + n % 3, flip=1) for n in range(3)],
        ],
        "shares its pictures with near-duplicates in other classes",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_split_is_refused_with_what_to_do(case):
    pictures, words = REFUSED[case]
    with pytest.raises(DataError, match=words) as caught:
        _plan(made_snapshot(pictures))
    assert caught.value.hint


def test_copies_of_one_picture_can_be_trained_on_when_that_is_chosen():
    snapshot = made_snapshot([*ROSES, *_copies("tulips", 3)])
    plan = _plan(snapshot, grouped=False, test=0.0)
    assert {part for label, part in zip(plan.labels, plan.parts, strict=True) if label} == {
        "train",
        "valid",
    }


@pytest.mark.parametrize(
    ("decision", "words"),
    [
        (Decision(picture=99, action="exclude"), "picture 99, but the snapshot has 20"),
        (Decision(picture=-1, action="exclude"), "picture -1"),
        (Decision(picture=0, action="relabel", label="lilies"), "'lilies' is none"),
    ],
)
def test_decisions_on_what_is_not_there_are_refused(decision, words):
    with pytest.raises(DataError, match=words):
        _plan(plain_snapshot(a=10, b=10), decision)


def test_decisions_on_other_pictures_are_refused():
    with pytest.raises(DataError, match="other pictures"):
        make_plan(
            plain_snapshot(a=5, b=5),
            Selection(snapshot="0" * 64),
            seed=0,
            valid_share=0.2,
            test_share=0.0,
        )


def test_validation_needs_a_share():
    with pytest.raises(ConfigError, match="above 0"):
        _plan(plain_snapshot(a=5, b=5), valid=0.0)
