"""What the service replies, in this process: predictions, errors of one form, limits, the page."""

import base64
import dataclasses
import io
import json
import re
import tempfile
from concurrent.futures import ThreadPoolExecutor

import hypothesis
import numpy as np
import pytest
import schemathesis
from PIL import Image
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from cnn_core.charts.triage_words import plain
from cnn_core.data.films.limits import film_decoder
from cnn_core.results.triage import Asked
from cnn_core.results.xray_plan import STATEMENT
from cnn_core.runtime import predict as one_predict
from cnn_core.runtime.predict import predict
from cnn_core.runtime.triage_model import read_model
from cnn_core.serving import service as service_module
from cnn_core.serving.app import create_app
from cnn_core.serving.routes import PATHS
from cnn_core.serving.service import Service
from tests.serving.asking import ask, problem
from tests.serving.small_model import film_png, write_small_model

PLANTED = "Ada-Lovelace-1815"
ANY_BYTES = positive_data_acceptance  # the description cannot say which bytes are a film


def test_a_film_is_answered_as_everywhere_else(caller, small_model, service):
    reply = ask(caller, query="?heat=true&views=2&nearest=3")
    assert reply.status_code == 200
    said = reply.json()
    assert said.pop("request_id") == reply.headers["x-request-id"]
    with film_decoder(1) as decoder:
        tried = predict(
            read_model(small_model),
            film_png(),
            decoder=decoder,
            asked=Asked(heat=True, views=2, nearest=3),
            channel="http",
        )
    expected = plain(tried.prediction, service.served.model.result, service.served.prevalences)
    heat = np.asarray(Image.open(io.BytesIO(base64.b64decode(said["heat"].pop("png")))))
    np.testing.assert_allclose(heat / 255, tried.prediction.heat.heat, atol=1 / 255)
    for body in (said, expected):
        body.pop("id"), body.pop("seconds")
    assert said == json.loads(json.dumps(expected))
    assert said["statement"] == reply.headers["x-statement"] == STATEMENT
    assert len(said["view_scores"]) == 2
    assert len(said["nearest"]) == 3


def test_only_the_decision_is_made_unless_more_is_asked_for(caller):
    said = ask(caller).json()
    assert (said["heat"], said["view_scores"], said["nearest"]) == (None, [], [])


def test_the_model_says_what_it_is(caller, service):
    said = caller.get("/v1/model").json()
    assert said["model"] == service.served.model.sha256 == ask(caller).json()["model"]
    assert said["prevalences"] == {"normal": 0.8, "covid19": 0.08, "pneumonia": 0.12}
    assert said["under_every_result"][1].startswith("red audit: covid19 is carried by one source")
    assert said["statement"] == STATEMENT


@pytest.mark.parametrize("given", [None, "", "another", "ä"])
def test_without_the_key_only_health_answers(caller, given):
    headers = {"X-API-Key": (given or "").encode()}
    for path in ("/v1/model", "/metrics"):
        problem(caller.get(path, headers=headers), 401, "key")
    problem(ask(caller, headers=headers), 401, "key")
    for path in ("/healthz", "/readyz", "/docs", "/openapi.json"):
        assert caller.get(path, headers=headers).status_code == 200


def test_errors_have_one_form(caller):
    assert "PNG" in problem(ask(caller, b"no film"), 422, "film")["detail"]
    assert "0 bytes" in problem(ask(caller, b""), 422, "film")["detail"]
    assert "views" in problem(ask(caller, query="?views=17"), 422, "request")["detail"]
    problem(caller.post("/v1/predict", files={"other": ("a", b"b")}), 422, "request")
    problem(caller.post("/v1/predict", data={"file": "text"}), 415, "not-a-form")
    problem(caller.post("/v1/predict"), 415, "not-a-form")
    two = [("file", ("a", film_png())), ("file", ("b", film_png()))]
    problem(caller.post("/v1/predict", files=two), 400, "form")
    cut = {"content-type": "multipart/form-data; boundary=x"}
    problem(caller.post("/v1/predict", content=b"--x\r\nnothing", headers=cut), 400, "form")
    no_boundary = {"content-type": "multipart/form-data"}
    problem(caller.post("/v1/predict", content=b"", headers=no_boundary), 400, "form")
    problem(caller.get("/nothing"), 404, "no-such-page")
    assert problem(caller.put("/v1/model"), 405, "method")
    assert caller.put("/v1/model").headers["allow"] == "GET"


def test_what_is_too_large_is_refused_while_it_comes(caller, service):
    """Also where nothing declares how large it is; a film of the size allowed is read."""
    most = service.config.max_bytes
    large = b"\x89PNG\r\n\x1a\n" + bytes(most)
    assert "2 MB" in problem(ask(caller, large), 413, "too-large")["detail"]
    problem(ask(caller, large[:most]), 422, "film")

    def endless():
        yield b"--x\r\nContent-Disposition: form-data; name=file; filename=f\r\n\r\n"
        for _ in range(3 * most // 65_536):
            yield bytes(65_536)

    headers = {"content-type": "multipart/form-data; boundary=x"}
    problem(caller.post("/v1/predict", content=endless(), headers=headers), 413, "too-large")
    assert service.places.taken == 0


def test_a_film_is_never_written_to_disk(caller, service, monkeypatch):
    """Not even where it is larger than what a form's parser keeps in memory by itself."""

    def on_disk(*_):
        raise AssertionError("a film went to the temporary folder")

    monkeypatch.setattr(tempfile.SpooledTemporaryFile, "rollover", on_disk)
    noise = np.random.default_rng(0).integers(0, 256, (1_100, 1_100), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(noise).save(file, "PNG")
    assert service.config.max_bytes > len(file.getvalue()) > 2**20
    assert ask(caller, file.getvalue()).status_code == 200


def test_who_comes_when_all_places_are_taken_is_sent_away(caller, service, held):
    begun, go = held
    places = service.config.places
    with ThreadPoolExecutor(places) as callers:
        replies = [callers.submit(ask, caller) for _ in range(places)]
        assert begun.acquire(timeout=30)
        while service.places.taken < places:
            assert not any(reply.done() for reply in replies)
        refused = ask(caller)
        problem(refused, 429, "full")
        assert int(refused.headers["retry-after"]) >= 1
        go.set()
        assert {reply.result().status_code for reply in replies} == {200}
    assert service.places.taken == 0
    assert ask(caller).status_code == 200


def test_what_takes_too_long_is_told_so_and_its_place_comes_back(
    caller, service, held, monkeypatch
):
    """The place of a film that nobody began is free at once; of one under way, at its end."""
    begun, go = held
    monkeypatch.setattr(service, "config", dataclasses.replace(service.config, seconds=0.3))
    with ThreadPoolExecutor(2) as callers:
        replies = [callers.submit(ask, caller) for _ in range(2)]
        for reply in replies:
            problem(reply.result(), 504, "time")
    assert begun.acquire(timeout=30)
    assert service.places.taken == 1
    go.set()
    service._workers.submit(lambda: None).result(30)
    assert service.places.taken == 0
    assert not begun.acquire(blocking=False), "what waited in vain was begun nevertheless"


def test_a_request_keeps_the_model_that_it_began_with(tmp_path, small_model, caller, service, held):
    begun, go = held
    folder = {"now": small_model}
    read, service._read = service._read, lambda: read_model(folder["now"])
    old = service.served.model.sha256
    try:
        with ThreadPoolExecutor(1) as callers:
            reply = callers.submit(ask, caller)
            assert begun.acquire(timeout=30)
            folder["now"] = write_small_model(tmp_path / "new", seed=1)
            assert service.read_again()
            go.set()
            assert reply.result().json()["model"] == old
        new = ask(caller).json()["model"]
        assert new == service.served.model.sha256 != old
        (folder["now"] / "network.onnx").write_bytes(b"damaged")
        assert not service.read_again()
        assert ask(caller).json()["model"] == new
        figures = caller.get("/metrics").text
        assert 'cnn_lab_model_reloads_total{outcome="refused"} 1.0' in figures
        assert f'cnn_lab_model{{sha256="{new}"}} 1.0' in figures
        assert old not in figures
    finally:
        service._read = read
        assert service.read_again()


def test_nothing_of_a_caller_is_logged_or_repeated(caller, caplog):
    caplog.set_level("DEBUG", logger="cnn_core")
    replies = [
        ask(caller, name=f"{PLANTED}.png"),
        ask(caller, PLANTED.encode(), name=f"{PLANTED}.dcm"),
        ask(caller, query=f"?views={PLANTED}"),
        ask(caller, query=f"?patient={PLANTED}"),
        caller.get(f"/{PLANTED}"),
        caller.get("/metrics", headers={"X-API-Key": PLANTED}),
        caller.post("/v1/predict", content=PLANTED, headers={"content-type": PLANTED}),
        caller.get("/v1/model", headers={"X-Request-ID": PLANTED}),
        caller.get("/metrics"),
    ]
    for reply in replies:
        assert PLANTED not in reply.text + str(reply.headers)
    assert PLANTED not in caplog.text
    assert len({reply.headers["x-request-id"] for reply in replies}) == len(replies)
    assert replies[0].headers["x-request-id"] in caplog.text


def test_a_fault_of_our_own_is_named_by_its_id_alone(caller, monkeypatch, caplog):
    def broken(*_, **__):
        raise KeyError(PLANTED)

    monkeypatch.setattr(service_module, "predict", broken)
    reply = ask(caller)
    assert reply.headers["x-request-id"] in problem(reply, 500, "internal")["detail"]
    assert "KeyError" in caplog.text
    assert "broken" in caplog.text
    assert PLANTED not in reply.text + caplog.text
    monkeypatch.setattr(service_module, "predict", one_predict.predict)
    assert ask(caller).status_code == 200


def test_figures_count_what_came(caller):
    def figure(name):
        found = re.search(rf"^{re.escape(name)} (\S+)$", caller.get("/metrics").text, re.MULTILINE)
        return float(found.group(1)) if found else 0.0

    names = [
        'cnn_lab_requests_total{method="POST",path="/v1/predict",status="200"}',
        'cnn_lab_problems_total{code="film"}',
        "cnn_lab_prediction_seconds_count",
        "cnn_lab_answer_seconds_count",
    ]
    before = [figure(name) for name in names]
    ask(caller)
    ask(caller, b"no film")
    assert [figure(name) for name in names] == [
        *(value + 1 for value in before[:-1]),
        before[-1] + 2,
    ]
    assert caller.get("/metrics").text.startswith(f"# {STATEMENT}\n")
    assert figure("cnn_lab_ready") == 1.0
    assert figure("process_resident_memory_bytes") > 0


def test_readiness_says_no_before_it_starts_and_once_it_is_to_stop(small_model, service):
    fresh = Service(service.config, lambda: read_model(small_model))
    assert "not started" in fresh.not_ready
    fresh.stop()
    assert "stopping" in fresh.not_ready


def test_replies_are_as_described(service, caller):
    """schemathesis sends what the description allows, and what it does not, to every operation."""
    described = schemathesis.openapi.from_asgi("/openapi.json", create_app(service))
    operations = [result.ok() for result in described.get_all_operations()]
    assert {operation.path for operation in operations} == PATHS - {"/docs", "/openapi.json"}
    statuses = set()
    asked = [(operation, GenerationMode.POSITIVE) for operation in operations]
    asked += [(each, GenerationMode.NEGATIVE) for each in operations if each.path == "/v1/predict"]
    for operation, mode in asked:

        @hypothesis.settings(max_examples=8, suppress_health_check=list(hypothesis.HealthCheck))
        @hypothesis.given(case=operation.as_strategy(generation_mode=mode))
        def holds(case):
            reply = case.call(headers={"X-API-Key": "a-key"})
            case.validate_response(reply, excluded_checks=[ANY_BYTES])
            statuses.add(reply.status_code)

        holds()
    assert statuses >= {200, 422}
