"""The reading: each sentence by figures that call for it and by figures that do not."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from cnn_core.results.config import TrainConfig
from cnn_core.results.judgement import Baseline, CurvePoint
from cnn_core.results.mix_ups import mix_ups
from cnn_core.results.reading import reading
from tests.results.judged_parts import even, names_of, scored

CONFIG = TrainConfig(
    epochs=30, batch_size=32, learning_rate=1e-3, mode="frozen", head="light", views=2
)


def read(valid, *, train=None, test=None, baselines=(), curve=(), config=CONFIG, sure=None):
    scores = [
        scored(matrix, part=part, sure=sure if part == "valid" else None)
        for part, matrix in (("train", train), ("valid", valid), ("test", test))
        if matrix is not None
    ]
    return reading(names_of(len(valid)), scores, baselines, curve, config=config)


def of(kind, sentences):
    return [each for each in sentences if each.kind == kind]


def words(sentences):
    return " | ".join(f"{each.text} {each.advice}" for each in sentences)


def test_the_score_comes_first_with_its_interval():
    found = read(even(5, 30, 3))
    assert found[0].text == (
        "135 of 150 validation pictures are right: 90 % (95 % interval 84 to 94 %)."
    )
    weights = [each.weight for each in found]
    assert weights == sorted(weights, reverse=True)


def test_without_validation_pictures_nothing_is_said():
    assert reading(names_of(3), [scored(even(3, 9), part="train")]) == ()


def test_nothing_comes_before_the_score_however_bad_it_is():
    worst = np.roll(np.diag([30] * 3), 1, axis=1)
    found = read(worst, train=even(3, 100), test=worst, sure=0.999)
    assert [each.kind for each in found[:2]] == ["score", "score"]


@pytest.mark.parametrize(("each", "called"), [(6, True), (400, False)])
def test_a_wide_interval_is_called_wide(each, called):
    (score,) = of("score", read(even(5, each, each // 6)))
    assert ("points wide" in score.advice) == called
    assert ("About 120 validation pictures" in score.advice) == called


@pytest.mark.parametrize(("wrong", "called"), [(3, False), (12, True)])
def test_a_worse_test_score_is_told_where_chance_does_not_explain_it(wrong, called):
    found = of("score", read(even(5, 30, 2), test=even(5, 30, wrong)))
    assert any("looked at once" in each.text for each in found)
    assert any("worse than the validation" in each.text for each in found) == called


def test_roses_taken_for_tulips_are_told_as_the_page_promises():
    matrix = even(5, 30)
    matrix[4, 4], matrix[4, 2] = 21, 9
    (sentence,) = of("confusion", read(matrix))
    assert sentence.text.startswith("tulips taken for roses: 9 of 30 validation pictures.")
    assert "it would be 0.4" in sentence.text


def test_two_classes_that_are_mixed_up_both_ways_are_told_as_a_pair():
    matrix = even(5, 30)
    matrix[2, 4] = matrix[4, 2] = 3
    matrix[0, 1] = matrix[1, 3] = matrix[3, 0] = 2
    matrix[[2, 4], [2, 4]] = 27
    matrix[[0, 1, 3], [0, 1, 3]] = 28
    (sentence,) = of("confusion", read(matrix))
    assert sentence.text.startswith("roses and tulips taken for each other: 6 of 60")


def test_mistakes_that_fall_evenly_are_no_pattern():
    assert of("confusion", read(even(5, 30, 4))) == []
    assert of("confusion", read(even(5, 30))) == []


def test_one_mistake_is_no_pattern():
    matrix = even(10, 3)
    matrix[4, 4], matrix[4, 2] = 2, 1
    assert mix_ups(matrix) == ()


@pytest.mark.parametrize(("size", "each", "accuracy"), [(5, 30, 0.85), (2, 60, 0.8), (20, 8, 0.7)])
def test_chance_alone_is_seldom_called_a_pattern(size, each, accuracy):
    random, alarms = np.random.default_rng(size), 0
    chances = np.full((size, size), (1 - accuracy) / (size - 1))
    np.fill_diagonal(chances, accuracy)
    for _ in range(200):
        alarms += bool(mix_ups(np.array([random.multinomial(each, row) for row in chances])))
    assert alarms <= 200 * 0.11  # directions and pairs, each at a level of 5 %


@pytest.mark.parametrize(("hits", "called"), [(15, True), (26, False)])
def test_a_class_that_is_found_less_often_is_named(hits, called):
    matrix = even(5, 30, 2)
    row = [4, 4, 4, 3] if hits == 15 else [1, 1, 1, 1]
    matrix[3] = np.insert(row, 3, hits)
    found = of("confusion", read(matrix))
    assert [each.text.startswith("Found less often than the rest: sunflowers, 15 of 30")
            for each in found] == ([True] if called else [])  # fmt: skip


def test_where_a_missed_class_has_few_training_pictures_that_is_the_advice():
    matrix, few = even(5, 30, 2), even(5, 100)
    matrix[3] = [4, 4, 4, 15, 3]
    few[3, 3] = 12
    assert "It has 12 training pictures, the others 100" in words(read(matrix, train=few))
    assert "class_weights" not in words(read(matrix, train=even(5, 100)))


@pytest.mark.parametrize(
    ("train", "wrong", "called"),
    [(even(5, 120), 4, True), (even(5, 120), 1, False), (even(5, 120, 24), 6, False)],
)
def test_a_gap_says_overfitting_where_chance_does_not_explain_it(train, wrong, called):
    fit = of("fit", read(even(5, 30, wrong), train=train))
    found = [each for each in fit if "overfitting" in each.text]
    assert bool(found) == called
    if called:
        assert "The gap of 13.3 points" in found[0].text
        assert "says overfitting (95 % interval of the gap 8.8 to 19.7 points)" in found[0].text


@pytest.mark.parametrize(
    ("settings", "advice", "not_advised"),
    [
        ({"mode": "all", "views": 8}, "training less of the network", "views=8"),
        ({"mode": "scratch"}, "beginning with trained weights", "training less"),
        ({"head": "reference"}, "the light head", "mode=frozen"),
        ({"views": 8, "label_smoothing": 0.1}, "more training pictures", "label_smoothing"),
    ],
)
def test_advice_against_overfitting_is_what_the_run_has_not_done(settings, advice, not_advised):
    config = replace(CONFIG, **settings)
    (fit,) = of("fit", read(even(5, 30, 6), train=even(5, 120), config=config))
    assert advice in fit.advice
    assert not_advised not in fit.advice


def test_who_is_not_sure_enough_is_not_told_to_smooth_labels():
    unsure = read(even(5, 30, 6), train=even(5, 120), sure=0.5)
    assert "label_smoothing" not in words(of("fit", unsure))
    assert "label_smoothing" in words(of("fit", read(even(5, 30, 6), train=even(5, 120))))


@pytest.mark.parametrize(("wrong", "called"), [(48, True), (6, False)])
def test_a_network_that_has_not_learned_its_own_pictures_underfits(wrong, called):
    found = of("fit", read(even(5, 30, wrong // 4), train=even(5, 120, wrong)))
    assert any("underfitting" in each.text for each in found) == called
    if called:
        assert "360 of 600 are right: 60 %" in found[0].text
        assert "epochs=60" in found[0].advice
        assert "mode=last-block" in found[0].advice


@pytest.mark.parametrize(
    ("sure", "says"),
    [(0.99, "too sure of itself"), (0.6, "more often right than it says"), (0.87, "")],
)
def test_calibration_is_told_where_it_lies_outside_the_interval(sure, says):
    found = of("calibration", read(even(5, 40, 4), sure=sure))
    assert [says in each.text for each in found] == ([True] if says else [])


def test_classes_with_too_few_pictures_are_named_or_counted():
    matrix = even(5, 30, 2)
    matrix[2] = [1, 0, 3, 0, 0]
    (data,) = of("data", read(matrix))
    assert "single classes: roses (4)." in data.text
    (data,) = of("data", read(even(12, 5, 1)))
    assert "12 of the 12 classes (at most 5 each)" in data.text
    assert of("data", read(even(5, 30, 2))) == []


def baseline(kind, won, lost):
    return Baseline(
        id=kind,
        title=kind,
        accuracy=0.5,
        interval=(0.4, 0.6),
        sentence=f"{kind} {won}:{lost}",
        won=won,
        lost=lost,
    )


@pytest.mark.parametrize(("won", "lost", "called"), [(80, 3, False), (12, 9, True), (3, 20, True)])
def test_of_the_most_frequent_class_only_bad_news_is_told(won, lost, called):
    found = read(even(5, 30, 3), baselines=[baseline("most-frequent", won, lost)])
    assert bool(of("baseline", found)) == called
    if called:
        assert found.index(of("baseline", found)[0]) == 1  # at once after the score


def test_neighbours_weigh_more_the_better_they_are():
    better, same, worse = (
        of("baseline", read(even(5, 30, 3), baselines=[baseline("nearest-neighbours", *score)]))[0]
        for score in ((2, 20), (8, 6), (20, 2))
    )
    assert better.weight > same.weight > worse.weight
    assert "Try more epochs" in better.advice
    assert "adds nothing that shows" in same.advice
    assert worse.advice == ""


def point(images, mean, gain):
    return CurvePoint(
        images_a_class=images,
        images=5 * images,
        mean=mean,
        low=mean - 0.05,
        high=mean + 0.05,
        repeats=20,
        gain=gain,
    )


@pytest.mark.parametrize(
    ("gain", "says"),
    [((0.004, 0.037), "More pictures still help"), ((-0.01, 0.01), "hardly help"),
     ((-0.01, 0.05), "")],
)  # fmt: skip
def test_the_curve_is_told_where_its_last_step_is_clear(gain, says):
    curve = [point(30, 0.84, None), point(60, 0.86, (0.0, 0.04)), point(120, 0.88, gain)]
    found = of("curve", read(even(5, 30, 3), curve=curve))
    assert [says in each.text for each in found] == ([True] if says else [])
    if says:
        assert "from 60 to 120 training pictures a class" in found[0].text
    assert of("curve", read(even(5, 30, 3), curve=curve[:1])) == []


def test_a_curve_that_breaks_off_does_not_say_what_more_pictures_would_bring():
    curve = [point(60, 0.86, None), point(120, 0.88, (0.004, 0.037))]
    assert of("curve", read(even(5, 30, 3), curve=curve, train=even(5, 120)))
    assert not of("curve", read(even(5, 30, 3), curve=curve, train=even(5, 900)))


def test_without_a_test_the_score_says_that_validation_chose_the_epoch():
    (alone,) = of("score", read(even(5, 30, 3)))
    first, _ = of("score", read(even(5, 30, 3), test=even(5, 30, 3)))
    assert "chose the epoch" in alone.advice
    assert "chose the epoch" not in first.advice


def test_every_sentence_ends_as_one_and_holds_a_figure():
    curve = [point(60, 0.86, None), point(120, 0.88, (0.004, 0.037))]
    matrix = even(5, 30)
    matrix[4, 4], matrix[4, 2] = 21, 9
    both = [baseline("most-frequent", 3, 4), baseline("nearest-neighbours", 8, 6)]
    found = read(
        matrix, train=even(5, 120), test=even(5, 30, 14), baselines=both, curve=curve, sure=0.999
    )
    assert {each.kind for each in found} == {
        "score", "confusion", "fit", "calibration", "baseline", "curve"
    }  # fmt: skip
    for each in found:
        assert any(sign.isdigit() for sign in each.text)
        assert each.kind == "baseline" or each.text.endswith(".")
        assert each.advice == "" or each.advice.endswith(".")
    assert len({each.text for each in found}) == len(found)


def test_the_names_of_classes_are_told_as_they_are():
    names = ["<b>a</b>", "*b*", "c"]
    matrix = np.array([[30, 0, 0], [12, 18, 0], [0, 0, 30]])
    told = reading(names, [scored(matrix, names=names)])
    assert any("*b* taken for <b>a</b>: 12 of 30" in each.text for each in told)


def test_pairs_are_counted_once():
    matrix = even(4, 40)
    for one, other in itertools.permutations(range(3), 2):
        matrix[one, other] = 6
        matrix[one, one] -= 6
    assert len({(each.true, each.predicted) for each in mix_ups(matrix)}) == len(mix_ups(matrix))
