"""`triage`: many films sorted, each with its reason; one bad file does not keep the others back."""

import dataclasses
import gc
import weakref

import pytest
from PIL import Image

from cnn_core.cli import triage as cli_triage
from cnn_core.results.xray_plan import STATEMENT
from cnn_core.runtime.predict import predict
from cnn_core.runtime.prediction_log import open_log
from cnn_core.settings import Settings
from tests.data.films import film_files as files
from tests.serving.small_model import film_png, write_small_model


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return str(write_small_model(tmp_path_factory.mktemp("triage") / "model"))


@pytest.fixture
def films(tmp_path):
    """Four films, one that is refused, and one that cannot be read."""
    made = {
        "a.png": film_png(0),
        "b.png": b"no film",
        "c.dcm": files.dicom(Modality="CT"),
        "d.png": film_png(5),
        "e.jpg": files.picture(Image.open(files.io.BytesIO(film_png(1))), "JPEG"),
    }
    for name, payload in made.items():
        (tmp_path / name).write_bytes(payload)
    return [str(tmp_path / name) for name in made]


def test_films_are_sorted_and_a_bad_one_keeps_no_other_back(lab, model, films):
    said = lab("triage", *films, "--model", model, "--json")
    assert said.code == 1
    assert said.json["statement"] == STATEMENT
    replies = said.json["films"]
    assert "neither PNG nor JPEG" in replies[0]["error"]
    assert "error: film 2: " in said.err
    decisions = [reply["decision"] for reply in replies[1:]]
    assert (replies[1]["film"], decisions[0]) == (3, "refused")
    assert decisions == sorted(decisions, key=("refused", "refer", "routine").index)
    scores = [reply["score"] for reply in replies if reply.get("decision") == "refer"]
    assert len(scores) >= 2
    assert scores == sorted(scores, reverse=True)
    cases = open_log(Settings.from_environment()).cases()
    assert {case.channel for case in cases} == {"terminal"}
    assert {case.id for case in cases} == {reply["id"] for reply in replies[1:]}


def test_the_text_names_films_by_their_place_and_holds_no_bare_percentage(lab, model, films):
    said = lab("triage", *films[::3], "--model", model, "--prevalence", "covid19=0.3")
    assert said.code == 0
    assert said.out.startswith(STATEMENT)
    assert "film 1" in said.out
    assert "film 2" in said.out
    assert "a.png" not in said.out
    assert "at an assumed prevalence of 30 %" in said.out
    assert "trained on" in said.out
    assert "Nearest training film: normal-labelled film, A" in said.out
    named = lab("triage", films[0], "--model", model, "--names", "--json").json["films"][0]
    assert named["path"] == films[0]


def test_heat_maps_are_written_under_the_names_of_predictions(lab, model, films, tmp_path):
    out = tmp_path / "heat"
    replies = lab("triage", *films[2:4], "--model", model, "--heat", str(out), "--json").json[
        "films"
    ]
    refused, referred = replies
    assert "heat_file" not in refused
    assert [path.name for path in out.iterdir()] == [referred["heat_file"]]
    assert referred["heat_file"] == f"{referred['id']}.png"
    with Image.open(out / referred["heat_file"]) as picture:
        assert picture.size == (320, 320)


def test_a_film_that_the_network_fails_on_costs_no_other_its_result(
    lab, model, films, tmp_path, monkeypatch
):
    """Nor does a heat map that cannot be written; pictures are let go film by film."""
    first, kept = film_png(0), []

    class Broken:
        def run(self, *_):
            raise RuntimeError("bad allocation")

    def one_that_is_kept(model, payload, **options):
        if payload == first:
            model = dataclasses.replace(model, _network=Broken())
        tried = predict(model, payload, **options)
        kept.append(weakref.ref(tried))
        return tried

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(cli_triage, "predict", one_that_is_kept)
    monkeypatch.setattr(Image.Image, "save", full)
    out = str(tmp_path / "heat")
    said = lab("triage", films[0], *films[3:], "--model", model, "--heat", out, "--json")
    assert said.code == 1
    assert [reply.get("error", "") for reply in said.json["films"]] == [
        "The network of this triage model cannot be asked.",
        "",
        "",
    ]
    assert said.err.count("The heat maps cannot be written (No space left on device)") == 2
    assert all(reply["heat"] and "heat_file" not in reply for reply in said.json["films"][1:])
    gc.collect()
    assert len(kept) == 2
    assert not any(film() for film in kept)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--prevalence", "covid19"], "A prevalence is a class and a share"),
        (["--prevalence", "covid19=2"], "must lie between 0 and 1"),
        (["--prevalence", "covid19=nan"], "must lie between 0 and 1"),
        (["--prevalence", "flu=0.1"], "must be of one of normal, covid19, pneumonia"),
        (["--prevalence", "covid19=0.9", "--prevalence", "pneumonia=0.3"], "add up to 1"),
        (["--heat", "FILE/below"], "The heat maps cannot be written"),
    ],
)
def test_what_cannot_be_is_said_in_one_sentence(lab, model, films, options, sentence):
    given = [option.replace("FILE", films[0]) for option in options]
    said = lab("triage", films[3], "--model", model, *given)
    assert (said.code, said.out) == (1, "")
    assert sentence in said.err
    assert said.err.count("\n") == 1


def test_a_model_that_is_not_there_is_said(lab, films):
    said = lab("triage", films[0], "--model", "nothing")
    assert said.code == 1
    assert said.err.startswith("error: ")
