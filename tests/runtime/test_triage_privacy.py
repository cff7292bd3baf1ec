"""Nothing that names a person leaves a film: not in log, replies, errors, temporary files."""

import io
import json
import logging
import tempfile
from multiprocessing.util import get_temp_dir

import pytest
from PIL import Image, PngImagePlugin

from cnn_core.cli.main import main
from cnn_core.data.films.dicom_header import patient_digest
from cnn_core.data.films.limits import film_decoder
from cnn_core.errors import PictureError
from cnn_core.results.triage import EVERYTHING
from cnn_core.runtime.predict import predict
from cnn_core.runtime.prediction_log import open_log
from cnn_core.runtime.triage_model import read_model
from cnn_core.settings import Settings
from tests.data.films import film_files as files
from tests.serving.small_model import film_png, write_small_model

PLANTED = {
    "PatientName": "Quixotius^Zelda",
    "PatientID": "MRN-7731905",
    "PatientBirthDate": "19570823",
    "InstitutionName": "Saint Waldburga Clinic",
    "ReferringPhysicianName": "Dr Oktavian",
    "AccessionNumber": "ACC-551188",
    "StationName": "XRAY-OMEGA",
    "StudyDescription": "zelda after the fall",
}
WINDOW = {"WindowCenter": 2000, "WindowWidth": 1500}
SECRETS = [
    "quixotius", "zelda", "7731905", "19570823", "waldburga", "oktavian", "551188", "omega",
    "secret-folder",
]  # fmt: skip


def files_of_a_patient():
    """Films that name somebody wherever a file can, sound and refused and damaged."""
    text = PngImagePlugin.PngInfo()
    text.add_text("Author", "Zelda Quixotius")
    text.add_itxt("Comment", "MRN-7731905, Saint Waldburga Clinic")
    sound = Image.open(io.BytesIO(film_png(2)))
    exif = Image.Exif()
    exif[0x010E] = "Zelda Quixotius 19570823"
    dicom = files.dicom(**PLANTED)
    return {
        "zelda-film.dcm": dicom,
        "zelda-ct.dcm": files.dicom(**PLANTED, Modality="CT"),
        "zelda-child.dcm": files.dicom(**PLANTED, PatientAge="011Y"),
        "zelda-hand.dcm": files.dicom(**PLANTED, BodyPartExamined="OMEGA HAND"),
        "zelda-odd.dcm": files.dicom(**PLANTED, Modality="OMEGA"),
        "zelda-view.dcm": files.dicom(**PLANTED, ViewPosition="ZELDA QUIXOTIUS"),
        "zelda-age.dcm": files.dicom(**PLANTED, PatientAge="OMEGA"),
        "zelda-kind.dcm": files.dicom(**PLANTED, PhotometricInterpretation="ZELDA QUIXOTIUS"),
        "zelda-syntax.dcm": files.dicom(**PLANTED, syntax="ZELDA QUIXOTIUS"),
        "zelda-window.dcm": files.dicom(**PLANTED, **WINDOW, VOILUTFunction="ZELDA QUIXOTIUS"),
        "zelda-cut.dcm": dicom[:-500],
        "zelda.png": files.picture(sound, "PNG", pnginfo=text),
        "zelda.jpg": files.picture(sound, "JPEG", exif=exif),
        "zelda-cut.png": files.picture(sound, "PNG", pnginfo=text)[:-2000],
        "zelda.txt": b"Zelda Quixotius, MRN-7731905",
    }


def found_in(text):
    folded = text.lower()
    return [secret for secret in SECRETS if secret in folded]


def bytes_below(folder):
    """Names and contents of all files below a folder, as text."""
    paths = [path for path in folder.rglob("*") if path.is_file()]
    return "\n".join(
        f"{path.relative_to(folder)} {path.read_bytes().decode('latin-1')}" for path in paths
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_small_model(tmp_path_factory.mktemp("triage") / "model")


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home and a temporary folder of its own, with nothing of anybody in their names."""
    home, temporary = tmp_path / "home", tmp_path / "temporary"
    temporary.mkdir()
    get_temp_dir()  # sockets of processes stay where their paths are short enough
    monkeypatch.setenv("CNN_LAB_HOME", str(home))
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return tmp_path


def test_the_terminal_names_nobody(home, folder, capfd, caplog):
    brought = home / "secret-folder"
    brought.mkdir()
    for name, payload in files_of_a_patient().items():
        (brought / name).write_bytes(payload)
    given = [str(path) for path in sorted(brought.iterdir())] + [str(brought / "zelda-gone.png")]
    options = ["--model", str(folder), "--heat", str(home / "heat")]
    caplog.clear()  # of what writing such files says
    caplog.set_level(logging.DEBUG)
    for extra in ([], ["--json"]):
        assert main(["triage", *given, *options, *extra]) == 1
    said = capfd.readouterr()
    assert said.out.count("film 1") >= 1
    assert found_in(said.out + said.err + caplog.text) == []
    kept = bytes_below(home / "home") + bytes_below(home / "heat") + bytes_below(home / "temporary")
    assert "predictions.sqlite" in kept
    assert found_in(kept) == []
    assert len(open_log(Settings.from_environment()).cases()) == 20


def test_replies_and_errors_name_nobody_and_the_log_knows_a_patient_again(home, folder):
    model, log = read_model(folder), open_log(Settings.from_environment())
    said, errors = {}, []
    with film_decoder(1) as decoder:
        for name, payload in files_of_a_patient().items():
            try:
                said[name] = predict(
                    model, payload, decoder=decoder, asked=EVERYTHING, channel="http", log=log
                )
            except PictureError as exc:
                errors.append(f"{exc.message} {exc.hint} {exc!r}")
    assert len(errors) == 5
    assert found_in(" ".join(errors)) == []
    told = json.dumps([repr(each.prediction) for each in said.values()])
    assert found_in(told) == []
    by_id = {case.id: case for case in log.cases()}
    patients = {name: by_id[tried.prediction.id].patient for name, tried in said.items()}
    dicoms = {digest for name, digest in patients.items() if name.endswith(".dcm")}
    assert len(dicoms) == 1  # one patient, several films
    assert len({patients["zelda.png"], patients["zelda.jpg"], *dicoms}) == 3
    guessed = {patient_digest(PLANTED["PatientID"], salt) for salt in (b"", log.patient_salt)}
    assert not dicoms & guessed  # nor can anybody try all numbers without the log's secret
