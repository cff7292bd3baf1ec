"""The demonstration model that comes along: whole, small, honest, and nobody's film in it."""

import json
import re
import shutil

import numpy as np
import pytest

from cnn_core.data.films.canonical import canonical
from cnn_core.errors import WeightsError
from cnn_core.models.bundled import bundled_folder
from cnn_core.results.films import SIDE
from cnn_core.results.xray_plan import STATEMENT
from cnn_core.runtime import xray_demonstration as packed
from cnn_core.runtime.xray_demonstration import (
    demonstration,
    demonstration_card,
    demonstration_network,
    probes,
)
from cnn_core.xray.gate import passed
from studies.xray_demonstration import FEWEST, with_stated_licence

FILES = [bundled_folder() / f"{packed.NAME}.{ending}" for ending in ("safetensors", "json", "md")]


@pytest.fixture(scope="module")
def network_and_gate():
    return demonstration_network()


def test_it_answers_as_it_did_when_it_was_packed(network_and_gate):
    network, _ = network_and_gate
    said, _ = network.ask(probes())
    known = demonstration()
    # half precision, and bfloat16 where this processor computes in it
    assert np.abs(said - np.array(known.probed)).max() <= known.half_precision + 0.05
    assert len({tuple(np.round(row, 3)) for row in said}) == len(said)


def test_its_gate_refuses_what_is_no_film(network_and_gate):
    network, gate = network_and_gate
    noise = np.random.default_rng(0).random((SIDE, SIDE), dtype=np.float32)
    _, embeddings = network.ask([canonical(noise), *probes()])
    assert not passed(gate, embeddings).any()


def test_it_is_small_and_names_no_film_and_no_patient():
    assert FILES[0].stat().st_size <= 15e6
    assert sum(path.stat().st_size for path in bundled_folder().iterdir()) <= 25e6
    told = FILES[1].read_text(encoding="utf-8") + demonstration_card()
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
    told = json.loads(FILES[1].read_text(encoding="utf-8"))
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
