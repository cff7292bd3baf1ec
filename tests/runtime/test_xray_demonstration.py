"""The X-ray models that come along: whole, small, honest, and nobody's film in them."""

import json
import re
import shutil

import numpy as np
import pytest

from cnn_core.data.films.canonical import canonical
from cnn_core.data.films.decoding import decode_film
from cnn_core.data.films.phantom_plan import planned_phantoms
from cnn_core.data.films.phantoms import phantom_png
from cnn_core.errors import WeightsError
from cnn_core.models.bundled import bundled_folder
from cnn_core.results.films import SIDE
from cnn_core.results.xray_plan import STATEMENT
from cnn_core.runtime import xray_demonstration as packed
from cnn_core.runtime.triage_reference import known_of, read_reference, reference_of
from cnn_core.runtime.xray_demonstration import (
    demonstration,
    demonstration_card,
    demonstration_network,
    probes,
)
from cnn_core.settings import Settings
from cnn_core.xray.gate import passed
from studies.xray_demonstration import FEWEST, with_stated_licence

NAMES = (packed.NAME, packed.PHANTOMS)
FILES = [bundled_folder() / f"{packed.NAME}.{ending}" for ending in ("safetensors", "json", "md")]


@pytest.fixture(scope="module", params=NAMES)
def name(request):
    return request.param


@pytest.fixture(scope="module")
def network_and_gate(name):
    return demonstration_network(name=name)


def test_it_answers_as_it_did_when_it_was_packed(name, network_and_gate):
    network, _ = network_and_gate
    said, _ = network.ask(probes())
    known = demonstration(name)
    # half precision, and bfloat16 where this processor computes in it
    assert np.abs(said - np.array(known.probed)).max() <= known.half_precision + 0.05
    assert len({tuple(np.round(row, 3)) for row in said}) == len(said)


def test_its_gate_refuses_what_is_no_film(network_and_gate):
    network, gate = network_and_gate
    noise = np.random.default_rng(0).random((SIDE, SIDE), dtype=np.float32)
    _, embeddings = network.ask([canonical(noise), *probes()])
    assert not passed(gate, embeddings).any()


def test_fresh_phantoms_are_known_by_the_model_on_phantoms_alone(name, network_and_gate):
    network, gate = network_and_gate
    plan = planned_phantoms("clean", films=36, seed=77)[:9]
    files = [phantom_png("clean", phantom, seed=77) for phantom in plan]
    _, embeddings = network.ask([decode_film(file).pixels for file in files])
    through = passed(gate, embeddings)
    assert through.sum() >= 8 if name == packed.PHANTOMS else not through.any()


def test_what_it_is_held_against_later_came_along(name, network_and_gate):
    gate, known = network_and_gate[1], demonstration(name)
    path = bundled_folder() / f"{name}.safetensors"
    arrays = read_reference(path)
    assert len(known_of(arrays)) == len(gate.known)
    assert {label for label, _ in known_of(arrays)} == set(known.result.classes)
    assert {source for _, source in known_of(arrays)} == set(known.result.trained_on)
    reference = reference_of(arrays)
    held_out = sum(
        map(sum, (known.result.patients[r] for r in ("temperature", "decide", "locked")))
    )
    assert 0.9 * held_out <= len(reference.scores) <= held_out  # one with two labels counts in both
    assert reference.refused.mean() <= 0.02
    assert np.nanmax(reference.distances[~reference.refused]) <= gate.limit


def test_the_gate_does_what_is_asked_of_it_by_kind(name):
    for row in demonstration(name).result.gate:
        if row.refused.value is not None:
            share = row.refused.value
            assert share >= 0.99 if row.wanted == "refuse" else share <= 0.02, row.kind


def test_the_model_on_phantoms_says_that_it_is_of_nobody():
    known, card = demonstration(packed.PHANTOMS), demonstration_card(packed.PHANTOMS)
    assert STATEMENT in card
    assert "These films were drawn by a program: no figure here is of patients." in card
    assert known.result.operating_point.threshold is not None
    assert known.result.conformal.on
    assert known.result.openings


def test_it_is_small_and_names_no_film_and_no_patient(name):
    assert (bundled_folder() / f"{name}.safetensors").stat().st_size <= 5e6
    assert sum(path.stat().st_size for path in bundled_folder().iterdir()) <= 12e6
    told = (bundled_folder() / f"{name}.json").read_text(encoding="utf-8")
    told += demonstration_card(name)
    assert not re.search(r"\.(jpe?g|png|dcm)\b|__p\d|patient_id", told)


def test_its_card_says_what_it_is_on_which_licences_and_what_is_red():
    card, known = demonstration_card(), demonstration()
    assert STATEMENT in card
    assert known.result.audit_level == "red"
    assert known.result.red
    assert known.result.openings
    assert "workflow" in card
    for licence, films in known.films.items():
        assert f"| {licence} |" in card
        assert f" {films:,} |" in card
    assert not {"", "not stated per image"} & set(known.films)
    assert known.result.patients["fit"][known.result.classes.index("covid19")] > 0
    covid = known.result.classes.index("covid19")
    assert sum(counts[covid] for counts in known.result.patients.values()) >= FEWEST


def test_damaged_files_are_one_sentence(tmp_path):
    with pytest.raises(WeightsError, match="missing or damaged"):
        demonstration_network(tmp_path)
    shutil.copy(FILES[1], tmp_path)
    (tmp_path / FILES[0].name).write_bytes(FILES[0].read_bytes()[:100_000])
    with pytest.raises(WeightsError, match="missing or damaged"):
        demonstration_network(tmp_path)
    shutil.copy(FILES[0], tmp_path)
    nowhere = Settings.from_environment({"CNN_LAB_HOME": str(tmp_path)})
    told = json.loads(FILES[1].read_text(encoding="utf-8"))
    elsewhere = told["demonstration"] | {"base": "0" * 64}
    text = json.dumps(told | {"demonstration": elsewhere})
    (tmp_path / FILES[1].name).write_text(text, encoding="utf-8")
    with pytest.raises(WeightsError, match="that the demonstration model began with are not on"):
        demonstration_network(tmp_path, settings=nowhere)
    (tmp_path / FILES[1].name).write_text(json.dumps(told | {"format": 99}), encoding="utf-8")
    with pytest.raises(WeightsError, match="of format 99"):
        demonstration_network(tmp_path)


def test_only_films_with_a_stated_licence_are_taken(tmp_path):
    rows = ["a.png,covid19,1,CC BY", "b.png,covid19,1, ", "c.png,normal,2,not stated per image"]
    text = "file,label,patient_id,licence\n" + "".join(f"{row}\n" for row in rows)
    (tmp_path / "manifest.csv").write_text(text, encoding="utf-8")
    for name in "abc":
        (tmp_path / f"{name}.png").write_bytes(name.encode())
    to = tmp_path / "stated"
    assert dict(with_stated_licence(tmp_path, to)) == {"covid19": 1}
    assert sorted(path.name for path in to.iterdir()) == ["a.png", "manifest.csv"]
    assert (to / "manifest.csv").read_text(encoding="utf-8").split() == text.split("\nb")[0].split()
