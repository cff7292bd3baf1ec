"""What is said before an experiment, and to whom its result is shown, under AppTest."""

import pytest

from cnn_core.charts.wording import minus
from cnn_core.results.experiment_reading import Claim
from cnn_core.results.markdown import plain_markdown
from cnn_core.results.studied import Recording
from cnn_core.results.trial_events import TrialPoint
from cnn_core.runtime import queue, recorded_experiments
from cnn_core.runtime.experiments import chosen_of, standing_of
from cnn_core.runtime.recorded_experiments import RecordedExperiment, recorded_experiment
from cnn_core.ui.experiments.result import leading
from tests.pages.experiment_run import (
    ANSWERS,
    STACKED,
    bare_lab,
    draw,
    labels,
    make_run,
    radio,
    words,
)


@pytest.fixture
def lab(tmp_path, monkeypatch):
    return bare_lab(tmp_path, monkeypatch)


def test_own_run_is_held_against_what_was_said_before_it(lab):
    record, _ = make_run(lab, trials=9)
    queue.end(lab.store, record.id, "finished")
    app = draw(run=record.id)
    reading = STACKED.read(chosen_of(record)[1], standing_of(lab.store, record.id).trials)
    assert plain_markdown(minus(reading.headline)) in words(app)
    assert f"**You said:** {STACKED.answer(ANSWERS[0])}" in words(app)
    assert "**It was:**" in words(app)
    assert radio(app, "said").value == ANSWERS[0], "what was said before it is still chosen"
    study = recorded_experiment(STACKED.id)
    assert f"{len(study.trials.seeds)} recorded seeds:" in words(app), "one seed decides nothing"
    radio(app, "said").set_value(ANSWERS[1]).run()
    assert f"**You said before this run:** {STACKED.answer(ANSWERS[0])}" in words(app)
    app = draw(run=record.id, stacked_kernels_view="Past runs")
    assert not app.error
    assert " said before their first run" not in words(app), "each of few would be known"
    assert "python -m cnn_core experiment stacked-kernels" in app.code[-1].value
    labels(app)["Open the recorded study"].click().run()
    assert not app.error
    assert "run" not in app.query_params
    assert "It is open" in labels(app)


def test_run_of_another_goes_on_without_ones_own_answer_or_buttons(lab):
    record, planned = make_run(lab, owner="somebody else")
    point = TrialPoint(
        step=1,
        arm=planned[1].arm,
        condition=planned[1].condition,
        seed=0,
        at=5,
        of=10,
        loss=1.0,
        accuracy=0.25,
    )
    lab.store.append(record.id, point)
    app = draw(run=record.id)
    assert "**So far:**" not in words(app), "who has yet to answer is not told"
    labels(app)["Show it without an answer"].click().run()
    assert radio(app, "said").value is None
    assert "Stop, keep the trials" not in labels(app)
    (bar,) = app.get("progress")
    assert f"1 of {len(planned)} trials done" in bar.proto.text
    assert STACKED.names[planned[1].arm] in bar.proto.text
    assert "left" in bar.proto.text
    assert "**So far:**" in words(app)
    assert "**It was:**" not in words(app), "nothing is decided yet"


def test_equal_run_of_another_is_opened_with_the_answer_given_before_it(lab):
    record, _ = make_run(lab, trials=9, owner="somebody else")
    queue.end(lab.store, record.id, "finished")
    app = draw(seeds="1", images="100", data="digits")
    radio(app, "said").set_value(ANSWERS[1]).run()
    labels(app)["Run the experiment"].click().run()
    labels(app)["Open that one"].click().run()
    assert not app.exception
    assert app.query_params["run"] == record.id
    radio(app, "said").set_value(ANSWERS[2]).run()
    assert f"**You said before this run:** {STACKED.answer(ANSWERS[1])}" in words(app)


def test_what_a_class_said_is_told_to_those_who_have_answered(lab):
    for owner, said in zip(("ada", "bob", "cyd"), ANSWERS, strict=False):
        record, _ = make_run(lab, trials=0, owner=owner, said=said)
        queue.end(lab.store, record.id, "stopped")
    told = "What 3 people said before their first run here: 1 × "
    assert told not in words(draw(stacked_kernels_view="Past runs"))
    assert told in words(draw(stacked_kernels_view="Past runs", answered=STACKED))


def test_what_decides_is_read_first():
    claims = [
        Claim(id=str(place), sentence="So.", verdict=verdict)
        for place, verdict in enumerate(["cannot be told", "holds", "not measured", "holds"] * 2)
    ]
    first, rest = leading(claims)
    assert [each.id for each in first] == ["1", "3", "5", "7"]
    assert [each.id for each in rest] == ["0", "2", "4", "6"]
    assert [each.id for each in leading(claims, ("2", "6"))[0]] == ["2", "6", "1", "3"]
    assert leading(claims[:5]) == (claims[:5], [])


def test_recorded_run_waits_for_an_answer_or_to_be_asked_for(lab, monkeypatch):
    record, _ = make_run(lab, trials=9)
    chosen = chosen_of(record)[1]
    recorded = RecordedExperiment(
        recording=Recording(
            id=STACKED.id, hardware="two cores", versions={}, date="2026-01-31", command="", data=""
        ),
        record=record,
        settings=chosen,
        trials=standing_of(lab.store, record.id).trials,
    )
    monkeypatch.setattr(recorded_experiments, "recorded_experiment", lambda _id: recorded)
    headline = plain_markdown(minus(STACKED.read(chosen, recorded.trials).headline))
    app = draw()
    assert "A recorded run** of 1 seed" in words(app)
    assert headline not in words(app), "who has yet to answer is not told"
    labels(app)["Show it without an answer"].click().run()
    assert not app.error
    assert headline in words(app)
