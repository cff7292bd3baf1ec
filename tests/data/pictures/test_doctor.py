"""The data doctor: what it finds, what it does not, and that a problem is what a run refuses."""

import re
from dataclasses import replace

import pytest

from cnn_core.data.pictures.doctor import examine
from cnn_core.data.pictures.plan import make_plan
from cnn_core.errors import DataError
from cnn_core.results.pictures import Decision, Rejected, Selection
from tests.data.snapshots import made_picture, made_snapshot, plain_snapshot


def _healthy():
    return [made_picture(n, "roses" if n < 40 else "tulips") for n in range(80)]


def _changed(place, **changes):
    pictures = _healthy()
    pictures[place] = replace(pictures[place], **changes)
    return pictures


def _with(*more):
    return [*_healthy(), *more]


COPY = made_picture(200, "roses", like=5, flip=0b11)
AGAIN = replace(made_picture(201, "roses"), sha256=_healthy()[5].sha256)
TULIP = made_picture(202, "tulips", like=5, flip=0b11)

# What is done to 40 roses and 40 tulips: kind, severity, words of the sentence, first pictures.
CASES = {
    "the same file twice": (
        _with(AGAIN), "exact-duplicates", "warning",
        "2 pictures in 1 group are equal files", (5, 80),
    ),
    "a photo edited": (
        _with(COPY), "near-duplicates", "warning",
        "2 pictures in 1 group look almost", (5, 80),
    ),
    "a rose among the tulips": (
        _with(TULIP), "across-classes", "warning",
        r"different classes \(roses and tulips\)", (5, 80),
    ),
    "the same file in both classes": (
        _with(replace(TULIP, sha256=AGAIN.sha256)), "across-classes", "warning",
        r"different classes \(roses and tulips\)", (5, 80),
    ),
    "a black picture": (
        _changed(7, brightness=0.0, contrast=0.0), "blank", "warning",
        "1 picture is of one colour", (7,),
    ),
    "a picture taken at night": (
        _changed(7, brightness=0.05, contrast=0.04), "dark", "warning",
        "1 picture is so dark .* below 25 % of white", (7,),
    ),
    "a thumbnail": (
        _changed(7, width=48, height=32), "tiny", "warning",
        "1 picture is less .* down to 32", (7,),
    ),
    "a panorama": (
        _changed(7, width=1_000, height=200), "odd-shape", "note",
        "covers 20 % at worst", (7,),
    ),
    "few tulips": (
        _healthy()[:50], "small-class", "warning",
        r"tulips \(10\)\. With 2 of 2 right", tuple(range(40, 50)),
    ),
    "many roses": (
        [made_picture(n, "roses" if n < 120 else "tulips") for n in range(160)],
        "imbalance", "warning", r"roses has 120 pictures, tulips 40 \(3\.0 to 1\)", (),
    ),
    "no tulips": (_healthy()[:40], "one-class", "problem", "only roses", ()),
    "one tulip": (_healthy()[:41], "small-class", "problem", "tulips has 1 picture", (40,)),
}  # fmt: skip


def test_nothing_is_found_where_nothing_is_wrong():
    audit = examine(made_snapshot(_healthy()))
    assert audit.findings == ()
    assert audit.trainable
    assert audit.counts == {"roses": 40, "tulips": 40}
    assert audit.part_counts == {"": 80}
    assert audit.clusters == tuple(range(80))


@pytest.mark.parametrize("case", CASES)
def test_a_fault_is_found(case):
    pictures, kind, severity, words, places = CASES[case]
    audit = examine(made_snapshot(pictures))
    (finding,) = [each for each in audit.findings if each.kind == kind]
    assert finding.severity == severity
    assert finding.pictures == places
    assert finding.hint
    assert re.search(words, finding.sentence)
    assert audit.trainable == (severity != "problem")


@pytest.mark.parametrize("case", list(CASES)[:8])
def test_leaving_the_pictures_out_mends_it(case):
    pictures, _, _, _, places = CASES[case]
    decisions = [Decision(picture=place, action="exclude") for place in places]
    assert examine(made_snapshot(pictures), decisions).findings == ()


def test_copies_across_parts_are_found_with_the_one_to_keep_first():
    pictures = [replace(picture, part="train") for picture in _healthy()]
    pictures += [
        made_picture(300 + n, "roses" if n < 6 else "tulips", part="valid") for n in range(12)
    ]
    pictures += [made_picture(400, "roses", part="valid", like=5, flip=1)]
    snapshot = made_snapshot(pictures)
    audit = examine(snapshot)
    (finding,) = [each for each in audit.findings if each.kind == "across-parts"]
    assert finding.groups == ((92, 5),)
    assert "train/ and val/" in finding.sentence
    assert "leaves the copies in training out" in finding.hint
    (on_purpose,) = [
        f for f in examine(snapshot, grouped=False).findings if f.kind == "across-parts"
    ]
    assert "as you chose" in on_purpose.hint
    assert audit.part_counts == {"train": 80, "valid": 13}


def test_classes_that_val_has_few_of_are_too_small_to_be_judged():
    pictures = [replace(picture, part="train") for picture in _healthy()]
    pictures += [
        made_picture(300 + n, "roses" if n < 8 else "tulips", part="valid") for n in range(12)
    ]
    (finding,) = examine(made_snapshot(pictures)).findings
    assert finding.kind == "small-class"
    assert "1 class is too small to be judged: tulips (44). With 4 of 4 right" in finding.sentence


def test_of_a_group_the_largest_picture_comes_first():
    audit = examine(made_snapshot(_with(replace(COPY, width=640, height=480))))
    assert audit.findings[0].groups == ((80, 5),)


def test_relabelling_mends_a_group_in_two_classes():
    decision = Decision(picture=80, action="relabel", label="roses")
    kinds = {finding.kind for finding in examine(made_snapshot(_with(TULIP)), [decision]).findings}
    assert kinds == {"near-duplicates"}


def test_files_that_were_left_out_are_counted_by_reason():
    rejected = [Rejected(name=f"{n}.jpg", reason="It is empty.") for n in range(3)]
    rejected.append(Rejected(name="x.png", reason="It is cut off."))
    audit = examine(made_snapshot(_healthy(), rejected=tuple(rejected)))
    (finding,) = audit.findings
    assert finding.sentence == "4 files were left out. Most often (3): It is empty."


def test_the_gravest_finding_comes_first_and_each_kind_once():
    pictures = [*_healthy()[:41], AGAIN, COPY, made_picture(90, "roses", width=900, height=100)]
    audit = examine(made_snapshot(pictures))
    grave = [("problem", "warning", "note").index(each.severity) for each in audit.findings]
    assert grave == sorted(grave)
    assert len({each.kind for each in audit.findings}) == len(audit.findings) >= 4


def test_sizes_are_of_the_pictures_that_are_left():
    snapshot = made_snapshot(_changed(7, width=1_000, height=200))
    sizes = examine(snapshot).sizes
    assert (sizes.width, sizes.height, sizes.aspect[2]) == ((320, 320, 1_000), (200, 240, 240), 5.0)
    assert sizes.bytes == sum(picture.size for picture in snapshot.pictures)
    left = examine(snapshot, [Decision(picture=7, action="exclude")]).sizes
    assert left.width == (320, 320, 320)
    everything = [Decision(picture=place, action="exclude") for place in range(80)]
    assert examine(snapshot, everything).sizes is None


def test_pictures_that_all_look_alike_are_said_to_be_so():
    flips = [sum(1 << (n * 7 + k * k * 5) % 64 for k in range(6)) for n in range(64)]
    alike = [made_picture(n, "ab"[n % 2], like=0, flip=flip) for n, flip in enumerate(flips)]
    (finding,) = [f for f in examine(made_snapshot(alike)).findings if f.kind == "near-duplicates"]
    assert finding.severity == "note"
    assert "resemble each other too much" in finding.sentence


@pytest.mark.parametrize("grouped", [True, False])
@pytest.mark.parametrize("sizes", [(1, 9), (2, 9), (0, 9), (3, 3)])
def test_a_problem_is_what_a_run_refuses(sizes, grouped):
    roses, tulips = sizes
    pictures = [made_picture(n, "roses", like=0, flip=1 << n) for n in range(roses)]
    pictures += [made_picture(10 + n, "tulips") for n in range(tulips)]
    snapshot = made_snapshot(pictures)
    selection = Selection(snapshot=snapshot.id, grouped=grouped)
    try:
        make_plan(snapshot, selection, seed=3, valid_share=0.2, test_share=0.1)
        refused = False
    except DataError:
        refused = True
    assert examine(snapshot, grouped=grouped).trainable is not refused


def test_examining_changes_nothing_and_refuses_unknown_pictures():
    snapshot = plain_snapshot(a=5, b=5)
    assert examine(snapshot) == examine(snapshot)
    with pytest.raises(DataError, match="picture 10"):
        examine(snapshot, [Decision(picture=10, action="exclude")])
