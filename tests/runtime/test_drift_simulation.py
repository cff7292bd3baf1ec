"""Films that change from one on: the way of every film, the alarm, and what cannot be simulated."""

import dataclasses

import numpy as np
import pytest

from cnn_core.data.films import phantoms
from cnn_core.data.films.decoding import decode_for_triage
from cnn_core.data.films.limits import film_decoder
from cnn_core.data.films.phantom_drawing import drawn_phantom
from cnn_core.errors import ConfigError, RunStateError
from cnn_core.results.monitoring import DriftReport, DriftWindow
from cnn_core.runtime.drift_simulation import alarm_after, film_file, simulate, simulated_case
from cnn_core.runtime.predict import predict
from cnn_core.runtime.triage_model import read_model
from cnn_core.xray.drift import sample_of, taken
from tests.serving.small_model import write_small_model

DRAWN = [drawn_phantom((3, number), 0)[::2, ::2] for number in range(6)]


def quickly_drawn(patient, film, **_):
    """Draw a phantom in a moment: one of six, exposed and grained in its own way."""
    rng = np.random.default_rng([*patient, film])
    pixels = DRAWN[rng.integers(6)] * rng.uniform(0.9, 1.0) + rng.normal(0, 2, DRAWN[0].shape)
    return np.clip(np.rint(pixels), 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """Return a small model with a reference of 300 films, which it was asked about."""
    model = read_model(write_small_model(tmp_path_factory.mktemp("simulated") / "model"))
    films = [quickly_drawn((9, number), 0) / np.float32(255) for number in range(60)]
    asked = [
        simulated_case(model, decode_for_triage(film_file(film)), number)
        for number, film in enumerate(films)
    ]
    again = np.random.default_rng(0).integers(len(asked), size=300)
    return dataclasses.replace(model, reference=taken(sample_of(asked), again))


def test_the_alarm_goes_off_after_two_windows_of_altered_films(model, monkeypatch):
    monkeypatch.setattr(phantoms, "drawn_phantom", quickly_drawn)
    told = []
    found = simulate(model, cases=200, shift_at=0, seed=4, progress=lambda *done: told.append(done))
    assert (found.alarm_after, found.shifted_from) == (200, 0)
    assert found.sentence.startswith("Gamma 1.5 from case 1 on: the alarm went off after 200 al")
    assert "raw brightness" in found.sentence
    assert "false alarm" not in found.sentence
    assert told[-1] == (200, 200)
    assert [case.channel for case in found.cases] == ["simulation"] * 200
    brightness = np.mean([case.brightness for case in found.cases])
    assert brightness < model.reference.brightness.mean() - 0.05
    assert len({case.image for case in found.cases}) == 200


def test_a_simulated_film_is_judged_as_predict_judges_its_file(model):
    payload = film_file(DRAWN[0] / np.float32(255))
    with film_decoder(1) as decoder:
        said = predict(model, payload, decoder=decoder, channel="http").prediction
    case = simulated_case(model, decode_for_triage(payload), 7, seed=1)
    assert case == simulated_case(model, decode_for_triage(payload), 7, seed=1)
    for name in ("decision", "score", "probabilities", "gate_distance", "projection", "model"):
        assert getattr(case, name) == getattr(said, name)
    assert (case.brightness, case.contrast) == (said.brightness, said.contrast)
    assert case.reason == said.reasons[0].code


def test_it_can_be_stopped(model, monkeypatch):
    monkeypatch.setattr(phantoms, "drawn_phantom", quickly_drawn)
    with pytest.raises(RunStateError, match="was stopped"):
        simulate(model, cancelled=lambda: True)


def test_a_model_of_radiographs_or_without_a_reference_is_refused(model):
    with pytest.raises(RunStateError, match="refuses every phantom"):
        simulate(dataclasses.replace(model, synthetic=False))
    with pytest.raises(RunStateError, match="without films to notice change by"):
        simulate(dataclasses.replace(model, reference=None))


@pytest.mark.parametrize(
    "given",
    [{"amount": 9.0}, {"amount": float("nan")}, {"cases": 100}, {"shift_at": 801}, {"seed": -1}],
)
def test_figures_out_of_range_are_refused(model, given):
    with pytest.raises(ConfigError, match="but"):
        simulate(model, **given)


def test_only_an_alarm_that_saw_altered_films_counts():
    windows = tuple(
        DriftWindow(
            number=place + 1, first=100 * place, cases=100, began=0.0, ended=0.0, tests=(),
            changed=True, alarm=place in (1, 4),
        )
        for place in range(5)
    )  # fmt: skip
    report = DriftReport(reference="", level=0.01, windows=windows, waiting=0, sentence="")
    assert alarm_after(report, 200) == 300
    assert alarm_after(report, 150) == 50
    assert alarm_after(report, 500) is None
