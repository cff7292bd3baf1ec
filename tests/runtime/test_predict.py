"""One film through triage: what is decided, why, in which order, and what the log keeps of it."""

import concurrent.futures
import dataclasses
import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from cnn_core.charts.triage_words import plain
from cnn_core.data.films.limits import film_decoder
from cnn_core.errors import PictureError, WeightsError
from cnn_core.results.prevalences import usual_prevalences
from cnn_core.results.triage import EVERYTHING, PROJECTION
from cnn_core.results.xray_plan import STATEMENT
from cnn_core.runtime.predict import predict
from cnn_core.runtime.prediction_log import PredictionLog
from cnn_core.runtime.triage_model import read_model
from tests.data.films import film_files as files
from tests.serving.small_model import film_png, write_small_model

NEVER_THE_SAME = ("id", "seconds")


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return read_model(write_small_model(tmp_path_factory.mktemp("triage") / "model"))


@pytest.fixture(scope="module")
def decoder():
    with film_decoder(1) as decoder:
        yield decoder


@pytest.fixture(scope="module")
def ask(model, decoder):
    """Return what is said of a file, by the small model or one like it."""

    def ask(payload, model=model, **named):
        return predict(model, payload, decoder=decoder, **{"channel": "page", **named})

    return ask


def same(first, second):
    """Whether two predictions say the same of a film."""
    one, other = (
        {name: value for name, value in vars(each).items() if name not in NEVER_THE_SAME}
        for each in (first, second)
    )
    heats = one.pop("heat"), other.pop("heat")
    if heats[0] is not None:
        np.testing.assert_array_equal(heats[0].heat, heats[1].heat)
    return one == other


def test_the_decision_follows_from_network_temperature_sets_and_threshold(model, ask):
    result, decisions = model.result, set()
    kind = dataclasses.replace(
        result,
        operating_point=dataclasses.replace(result.operating_point, threshold=0.99),
        conformal=dataclasses.replace(result.conformal, quantiles=(1.0, 0.3, 0.3)),
    )
    for seed in range(10):
        result = (model.result, kind)[seed % 2]
        tried = ask(film_png(seed), dataclasses.replace(model, result=result))
        said = tried.prediction
        grey = Image.fromarray(tried.picture).resize((224, 224), Image.Resampling.BILINEAR)
        view = (np.repeat(np.asarray(grey)[None], 3, axis=0) / np.float32(255)).astype(np.float32)
        mean, std = (
            np.array(each, np.float32)[:, None, None] for each in (model.row.mean, model.row.std)
        )
        logits = model.ask(((view - mean) / std)[None]).logits[0] / model.temperature
        expected = np.exp(logits) / np.exp(logits).sum()
        np.testing.assert_allclose(said.probabilities, expected, rtol=1e-5)
        assert said.score == pytest.approx(1 - expected[model.classes.index("normal")])
        limits = [1.0 if q is None else q for q in result.conformal.quantiles]
        kept = [c for c, p, q in zip(model.classes, expected, limits, strict=True) if 1 - p <= q]
        assert said.conformal == tuple(kept)
        threshold = result.operating_point.threshold
        routine = kept == ["normal"] and said.score < threshold
        assert said.decision == ("routine" if routine else "refer")
        codes = {reason.code for reason in said.reasons}
        wanted = {"routine"} if routine else set()
        wanted |= {"score"} if said.score >= threshold else set()
        wanted |= {"set"} if kept != ["normal"] else set()
        assert codes == wanted
        assert len(said.projection) == PROJECTION
        decisions.add(said.decision)
    assert decisions == {"routine", "refer"}


def test_nothing_is_routine_without_a_guaranteed_threshold(model, ask):
    point = dataclasses.replace(model.result.operating_point, threshold=None, sentence="Too few.")
    result = dataclasses.replace(model.result, operating_point=point)
    for seed in range(4):
        said = ask(film_png(seed), dataclasses.replace(model, result=result)).prediction
        assert (said.decision, said.reasons[0].code) == ("refer", "no-threshold")
        assert said.reasons[0].sentence == "Too few. Every film is referred."


def test_what_is_asked_for_comes_and_is_the_same_every_time(model, ask):
    payload = film_png(3)
    alone, whole = ask(payload).prediction, ask(payload, asked=EVERYTHING).prediction
    assert alone.heat is None
    assert not alone.view_scores
    assert not alone.nearest
    assert alone.probabilities == whole.probabilities
    assert len(set(whole.view_scores)) == EVERYTHING.views
    distances = [case.distance for case in whole.nearest]
    assert len(distances) == EVERYTHING.nearest
    assert distances == sorted(distances)
    assert whole.heat.label != "normal"
    assert whole.heat.heat.shape == (320, 320)
    assert same(whole, ask(payload, asked=EVERYTHING).prediction)
    assert alone.id != whole.id
    with concurrent.futures.ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda _: ask(payload, asked=EVERYTHING).prediction, range(6)))
    assert all(same(each, whole) for each in found)


def coloured(side=64):
    return files.picture(np.random.default_rng(0).integers(0, 255, (side, side, 3), dtype=np.uint8))


REFUSED = [
    ("colour", coloured),
    ("aspect", lambda: files.film(1, width=200, height=60)),
    ("aspect", lambda: files.film(1, width=28, height=28)),
    ("modality", lambda: files.dicom(Modality="CT")),
    ("modality", lambda: files.dicom(Modality="DOE JANE")),
    ("modality", lambda: files.dicom(BodyPartExamined="HAND")),
    ("age", lambda: files.dicom(PatientAge="017Y")),
    ("age", lambda: files.dicom(PatientAge="17")),
    ("age", lambda: files.dicom(PatientAge="DOE")),
    *(
        ("view", lambda view=view: files.dicom(ViewPosition=view))
        for view in ("LL", "RL", "LATERAL", "LAO", "RPO", "AP OBLIQUE", "DOE JANE")
    ),
]


@pytest.mark.parametrize(("code", "made"), REFUSED)
def test_what_file_or_header_rules_out_is_refused_before_the_network_sees_it(ask, code, made):
    tried = ask(made(), asked=EVERYTHING)
    said = tried.prediction
    assert (said.decision, said.reasons[0].code) == ("refused", code)
    assert "DOE" not in said.reasons[0].sentence
    assert (said.score, said.probabilities, said.conformal, said.nearest) == (None, (), (), ())
    assert (said.heat, said.gate_distance, said.projection) == (None, None, ())
    assert tried.display.size
    assert tried.picture.shape == (320, 320)


@pytest.mark.parametrize(
    "made",
    [
        files.dicom,
        lambda: files.dicom(Modality=None, BodyPartExamined=None, PatientAge=None),
        lambda: files.dicom(PatientAge="018Y", ViewPosition="AP"),
        lambda: files.dicom(PatientAge="18", ViewPosition="AP SUPINE"),
        lambda: files.dicom(PatientAge="", ViewPosition=None),
        lambda: files.picture(
            Image.open(files.io.BytesIO(film_png(1))).convert("RGB"), "JPEG", quality=30
        ),
    ],
    ids=[
        "CR, adult",
        "a header that says little",
        "18 years",
        "18",
        "no view",
        "a grey film saved in colour",
    ],
)
def test_a_film_is_not_refused_for_its_file(ask, made):
    said = ask(made()).prediction
    assert said.decision != "refused"
    assert all(check.passed for check in said.checks)


@pytest.mark.parametrize("look", ["known", "altered"])
def test_what_the_gate_refuses_gets_no_probability_and_the_look_that_refused(model, ask, look):
    gate = model.gate
    if look == "known":
        gate = dataclasses.replace(gate, limit=-1.0)
    else:
        gate = dataclasses.replace(gate, bias=np.abs(np.asarray(gate.bias)) + 1e3)
    said = ask(film_png(0), dataclasses.replace(model, gate=gate), asked=EVERYTHING).prediction
    assert (said.decision, [reason.code for reason in said.reasons]) == ("refused", [look])
    assert (said.score, said.probabilities, said.conformal, said.view_scores) == (None, (), (), ())
    assert said.gate_distance is not None
    assert len(said.projection) == PROJECTION
    assert not said.nearest
    assert said.heat is None


def test_a_network_that_answers_in_no_numbers_decides_nothing(model, ask):
    broken = dataclasses.replace(model, temperature=1.0, _network=_Nothing())
    with pytest.raises(WeightsError, match="no numbers"):
        ask(film_png(0), broken)


class _Nothing:
    def run(self, names, inputs):
        count = len(inputs["film"])
        return [
            np.full(shape, np.nan, np.float32)
            for shape in ((count, 3), (count, 8), (count, 8, 7, 7))
        ]


DAMAGED = [files.dicom(), film_png(1), files.picture(files.np.zeros((40, 40), np.uint8), "JPEG")]


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(DAMAGED),
    st.lists(st.tuples(st.integers(0, 2**16), st.integers(0, 255)), max_size=6),
    st.integers(0, 2**16),
)
def test_whatever_the_bytes_are_there_is_a_decision_or_a_sentence(ask, sound, changes, cut):
    payload = bytearray(sound)
    for place, value in changes:
        payload[place % len(payload)] = value
    try:
        said = ask(bytes(payload[: len(payload) - cut % len(payload)])).prediction
    except PictureError:
        return
    assert said.decision in ("routine", "refer", "refused")
    assert said.reasons


def test_the_log_keeps_one_row_of_each_film_that_was_judged(tmp_path, ask):
    log = PredictionLog(tmp_path)
    tried = [
        ask(payload, log=log, channel=channel)
        for payload, channel in (
            (film_png(0), "page"),
            (film_png(0), "http"),
            (files.dicom(PatientAge="009Y"), "terminal"),
        )
    ]
    with pytest.raises(PictureError):
        ask(b"no film", log=log)
    rows = log.cases()
    assert [row.id for row in rows] == [each.prediction.id for each in tried]
    assert not any(each.unlogged for each in tried)
    said, first = tried[0].prediction, rows[0]
    for name in ("score", "probabilities", "gate_distance", "brightness", "decision", "seconds"):
        assert getattr(first, name) == getattr(said, name)
    assert (first.reason, first.model) == (said.reasons[0].code, said.model)
    assert first.projection == pytest.approx(said.projection)
    assert first.image == rows[1].image != rows[2].image
    assert [row.channel for row in rows] == ["page", "http", "terminal"]
    assert (rows[2].reason, rows[2].score, rows[2].probabilities) == ("age", None, ())
    again = ask(files.dicom(PatientAge="061Y"), log=log)
    assert log.cases()[-1].patient == rows[2].patient  # the same patient, another film
    assert log.cases()[-1].id == again.prediction.id


def test_a_log_that_cannot_keep_a_row_does_not_cost_the_answer(tmp_path, ask):
    (tmp_path / "file").write_bytes(b"")
    tried = ask(film_png(0), log=PredictionLog(tmp_path / "file"))
    assert tried.prediction.probabilities
    assert "log" in tried.unlogged
    assert str(tmp_path) not in tried.unlogged


def test_what_is_said_is_json_with_the_statement_and_no_bare_percentage(model, ask):
    shares = usual_prevalences(model.classes, model.prior)
    replies = [
        plain(ask(payload, asked=EVERYTHING).prediction, model.result, shares)
        for payload in (film_png(0), film_png(5), files.dicom(Modality="CT"))
    ]
    assert len({tuple(reply) for reply in replies}) == 1  # the same fields whatever is decided
    for reply in replies:
        assert json.loads(json.dumps(reply, allow_nan=False)) == reply
        assert reply["statement"] == STATEMENT
        assert "trained on" in reply["under_every_result"][0]
    assert replies[2]["probabilities"] is None
    assert replies[2]["set"] is None
    for row in replies[0]["probabilities"]:
        share = f"{100 * shares[row['class']]:.3g} %"
        assert row["sentence"].endswith(f"at an assumed prevalence of {share}")
        assert row["resembles"].startswith("resembles: ")
