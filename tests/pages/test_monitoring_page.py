"""The page "Monitoring" under AppTest: an empty log, real traffic, review, the alarm."""

import dataclasses
import time

import pytest

from cnn_core.results.worklist_rows import UNCLEAR
from cnn_core.results.xray_plan import STATEMENT
from cnn_core.runtime import alarm_trial, prediction_log
from cnn_core.runtime.drift_simulation import Simulated, alarm_after
from cnn_core.runtime.log_database import writing
from cnn_core.runtime.prediction_log import DAY
from cnn_core.runtime.triage_model import read_model
from cnn_core.ui.monitoring.state import VIEW, VIEWS
from cnn_core.xray.drift import sample_of, watch
from tests.logged_cases import MODEL, filled_log, traffic
from tests.pages.conftest import draw, labels, words
from tests.serving.small_model import write_small_model

NOW = time.time()
DISEASE = "covid19"


def labelled(case, number):
    """Give a label to most referred films, and to routine ones that are drawn."""
    if number % 50 == 0:
        return dataclasses.replace(case, sampled=True, label=UNCLEAR, blind=True)
    if case.decision != "routine":
        return dataclasses.replace(case, label=DISEASE if number % 2 else "normal", blind=True)
    if number % 8:
        return case
    return dataclasses.replace(case, sampled=True, label="normal", blind=True)


@pytest.fixture(scope="module")
def cases():
    """Return six hundred cases of forty days, of which the last hundreds are brighter."""
    plain = traffic(400) + traffic(600, seed=1, bright=0.7)[400:]
    return [
        labelled(dataclasses.replace(case, at=NOW - DAY * (39.97 - number / 15)), number)
        for number, case in enumerate(plain)
    ]


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("CNN_LAB_HOME", str(tmp_path))
    monkeypatch.setenv("CNN_LAB_SPARE", "0")
    return tmp_path


def monitoring(view, **query):
    return draw("monitoring", monitor=view, **query)


def test_an_empty_log_says_what_will_stand_here(home):
    app = monitoring("traffic")
    for view in VIEWS:
        app.session_state[VIEW] = view
        app.run()
        assert app.query_params.get("monitor", "traffic") == view
        assert STATEMENT in words(app)
        assert not app.error
        if view != "alarm":
            assert "Nothing has been logged on this machine yet" in words(app)
    app.session_state[VIEW] = "review"
    app.run()
    labels(app)["Try the alarm with synthetic films"].click().run()
    assert "Start the films" in labels(app)
    assert not (home / "triage").exists()


def test_traffic_drift_review_and_log_are_of_what_was_logged(home, cases):
    filled_log(home / "triage", cases)
    app = monitoring("traffic")
    shown = {metric.label: metric.value for metric in app.metric}
    share = sum(case.decision != "routine" for case in cases) / len(cases)
    assert shown["Cases"] == "600"
    assert shown["Referred or refused"] == f"{share:.2f}"
    assert "Alarm in window 6 of windows 4 to 6" in words(app)  # 300 of 600 are the reference
    assert "raw brightness" in words(app)
    labels(app)["See drift"].click().run()
    assert "the first cases of this machine, 300 films" in words(app)
    assert "Drift shows change, not harm" in words(app)
    app = monitoring("review")
    assert "Of the films that reviewers call diseased, an estimated" in words(app)
    table = app.dataframe[0].value
    assert list(table["Reviewers say"]) == ["any disease", "COVID-19"]
    assert 'Given blind as "cannot tell": 12.' in words(app)
    app = monitoring("log")
    assert "600 cases are kept; none is forgotten until the log is purged" in words(app)
    assert list(app.dataframe[0].value["SHA-256"]) == [MODEL]
    assert STATEMENT in words(app)
    assert not app.error


def test_each_model_is_watched_by_itself(home, cases):
    model = write_small_model(home / "triage" / "models" / "phantoms" / "one")
    sha256 = read_model(model).sha256
    more = [
        dataclasses.replace(case, id=f"{number:032x}", model=sha256, at=NOW)
        for number, case in enumerate(cases[:60], start=10**6)
    ]
    filled_log(home / "triage", [*cases[:150], *more])
    app = monitoring("traffic")
    assert app.selectbox[0].options == [
        f"Small model 0 ({sha256[:12]})",
        f"a model that is not on this machine ({MODEL[:12]})",
    ]
    assert {metric.label: metric.value for metric in app.metric}["Cases"] == "60"
    assert "The first window is whole at 100 cases: 40 more." in words(app)
    app.selectbox[0].select(MODEL[:12]).run()
    assert {metric.label: metric.value for metric in app.metric}["Cases"] == "150"
    linked = monitoring("drift", **{"monitor-model": MODEL[:12]})
    assert "There is nothing to hold the cases against" in words(linked)


def test_a_single_film_is_counted_and_nothing_is_said_of_it(home, cases):
    filled_log(home / "triage", cases[:1])
    app = monitoring("traffic")
    assert "1 case so far" in words(app)
    assert not app.metric
    assert not app.get("plotly_chart")


def test_a_visitor_can_neither_list_nor_purge_cases(home, cases):
    filled_log(home / "triage", cases)
    app = monitoring("log")
    assert "python -m cnn_core purge --older-than 30d --dry-run" in app.code[0].value
    assert {element.label for element in app.get("download_button")} == {
        "By window (CSV)",
        "By day (CSV)",
    }
    assert not [label for label in labels(app) if "urge" in label or "orget" in label]
    drawn = words(app)
    assert not [case for case in cases if case.id in drawn or case.patient in drawn]


def test_first_cases_that_were_purged_are_no_reference_and_it_is_said(home, cases):
    log = filled_log(home / "triage", cases)
    log.purge(39.9 * DAY)
    app = monitoring("drift")
    assert "the cases of the first 300 patients here are no longer in the log" in words(app)
    assert "300 films" not in words(app)
    app = monitoring("traffic")
    assert "Alarm" not in words(app)


def test_a_log_that_cannot_be_read_is_said(home, cases):
    log = filled_log(home / "triage", cases[:5])
    with writing(log._path) as connection:
        connection.execute("PRAGMA user_version = 9")
    prediction_log._opened.cache_clear()
    app = monitoring("traffic")
    assert "version 9, newer than this CNN Lab knows" in app.error[0].value
    assert str(home) not in app.error[0].value


def test_what_the_alarm_wants_and_has_not_is_said(home, monkeypatch):
    monkeypatch.setenv("CNN_LAB_TRIAGE_MODEL", str(write_small_model(home / "model")))
    app = monitoring("alarm")
    app.button(key="monitor-trial-start").click().run()
    trial = app.session_state["monitor-trial"]
    assert trial.wait(60)
    app.run()
    assert "came without films to notice change by" in app.error[0].value
    assert not (home / "triage" / "predictions.sqlite").exists()


def test_a_trial_shows_the_alarm_and_after_how_many_films(home, monkeypatch):
    def simulated(model, *, shift, amount, cases, shift_at, seed, progress, cancelled):
        films = traffic(500, bright=0.4)[:shift_at] + traffic(800, seed=seed, bright=0.6)[shift_at:]
        report = watch(sample_of(traffic(300, seed=9, bright=0.4)), films)
        after = alarm_after(report, shift_at)
        said = f"{shift} {amount} from case {shift_at + 1} on: {after} of {cases}"
        return Simulated(
            cases=tuple(films),
            report=report,
            shifted_from=shift_at,
            alarm_after=after,
            sentence=said,
        )

    monkeypatch.setenv("CNN_LAB_TRIAGE_MODEL", str(write_small_model(home / "model")))
    monkeypatch.setattr(alarm_trial, "simulate", simulated)
    app = monitoring("alarm")
    app.selectbox(key="monitor-trial-kind").select("blur").run()
    app.slider(key="monitor-trial-amount-blur").set_value(3.0).run()
    app.number_input(key="monitor-trial-seed").set_value(2).run()
    app.button(key="monitor-trial-start").click().run()
    assert app.session_state["monitor-trial"].wait(60)
    app.run()
    assert "**blur 3.0 from case 401 on: 200 of 800**" in words(app)
    chosen = app.selectbox(key="monitor-test-trial")
    assert chosen.value == "ks-brightness"
    assert "Raw brightness, Kolmogorov-Smirnov" in chosen.options
    assert "Synthetic films, drawn now" in words(app)
    assert not app.error
